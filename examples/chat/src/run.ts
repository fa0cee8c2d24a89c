import { ChatRun, UnauthorizedError, UnknownOperationError } from 'agent-gateway-client/run';
import type {
  AgentStreamEvent,
  ChatRunBaseOptions,
  ChatRunOutcome,
  ChatRunSnapshot,
  ConnectionState,
  MuxOpLifecycleMessage,
} from 'agent-gateway-client/run';
import { ApiError, type GatewayApi, type NewRun, type RunSummary, type Script } from './api';
import type { Link } from './link';
import type { LogEntry } from './log';
import { type Block, blocksOf, textOf } from './parts';
import { type Question, Questions } from './questions';
import { forgetRun, isStartedHere, rememberRun, toolCalls } from './session';
import { TOOLS } from './tools';

const NO_TEXT = 'The text could not be loaded. It is asked for again when this conversation is opened again.';
const GONE = 'The gateway does not know this run any more.';

export type RunState = 'running' | 'waiting' | 'finished' | 'failed' | 'stopped';

export interface Outcome {
  /** `lost`: nobody knows the run any more, so nobody can say how it ended. */
  status: 'completed' | 'error' | 'interrupted' | 'auth_failed' | 'disconnected' | 'lost';
  /** What a person should know about the ending, in plain words. */
  note?: string;
  /** The run may still work at the gateway, so connecting to it again makes sense. */
  resumable: boolean;
}

/** Who is told about a run; `changed` and `logged` are frequent and must be cheap. */
interface RunObserver {
  changed(run: Run): void;
  ended(run: Run): void;
  logged(entry: LogEntry): void;
}

/** What all runs of a page share, and who is told about this one. */
export interface RunContext {
  api: GatewayApi;
  link: Link;
  observer: RunObserver;
}

/**
 * One exchange with the agent: a `ChatRun`, in the words of this page.
 *
 * A run of another tab is known from the list of the server and from the feed; it is followed when somebody looks at it.
 */
export class Run {
  outcome: Outcome | undefined;
  operationId: string | undefined;

  private chat: ChatRun | undefined;
  private readonly questions = new Questions(() => this.context.observer.changed(this));
  /** What the feed told last; a run that is followed knows better. */
  private fed: string | null = null;
  private stored: string | undefined;
  private isTextMissing = false;

  private constructor(
    private readonly context: RunContext,
    readonly prompt: string,
    readonly script: Script,
    readonly startedAt: number,
    private readonly executor: boolean,
  ) {}

  /** Starts a run at the gateway and follows it. `started` resolves when the server answered. */
  static start(context: RunContext, message: NewRun): { run: Run; started: Promise<void> } {
    const run = new Run(context, message.prompt, message.script, Date.now(), true);
    let answered!: () => void;
    const started = new Promise<void>((resolve) => (answered = resolve));
    const start = async () => {
      try {
        const { operationId, token } = await context.api.startRun(message);
        run.operationId = operationId;
        rememberRun(operationId);
        return { operationId, token };
      } finally {
        answered();
      }
    };
    run.follow(new ChatRun({ ...run.options, start })).submit();
    return { run, started };
  }

  /** A run that the server lists. One that this tab started before a reload is followed at once. */
  static listed(context: RunContext, summary: RunSummary): Run {
    const { operationId, prompt, script, startedAt } = summary;
    const startedHere = isStartedHere(operationId);
    const run = new Run(context, prompt, script, startedAt, startedHere);
    run.operationId = operationId;
    run.isTextMissing = true;
    run.fed = summary.status;
    if (summary.outcome) run.outcome = { status: summary.outcome, resumable: false };
    if (run.outcome) forgetRun(operationId);
    else if (startedHere) run.resume();
    return run;
  }

  /** What the button of the composer does now. */
  get button(): 'send' | 'stop' | 'stopping' {
    if (this.snapshot?.phase === 'stopping') return 'stopping';
    return this.snapshot?.canStop ? 'stop' : 'send';
  }

  get state(): RunState {
    switch (this.outcome?.status) {
      case undefined:
        return this.isWaiting ? 'waiting' : 'running';
      case 'completed':
        return 'finished';
      case 'interrupted':
        return 'stopped';
      default:
        return 'failed';
    }
  }

