import type { RawChatRun, RawReader, RawRunHost } from '#glue';
import { Binding } from './binding.js';
import { disposable } from './disposable.js';
import { addKinds, GatewayError, textOf } from './errors.js';
import { sanitizeAgentInterventionRequestForReview } from './helpers/intervention.js';
import { reaching, type HostLink } from './host.js';
import { Listeners } from './listeners.js';
import { logTo, type Log } from './logging.js';
import { moduleInstance } from './module.js';
import { checkResumeOptions, checkRunOptions } from './options.js';
import { RUN_KINDS } from './run/errors.js';
import { ToolCalls } from './run/ledger.js';
import { Questions } from './run/questions.js';
import { nextFrame } from './run/frame.js';
import { Mirror } from './run/transcript.js';
import { Transport, type Opening } from './run/transports.js';
import type {
  ChatRunEvents,
  ChatRunOptions,
  ChatRunOutcome,
  ChatRunResumeOptions,
  ChatRunSnapshot,
  ChatTranscript,
  ChatTransport,
  ConnectionState,
} from './types/index.js';

addKinds(RUN_KINDS);

/** The runs that this page follows, by gateway and operation. */
const FOLLOWED = new Map<string, ChatRun>();

/**
 * One run of an agent, from the message that was sent to the one outcome.
 *
 * It decides whether the button of the input sends or stops, asks for tokens, runs the tools of the page, assembles the
 * messages, and ends in any case. Listeners run synchronously and may call every method.
 */
export class ChatRun {
  /** Leaves the run and releases the memory, for `using`. The same as {@link ChatRun.dispose}. */
  declare readonly [Symbol.dispose]: () => void;

  /** The outcome; never rejects. */
  readonly done: Promise<ChatRunOutcome>;
  private readonly binding: Binding<ChatRun, RawChatRun>;
  private carriedBy?: ChatTransport;
  private readonly calls: ToolCalls;
  private readonly listeners: Listeners<ChatRunEvents>;
  private readonly log: Log;
  private readonly mirror: Mirror;
  private lastConnection?: ConnectionState;
  private lastCursor = '';
  private readonly options: ChatRunOptions;
  private readonly questions: Questions;
  private settle!: (outcome: ChatRunOutcome) => void;
  private snapshot: ChatRunSnapshot;
  private readonly transports = new Map<number, Transport>();

  /**
   * A run that is idle until {@link ChatRun.submit}.
   *
   * @throws GatewayError with code `invalid_option` or `wasm_unavailable`
   */
  constructor(options: ChatRunOptions) {
    const rawOptions = checkRunOptions(options);
    this.options = { ...options };
    this.log = logTo(options.logger);
    this.listeners = new Listeners(this.log);
    this.done = new Promise((resolve) => (this.settle = resolve));
    this.mirror = new Mirror(new Listeners(this.log), (load) => this.refetch(load));
    this.calls = new ToolCalls(() => moduleInstance().RawChatRun.claim, this.options.storage);
    this.questions = new Questions(
      this.options,
      async (toolCallId, mayRun) =>
        this.canAnswer(toolCallId) ? this.calls.claim(toolCallId, mayRun) : 'taken',
      (request, name, value) => this.binding.call((raw) => raw.answer(request, name, value)),
    );
    this.binding = new Binding<ChatRun, RawChatRun>(
      this,
      ({ RawChatRun }, link) => new RawChatRun(rawOptions, ChatRun.host(link)),
      (error) => this.fail(error),
    );
    this.mirror.show();
    this.snapshot = Object.freeze(this.binding.call((raw) => raw.snapshot())!);
    disposable(this);
  }

  /**
   * Takes up a run that goes on at the server, after a reload or in another tab. `getToken` is asked first: it knows
   * whether there still is such an operation.
   *
   * Where a run of this page follows the operation already, returns that one, which goes by its own options; whoever
   * disposes of it ends it for all who hold it.
   *
   * @throws GatewayError with code `invalid_option`, `wasm_unavailable` or `websocket_unavailable`
   */
  static resume(options: ChatRunResumeOptions): ChatRun {
    const resume = checkResumeOptions(options);
    const all = { ...options, start: startedElsewhere };
    checkRunOptions(all);
    const followed = FOLLOWED.get(followedAs(options.gatewayUrl, options.operationId));
    if (followed) return followed;
    const run = new ChatRun(all);
    run.lastCursor = resume.cursor ?? '';
    run.begin((raw) => raw.resume(resume));
    return run;
  }

