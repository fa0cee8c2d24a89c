import type { RawAgentStream, RawHost } from '#glue';
import { expect, listenerArguments } from './arguments.js';
import { Binding } from './binding.js';
import { Cycle } from './cycle.js';
import { disposable } from './disposable.js';
import type { GatewayError } from './errors.js';
import { reaching, type HostLink } from './host.js';
import { Listeners } from './listeners.js';
import { logTo, type Log } from './logging.js';
import { checkOptions } from './options.js';
import { disconnected, ended, refreshed } from './state.js';
import type {
  AgentStreamClientEvents,
  AgentStreamClientOptions,
  Completion,
  ConnectionState,
  ConnectionStatus,
  ToolResultPayload,
} from './types/index.js';

/**
 * Follows one operation of an agent over a WebSocket and stays with it through drops, expired tokens and sleep.
 *
 * Creating a client opens no socket; `connect()` does, synchronously. Listeners run synchronously, in the order in which
 * they were added. Every method may be called from within a listener.
 */
export class AgentStreamClient {
  /** Closes the socket and releases the memory, for `using`. The same as {@link AgentStreamClient.dispose}. */
  declare readonly [Symbol.dispose]: () => void;

  private readonly binding: Binding<AgentStreamClient, RawAgentStream>;
  private cycle = new Cycle();
  /** The cycles that began and whose ends were not told yet, oldest first: more than one inside an ending listener. */
  private readonly begun: Cycle[] = [];
  private readonly emitAgentEvent: (event: unknown) => void;
  private lastId: string;
  private lastState?: ConnectionState;
  private readonly listeners: Listeners<AgentStreamClientEvents>;
  private readonly log: Log;
  private readonly options: AgentStreamClientOptions;

  /**
   * @throws GatewayError with code `invalid_option`, `wasm_unavailable`, or (of the slim entry) `not_initialized`
   */
  constructor(options: AgentStreamClientOptions) {
    const rawOptions = checkOptions(options);
    this.options = { ...options };
    this.lastId = rawOptions.lastEventId ?? '';
    this.log = logTo(options.logger);
    this.listeners = new Listeners(this.log);
    this.emitAgentEvent = this.listeners.emitterOf('agent_event');
    const { getToken } = this.options;
    this.binding = new Binding<AgentStreamClient, RawAgentStream>(
      this,
      ({ RawGateway }, link) => new RawGateway(rawOptions, AgentStreamClient.host(link, getToken)),
      (error) => this.fail(error),
    );
    disposable(this);
  }

  get connectionStatus(): ConnectionStatus {
    return this.state.status;
  }

  /** A frozen snapshot, the same object until something changed. */
  get state(): ConnectionState {
    const fresh = this.binding.call((raw) => raw.snapshot(0));
    return (this.lastState = refreshed(this.lastState, fresh));
  }

  /** Id of the last event delivered to the listeners; give it to another client to go on from there. */
  get lastEventId(): string {
    return (this.lastId = this.binding.call((raw) => raw.lastEventId(0)) ?? this.lastId);
  }

  /**
   * The outcome of the current connection cycle; never rejects.
   *
   * A cycle begins with `connect()` or `reconnect()`. Calling one of them after the cycle ended, in a listener that is
   * told of the end too, begins a new cycle with a new promise.
   */
  get done(): Promise<Completion> {
    return this.cycle.done;
  }

  /** Adds a listener and returns the function that removes it. Adding the same function twice counts once. */
  on<E extends keyof AgentStreamClientEvents>(event: E, listener: AgentStreamClientEvents[E]): () => void {
    return this.listeners.add(event, listener);
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
    this.binding.call((raw) => raw.connect());
  }

  /** Closes the socket and stops every retry. `connect()` goes on from the last event. */
  disconnect(): void {
    this.binding.call((raw) => raw.disconnect());
  }

