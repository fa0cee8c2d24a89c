import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { beforeEach, describe, test } from 'node:test';
import { OPTIONS } from './support/client.mjs';
import { loadFacadeOverFake } from './support/fake-module.mjs';
import { MUX_OPTIONS } from './support/mux.mjs';
import { OPTIONS as OPENCLAW_OPTIONS } from './support/openclaw.mjs';

beforeEach(() => {
  globalThis.fakeStreams = undefined;
  globalThis.fakeInstances = 0;
});

describe('the module', () => {
  test('is started at the first new, once', async () => {
    const { AgentStreamClient } = await loadFacadeOverFake();
    assert.equal(globalThis.fakeInstances, 0);
    new AgentStreamClient(OPTIONS);
    new AgentStreamClient(OPTIONS);
    assert.equal(globalThis.fakeInstances, 1);
  });

  test('that the engine refuses is a GatewayError that says what to do', async (context) => {
    const { AgentStreamClient } = await loadFacadeOverFake();
    const { Module } = WebAssembly;
    context.after(() => (WebAssembly.Module = Module));
    WebAssembly.Module = class {
      constructor() {
        throw new WebAssembly.CompileError("violates the directive: 'wasm-unsafe-eval'");
      }
    };
    assert.throws(
      () => new AgentStreamClient(OPTIONS),
      (error) => {
        assert.equal(error.code, 'wasm_unavailable');
        assert.match(error.remediation, /'wasm-unsafe-eval'/);
        assert.ok(error.cause instanceof WebAssembly.CompileError);
        return true;
      },
    );
    WebAssembly.Module = Module;
    new AgentStreamClient(OPTIONS);
  });

  test('that does not exist is a GatewayError', async (context) => {
    const { AgentStreamClient } = await loadFacadeOverFake();
    const { WebAssembly } = globalThis;
    context.after(() => (globalThis.WebAssembly = WebAssembly));
    delete globalThis.WebAssembly;
    assert.throws(() => new AgentStreamClient(OPTIONS), { code: 'wasm_unavailable' });
  });

  test('that traps in a call throws a GatewayError with code internal', async () => {
    const { client, raw } = await createTrappable();
    raw.trapsAt = 'connect';
    assert.throws(
      () => client.connect(),
      (error) => {
        assert.equal(error.name, 'GatewayError');
        assert.equal(error.code, 'internal');
        assert.ok(error.cause instanceof WebAssembly.RuntimeError);
        return true;
      },
    );
  });

  test('that traps ends every active client of it and no idle one', async () => {
    const { AgentStreamClient, client, raw } = await createTrappable();
    const idle = new AgentStreamClient(OPTIONS);
    const log = recorded(client);
    const idleLog = recorded(idle);
    client.connect();
    assert.throws(() => raw.trapInCallback(), WebAssembly.RuntimeError);
    assert.deepEqual(log, []);

    const { detail, reason, source, status } = await client.done;
    assert.deepEqual(
      { reason, source, status },
      { reason: 'internal', source: 'connection_lost', status: 'disconnected' },
    );
    assert.match(detail, /unreachable/);
    assert.deepEqual(log, [['error', 'internal'], ['status_changed', 'disconnected'], ['disconnected']]);
    assert.equal(client.state.reason, 'internal');
    assert.equal(client.connectionStatus, 'disconnected');
    assert.ok(raw.calls.includes('dispose'));
    assert.deepEqual(idleLog, []);
    assert.throws(() => idle.connect(), { code: 'internal' });
  });

  test('that trapped is replaced for the next client and left alone by the old ones', async () => {
    const { AgentStreamClient, client, raw } = await createTrappable();
    raw.trapsAt = 'connect';
    assert.throws(() => client.connect());
    await client.done;
    const calls = raw.calls.length;
    assert.equal(client.sendUserInput('request_1', 'x'), false);
    client.disconnect();
    client.dispose();
    await Promise.resolve();
    assert.equal(raw.calls.length, calls);

    const next = new AgentStreamClient(OPTIONS);
    assert.equal(globalThis.fakeInstances, 2);
    next.connect();
    assert.equal(next.connectionStatus, 'connecting');
  });
});

