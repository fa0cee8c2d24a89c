export * from './run-exports.js';
export * from './helpers.js';
