export type * from './connection.js';
export type * from './events.js';
export type * from './intervention.js';
export type * from './llm.js';
