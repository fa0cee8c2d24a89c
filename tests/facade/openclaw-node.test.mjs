import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, mock, test } from 'node:test';
import { OpenClawClient, OpenClawNode } from '../../pkg/openclaw.mjs';
import { createDialled, createReady, disposeClients } from './support/openclaw.mjs';
import { framesOf, Gateway, OPTIONS, settled } from './support/openclaw.mjs';

beforeEach(() => mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_795_223_677_000 }));
afterEach(() => {
  disposeClients();
  mock.timers.reset();
});

describe('the options of a node', () => {
  const refused = {
    'no commands': {},
    'an empty list of commands': { commands: {} },
    'a command that cannot run': { commands: { 'demo.echo': {} } },
  };
  for (const [what, options] of Object.entries(refused)) {
    test(`refuse ${what}`, () =>
      assert.throws(() => new OpenClawNode({ ...OPTIONS, ...options }), {
        name: 'GatewayError',
        code: 'invalid_option',
      }));
  }
});

describe('a node', () => {
  test('connects in its role with its commands, and tells its tools alone', async () => {
    const { gateway, socket } = await createNode({
      'demo.echo': { run: () => 1, tool: { name: 'echo', description: 'Says it again' } },
      'demo.other': { run: () => 2 },
    });
    const { client, commands, role, scopes } = gateway.asked('connect').params;
    assert.deepEqual([client.id, client.mode, role], ['node-host', 'node', 'node']);
    assert.deepEqual([commands, scopes], [['demo.echo', 'demo.other'], []]);
    const methods = socket.sent.map(({ method }) => method);
    assert.deepEqual(methods, ['connect', 'node.pluginTools.update']);
    assert.deepEqual(gateway.asked('node.pluginTools.update').params.tools, [
      {
        pluginId: 'agent-gateway-client',
        parameters: { type: 'object' },
        name: 'echo',
        description: 'Says it again',
        command: 'demo.echo',
      },
    ]);
  });

  test('runs a command with its parameters and tells what it resolves with', async () => {
    const { gateway } = await createNode({
      'demo.echo': {
        run: async ({ text }, { key, progress, sessionKey }) => {
          progress('half');
          return { text, key, sessionKey };
        },
      },
    });
    ask(gateway, { paramsJSON: '{"text":"hello"}', sessionKey: 'agent:main:a' });
    await settled();
    assert.deepEqual(gateway.asked('node.invoke.progress').params, {
      invokeId: 'i1',
      nodeId: 'n1',
      seq: 0,
      chunk: 'half',
    });
    const { ok, payloadJSON } = gateway.asked('node.invoke.result').params;
    assert.deepEqual(
      [ok, JSON.parse(payloadJSON)],
      [true, { text: 'hello', key: 'k1', sessionKey: 'agent:main:a' }],
    );
  });

  const failures = {
    'what a command throws': [{ command: 'demo.throws' }, 'client_tool_execution_error', 'broken'],
    'a command that is not there': [{ command: 'demo.none' }, 'executor_not_found', /no command demo\.none/],
    'parameters that are no JSON': [{ paramsJSON: '{' }, 'arguments_parse_error', /not JSON: \{/],
    'a result that JSON cannot say': [{ command: 'demo.cycle' }, 'client_tool_execution_error', /circular/i],
  };
  for (const [what, [request, code, message]] of Object.entries(failures)) {
    test(`tells ${what} as an error`, async () => {
      const cycle = {};
      cycle.self = cycle;
      const { gateway } = await createNode({
        'demo.echo': { run: () => 1 },
        'demo.cycle': { run: () => cycle },
        'demo.throws': {
          run: () => {
            throw new Error('broken');
          },
        },
      });
      ask(gateway, request);
      await settled();
      const { error, ok } = gateway.asked('node.invoke.result').params;
      assert.deepEqual([ok, error.code], [false, code]);
      assert.match(error.message, new RegExp(message));
    });
  }

  test('aborts a command that is too late, cancelled, or left behind', async () => {
    const signals = [];
    const { client, gateway } = await createNode({
      'demo.echo': { run: (_, { signal }) => new Promise(() => signals.push(signal)) },
    });
    for (const number of [1, 2, 3]) {
      ask(gateway, { id: `i${number}`, idempotencyKey: `k${number}`, timeoutMs: number * 1_000 });
    }
    await settled();
    const aborted = () => signals.map((signal) => signal.aborted);
    mock.timers.tick(600);
    assert.deepEqual(aborted(), [true, false, false]);
    assert.equal(gateway.asked('node.invoke.result').params.error.code, 'client_executor_timeout');
    gateway.tell('node.invoke.cancel', { invokeId: 'i2', nodeId: 'n1' });
    assert.deepEqual(aborted(), [true, true, false]);
    client.dispose();
    assert.deepEqual(aborted(), [true, true, true]);
  });
});

test('a message that is larger than a gateway can keep is refused unread', async () => {
  const { client, socket } = await createReady(OpenClawClient);
  const errors = [];
  client.on('error', ({ code, message }) => errors.push([code, message]));
  socket.receive(`{"type":"event","event":"${'x'.repeat(52_428_800)}"}`);
  assert.deepEqual(errors, [['protocol', 'a message larger than a gateway can keep']]);
  assert.equal(client.state.status, 'ready');
});

/** A node that was welcomed as the captured one was. */
async function createNode(commands) {
  const { client, connected, socket } = await createDialled(OpenClawNode, { commands });
  const gateway = new Gateway(socket);
  await gateway.challenge();
  const welcome = framesOf('12-node-role-node-side').find(({ payload }) => payload?.type === 'hello-ok');
  gateway.answer('connect', welcome.payload);
  await connected;
  return { client, gateway, socket };
}

function ask(gateway, request) {
  gateway.tell('node.invoke.request', {
    id: 'i1',
    nodeId: 'n1',
    command: 'demo.echo',
    paramsJSON: '{}',
    timeoutMs: 5_000,
    idempotencyKey: 'k1',
    ...request,
  });
}
