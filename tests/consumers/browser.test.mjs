import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { launchBrowser, resultOf } from './support/browser.mjs';
import { bundlers } from './support/bundlers.mjs';
import { FOLLOWED, gatewayUrl } from './support/expected.mjs';
import { createProject } from './support/project.mjs';
import { serveFolder } from './support/static-server.mjs';

const PACKAGE = '/node_modules/agent-gateway-client';
const SLIM = ['slim', 'mux-slim', 'run-slim'];

const project = await createProject({
  copies: { support: fileURLToPath(new URL('support', import.meta.url)) },
  files: {
    'src/default.js': application('agent-gateway-client'),
    'src/slim.js': application('agent-gateway-client/slim', 'await init();'),
    'src/slim-url.js': `import wasmUrl from 'agent-gateway-client/agent_gateway_client.wasm?url';
      ${application('agent-gateway-client/slim', 'await init(wasmUrl);')}`,
    'plain/default.html': page(application(`${PACKAGE}/index.mjs`)),
    ...Object.fromEntries(
      SLIM.map((entry) => [
        `plain/${entry}.html`,
        page(application(`${PACKAGE}/${entry}.mjs`, 'await init();')),
      ]),
    ),
    'plain/policy.html': page(`
      import { AgentStreamClient } from '${PACKAGE}/index.mjs';
      import { init } from '${PACKAGE}/slim.mjs';
      const codeOf = async (action) => action().then(() => 'none', (error) => error.code);
      globalThis.result = [
        await codeOf(async () => new AgentStreamClient({ gatewayUrl: 'x', operationId: 'y', token: 'z' })),
        await codeOf(() => init()),
      ];`),
    'plain/worker.html': page(`
      const worker = new Worker('/plain/worker.js?gateway=${encodeURIComponent(gatewayUrl())}', { type: 'module' });
      worker.onmessage = ({ data }) => (globalThis.result = data);
      worker.onerror = ({ message }) => (globalThis.result = message);`),
    'plain/worker.js': `
      import { AgentStreamClient } from '${PACKAGE}/index.mjs';
      import { follow } from '/support/follow.mjs';
      const gateway = new URL(location.href).searchParams.get('gateway');
      follow(AgentStreamClient, gateway).then(postMessage, (error) => postMessage(String(error)));`,
  },
});
const browser = await launchBrowser();
after(async () => {
  await browser.close();
  project.remove();
});

describe('without a bundler', () => {
  const served = (path, options) =>
    withServer(project.folder, options, async (url) => resultOf(browser, new URL(path, url).href));

  test('the default entry follows a run in a page', async () => {
    assert.deepEqual(await served('plain/default.html'), FOLLOWED);
  });

  test('the default entry follows a run in a Worker', async () => {
    assert.deepEqual(await served('plain/worker.html'), FOLLOWED);
  });

  for (const entry of SLIM) {
    test(`/${entry} loads the file beside it`, async () => {
      assert.deepEqual(await served(`plain/${entry}.html`), FOLLOWED);
    });
  }

  test('the slim entry accepts a server that does not know WebAssembly', async () => {
    const types = { '.wasm': 'application/octet-stream' };
    assert.deepEqual(await served('plain/slim.html', { types }), FOLLOWED);
  });

  test("a policy with 'wasm-unsafe-eval' is enough", async () => {
    const headers = { 'content-security-policy': "script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'" };
    assert.deepEqual(await served('plain/default.html', { headers }), FOLLOWED);
    assert.deepEqual(await served('plain/slim.html', { headers }), FOLLOWED);
  });

  test("a policy without 'wasm-unsafe-eval' is reported as wasm_unavailable by both entries", async () => {
    const headers = { 'content-security-policy': "script-src 'self' 'unsafe-inline'" };
    assert.deepEqual(await served('plain/policy.html', { headers }), [
      'wasm_unavailable',
      'wasm_unavailable',
    ]);
  });
});

for (const { name, entries, bundle, serve, classic } of bundlers) {
  describe(`with ${name}`, () => {
    for (const entry of entries) {
      test(`the ${entry} entry follows a run`, async () => {
        const output = join(project.folder, 'out', name.replaceAll(' ', '-'), entry);
        mkdirSync(output, { recursive: true });
        const source = { folder: project.folder, entry: join(project.folder, 'src', `${entry}.js`), output };
        if (serve) {
          const server = await serve(source, page(`import '/src/${entry}.js';`));
          try {
            assert.deepEqual(await resultOf(browser, server.url), FOLLOWED);
          } finally {
            await server.close();
          }
          return;
        }
        await bundle(source);
        const html = classic
          ? '<!doctype html><script defer src="main.js"></script>'
          : page(`import './main.js';`);
        writeFileSync(join(output, 'index.html'), html);
        const result = await withServer(output, {}, (url) => resultOf(browser, url));
        assert.deepEqual(result, FOLLOWED);
      });
    }
  });
}

function application(specifier, initialise = '') {
  const support = specifier.startsWith('/') ? '/support/follow.mjs' : '../support/follow.mjs';
  return `
    import { AgentStreamClient${initialise && ', init'} } from '${specifier}';
    import { follow } from '${support}';
    (async () => {
      ${initialise}
      return follow(AgentStreamClient, '${gatewayUrl()}');
    })().then(
      (result) => (globalThis.result = result),
      (error) => (globalThis.result = String(error)),
    );`;
}

function page(script) {
  return `<!doctype html><title>Consumer</title><script type="module">${script}</script>`;
}

async function withServer(folder, options, use) {
  const server = await serveFolder(folder, options);
  try {
    return await use(server.url);
  } finally {
    await server.close();
  }
}
