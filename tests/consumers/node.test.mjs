import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { run } from '../../scripts/lib/process.mjs';
import { FOLLOWED, gatewayUrl } from './support/expected.mjs';
import { createProject } from './support/project.mjs';

const FILES = {
  'default.mjs': `
    import WebSocket from 'ws';
    import { AgentStreamClient } from 'agent-gateway-client';
    import { follow } from './support/follow.mjs';
    console.log(JSON.stringify(await follow(AgentStreamClient, process.argv[2], { WebSocket })));`,
  'common.cjs': `
    const WebSocket = require('ws');
    const { AgentStreamClient } = require('agent-gateway-client');
    const { isSessionTerminalEvent } = require('agent-gateway-client/helpers');
    if (!isSessionTerminalEvent({ type: 'agent_runtime_end' })) throw new Error('helpers do not work');
    import('./support/follow.mjs')
      .then(({ follow }) => follow(AgentStreamClient, process.argv[2], { WebSocket }))
      .then((result) => console.log(JSON.stringify(result)));`,
  'slim.mjs': `
    import WebSocket from 'ws';
    import { follow } from './support/follow.mjs';
    const { AgentStreamClient, init } = await import(process.argv[2]);
    await init();
    console.log(JSON.stringify(await follow(AgentStreamClient, process.argv[3], { WebSocket })));`,
  'import-only.mjs': `
    const touched = [];
    const guarded = ['WebSocket', 'WebAssembly', 'fetch', 'setTimeout', 'setInterval', 'window', 'document', 'navigator'];
    for (const name of guarded) {
      Object.defineProperty(globalThis, name, { configurable: true, get: () => void touched.push(name) });
    }
    const before = Reflect.ownKeys(globalThis).length;
    await import('agent-gateway-client');
    for (const entry of ['slim', 'mux', 'mux-slim', 'run', 'run-slim', 'openclaw', 'openclaw-slim', 'openclaw-signer', 'helpers']) {
      await import(\`agent-gateway-client/\${entry}\`);
    }
    console.log(JSON.stringify({ touched, added: Reflect.ownKeys(globalThis).length - before }));`,
  'helpers-only.mjs': `
    delete globalThis.WebAssembly;
    const helpers = await import('agent-gateway-client/helpers');
    const guard = new helpers.MirroredTerminalEchoGuard('op_1');
    guard.observe({ type: 'agent_runtime_end', operationId: 'op_2', data: {} });
    console.log(JSON.stringify([guard.consumeEcho('session_complete'), helpers.CLIENT_PROTOCOL_VERSION]));`,
  'exports.mjs': `
    import { createRequire } from 'node:module';
    import { basename } from 'node:path';
    const require = createRequire(import.meta.url);
    const names = (module) => Object.keys(module).filter((name) => name !== 'default' && name !== 'module.exports').sort();
    const imported = names(await import('agent-gateway-client'));
    const slim = {};
    for (const entry of ['', 'mux', 'run', 'openclaw']) {
      const whole = await import(entry ? \`agent-gateway-client/\${entry}\` : 'agent-gateway-client');
      const file = entry ? \`\${entry}-slim\` : 'slim';
      slim[file] = { whole: names(whole), slim: names(await import(\`agent-gateway-client/\${file}\`)) };
    }
    const modules = ['agent_gateway_client', 'mux', 'run', 'openclaw'];
    console.log(JSON.stringify({
      imported,
      required: names(require('agent-gateway-client')),
      fromCommonJs: names(await import(require.resolve('agent-gateway-client'))),
      helpers: names(await import('agent-gateway-client/helpers')),
      slim,
      files: modules.map((name) => basename(require.resolve(\`agent-gateway-client/\${name}.wasm\`))),
    }));`,
};

describe('in Node, from the packed package', () => {
  let project;
  before(async () => {
    project = await createProject({
      files: FILES,
      copies: { support: fileURLToPath(new URL('support', import.meta.url)) },
      links: ['ws'],
    });
  });
  after(() => project.remove());

  const output = async (file, ...args) => {
    const printed = await run(process.execPath, [file, ...args], {
      cwd: project.folder,
      quiet: true,
      timeoutMs: 60_000,
    });
    return JSON.parse(printed);
  };

  test('an ECMAScript module follows a run to its end', async () => {
    assert.deepEqual(await output('default.mjs', gatewayUrl()), FOLLOWED);
  });

  test('a CommonJS module follows a run to its end', async () => {
    assert.deepEqual(await output('common.cjs', gatewayUrl()), FOLLOWED);
  });

  for (const entry of ['slim', 'mux-slim', 'run-slim']) {
    test(`/${entry} reads its module from the disk and follows a run to its end`, async () => {
      assert.deepEqual(await output('slim.mjs', `agent-gateway-client/${entry}`, gatewayUrl()), FOLLOWED);
    });
  }

  test('an import touches no global and starts nothing', async () => {
    assert.deepEqual(await output('import-only.mjs'), { touched: [], added: 0 });
  });

  test('the helpers work where there is no WebAssembly', async () => {
    assert.deepEqual(await output('helpers-only.mjs'), [true, 2]);
  });

  test('every way of loading gives the same names', async () => {
    const { imported, required, fromCommonJs, helpers, files } = await output('exports.mjs');
    assert.deepEqual(required, imported);
    assert.deepEqual(fromCommonJs, imported);
    const classes = ['AgentStreamClient', 'GatewayError', 'UnauthorizedError'];
    assert.deepEqual(imported, [...helpers, ...classes].sort());
    assert.deepEqual(files, ['agent_gateway_client.wasm', 'mux.wasm', 'run.wasm', 'openclaw.wasm']);
  });

  test('a slim entry has what the whole one has, but init() and not the helpers', async () => {
    const { slim, helpers } = await output('exports.mjs');
    assert.deepEqual(Object.keys(slim), ['slim', 'mux-slim', 'run-slim', 'openclaw-slim']);
    for (const [entry, names] of Object.entries(slim)) {
      const expected = names.whole.filter((name) => !helpers.includes(name));
      assert.deepEqual(names.slim, [...expected, 'init'].sort(), entry);
    }
  });
});