  /** The messages. */
  get transcript(): ChatTranscript {
    return this.mirror;
  }

  /** Id of the last event that was delivered; give it to `ChatRun.resume` as `cursor`. */
  get cursor(): string {
    const cursors = [...this.transports.values()].map(({ lastEventId }) => lastEventId);
    return (this.lastCursor = cursors.at(-1) ?? this.lastCursor);
  }

  /** The connection with its reason and the next attempt, also after the run; absent before there is one. */
  get connection(): ConnectionState | undefined {
    return [...this.transports.values()].at(-1)?.state ?? this.lastConnection;
  }

  /**
   * Starts the run. `false`: this run was used already.
   *
   * @throws GatewayError with code `disposed`, `internal` or `websocket_unavailable`
   */
  submit(): boolean {
    return this.begin((raw) => raw.submit());
  }

  /** Ends the run on the server. `false`: there is nothing to stop, or it is being stopped. */
  stop(): boolean {
    return this.binding.call((raw) => raw.stop()) ?? false;
  }

  /** Leaves the run alone; it goes on at the server. `false`: there is none. */
  detach(): boolean {
    return this.binding.call((raw) => raw.detach()) ?? false;
  }

  /** Leaves the run because a newer one takes its place. `false`: there is none. */
  supersede(): boolean {
    return this.binding.call((raw) => raw.supersede()) ?? false;
  }

  /** The run at this moment, the same object until something changes. */
  readonly getSnapshot = (): ChatRunSnapshot => this.snapshot;

  /** Calls the listener after each change; fits React's `useSyncExternalStore`. Returns what removes it. */
  readonly subscribe = (listener: () => void): (() => void) =>
    this.listeners.add('changed', () => listener());

  /** Adds a listener and returns the function that removes it. Adding the same function twice counts once. */
  on<E extends keyof ChatRunEvents>(event: E, listener: ChatRunEvents[E]): () => void {
    return this.listeners.add(event, listener);
  }

  /** Leaves the run, as `detach()` does, and releases the memory. */
  dispose(): void {
    if (this.binding.disposed) return;
    this.detach();
    this.questions.leave();
    this.binding.dispose();
    this.closeAll();
    this.listeners.clear();
    // Also where a listener disposes of the run before its end was told, or where it never began.
    this.settle(this.snapshot.outcome ?? lost('detached'));
  }

  /** Apart from the constructor, so that nothing here knows the run but the link. */
  private static host(link: HostLink<ChatRun>): RawRunHost {
    return {
      abort: reaching(link, (run, request) => run.questions.abort(request)),
      append: (message, part, text) => link.client?.mirror.append(message, part, text),
      ask: reaching(link, (run, request, name, argument) => run.questions.ask(request, name, argument)),
      change: (name, message, part, content) => link.client?.mirror.apply(name, message, part, content),
      close: reaching(link, (run, transport) => run.close(transport)),
      emit: reaching(link, (run, name, argument) => run.take(name, argument)),
      open: reaching(link, (run, transport, opening, reader) => run.open(transport, opening, reader)),
      requestFrame: reaching(link, (run) => nextFrame(() => run.binding.call((raw) => raw.frame()))),
      review: sanitizeAgentInterventionRequestForReview as (request: unknown) => unknown,
      sendAnswer: (transport, kind, id, reply) => link.client?.sendAnswer(transport, kind, id, reply),
      sendFailure: (transport, toolCallId, type, message) =>
        link.client?.sendFailure(transport, toolCallId, { message, type }),
      sendResult: reaching(link, (run, transport, toolCallId, result) =>
        run.sendResult(transport, toolCallId, result),
      ),
      show: reaching(link, (run, needsRefetch) => run.mirror.show(needsRefetch)),
    };
  }

  private begin(use: (raw: RawChatRun) => boolean): boolean {
    const { binding, options } = this;
    const needsSocket = options.transport === 'v1' || options.transport === 'v2';
    binding.check(needsSocket ? (options.WebSocket ?? undefined) : Transport);
    if (this.snapshot.phase !== 'idle') return false;
    binding.hold();
    return binding.call(use) ?? false;
  }

  private open(id: number, opening: Opening, reader: RawReader): void {
    const tell = (use: (raw: RawChatRun) => void): void => void this.binding.call(use);
    const emit = this.listeners.emitterOf('agent_event');
    const transport = new Transport(this.options, opening, {
      carried: (by) => (this.carriedBy = by),
      error: (error) => this.listeners.emit('error', [error]),
      event: (event) => {
        emit(event);
        tell(() => reader.read(id, event));
      },
      told: (name, argument) => tell((raw) => raw.told(id, name, argument)),
    });
    this.transports.set(id, transport);
  }

