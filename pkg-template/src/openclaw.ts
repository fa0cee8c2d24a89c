export * from './openclaw-exports.js';
