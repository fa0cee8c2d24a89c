import { type AgentStreamEvent, type Completion, UnauthorizedError } from 'agent-gateway-client/mux';
import type { ConnectionState, MuxOpLifecycleMessage } from 'agent-gateway-client/mux';
import { ApiError, type GatewayApi, type NewRun, type RunSummary, type Script } from './api';
import type { Carrier, Follower, Link } from './link';
import type { LogEntry } from './log';
import { forgetRun, isStartedHere, rememberRun } from './session';
import { ClientTools } from './tools';
import { Transcript } from './transcript';

const STOP_WITHIN_MS = 10_000;
const NO_TEXT = 'The text could not be loaded. It is asked for again when this conversation is opened again.';
const GONE = 'The gateway does not know this run any more.';

export type RunState = 'running' | 'waiting' | 'finished' | 'failed' | 'stopped';

export interface Outcome {
  /** `lost`: nobody knows the run any more, so nobody can say how it ended. */
  status: Completion['status'] | 'lost';
  /** What a person should know about the ending, in plain words. */
  note?: string;
  /** The run may still work at the gateway, so connecting to it again makes sense. */
  resumable: boolean;
}

/** Who is told about a run; `changed` and `logged` are frequent and must be cheap. */
export interface RunObserver {
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
 * One run of the agent, from the moment the user sent the message to its one ending. What the page shows, the button
 * above all, follows from this object and never from the socket.
 *
 * A run of another tab is known from the list of the server and from the feed; it is followed when somebody looks at it.
 */
export class Run implements Follower {
  transcript = new Transcript('');
  outcome: Outcome | undefined;
  operationId: string | undefined;
  token: string | undefined;

  private carrier: Carrier | undefined;
  private tools: ClientTools | undefined;
  /** What the feed told last; the stream of a followed run knows better. */
  private fed: string | null = null;
  private stopping = false;
  private stopTimer: ReturnType<typeof setTimeout> | undefined;
  private announcing = false;
  private textIncomplete = false;
  private gone = false;
  private lastEventId = '';

  private constructor(
    private readonly context: RunContext,
    readonly prompt: string,
    readonly script: Script,
    readonly startedAt: number,
    readonly executor: boolean,
  ) {}

  /** Starts a run at the gateway and follows it. `started` resolves when the server answered. */
  static start(context: RunContext, message: NewRun): { run: Run; started: Promise<void> } {
    const run = new Run(context, message.prompt, message.script, Date.now(), true);
    return { run, started: run.begin(message) };
  }

  /** A run that the server lists. One that this tab started before a reload is followed at once. */
  static listed(context: RunContext, summary: RunSummary): Run {
    const { operationId, prompt, script, startedAt } = summary;
    const startedHere = isStartedHere(operationId);
    const run = new Run(context, prompt, script, startedAt, startedHere);
    run.operationId = operationId;
    run.textIncomplete = true;
    run.fed = summary.status;
    if (summary.outcome) run.outcome = { status: summary.outcome, resumable: false };
    if (run.outcome) forgetRun(operationId);
    else if (startedHere) run.follow();
    return run;
  }

  /** What the button of the composer does now. */
  get button(): 'send' | 'stop' | 'stopping' {
    if (this.outcome) return 'send';
    if (this.stopping) return 'stopping';
    return this.transcript.visibleOutputEnded ? 'send' : 'stop';
  }

  get state(): RunState {
    switch (this.outcome?.status) {
      case undefined:
        return this.waitsForUser ? 'waiting' : 'running';
      case 'completed':
        return 'finished';
      case 'interrupted':
        return 'stopped';
      default:
        return 'failed';
    }
  }

  get connection(): ConnectionState | undefined {
    return this.carrier?.state;
  }

  /** Somebody looks at the run: follows one that goes on, loads the text of one that ended. */
  open(): void {
    if (this.outcome) {
      if (this.textIncomplete) void this.completeText();
    } else if (this.operationId && !this.carrier) this.follow();
  }

  /** Takes what the server lists; a followed run hears everything from its stream. */
  update({ status, outcome }: RunSummary): void {
    if (this.carrier || this.outcome) return;
    if (outcome) return this.end({ status: outcome, resumable: false });
    this.tell(status);
  }

