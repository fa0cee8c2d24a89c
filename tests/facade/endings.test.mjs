import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, mock, test } from 'node:test';
import { createOperationClient, GatewayMuxClient } from '../../pkg/mux.mjs';
import {
  createReady,
  createSubscribed,
  disposeMuxes,
  microtasks,
  ready,
  receiveEvent,
} from './support/mux.mjs';
import { ScriptedSocket } from './support/scripted-socket.mjs';

beforeEach(() => mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'], now: 1_790_000_000_000 }));
afterEach(() => {
  disposeMuxes();
  mock.timers.reset();
});

describe('the end of a subscription', () => {
  test('leaves the cursor, the status and the state readable', async () => {
    const { socket, subscription } = await createSubscribed(GatewayMuxClient);
    const ids = [];
    for (const event of ['agent_event', 'session_complete', 'status_changed', 'disconnected'])
      subscription.on(event, () => ids.push(subscription.lastEventId));
    receiveEvent(socket, 7, 'agent_runtime_end', { reason: 'done' });
    await subscription.done;
    assert.deepEqual(ids, ['7', '7', '7', '7']);
    assert.equal(subscription.lastEventId, '7');
    assert.equal(subscription.status, 'disconnected');
    assert.equal(subscription.state.status, 'disconnected');
  });

  test('is explained in plain words afterwards', async () => {
    const { socket, subscription } = await createSubscribed(GatewayMuxClient);
    assert.match(subscription.explain(), /^Operation op_1 has been connected for 0 s\.\n/);
    receiveEvent(socket, 1, 'agent_runtime_end', { reason: 'done' });
    assert.match(
      subscription.explain(),
      /^Operation op_1 has been disconnected for 0 s, because the run is over\.\n/,
    );
  });

  test('leaves the cursor to the next connect of an operation client', async () => {
    for (const event of ['status_changed', 'disconnected']) {
      const { mux, socket } = await createReady(GatewayMuxClient);
      const client = createOperationClient(mux, 'op_1');
      client.connect();
      const off = client.on(event, () => {
        off();
        client.connect();
      });
      receiveEvent(socket, 1, 'agent_runtime_end', { reason: 'done' });
      assert.equal(socket.sent.at(-1).lastEventId, '1');
    }
  });
});

describe('the history', () => {
  test('tells when each status began', async () => {
    const { mux, socket } = await createReady(GatewayMuxClient);
    socket.drop();
    assert.match(mux.explain(), /\n {2}\d+ s ago: connected/);
  });

  test('of a subscription is its own', async () => {
    const { subscription } = await createSubscribed(GatewayMuxClient);
    assert.match(subscription.explain(), /\nHow it came to this:\n {2}\d+ s ago: connected$/);
  });
});

describe('a document', () => {
  test('is told the status of the connection', async () => {
    const { mux, socket } = await createReady(GatewayMuxClient);
    const statuses = [];
    mux.openDocument('doc_1', {
      onMessage: () => {},
      onReady: () => statuses.push('ready'),
      onStatus: (status) => statuses.push(status),
    });
    await microtasks();
    socket.drop();
    mock.timers.tick(1000);
    await microtasks();
    ready(ScriptedSocket.latest);
    assert.deepEqual(statuses, ['ready', 'connecting', 'connected', 'ready']);
  });
});
