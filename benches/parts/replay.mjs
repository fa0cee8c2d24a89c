import { besideFloor } from '../report.mjs';
import { budgets } from './budgets.mjs';
import { inSessions, pooled } from './sessions.mjs';

const KINDS = { v1: 'v1', reload: 'v1 after a reload', mux: 'a mux' };
const SESSIONS = 3;
const ROUNDS = 10;

/** Nanoseconds per frame of a replay of 10,000 events into one operation. */
export async function replay({ hosts, report }) {
  for (const host of hosts) {
    report.heading(`A replay of 10,000 events of 200 bytes, ${host.name}: median of rounds (quartiles)`);
    for (const [kind, label] of Object.entries(KINDS)) {
      const measure = (session) => session.measure('measureReplay', { kind, rounds: ROUNDS });
      const { ratio, text } = besideFloor(pooled(await inSessions(host, SESSIONS, measure)));
      const budget = budgets.replay[kind];
      if (budget) report.judged(label, text, { value: ratio, budget });
      else report.line(label, text);
    }
  }
}
