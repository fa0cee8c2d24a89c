import type { Listeners } from '../listeners.js';
import type { ChatMessage, ChatMessagePart, ChatTranscript, ChatTranscriptSnapshot } from '../types/index.js';

interface Entry {
  content: { parts: ChatMessagePart[] } & Omit<ChatMessage, 'parts'>;
  /** What is shown of it; absent once something changed. */
  shown?: ChatMessage;
}

type Refetch = (load: () => Promise<readonly object[]> | readonly object[]) => Promise<boolean>;

const EMPTY: ChatTranscriptSnapshot = Object.freeze({ messages: Object.freeze([]) });

/** The messages as plain objects, kept like those of the module by the changes that it tells. */
export class Mirror implements ChatTranscript {
  private readonly entries: Entry[] = [];
  /** Those that were shown before all are told again, by their keys. */
  private former = new Map<number, Entry>();
  private shown = EMPTY;

  constructor(
    private readonly listeners: Listeners<{ shown: () => void }>,
    readonly refetch: Refetch,
  ) {}

  readonly getSnapshot = (): ChatTranscriptSnapshot => this.shown;

  readonly subscribe = (listener: () => void): (() => void) => this.listeners.add('shown', () => listener());

  /** Applies a change, in words of the module. */
  apply(name: string, message: number, part: number, content: any): void {
    if (name === 'cleared') this.clear();
    else if (name === 'message_inserted') this.entries.splice(message, 0, this.entry(content));
    else if (name === 'message_replaced') this.entries[message] = { content };
    else if (name === 'message_removed') this.entries.splice(message, 1);
    else this.change(this.entries[message], name, part, content);
  }

  /** Appends to a text, which most changes do. */
  append(message: number, part: number, text: string): void {
    const entry = this.entries[message];
    entry.shown = undefined;
    const { parts } = entry.content;
    const { text: before, type } = parts[part] as { text: string; type: 'text' };
    parts[part] = { type, text: before + text };
  }

  /** Shows what was applied. */
  show(needsRefetch?: string): void {
    this.former.clear();
    const messages = this.entries.map((entry) => (entry.shown ??= frozen(entry.content)));
    this.shown = Object.freeze({
      messages: Object.freeze(messages),
      ...(needsRefetch === undefined ? {} : { needsRefetch }),
    });
    this.listeners.emit('shown', []);
  }

  /** Nothing is streamed any more, and the module cannot say so. */
  settle(): void {
    this.entries.forEach(({ content }, message) => {
      if (content.activity !== 'settled') this.apply('activity_changed', message, 0, 'settled');
    });
    this.show();
  }

  private clear(): void {
    this.former = new Map(this.entries.map((entry) => [entry.content.key, entry]));
    this.entries.length = 0;
  }

  /** What is shown of a message that is told again stays the same object where it did not change. */
  private entry(content: Entry['content']): Entry {
    const shown = this.former.get(content.key)?.shown;
    return { content, shown: isSame(shown, content) ? shown : undefined };
  }

  private change(entry: Entry, name: string, place: number, content: any): void {
    entry.shown = undefined;
    const { parts } = entry.content;
    if (name === 'activity_changed') entry.content = { ...entry.content, activity: content };
    else if (name === 'part_inserted') parts.splice(place, 0, content);
    else if (name === 'part_replaced') parts[place] = content;
    else parts.splice(place, 1);
  }
}

/** A copy with parts of its own: those of the entry go on changing. */
function frozen(content: Entry['content']): ChatMessage {
  return Object.freeze({ ...content, parts: Object.freeze([...content.parts]) });
}

/** Whether two values are the same JSON. What is too deep, or no JSON, is another one. */
function isSame(a: any, b: any, depth = 0): boolean {
  if (a === b) return true;
  if (!isJson(a) || !isJson(b) || Array.isArray(a) !== Array.isArray(b) || depth > 50) return false;
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && isSame(a[name], b[name], depth + 1))
  );
}

/** Whether this is an object or a list that JSON can tell. */
function isJson(value: any): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    (Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype)
  );
}
