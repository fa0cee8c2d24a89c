export * from './exports.js';
export * from './init.js';
