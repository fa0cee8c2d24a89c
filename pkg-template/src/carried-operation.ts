import { Cycle } from './cycle.js';
import { Listeners } from './listeners.js';
import { logTo } from './logging.js';
import { ended } from './state.js';
import type {
  Completion,
  ConnectionState,
  ConnectionStatus,
  Logger,
  OperationClient,
  OperationClientEvents,
  ToolResultPayload,
} from './types/index.js';

const FORWARDED = [
  'agent_event',
  'auth_expired',
  'auth_failed',
  'connected',
  'continuity',
  'disconnected',
  'error',
  'input_request',
  'reconnecting',
  'resume_complete',
  'session_complete',
  'status_change',
  'status_changed',
  'tool_confirmation_request',
] as const;

/** What carries an operation until it ends: a subscription, or an `AgentStreamClient`. */
export interface Carrier {
  /** `false` once its end began; an `AgentStreamClient` tells by `disconnected` only. */
  readonly active?: boolean;
  readonly done: Promise<Completion>;
  readonly lastEventId: string;
  readonly state: ConnectionState;
  disconnect?(): void;
  dispose(): void;
  on(event: any, listener: (...args: any[]) => void): () => void;
  reconnect?(): Promise<void>;
  sendToolConfirmation(toolCallId: string, approved: boolean): boolean;
  sendToolResult(payload: ToolResultPayload): boolean;
  sendUserInput(requestId: string, content: string): boolean;
  updateToken?(token: string): void;
}

/** An operation that may change its carrier; the listeners stay. */
export abstract class CarriedOperation implements OperationClient {
  connectionStatus: ConnectionStatus = 'disconnected';
  protected carrier?: Carrier;
  private cursor: string;
  private cycle = new Cycle();
  private cycleEnds = false;
  /** Carriers that were left. */
  private readonly left = new WeakSet<Carrier>();
  private readonly listeners: Listeners<OperationClientEvents>;
  private release = (): void => {};

  constructor(lastEventId: string | undefined, logger?: Logger) {
    this.cursor = lastEventId ?? '';
    this.listeners = new Listeners(logTo(logger));
  }

  get done(): Promise<Completion> {
    return this.cycle.done;
  }

  get lastEventId(): string {
    return this.carrier?.lastEventId ?? this.cursor;
  }

  on<E extends keyof OperationClientEvents>(event: E, listener: OperationClientEvents[E]): () => void {
    return this.listeners.add(event, listener);
  }

  connect(): void {
    if (this.carrier) return;
    if (this.cycle.settled || this.cycleEnds) this.cycle = new Cycle();
    this.cycleEnds = false;
    const carrier = this.open(this.cursor);
    this.carrier = carrier;
    this.attach(carrier, this.cycle);
    const { status } = carrier.state;
    this.follow(status);
    if (status === 'connected' && this.carrier === carrier) this.listeners.emit('connected', []);
  }

  disconnect(): void {
    const { carrier, cycle } = this;
    this.leave();
    if (carrier) {
      this.cycleEnds = true;
      // After what it tells itself, should its end have begun.
      void carrier.done.then(() => cycle.settle(ended('disconnect', 'disconnect_called')));
    }
    this.follow('disconnected');
    this.listeners.emit('disconnected', []);
  }

  async reconnect(): Promise<void> {
    const { carrier } = this;
    if (!carrier?.reconnect || this.cycleEnds) return this.replace();
    const { done } = carrier;
    const reconnected = carrier.reconnect();
    // Inside its last events it begins a cycle of its own, which is one of this operation, too.
    if (carrier.done !== done) this.settle(carrier, (this.cycle = new Cycle()));
    return reconnected;
  }

  sendToolConfirmation(toolCallId: string, approved: boolean): boolean {
    return this.carrier?.sendToolConfirmation(toolCallId, approved) ?? false;
  }

  sendToolResult(payload: ToolResultPayload): boolean {
    return this.carrier?.sendToolResult(payload) ?? false;
  }

  sendUserInput(requestId: string, content: string): boolean {
    return this.carrier?.sendUserInput(requestId, content) ?? false;
  }

  updateToken(token: string): void {
    this.carrier?.updateToken?.(token);
  }

  /** Gives a carrier that goes on after the event with the given id, connected or connecting. */
  protected abstract open(lastEventId: string): Carrier;

  /** Goes on with another carrier, without a word. */
  protected replace(): void {
    this.leave();
    this.connect();
  }

  private attach(carrier: Carrier, cycle: Cycle): void {
    const undo = FORWARDED.map((event) => carrier.on(event, (...args) => this.forward(carrier, event, args)));
    this.release = () => {
      this.left.add(carrier);
      for (const step of undo) step();
    };
    this.settle(carrier, cycle);
  }

  /** A carrier ends a cycle; one that was left only where it had ended by itself. */
  private settle(carrier: Carrier, cycle: Cycle): void {
    void carrier.done.then((completion) => {
      if (!this.left.has(carrier) || completion.source !== 'disconnect') cycle.settle(completion);
    });
  }

  private leave(): void {
    this.cursor = this.lastEventId;
    this.release();
    this.carrier?.disconnect?.();
    this.carrier?.dispose();
    this.carrier = undefined;
  }

  private forward(carrier: Carrier, event: (typeof FORWARDED)[number], args: unknown[]): void {
    if (carrier === this.carrier) {
      const over = isOver(carrier, event);
      if (over || event === 'session_complete') this.cycleEnds = true;
      if (over) {
        this.cursor = carrier.lastEventId;
        this.carrier = undefined;
      }
    }
    if (event === 'status_changed') this.follow(args[0] as ConnectionStatus);
    else this.listeners.emit(event, args);
  }

  private follow(status: ConnectionStatus): void {
    if (status === this.connectionStatus) return;
    this.connectionStatus = status;
    this.listeners.emit('status_changed', [status]);
  }
}

/** Whether a carrier goes on no more; one that was reconnected inside its last events does, whatever is still told. */
function isOver(carrier: Carrier, event: string): boolean {
  if (carrier.active !== undefined) return !carrier.active;
  return event === 'disconnected' && carrier.state.status === 'disconnected';
}
