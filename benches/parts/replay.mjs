import { budgets } from './budgets.mjs';
import { spread, spreadText, whole } from '../report.mjs';

const KINDS = { v1: 'v1', reload: 'v1 after a reload', mux: 'a mux' };
const SESSIONS = 3;
const ROUNDS = 10;

/** Nanoseconds per frame of a replay of 10,000 events into one operation. */
export async function replay({ hosts, report }) {
  for (const host of hosts) {
    report.heading(`A replay of 10,000 events of 200 bytes, ${host.name}: median of rounds (quartiles)`);
    for (const [kind, label] of Object.entries(KINDS)) {
      const { client, floor } = await measureAll(host, kind);
      const ratio = spread(client.map((nanoseconds, round) => nanoseconds / floor[round]));
      const text = [
        `client ${whole(spread(client).median).padStart(7)}`,
        `floor ${whole(spread(floor).median).padStart(7)}`,
        `ratio ${spreadText(ratio)}`,
      ];
      const budget = budgets.replay[kind];
      if (budget) report.judged(label, text.join('   '), { value: ratio.median, budget });
      else report.line(label, text.join('   '));
    }
  }
}

async function measureAll(host, kind) {
  const rounds = { client: [], floor: [] };
  for (let index = 0; index < SESSIONS; index++) {
    const session = await host.open();
    try {
      const measured = await session.measure('measureReplay', { kind, rounds: ROUNDS });
      for (const side of ['client', 'floor']) rounds[side].push(...measured[side]);
    } finally {
      await session.close();
    }
  }
  return rounds;
}
