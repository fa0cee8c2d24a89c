import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, mock, test } from 'node:test';
import { createOperationClient, GatewayMuxClient } from '../../pkg/mux.mjs';
import { createMux, createReady, disposeMuxes, microtasks, ready, receiveEvent } from './support/mux.mjs';
import { recordOperation } from './support/operation.mjs';
import { ScriptedSocket } from './support/scripted-socket.mjs';

const COMPLETED = { source: 'agent_event', status: 'completed', succeeded: true };
const ENDED = [['status_changed', 'disconnected'], ['disconnected']];

beforeEach(() => mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'], now: 1_790_000_000_000 }));
afterEach(() => {
  disposeMuxes();
  mock.timers.reset();
});

describe('an operation client', () => {
  test('AD-01: begins disconnected, at the given event, without a subscription', async () => {
    const { mux, socket } = await createReady(GatewayMuxClient);
    const client = createOperationClient(mux, 'op_1', { lastEventId: '41' });
    assert.equal(client.connectionStatus, 'disconnected');
    assert.equal(client.lastEventId, '41');
    assert.equal(client.sendToolResult({ toolCallId: 'call_1', content: null, success: true }), false);
    assert.deepEqual(socket.sent, []);
    assert.equal(createOperationClient(mux, 'op_1').lastEventId, '');
  });

  test('AD-02: on an open socket is connected at once, and told so', async () => {
    const { client, log, socket } = await createOperation({ executor: true, lastEventId: '41' });
    client.connect();
    client.connect();
    assert.deepEqual(log, [['status_changed', 'connected'], ['connected']]);
    const subscribe = { type: 'subscribe', operationId: 'op_1', lastEventId: '41', executor: true };
    assert.deepEqual(socket.sent, [subscribe]);
  });

  test('AD-02, AD-03: without a socket goes through connecting', async () => {
    const { mux } = createMux(GatewayMuxClient);
    const client = createOperationClient(mux, 'op_1');
    const log = recordOperation(client);
    client.connect();
    assert.deepEqual(log, [['status_changed', 'connecting']]);
    await microtasks();
    ready(ScriptedSocket.latest);
    assert.deepEqual(log.slice(1), [['status_changed', 'connected'], ['connected']]);
  });

  test('forwards what its subscription tells', async () => {
    const { client, log, socket } = await createConnected();
    const event = receiveEvent(socket, 1, 'stream_chunk', { content: 'a' });
    socket.receive({ type: 'resume_complete', operationId: 'op_1', status: 'running', gap: true });
    socket.receive({ type: 'error', operationId: 'op_1', code: 'forward_failed', message: 'No' });
    assert.deepEqual(log.slice(0, 3), [
      ['agent_event', event],
      ['continuity', { kind: 'gap' }],
      ['resume_complete', { gap: true, pending: undefined, status: 'running' }],
    ]);
    assert.equal(log[3][0], 'error');
    assert.equal(log[3][1].code, 'gateway_error');
    assert.equal(client.connectionStatus, 'connected');
  });

  test('forwards what goes on in the run as an AgentStreamClient tells it', async () => {
    const { log, socket } = await createConnected();
    const frames = [
      { type: 'status_change', operationId: 'op_1', id: '1', status: 'waiting_input' },
      { type: 'input_request', operationId: 'op_1', id: '2', requestId: 'request_1', prompt: 'Which?' },
      { type: 'tool_confirmation_request', operationId: 'op_1', id: '3', toolCallId: 'call_1', tool: {} },
    ];
    for (const frame of frames) socket.receive(frame);
    const event = receiveEvent(socket, 6, 'stream_chunk');
    assert.deepEqual(log, [
      ['status_change', 'waiting_input'],
      ['input_request', frames[1]],
      ['tool_confirmation_request', frames[2]],
      ['continuity', { kind: 'gap', from: 4, to: 5 }],
      ['agent_event', event],
    ]);
  });

  test('AD-03: tells a status on change only', async () => {
    const { client, log, socket } = await createConnected();
    socket.drop();
    const attempts = [socket];
    for (let attempt = 0; attempt < 2; attempt++) {
      mock.timers.tick(30_000);
      await microtasks();
      assert.notEqual(ScriptedSocket.latest, attempts.at(-1), 'it is dialled again');
      attempts.push(ScriptedSocket.latest);
      ScriptedSocket.latest.drop();
    }
    assert.equal(client.connectionStatus, 'reconnecting');
    assert.deepEqual(
      log.map(([name]) => name),
      ['status_changed', 'reconnecting', 'reconnecting', 'reconnecting'],
    );
    assert.deepEqual(log[0], ['status_changed', 'reconnecting']);
  });

  test('answers the questions that it tells of', async () => {
    const { client, socket } = await createConnected();
    socket.receive({ type: 'input_request', operationId: 'op_1', id: '1', requestId: 'r1', prompt: '?' });
    assert.equal(client.sendUserInput('r1', 'yes'), true);
    assert.equal(client.sendToolConfirmation('c1', false), true);
    assert.deepEqual(socket.sent.slice(-2), [
      { type: 'user_input', operationId: 'op_1', requestId: 'r1', content: 'yes' },
      { type: 'tool_confirmation', operationId: 'op_1', toolCallId: 'c1', approved: false },
    ]);
    client.disconnect();
    assert.equal(client.sendUserInput('r1', 'yes'), false);
  });

  test('AD-07: sends a tool result as its subscription does, and none without one', async () => {
    const { client, socket } = await createConnected();
    const result = { toolCallId: 'call_1', content: 'ok', success: true };
    socket.sent.length = 0;
    assert.equal(client.sendToolResult(result), true);
    assert.deepEqual(socket.sent, [{ type: 'tool_result', operationId: 'op_1', ...result }]);
    client.disconnect();
    socket.sent.length = 0;
    assert.equal(client.sendToolResult(result), false);
    assert.deepEqual(socket.sent, []);
  });

  test('AD-08: updateToken does nothing, connected or not', async () => {
    const { client, log, socket } = await createConnected();
    socket.sent.length = 0;
    client.updateToken('token_2');
    client.disconnect();
    log.length = 0;
    client.updateToken('token_3');
    assert.deepEqual(
      socket.sent.filter(({ type }) => type !== 'unsubscribe'),
      [],
    );
    assert.deepEqual(log, []);
    assert.equal(ScriptedSocket.all.length, 1);
  });

  test('AD-10: tells the last event of its subscription, and the saved one without it', async () => {
    const { client, socket } = await createConnected({ lastEventId: '41' });
    assert.equal(client.lastEventId, '41');
    receiveEvent(socket, 42, 'stream_chunk');
    assert.equal(client.lastEventId, '42');
    client.disconnect();
    assert.equal(client.lastEventId, '42');
    client.connect();
    assert.equal(client.lastEventId, '42');
    receiveEvent(socket, 43, 'agent_runtime_end', { reason: 'done' });
    assert.equal(client.lastEventId, '43');
  });

  test('ends with its run', async () => {
    const { client, log, socket } = await createConnected();
    const event = receiveEvent(socket, 1, 'agent_runtime_end', { reason: 'done' });
    assert.deepEqual(log, [
      ['agent_event', event],
      ['session_complete', { source: 'agent_event' }],
      ...ENDED,
    ]);
    assert.equal((await client.done).status, 'completed');
  });

  test('AD-03, AD-05: disconnect keeps the cursor, and repeats disconnected at every call', async () => {
    const { client, log, socket } = await createConnected();
    receiveEvent(socket, 7, 'stream_chunk');
    log.length = 0;
    client.disconnect();
    client.disconnect();
    assert.deepEqual(log, [...ENDED, ['disconnected']]);
    assert.deepEqual(socket.sent.at(-1), { type: 'unsubscribe', operationId: 'op_1' });
    assert.equal(client.lastEventId, '7');
    assert.equal((await client.done).source, 'disconnect');

    client.connect();
    assert.equal(socket.sent.at(-1).lastEventId, '7');
  });

  test('AD-03, AD-06: reconnect subscribes anew from the last event, without a disconnected', async () => {
    const { client, log, socket } = await createConnected();
    receiveEvent(socket, 7, 'stream_chunk');
    const { done } = client;
    log.length = 0;
    socket.sent.length = 0;
    const reconnected = client.reconnect();
    assert.deepEqual(socket.sent, [
      { type: 'unsubscribe', operationId: 'op_1' },
      { type: 'subscribe', operationId: 'op_1', lastEventId: '7' },
    ]);
    assert.deepEqual(log, [['connected']]);
    await reconnected;
    receiveEvent(socket, 8, 'stream_chunk');
    assert.equal(log.length, 2);
    assert.equal(client.done, done);
  });

  test('AD-04: inside session_complete connect does nothing', async () => {
    const { client, socket } = await createConnected();
    client.on('session_complete', () => client.connect());
    receiveEvent(socket, 1, 'agent_runtime_end', { reason: 'done' });
    assert.equal(client.connectionStatus, 'disconnected');
    assert.equal(socket.sent.at(-1).type, 'unsubscribe');
  });

  test('AD-04: inside the last events connect begins a new cycle, after the last event', async () => {
    for (const event of ['status_changed', 'disconnected']) {
      const { client, log, socket } = await createConnected();
      const { done } = client;
      const off = client.on(event, () => {
        off();
        client.connect();
      });
      receiveEvent(socket, 1, 'agent_runtime_end', { reason: 'done' });
      assert.equal(client.connectionStatus, 'connected');
      assert.deepEqual(socket.sent.at(-1), { type: 'subscribe', operationId: 'op_1', lastEventId: '1' });
      assert.equal((await done).status, 'completed');
      assert.notEqual(client.done, done);
      assert.equal(log.filter(([name]) => name === 'disconnected').length, 1);
      client.disconnect();
    }
  });

  test('done tells how the run ended, also where a listener of its last events disconnects', async () => {
    for (const event of ['agent_event', 'session_complete', 'status_changed', 'disconnected']) {
      const { client, log, socket } = await createConnected();
      const { done } = client;
      const off = client.on(event, () => {
        off();
        client.disconnect();
      });
      receiveEvent(socket, 1, 'agent_runtime_end', { reason: 'done' });
      const { source, status, succeeded } = await settled(done);
      assert.deepEqual({ source, status, succeeded }, COMPLETED, event);
      assert.equal(client.connectionStatus, 'disconnected');
      assert.equal(log.filter(([name]) => name === 'status_changed').length, 1, event);
    }
  });

  test('done tells how the run ended, also where a listener of its last events reconnects', async () => {
    for (const event of ['agent_event', 'session_complete', 'status_changed', 'disconnected']) {
      const { client, socket } = await createConnected();
      const { done } = client;
      const off = client.on(event, () => {
        off();
        void client.reconnect();
      });
      receiveEvent(socket, 1, 'agent_runtime_end', { reason: 'done' });
      const { source, status, succeeded } = await settled(done);
      assert.deepEqual({ source, status, succeeded }, COMPLETED, event);
      assert.equal(client.connectionStatus, 'connected', event);
      assert.deepEqual(socket.sent.at(-1), { type: 'subscribe', operationId: 'op_1', lastEventId: '1' });
    }
  });

  test('done tells that the operation was refused, also where a listener disconnects', async () => {
    const { client, socket } = await createConnected();
    client.on('auth_failed', () => client.disconnect());
    socket.receive({ type: 'subscribe_failed', operationId: 'op_1', reason: 'forbidden' });
    const { authFailed, reason, status } = await settled(client.done);
    assert.deepEqual(
      { authFailed, reason, status },
      { authFailed: true, reason: 'forbidden', status: 'auth_failed' },
    );
  });

  test('connect after a disconnect, or after a reconnect inside the last events, has a done of its own', async () => {
    const { client, socket } = await createConnected();
    const first = client.done;
    client.disconnect();
    client.connect();
    const second = client.done;
    assert.notEqual(second, first);
    assert.equal((await settled(first)).source, 'disconnect');
    const off = client.on('session_complete', () => {
      off();
      void client.reconnect();
    });
    receiveEvent(socket, 1, 'agent_runtime_end', { reason: 'done' });
    assert.notEqual(client.done, second);
    assert.equal((await settled(second)).status, 'completed');
    client.disconnect();
    assert.equal((await settled(client.done)).source, 'disconnect');
  });

  test('done is settled when its mux is disposed of', async () => {
    const { mux } = await createReady(GatewayMuxClient);
    const client = createOperationClient(mux, 'op_1');
    client.connect();
    mux.dispose();
    assert.equal((await settled(client.done)).status, 'disconnected');
  });

  test('AD-09: keeps its listeners until their function is called', async () => {
    const { client, socket } = await createConnected();
    const events = [];
    const off = client.on('agent_event', (event) => events.push(event.data.content));
    receiveEvent(socket, 1, 'stream_chunk', { content: 'a' });
    await client.reconnect();
    receiveEvent(socket, 2, 'stream_chunk', { content: 'b' });
    off();
    receiveEvent(socket, 3, 'stream_chunk', { content: 'c' });
    assert.deepEqual(events, ['a', 'b']);
    assert.throws(() => client.on('connected', undefined), { code: 'invalid_argument' });
  });
});

/** What a promise is settled with; a test fails where it is not. */
async function settled(promise) {
  let outcome;
  void promise.then((settledWith) => (outcome = settledWith));
  await microtasks();
  assert.ok(outcome, 'it is settled');
  return outcome;
}

async function createOperation(options) {
  const { mux, socket } = await createReady(GatewayMuxClient);
  const client = createOperationClient(mux, 'op_1', options);
  return { client, log: recordOperation(client), socket };
}

async function createConnected(options) {
  const operation = await createOperation(options);
  operation.client.connect();
  operation.socket.receive({ type: 'resume_complete', operationId: 'op_1', status: 'running', gap: false });
  operation.log.length = 0;
  return operation;
}
