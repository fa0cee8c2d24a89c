import { after, afterEach, before, test } from 'node:test';
import { startOpenClaw } from '../../../scripts/openclaw/gateway.mjs';
import { connection } from '../cases/connection.mjs';
import { node } from '../cases/node.mjs';
import { work } from '../cases/work.mjs';

const START_WITHIN_MS = 200_000;

/** Declares the cases that are the same everywhere, with one gateway for all; `world` is filled before they run. */
export function suite(openHost) {
  const world = {};
  before(
    async () => {
      world.gateway = await startOpenClaw();
      world.host = await openHost();
    },
    { timeout: START_WITHIN_MS },
  );
  after(async () => {
    await world.host?.close();
    await world.gateway?.stop();
  });
  afterEach(() => world.host.clear());
  for (const [title, check] of Object.entries({ ...connection, ...work, ...node })) {
    test(title, (context) => check({ ...world, report: (text) => context.diagnostic(text) }));
  }
  return world;
}