  get connection(): ConnectionState | undefined {
    return this.chat?.connection;
  }

  get snapshot(): ChatRunSnapshot | undefined {
    return this.chat?.getSnapshot();
  }

  get blocks(): Block[] {
    return blocksOf(this.messages, this.questions.list, this.stored);
  }

  get text(): string {
    return this.stored ?? textOf(this.messages);
  }

  /** Somebody looks at the run: follows one that goes on, loads the text of one that ended. */
  open(): void {
    if (this.outcome) {
      if (this.isTextMissing) void this.loadText();
    } else if (!this.chat) this.resume();
  }

  /** Takes what the server lists; a followed run hears everything itself. */
  update({ status, outcome }: RunSummary): void {
    if (this.chat || this.outcome) return;
    if (outcome) return this.end({ status: outcome, resumable: false });
    this.tell(status);
  }

  /** The server does not list the run any more. */
  isNotListed(): void {
    if (!this.chat && !this.outcome) this.end({ status: 'lost', note: GONE, resumable: false });
  }

  /** Takes what the feed says of this run. */
  tell(status: MuxOpLifecycleMessage['status'] | null): void {
    this.fed = status;
    if (this.chat || this.outcome) return;
    if (status === 'completed' || status === 'error' || status === 'interrupted') {
      return this.end({ status, resumable: false });
    }
    this.context.observer.changed(this);
  }

  /** Follows the run from its first event, so that its text is whole. */
  resume(): void {
    const { executor, operationId, options, startedAt } = this;
    if (!operationId) return;
    this.outcome = undefined;
    if (executor) rememberRun(operationId);
    this.follow(ChatRun.resume({ ...options, operationId, startedAt }));
  }

  stop(): void {
    if (this.chat?.stop()) this.log('stop requested');
  }

  answer(question: Question, content: string | boolean): void {
    this.questions.answer(question, content);
  }

  private get isWaiting(): boolean {
    if (this.snapshot) return this.snapshot.waitingFor === 'user';
    return this.fed === 'waiting_input' || this.fed === 'waiting_confirmation';
  }

  private get messages() {
    return this.chat?.transcript.getSnapshot().messages ?? [];
  }

  private get options(): ChatRunBaseOptions {
    const { context, executor } = this;
    return {
      ...context.link.carrier,
      executor,
      gatewayUrl: context.api.baseUrl,
      getToken: ({ operationId, signal }) => this.token(operationId, signal),
      interrupt: (operationId) => context.api.interrupt(operationId),
      onIntervention: (intervention, { signal }) => this.questions.ask(intervention, signal),
      storage: toolCalls(),
      tools: executor ? TOOLS : undefined,
    };
  }

  private follow(chat: ChatRun): ChatRun {
    const { observer } = this.context;
    this.chat?.dispose();
    this.chat = chat;
    this.stored = undefined;
    this.isTextMissing = false;
    let before = chat.getSnapshot();
    chat.on('changed', (snapshot) => {
      this.logChange(before, snapshot);
      const isUnknown = snapshot.waitingFor === 'operation' && before.waitingFor !== 'operation';
      before = snapshot;
      if (isUnknown) void this.announce(chat);
      observer.changed(this);
    });
    chat.on('agent_event', (event) => {
      observer.logged({ kind: 'event', type: event.type, id: chat.cursor, detail: detailOf(event) });
    });
    chat.on('error', ({ message }) => this.log('error', message));
    chat.on('stop_refused', () => this.log('stop refused'));
    chat.on('tool_result_expired', (toolCallId) => this.log('tool result expired', toolCallId));
    chat.on('settled', (outcome) => this.outcome ?? this.end(inWords(outcome)));
    chat.transcript.subscribe(() => {
      const { needsRefetch } = chat.transcript.getSnapshot();
      if (needsRefetch === 'gap' && !this.isTextMissing) this.log('continuity', needsRefetch);
      this.isTextMissing ||= needsRefetch === 'gap';
      observer.changed(this);
    });
    return chat;
  }

