export * from './exports.js';
export * from './helpers.js';
