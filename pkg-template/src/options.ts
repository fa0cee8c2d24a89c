import { GatewayError } from './errors.js';
import type {
  AgentStreamClientOptions,
  ChatRunLimits,
  ChatRunOptions,
  ChatRunResumeOptions,
  GatewayMuxClientOptions,
} from './types/index.js';

/** Options in the shape that the module expects: absent keys are absent, defaults are filled in. */
export interface RawOptions {
  autoReconnect: boolean;
  clientId?: string;
  gatewayUrl: string;
  lastEventId?: string;
  operationId: string;
  resumeOnConnect: boolean;
  rotateAfterMs?: number;
  token?: string;
  WebSocket?: unknown;
}

/** The same for all operations on one socket. Times are in milliseconds. */
export interface RawMuxOptions {
  autoReconnect: boolean;
  clientId: string;
  gatewayUrl: string;
  heartbeatIntervalMs: number;
  keepAlive: boolean;
  maxDialFailures: number;
  rotateAfterMs?: number;
  WebSocket?: unknown;
}

/** Where a run is taken up. `startedAt` is in milliseconds since the epoch. */
export interface RawResume {
  cursor?: string;
  operationId: string;
  startedAt?: number;
}

/** What the module takes of a run. Times are in milliseconds. */
export interface RawRunOptions {
  executor?: boolean;
  hasFallback: boolean;
  limits: ChatRunLimits;
  messages?: readonly object[];
}

/**
 * Checks the options of an `AgentStreamClient`.
 *
 * @throws GatewayError with code `invalid_option`
 */
export function checkOptions(options: AgentStreamClientOptions): RawOptions {
  const read = reader(options);
  const token = read('token', 'string');
  const raw = present({
    ...common(read),
    clientId: read('clientId', 'string'),
    lastEventId: read('lastEventId', 'string'),
    operationId: filled('operationId', read('operationId', 'string')),
    resumeOnConnect: read('resumeOnConnect', 'boolean') ?? false,
    token,
  });
  if (!read('getToken', 'function') && token === undefined) {
    throw invalid('Either `token` or `getToken` is required');
  }
  return raw;
}

/**
 * Checks the options of a `GatewayMuxClient`.
 *
 * @throws GatewayError with code `invalid_option`
 */
export function checkMuxOptions(options: GatewayMuxClientOptions): RawMuxOptions {
  const read = reader(options);
  if (!read('getToken', 'function')) throw invalid('`getToken` is required');
  return present({
    ...common(read),
    clientId: read('clientId', 'string') || randomId(),
    heartbeatIntervalMs: read('heartbeatIntervalMs', 'number') ?? 30_000,
    keepAlive: read('keepAlive', 'boolean') ?? false,
    maxDialFailures: read('maxDialFailures', 'number') ?? 3,
  });
}

/**
 * Checks the options of a `ChatRun`.
 *
 * @throws GatewayError with code `invalid_option`
 */
export function checkRunOptions(options: ChatRunOptions): RawRunOptions {
  const read = reader(options);
  common(read);
  for (const key of ['getToken', 'interrupt', 'start']) {
    if (!read(key, 'function')) throw invalid(`\`${key}\` is required`);
  }
  const executor = read('executor', 'boolean');
  read('fetch', 'function');
  read('mux', 'object');
  read('onIntervention', 'function');
  read('serverUrl', 'string');
  const storage = read('storage', 'object');
  for (const method of storage ? ['getItem', 'setItem'] : []) {
    if (!reader(storage)(method, 'function')) throw invalid(`\`storage.${method}\` is required`);
  }
  read('tools', 'object');
  const transport = read('transport', 'string') ?? 'auto';
  if (!TRANSPORTS.includes(transport)) throw invalid(`\`transport\` must be one of ${TRANSPORTS.join(', ')}`);
  const limits = read('limits', 'object') ?? {};
  const readLimit = reader(limits);
  for (const key of Object.keys(limits)) {
    const millis = readLimit(key, 'number') ?? 1;
    if (!(millis >= 1 && millis <= Number.MAX_SAFE_INTEGER))
      throw invalid(`\`limits.${key}\` must be a number of milliseconds from 1 on, not ${millis}`);
  }
  const messages = read('messages', 'object');
  if (messages && !Array.isArray(messages)) throw invalid('`messages` must be an array');
  return { executor, hasFallback: transport === 'auto', limits, messages };
}

/**
 * Checks what a `ChatRun` needs to be resumed.
 *
 * @throws GatewayError with code `invalid_option`
 */
export function checkResumeOptions(options: ChatRunResumeOptions): RawResume {
  const read = reader(options);
  return present({
    cursor: read('cursor', 'string'),
    operationId: filled('operationId', read('operationId', 'string')),
    startedAt: read('startedAt', 'number'),
  });
}

const TRANSPORTS = ['auto', 'sse', 'v1', 'v2'];

type Reader = (key: string, type: string) => any;

function common(read: Reader) {
  read('logger', 'object');
  return {
    autoReconnect: (read('autoReconnect', 'boolean') ?? true) as boolean,
    gatewayUrl: filled('gatewayUrl', read('gatewayUrl', 'string')),
    rotateAfterMs: read('rotateAfterMs', 'number'),
    WebSocket: read('WebSocket', 'function'),
  };
}

function reader(options: object): Reader {
  if (options === null || typeof options !== 'object') throw invalid('The options must be an object');
  return (key, type) => {
    const value = (options as Record<string, unknown>)[key] ?? undefined;
    if (value === undefined || (typeof value === type && !Number.isNaN(value))) return value;
    throw invalid(`\`${key}\` must be a ${type}, not ${describe(value)}`);
  };
}

function filled(key: string, value: string | undefined): string {
  if (!value) throw invalid(`\`${key}\` must be a non-empty string`);
  return value;
}

function present<T extends object>(options: T): T {
  for (const key of Object.keys(options) as (keyof T)[]) {
    if (options[key] === undefined) delete options[key];
  }
  return options;
}

/** Pages without a secure context have no `randomUUID`. */
function randomId(): string {
  const digits = Math.random().toString(36).slice(2, 10).padEnd(8, '0');
  return globalThis.crypto?.randomUUID?.() ?? `${Date.now().toString(36)}-${digits}`;
}

function describe(value: unknown): string {
  return typeof value === 'object'
    ? Object.prototype.toString.call(value)
    : `${typeof value} ${String(value)}`;
}

function invalid(message: string): GatewayError {
  return new GatewayError('invalid_option', message);
}
