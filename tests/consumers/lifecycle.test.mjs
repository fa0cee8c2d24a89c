// What the page and the network really do, in Chromium, to a client of v1 and to a mux that follow the same run.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gatewayUrl } from './support/expected.mjs';
import { FollowingPage, sleep } from './support/following-page.mjs';
import { servePages } from './support/served-pages.mjs';
import { startUnmanagedBrowser } from './support/unmanaged-browser.mjs';

/** How soon after waking a socket that is dead must be replaced. */
const REPLACED_MS = 5_000;
/** Longer than the interval of heartbeats: a deadline passes while nothing can run. */
const FROZEN_MS = 35_000;

const { browser, server } = await servePages(
  {
    'page.html': `<!doctype html><script type="module">
      import { followBoth } from '/support/lifecycle-page.mjs';
      await followBoth(${JSON.stringify(gatewayUrl())});
    </script>`,
    'elsewhere.html': '<!doctype html><title>Elsewhere</title>',
  },
  startUnmanagedBrowser,
);

describe('a page in Chromium', () => {
  pageTest('that is hidden and shown again keeps its sockets', async (page) => {
    await page.hide();
    await sleep(2_000);
    await page.show();
    await sleep(REPLACED_MS);
    for (const [name, { dials, statuses }] of await page.clients()) {
      assert.equal(dials.length, 1, name);
      assert.equal(statuses.at(-1).status, 'connected', name);
    }
  });

  pageTest(
    'replaces half-open sockets within five seconds of being shown, and takes over without a word',
    async (page) => {
      await page.hide();
      await page.faults({ halfOpen: true });
      await sleep(2_000);
      await page.show();
      await page.isReplacedWithin(REPLACED_MS, 'visible');
      await page.isCaughtUp();
      for (const [name, { dials, statuses }] of await page.clients()) {
        assert.equal(dials.length, 2, name);
        assert.ok(!statuses.some(({ status }) => status === 'reconnecting'), name);
      }
    },
    { socketsAtOnce: 2 },
  );

  pageTest('that was frozen declares nothing dead and catches up', async (page) => {
    await page.hide();
    await page.freeze();
    const before = await page.clients();
    await sleep(FROZEN_MS);
    for (const [index, [name, { statuses, text }]] of (await page.clients()).entries()) {
      assert.equal(text, before[index][1].text, `${name}: nothing runs in a frozen page`);
      assert.equal(statuses.at(-1).status, 'connected', name);
    }
    await page.resume();
    await page.show();
    await page.isCaughtUp();
    for (const [name, { statuses }] of await page.clients()) {
      const reasons = new Set(statuses.map(({ reason }) => reason));
      // Chromium itself closes the sockets of a page that it freezes.
      for (const guess of ['heartbeat_timeout', 'probe_timeout']) assert.ok(!reasons.has(guess), name);
    }
  });

  pageTest('replaces sockets that died while it was frozen within five seconds of waking', async (page) => {
    await page.hide();
    await page.freeze();
    await page.faults({ drop: true });
    await sleep(2_000);
    await page.resume();
    await page.isReplacedWithin(REPLACED_MS, 'resume');
  });

  pageTest('dials nothing while the device is offline, and at once when it is not', async (page) => {
    await page.setOffline(true);
    await page.waitForSignal('offline');
    await page.faults({ drop: true });
    await sleep(3_000);
    for (const [name, { dials }] of await page.clients()) assert.equal(dials.length, 1, name);
    await page.setOffline(false);
    await page.isReplacedWithin(REPLACED_MS, 'online');
  });

  pageTest('lets its sockets go into the back/forward cache and dials when it is back', async (page) => {
    await page.leave();
    await page.hasNoSockets();
    await sleep(1_500);
    await page.comeBack();
    await page.isReplacedWithin(1_000, 'resume');
    for (const [name, { statuses }] of await page.clients())
      assert.ok(
        statuses.some(({ reason }) => reason === 'page_hidden'),
        name,
      );
  });
});

/** A test with a page of its own; in the end both clients are connected and were told everything, over one socket each. */
function pageTest(name, body, { socketsAtOnce = 1 } = {}) {
  test(name, { timeout: 2 * 60_000 }, async () => {
    const page = await FollowingPage.open(browser.context, server.url);
    try {
      await body(page);
      await page.isCaughtUp();
      for (const [client, { alive, mostAlive }] of await page.clients())
        assert.deepEqual({ alive, mostAlive }, { alive: 1, mostAlive: socketsAtOnce }, client);
      assert.deepEqual(page.problems, []);
    } finally {
      await page.close();
    }
  });
}
