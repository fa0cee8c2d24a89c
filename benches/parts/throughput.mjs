import { join } from 'node:path';
import { startGateway } from '../../scripts/lib/gateway.mjs';
import { run } from '../../scripts/lib/process.mjs';
import { targetDir } from '../../scripts/lib/project.mjs';
import { budgets } from './budgets.mjs';
import { spread, spreadText, whole } from '../report.mjs';
import { inSession } from './sessions.mjs';

const CHUNK_BYTES = [200, 2_000];
const COUNT = 20_000;
const WARM_UP_ROUNDS = 2;
const ROUNDS = 25;

/** Events per second end to end beside a bare WebSocket. */
export async function throughput({ hosts, report }) {
  const program = await releaseGateway();
  for (const host of hosts) {
    report.heading(
      `Events per second, ${host.name}: bursts of ${whole(COUNT)} chunks, median of rounds (quartiles)`,
    );
    await inSession(host, async (session) => {
      for (const bytes of CHUNK_BYTES)
        reportRounds(report, bytes, await measureRounds(session, program, bytes));
    });
  }
}

function reportRounds(report, bytes, rounds) {
  const ratio = spread(rounds.map(({ client, bare }) => client / bare));
  const rate = (side) => whole(spread(rounds.map((round) => round[side])).median).padStart(8);
  const text = `client ${rate('client')}   bare ${rate('bare')}   ratio ${spreadText(ratio)}`;
  report.judged(`${whole(bytes)} bytes`, text, {
    value: ratio.median,
    budget: budgets.throughput[bytes],
    atLeast: true,
  });
}

async function measureRounds(session, program, bytes) {
  const rounds = [];
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
    // A gateway keeps what its runs streamed; a fresh one keeps the rounds alike.
    const gateway = await startGateway({ program });
    try {
      const clientFirst = round % 2 === 0;
      const argument = { gateway: gateway.url, count: COUNT, bytes, clientFirst };
      const rates = await session.measure('measureThroughput', argument);
      if (round >= 0) rounds.push(rates);
    } finally {
      await gateway.stop();
    }
  }
  return rounds;
}

async function releaseGateway() {
  if (process.env.AGENT_GATEWAY_BIN) return process.env.AGENT_GATEWAY_BIN;
  const env = { CARGO_TARGET_DIR: targetDir };
  await run('cargo', ['build', '--release', '-p', 'agent-gateway'], { quiet: true, env });
  return join(targetDir, 'release', process.platform === 'win32' ? 'agent-gateway.exe' : 'agent-gateway');
}