  private logChange(before: ChatRunSnapshot, { connection, phase }: ChatRunSnapshot): void {
    const { logged } = this.context.observer;
    if (connection && connection !== before.connection) logged({ kind: 'connection', type: connection });
    if (phase !== before.phase) this.log('phase', phase);
  }

  private async token(operationId: string, signal: AbortSignal): Promise<string> {
    this.log('token requested');
    try {
      return await this.context.api.runToken(operationId, signal);
    } catch (error) {
      const status = error instanceof ApiError ? error.status : 0;
      this.log('no token', (error as Error).message);
      if (status === 404) throw new UnknownOperationError(GONE);
      if (status === 401) throw new UnauthorizedError('The server gives no new token for this run.');
      throw error;
    }
  }

  /** The gateway forgot the run, so the server has to tell it again; without that nothing more would ever come. */
  private async announce(chat: ChatRun): Promise<void> {
    const { operationId = '' } = chat.getSnapshot();
    const problem = await this.context.api.announce(operationId).then(
      () => undefined,
      (error: ApiError) => error,
    );
    this.log(problem ? 'not announced' : 'announced again', problem?.message);
    if (!problem || this.outcome || chat !== this.chat) return;
    if (problem.status === 404) this.end({ status: 'lost', note: GONE, resumable: false });
    else this.end({ status: 'disconnected', note: problem.message, resumable: true });
    chat.detach();
  }

  private end(outcome: Outcome): void {
    this.outcome = outcome;
    if (this.operationId) forgetRun(this.operationId);
    this.log('run ended', outcome.status);
    this.context.observer.ended(this);
    if (this.isTextMissing && this.chat) void this.loadText();
  }

  /** The stored text is the better one where the run was not followed, or a part of it is missing. */
  private async loadText(): Promise<void> {
    if (!this.operationId) return;
    const stored = await this.context.api.run(this.operationId).catch((error: Error) => {
      this.log('text not loaded', error.message);
      return undefined;
    });
    if (!this.outcome) return;
    this.isTextMissing = !stored;
    if (stored && stored.text !== this.text) {
      this.stored = stored.text;
      this.log('text completed', 'from the stored text');
    }
    const known = this.outcome.note === NO_TEXT ? undefined : this.outcome.note;
    const told = this.state === 'failed' ? (stored?.detail ?? undefined) : undefined;
    this.outcome = { ...this.outcome, note: known ?? (stored ? told : NO_TEXT) };
    this.context.observer.changed(this);
  }

  private log(type: string, detail?: string): void {
    this.context.observer.logged({ kind: 'page', type, detail });
  }
}

function inWords({ detail, ending, reason, resumable, verdict }: ChatRunOutcome): Outcome {
  const note = NOTES[ending] ?? (detail || WORDS[reason ?? ''] || reason);
  switch (verdict) {
    case 'completed':
      return { status: 'completed', resumable: false };
    case 'failed':
      return { status: 'error', note, resumable: false };
    case 'interrupted':
      return { status: 'interrupted', note: NOTES[ending], resumable: false };
    case 'unknown':
      return {
        status: STATUS[ending] ?? 'disconnected',
        note: note ?? `The run was left: ${ending}`,
        resumable,
      };
  }
}

const STATUS: Record<string, Outcome['status']> = {
  auth_failed: 'auth_failed',
  refresh_failed: 'auth_failed',
  unauthorized: 'auth_failed',
  unknown_operation: 'lost',
};

const NOTES: Record<string, string> = {
  stopped: 'The server stopped the run; the gateway did not confirm the stop.',
  stop_unconfirmed: 'The gateway did not confirm the stop. The run may still be working there.',
  unknown_operation: GONE,
};

/** Reasons that a gateway gives as a code. */
const WORDS: Record<string, string> = {
  auth_failed: 'The gateway refused the token.',
  auth_expired: 'The gateway says that the token has expired.',
  forbidden: 'The run belongs to another user.',
};

function detailOf({ data }: AgentStreamEvent): string | undefined {
  const { chunkType, reason, toolCallId } = (data ?? {}) as Record<string, unknown>;
  const found = [chunkType, reason, toolCallId].find((part) => typeof part === 'string');
  return found as string | undefined;
}