  /** The server does not list the run any more. */
  isNotListed(): void {
    if (!this.carrier && !this.outcome) this.end({ status: 'lost', note: GONE, resumable: false });
  }

  /** Takes what the feed says of this run. */
  tell(status: MuxOpLifecycleMessage['status'] | null): void {
    this.fed = status;
    if (this.carrier || this.outcome) return;
    if (status === 'completed' || status === 'error' || status === 'interrupted') {
      return this.end({ status, resumable: false });
    }
    this.context.observer.changed(this);
  }

  /** Connects again to a run whose ending was only the loss of the connection. */
  resume(): void {
    if (!this.operationId) return;
    this.outcome = undefined;
    this.stopping = false;
    this.tools?.resendAll();
    if (this.executor) rememberRun(this.operationId);
    this.follow();
  }

  /** Asks the server to end the run, and stops waiting for that after ten seconds. */
  stop(): void {
    if (this.outcome || this.stopping) return;
    const { operationId } = this;
    if (!operationId) return this.end({ status: 'interrupted', resumable: false });
    this.stopping = true;
    this.log('stop requested');
    this.stopTimer = setTimeout(() => this.giveUpStopping(), STOP_WITHIN_MS);
    this.context.api.interrupt(operationId).catch((error: Error) => this.log('stop failed', error.message));
    this.context.observer.changed(this);
  }

  /** Answers a question of the agent. Returns false when there is no connection to send it on. */
  answer(requestId: string, content: string): boolean {
    if (!this.carrier?.sendUserInput(requestId, content)) return false;
    this.transcript.answer(requestId, content);
    this.context.observer.changed(this);
    return true;
  }

  carriedBy(carrier: Carrier): void {
    this.carrier = carrier;
    this.listen(carrier);
    void carrier.done.then((completion) => {
      if (carrier === this.carrier && !this.outcome) this.finish(completion);
    });
    this.context.observer.changed(this);
  }

  /** The `getToken` of a socket of its own: an `UnauthorizedError` ends the run, any other error is tried again. */
  async runToken(signal: AbortSignal): Promise<string> {
    this.log('token requested');
    try {
      return await this.context.api.runToken(this.operationId ?? '', signal);
    } catch (error) {
      const status = error instanceof ApiError ? error.status : 0;
      this.log('no token', (error as Error).message);
      this.gone = status === 404;
      if (this.gone) throw new UnauthorizedError(GONE);
      if (status === 401) throw new UnauthorizedError('The server gives no new token for this run.');
      throw error;
    }
  }

  private get waitsForUser(): boolean {
    if (this.carrier) return this.transcript.hasOpenQuestion;
    return this.fed === 'waiting_input' || this.fed === 'waiting_confirmation';
  }

  private async begin(message: NewRun): Promise<void> {
    const { api } = this.context;
    try {
      const { operationId, token } = await api.startRun(message);
      this.operationId = operationId;
      if (this.outcome) {
        // Stopped before the server answered: end it there, and follow nothing.
        await api.interrupt(operationId);
        return;
      }
      this.token = token;
      rememberRun(operationId);
      this.follow();
    } catch (error) {
      this.log('start failed', (error as Error).message);
      if (!this.outcome) this.end({ status: 'error', note: (error as Error).message, resumable: false });
    }
  }

  /** Follows the run from its first event, so that its text is whole. */
  private follow(): void {
    this.lastEventId = '';
    this.textIncomplete = false;
    const { operationId = '' } = this;
    this.transcript = new Transcript(operationId);
    this.tools ??= new ClientTools(operationId, (result) => this.carrier?.sendToolResult(result) ?? false);
    this.context.link.follow(this);
  }

