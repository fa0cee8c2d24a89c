import type { RawChange, RawOpenClaw } from '#glue';
import type { Log } from '../logging.js';
import { Cards, Store } from './store.js';
import type { OpenClawAgent, OpenClawFleet, OpenClawSession } from './types.js';

type Call = <T>(use: (raw: RawOpenClaw) => T) => T | undefined;

/** The fleet of a client; what did not change stays the same object. */
export class FleetStore extends Store<OpenClawFleet> {
  private readonly agents = new Cards<OpenClawAgent>();
  private readonly sessions = new Cards<OpenClawSession>();
  private failure?: OpenClawFleet['failure'];

  constructor(log: Log, call: Call) {
    super(log, () => {
      const fleet = call((raw) => raw.fleet());
      if (!fleet) return EMPTY;
      return {
        ...fleet,
        agents: this.agents.all(fleet.agents, (id) => call((raw) => raw.agent(id))),
        sessions: this.sessions.all(fleet.sessions, (key) => call((raw) => raw.session(key))),
        ...(this.failure && { failure: this.failure }),
      };
    });
  }

  take(changes: readonly RawChange[]): void {
    this.failure = undefined;
    for (const { kind, id = '', code = '', retries = false } of changes) {
      if (kind.startsWith('agent')) this.agents.forget(id);
      else if (kind.startsWith('session')) this.sessions.forget(id);
      else if (kind === 'read_failed') this.failure = Object.freeze({ code, retries });
    }
    this.changed();
  }
}

const EMPTY: OpenClawFleet = {
  agents: Object.freeze([]),
  sessions: Object.freeze([]),
  presence: null,
  freshness: 'empty',
  isComplete: false,
};
