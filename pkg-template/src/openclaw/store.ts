import type { Log } from '../logging.js';
import type { OpenClawStore } from './types.js';

/** A snapshot that is made when it is asked for and kept until something changed. */
export class Store<Snapshot extends object> implements OpenClawStore<Snapshot> {
  private known?: Snapshot;
  private readonly watching = new Set<() => void>();

  constructor(
    private readonly log: Log,
    private readonly make: () => Snapshot,
  ) {}

  readonly getSnapshot = (): Snapshot => (this.known ??= Object.freeze(this.make()));

  readonly subscribe = (listener: () => void): (() => void) => {
    // The same function may be given twice, and each time counts.
    const watch = (): void => listener();
    this.watching.add(watch);
    return () => void this.watching.delete(watch);
  };

  changed(): void {
    this.known = undefined;
    for (const watch of this.watching) {
      try {
        watch();
      } catch (error) {
        this.log('error', 'A subscriber threw', { error });
      }
    }
  }

  clear(): void {
    this.watching.clear();
  }
}

/** Objects by key, each the same until it changed. */
export class Cards<Card extends object> {
  private readonly known = new Map<string, Card>();

  all(keys: readonly string[], read: (key: string) => Card | undefined): readonly Card[] {
    const cards = [];
    for (const key of keys) {
      const card = this.of(key, read);
      if (card) cards.push(card);
    }
    return Object.freeze(cards);
  }

  /** Puts other members into an object that is known. */
  change(key: string, members: Partial<Card>): void {
    const known = this.known.get(key);
    if (known) this.known.set(key, Object.freeze({ ...known, ...members }));
  }

  forget(key: string): void {
    this.known.delete(key);
  }

  private of(key: string, read: (key: string) => Card | undefined): Card | undefined {
    const known = this.known.get(key);
    if (known) return known;
    const card = read(key);
    if (card) this.known.set(key, Object.freeze(card));
    return card;
  }
}
