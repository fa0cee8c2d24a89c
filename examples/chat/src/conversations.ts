import type { MuxOpLifecycleMessage } from 'agent-gateway-client/run';
import type { GatewayApi, RunSummary } from './api';
import type { Message } from './composer';
import { Conversation } from './conversation';
import { Link } from './link';
import type { LogEntry } from './log';
import { Run, type RunContext } from './run';

/** Who is told about conversations; `changed` and `logged` are frequent and must be cheap. */
interface ConversationsObserver {
  /** The conversation, or one of its runs, is not as it was. */
  changed(conversation: Conversation, run?: Run): void;
  /** The list of the server brought a run. */
  added(conversation: Conversation, run: Run): void;
  /** A run of the conversation ended. */
  ended(conversation: Conversation, run: Run): void;
  logged(conversation: Conversation): void;
  linkChanged(): void;
}

/** All conversations of the user, kept up to date by the list of the server and the feed of the shared socket. */
export class Conversations {
  readonly link: Link;
  /** The list of the server arrived at least once. */
  isLoaded = false;

  private readonly all = new Map<string, Conversation>();
  private readonly runs = new Map<string, Run>();
  private readonly starting = new Set<Promise<void>>();
  private refreshing: Promise<void> | undefined;
  private refreshAgain = false;

  constructor(
    private readonly api: GatewayApi,
    private readonly observer: ConversationsObserver,
  ) {
    this.link = new Link(api, {
      changed: () => observer.linkChanged(),
      connected: () => this.refreshQuietly(),
      lifecycle: (message) => this.heard(message),
      logged: (entry) => this.logToAll(entry),
    });
  }

  /** The conversations with at least one message, newest first. */
  get list(): Conversation[] {
    const begun = [...this.all.values()].filter(({ runs }) => runs.length > 0);
    return begun.sort((one, other) => other.startedAt - one.startedAt);
  }

  /** The conversation with this id; one that nobody knows begins here. */
  at(id: string): Conversation {
    const known = this.all.get(id);
    if (known) return known;
    const begun = new Conversation(id);
    this.all.set(id, begun);
    return begun;
  }

  send(conversation: Conversation, message: Message): void {
    this.all.set(conversation.id, conversation);
    if (conversation.run && !conversation.run.outcome) {
      conversation.queued = message;
      return this.observer.changed(conversation);
    }
    conversation.queued = undefined;
    const context = this.contextOf(conversation);
    const { run, started } = Run.start(context, { ...message, topicId: conversation.id });
    conversation.add(run);
    const answered = started.then(() => {
      this.starting.delete(answered);
      if (run.operationId) this.runs.set(run.operationId, run);
    });
    this.starting.add(answered);
    this.observer.changed(conversation, run);
  }

  /** Stops the run of a conversation; returns the message that waited for its end, which is not sent any more. */
  stop(conversation: Conversation): Message | undefined {
    const { queued } = conversation;
    conversation.queued = undefined;
    conversation.run?.stop();
    return queued;
  }

  /** Asks the server for the runs of the user. Rejects when it does not answer. */
  async refresh(): Promise<void> {
    if (this.refreshing) {
      this.refreshAgain = true;
      return this.refreshing;
    }
    this.refreshing = this.load();
    await this.refreshing.finally(() => (this.refreshing = undefined));
    if (!this.refreshAgain) return;
    this.refreshAgain = false;
    return this.refresh();
  }

  /** As `refresh`; what fails is tried again with the next connection or the next news. */
  refreshQuietly(): void {
    this.refresh().catch((error: Error) => {
      this.logToAll({ kind: 'page', type: 'list not loaded', detail: error.message });
    });
  }

  private async load(): Promise<void> {
    const listed = await this.api.runs();
    // The list may hold a run that this tab has just started, whose answer is still on its way.
    await Promise.all(this.starting);
    for (const summary of listed) this.take(summary);
    const ids = new Set(listed.map(({ operationId }) => operationId));
    for (const [id, run] of this.runs) if (!ids.has(id)) run.isNotListed();
    this.isLoaded = true;
  }

  private take(summary: RunSummary): void {
    const known = this.runs.get(summary.operationId);
    if (known) return known.update(summary);
    const conversation = this.at(summary.topicId ?? summary.operationId);
    const run = Run.listed(this.contextOf(conversation), summary);
    this.runs.set(summary.operationId, run);
    conversation.add(run);
    this.observer.added(conversation, run);
  }

  private heard({ operationId, status }: MuxOpLifecycleMessage): void {
    const run = this.runs.get(operationId);
    // How a run ended that the gateway forgot, only the server knows.
    if (run && status !== 'gone') return run.tell(status);
    if (run?.outcome) return;
    // So may the news.
    void Promise.all(this.starting).then(() => {
      if (status === 'gone' || !this.runs.has(operationId)) this.refreshQuietly();
    });
  }

  private contextOf(conversation: Conversation): RunContext {
    return {
      api: this.api,
      link: this.link,
      observer: {
        changed: (run) => this.observer.changed(conversation, run),
        ended: (run) => this.ended(conversation, run),
        logged: (entry) => this.log(conversation, entry),
      },
    };
  }

  private ended(conversation: Conversation, run: Run): void {
    this.observer.changed(conversation, run);
    this.observer.ended(conversation, run);
    if (conversation.queued) this.send(conversation, conversation.queued);
  }

  private log(conversation: Conversation, entry: LogEntry): void {
    conversation.log.add(entry);
    this.observer.logged(conversation);
  }

  /** What concerns the shared socket concerns every conversation that it carries. */
  private logToAll(entry: LogEntry): void {
    for (const conversation of this.all.values()) {
      if (conversation.run && !conversation.run.outcome) this.log(conversation, entry);
    }
  }
}
