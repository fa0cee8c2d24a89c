import { GatewayError } from '../errors.js';

/** What the module, or this facade, says about a failure. */
export interface OpenClawFailure {
  code: string;
  message: string;
  retryable?: boolean;
  accepted?: boolean;
  details?: unknown;
  nextStep?: string;
  remedy?: string;
  retryAfterMs?: number;
}

/** Of this client's own codes: whether it may succeed later, what it means, and what to do. */
const OWN: Record<string, [retryable: boolean, meaning: string, nextStep: string]> = {
  call_timeout: [
    true,
    'The gateway did not answer in time',
    'Find out what became of the call before repeating it, or give it more time with timeoutMs.',
  ],
  closed: [true, 'The connection was closed', 'Call connect() to connect again.'],
  connection_lost: [
    true,
    'The connection was lost before the answer',
    'Once the state is ready again, find out what became of the call; it was not sent again.',
  ],
  disposed: [false, 'The client was disposed', 'Create a new client; a disposed one cannot be used again.'],
  identity_unavailable: [
    false,
    'This environment keeps no device key',
    'Open the page over https or on localhost, with storage allowed; or give the option signer: createSigner() of agent-gateway-client/openclaw-signer works everywhere, null does without a device.',
  ],
  not_ready: [true, 'The connection does not stand', 'Wait for the state ready; connect() does.'],
  protocol: [
    true,
    'The gateway sent what is no frame',
    'Check that gatewayUrl leads to an OpenClaw gateway.',
  ],
  too_large: [
    false,
    'The message is larger than the gateway reads',
    'Shorten it; hello.policy has the limit.',
  ],
  too_many_calls: [true, 'As many calls as may be are open', 'Wait for the answer to one of them.'],
};

/**
 * A failure of an OpenClaw client. `code` is the gateway's, as `AUTH_TOKEN_MISMATCH`, or this client's in lower case;
 * `remediation` says what to do, `remedy` is the command or the line of configuration that does it.
 */
export class OpenClawError extends GatewayError {
  override readonly remediation: string;
  override readonly retryable: boolean;
  /** Whether the gateway had said `accepted`. */
  declare readonly accepted?: boolean;
  /** What the gateway adds. */
  declare readonly details?: any;
  declare readonly remedy?: string;
  declare readonly retryAfterMs?: number;

  constructor(failure: OpenClawFailure, cause?: unknown) {
    const [retryable, meaning, nextStep] = OWN[failure.code] ?? [];
    super(failure.code, failure.message || meaning || failure.code, cause);
    this.name = 'OpenClawError';
    this.remediation = failure.nextStep ?? nextStep ?? 'See the message.';
    this.retryable = failure.retryable ?? retryable ?? false;
    if (failure.accepted !== undefined) this.accepted = failure.accepted;
    if (failure.details != null) this.details = failure.details;
    if (failure.remedy !== undefined) this.remedy = failure.remedy;
    if (failure.retryAfterMs !== undefined) this.retryAfterMs = failure.retryAfterMs;
  }
}
