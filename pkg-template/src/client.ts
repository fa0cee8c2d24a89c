import type { RawAgentStream } from '#glue';
import { Cycle } from './cycle.js';
import { GatewayError } from './errors.js';
import { createHost, HostLink } from './host.js';
import { Listeners } from './listeners.js';
import { moduleInstance, type ModuleInstance } from './module.js';
import { checkOptions } from './options.js';
import type {
  AgentStreamClientEvents,
  AgentStreamClientOptions,
  Completion,
  ConnectionState,
  ConnectionStatus,
  LogLevel,
  ToolResultPayload,
} from './types/index.js';

declare global {
  // Known to the compiler only with the library `esnext.disposable`, which this declaration merges with.
  interface SymbolConstructor {
    readonly dispose: unique symbol;
  }
}

/**
 * Follows one operation of an agent over a WebSocket and stays with it through drops, expired tokens and sleep.
 *
 * Creating a client opens no socket; `connect()` does, synchronously. Listeners run synchronously, in the order in which
 * they were added. Every method may be called from within a listener.
 */
export class AgentStreamClient {
  /** Closes the socket and releases the memory, for `using`. The same as {@link AgentStreamClient.dispose}. */
  declare readonly [Symbol.dispose]: () => void;

  private cycle = new Cycle();
  private disposed = false;
  private lastId: string;
  private lastState?: ConnectionState;
  private readonly emitAgentEvent: (event: unknown) => void;
  private readonly link: HostLink<AgentStreamClient>;
  private readonly listeners: Listeners<AgentStreamClientEvents>;
  private readonly module: ModuleInstance;
  private readonly options: AgentStreamClientOptions;
  private readonly raw: RawAgentStream;

  /**
   * @throws GatewayError with code `invalid_option`, `wasm_unavailable`, or (of the slim entry) `not_initialized`
   */
  constructor(options: AgentStreamClientOptions) {
    const rawOptions = checkOptions(options);
    this.options = { ...options };
    this.lastId = rawOptions.lastEventId ?? '';
    this.listeners = new Listeners((event, error) =>
      this.log('error', `A listener of '${event}' threw`, { error }),
    );
    this.emitAgentEvent = this.listeners.emitterOf('agent_event');
    this.link = new HostLink<AgentStreamClient>(this);
    this.module = moduleInstance();
    this.raw = this.attempt(() => new this.module.RawAgentStream(rawOptions, this.host()));
    if (Symbol.dispose) Object.defineProperty(this, Symbol.dispose, { value: () => this.dispose() });
  }

  get connectionStatus(): ConnectionStatus {
    return this.usable ? this.raw.connectionStatus : this.state.status;
  }

  /** A frozen snapshot, the same object until something changed. */
  get state(): ConnectionState {
    if (this.usable) this.lastState = refreshed(this.lastState, this.raw.snapshot());
    return (this.lastState ??= disconnected('internal'));
  }

  /** Id of the last event delivered to the listeners; give it to another client to go on from there. */
  get lastEventId(): string {
    if (this.usable) this.lastId = this.raw.lastEventId;
    return this.lastId;
  }

  /**
   * The outcome of the current connection cycle; never rejects.
   *
   * A cycle begins with `connect()` or `reconnect()`. Calling one of them after the promise settled begins a new cycle
   * with a new promise.
   */
  get done(): Promise<Completion> {
    return this.cycle.done;
  }

  /** Adds a listener and returns the function that removes it. Adding the same function twice counts once. */
  on<E extends keyof AgentStreamClientEvents>(event: E, listener: AgentStreamClientEvents[E]): () => void {
    if (typeof listener !== 'function') {
      throw new GatewayError('invalid_argument', `The listener of '${event}' must be a function`);
    }
    this.listeners.add(event, listener);
    return () => this.off(event, listener);
  }

  off<E extends keyof AgentStreamClientEvents>(event: E, listener: AgentStreamClientEvents[E]): void {
    this.listeners.remove(event, listener);
  }

  removeAllListeners(): void {
    this.listeners.clear();
  }

  /**
   * Opens the socket. Does nothing while there is one.
   *
   * @throws GatewayError with code `disposed`, `websocket_unavailable` or `internal`
   */
  connect(): void {
    this.beginCycle();
    this.attempt(() => this.raw.connect());
  }

  /** Closes the socket and stops every retry. `connect()` goes on from the last event. */
  disconnect(): void {
    if (this.usable) this.attempt(() => this.raw.disconnect());
  }

  /**
   * Replaces the socket by a new one at once, without a `disconnected` event.
   *
   * The promise rejects with the errors that `connect()` throws; the dial itself is not awaited.
   */
  async reconnect(): Promise<void> {
    this.beginCycle();
    this.attempt(() => this.raw.reconnect());
  }

  /** Stores the token for the next authentication. */
  updateToken(token: string): void {
    expect('token', token, 'string');
    if (this.usable) this.attempt(() => this.raw.updateToken(token));
  }

  /**
   * Sends the result of a `tool_execute`. Returns `false` when no socket is open.
   *
   * @throws GatewayError with code `invalid_argument` when the payload cannot be written as JSON
   */
  sendToolResult(payload: ToolResultPayload): boolean {
    expect('payload.toolCallId', payload?.toolCallId, 'string');
    return this.usable && this.attempt(() => this.raw.sendToolResult(payload));
  }