describe('the module of a mux', () => {
  test('that traps ends its subscriptions and whatever waits', async () => {
    const { mux, raw } = await createTrappableMux();
    const subscription = mux.subscribe('op_1');
    const connecting = assert.rejects(mux.connect(), { code: 'internal' });
    const waiting = assert.rejects(subscription.whenState('connected'), { code: 'ended' });
    const log = [];
    for (const event of ['error', 'status_changed', 'disconnected']) {
      subscription.on(event, () => log.push(`sub ${event}`));
      mux.on(event, () => log.push(`mux ${event}`));
    }
    assert.throws(() => raw.trapInCallback(), WebAssembly.RuntimeError);
    const { reason, source } = await subscription.done;
    assert.deepEqual({ reason, source }, { reason: 'internal', source: 'connection_lost' });
    await Promise.all([connecting, waiting]);
    assert.deepEqual(log, [
      'sub error',
      'sub status_changed',
      'sub disconnected',
      'mux error',
      'mux status_changed',
      'mux disconnected',
    ]);
    assert.deepEqual(raw.calls, ['subscribe 1', 'connect', 'dispose']);
    assert.deepEqual([mux.state.reason, subscription.state.reason], ['internal', 'internal']);
    assert.equal(subscription.lastEventId, '');
    assert.throws(() => mux.subscribe('op_1'), { code: 'internal' });
  });

  test('is freed after dispose, and subscriptions have numbers of their own', async () => {
    const { mux, raw } = await createTrappableMux();
    mux.subscribe('op_1');
    const { done, lastEventId } = mux.subscribe('op_1');
    assert.equal(lastEventId, '7');
    mux.dispose();
    await done;
    assert.deepEqual(raw.calls, ['subscribe 1', 'subscribe 2', 'dispose', 'free']);
  });
});

describe('dispose', () => {
  test('frees the memory later, never inside a callback', async () => {
    const { client, raw } = await createTrappable();
    client.on('status_changed', () => client.dispose());
    client.connect();
    raw.host.emit(0, 'status_changed', 'connected');
    assert.deepEqual(raw.calls, ['connect', 'dispose']);
    await Promise.resolve();
    assert.deepEqual(raw.calls, ['connect', 'dispose', 'free']);
  });
});

describe('the inlined module', () => {
  const entries = [
    ['index', 'agent_gateway_client', ({ AgentStreamClient }) => new AgentStreamClient(OPTIONS)],
    ['mux', 'mux', ({ GatewayMuxClient }) => new GatewayMuxClient(MUX_OPTIONS)],
    ['run', 'run', ({ AgentStreamClient }) => new AgentStreamClient(OPTIONS)],
    ['openclaw', 'openclaw', connectOpenClaw],
  ];
  for (const [entry, file, create] of entries) {
    test(`of ${entry}.mjs is ${file}.wasm, byte by byte`, async (context) => {
      const compiled = compiledBytes(context);
      await create(await import(`../../pkg/${entry}.mjs?inlined`));
      assert.ok(compiled.bytes.equals(await readFile(new URL(`../../pkg/${file}.wasm`, import.meta.url))));
    });
  }

  test('may hold every byte', async (context) => {
    const section = Buffer.from([0, 0x83, 2, 1, 0x61, ...Array(256).keys(), 0]);
    const bytes = Buffer.concat([Buffer.from('0061736d01000000', 'hex'), section]);
    const compiled = compiledBytes(context);
    const { AgentStreamClient } = await loadFacadeOverFake('index.ts', bytes);
    new AgentStreamClient(OPTIONS);
    assert.ok(compiled.bytes.equals(bytes));
  });
});

