import { GatewayError } from '../errors.js';
import type { OpenClawClientOptions } from './types.js';

const TYPES: Record<string, 'array' | 'boolean' | 'function' | 'object' | 'string'> = {
  auth: 'object',
  capabilities: 'array',
  client: 'object',
  gatewayUrl: 'string',
  logger: 'object',
  role: 'string',
  scopes: 'array',
  signer: 'object',
  storage: 'object',
  trustsEndpoint: 'boolean',
  WebSocket: 'function',
};

/**
 * A copy of the options of an `OpenClawClient`.
 *
 * @throws GatewayError with code `invalid_option`
 */
export function checkOptions(options: OpenClawClientOptions): OpenClawClientOptions {
  if (options === null || typeof options !== 'object') throw invalid('The options must be an object');
  if (!options.gatewayUrl) throw invalid('`gatewayUrl` must be a non-empty string');
  for (const [name, type] of Object.entries(TYPES)) {
    const value = options[name as keyof OpenClawClientOptions];
    if (value == null) continue;
    if (type === 'array' ? !Array.isArray(value) : typeof value !== type) {
      throw invalid(`\`${name}\` must be of the type ${type}, not ${typeof value}`);
    }
  }
  const { signer, storage } = options;
  if (signer && (typeof signer.sign !== 'function' || !(signer.publicKey instanceof Uint8Array))) {
    throw invalid('`signer` must have `publicKey`, a Uint8Array, and `sign`');
  }
  for (const member of ['get', 'set', 'delete'] as const) {
    if (storage && typeof storage[member] !== 'function')
      throw invalid(`\`storage\` must have \`${member}\``);
  }
  return { ...options };
}

/** Whether the gateway is on the host that the page came from. */
export function isOnHostOfPage(gatewayUrl: string): boolean {
  const host = globalThis.location?.hostname;
  try {
    const { hostname } = new URL(/^(http|ws)s?:\/\//.test(gatewayUrl) ? gatewayUrl : `ws://${gatewayUrl}`);
    return !!host && hostname === host;
  } catch {
    return false;
  }
}

function invalid(message: string): GatewayError {
  return new GatewayError('invalid_option', message);
}
