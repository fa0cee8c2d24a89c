import {
  AgentStreamClient,
  type AgentStreamEvent,
  type Completion,
  type ConnectionState,
  UnauthorizedError,
} from 'agent-gateway-client';
import { ApiError, type GatewayApi, type Script } from './api';
import { forgetRun, rememberRun, type RunRecord } from './session';
import { ClientTools } from './tools';
import { Transcript } from './transcript';

const STOP_WITHIN_MS = 10_000;

export interface Outcome {
  status: Completion['status'];
  /** What a person should know about the ending, in plain words. */
  note?: string;
  /** The run may still work at the gateway, so connecting to it again makes sense. */
  resumable: boolean;
}

export interface LogEntry {
  kind: 'event' | 'connection' | 'page';
  type: string;
  id?: string;
  detail?: string;
}

/** Who is told about a run; both calls are frequent and must be cheap. */
export interface RunObserver {
  changed(run: Run): void;
  logged(entry: LogEntry): void;
}

/**
 * One run of the agent, from the moment the user sent the message to its one ending. What the page shows, the button
 * above all, follows from this object and never from the socket.
 */
export class Run {
  transcript = new Transcript('');
  outcome: Outcome | undefined;
  operationId: string | undefined;

  private client: AgentStreamClient | undefined;
  private tools: ClientTools | undefined;
  private stopping = false;
  private stopTimer: ReturnType<typeof setTimeout> | undefined;
  private textIncomplete = false;
  private gone = false;
  private lastEventId = '';

  private constructor(
    private readonly api: GatewayApi,
    private readonly observer: RunObserver,
    readonly prompt: string,
    readonly script: Script,
  ) {}

  /** Starts a run at the gateway and follows it. */
  static start(
    api: GatewayApi,
    observer: RunObserver,
    message: { prompt: string; script: Script; speedMs: number },
  ): Run {
    const run = new Run(api, observer, message.prompt, message.script);
    void run.begin(message.speedMs);
    return run;
  }

  /** Takes up a run that goes on at the gateway, from its first event, so that its text is whole. */
  static resume(api: GatewayApi, observer: RunObserver, record: RunRecord): Run {
    const run = new Run(api, observer, record.prompt, record.script);
    run.operationId = record.operationId;
    run.resume();
    return run;
  }

  /** What the button of the composer does now. */
  get button(): 'send' | 'stop' | 'stopping' {
    if (this.outcome) return 'send';
    if (this.stopping) return 'stopping';
    return this.transcript.visibleOutputEnded ? 'send' : 'stop';
  }

  get connection(): ConnectionState | undefined {
    return this.client?.state;
  }

  /** Connects again to a run whose ending was only the loss of the connection. */
  resume(): void {
    if (!this.operationId) return;
    this.outcome = undefined;
    this.stopping = false;
    this.connect(this.operationId, { gatewayUrl: this.api.baseUrl, resumeOnConnect: true });
  }

  /** Asks the server to end the run, and stops waiting for that after ten seconds. */
  stop(): void {
    if (this.outcome || this.stopping) return;
    const { client, operationId } = this;
    if (!client || !operationId) return this.end({ status: 'interrupted', resumable: false });
    this.stopping = true;
    this.observer.logged({ kind: 'page', type: 'stop requested' });
    this.stopTimer = setTimeout(() => client.disconnect(), STOP_WITHIN_MS);
    this.api.interrupt(operationId).catch((error: Error) => {
      this.observer.logged({ kind: 'page', type: 'stop failed', detail: error.message });
    });
    this.observer.changed(this);
  }

  /** Answers a question of the agent. Returns false when there is no connection to send it on. */
  answer(requestId: string, content: string): boolean {
    if (!this.client?.sendUserInput(requestId, content)) return false;
    this.transcript.answer(requestId, content);
    this.observer.changed(this);
    return true;
  }

  private async begin(speedMs: number): Promise<void> {
    try {
      const { prompt, script } = this;
      const { operationId, token, gatewayUrl } = await this.api.startRun({ prompt, script, speedMs });
      if (this.outcome) {
        // Stopped before the server answered: end it there, and open no socket.
        await this.api.interrupt(operationId);
        return;
      }
      this.connect(operationId, { gatewayUrl, token, resumeOnConnect: false });
    } catch (error) {
      this.observer.logged({ kind: 'page', type: 'start failed', detail: (error as Error).message });
      if (!this.outcome) this.end({ status: 'error', note: (error as Error).message, resumable: false });
    }
  }

