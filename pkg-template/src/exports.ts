export { AgentStreamClient } from './client.js';
export { GatewayError, UnauthorizedError, type GatewayErrorCode } from './errors.js';
export type * from './types/index.js';
