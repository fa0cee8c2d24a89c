import { expect } from './arguments.js';
import type { Log } from './logging.js';

export type Listener = (...args: any[]) => void;

/**
 * Listeners by event name, called in the order in which they were added.
 *
 * The sets are live: a listener added during an emit of the same event is still called, a removed one is not. A
 * listener that throws is reported and does not stop the others.
 */
export class Listeners<Events> {
  private readonly sets = new Map<keyof Events, Set<Listener>>();

  constructor(private readonly log: Log) {}

  /** @throws GatewayError with code `invalid_argument` */
  add(event: keyof Events, listener: unknown): () => void {
    expect(`The listener of '${String(event)}'`, listener, 'function');
    this.of(event).add(listener as Listener);
    return () => this.remove(event, listener);
  }

  remove(event: keyof Events, listener: unknown): void {
    this.of(event).delete(listener as Listener);
  }

  has(event: keyof Events): boolean {
    return this.of(event).size > 0;
  }

  /** Empties the sets, so that an emit in progress stops. */
  clear(): void {
    for (const set of this.sets.values()) set.clear();
  }

  /** Calls the listeners of `event` with one argument: a function for what happens on every frame. */
  emitterOf(event: keyof Events): (argument: unknown) => void {
    const heard = this.of(event);
    return (argument) => emitTo(heard, argument, this, event);
  }

  emit(event: keyof Events, args: readonly unknown[]): void {
    for (const listener of this.of(event)) {
      try {
        listener(...args);
      } catch (error) {
        this.report(event, error);
      }
    }
  }

  /** The listeners of `event`, now and later. */
  of(event: keyof Events): Set<Listener> {
    let set = this.sets.get(event);
    if (!set) this.sets.set(event, (set = new Set()));
    return set;
  }

  report(event: keyof Events, error: unknown): void {
    this.log('error', `A listener of '${String(event)}' threw`, { error });
  }
}

/**
 * Calls the listeners of `event`, which are `heard`, with one argument.
 *
 * The rest is looked at only once one of them throws: where a thousand objects hear in turns, each one that a frame
 * touches costs it a wait for memory.
 */
export function emitTo<Events>(
  heard: Set<Listener>,
  argument: unknown,
  listeners: Listeners<Events>,
  event: keyof Events,
): void {
  for (const listener of heard) {
    try {
      listener(argument);
    } catch (error) {
      listeners.report(event, error);
    }
  }
}