  /** Answers a `tool_confirmation_request`. Returns `false` unless the status is `connected`. */
  sendToolConfirmation(toolCallId: string, approved: boolean): boolean {
    expect('toolCallId', toolCallId, 'string');
    expect('approved', approved, 'boolean');
    return this.usable && this.attempt(() => this.raw.sendToolConfirmation(toolCallId, approved));
  }

  /** Answers an `input_request`. Returns `false` unless the status is `connected`. */
  sendUserInput(requestId: string, content: string): boolean {
    expect('requestId', requestId, 'string');
    expect('content', content, 'string');
    return this.usable && this.attempt(() => this.raw.sendUserInput(requestId, content));
  }

  /** Sends an `interrupt` frame. Gateways accept it and do nothing: stop a run through the product's own server. */
  sendInterrupt(): void {
    if (this.usable) this.attempt(() => this.raw.sendInterrupt());
  }

  /** Closes the socket and releases the memory. No listener is called afterwards; a pending `done` is settled. */
  dispose(): void {
    if (this.disposed) return;
    this.listeners.clear();
    if (this.usable) {
      void this.lastEventId;
      if (this.state.status !== 'disconnected') this.lastState = disconnected('disposed');
      this.attempt(() => this.raw.dispose());
      // Later, because this may run inside a callback of the object that is to be freed.
      queueMicrotask(() => this.module.broken || this.raw.free());
    }
    this.disposed = true;
    this.endCycle(ended('disconnect', 'disposed'));
  }

  protected emit<E extends keyof AgentStreamClientEvents>(
    event: E,
    ...args: Parameters<AgentStreamClientEvents[E]>
  ): void {
    this.listeners.emit(event, args);
  }

  private get usable(): boolean {
    return !this.disposed && !this.module.broken;
  }

  private host() {
    return createHost(this.link, Boolean(this.options.getToken), {
      event: (client, event) => client.emitAgentEvent(event),
      emit: (client, event, args) => client.listeners.emit(event, args),
      done: (client, completion) => client.endCycle(completion),
      getToken: (client, request) => client.options.getToken!(request),
      log: (client, level, message, detail) => client.log(level, message, client.context(detail)),
    });
  }

  private beginCycle(): void {
    if (this.disposed) throw new GatewayError('disposed', 'The client was disposed');
    if (this.module.broken) throw this.module.broken;
    if (!this.options.WebSocket && typeof globalThis.WebSocket !== 'function') {
      throw new GatewayError('websocket_unavailable', 'This environment has no global WebSocket');
    }
    if (this.cycle.settled) this.cycle = new Cycle();
    this.link.hold();
    this.module.active.add(this.fail);
  }

  private endCycle(completion: Completion): void {
    this.link.release();
    this.module.active.delete(this.fail);
    this.cycle.settle(completion);
  }

  private readonly fail = (error: GatewayError): void => {
    try {
      this.raw.dispose();
    } catch {
      // The instance may be beyond even that.
    }
    this.lastState = disconnected('internal');
    this.emit('error', error);
    this.emit('status_changed', 'disconnected');
    this.emit('disconnected');
    this.endCycle(ended('connection_lost', 'internal', error.message));
  };

  private attempt<T>(call: () => T): T {
    try {
      return call();
    } catch (error) {
      if (this.module.broken) throw this.module.broken;
      // The module itself throws nothing: this is an argument that JSON refused.
      throw new GatewayError(
        'invalid_argument',
        error instanceof Error ? error.message : String(error),
        error,
      );
    }
  }

  private context(detail: string): object {
    const { operationId } = this.options;
    return detail ? { operationId, detail } : { operationId };
  }

  private log(level: LogLevel, message: string, context?: object): void {
    const logger = this.options.logger ?? CONSOLE;
    try {
      logger[level]?.(message, context);
    } catch (error) {
      console.error('The logger threw', error);
    }
  }
}

const CONSOLE: NonNullable<AgentStreamClientOptions['logger']> = {
  warn: (message, context) => console.warn(message, ...(context ? [context] : [])),
  error: (message, context) => console.error(message, ...(context ? [context] : [])),
};

function refreshed(known: ConnectionState | undefined, fresh: ConnectionState): ConnectionState {
  const unchanged =
    known !== undefined &&
    known.status === fresh.status &&
    known.since === fresh.since &&
    known.attempt === fresh.attempt &&
    known.retryAt === fresh.retryAt &&
    known.reason === fresh.reason;
  return unchanged ? known : Object.freeze(fresh);
}

function disconnected(reason: string): ConnectionState {
  return Object.freeze({ attempt: 0, reason, since: Date.now(), status: 'disconnected' });
}

function ended(source: Completion['source'], reason: string, detail?: string): Completion {
  return {
    authFailed: false,
    reason,
    source,
    status: 'disconnected',
    succeeded: false,
    terminalReceived: false,
    ...(detail === undefined ? {} : { detail }),
  };
}

function expect(name: string, value: unknown, type: 'boolean' | 'string'): void {
  if (typeof value === type) return;
  throw new GatewayError('invalid_argument', `\`${name}\` must be a ${type}, not ${typeof value}`);
}
