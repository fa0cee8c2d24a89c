import { budgets } from './budgets.mjs';
import { spread, spreadText, whole } from '../report.mjs';

const SESSIONS = 5;
const PART = 10;

/** Nanoseconds per frame of a minute of a chat, and whether they grow more than the frames do. */
export async function openclaw({ hosts, report }) {
  for (const host of hosts) {
    report.heading(`A minute of an OpenClaw chat, ${host.name}: median of seconds (quartiles)`);
    const minutes = await measureAll(host);
    const ratios = minutes.map(({ client, floor }) => client.map((spent, second) => spent / floor[second]));
    const all = spread(ratios.flat());
    const text = [
      `client ${whole(spread(minutes.flatMap(({ client }) => client)).median).padStart(7)}`,
      `floor ${whole(spread(minutes.flatMap(({ floor }) => floor)).median).padStart(7)}`,
      `ratio ${spreadText(all)}`,
    ];
    report.judged('a frame', text.join('   '), { value: all.median, budget: budgets.openclaw.ratio });
    const median = (part) => spread(ratios.flatMap(part)).median;
    const grown = median((ratio) => ratio.slice(-PART)) / median((ratio) => ratio.slice(0, PART));
    const ends = `the ratio in the last ${PART} seconds beside the first ${PART}: ${grown.toFixed(2)}`;
    report.judged('growth', ends, { value: grown, budget: budgets.openclaw.growth });
  }
}

async function measureAll(host) {
  const minutes = [];
  for (let index = 0; index < SESSIONS; index++) {
    const session = await host.open();
    try {
      minutes.push(await session.measure('measureOpenClaw', {}));
    } finally {
      await session.close();
    }
  }
  return minutes;
}
