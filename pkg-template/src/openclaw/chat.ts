import type { RawChat, RawOpenClaw } from '#glue';
import { expect } from '../arguments.js';
import { disposable } from '../disposable.js';
import type { Log } from '../logging.js';
import { OpenClawError } from './errors.js';
import { randomId } from './random.js';
import { Cards, Store } from './store.js';
import type { OpenClawChat, OpenClawChatSnapshot, OpenClawRun, OpenClawSendOptions } from './types.js';

type Call = <T>(use: (raw: RawOpenClaw) => T) => T | undefined;
type Failure = OpenClawChatSnapshot['failure'];

/** A chat that is open. The messages are the gateway's; the runs are the module's. */
export class Chat implements OpenClawChat {
  declare readonly [Symbol.dispose]: () => void;
  readonly getSnapshot: OpenClawChat['getSnapshot'];
  readonly subscribe: OpenClawChat['subscribe'];
  private failure: Failure;
  /** What the module said of the chat, as long as nothing changes but texts. */
  private known?: RawChat;
  private messages: readonly any[] = Object.freeze([]);
  private readonly runs = new Cards<OpenClawRun>();
  private readonly store: Store<OpenClawChatSnapshot>;
  /** What runs said since the last snapshot, by their ids. */
  private readonly texts = new Map<string, string>();

  constructor(
    readonly key: string,
    private readonly call: Call,
    log: Log,
    private readonly onClose: (chat: Chat) => void,
  ) {
    this.store = new Store(log, () => this.made());
    this.getSnapshot = this.store.getSnapshot;
    this.subscribe = this.store.subscribe;
    disposable(this);
  }

  send(text: string, options: OpenClawSendOptions = {}): string {
    expect('text', text, 'string');
    const { attachments, mode, runId = randomId(), thinking } = options;
    const json = (value: unknown): string | undefined =>
      value === undefined ? value : JSON.stringify(value);
    // Before the call, because what changes is told within it.
    this.failure = undefined;
    const message = {
      run: runId,
      text,
      mode,
      attachments: json(attachments),
      thinking: json(thinking),
    };
    const code = this.call((raw) => raw.send(this.key, message) ?? '');
    if (code !== '') throw new OpenClawError({ code: code ?? 'not_ready', message: '' });
    return runId;
  }

  abort(runId?: string): void {
    this.call((raw) => raw.abort(this.key, runId));
  }

  close(): void {
    this.onClose(this);
    this.store.clear();
  }

  /** The same as {@link Chat.close}. */
  dispose(): void {
    this.close();
  }

  take(name: string, first: any, second: any): void {
    if (name === 'chat_history') this.replaced(first?.messages);
    else if (name === 'chat_message') this.added(first?.message);
    else if (name === 'chat_run' || name === 'chat_text') this.forget(first);
    else if (name === 'chat_failed') this.failure = Object.freeze({ purpose: first, ...second });
    this.touched();
  }

  /** The text of a run changed and nothing else, many times a second. */
  said(run: string, text: string): void {
    this.texts.set(run, text);
    this.store.changed();
  }

  /** The connection changed, and with it whether this is the present. */
  touched(): void {
    this.known = undefined;
    this.store.changed();
  }

  private forget(run: string): void {
    this.runs.forget(run);
    this.texts.delete(run);
  }

  private replaced(messages: unknown): void {
    this.messages = Object.freeze(Array.isArray(messages) ? messages : []);
    if (this.failure?.purpose === 'history') this.failure = undefined;
  }

  /** One that is there already takes the place of it: the history may have had it. */
  private added(message: any): void {
    if (!message) return;
    const id = idOf(message);
    const others = id === undefined ? this.messages : this.messages.filter((known) => idOf(known) !== id);
    this.messages = Object.freeze([...others, message].slice(-MOST_MESSAGES));
  }

  private made(): OpenClawChatSnapshot {
    const { key, messages } = this;
    const chat = (this.known ??= this.call((raw) => raw.chat(key)));
    const { activity, isBusy, isLive } = chat ?? NOTHING_KNOWN;
    for (const [run, text] of this.texts) this.runs.change(run, { text });
    this.texts.clear();
    const runs = chat ? this.runs.all(chat.runs, (id) => this.call((raw) => raw.run(key, id))) : [];
    // Member by member, because a page paints many times a second, and engines copy objects slowly.
    const snapshot = { key, messages, activity, isBusy, isLive, runs };
    return this.failure ? { ...snapshot, failure: this.failure } : snapshot;
  }
}

/** A page that stays open for days keeps no more. */
const MOST_MESSAGES = 1_000;

const NOTHING_KNOWN = { activity: 'unknown', isBusy: false, isLive: false } as const;

const idOf = (message: any): string | undefined => message?.__openclaw?.id;
