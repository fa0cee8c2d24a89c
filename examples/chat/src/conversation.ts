import type { Message } from './composer';
import { Log } from './log';
import type { Run, RunState } from './run';

export type ConversationState = 'new' | RunState;

/** The messages of one topic and the runs that answer them, at most one of them at work from this tab. */
export class Conversation {
  readonly log = new Log();
  readonly runs: Run[] = [];
  /** What is written in the message box and not sent. */
  draft = '';
  /** Sent while a run was still finishing; goes out when it has ended. */
  queued: Message | undefined;
  /** A run ended while nobody looked. */
  unread = false;

  constructor(readonly id: string) {}

  get title(): string {
    return this.runs[0]?.prompt || 'New conversation';
  }

  get startedAt(): number {
    return this.runs[0]?.startedAt ?? 0;
  }

  /** The run that the button, the badge and the faults are about. */
  get run(): Run | undefined {
    return this.runs.findLast((run) => !run.outcome) ?? this.runs.at(-1);
  }

  get state(): ConversationState {
    return this.run?.state ?? 'new';
  }

  /** A waiting message keeps the button at Stop, so that it can still be taken back. */
  get button(): Run['button'] {
    const { run } = this;
    if (!run) return 'send';
    return this.queued && !run.outcome && run.button === 'send' ? 'stop' : run.button;
  }

  add(run: Run): void {
    this.runs.push(run);
    this.runs.sort((one, other) => one.startedAt - other.startedAt);
  }
}

/** A topic that nobody has used yet. */
export function newConversation(): Conversation {
  const digits = Array.from(crypto.getRandomValues(new Uint32Array(2)), (part) => part.toString(36));
  return new Conversation(`tpc_${digits.join('')}`);
}

/** The fragment of the page's address that names a conversation. */
export function addressOf({ id }: Conversation): string {
  return `#/${encodeURIComponent(id)}`;
}

/** The id of the conversation that the fragment of an address names; `undefined` for a new one. */
export function idIn(fragment: string): string | undefined {
  const named = /^#\/(.+)$/.exec(fragment)?.[1];
  try {
    return named && decodeURIComponent(named);
  } catch {
    return named;
  }
}
