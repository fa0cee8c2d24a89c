import { AgentStreamClient } from '../client.js';
import { GatewayError, messageOf } from '../errors.js';
import type { GatewayMuxClient } from '../mux.js';
import { servesShared, servesSockets, sharedMux, socketsBlocked, whenUnserved } from '../shared-mux.js';
import { ended } from '../state.js';
import type {
  AgentStreamClientOptions,
  ChatRunBaseOptions,
  ChatTransport,
  Completion,
  ConnectionState,
  TokenRequest,
} from '../types/index.js';
import { SseSocket } from './sse-socket.js';
import { overHttp, SseStream } from './sse-stream.js';

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
  /** From here on by this. */
  carried(by: ChatTransport): void;
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

/** Why a socket may be blocked. A token that is missing or a device that is offline says nothing about sockets. */
const NO_SOCKET = ['auth_timeout', 'connect_timeout', 'connection_lost', 'dial_failed'];

/** A stream that is tried beside sockets. What it brings is held back until it is known what carries the run. */
interface Rival {
  readonly client: AgentStreamClient;
  /** What is to be told, in order. */
  readonly held: (() => void)[];
  readonly release: (() => void)[];
  stood: boolean;
}

/**
 * One way to follow a run: over the socket of all operations, over one of its own, or as server-sent events.
 *
 * Where its own socket does not stand, a stream is tried beside it; a socket that fails while the stream stands is
 * blocked, and the stream carries the run.
 */
export class Transport {
  private carrier?: Carrier;
  /** The token that came with the run, until a connection stands. */
  private first?: string;
  private open = true;
  private readonly options: AgentStreamClientOptions;
  private rival?: Rival;
  private readonly undo: (() => void)[] = [];

