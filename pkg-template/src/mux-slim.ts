export * from './mux-exports.js';
export * from './init.js';
