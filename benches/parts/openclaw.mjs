import { besideFloor, spread } from '../report.mjs';
import { budgets } from './budgets.mjs';
import { inSessions, pooled } from './sessions.mjs';

const SESSIONS = 5;
const PART = 10;

/** Nanoseconds per frame of a minute of a chat, and whether they grow more than the frames do. */
export async function openclaw({ hosts, report }) {
  for (const host of hosts) {
    report.heading(`A minute of an OpenClaw chat, ${host.name}: median of seconds (quartiles)`);
    const minutes = await inSessions(host, SESSIONS, (session) => session.measure('measureOpenClaw', {}));
    const { ratio, text } = besideFloor(pooled(minutes));
    report.judged('a frame', text, { value: ratio, budget: budgets.openclaw.ratio });
    const ratios = minutes.map(({ client, floor }) => client.map((spent, second) => spent / floor[second]));
    const median = (part) => spread(ratios.flatMap(part)).median;
    const grown = median((ratio) => ratio.slice(-PART)) / median((ratio) => ratio.slice(0, PART));
    const ends = `the ratio in the last ${PART} seconds beside the first ${PART}: ${grown.toFixed(2)}`;
    report.judged('growth', ends, { value: grown, budget: budgets.openclaw.growth });
  }
}
