import type { RawOpenClaw, RawOpenClawState } from '#glue';
import { expect } from '../arguments.js';
import { Binding } from '../binding.js';
import { disposable } from '../disposable.js';
import { GatewayError, messageOf } from '../errors.js';
import type { HostLink } from '../host.js';
import { Listeners } from '../listeners.js';
import { logTo, type Log } from '../logging.js';
import { GONE, waiting } from '../waiting.js';
import { Calls } from './calls.js';
import { Chat } from './chat.js';
import { OpenClawError } from './errors.js';
import { explain } from './explain.js';
import { FleetStore } from './fleet.js';
import { deviceOf, type Device } from './identity.js';
import { checkOptions, isOnHostOfPage } from './options.js';
import { Store } from './store.js';
import { TokenKeeper, type StoredToken } from './tokens.js';
import type {
  OpenClawApprovals,
  OpenClawApprovalsSnapshot,
  OpenClawAuth,
  OpenClawCallOptions,
  OpenClawChat,
  OpenClawClientEvents,
  OpenClawClientOptions,
  OpenClawFleet,
  OpenClawHello,
  OpenClawParams,
  OpenClawResult,
  OpenClawState,
  OpenClawStore,
} from './types.js';

/**
 * One connection to an OpenClaw gateway, kept through drops, restarts and sleep, and what the gateway holds.
 *
 * Creating a client opens no socket; `connect()` does. Listeners run synchronously, in the order in which they were
 * added. Every method may be called from within a listener.
 */
export class OpenClawClient {
  /** Closes the socket and releases the memory, for `using`. */
  declare readonly [Symbol.dispose]: () => void;
  /** The agents and their sessions. */
  readonly fleet: OpenClawStore<OpenClawFleet>;
  /** The commands that wait for leave. */
  readonly approvals: OpenClawApprovals;

  private auth: OpenClawAuth;
  private binding?: Binding<OpenClawClient, RawOpenClaw>;
  private readonly calls: Calls;
  private readonly chats = new Map<string, Chat>();
  private device?: Device;
  private disposed = false;
  private readonly fleetStore: FleetStore;
  private lastHello?: OpenClawHello;
  private lastState: OpenClawState = stateOf({ status: 'closed', attempt: 0 });
  private readonly listeners: Listeners<OpenClawClientEvents>;
  private readonly log: Log;
  private readonly options: OpenClawClientOptions;
  private preparing?: object;
  private readonly tokens: TokenKeeper;
  private readonly waitingForLeave: Store<OpenClawApprovalsSnapshot>;

  /** @throws GatewayError with code `invalid_option` */
  constructor(options: OpenClawClientOptions) {
    this.options = checkOptions(options);
    this.auth = { ...options.auth };
    this.log = logTo(options.logger);
    this.listeners = new Listeners(this.log);
    this.calls = new Calls(this.log);
    this.tokens = new TokenKeeper(this.options, this.log);
    this.fleet = this.fleetStore = new FleetStore(this.log, this.call_);
    const none: OpenClawApprovalsSnapshot = { isLive: false, pending: [] };
    this.waitingForLeave = new Store(this.log, () => this.call_((raw) => raw.approvals()) ?? none);
    this.approvals = {
      getSnapshot: this.waitingForLeave.getSnapshot,
      subscribe: this.waitingForLeave.subscribe,
      resolve: (id, decision) => this.call('exec.approval.resolve', { id, decision }),
    };
    disposable(this);
  }

  /** Frozen, the same object until it changed. */
  get state(): OpenClawState {
    return this.lastState;
  }

  /** The gateway's last welcome. */
  get hello(): OpenClawHello | undefined {
    return this.lastHello;
  }

  /** Adds a listener and returns the function that removes it. */
  on<E extends keyof OpenClawClientEvents>(event: E, listener: OpenClawClientEvents[E]): () => void {
    return this.listeners.add(event, listener);
  }

  /**
   * Connects, or tries again at once; resolves when the state is `ready` or `degraded`, however many attempts that
   * takes. An abort ends the waiting only.
   *
   * The promise rejects with an OpenClawError: of a state `blocked` its code and its next step, `closed` after
   * `disconnect()`, `disposed`, `identity_unavailable`; with a GatewayError with code `wasm_unavailable`,
   * `websocket_unavailable` or `internal`; or with the reason of the signal.
   */
  async connect({ signal }: { signal?: AbortSignal } = {}): Promise<void> {
    signal?.throwIfAborted();
    this.begin();
    return waiting<void>(this.listeners, signal, (resolve, reject, watch) => {
      const look = (): void => {
        const { status } = this.state;
        if (status === 'ready' || status === 'degraded') resolve();
        else if (status === 'blocked' || status === 'closed') reject(this.refusal());
      };
      watch('state_changed', look);
      look();
    });
  }