  private connect(
    operationId: string,
    options: { gatewayUrl: string; token?: string; resumeOnConnect: boolean },
  ): void {
    const client = new AgentStreamClient({
      ...options,
      operationId,
      getToken: ({ signal }) => this.freshToken(operationId, signal),
    });
    rememberRun({ operationId, prompt: this.prompt, script: this.script });
    this.operationId = operationId;
    this.client = client;
    this.lastEventId = '';
    this.transcript = new Transcript(operationId);
    this.tools = new ClientTools((result) => client.sendToolResult(result));
    this.listen(client);
    void client.done.then((completion) => {
      client.dispose();
      this.finish(completion);
    });
    client.connect();
    this.observer.changed(this);
  }

  private listen(client: AgentStreamClient): void {
    const connection = (type: string, detail?: string) => {
      this.observer.logged({ kind: 'connection', type, detail });
      this.observer.changed(this);
    };
    client.on('agent_event', (event) => this.receive(event, client.lastEventId));
    client.on('input_request', ({ requestId, prompt }) => {
      this.transcript.ask(requestId, prompt);
      connection('input_request', prompt);
    });
    client.on('status_change', (status) => {
      if (status === 'running') this.transcript.closeQuestions();
      connection('status_change', status);
    });
    client.on('continuity', ({ kind }) => {
      this.textIncomplete = true;
      connection('continuity', kind);
    });
    client.on('connected', () => {
      this.tools?.resend();
      connection('connected');
    });
    client.on('status_changed', (status) => connection('status_changed', status));
    client.on('reconnecting', (delayMs) => connection('reconnecting', `in ${delayMs} ms`));
    client.on('disconnected', () => connection('disconnected'));
    client.on('auth_expired', () => connection('auth_expired'));
    client.on('auth_failed', (reason) => connection('auth_failed', reason));
    client.on('resume_complete', ({ status }) => connection('resume_complete', status));
    client.on('session_complete', ({ source }) => connection('session_complete', source));
    client.on('error', (error) => connection('error', error.message));
  }

  private receive(event: AgentStreamEvent, eventId: string): void {
    const streamed = event.type === 'stream_end' ? this.transcript.text : undefined;
    this.transcript.apply(event);
    if (event.type === 'tool_execute') this.tools?.execute(event.data);
    const id = eventId === this.lastEventId ? undefined : eventId;
    this.lastEventId = eventId;
    this.observer.logged({ kind: 'event', type: event.type, id, detail: detail(event) });
    if (streamed !== undefined) this.reportCompletion(streamed, 'from the final content');
    this.observer.changed(this);
  }

  /** The client's `getToken`: an `UnauthorizedError` ends the run, any other error is tried again. */
  private async freshToken(operationId: string, signal: AbortSignal): Promise<string> {
    this.observer.logged({ kind: 'page', type: 'token requested' });
    try {
      return await this.api.freshToken(operationId, signal);
    } catch (error) {
      const status = error instanceof ApiError ? error.status : 0;
      this.observer.logged({ kind: 'page', type: 'no token', detail: (error as Error).message });
      if (status === 401) throw new UnauthorizedError('The server gives no new token for this run.');
      this.gone = status === 404;
      if (this.gone) throw new UnauthorizedError('The gateway does not know this run any more.');
      throw error;
    }
  }

  private finish(completion: Completion): void {
    const { status, reason, detail: more } = completion;
    if (this.stopping && status === 'disconnected') {
      const note =
        'The gateway did not confirm the stop within 10 seconds. The run may still be working there.';
      return this.end({ status: 'interrupted', note, resumable: false });
    }
    const words = typeof more === 'string' && more ? more : reason;
    this.end({
      status,
      note: this.transcript.error ?? (status === 'completed' ? undefined : words),
      resumable: (status === 'auth_failed' || status === 'disconnected') && !this.gone,
    });
  }

  private end(outcome: Outcome): void {
    clearTimeout(this.stopTimer);
    this.transcript.end();
    this.outcome = outcome;
    if (this.operationId) forgetRun(this.operationId);
    this.observer.logged({ kind: 'page', type: 'run ended', detail: outcome.status });
    this.observer.changed(this);
    if (this.textIncomplete) void this.completeText();
  }

  /** The stream reported a gap or a new sequence, so the stored text of the run is the better one. */
  private async completeText(): Promise<void> {
    if (!this.operationId) return;
    const stored = await this.api.run(this.operationId).catch(() => undefined);
    if (!stored) return;
    const streamed = this.transcript.text;
    this.transcript.replaceText(stored.text);
    this.reportCompletion(streamed, 'from the stored text');
    this.observer.changed(this);
  }

  private reportCompletion(streamed: string, detail: string): void {
    if (streamed !== this.transcript.text)
      this.observer.logged({ kind: 'page', type: 'text completed', detail });
  }
}

function detail({ data }: AgentStreamEvent): string | undefined {
  const { chunkType, reason, toolCallId } = (data ?? {}) as Record<string, unknown>;
  const found = [chunkType, reason, toolCallId].find((part) => typeof part === 'string');
  return found as string | undefined;
}
