// Runs where no WebSocket comes through, from the packed tarball, in Chromium.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { launchBrowser, resultOf } from './support/browser.mjs';
import { gatewayUrl } from './support/expected.mjs';
import { createProject } from './support/project.mjs';
import { serveFolder } from './support/static-server.mjs';

const project = await createProject({
  copies: { support: fileURLToPath(new URL('support', import.meta.url)) },
  files: {
    'refused.html': page({ by: 'gateway', script: 'markdown', speedMs: 20 }),
    'tool.html': page({ by: 'constructor', script: 'tool', speedMs: 20 }),
    'offline.html': page({ by: 'gateway', script: 'long', speedMs: 20 }),
  },
});
const browser = await launchBrowser();
const server = await serveFolder(project.folder);
after(async () => {
  await server.close();
  await browser.close();
  project.remove();
});

describe('a run without WebSockets', () => {
  test('streams its whole text where the gateway refuses them', async () => {
    const run = await resultOf(browser, new URL('refused.html', server.url).href);
    assert.equal(run.verdict, 'completed');
    assert.equal(run.text, run.truth.text);
    assert.ok(run.grewBy > 5, `it streamed: ${run.grewBy} states`);
    assert.equal(run.transport, 'sse');
    assert.deepEqual(run.errors, ['sockets_blocked']);
  });

  test('shows what another client made of its tool where the page may open none', async () => {
    const run = await resultOf(browser, new URL('tool.html', server.url).href);
    assert.equal(run.verdict, 'completed');
    assert.equal(run.text, run.truth.text);
    assert.match(run.text, /another client ran it/);
    assert.deepEqual(
      run.tools.map(({ phase }) => phase),
      ['succeeded'],
    );
    assert.equal(run.transport, 'sse');
    assert.deepEqual(run.errors, ['sockets_blocked', 'tool_left']);
  });

  test('goes on where it was after the network was gone', async () => {
    const url = new URL('offline.html', server.url).href;
    const run = await resultOf(browser, url, { timeoutMs: 60_000, meanwhile: loseNetwork });
    assert.equal(run.verdict, 'completed');
    assert.equal(run.text, run.truth.text);
    assert.equal(run.transport, 'sse');
  });
});

async function loseNetwork(page) {
  await page.waitForFunction(
    () => globalThis.running?.transcript.getSnapshot().messages.at(-1)?.parts.at(-1)?.text?.length > 100,
  );
  await page.context().setOffline(true);
  await page.waitForFunction(() => globalThis.running.getSnapshot().phase === 'reconnecting');
  await page.context().setOffline(false);
}

function page(options) {
  return `<!doctype html><script type="module">
    import * as client from '/node_modules/agent-gateway-client/run.mjs';
    import { runStream } from '/support/run-stream.mjs';
    const options = ${JSON.stringify({ gateway: gatewayUrl(), ...options })};
    globalThis.result = await runStream(client, options);
  </script>`;
}