  /** Closes for good. Open calls fail; the fleet and the chats stay as they were last. */
  disconnect(): void {
    if (this.preparing) {
      this.preparing = undefined;
      this.become(stateOf({ status: 'closed', attempt: 0 }));
    }
    this.call_((raw) => raw.disconnect());
  }

  /**
   * Replaces the credentials; presented from the next socket on, and at once where the old ones were refused or are being
   * presented.
   */
  updateAuth(auth: OpenClawAuth): void {
    this.auth = { ...auth };
    this.call_((raw) => raw.updateAuth(this.auth));
  }

  /**
   * Calls a method of the gateway, once.
   *
   * The promise rejects with an OpenClawError: the gateway's code, or `not_ready`, `too_large` and `too_many_calls`
   * where nothing was sent, `connection_lost` and `call_timeout` where nobody knows; or with the reason of the signal.
   */
  call<Method extends string>(
    method: Method,
    params: OpenClawParams<Method>,
    options: OpenClawCallOptions = {},
  ): Promise<OpenClawResult<Method>> {
    return this.calls.send(this.call_, method, params ?? {}, options);
  }

  /** Follows a session as a conversation; the same object while it is open. */
  chat(sessionKey: string): OpenClawChat {
    expect('sessionKey', sessionKey, 'string');
    const known = this.chats.get(sessionKey);
    if (known) return known;
    const chat = new Chat(sessionKey, this.call_, this.log, (closed) => this.closeChat(closed));
    this.chats.set(sessionKey, chat);
    this.call_((raw) => raw.openChat(sessionKey));
    return chat;
  }

  /** Says in plain words why the connection is in its state, what comes next and what can be done. */
  explain(): string {
    return explain(
      this.state,
      this.call_((raw) => raw.deadline()),
    );
  }