  private listen(carrier: Carrier): void {
    const connection = (type: string, detail?: string) => {
      this.context.observer.logged({ kind: 'connection', type, detail });
      this.context.observer.changed(this);
    };
    carrier.on('agent_event', (event) => this.receive(event, carrier.lastEventId));
    carrier.on('input_request', ({ requestId, prompt }) => {
      this.transcript.ask(requestId, prompt);
      connection('input_request', prompt);
    });
    carrier.on('status_change', (status) => {
      if (status === 'running') this.transcript.closeQuestions();
      connection('status_change', status);
    });
    carrier.on('continuity', ({ kind }) => {
      this.textIncomplete = true;
      connection('continuity', kind);
    });
    carrier.on('connected', () => {
      this.tools?.resend();
      connection('connected');
    });
    carrier.on('resume_complete', ({ status, pending }) => {
      connection('resume_complete', pending ? 'pending' : status);
      if (pending) void this.announce();
    });
    carrier.on('status_changed', (status) => connection('status_changed', status));
    carrier.on('reconnecting', (delayMs) => connection('reconnecting', `in ${Math.round(delayMs)} ms`));
    carrier.on('disconnected', () => connection('disconnected'));
    carrier.on('auth_expired', () => connection('auth_expired'));
    carrier.on('auth_failed', (reason) => connection('auth_failed', reason));
    carrier.on('session_complete', ({ source }) => connection('session_complete', source));
    carrier.on('error', (error) => connection('error', error.message));
  }

  private receive(event: AgentStreamEvent, eventId: string): void {
    const streamed = event.type === 'stream_end' ? this.transcript.text : undefined;
    // A replay tells every tab of the calls, but only one runs the tool.
    if (event.type !== 'tool_execute' || this.executor) this.transcript.apply(event);
    if (event.type === 'tool_execute' && this.executor) this.tools?.execute(event.data);
    const id = eventId === this.lastEventId ? undefined : eventId;
    this.lastEventId = eventId;
    this.context.observer.logged({ kind: 'event', type: event.type, id, detail: detailOf(event) });
    if (streamed !== undefined) this.reportCompletion(streamed, 'from the final content');
    this.context.observer.changed(this);
  }

  /** The gateway forgot the run, so the server has to tell it again; without that nothing more would ever come. */
  private async announce(): Promise<void> {
    if (this.announcing || !this.operationId) return;
    this.announcing = true;
    const problem = await this.context.api.announce(this.operationId).then(
      () => undefined,
      (error: ApiError) => error,
    );
    this.announcing = false;
    this.log(problem ? 'not announced' : 'announced again', problem?.message);
    if (!problem || this.outcome) return;
    if (problem.status === 404) this.end({ status: 'lost', note: GONE, resumable: false });
    else this.end({ status: 'disconnected', note: problem.message, resumable: true });
  }

  private giveUpStopping(): void {
    const note =
      'The gateway did not confirm the stop within 10 seconds. The run may still be working there.';
    this.end({ status: 'interrupted', note, resumable: false });
  }

  private finish({ status, reason, detail }: Completion): void {
    if (this.gone) return this.end({ status: 'lost', note: GONE, resumable: false });
    const words = typeof detail === 'string' && detail ? detail : reason;
    this.end({
      status,
      note: this.transcript.error ?? (status === 'completed' ? undefined : (WORDS[words ?? ''] ?? words)),
      resumable: status === 'auth_failed' || status === 'disconnected',
    });
  }

  private end(outcome: Outcome): void {
    clearTimeout(this.stopTimer);
    this.transcript.end();
    this.outcome = outcome;
    this.context.link.leave(this);
    // Its last state stays readable, for the badge.
    this.carrier?.dispose();
    if (this.operationId) forgetRun(this.operationId);
    this.log('run ended', outcome.status);
    this.context.observer.ended(this);
    if (this.textIncomplete && this.carrier) void this.completeText();
  }

  /** The stored text is the better one where the stream was not followed, had a gap, or began anew. */
  private async completeText(): Promise<void> {
    if (!this.operationId) return;
    const stored = await this.context.api.run(this.operationId).catch((error: Error) => {
      this.log('text not loaded', error.message);
      return undefined;
    });
    if (!this.outcome) return;
    this.textIncomplete = !stored;
    const streamed = this.transcript.text;
    if (stored) this.transcript.replaceText(stored.text);
    const known = this.outcome.note === NO_TEXT ? undefined : this.outcome.note;
    const told = this.state === 'failed' ? (stored?.detail ?? undefined) : undefined;
    this.outcome = { ...this.outcome, note: known ?? (stored ? told : NO_TEXT) };
    this.reportCompletion(streamed, 'from the stored text');
    this.context.observer.changed(this);
  }

  private reportCompletion(streamed: string, detail: string): void {
    if (streamed !== this.transcript.text) this.log('text completed', detail);
  }

  private log(type: string, detail?: string): void {
    this.context.observer.logged({ kind: 'page', type, detail });
  }
}

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
