// Many operations over one socket, from the packed tarball, in Chromium.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { resultOf } from './support/browser.mjs';
import { gatewayUrl } from './support/expected.mjs';
import { servePages } from './support/served-pages.mjs';

const RUNS = 10;
const KILLS = 40;

const { browser, server } = await servePages({
  'mux.html': page({ userId: 'killed', kills: KILLS, speedMs: 110 }),
  'restart.html': page({ userId: 'restarted', kills: 0, speedMs: 60 }),
  'rotation.html': page({ userId: 'rotated', kills: 0, speedMs: 60, rotateAfterMs: 2_000 }),
});

describe('ten operations over one socket', () => {
  test('survive forty kills of it: each ends once, as the run did, with its complete text', async () => {
    const url = new URL('mux.html', server.url).href;
    const { runs, sockets } = await resultOf(browser, url, { timeoutMs: 120_000 });
    assert.equal(runs.length, RUNS);
    assert.ok(sockets > KILLS, `a socket after each kill: ${sockets}`);
    for (const { ends, status, text, truth } of runs) {
      assert.equal(ends, 1);
      assert.equal(status, truth.outcome);
      assert.equal(text, truth.text);
    }
  });

  test('survive a gateway that restarts with lost memory: each ends once, as the run did', async () => {
    const url = new URL('restart.html', server.url).href;
    const { runs } = await resultOf(browser, url, { timeoutMs: 120_000, meanwhile: restartGateway });
    assert.equal(runs.length, RUNS);
    for (const { ends, resets, status, truth } of runs) {
      assert.equal(ends, 1);
      assert.equal(status, truth.outcome);
      assert.ok(resets >= 1, 'the loss is told');
    }
  });

  test('are handed from socket to socket every two seconds, and nobody is told', async () => {
    const url = new URL('rotation.html', server.url).href;
    const { runs, sockets, statuses } = await resultOf(browser, url, { timeoutMs: 120_000 });
    assert.ok(sockets >= 4, `several sockets: ${sockets}`);
    assert.deepEqual(statuses, ['connecting', 'connected']);
    for (const { ends, resets, statuses, status, text, truth } of runs) {
      assert.equal(ends, 1);
      assert.equal(resets, 0);
      assert.equal(statuses.join().replace(/^connected,/, ''), 'disconnected', 'no change but the last');
      assert.equal(status, truth.outcome);
      assert.equal(text, truth.text, 'no event lost or doubled');
    }
  });
});

/** What happens when a gateway is restarted: it forgets, and the product's server begins what still runs anew. */
async function restartGateway(page) {
  await page.waitForFunction(() => globalThis.following);
  const { userId, operationIds } = await page.evaluate(() => globalThis.following);
  await post('/dev/restart');
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  for (const operationId of operationIds) await post('/api/operations/init', { operationId, userId });
}

async function post(path, body = {}) {
  const headers = { 'content-type': 'application/json', authorization: 'Bearer dev-service-token' };
  const response = await fetch(gatewayUrl() + path, { method: 'POST', headers, body: JSON.stringify(body) });
  assert.ok(response.ok, `${path}: ${response.status}`);
}

function page(options) {
  return `<!doctype html><script type="module">
    import { GatewayMuxClient } from '/node_modules/agent-gateway-client/mux.mjs';
    import { followAll } from '/support/follow-all.mjs';
    const options = { gateway: ${JSON.stringify(gatewayUrl())}, runs: ${RUNS}, ...${JSON.stringify(options)} };
    globalThis.result = await followAll(GatewayMuxClient, options);
  </script>`;
}
