import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, mock, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { GatewayMuxClient } from '../../pkg/mux.mjs';
import { createMux, createReady, createSubscribed, disposeMuxes, microtasks } from './support/mux.mjs';
import { ready, receiveEvent, recordSubscription } from './support/mux.mjs';
import { ScriptedSocket } from './support/scripted-socket.mjs';

const ENDED = [
  ['sub', 'status_changed', 'disconnected'],
  ['sub', 'disconnected'],
];
const UNSUBSCRIBE = { type: 'unsubscribe', operationId: 'op_1' };

beforeEach(() => mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'], now: 1_790_000_000_000 }));
afterEach(() => {
  disposeMuxes();
  mock.timers.reset();
});

describe('events', () => {
  test('carry the operation, and move the cursor before their listeners are called', async () => {
    const { log, socket, subscription } = await createSubscribed(GatewayMuxClient);
    const ids = [];
    subscription.on('agent_event', () => ids.push(subscription.lastEventId));
    const first = receiveEvent(socket, 1, 'stream_chunk', { chunkType: 'text', content: 'a' });
    const second = receiveEvent(socket, 2, 'stream_chunk', { chunkType: 'text', content: 'b' });
    assert.deepEqual(log, [
      ['sub', 'agent_event', first],
      ['sub', 'agent_event', second],
    ]);
    assert.deepEqual(ids, ['1', '2']);
  });

  test('that were delivered before are dropped', async () => {
    const { log, socket } = await createSubscribed(GatewayMuxClient, {}, { lastEventId: '41' });
    receiveEvent(socket, 41, 'stream_chunk');
    assert.deepEqual(log, []);
    receiveEvent(socket, 42, 'stream_chunk');
    assert.equal(log.length, 1);
  });

  test('that are missing in a live stream are told as a gap, before the later ones', async () => {
    const { log, socket } = await createSubscribed(GatewayMuxClient);
    receiveEvent(socket, 1, 'stream_chunk');
    log.length = 0;
    const event = receiveEvent(socket, 5, 'stream_chunk');
    assert.deepEqual(log, [
      ['sub', 'continuity', { kind: 'gap', from: 2, to: 4 }],
      ['sub', 'agent_event', event],
    ]);
  });

  test('of other operations reach their own subscription only', async () => {
    const { log, mux, socket } = await createSubscribed(GatewayMuxClient);
    recordSubscription(mux.subscribe('op_2'), log, 'other');
    log.length = 0;
    const event = receiveEvent(socket, 1, 'stream_chunk', {}, 'op_2');
    receiveEvent(socket, 1, 'stream_chunk', {}, 'op_3');
    assert.deepEqual(log, [['other', 'agent_event', event]]);
  });
});

describe('resume_complete', () => {
  test('always has three keys', async () => {
    const { log, socket } = await createSubscribed(GatewayMuxClient);
    socket.receive({ type: 'resume_complete', operationId: 'op_1', status: 'running', gap: false });
    socket.receive({ type: 'resume_complete', operationId: 'op_1', gap: false, pending: true });
    assert.deepEqual(log, [
      ['sub', 'resume_complete', { gap: false, pending: undefined, status: 'running' }],
      ['sub', 'resume_complete', { gap: false, pending: true, status: undefined }],
    ]);
    assert.deepEqual(
      log.map(([, , info]) => Object.keys(info).sort()),
      [
        ['gap', 'pending', 'status'],
        ['gap', 'pending', 'status'],
      ],
    );
  });
});

describe('the end', () => {
  test('by its own terminal event tells a session_complete, then unsubscribes', async () => {
    const { log, socket, subscription } = await createSubscribed(GatewayMuxClient);
    const active = [];
    for (const event of ['agent_event', 'session_complete', 'status_changed', 'disconnected'])
      subscription.on(event, () => active.push(subscription.active));
    const event = receiveEvent(socket, 1, 'agent_runtime_end', { reason: 'done', reasonDetail: 'ok' });
    assert.deepEqual(log, [
      ['sub', 'agent_event', event],
      ['sub', 'session_complete', { source: 'agent_event' }],
      ...ENDED,
    ]);
    assert.deepEqual(active, [true, true, false, false]);
    assert.deepEqual(socket.sent, [UNSUBSCRIBE]);
    assert.deepEqual(await subscription.done, {
      authFailed: false,
      detail: 'ok',
      reason: 'done',
      source: 'agent_event',
      status: 'completed',
      succeeded: true,
      terminalReceived: true,
    });
  });

  test('by a frame of the gateway', async () => {
    const endings = [
      [{ type: 'session_complete', id: '9', summary: '' }, { source: 'raw_session_complete' }],
      [
        { type: 'status_change', id: '9', status: 'error' },
        { source: 'status_change', status: 'error' },
      ],
      [
        { type: 'resume_complete', status: 'completed', gap: false },
        { source: 'resume_status', status: 'completed' },
      ],
    ];
    for (const [frame, completion] of endings) {
      const { log, socket } = await createSubscribed(GatewayMuxClient);
      socket.receive({ ...frame, operationId: 'op_1' });
      const others = log.filter(([, event]) => event !== 'status_change' && event !== 'resume_complete');
      assert.deepEqual(others, [['sub', 'session_complete', completion], ...ENDED]);
    }
  });

  test('by a refusal is an auth_failed without a session_complete', async () => {
    const { log, socket, subscription } = await createSubscribed(GatewayMuxClient);
    socket.receive({ type: 'subscribe_failed', operationId: 'op_1', reason: 'forbidden' });
    assert.deepEqual(log, [['sub', 'auth_failed', 'forbidden'], ...ENDED]);
    assert.equal((await subscription.done).authFailed, true);
  });

  test('by unsubscribe, or by dispose, happens once and before it returns', async () => {
    for (const method of ['unsubscribe', 'dispose']) {
      const { log, socket, subscription } = await createSubscribed(GatewayMuxClient);
      subscription[method]();
      subscription[method]();
      assert.deepEqual(log, ENDED);
      assert.deepEqual(socket.sent, [UNSUBSCRIBE]);
      assert.equal((await subscription.done).source, 'disconnect');
    }
  });

  test('by unsubscribe inside a listener delivers nothing more', async () => {
    const { log, socket, subscription } = await createSubscribed(GatewayMuxClient);
    subscription.on('agent_event', () => subscription.unsubscribe());
    const event = receiveEvent(socket, 1, 'stream_chunk');
    receiveEvent(socket, 2, 'stream_chunk');
    assert.deepEqual(log, [['sub', 'agent_event', event], ...ENDED]);
  });

  test('by a signal, and never begins with one that was aborted before', async () => {
    const controller = new AbortController();
    const { log, mux, subscription } = await createSubscribed(
      GatewayMuxClient,
      {},
      { signal: controller.signal },
    );
    controller.abort();
    assert.deepEqual(log, ENDED);
    assert.equal(subscription.active, false);
    assert.throws(() => mux.subscribe('op_2', { signal: controller.signal }), { name: 'AbortError' });
  });

  test('is not that of an error frame', async () => {
    const { log, socket, subscription } = await createSubscribed(GatewayMuxClient);
    socket.receive({ type: 'error', operationId: 'op_1', code: 'not_subscribed', message: 'no' });
    const [[, name, error]] = log;
    assert.deepEqual([name, error.name, error.message], ['error', 'GatewayError', 'not_subscribed: no']);
    assert.equal(subscription.active, true);
  });
});

describe('sending', () => {
  const result = { toolCallId: 'call_1', content: 'ok', success: true };

  test('names the operation', async () => {
    const { socket, subscription } = await createSubscribed(GatewayMuxClient);
    assert.equal(subscription.sendToolResult(result), true);
    assert.equal(subscription.sendToolConfirmation('call_2', false), true);
    assert.equal(subscription.sendUserInput('request_1', 'main'), true);
    assert.deepEqual(socket.sent, [
      { ...result, type: 'tool_result', operationId: 'op_1' },
      { type: 'tool_confirmation', operationId: 'op_1', toolCallId: 'call_2', approved: false },
      { type: 'user_input', operationId: 'op_1', requestId: 'request_1', content: 'main' },
    ]);
  });

  test('keeps tool results for the next connection, and nothing else', async () => {
    const { socket, subscription } = await createSubscribed(GatewayMuxClient);
    socket.drop();
    assert.equal(subscription.sendToolResult(result), true);
    assert.equal(subscription.sendToolConfirmation('call_2', false), false);
    assert.equal(subscription.sendUserInput('request_1', 'main'), false);
    mock.timers.tick(1000);
    await microtasks();
    ready(ScriptedSocket.latest);
    assert.deepEqual(ScriptedSocket.latest.sent.at(-1), {
      ...result,
      type: 'tool_result',
      operationId: 'op_1',
    });
  });

  test('is nothing after the end', async () => {
    const { socket, subscription } = await createSubscribed(GatewayMuxClient);
    subscription.unsubscribe();
    socket.sent.length = 0;
    assert.equal(subscription.sendToolResult(result), false);
    assert.equal(subscription.sendToolConfirmation('call_2', false), false);
    assert.equal(subscription.sendUserInput('request_1', 'main'), false);
    assert.deepEqual(socket.sent, []);
  });

  test('refuses arguments of the wrong type', async () => {
    const { subscription } = await createSubscribed(GatewayMuxClient);
    const invalid = { name: 'GatewayError', code: 'invalid_argument' };
    const cyclic = { ...result };
    cyclic.state = cyclic;
    assert.throws(() => subscription.sendToolResult(undefined), invalid);
    assert.throws(() => subscription.sendToolResult(cyclic), invalid);
    assert.throws(() => subscription.sendToolConfirmation('call_1', 'yes'), invalid);
    assert.throws(() => subscription.sendUserInput('request_1', 5), invalid);
    assert.equal(subscription.active, true);
  });

  test('leaves what was not sent to be taken', async () => {
    const { mux, socket, subscription } = await createSubscribed(GatewayMuxClient);
    socket.drop();
    subscription.sendToolResult(result);
    assert.deepEqual(mux.takePendingToolResults('op_1'), [result]);
    assert.deepEqual(mux.takePendingToolResults('op_1'), []);
  });
});

describe('a loop', () => {
  test('gets the events in order, and ends with the subscription', async () => {
    const { socket, subscription } = await createSubscribed(GatewayMuxClient);
    const taken = [];
    const loop = (async () => {
      for await (const event of subscription) taken.push(event.data.content);
    })();
    receiveEvent(socket, 1, 'stream_chunk', { content: 'a' });
    receiveEvent(socket, 2, 'stream_chunk', { content: 'b' });
    await microtasks();
    assert.deepEqual(taken, ['a', 'b']);
    receiveEvent(socket, 3, 'stream_chunk', { content: 'c' });
    receiveEvent(socket, 4, 'agent_runtime_end', { reason: 'done', content: 'end' });
    await loop;
    assert.deepEqual(taken, ['a', 'b', 'c', 'end']);
    for await (const event of subscription) assert.fail(`${event.type} after the end`);
  });

  test('that is left stops listening and not the subscription', async () => {
    const { log, socket, subscription } = await createSubscribed(GatewayMuxClient);
    const loop = (async () => {
      for await (const event of subscription) return event.id;
    })();
    receiveEvent(socket, 1, 'stream_chunk');
    await loop;
    receiveEvent(socket, 2, 'stream_chunk');
    assert.equal(subscription.active, true);
    assert.equal(log.length, 2);
  });

  test('that is too slow fails after the events that it may still have', async () => {
    const { socket, subscription } = await createSubscribed(GatewayMuxClient, {}, { maxQueuedEvents: 2 });
    const loop = subscription[Symbol.asyncIterator]();
    const first = loop.next();
    for (let id = 1; id <= 5; id++) receiveEvent(socket, id, 'stream_chunk', { content: id });
    const taken = [(await first).value.data.content, (await loop.next()).value.data.content];
    assert.deepEqual(taken, [1, 2]);
    await assert.rejects(loop.next(), { name: 'GatewayError', code: 'queue_overflow' });
    assert.deepEqual(await loop.next(), { done: true, value: undefined });
    assert.equal(subscription.active, true);
  });
});

describe('state', () => {
  test('is frozen, keeps its identity, and can be waited for', async () => {
    const { mux } = createMux(GatewayMuxClient);
    const subscription = mux.subscribe('op_1');
    assert.equal(subscription.status, 'connecting');
    assert.equal(Object.isFrozen(subscription.state), true);
    assert.equal(subscription.state, subscription.state);
    const waiting = subscription.whenState('connected');
    await microtasks();
    ready(ScriptedSocket.latest);
    assert.equal((await waiting).status, 'connected');
    const forEver = assert.rejects(subscription.whenState('authenticating'), { code: 'ended' });
    subscription.unsubscribe();
    await forEver;
    await assert.rejects(subscription.whenState('connected'), { code: 'ended' });
    assert.equal((await subscription.whenState('disconnected')).status, 'disconnected');
  });

  test('is explained, also where the gateway does not know the operation', async () => {
    const { socket, subscription } = await createSubscribed(GatewayMuxClient);
    const answer = { type: 'resume_complete', operationId: 'op_1', gap: false };
    socket.receive({ ...answer, pending: true });
    assert.match(
      subscription.explain(),
      /\nThe gateway does not know this operation.*\nNext: .*\nWhat to do: .*unsubscribe/,
    );
    socket.receive({ ...answer, status: 'running' });
    assert.match(
      subscription.explain(),
      /^Operation op_1 has been .*\nNext: .*\nWhat to do: Nothing, all is well/,
    );
    socket.receive({ ...answer, pending: true });
    socket.drop();
    assert.doesNotMatch(subscription.explain(), /does not know/);
  });

  test('agrees with the status that a listener is told', async () => {
    const { mux } = createMux(GatewayMuxClient);
    const subscription = mux.subscribe('op_1');
    const seen = [];
    subscription.on('status_changed', (status) => seen.push([status, subscription.status]));
    await microtasks();
    ready(ScriptedSocket.latest);
    ScriptedSocket.latest.drop();
    subscription.unsubscribe();
    assert.deepEqual(seen, [
      ['connected', 'connected'],
      ['reconnecting', 'reconnecting'],
      ['disconnected', 'disconnected'],
    ]);
  });
});

describe('the memory', () => {
  test('of an idle client that the application forgot can be collected, that of a connected one stays', async () => {
    mock.timers.reset();
    const collect = garbageCollector();
    const idle = new WeakRef(await createIdle());
    const busy = new WeakRef((await createReady(GatewayMuxClient)).mux);
    const socket = ScriptedSocket.latest;
    for (let round = 0; round < 10 && idle.deref(); round++) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      collect();
    }
    assert.equal(idle.deref(), undefined);
    assert.equal(busy.deref()?.status, 'connected');
    socket.drop();
    busy.deref()?.dispose();
  });
});

async function createIdle() {
  const { mux, socket } = await createSubscribed(GatewayMuxClient, { keepAlive: false });
  receiveEvent(socket, 1, 'agent_runtime_end', { reason: 'done' });
  mux.disconnect();
  return mux;
}

function garbageCollector() {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc');
}
