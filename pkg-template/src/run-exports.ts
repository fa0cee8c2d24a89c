export * from './mux-exports.js';
export { ChatRun } from './chat-run.js';
export { UnknownOperationError } from './run/questions.js';
