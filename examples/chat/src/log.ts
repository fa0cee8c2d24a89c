const KEPT_ENTRIES = 300;

export interface LogEntry {
  kind: 'event' | 'connection' | 'page';
  type: string;
  id?: string;
  detail?: string;
}

export type LoggedEntry = LogEntry & { at: Date };

/** The newest things that happened in one conversation. Paused, it keeps what it has and only counts what comes. */
export class Log {
  total = 0;
  paused = false;
  private kept: LoggedEntry[] = [];

  /** The entries that are kept, oldest first. */
  get entries(): readonly LoggedEntry[] {
    return this.kept;
  }

  add(entry: LogEntry): void {
    this.total += 1;
    if (this.paused) return;
    this.kept.push({ ...entry, at: new Date() });
    if (this.kept.length > KEPT_ENTRIES) this.kept.shift();
  }

  clear(): void {
    this.kept = [];
    this.total = 0;
  }
}
