import { AgentStreamClient } from '../client.js';
import { GatewayError } from '../errors.js';
import { servesShared, sharedMux, whenUnserved } from '../shared-mux.js';
import { ended } from '../state.js';
import type { ChatRunBaseOptions, Completion, ConnectionState } from '../types/index.js';

/** What the module wants opened. */
export interface Opening {
  executor: boolean;
  fallback: boolean;
  gatewayUrl?: string;
  lastEventId: string;
  operationId: string;
  resume: boolean;
  token?: string;
}

/** What carries a run: a subscription, or an `AgentStreamClient`. */
export interface Carrier {
  readonly done: Promise<Completion>;
  readonly lastEventId: string;
  readonly state: ConnectionState;
  dispose(): void;
  on(event: any, listener: (...args: any[]) => void): () => void;
  sendToolConfirmation(toolCallId: string, approved: boolean): boolean;
  sendToolResult(payload: any): boolean;
  sendUserInput(requestId: string, content: string): boolean;
}

/** What a transport tells. Once it is closed it is silent. */
export interface TransportHost {
  error(error: GatewayError): void;
  event(event: unknown): void;
  told(name: string, argument: unknown): void;
}

const FORWARDED = [
  'continuity',
  'input_request',
  'resume_complete',
  'status_change',
  'tool_confirmation_request',
] as const;

/** One way to follow a run: over the socket of all operations, or over one of its own. */
export class Transport {
  private carrier?: Carrier;
  private readonly undo: (() => void)[] = [];
  private open = true;

  constructor(
    options: ChatRunBaseOptions,
    opening: Opening,
    private readonly host: TransportHost,
  ) {
    try {
      this.begin(options, opening);
    } catch (error) {
      this.fail(error);
    }
  }

  get lastEventId(): string | undefined {
    return this.carrier?.lastEventId;
  }

  get state(): ConnectionState | undefined {
    return this.carrier?.state;
  }

  /** Calls the carrier; a payload that cannot be sent is reported, and `false`. */
  send(use: (carrier: Carrier) => boolean): boolean {
    try {
      return this.carrier !== undefined && use(this.carrier);
    } catch (error) {
      this.host.error(asGatewayError(error));
      return false;
    }
  }

  close(): void {
    this.open = false;
    for (const step of this.undo.splice(0)) step();
    this.carrier?.dispose();
  }

  private begin(options: ChatRunBaseOptions, opening: Opening): void {
    const { logger, transport = 'auto', WebSocket } = options;
    const gatewayUrl = opening.gatewayUrl ?? options.gatewayUrl;
    const { executor, lastEventId, operationId } = opening;
    const common = { gatewayUrl, getToken: tokens(options, opening), logger, operationId, WebSocket };
    const mayBeShared = !opening.fallback && (options.mux !== undefined || servesShared(gatewayUrl));
    const isShared = transport === 'v2' || (transport === 'auto' && mayBeShared);
    if (!isShared) {
      const client = new AgentStreamClient({ ...common, lastEventId, resumeOnConnect: opening.resume });
      this.attach(client);
      return client.connect();
    }
    const mux = options.mux ?? sharedMux(common);
    const subscription = mux.subscribe(operationId, {
      executor: options.executor ?? executor,
      lastEventId,
    });
    this.attach(subscription);
    // A client of the application that need not fall back dials on, however long the gateway is away.
    if (!options.mux || transport === 'auto') {
      const unserved = (reason: string): void => {
        const isRefused = transport === 'v2' && mux.state.reason === 'auth_failed';
        if (isRefused) this.tell('done', ended('auth_failed', reason));
        else this.tell('unavailable', subscription.lastEventId);
      };
      this.undo.push(whenUnserved(mux, unserved));
    }
    this.tell('status_changed', subscription.state);
  }

  private attach(carrier: Carrier): void {
    this.carrier = carrier;
    const { host, undo } = this;
    undo.push(
      carrier.on('agent_event', (event) => host.event(event)),
      carrier.on('error', (error) => host.error(error)),
      carrier.on('status_changed', () => this.tell('status_changed', carrier.state)),
      ...FORWARDED.map((name) => carrier.on(name, (argument) => this.tell(name, argument))),
    );
    void carrier.done.then((completion) => this.tell('done', completion));
  }

  private tell(name: string, argument: unknown): void {
    if (this.open) this.host.told(name, argument);
  }

  private fail(thrown: unknown): void {
    const error = asGatewayError(thrown);
    this.host.error(error);
    this.tell('done', ended('connection_lost', error.code, error.message));
  }
}

/** The token that came with the run first, then those of the application. */
function tokens({ getToken }: ChatRunBaseOptions, { operationId, token }: Opening) {
  let first = token;
  return ({ reason, signal }: { reason: string; signal: AbortSignal }) => {
    const given = first;
    first = undefined;
    return given ?? getToken({ operationId, reason, signal });
  };
}

function asGatewayError(error: unknown): GatewayError {
  return error instanceof GatewayError ? error : new GatewayError('internal', String(error), error);
}
