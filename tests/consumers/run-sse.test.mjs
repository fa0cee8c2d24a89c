// Runs where no WebSocket comes through, from the packed tarball, in Chromium.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { resultOf } from './support/browser.mjs';
import { gatewayUrl } from './support/expected.mjs';
import { startProxy } from './support/proxy.mjs';
import { servePages } from './support/served-pages.mjs';

const CUTS = 4;

const proxy = await startProxy(gatewayUrl());
const { browser, server } = await servePages({
  'refused.html': page({ by: 'gateway', script: 'long', speedMs: 10 }),
  'tool.html': page({ by: 'constructor', script: 'tool', speedMs: 20 }),
  'cut.html': page({ by: 'gateway', script: 'long', speedMs: 20, serverUrl: proxy.url }),
});
after(() => proxy.close());

describe('a run without WebSockets', () => {
  test('streams its whole text where the gateway refuses them', async () => {
    const run = await resultOf(browser, new URL('refused.html', server.url).href);
    assert.equal(run.verdict, 'completed');
    assert.equal(run.text, run.truth.text);
    assert.ok(run.grewBy > 5, `it streamed: ${run.grewBy} states`);
    assert.equal(run.transport, 'sse');
    assert.equal(run.errors.at(-1), 'sockets_blocked');
  });

  test('shows what another client made of its tool where the page may open none', async () => {
    const run = await resultOf(browser, new URL('tool.html', server.url).href);
    assert.equal(run.verdict, 'completed');
    assert.equal(run.text, run.truth.text);
    assert.match(run.text, /another client ran it/);
    assert.deepEqual(run.tools, ['succeeded']);
    assert.equal(run.transport, 'sse');
    assert.deepEqual(run.errors, ['sockets_blocked', 'tool_left']);
  });

  test('goes on where it was each time its stream breaks', async () => {
    const url = new URL('cut.html', server.url).href;
    const run = await resultOf(browser, url, { timeoutMs: 60_000, meanwhile: cutStreams });
    assert.equal(run.verdict, 'completed');
    assert.equal(run.text, run.truth.text);
    assert.equal(run.transport, 'sse');
    assert.equal(run.repeated, 0);
    const breaks = run.errors.filter((code) => code === 'stream_error').length;
    assert.ok(breaks > 1, `it broke: ${breaks} times`);
  });
});

async function cutStreams(page) {
  let length = 0;
  for (let time = 0; time < CUTS; time++) {
    const text = await page.waitForFunction(
      (shown) => globalThis.shownText?.length > shown && globalThis.shownText.length,
      length,
    );
    length = (await text.jsonValue()) + 50;
    proxy.cut();
  }
}

function page(options) {
  return `<!doctype html><script type="module">
    import * as client from '/node_modules/agent-gateway-client/run.mjs';
    import { runStream } from '/support/run-stream.mjs';
    const options = ${JSON.stringify({ gateway: gatewayUrl(), ...options })};
    globalThis.result = await runStream(client, options);
  </script>`;
}
