export * from './openclaw-exports.js';
export * from './init.js';