  private close(id: number): void {
    void this.cursor;
    const transport = this.transports.get(id);
    transport?.close();
    this.lastConnection = transport?.state ?? this.lastConnection;
    this.transports.delete(id);
  }

  private closeAll(): void {
    for (const id of [...this.transports.keys()]) this.close(id);
  }

  /** Whether the result of a tool can be sent; where it cannot, the call is left to other clients. */
  private canAnswer(toolCallId: string): boolean {
    if (this.carriedBy !== 'sse') return true;
    const message = `Server-sent events carry no result: tool call ${toolCallId} is left to other clients.`;
    this.listeners.emit('error', [new GatewayError('tool_left', message)]);
    return false;
  }

  private sendAnswer(transport: number, kind: string, id: string, reply: unknown): void {
    this.transports
      .get(transport)
      ?.send((carrier) =>
        kind === 'input'
          ? carrier.sendUserInput(id, textOf(reply ?? ''))
          : carrier.sendToolConfirmation(id, reply === true),
      );
  }

  /** A result that JSON cannot write is a failure of the tool: nobody is left waiting for it. */
  private sendResult(id: number, toolCallId: string, result: any): void {
    const transport = this.transports.get(id);
    const sent = transport?.send((carrier) => carrier.sendToolResult({ ...result, toolCallId }));
    if (sent !== false) return void this.calls.answered(toolCallId);
    const message = 'The result could not be sent.';
    this.sendFailure(id, toolCallId, { message, type: 'client_tool_execution_error' });
  }

  private sendFailure(id: number, toolCallId: string, error: { message: string; type: string }): void {
    const payload = { content: null, error, success: false, toolCallId };
    this.transports.get(id)?.send((carrier) => carrier.sendToolResult(payload));
    void this.calls.answered(toolCallId);
  }

  private take(name: string, argument: unknown): void {
    if (name === 'settled') return this.end();
    if (name === 'changed') this.change(argument as ChatRunSnapshot);
    this.listeners.emit(name as keyof ChatRunEvents, argument === undefined ? [] : [argument]);
  }

  private change(snapshot: ChatRunSnapshot): void {
    const transport = snapshot.connection === 'connected' ? this.carriedBy : this.snapshot.transport;
    this.snapshot = Object.freeze(transport ? { ...snapshot, transport } : snapshot);
    const { operationId, outcome } = snapshot;
    if (operationId === undefined) return;
    const key = followedAs(this.options.gatewayUrl, operationId);
    const followed = FOLLOWED.get(key);
    if (!outcome && !followed) FOLLOWED.set(key, this);
    else if (outcome && followed === this) FOLLOWED.delete(key);
  }

  private end(): void {
    const outcome = this.snapshot.outcome!;
    this.closeAll();
    this.calls.leave();
    this.listeners.emit('settled', [outcome]);
    this.binding.release();
    this.settle(outcome);
  }

  private async refetch(load: () => Promise<readonly object[]> | readonly object[]): Promise<boolean> {
    const { binding } = this;
    const question = binding.call((raw) => raw.beginRefetch()) ?? 0;
    try {
      const rows = await load();
      return binding.call((raw) => raw.refetched(question, rows)) ?? false;
    } catch (error) {
      binding.call((raw) => raw.refetched(question, undefined));
      throw error;
    }
  }

  /** Ends without the module, which failed. */
  private fail(error: GatewayError): void {
    const outcome = lost('internal', error.message);
    const { operationId, startedAt } = this.snapshot;
    const over = { canSend: true, canStop: false, loading: false, phase: 'settled', visiblyLoading: false };
    this.mirror.settle();
    this.take('error', error);
    this.take('changed', { ...over, operationId, outcome, since: Date.now(), startedAt });
    this.end();
  }
}

function followedAs(gatewayUrl: string, operationId: string): string {
  return `${gatewayUrl} ${operationId}`;
}

/** Never asked for: a run is used once, and this one was resumed. */
function startedElsewhere(): never {
  throw new GatewayError('invalid_option', 'The run was started elsewhere');
}

/** An outcome that the module cannot tell. */
function lost(ending: ChatRunOutcome['ending'], detail?: string): ChatRunOutcome {
  return Object.freeze({
    ...(detail === undefined ? {} : { detail }),
    ending,
    known: false,
    resumable: true,
    succeeded: false,
    terminalReceived: false,
    verdict: 'unknown',
  });
}
