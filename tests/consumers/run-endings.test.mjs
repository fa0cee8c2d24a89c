// Every way in which a run ends, from the packed tarball, in Chromium: the button, the outcome, and what is left behind.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { buildGateway, startGateway } from '../../scripts/lib/gateway.mjs';
import { gatewayUrl } from './support/expected.mjs';
import { Product } from './support/product.mjs';
import { RUN_PAGE, RunButtonPage } from './support/run-button-page.mjs';
import { servePages } from './support/served-pages.mjs';

const { browser, server } = await servePages({ 'run.html': RUN_PAGE });
const program = await buildGateway();
const watchful = await startGateway({ program, args: ['--inflight-watchdog-ms', '1500'] });
const first = await startGateway({ program, args: ['--v1-only'] });
after(() => Promise.all([watchful.stop(), first.stop()]));

const COMPLETED = { verdict: 'completed', known: true, succeeded: true };
const STOPPED = { verdict: 'interrupted', known: true, succeeded: false };
const FAILED = { verdict: 'failed', known: true, succeeded: false };
const UNKNOWN = { verdict: 'unknown', known: false, succeeded: false };

for (const transport of ['v1', 'v2']) {
  describe(`over ${transport}, a run ends`, () => {
    const ends = (name, ending, expected, options, body) =>
      endsTest(name, ending, expected, { transport, ...options }, body);

    ends('with its own event', 'agent_event', COMPLETED, { script: 'markdown', speedMs: 5 });

    ends('with the completion of its session', 'session_complete', UNKNOWN, {}, async (page, product) => {
      await product.updateStatus(await streaming(page), 'completed');
    });

    ends('with its failure', 'agent_event', FAILED, { script: 'failing', speedMs: 5 });

    ends('with the watchdog of the gateway', 'status_change', FAILED, { gateway: watchful.url });

    ends('with the first token, which is refused', 'auth_failed', UNKNOWN, { tokens: 'wrong' });

    ends('with a later token, which is refused', 'auth_failed', UNKNOWN, {}, async (page, product) => {
      await product.faults(await streaming(page), { drop: true, refuseToken: true });
    });

    ends(
      'with a user who is signed out when a token is due',
      'auth_failed',
      UNKNOWN,
      { tokens: 'signed out' },
      async (page, product) => {
        await product.faults(await streaming(page), { drop: true, expireToken: true });
      },
    );

    ends(
      'with tokens that the host cannot give',
      'reconnect_limit',
      UNKNOWN,
      { limits: { reconnect: 2_000 }, tokens: 'never right' },
      async (page, product) => {
        await product.faults(await streaming(page), { drop: true, expireToken: true });
      },
    );

    ends(
      'with a connection that does not come back',
      'reconnect_limit',
      UNKNOWN,
      { limits: { reconnect: 2_000 } },
      async (page, product) => {
        await product.faults(await streaming(page), { drop: true, refuseConnections: true });
        assert.ok((await page.reaches('reconnecting')).options);
      },
    );

    ends('with an operation that the gateway never gets to know', 'pending_limit', UNKNOWN, {
      limits: { pending: 1_500 },
      start: 'stranger',
    });

    ends(
      'with a gateway that forgot it and is not told of it',
      'pending_limit',
      UNKNOWN,
      { gateway: watchful.url, limits: { pending: 1_500 } },
      async (page, product) => {
        await streaming(page);
        await product.post('/dev/restart');
      },
    );

    ends('with a newer one', 'superseded', UNKNOWN, {}, async (page) => {
      await streaming(page);
      await page.tab.evaluate(() => globalThis.run.supersede());
    });

    ends('with a page that leaves it', 'detached', UNKNOWN, {}, async (page) => {
      await streaming(page);
      await page.tab.evaluate(() => globalThis.run.detach());
    });

    ends('with its user, who stops it', 'agent_event', STOPPED, {}, async (page) => {
      await streaming(page);
      await page.press('stop');
    });

    ends(
      'with its user, and an agent that does not hear of it',
      'stopped',
      STOPPED,
      { interrupt: 'nothing', limits: { stop: 1_000 } },
      async (page) => {
        await streaming(page);
        await page.press('stop');
      },
    );

    ends(
      'with its user, and a server that does not answer',
      'stop_unconfirmed',
      { ...STOPPED, known: false },
      { interrupt: 'never', limits: { stop: 1_000 } },
      async (page) => {
        await streaming(page);
        await page.press('stop');
      },
    );
  });
}