  /** Closes the socket and releases the memory. No listener is called afterwards; what waits is settled. */
  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.preparing = undefined;
    this.lastState = stateOf({ status: 'closed', attempt: 0 });
    const error = new OpenClawError({ code: 'disposed', message: 'The client was disposed' });
    this.calls.end(error);
    this.listeners.emit(GONE as keyof OpenClawClientEvents, [error]);
    this.listeners.clear();
    this.fleetStore.clear();
    this.waitingForLeave.clear();
    this.binding?.dispose();
  }

  /**
   * Asks the module, where there is one.
   *
   * @internal
   */
  protected readonly call_ = <T>(use: (raw: RawOpenClaw) => T): T | undefined => this.binding?.call(use);

  private begin(): void {
    if (this.disposed) throw new OpenClawError({ code: 'disposed', message: 'The client was disposed' });
    if (typeof (this.options.WebSocket ?? globalThis.WebSocket) !== 'function') {
      throw new GatewayError('websocket_unavailable', 'This environment has no global WebSocket');
    }
    if (this.preparing) return;
    if (this.binding) {
      this.binding.check(this.options.WebSocket ?? undefined);
      const { status } = this.state;
      const isAnew = status === 'blocked' || status === 'closed';
      if (!isAnew || !this.tokens.keeps) return void this.call_((raw) => raw.connect());
    }
    const turn = (this.preparing = {});
    this.become(stateOf({ status: 'connecting', attempt: 0 }));
    const prepared = this.binding ? this.prepareAnew(turn) : this.prepare(turn);
    prepared.catch((error) => this.preparing === turn && this.unprepared(error));
  }

  /** The device is known only now, and the module is told of it once. */
  private async prepare(turn: object): Promise<void> {
    this.device = await deviceOf(this.options.signer);
    const stored = await this.tokens.open(this.device?.id);
    if (this.preparing !== turn) return;
    const { auth, device, options } = this;
    const given = {
      ...options,
      trustsEndpoint: options.trustsEndpoint ?? isOnHostOfPage(options.gatewayUrl),
      auth,
      stored,
      device: device && { id: device.id, publicKey: device.publicKey },
      origin: globalThis.location?.origin,
      client: {
        locale: globalThis.navigator?.language,
        userAgent: globalThis.navigator?.userAgent,
        ...options.client,
      },
    };
    this.binding = new Binding<OpenClawClient, RawOpenClaw>(
      this,
      ({ RawOpenClaw }, link) => new RawOpenClaw(given, OpenClawClient.host(link)),
      (error) => this.fail(error),
    );
    this.preparing = undefined;
    for (const key of this.chats.keys()) this.call_((raw) => raw.openChat(key));
    this.call_((raw) => raw.connect());
  }

  /** Another client of this device may have been given another token since. */
  private async prepareAnew(turn: object): Promise<void> {
    const kept = await this.tokens.read();
    if (this.preparing !== turn) return;
    this.binding?.check(this.options.WebSocket ?? undefined);
    this.preparing = undefined;
    this.renewToken(kept);
    this.call_((raw) => raw.connect());
  }

  private unprepared(error: unknown): void {
    this.preparing = undefined;
    const { code, message, remediation } =
      error instanceof GatewayError
        ? error
        : new OpenClawError({ code: 'identity_unavailable', message: messageOf(error) });
    const state = { status: 'blocked' as const, attempt: 0, code, message, nextStep: remediation };
    this.become(stateOf(state));
  }

  /** Apart from the constructor, so that nothing here knows the client but the link. */
  private static host(link: HostLink<OpenClawClient>) {
    return {
      emit: (name: string, first: any, second: any, third: any) =>
        link.client?.take(name, first, second, third),
      deliver: (event: string, payload: any, seq?: number, key?: string, run?: string, text?: string) =>
        link.client?.deliver(event, payload, seq, key, run, text),
      sign: (request: number, text: string) => void link.client?.sign(request, text),
      log: (level: 'debug' | 'error' | 'info' | 'warn', message: string, detail: string) =>
        link.client?.log(level, message, detail ? { detail } : undefined),
    };
  }

  private readonly renewToken = (kept: StoredToken | undefined): void => {
    if (kept) this.call_((raw) => raw.renewToken(kept));
  };

  private async sign(request: number, text: string): Promise<void> {
    try {
      const signature = await this.device!.sign(text);
      this.call_((raw) => raw.signed(request, signature));
    } catch (error) {
      this.call_((raw) => raw.notSigned(request, messageOf(error)));
    }
  }

  /** @internal */
  protected take(name: string, first: any, second: any, third: any): void {
    if (name.startsWith('chat_')) return this.chats.get(first)?.take(name, second, third);
    switch (name) {
      case 'state':
        return this.stateChanged();
      case 'hello':
        this.lastHello = Object.freeze(first as OpenClawHello);
        return this.listeners.emit('hello', [first]);
      case 'event':
        return this.listeners.emit('event', [{ event: first, payload: second, seq: third }]);
      case 'gap':
        this.waitingForLeave.changed();
        return this.listeners.emit('gap', [{ from: first, to: second }]);
      case 'accepted':
        return this.calls.accepted(first, second);
      case 'answered':
        return this.calls.answered(first, second);
      case 'failed':
        return this.calls.failed(first, second);
      case 'fleet':
        return this.fleetStore.take(first);
      case 'approval':
        return this.waitingForLeave.changed();
      case 'token_granted':
        return void this.tokens.keep(first, second);
      case 'token_refused':
        return void this.tokens.forget(first).then(this.renewToken);
      case 'protocol':
        return this.listeners.emit('error', [new OpenClawError({ code: 'protocol', message: first })]);
    }
  }

  /** Hears what comes many times a second: an event and, where it brought one, the new text of a run. */
  private deliver(
    event: string,
    payload: any,
    seq?: number,
    key?: string,
    run?: string,
    text?: string,
  ): void {
    if (this.listeners.has('event')) this.listeners.emit('event', [{ event, payload, seq }]);
    if (key !== undefined && !this.disposed) this.chats.get(key)?.said(run!, text!);
  }

  private stateChanged(): void {
    const raw = this.call_((raw) => raw.state());
    if (!raw) return;
    if (raw.status === 'closed' || raw.status === 'blocked') this.binding?.release();
    else this.binding?.hold();
    this.become(stateOf(raw));
    for (const chat of this.chats.values()) chat.touched();
    this.waitingForLeave.changed();
  }

  private become(state: OpenClawState): void {
    if (saysTheSame(state, this.lastState)) return;
    this.lastState = state;
    this.listeners.emit('state_changed', [state]);
  }

  private refusal(): OpenClawError {
    const { code = 'closed', message = '', nextStep, remedy, retryAfterMs } = this.state;
    return new OpenClawError({ code, message, nextStep, remedy, retryAfterMs });
  }

  private closeChat(chat: Chat): void {
    if (this.chats.get(chat.key) !== chat) return;
    this.chats.delete(chat.key);
    this.call_((raw) => raw.closeChat(chat.key));
  }

  /** The module failed: the next connection gets a fresh one. */
  private fail(error: GatewayError): void {
    this.binding = undefined;
    this.calls.end(error);
    const { code, message, remediation } = error;
    this.become(stateOf({ status: 'blocked', attempt: 0, code, message, nextStep: remediation }));
    this.fleetStore.take([]);
    for (const chat of this.chats.values()) chat.touched();
  }
}

function stateOf(raw: RawOpenClawState): OpenClawState {
  return Object.freeze({ ...raw, since: Date.now() });
}

/** Apart from the time since when it does. */
function saysTheSame(one: OpenClawState, other: OpenClawState): boolean {
  return JSON.stringify({ ...one, since: 0 }) === JSON.stringify({ ...other, since: 0 });
}