  constructor(
    private readonly run: ChatRunBaseOptions,
    private readonly opening: Opening,
    private readonly host: TransportHost,
  ) {
    const { logger, WebSocket } = run;
    const { operationId, gatewayUrl = run.gatewayUrl } = opening;
    this.first = opening.token;
    const getToken = (request: TokenRequest) => this.token(request);
    this.options = { gatewayUrl, getToken, logger, operationId, WebSocket };
    try {
      this.begin();
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
    this.leave();
    this.rival?.client.dispose();
  }

  private begin(): void {
    const kind = firstChoice(this.run, this.opening, this.options.gatewayUrl);
    if (kind === 'v2') return this.beginShared();
    if (kind === 'v1') return this.beginOwn();
    const stream = this.createStream();
    this.attach(stream, 'sse');
    stream.connect();
  }

  private beginShared(): void {
    const { executor, lastEventId, operationId } = this.opening;
    const { mux: own, transport } = this.run;
    const mux = own ?? this.shared();
    const subscription = mux.subscribe(operationId, { executor, lastEventId });
    this.attach(subscription, 'v2');
    // A client of the application that need not fall back dials on, however long the gateway is away.
    if (!own || transport !== 'v2') {
      const unserved = (reason: string): void => {
        const isRefused = transport === 'v2' && mux.state.reason === 'auth_failed';
        if (isRefused) this.tell('done', ended('auth_failed', reason));
        else this.tell('unavailable', subscription.lastEventId);
      };
      this.undo.push(whenUnserved(mux, unserved));
    }
    this.tellStatus(subscription);
  }

  private shared(): GatewayMuxClient {
    const { mux, leave } = sharedMux({ ...this.options, getToken: this.options.getToken! });
    this.undo.push(leave);
    return mux;
  }

  private beginOwn(): void {
    const { lastEventId, resume } = this.opening;
    const client = new AgentStreamClient({ ...this.options, lastEventId, resumeOnConnect: resume });
    this.attach(client, 'v1');
    if (this.run.transport !== 'v1') this.watch(client);
    client.connect();
  }

  /** What to do about sockets that fail before one stands. */
  private watch(client: AgentStreamClient): void {
    const failed = client.on('reconnecting', () => {
      if (!NO_SOCKET.includes(client.state.reason!)) return;
      if (!this.rival) this.challenge(client);
      else if (this.rival.stood) this.goOnAsStream(this.rival);
    });
    const stood = client.on('connected', () => {
      failed();
      this.rival?.client.dispose();
    });
    this.undo.push(failed, stood);
  }

  /**
   * Tries a stream beside the socket. When it stands, the server can be reached: a socket that fails then is blocked.
   * Should it come to nothing, the socket is dialled on.
   */
  private challenge(client: AgentStreamClient): void {
    const rival: Rival = { client: this.createStream(), held: [], release: [], stood: false };
    this.rival = rival;
    rival.release.push(
      rival.client.on('agent_event', (event) => rival.held.push(() => this.host.event(event))),
      rival.client.on('resume_complete', (told) => rival.held.push(() => this.tell('resume_complete', told))),
      rival.client.on('connected', () => {
        if (rival.stood) return;
        rival.stood = true;
        void client.reconnect();
      }),
    );
    rival.client.connect();
  }

  private goOnAsStream({ client, held, release }: Rival): void {
    this.rival = undefined;
    for (const step of release) step();
    this.leave();
    socketsBlocked(this.options.gatewayUrl);
    this.attach(client, 'sse');
    this.tellStatus(client);
    const message = 'No WebSocket to the gateway could be opened: the run goes on as server-sent events.';
    this.host.error(new GatewayError('sockets_blocked', message));
    for (const tell of held) if (this.open) tell();
  }

  private createStream(): AgentStreamClient {
    const { fetch, serverUrl = overHttp(this.options.gatewayUrl) } = this.run;
    const source = { fetch, operationId: this.opening.operationId, serverUrl };
    const stream = new SseStream(source, (error) => this.host.error(error));
    const WebSocket = class extends SseSocket {
      constructor() {
        super(stream);
      }
    };
    const client = new AgentStreamClient({ ...this.options, WebSocket });
    client.on('agent_event', (event) => stream.delivered(event));
    return client;
  }

  private attach(carrier: Carrier, kind: ChatTransport): void {
    this.carrier = carrier;
    const { host, undo } = this;
    host.carried(kind);
    undo.push(
      carrier.on('agent_event', (event) => host.event(event)),
      carrier.on('error', (error) => host.error(error)),
      carrier.on('status_changed', () => this.tellStatus(carrier)),
      ...FORWARDED.map((name) => carrier.on(name, (argument) => this.tell(name, argument))),
    );
    void carrier.done.then((completion) => carrier === this.carrier && this.tell('done', completion));
    // The ids of sockets mean nothing to a stream: it tells everything.
    if (kind === 'sse' && this.opening.lastEventId) this.tell('continuity', { kind: 'reset' });
  }

  /** The token that came with the run first, then those of the application, which may not know the operation any more. */
  private async token({ reason, signal }: TokenRequest): Promise<string> {
    const { first } = this;
    this.first = undefined;
    try {
      return first ?? (await this.run.getToken({ operationId: this.opening.operationId, reason, signal }));
    } catch (error) {
      if ((error as Error | undefined)?.name === 'UnknownOperationError')
        this.tell('unknown_operation', undefined);
      throw error;
    }
  }

  private leave(): void {
    for (const step of this.undo.splice(0)) step();
    this.carrier?.dispose();
  }

  private tellStatus({ state }: Carrier): void {
    if (state.status === 'connected') this.first = undefined;
    this.tell('status_changed', state);
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

/** What a run is tried over first. */
function firstChoice(run: ChatRunBaseOptions, opening: Opening, gatewayUrl: string): ChatTransport {
  const { mux, transport = 'auto', WebSocket = globalThis.WebSocket } = run;
  if (transport !== 'auto') return transport;
  if (!servesSockets(gatewayUrl) || typeof WebSocket !== 'function') return 'sse';
  const shared = mux ? !mux.isUnavailable : servesShared(gatewayUrl);
  return shared && !opening.fallback ? 'v2' : 'v1';
}

function asGatewayError(error: unknown): GatewayError {
  return error instanceof GatewayError ? error : new GatewayError('internal', messageOf(error), error);
}