describe('the slim entry', () => {
  test('is an error before init, works after it, and init is idempotent', async () => {
    const { AgentStreamClient, init } = await import('../../pkg/slim.node.mjs?idempotent');
    assert.throws(() => new AgentStreamClient(OPTIONS), { code: 'not_initialized' });
    await Promise.all([init(), init()]);
    await init();
    assert.equal(new AgentStreamClient(OPTIONS).connectionStatus, 'disconnected');
  });

  test('takes bytes, a module, a response and a URL', async () => {
    const bytes = await readFile(new URL('../../pkg/agent_gateway_client.wasm', import.meta.url));
    const server = await serve((_, response) =>
      response.setHeader('content-type', 'application/wasm').end(bytes),
    );
    const inputs = [
      bytes,
      new Uint8Array(bytes).buffer,
      new WebAssembly.Module(bytes),
      Promise.resolve(bytes),
      new Response(bytes),
      fetch(server.url),
      server.url,
      new URL(server.url),
    ];
    for (const [index, input] of inputs.entries()) {
      const { AgentStreamClient, init } = await import(`../../pkg/slim.mjs?input${index}`);
      await init(input);
      assert.equal(new AgentStreamClient(OPTIONS).connectionStatus, 'disconnected');
    }
    server.close();
  });

  test('may be tried again after a failure, and accepts any content type', async () => {
    const bytes = await readFile(new URL('../../pkg/agent_gateway_client.wasm', import.meta.url));
    const answers = [
      (response) =>
        response
          .writeHead(200, { 'content-length': bytes.length })
          .write(bytes.subarray(0, 9), () => response.destroy()),
      (response) => response.writeHead(404).end('not here'),
      (response) => response.setHeader('content-type', 'text/html').end('<!doctype html>'),
      (response) => response.setHeader('content-type', 'application/octet-stream').end(bytes),
    ];
    const server = await serve((_, response) => answers.shift()(response));
    const { AgentStreamClient, init } = await import('../../pkg/slim.mjs?failure');
    await assert.rejects(init(server.url), { code: 'wasm_load_failed', message: /cannot be read/ });
    await assert.rejects(init(server.url), { code: 'wasm_load_failed', message: /status 404/ });
    await assert.rejects(init(server.url), { code: 'wasm_load_failed' });
    await init(server.url);
    assert.equal(new AgentStreamClient(OPTIONS).connectionStatus, 'disconnected');
    server.close();
  });

  for (const [entry, file] of [
    ['slim', 'agent_gateway_client.wasm'],
    ['mux-slim', 'mux.wasm'],
    ['run-slim', 'run.wasm'],
    ['openclaw-slim', 'openclaw.wasm'],
  ]) {
    test(`/${entry} that cannot load its module says which file to serve`, async () => {
      const { init } = await import(`../../pkg/${entry}.mjs?which`);
      await assert.rejects(init('http://127.0.0.1:1/x.wasm'), ({ code, remediation }) => {
        assert.deepEqual([code, remediation.split(' ')[1]], ['wasm_load_failed', file]);
        return true;
      });
    });
  }

  test('reports a server that cannot be reached', async () => {
    const { init } = await import('../../pkg/slim.mjs?unreachable');
    await assert.rejects(init('http://127.0.0.1:1/x.wasm'), { code: 'wasm_load_failed', retryable: true });
  });
});

/** The module of OpenClaw waits for the first connection. */
async function connectOpenClaw({ OpenClawClient }) {
  const client = new OpenClawClient(OPENCLAW_OPTIONS);
  const connecting = assert.rejects(client.connect());
  await new Promise((resolve) => setImmediate(resolve));
  client.dispose();
  await connecting;
}

/** Watches what is compiled until the test is over. */
function compiledBytes(context) {
  const { Module } = WebAssembly;
  context.after(() => (WebAssembly.Module = Module));
  const compiled = {};
  WebAssembly.Module = class extends Module {
    constructor(bytes) {
      super(bytes);
      compiled.bytes = Buffer.from(bytes);
    }
  };
  return compiled;
}

async function createTrappableMux() {
  const { GatewayMuxClient } = await loadFacadeOverFake('mux-index.ts');
  const mux = new GatewayMuxClient(MUX_OPTIONS);
  return { mux, raw: globalThis.fakeMuxes.at(-1) };
}

async function createTrappable() {
  const { AgentStreamClient } = await loadFacadeOverFake();
  const client = new AgentStreamClient(OPTIONS);
  return { AgentStreamClient, client, raw: globalThis.fakeStreams.at(-1) };
}

function recorded(client) {
  const log = [];
  client.on('error', ({ code }) => log.push(['error', code]));
  for (const event of ['status_changed', 'disconnected'])
    client.on(event, (...args) => log.push([event, ...args]));
  return log;
}

async function serve(answer) {
  const server = createServer(answer);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${server.address().port}/module.wasm`, close: () => server.close() };
}
