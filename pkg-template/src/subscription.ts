import type { RawGatewayMux } from '#glue';
import { expect, listenerArguments } from './arguments.js';
import type { Binding } from './binding.js';
import { Cycle } from './cycle.js';
import { disposable } from './disposable.js';
import { GatewayError } from './errors.js';
import { eventsOf } from './events.js';
import { explain } from './explain.js';
import { emitTo, Listeners, type Listener } from './listeners.js';
import type { Log } from './logging.js';
import { disconnected, ended, refreshed } from './state.js';
import type {
  Completion,
  ConnectionState,
  ConnectionStatus,
  OperationSubscribeOptions,
  OperationSubscription,
  OperationSubscriptionEvents,
  ToolResultPayload,
} from './types/index.js';
import { GONE, whenState } from './waiting.js';

const MAX_QUEUED_EVENTS = 1_000;
const ENDED = () => new GatewayError('ended', 'The subscription ended');

/** See {@link OperationSubscription}. */
export class Subscription implements OperationSubscription {
  declare readonly [Symbol.dispose]: () => void;

  /** First, and so beside the head of the object: a frame looks at nothing else of it. */
  private readonly heard: Set<Listener>;
  active = true;
  readonly executor: boolean;
  private readonly cycle = new Cycle();
  /** The gateway does not know the operation. */
  private isUnknown = false;
  private lastId: string;
  private lastState?: ConnectionState;
  private readonly listeners: Listeners<OperationSubscriptionEvents>;

  constructor(
    private readonly binding: Binding<object, RawGatewayMux>,
    private readonly id: number,
    readonly operationId: string,
    log: Log,
    private readonly options: OperationSubscribeOptions,
    private gone?: GatewayError,
  ) {
    this.executor = options.executor ?? false;
    this.lastId = options.lastEventId ?? '';
    this.listeners = new Listeners(log);
    this.heard = this.listeners.of('agent_event');
    disposable(this);
  }

  get done(): Promise<Completion> {
    return this.cycle.done;
  }

  get lastEventId(): string {
    return (this.lastId = this.ask((raw) => raw.lastEventId(this.id)) ?? this.lastId);
  }

  get state(): ConnectionState {
    const fresh = this.ask((raw) => raw.snapshot(this.id));
    return (this.lastState = refreshed(this.lastState, fresh));
  }

  get status(): ConnectionStatus {
    return this.state.status;
  }

  on<E extends keyof OperationSubscriptionEvents>(
    event: E,
    listener: OperationSubscriptionEvents[E],
  ): () => void {
    return this.listeners.add(event, listener);
  }

  sendToolResult(payload: ToolResultPayload): boolean {
    expect('payload.toolCallId', payload?.toolCallId, 'string');
    return this.send((raw) => raw.sendToolResult(this.id, payload));
  }

  sendToolConfirmation(toolCallId: string, approved: boolean): boolean {
    expect('toolCallId', toolCallId, 'string');
    expect('approved', approved, 'boolean');
    return this.send((raw) => raw.sendToolConfirmation(this.id, toolCallId, approved));
  }

  sendUserInput(requestId: string, content: string): boolean {
    expect('requestId', requestId, 'string');
    expect('content', content, 'string');
    return this.send((raw) => raw.sendUserInput(this.id, requestId, content));
  }

  unsubscribe(): void {
    if (this.active) this.ask((raw) => raw.unsubscribe(this.id));
  }

  dispose(): void {
    this.unsubscribe();
  }

  whenState(status: ConnectionStatus, { signal }: { signal?: AbortSignal } = {}): Promise<ConnectionState> {
    return whenState(this, this.listeners, status, signal, this.cycle.settled ? ENDED() : this.gone);
  }

  explain(): string {
    const { binding, cycle, id, isUnknown, operationId, state } = this;
    return explain(`Operation ${operationId}`, state, cycle.settled ? undefined : binding, id, isUnknown);
  }

  [Symbol.asyncIterator]() {
    return eventsOf(this, this.options.maxQueuedEvents ?? MAX_QUEUED_EVENTS, () => this.gone);
  }

  /** Takes an event, as {@link take} takes the rest. */
  takeEvent(event: unknown): void {
    emitTo(this.heard, event, this.listeners, 'agent_event');
  }

  /** Takes what the module tells of this subscription. */
  take(name: string, argument: any): void {
    if (name === 'connected' || name === 'resume_complete') this.isUnknown = argument?.pending === true;
    if (name === 'ending') this.active = false;
    else if (name === 'done') this.end(argument);
    else this.listeners.emit(name as keyof OperationSubscriptionEvents, listenerArguments(name, argument));
  }

  /** Ends without the module, which failed. */
  fail(error: GatewayError): void {
    this.active = false;
    this.lastState = disconnected('internal');
    this.listeners.emit('error', [error]);
    this.listeners.emit('status_changed', ['disconnected']);
    this.listeners.emit('disconnected', []);
    this.abandon('connection_lost', 'internal', error.message);
  }

  /** Its client is of no use any more. It stays, so that its tool results can be taken. */
  leave(error: GatewayError): void {
    this.gone = error;
    this.listeners.emit(GONE as keyof OperationSubscriptionEvents, [error]);
  }

  /** Ends without a word. */
  abandon(source: Completion['source'], reason: string, detail?: string): void {
    void this.lastEventId;
    if (this.status !== 'disconnected') this.lastState = disconnected(reason);
    this.end(ended(source, reason, detail), this.lastState);
  }

  /** Reads the last state first, because the module then forgets it. */
  private end(completion: Completion, state = this.state): void {
    void this.lastEventId;
    this.lastState = state;
    this.active = false;
    this.cycle.settle(completion);
    this.listeners.emit(GONE as keyof OperationSubscriptionEvents, [ENDED()]);
    this.listeners.clear();
  }

  private send(use: (raw: RawGatewayMux) => boolean): boolean {
    return this.active && (this.ask(use) ?? false);
  }

  private ask<T>(use: (raw: RawGatewayMux) => T): T | undefined {
    if (!this.cycle.settled) return this.binding.call(use);
  }
}
