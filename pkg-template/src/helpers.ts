export * from './helpers/dispatch.js';
export * from './helpers/echo-guard.js';
export * from './helpers/intervention.js';
export * from './helpers/relay.js';
export * from './helpers/terminal.js';
export type * from './types/index.js';