  /**
   * Replaces the socket by a new one at once, without a `disconnected` event.
   *
   * The promise rejects with the errors that `connect()` throws; the dial itself is not awaited.
   */
  async reconnect(): Promise<void> {
    this.beginCycle();
    this.binding.call((raw) => raw.reconnect());
  }

  /** Stores the token for the next authentication. */
  updateToken(token: string): void {
    expect('token', token, 'string');
    this.binding.call((raw) => raw.updateToken(token));
  }

  /**
   * Sends the result of a `tool_execute`. Returns `false` when no socket is open.
   *
   * @throws GatewayError with code `invalid_argument` when the payload cannot be written as JSON
   */
  sendToolResult(payload: ToolResultPayload): boolean {
    expect('payload.toolCallId', payload?.toolCallId, 'string');
    return this.binding.call((raw) => raw.sendToolResult(0, payload)) ?? false;
  }

  /** Answers a `tool_confirmation_request`. Returns `false` unless the status is `connected`. */
  sendToolConfirmation(toolCallId: string, approved: boolean): boolean {
    expect('toolCallId', toolCallId, 'string');
    expect('approved', approved, 'boolean');
    return this.binding.call((raw) => raw.sendToolConfirmation(0, toolCallId, approved)) ?? false;
  }

  /** Answers an `input_request`. Returns `false` unless the status is `connected`. */
  sendUserInput(requestId: string, content: string): boolean {
    expect('requestId', requestId, 'string');
    expect('content', content, 'string');
    return this.binding.call((raw) => raw.sendUserInput(0, requestId, content)) ?? false;
  }

  /** Sends an `interrupt` frame. Gateways accept it and do nothing: stop a run through the product's own server. */
  sendInterrupt(): void {
    this.binding.call((raw) => raw.sendInterrupt());
  }

  /** Closes the socket and releases the memory. No listener is called afterwards; a pending `done` is settled. */
  dispose(): void {
    if (this.binding.disposed) return;
    this.listeners.clear();
    void this.lastEventId;
    if (this.state.status !== 'disconnected') this.lastState = disconnected('disposed');
    this.binding.dispose();
    this.settle(ended('disconnect', 'disposed'));
  }

  protected emit<E extends keyof AgentStreamClientEvents>(
    event: E,
    ...args: Parameters<AgentStreamClientEvents[E]>
  ): void {
    this.listeners.emit(event, args);
  }

  /** Apart from the constructor, so that nothing here knows the client but the link. */
  private static host(
    link: HostLink<AgentStreamClient>,
    getToken: AgentStreamClientOptions['getToken'],
  ): RawHost {
    return {
      event: reaching(link, (client, event) => client.emitAgentEvent(event)),
      emit: reaching(link, (client, _, name, argument) => client.take(name, argument)),
      getToken: getToken && reaching(link, (client, request) => client.options.getToken!(request)),
      log: reaching(link, (client, level, message, detail) => {
        const { operationId } = client.options;
        client.log(level, message, detail ? { operationId, detail } : { operationId });
      }),
    };
  }

  private take(name: string, argument: unknown): void {
    if (name === 'done') {
      const over = this.begun.shift();
      if (!this.begun.length) this.binding.release();
      over?.settle(argument as Completion);
    } else {
      this.listeners.emit(name as keyof AgentStreamClientEvents, listenerArguments(name, argument));
    }
  }

  private beginCycle(): void {
    this.binding.check(this.options.WebSocket ?? undefined);
    if (this.binding.call((raw) => raw.isOver())) {
      if (this.begun.length || this.cycle.settled) this.cycle = new Cycle();
      this.begun.push(this.cycle);
    }
    this.binding.hold();
  }

  /** Settles whatever is not settled. */
  private settle(completion: Completion): void {
    for (const cycle of [...this.begun.splice(0), this.cycle]) cycle.settle(completion);
  }

  private fail(error: GatewayError): void {
    this.lastState = disconnected('internal');
    this.emit('error', error);
    this.emit('status_changed', 'disconnected');
    this.emit('disconnected');
    this.settle(ended('connection_lost', 'internal', error.message));
  }
}
