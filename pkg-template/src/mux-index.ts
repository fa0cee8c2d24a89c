export * from './mux-exports.js';
export * from './helpers.js';
