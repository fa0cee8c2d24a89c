import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, mock, test } from 'node:test';
import { openOperation, UnauthorizedError } from '../../pkg/mux.mjs';
import { microtasks, ready, receiveEvent } from './support/mux.mjs';
import { recordOperation } from './support/operation.mjs';
import { forgetSockets, ScriptedSocket } from './support/scripted-socket.mjs';

const RESULT = { toolCallId: 'call_1', content: 'ok', success: true };

let gateways = 0;
let opened = [];

beforeEach(() => {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'], now: 1_790_000_000_000 });
  forgetSockets();
  // A page remembers what a gateway serves.
  gateways++;
});
afterEach(() => {
  for (const client of opened.splice(0)) client.disconnect();
  mock.timers.tick(1);
  mock.timers.reset();
});

describe('an operation', () => {
  test('refuses what its carriers would refuse', () => {
    assert.throws(() => openOperation(), { code: 'invalid_option' });
    assert.throws(() => open({ operationId: '' }), { code: 'invalid_option' });
    assert.throws(() => open({ token: undefined }), { code: 'invalid_option' });
  });

  test('opens nothing before connect', () => {
    const { client } = open();
    assert.equal(client.connectionStatus, 'disconnected');
    assert.equal(ScriptedSocket.all.length, 0);
  });

  test('shares the socket of its gateway, which closes with the last', async () => {
    const first = open({ executor: true });
    const second = open({ operationId: 'op_2' });
    first.client.connect();
    second.client.connect();
    await microtasks();
    ready(ScriptedSocket.latest);
    assert.equal(ScriptedSocket.all.length, 1);
    assert.match(ScriptedSocket.latest.url, /\/v2\/ws\?token=token_1&/);
    assert.deepEqual(ScriptedSocket.latest.sent, [
      { type: 'subscribe', operationId: 'op_1', executor: true },
      { type: 'subscribe', operationId: 'op_2' },
    ]);
    first.client.disconnect();
    mock.timers.tick(1);
    assert.equal(ScriptedSocket.latest.closedWith, undefined);
    second.client.disconnect();
    mock.timers.tick(1);
    assert.equal(ScriptedSocket.latest.closedWith.code, 1000);
  });

  test('uses the latest token for the next dial', async () => {
    const { client } = open();
    client.connect();
    await microtasks();
    ready(ScriptedSocket.latest);
    client.updateToken('token_2');
    ScriptedSocket.latest.drop();
    mock.timers.tick(1000);
    await microtasks();
    assert.match(ScriptedSocket.latest.url, /token=token_2&/);
  });
});

describe('a token', () => {
  test('that getToken refuses for good ends the operation', async () => {
    const getToken = () => {
      throw new UnauthorizedError('signed out');
    };
    const { client, log } = open({ token: undefined, getToken });
    client.connect();
    const { authFailed, status } = await client.done;
    assert.deepEqual({ authFailed, status }, { authFailed: true, status: 'auth_failed' });
    assert.deepEqual(log.slice(-3), [
      ['auth_failed', 'signed out'],
      ['status_changed', 'disconnected'],
      ['disconnected'],
    ]);
  });
});

