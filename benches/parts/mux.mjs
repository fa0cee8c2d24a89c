import { budgets } from './budgets.mjs';
import { spread, spreadText, whole } from '../report.mjs';
import { inSession } from './sessions.mjs';

const OPERATIONS = [1, 10, 100, 1_000];
const ROUNDS = 40;

/** Nanoseconds per frame of one socket by the number of operations on it. */
export async function mux({ hosts, report }) {
  for (const host of hosts) {
    report.heading(
      `One socket, many operations, frames of 200 bytes, ${host.name}: median of rounds (quartiles)`,
    );
    for (const operations of OPERATIONS) {
      const measure = (session) => session.measure('measureMux', { operations, rounds: ROUNDS });
      const measured = await inSession(host, measure);
      printFrames(report, operations, measured);
      const held = `${whole(measured.bytes)} bytes each`;
      report.line('', `subscribed again in ${measured.resubscribed.toFixed(1)} ms, ${held}`);
    }
  }
}

function printFrames(report, operations, { many, one, floor }) {
  const ratio = spread(many.map((nanoseconds, round) => nanoseconds / one[round]));
  const besideFloor = spread(many.map((nanoseconds, round) => nanoseconds / floor[round]));
  const text = [
    `mux ${whole(spread(many).median).padStart(6)}`,
    `beside the floor ${spreadText(besideFloor)}`,
    `beside one operation ${spreadText(ratio)}`,
  ];
  const label = `${whole(operations)} operations`;
  report.judged(label, text.join('   '), { value: ratio.median, budget: budgets.mux.growth });
}
