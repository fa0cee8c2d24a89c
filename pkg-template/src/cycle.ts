import type { Completion } from './types/index.js';

/** One connection cycle: a promise that settles once. */
export class Cycle {
  readonly done: Promise<Completion>;
  settled = false;
  private resolve!: (completion: Completion) => void;

  constructor() {
    this.done = new Promise((resolve) => (this.resolve = resolve));
  }

  settle(completion: Completion): void {
    this.settled = true;
    this.resolve(Object.freeze(completion));
  }
}
