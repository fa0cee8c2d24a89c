export * from './run-exports.js';
export * from './init.js';
