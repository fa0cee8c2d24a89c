export { createSigner, type OpenClawSignerOptions } from './openclaw/signer.js';
export { OpenClawError } from './openclaw/errors.js';
export { GatewayError, type GatewayErrorCode } from './errors.js';
export type { OpenClawSigner, OpenClawStorage } from './openclaw/types.js';
