export { OpenClawClient } from './openclaw/client.js';
export { OpenClawNode } from './openclaw/node.js';
export { OpenClawError } from './openclaw/errors.js';
export { createSigner } from './openclaw/identity.js';
export { GatewayError, type GatewayErrorCode } from './errors.js';
export type * from './openclaw/types.js';
export type {
  OpenClawCall,
  OpenClawCommand,
  OpenClawNodeOptions,
  OpenClawTool,
} from './openclaw/node-types.js';
export type { OpenClawMethods } from './openclaw/methods.js';
