import { besideFloor, spread, spreadText } from '../report.mjs';
import { budgets } from './budgets.mjs';
import { inSessions, pooled } from './sessions.mjs';

const TRANSPORTS = { v1: 'over v1', v2: 'over v2' };
const SESSIONS = 3;
const ROUNDS = 10;

/** Nanoseconds per chunk of an answer of 10,000 chunks, and whether they grow with the answer. */
export async function transcript({ hosts, report }) {
  for (const host of hosts) {
    report.heading(`An answer of 10,000 chunks through a run, ${host.name}: median of rounds (quartiles)`);
    for (const [transport, label] of Object.entries(TRANSPORTS)) {
      const measure = (session) => session.measure('measureTranscript', { transport, rounds: ROUNDS });
      const rounds = pooled(await inSessions(host, SESSIONS, measure));
      const { ratio, text } = besideFloor(rounds);
      report.judged(label, text, { value: ratio, budget: budgets.transcript.ratio });
      const grown = spread(rounds.growth);
      const last = `the last 1,000 beside the second ${spreadText(grown)}`;
      report.judged(`${label}, growth`, last, { value: grown.median, budget: budgets.transcript.growth });
    }
  }
}
