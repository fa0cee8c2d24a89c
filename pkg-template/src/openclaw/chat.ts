import type { RawOpenClaw } from '#glue';
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
  private messages: readonly any[] = Object.freeze([]);
  private readonly runs = new Cards<OpenClawRun>();
  private readonly store: Store<OpenClawChatSnapshot>;

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
    else if (name === 'chat_run' || name === 'chat_text') this.runs.forget(first);
    else if (name === 'chat_failed') this.failure = Object.freeze({ purpose: first, code: second });
    this.store.changed();
  }

  /** The connection changed, and with it whether this is the present. */
  touched(): void {
    this.store.changed();
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
    this.messages = Object.freeze([...others, message]);
  }

  private made(): OpenClawChatSnapshot {
    const { key, messages } = this;
    const chat = this.call((raw) => raw.chat(key));
    const failure = this.failure && { failure: this.failure };
    if (!chat) {
      return { key, messages, activity: 'unknown', isBusy: false, isLive: false, runs: [], ...failure };
    }
    const runs = this.runs.all(chat.runs, (id) => this.call((raw) => raw.run(key, id)));
    return { ...chat, key, messages, runs, ...failure };
  }
}

const idOf = (message: any): string | undefined => message?.__openclaw?.id;
