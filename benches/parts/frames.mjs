import { besideFloor, whole } from '../report.mjs';
import { budgets } from './budgets.mjs';
import { inSessions, pooled } from './sessions.mjs';

const SIZES = [200, 2_000, 14_000];
const SESSIONS = 4;
const ROUNDS = 200;

/** Nanoseconds per frame beside a plain floor. */
export async function frames({ hosts, report }) {
  for (const host of hosts) {
    report.heading(`Nanoseconds per frame, ${host.name}: median of rounds (quartiles)`);
    const sessions = await inSessions(host, SESSIONS, measureSizes);
    for (const size of SIZES) {
      const { ratio, text } = besideFloor(pooled(sessions.map((bySize) => bySize.get(size))));
      report.judged(`${whole(size)} bytes`, text, { value: ratio, budget: budgets.frames[size] });
    }
  }
}

async function measureSizes(session) {
  const bySize = new Map();
  for (const size of SIZES) {
    bySize.set(size, await session.measure('measureFrames', { size, rounds: ROUNDS }));
  }
  return bySize;
}