describe('a run ends', () => {
  endsTest('with a connection that never stood', 'connect_limit', UNKNOWN, {
    faults: { refuseConnections: true },
    limits: { connect: 1_500 },
    transport: 'v1',
  });

  endsTest(
    'with a gateway that serves no socket for all, where none else is wanted',
    'unavailable',
    UNKNOWN,
    {
      gateway: first.url,
      transport: 'v2',
    },
  );

  endsTest('over a socket of its own where the gateway serves no other', 'agent_event', COMPLETED, {
    gateway: first.url,
    script: 'markdown',
    speedMs: 5,
  });

  endsTest('with a start that fails', 'start_failed', FAILED, { start: 'fail' });

  endsTest('with a start that says nothing', 'start_timeout', UNKNOWN, {
    limits: { start: 1_000 },
    start: 'never',
  });

  endsTest(
    'with its user, before it began',
    'stopped_before_start',
    { ...STOPPED, known: false },
    { start: 'never' },
    async (page) => {
      await page.reaches('submitting');
      await page.press('stop');
    },
  );
});

describe('a run that is resumed ends', () => {
  resumedTest('at once where the server does not know the operation', 'unknown_operation', UNKNOWN, {
    operationId: 'op_gone',
    tokens: 'unknown operation',
  });

  resumedTest('with the third token that the host cannot give', 'refresh_failed', UNKNOWN, {
    tokens: 'never right',
  });

  resumedTest('with a user who is signed out', 'unauthorized', UNKNOWN, { tokens: 'signed out' });

  for (const transport of ['v1', 'v2']) {
    resumedTest(
      `with what the gateway says of one that is over, over ${transport}`,
      'agent_event',
      COMPLETED,
      {
        script: 'markdown',
        transport,
      },
    );
  }
});

/** The button is pressed, `body` does what makes the run end. */
function endsTest(name, ending, expected, options, body) {
  test(name, { timeout: 60_000 }, async () => {
    const gateway = options.gateway ?? gatewayUrl();
    const page = await RunButtonPage.open(browser, server.url, { ...options, gateway });
    try {
      await page.press('send');
      await body?.(page, new Product(gateway));
      await endedAs(page, ending, expected);
    } finally {
      await page.tab.close();
    }
  });
}

/** The page is loaded while a run goes on, or went on. */
function resumedTest(name, ending, expected, { operationId, script, ...options }) {
  test(name, { timeout: 60_000 }, async () => {
    const gateway = gatewayUrl();
    const product = new Product(gateway);
    const started = script && (await product.run({ script, speedMs: 1 }));
    if (started) await product.ended(started.operationId);
    const resume = operationId ?? started?.operationId ?? 'op_known';
    const page = await RunButtonPage.open(browser, server.url, {
      ...options,
      ...(started && { userId: started.userId }),
      gateway,
      resume,
    });
    try {
      await endedAs(page, ending, expected);
    } finally {
      await page.tab.close();
    }
  });
}

async function endedAs(page, ending, { verdict, known, succeeded }) {
  const outcome = await page.outcome();
  assert.deepEqual(
    { ending: outcome.ending, known: outcome.known, succeeded: outcome.succeeded, verdict: outcome.verdict },
    { ending, known, succeeded, verdict },
  );
  await page.isOver();
}

/** Resolves with the operation, once the agent is at work and something of it arrived. */
async function streaming(page) {
  await page.reaches('streaming');
  await page.until(() => globalThis.run.transcript.getSnapshot().messages.length > 0);
  return page.operationId();
}
