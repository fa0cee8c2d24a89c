import { budgets } from './budgets.mjs';
import { spread, spreadText, whole } from '../report.mjs';

const SIZES = [200, 2_000, 14_000];
/** Engines decide anew in each process what to optimise, so several are asked. */
const SESSIONS = 4;
const ROUNDS = 200;

/** Nanoseconds per frame beside a plain floor. */
export async function frames({ hosts, report }) {
  for (const host of hosts) {
    report.heading(`Nanoseconds per frame, ${host.name}: median of rounds (quartiles)`);
    const rounds = await measureAll(host);
    for (const size of SIZES) {
      const { client, floor } = rounds.get(size);
      const ratio = spread(client.map((nanoseconds, round) => nanoseconds / floor[round]));
      const text = [
        `client ${whole(spread(client).median).padStart(7)}`,
        `floor ${whole(spread(floor).median).padStart(7)}`,
        `ratio ${spreadText(ratio)}`,
      ];
      const budget = budgets.frames[size];
      report.judged(`${whole(size)} bytes`, text.join('   '), { value: ratio.median, budget });
    }
  }
}

async function measureAll(host) {
  const rounds = new Map(SIZES.map((size) => [size, { client: [], floor: [] }]));
  for (let index = 0; index < SESSIONS; index++) {
    const session = await host.open();
    try {
      for (const size of SIZES) {
        const measured = await session.measure('measureFrames', { size, rounds: ROUNDS });
        rounds.get(size).client.push(...measured.client);
        rounds.get(size).floor.push(...measured.floor);
      }
    } finally {
      await session.close();
    }
  }
  return rounds;
}
