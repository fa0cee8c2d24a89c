import { budgets } from './budgets.mjs';
import { spread, spreadText, whole } from '../report.mjs';

const TRANSPORTS = { v1: 'over v1', v2: 'over v2' };
const SESSIONS = 3;
const ROUNDS = 10;

/** Nanoseconds per chunk of an answer of 10,000 chunks, and whether they grow with the answer. */
export async function transcript({ hosts, report }) {
  for (const host of hosts) {
    report.heading(`An answer of 10,000 chunks through a run, ${host.name}: median of rounds (quartiles)`);
    for (const [transport, label] of Object.entries(TRANSPORTS)) {
      const { client, floor, growth } = await measureAll(host, transport);
      const ratio = spread(client.map((nanoseconds, round) => nanoseconds / floor[round]));
      const text = [
        `client ${whole(spread(client).median).padStart(7)}`,
        `floor ${whole(spread(floor).median).padStart(7)}`,
        `ratio ${spreadText(ratio)}`,
      ];
      report.judged(label, text.join('   '), { value: ratio.median, budget: budgets.transcript.ratio });
      const grown = spread(growth);
      const last = `the last 1,000 beside the second ${spreadText(grown)}`;
      report.judged(`${label}, growth`, last, { value: grown.median, budget: budgets.transcript.growth });
    }
  }
}

async function measureAll(host, transport) {
  const rounds = { client: [], floor: [], growth: [] };
  for (let index = 0; index < SESSIONS; index++) {
    const session = await host.open();
    try {
      const measured = await session.measure('measureTranscript', { transport, rounds: ROUNDS });
      for (const name of Object.keys(rounds)) rounds[name].push(...measured[name]);
    } finally {
      await session.close();
    }
  }
  return rounds;
}
