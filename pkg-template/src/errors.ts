/** Codes of {@link GatewayError}. New codes may be added. */
export type GatewayErrorCode =
  | 'connect_failed'
  | 'disposed'
  | 'ended'
  | 'gateway_error'
  | 'internal'
  | 'invalid_argument'
  | 'invalid_option'
  | 'not_initialized'
  | 'protocol'
  | 'queue_overflow'
  | 'socket_error'
  | 'sockets_blocked'
  | 'stream_error'
  | 'token_failed'
  | 'token_timeout'
  | 'tool_left'
  | 'tool_result_expired'
  | 'unavailable'
  | 'wasm_load_failed'
  | 'wasm_unavailable'
  | 'websocket_unavailable'
  | (string & {});

interface ErrorKind {
  remediation: string;
  retryable: boolean;
}

const KINDS: Record<string, ErrorKind> = {
  connect_failed: {
    retryable: true,
    remediation: 'Mend what the message names, then call connect() again.',
  },
  disposed: { retryable: false, remediation: 'Create a new client; a disposed one cannot be used again.' },
  ended: {
    retryable: false,
    remediation: 'Subscribe again if the operation still runs.',
  },
  gateway_error: {
    retryable: true,
    remediation: 'Look up the code in the message, which is that of the gateway.',
  },
  internal: {
    retryable: true,
    remediation:
      'Create a new client, with the lastEventId of this one; it gets a fresh module. Report the message and the stack as a defect.',
  },
  invalid_argument: { retryable: false, remediation: 'Correct the argument named in the message.' },
  invalid_option: { retryable: false, remediation: 'Correct the option named in the message.' },
  protocol: {
    retryable: true,
    remediation:
      'Nothing has to be done: the frame was ignored. Check that gatewayUrl leads to an Agent Gateway.',
  },
  queue_overflow: {
    retryable: true,
    remediation:
      'Take the events faster or raise maxQueuedEvents, and subscribe again after the last one you took.',
  },
  socket_error: {
    retryable: true,
    remediation:
      'Nothing has to be done while autoReconnect is on. If it repeats, check gatewayUrl, the network and the proxy in front of the gateway.',
  },
  token_failed: {
    retryable: true,
    remediation:
      'Nothing has to be done: getToken is asked again. Throw UnauthorizedError from it when the user may not go on.',
  },
  token_timeout: {
    retryable: true,
    remediation:
      'Nothing has to be done: getToken is asked again. Let it settle faster, and let it observe the signal.',
  },
  tool_result_expired: {
    retryable: false,
    remediation: 'Nothing can be done: the gateway no longer waits for the result of this tool call.',
  },
  unavailable: {
    retryable: false,
    remediation: 'Use openOperation(), or an AgentStreamClient for each operation.',
  },
  wasm_unavailable: {
    retryable: false,
    remediation:
      "Add 'wasm-unsafe-eval' to the script-src directive of the Content-Security-Policy, and use an engine with WebAssembly.",
  },
  websocket_unavailable: {
    retryable: false,
    remediation:
      "Give a WebSocket constructor as the option WebSocket, for example that of the npm package 'ws', or use Node 22 or newer.",
  },
};

/** Adds what is known of codes that not every entry of the package has. */
export function addKinds(kinds: Record<string, ErrorKind>): void {
  Object.assign(KINDS, kinds);
}

/** What to do about an error, where it is known. */
export function remediationOf(code: string): string | undefined {
  return Object.hasOwn(KINDS, code) ? KINDS[code].remediation : undefined;
}

const UNKNOWN_KIND: ErrorKind = { retryable: true, remediation: 'See the message.' };

/**
 * Every error of this package.
 *
 * `code` is stable, `retryable` says whether the same call may succeed later, `remediation` says what to do, `cause` is
 * the underlying error if there is one.
 */
export class GatewayError extends Error {
  override readonly cause?: unknown;
  readonly code: GatewayErrorCode;
  readonly remediation: string;
  readonly retryable: boolean;

  constructor(code: GatewayErrorCode, message: string, cause?: unknown) {
    super(message);
    const kind = Object.hasOwn(KINDS, code) ? KINDS[code] : UNKNOWN_KIND;
    this.name = 'GatewayError';
    this.code = code;
    this.retryable = kind.retryable;
    this.remediation = kind.remediation;
    if (cause !== undefined) this.cause = cause;
  }
}

/** Thrown by an application's `getToken` when the user is no longer allowed: the client stops instead of retrying. */
export class UnauthorizedError extends Error {
  constructor(message = 'Unauthorized') {
    super(message);
    this.name = 'UnauthorizedError';
  }
}

/** A message for a human from whatever was thrown, also where that has no text. */
export function messageOf(thrown: unknown): string {
  try {
    return String((thrown as { message?: unknown } | undefined)?.message ?? thrown);
  } catch {
    return typeof thrown;
  }
}

/** A value as text; its type where it has none. */
export function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return typeof value;
  }
}
