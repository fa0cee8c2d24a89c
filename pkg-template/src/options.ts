import { GatewayError } from './errors.js';
import type { AgentStreamClientOptions } from './types/index.js';

/** Options in the shape that the module expects: absent keys are absent, defaults are filled in. */
export interface RawOptions {
  autoReconnect: boolean;
  clientId?: string;
  gatewayUrl: string;
  lastEventId?: string;
  operationId: string;
  resumeOnConnect: boolean;
  token?: string;
  WebSocket?: unknown;
}

/**
 * Checks the options of a client.
 *
 * @throws GatewayError with code `invalid_option`
 */
export function checkOptions(options: AgentStreamClientOptions): RawOptions {
  if (options === null || typeof options !== 'object') throw invalid('The options must be an object');
  optional(options, 'getToken', 'function');
  optional(options, 'logger', 'object');

  const raw: RawOptions = {
    autoReconnect: optional(options, 'autoReconnect', 'boolean') ?? true,
    gatewayUrl: required(options, 'gatewayUrl'),
    operationId: required(options, 'operationId'),
    resumeOnConnect: optional(options, 'resumeOnConnect', 'boolean') ?? false,
  };
  const token = optional(options, 'token', 'string');
  if (token === undefined && !options.getToken) throw invalid('Either `token` or `getToken` is required');
  const given = {
    clientId: optional(options, 'clientId', 'string'),
    lastEventId: optional(options, 'lastEventId', 'string'),
    token,
    WebSocket: optional(options, 'WebSocket', 'function'),
  };
  for (const [key, value] of Object.entries(given)) {
    if (value !== undefined) Object.assign(raw, { [key]: value });
  }
  return raw;
}

type Key = keyof AgentStreamClientOptions;

function required(options: AgentStreamClientOptions, key: Key): string {
  const value = optional<string>(options, key, 'string');
  if (!value) throw invalid(`\`${key}\` must be a non-empty string`);
  return value;
}

function optional<T = any>(options: AgentStreamClientOptions, key: Key, type: string): T | undefined {
  const value = options[key] ?? undefined;
  if (value === undefined || typeof value === type) return value as T | undefined;
  throw invalid(`\`${key}\` must be a ${type}, not ${describe(value)}`);
}

function describe(value: unknown): string {
  return typeof value === 'object'
    ? Object.prototype.toString.call(value)
    : `${typeof value} ${String(value)}`;
}

function invalid(message: string): GatewayError {
  return new GatewayError('invalid_option', message);
}
