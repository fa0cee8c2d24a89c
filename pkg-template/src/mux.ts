import type { RawGatewayMux, RawMuxHost } from '#glue';
import { expect, listenerArguments } from './arguments.js';
import { Binding } from './binding.js';
import { disposable } from './disposable.js';
import { Documents } from './documents.js';
import { GatewayError } from './errors.js';
import { explain } from './explain.js';
import { reaching, type HostLink } from './host.js';
import { Listeners } from './listeners.js';
import { logTo, type Log } from './logging.js';
import { checkMuxOptions } from './options.js';
import { disconnected, refreshed } from './state.js';
import { Subscription } from './subscription.js';
import type {
  DocumentChannel,
  DocumentChannelHandler,
  GatewayMuxClientEvents,
  GatewayMuxClientOptions,
  GatewayMuxState,
  GatewayMuxStatus,
  OperationSubscribeOptions,
  OperationSubscription,
  ToolResultPayload,
} from './types/index.js';
import { GONE, waiting, whenState } from './waiting.js';

/**
 * Follows any number of operations of a user over one WebSocket.
 *
 * Creating a client opens no socket; `connect()` and `subscribe()` do. Without `keepAlive` the socket is closed when
 * nothing is subscribed any more. Listeners run synchronously, in the order in which they were added. Every method may
 * be called from within a listener.
 */
export class GatewayMuxClient {
  /** Closes the socket and releases the memory, for `using`. The same as {@link GatewayMuxClient.dispose}. */
  declare readonly [Symbol.dispose]: () => void;

  private readonly binding: Binding<GatewayMuxClient, RawGatewayMux>;
  private readonly documents: Documents;
  private gone?: GatewayError;
  private lastState?: GatewayMuxState;
  private readonly listeners: Listeners<GatewayMuxClientEvents>;
  private readonly log: Log;
  private readonly options: GatewayMuxClientOptions;
  /** By their numbers, which begin at 1; one that ended leaves its place empty. Found faster than in a map. */
  private readonly subscriptions: (Subscription | undefined)[] = [undefined];

  /**
   * @throws GatewayError with code `invalid_option`, `wasm_unavailable`, or (of the slim entry) `not_initialized`
   */
  constructor(options: GatewayMuxClientOptions) {
    const rawOptions = checkMuxOptions(options);
    this.options = { ...options };
    this.log = logTo(options.logger);
    this.listeners = new Listeners(this.log);
    this.binding = new Binding<GatewayMuxClient, RawGatewayMux>(
      this,
      ({ RawGateway }, link) => new RawGateway(rawOptions, GatewayMuxClient.host(link)),
      (error) => this.fail(error),
    );
    this.documents = new Documents(this.binding, this.log);
    disposable(this);
  }

  get status(): GatewayMuxStatus {
    return this.state.status;
  }

  /** A frozen snapshot, the same object until something changed. */
  get state(): GatewayMuxState {
    const fresh = this.binding.call((raw) => raw.snapshot(0));
    return (this.lastState = refreshed(this.lastState, fresh));
  }

  /** This gateway cannot be used this way, for good. */
  get isUnavailable(): boolean {
    return this.gone?.code === 'unavailable';
  }

  /** Adds a listener and returns the function that removes it. Adding the same function twice counts once. */
  on<E extends keyof GatewayMuxClientEvents>(event: E, listener: GatewayMuxClientEvents[E]): () => void {
    const remove = this.listeners.add(event, listener);
    const watch = (): void => {
      this.binding.call((raw) => raw.watchUnavailable(this.listeners.has('unavailable')));
    };
    if (event !== 'unavailable') return remove;
    watch();
    return () => {
      remove();
      watch();
    };
  }

  /**
   * Resolves when the gateway is ready, however many attempts that takes. An abort ends the waiting only.
   *
   * The promise rejects with a GatewayError with code `connect_failed`, `disposed`, `internal`, `unavailable` or
   * `websocket_unavailable`, or with the reason of the signal.
   */
  async connect({ signal }: { signal?: AbortSignal } = {}): Promise<void> {
    this.begin();
    const { binding } = this;
    return waiting<void>(
      this.listeners,
      signal,
      (resolve, reject, watch) => {
        // Before the call, because a listener may disconnect within it.
        watch('waiters_resolved', resolve);
        watch('waiters_rejected', (message) => reject(new GatewayError('connect_failed', message)));
        const isReady = binding.call((raw) => raw.isReady);
        if (!binding.call((raw) => raw.connect())) {
          reject(new GatewayError('unavailable', 'GatewayMuxClient is unavailable'));
        } else if (isReady) resolve();
      },
      () => binding.call((raw) => raw.abandonConnect()),
    );
  }

  /** Closes the socket and stops every retry. Subscriptions stay, and go on after the next `connect()`. */
  disconnect(): void {
    this.binding.call((raw) => raw.disconnect());
  }