describe('a gateway with one socket for each operation', () => {
  test('is noticed, and the operation goes on there with the same listeners', async () => {
    const { client, log } = open({ lastEventId: '41' });
    client.connect();
    await failDials();
    const socket = ScriptedSocket.latest;
    assert.match(socket.url, /\/ws\?operationId=op_1$/);
    socket.authenticate();
    assert.equal(socket.sent[0].token, 'token_1');
    assert.equal(socket.sent[1].lastEventId, '41');
    const event = socket.receiveEvent(42, 'agent_runtime_end', { reason: 'done' });
    assert.deepEqual(
      log.filter(([name]) => name !== 'reconnecting' && name !== 'resume_complete'),
      [
        ['status_changed', 'connecting'],
        ['status_changed', 'reconnecting'],
        ['status_changed', 'connecting'],
        ['status_changed', 'authenticating'],
        ['status_changed', 'connected'],
        ['connected'],
        ['agent_event', event],
        ['status_changed', 'disconnected'],
        ['disconnected'],
      ],
    );
    assert.equal((await client.done).status, 'completed');
    assert.equal(client.lastEventId, '42');
  });

  test('is remembered for the other operations of the page', async () => {
    const first = open();
    first.client.connect();
    await failDials();
    forgetSockets();
    const second = open({ operationId: 'op_2' });
    second.client.connect();
    assert.match(ScriptedSocket.latest.url, /\/ws\?operationId=op_2$/);
    assert.equal(ScriptedSocket.all.length, 1);
  });

  test('gets the cursor and the tool results that the shared socket did not carry', async () => {
    const { client, log } = open({ lastEventId: '1' });
    client.connect();
    await microtasks();
    assert.equal(client.sendToolResult(RESULT), true);
    await failDials();
    const own = ScriptedSocket.latest;
    assert.match(own.url, /\/ws\?operationId=op_1$/);
    own.authenticate();
    assert.equal(own.sent.find(({ type }) => type === 'resume').lastEventId, '1');
    assert.deepEqual(own.sent.at(-1), { ...RESULT, type: 'tool_result' });
    assert.equal(
      log.some(([name]) => name === 'disconnected'),
      false,
    );
  });

  test('done tells how the run ended, also where a listener of its last events disconnects or reconnects', async () => {
    for (const how of ['disconnect', 'reconnect']) {
      for (const event of ['agent_event', 'session_complete', 'status_changed', 'disconnected']) {
        gateways++;
        forgetSockets();
        const { client } = open();
        client.connect();
        await failDials();
        const socket = ScriptedSocket.latest;
        socket.authenticate();
        const { done } = client;
        const off = client.on(event, () => {
          off();
          void client[how]();
        });
        // The run's own end completes no session here.
        if (event === 'session_complete') socket.receive({ type: 'session_complete', id: '1' });
        else socket.receiveEvent(1, 'agent_runtime_end', { reason: 'done' });
        await microtasks();
        const { status, succeeded } = await Promise.race([done, { status: 'not settled' }]);
        assert.deepEqual(
          { status, succeeded },
          { status: 'completed', succeeded: event !== 'session_complete' },
          `${how} in ${event}`,
        );
        client.disconnect();
        for (const { url, closedWith } of ScriptedSocket.all)
          assert.ok(closedWith || /v2/.test(url), `${how} in ${event}: no socket is left`);
      }
    }
  });

  test('done is that of the cycle that a listener of the last event began', async () => {
    const { client } = open();
    client.connect();
    await failDials();
    const socket = ScriptedSocket.latest;
    socket.authenticate();
    const first = client.done;
    const off = client.on('agent_event', () => {
      off();
      void client.reconnect();
    });
    socket.receiveEvent(1, 'agent_runtime_end', { reason: 'waiting_for_async_tool' });
    assert.equal((await first).reason, 'waiting_for_async_tool');
    const second = client.done;
    assert.notEqual(second, first);
    ScriptedSocket.latest.authenticate();
    ScriptedSocket.latest.receiveEvent(2, 'agent_runtime_end', { reason: 'done' });
    assert.equal((await second).reason, 'done');
  });

  test('takes a fresh token after auth_expired', async () => {
    const { client } = open();
    client.on('auth_expired', () => {
      client.updateToken('token_2');
      void client.reconnect();
    });
    client.connect();
    await failDials();
    ScriptedSocket.latest.open();
    ScriptedSocket.latest.receive({ type: 'auth_expired' });
    ScriptedSocket.latest.open();
    assert.equal(ScriptedSocket.latest.sent[0].token, 'token_2');
  });
});

describe('a gateway with one socket for all operations', () => {
  test('is dialled on after it served once, however long it is away, also for later operations', async () => {
    const first = open();
    first.client.connect();
    await microtasks();
    ready(ScriptedSocket.latest);
    receiveEvent(ScriptedSocket.latest, 1, 'stream_chunk');
    ScriptedSocket.latest.drop();
    await failDials();
    const second = open({ operationId: 'op_2' });
    second.client.connect();
    await failDials();
    assert.ok(ScriptedSocket.all.length > 10, `many dials: ${ScriptedSocket.all.length}`);
    for (const { url } of ScriptedSocket.all) assert.match(url, /\/v2\/ws/);
    ready(ScriptedSocket.latest);
    assert.deepEqual(
      ScriptedSocket.latest.sent.map(({ operationId, lastEventId }) => [operationId, lastEventId]),
      [
        ['op_1', '1'],
        ['op_2', undefined],
      ],
    );
    second.client.disconnect();
    first.client.disconnect();
    mock.timers.tick(1);
    const third = open({ operationId: 'op_3' });
    third.client.connect();
    await failDials();
    assert.match(ScriptedSocket.latest.url, /\/v2\/ws/);
  });
});

function open(options = {}) {
  const client = openOperation({
    gatewayUrl: `https://gateway${gateways}.example.org`,
    operationId: 'op_1',
    token: 'token_1',
    WebSocket: ScriptedSocket,
    logger: {},
    ...options,
  });
  opened.push(client);
  return { client, log: recordOperation(client) };
}

/** As many as it takes for the shared socket to be given up. */
async function failDials() {
  for (let time = 0; time < 10 && !/operationId/.test(ScriptedSocket.latest?.url ?? ''); time++) {
    await microtasks();
    ScriptedSocket.latest.drop();
    mock.timers.tick(30_000);
    await microtasks();
  }
}
