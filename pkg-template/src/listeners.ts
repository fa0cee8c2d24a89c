type Listener = (...args: any[]) => void;

/**
 * Listeners by event name, called in the order in which they were added.
 *
 * The sets are live: a listener added during an emit of the same event is still called, a removed one is not. A
 * listener that throws is reported and does not stop the others.
 */
export class Listeners<Events> {
  private readonly sets = new Map<keyof Events, Set<Listener>>();

  constructor(private readonly report: (event: keyof Events, error: unknown) => void) {}

  add(event: keyof Events, listener: Listener): void {
    let set = this.sets.get(event);
    if (!set) this.sets.set(event, (set = new Set()));
    set.add(listener);
  }

  remove(event: keyof Events, listener: Listener): void {
    this.sets.get(event)?.delete(listener);
  }

  clear(): void {
    // Emptied as well as forgotten, so that an emit in progress stops.
    for (const set of this.sets.values()) set.clear();
    this.sets.clear();
  }

  /** The same with one argument and nothing to unpack, for what happens on every frame. */
  emitOne(event: keyof Events, argument: unknown): void {
    const set = this.sets.get(event);
    if (!set) return;
    for (const listener of set) {
      try {
        listener(argument);
      } catch (error) {
        this.report(event, error);
      }
    }
  }

  emit(event: keyof Events, args: readonly unknown[]): void {
    const set = this.sets.get(event);
    if (!set) return;
    for (const listener of set) {
      try {
        listener(...args);
      } catch (error) {
        this.report(event, error);
      }
    }
  }
}