  /**
   * Follows an operation, and connects where there is no connection.
   *
   * @throws GatewayError with code `disposed`, `internal`, `invalid_argument` or `websocket_unavailable`, or the reason
   * of a signal that was aborted before
   */
  subscribe(operationId: string, options: OperationSubscribeOptions = {}): OperationSubscription {
    const { signal } = options;
    const executor = options.executor ?? false;
    const lastEventId = options.lastEventId ?? '';
    expect('operationId', operationId, 'string');
    expect('executor', executor, 'boolean');
    expect('lastEventId', lastEventId, 'string');
    signal?.throwIfAborted();
    this.begin();
    const id = this.subscriptions.length;
    const subscription = new Subscription(this.binding, id, operationId, this.log, options, this.gone);
    this.subscriptions.push(subscription);
    this.binding.call((raw) => raw.subscribe(id, operationId, lastEventId, executor));
    if (signal) {
      const abort = (): void => subscription.unsubscribe();
      signal.addEventListener('abort', abort);
      void subscription.done.then(() => signal.removeEventListener('abort', abort));
    }
    return subscription;
  }

  /** Takes the tool results that no connection carried yet, to send them another way. */
  takePendingToolResults(operationId: string): ToolResultPayload[] {
    expect('operationId', operationId, 'string');
    const payloads: ToolResultPayload[] = [];
    this.binding.call((raw) => raw.takePendingToolResults(operationId, payloads));
    return payloads;
  }

  /**
   * Opens the channel of a document, and connects where there is no connection.
   *
   * @throws GatewayError with code `disposed`, `internal`, `invalid_argument` or `websocket_unavailable`
   */
  openDocument(documentId: string, handler: DocumentChannelHandler): DocumentChannel {
    expect('documentId', documentId, 'string');
    this.begin();
    return this.documents.open(documentId, handler);
  }

  /** Resolves when the status is reached, at once where it is; rejects when it no longer can be. */
  whenState(status: GatewayMuxStatus, { signal }: { signal?: AbortSignal } = {}): Promise<GatewayMuxState> {
    return whenState<GatewayMuxState>(this, this.listeners, status, signal, this.gone);
  }

  /** Says in plain words why the client is in its state, what comes next and what can be done. */
  explain(): string {
    return explain('The connection', this.state, this.binding, 0);
  }

  /** Closes the socket and releases the memory. No listener is called afterwards; what waits is settled. */
  dispose(): void {
    if (this.binding.disposed) return;
    if (this.state.status !== 'disconnected') this.lastState = disconnected('disposed');
    for (const subscription of this.subscriptions) subscription?.abandon('disconnect', 'disposed');
    this.subscriptions.fill(undefined);
    this.documents.clear();
    this.leave(new GatewayError('disposed', 'The client was disposed'));
    this.listeners.clear();
    this.binding.dispose();
  }

  /** Apart from the constructor, so that nothing here knows the client but the link. */
  private static host(link: HostLink<GatewayMuxClient>): RawMuxHost {
    return {
      event: reaching(link, (client, id, event) => client.subscriptions[id]?.takeEvent(event)),
      emit: reaching(link, (client, id, name, argument) => client.take(id, name, argument)),
      getToken: reaching(link, (client, request) => client.options.getToken(request)),
      log: reaching(link, (client, level, message, detail) =>
        client.log(level, message, detail ? { detail } : undefined),
      ),
    };
  }

  private begin(): void {
    this.binding.check(this.options.WebSocket ?? undefined);
  }

  private take(id: number, name: string, argument: unknown): void {
    if (id > 0) {
      const subscription = this.subscriptions[id];
      if (name === 'done') this.subscriptions[id] = undefined;
      return subscription?.take(name, argument);
    }
    if (name.startsWith('document')) return this.documents.take(name, argument);
    if (name === 'status_changed') {
      if (argument === 'disconnected') this.binding.release();
      else this.binding.hold();
    }
    if (name === 'unavailable') {
      this.leave(new GatewayError('unavailable', String(argument)));
    }
    this.listeners.emit(name as keyof GatewayMuxClientEvents, listenerArguments(name, argument));
    if (name === 'status_changed') this.documents.take('document_status', argument);
  }

  private fail(error: GatewayError): void {
    this.lastState = disconnected('internal');
    for (const subscription of this.subscriptions) subscription?.fail(error);
    this.subscriptions.fill(undefined);
    this.listeners.emit('error', [error]);
    this.listeners.emit('status_changed', ['disconnected']);
    this.documents.take('document_status', 'disconnected');
    this.listeners.emit('disconnected', []);
    this.leave(error);
  }

  /** Ends what waits for something that can no longer happen. */
  private leave(error: GatewayError): void {
    this.gone = error;
    for (const subscription of this.subscriptions) subscription?.leave(error);
    this.listeners.emit(GONE as keyof GatewayMuxClientEvents, [error]);
  }
}
