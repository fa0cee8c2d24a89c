import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, mock, test } from 'node:test';
import { GatewayError, GatewayMuxClient, UnauthorizedError } from '../../pkg/mux.mjs';
import { createMux, createReady, createSubscribed, disposeMuxes } from './support/mux.mjs';
import { microtasks, MUX_OPTIONS, ready, recordSubscription } from './support/mux.mjs';
import { ScriptedSocket } from './support/scripted-socket.mjs';

beforeEach(() => mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'], now: 1_790_000_000_000 }));
afterEach(() => {
  disposeMuxes();
  mock.timers.reset();
});

describe('options', () => {
  const refused = {
    'no options at all': undefined,
    'no gatewayUrl': { ...MUX_OPTIONS, gatewayUrl: undefined },
    'no getToken': { ...MUX_OPTIONS, getToken: undefined },
    'a getToken that is no function': { ...MUX_OPTIONS, getToken: 'token' },
    'a heartbeatIntervalMs that is no number': { ...MUX_OPTIONS, heartbeatIntervalMs: '30' },
    'a keepAlive that is no boolean': { ...MUX_OPTIONS, keepAlive: 1 },
  };
  for (const [what, options] of Object.entries(refused)) {
    test(`refuse ${what}`, () =>
      assert.throws(() => new GatewayMuxClient(options), { name: 'GatewayError', code: 'invalid_option' }));
  }
});

describe('connect', () => {
  test('asks for a token, then dials with it and the clientId', async () => {
    const requests = [];
    const getToken = async (request) => (requests.push(request.reason), 'a token');
    const { log, mux } = createMux(GatewayMuxClient, { getToken });
    void mux.connect().catch(() => {});
    assert.deepEqual(log, [['mux', 'status_changed', 'connecting']]);
    await microtasks();
    assert.equal(requests.length, 1);
    assert.equal(ScriptedSocket.latest.url, 'wss://gateway.example.org/v2/ws?token=a%20token&clientId=tab_1');
  });

  test('gives every client an id of its own where none is given', async () => {
    const ids = [];
    for (let index = 0; index < 2; index++) {
      const { mux } = createMux(GatewayMuxClient, { clientId: undefined });
      void mux.connect().catch(() => {});
      await microtasks();
      ids.push(new URL(ScriptedSocket.latest.url).searchParams.get('clientId'));
    }
    assert.notEqual(ids[0], ids[1]);
  });

  test('resolves when the gateway is ready, for everyone, and at once afterwards', async () => {
    const { log, mux } = createMux(GatewayMuxClient, { keepAlive: true });
    const both = Promise.all([mux.connect(), mux.connect()]);
    await microtasks();
    ready(ScriptedSocket.latest);
    await both;
    await mux.connect();
    assert.equal(ScriptedSocket.all.length, 1);
    assert.deepEqual(log.slice(1), [
      ['mux', 'status_changed', 'connected'],
      ['mux', 'connected'],
    ]);
  });

  test('rejects when disconnect is called, also within its own listener', async () => {
    const { mux } = createMux(GatewayMuxClient);
    const refused = { code: 'connect_failed', message: 'GatewayMuxClient disconnected' };
    const waiting = assert.rejects(mux.connect(), refused);
    mux.disconnect();
    await waiting;
    mux.on('status_changed', (status) => status === 'connecting' && mux.disconnect());
    await assert.rejects(mux.connect(), refused);
  });

  test('stops waiting when its signal is aborted, and lets the connection go', async () => {
    const { mux } = createMux(GatewayMuxClient);
    const controller = new AbortController();
    const waiting = mux.connect({ signal: controller.signal });
    controller.abort(new Error('enough'));
    await assert.rejects(waiting, { message: 'enough' });
    mock.timers.tick(1);
    assert.equal(mux.status, 'disconnected');
    await assert.rejects(mux.connect({ signal: AbortSignal.abort() }), { name: 'AbortError' });
    assert.equal(mux.status, 'disconnected');
  });

  test('rejects without a WebSocket', async (context) => {
    const { WebSocket } = globalThis;
    context.after(() => (globalThis.WebSocket = WebSocket));
    globalThis.WebSocket = undefined;
    const mux = new GatewayMuxClient({ ...MUX_OPTIONS, WebSocket: undefined });
    await assert.rejects(mux.connect(), { code: 'websocket_unavailable' });
  });
});

describe('the emission order', () => {
  test('of the first ready goes from the mux to the subscription and back', async () => {
    const { log, mux } = createMux(GatewayMuxClient);
    const subscription = mux.subscribe('op_1', { executor: true, lastEventId: '41' });
    recordSubscription(subscription, log);
    await microtasks();
    log.length = 0;
    ready(ScriptedSocket.latest);
    assert.deepEqual(log, [
      ['mux', 'status_changed', 'connected'],
      ['sub', 'status_changed', 'connected'],
      ['sub', 'connected'],
      ['mux', 'connected'],
    ]);
    const subscribe = { type: 'subscribe', operationId: 'op_1', lastEventId: '41', executor: true };
    assert.deepEqual(ScriptedSocket.latest.sent, [subscribe]);
  });

  test('of a drop names the delay to both, and has no disconnected', async () => {
    const { log, socket } = await createSubscribed(GatewayMuxClient);
    socket.drop();
    const [, , , [, , delay]] = log;
    assert.ok(delay >= 0 && delay <= 1000, `the delay is ${delay}`);
    assert.deepEqual(log, [
      ['mux', 'status_changed', 'connecting'],
      ['sub', 'status_changed', 'reconnecting'],
      ['mux', 'reconnecting', delay],
      ['sub', 'reconnecting', delay],
    ]);
  });

  test('of a drop without autoReconnect has a disconnected for the mux only', async () => {
    const { log, socket, subscription } = await createSubscribed(GatewayMuxClient, { autoReconnect: false });
    socket.drop();
    assert.deepEqual(log, [
      ['mux', 'status_changed', 'disconnected'],
      ['sub', 'status_changed', 'disconnected'],
      ['mux', 'disconnected'],
    ]);
    assert.equal(subscription.active, true);
  });

  test('of disconnect is the same, and repeats disconnected at every call', async () => {
    const { log, mux, socket } = await createSubscribed(GatewayMuxClient);
    mux.disconnect();
    mux.disconnect();
    assert.deepEqual(log, [
      ['mux', 'status_changed', 'disconnected'],
      ['sub', 'status_changed', 'disconnected'],
      ['mux', 'disconnected'],
      ['mux', 'disconnected'],
    ]);
    assert.equal(socket.closedWith.code, 1000);
  });

  test('of three refused tokens ends the subscription before the mux', async () => {
    const { log, mux } = createMux(GatewayMuxClient);
    const subscription = mux.subscribe('op_1');
    recordSubscription(subscription, log);
    await refuse(3, log);
    assert.deepEqual(log, [
      ['sub', 'auth_failed', 'auth_expired'],
      ['sub', 'status_changed', 'disconnected'],
      ['sub', 'disconnected'],
      ['mux', 'status_changed', 'disconnected'],
      ['mux', 'disconnected'],
    ]);
    assert.equal((await subscription.done).authFailed, true);
  });
});

describe('a gateway without this protocol', () => {
  test('is unavailable for good after failed dials, where somebody listens', async () => {
    const { mux } = createMux(GatewayMuxClient, { maxDialFailures: 2 });
    const reasons = [];
    mux.on('unavailable', (reason) => reasons.push([reason, mux.isUnavailable]));
    const waiting = assert.rejects(mux.connect(), /no usable connection after 2 attempts/);
    await failDials(2);
    await waiting;
    assert.deepEqual(reasons, [['no usable connection after 2 attempts', true]]);
    assert.equal(mux.status, 'disconnected');
    await assert.rejects(mux.connect(), { code: 'unavailable', message: 'GatewayMuxClient is unavailable' });
    await assert.rejects(mux.whenState('connected'), { code: 'unavailable' });
  });

  test('ends what waits for a subscription, which stays for its tool results', async () => {
    const { mux } = createMux(GatewayMuxClient, { maxDialFailures: 2 });
    mux.on('unavailable', () => {});
    const subscription = mux.subscribe('op_1');
    const waiting = assert.rejects(subscription.whenState('connected'), { code: 'unavailable' });
    const iterator = subscription[Symbol.asyncIterator]();
    const loop = assert.rejects(iterator.next(), { code: 'unavailable' });
    subscription.sendToolResult({ toolCallId: 'call_1', content: 'ok', success: true });
    await failDials(2);
    await waiting;
    await loop;
    for (const known of [subscription, mux.subscribe('op_2')]) {
      await assert.rejects(known.whenState('connected'), { code: 'unavailable' });
      await assert.rejects(known[Symbol.asyncIterator]().next(), { code: 'unavailable' });
      const { status } = known.state;
      assert.equal((await known.whenState(status)).status, status);
    }
    assert.equal(subscription.active, true);
    assert.equal(mux.takePendingToolResults('op_1')[0].toolCallId, 'call_1');
    subscription.unsubscribe();
    assert.equal((await subscription.done).status, 'disconnected');
  });

  test('is dialled again where nobody listens, or does no longer', async () => {
    const { mux } = createMux(GatewayMuxClient, { maxDialFailures: 2 });
    mux.on('unavailable', () => assert.fail('nobody listens'))();
    void mux.connect().catch(() => {});
    await failDials(4);
    assert.equal(mux.isUnavailable, false);
    assert.equal(mux.status, 'connecting');
  });
});

describe('a token', () => {
  test('that getToken refuses for good ends everything', async () => {
    const getToken = () => {
      throw new UnauthorizedError('signed out');
    };
    const { mux } = createMux(GatewayMuxClient, { getToken });
    const subscription = mux.subscribe('op_1');
    const { authFailed, status } = await subscription.done;
    assert.deepEqual({ authFailed, status }, { authFailed: true, status: 'auth_failed' });
    assert.equal(mux.status, 'disconnected');
  });

  test('that cannot be had now is asked for again', async () => {
    const answers = [Promise.reject(new Error('no network')), 'token_2'];
    const { log, mux } = createMux(GatewayMuxClient, { getToken: () => answers.shift() });
    mux.subscribe('op_1');
    await microtasks();
    const [, [, name, error]] = log;
    assert.equal(name, 'error');
    assert.ok(error instanceof GatewayError);
    mock.timers.tick(1000);
    await microtasks();
    assert.match(ScriptedSocket.latest.url, /token_2/);
  });
});

describe('frames', () => {
  test('about any operation of the user are told as lifecycle', async () => {
    const { log, socket } = await createReady(GatewayMuxClient);
    const frame = {
      type: 'op_lifecycle',
      operationId: 'op_9',
      status: 'running',
      at: 5,
      meta: { topicId: 't' },
    };
    socket.receive(frame);
    assert.deepEqual(log, [['mux', 'lifecycle', frame]]);
  });

  test('that cannot be read are an error, and the socket stays', async () => {
    const { log, mux, socket } = await createReady(GatewayMuxClient);
    for (const frame of ['{', 'null', '{"type":"agent_event","operationId":"op_1"}']) socket.receive(frame);
    assert.deepEqual(
      log.map(([, event, { code }]) => [event, code]),
      [
        ['error', 'protocol'],
        ['error', 'protocol'],
        ['error', 'protocol'],
      ],
    );
    assert.equal(mux.status, 'connected');
  });
});

describe('the idle client', () => {
  test('closes the socket when nothing is subscribed any more', async () => {
    const { mux, socket, subscription } = await createSubscribed(GatewayMuxClient, { keepAlive: false });
    subscription.unsubscribe();
    assert.deepEqual(socket.sent.at(-1), { type: 'unsubscribe', operationId: 'op_1' });
    assert.equal(mux.status, 'connected');
    mock.timers.tick(1);
    assert.equal(mux.status, 'disconnected');
  });

  test('keeps it with keepAlive', async () => {
    const { mux, subscription } = await createSubscribed(GatewayMuxClient);
    subscription.unsubscribe();
    mock.timers.tick(1);
    assert.equal(mux.status, 'connected');
  });
});

describe('a document', () => {
  const handlerOf = (log) => ({
    onMessage: (message) => log.push(['message', message.type]),
    onReady: () => log.push(['ready']),
  });

  test('is ready at once on a ready socket, and again after a reconnection', async () => {
    const { mux, socket } = await createReady(GatewayMuxClient);
    const log = [];
    const channel = mux.openDocument('doc_1', handlerOf(log));
    assert.deepEqual(log, []);
    await microtasks();
    assert.deepEqual(log, [['ready']]);
    assert.equal(channel.isReady(), true);
    const message = { type: 'doc_update', documentId: 'doc_1', seq: 1, update: 'AAE=' };
    assert.equal(channel.send(message), true);
    assert.deepEqual(socket.sent, [message]);
    socket.receive({ type: 'doc_ack', documentId: 'doc_1', seq: 1 });
    socket.receive({ type: 'doc_ack', documentId: 'doc_2', seq: 1 });

    socket.drop();
    assert.equal(channel.send(message), false);
    mock.timers.tick(1000);
    await microtasks();
    ready(ScriptedSocket.latest);
    assert.deepEqual(log.slice(1), [['message', 'doc_ack'], ['ready']]);
  });

  test('sends nothing that has no JSON, and goes on', async () => {
    const { mux, socket } = await createReady(GatewayMuxClient);
    const channel = mux.openDocument('doc_1', {});
    const nothing = { toJSON: () => undefined };
    const circle = {};
    circle.itself = circle;
    for (const message of [undefined, () => {}, nothing, circle]) assert.equal(channel.send(message), false);
    assert.equal(channel.send({ type: 'doc_update' }), true);
    assert.deepEqual(socket.sent, [{ type: 'doc_update' }]);
  });

  test('belongs to the latest handler', async () => {
    const { mux, socket } = await createReady(GatewayMuxClient);
    const log = [];
    const first = mux.openDocument('doc_1', handlerOf([]));
    const second = mux.openDocument('doc_1', handlerOf(log));
    first.close();
    assert.equal(first.isReady(), false);
    assert.equal(first.send({ type: 'doc_unsubscribe', documentId: 'doc_1' }), false);
    await microtasks();
    assert.deepEqual(log, [['ready']]);
    second.close();
    assert.deepEqual(socket.sent, [{ type: 'doc_unsubscribe', documentId: 'doc_1' }]);
  });
});

describe('state', () => {
  test('is frozen and keeps its identity until something changed', () => {
    const { mux } = createMux(GatewayMuxClient);
    const before = mux.state;
    assert.equal(Object.isFrozen(before), true);
    assert.equal(mux.state, before);
    void mux.connect().catch(() => {});
    assert.equal(mux.state.status, 'connecting');
    assert.equal(mux.state, mux.state);
  });

  test('can be waited for', async () => {
    const { mux } = createMux(GatewayMuxClient, { keepAlive: true });
    assert.equal((await mux.whenState('disconnected')).status, 'disconnected');
    const waiting = mux.whenState('connected');
    void mux.connect();
    await microtasks();
    ready(ScriptedSocket.latest);
    assert.equal(await waiting, mux.state);
    await assert.rejects(mux.whenState('connecting', { signal: AbortSignal.abort() }), {
      name: 'AbortError',
    });
    const forEver = assert.rejects(mux.whenState('connecting'), { code: 'disposed' });
    mux.dispose();
    await forEver;
  });

  test('is explained in plain words', async () => {
    const { mux, socket } = await createReady(GatewayMuxClient);
    assert.match(mux.explain(), /^The connection has been connected for 0 s/);
    socket.drop();
    mock.timers.tick(0);
    const text = mux.explain();
    assert.match(text, /connecting for 0 s.*, because the connection was lost\./);
    assert.match(text, /\nNext: another attempt to connect, in \d s\.\n/);
    assert.match(text, /\nWhat to do: Nothing, /);
  });
});

describe('dispose', () => {
  test('closes the socket, calls no listener, and settles everything that waits', async () => {
    const { log, mux, socket, subscription } = await createSubscribed(GatewayMuxClient);
    const loop = subscription[Symbol.asyncIterator]().next();
    mux.dispose();
    mux.dispose();
    assert.deepEqual(log, []);
    assert.equal(socket.closedWith.code, 1000);
    assert.equal((await subscription.done).reason, 'disposed');
    assert.deepEqual(await loop, { done: true, value: undefined });
    assert.deepEqual(
      [mux.status, subscription.status, subscription.active],
      ['disconnected', 'disconnected', false],
    );
    assert.throws(() => mux.subscribe('op_2'), { code: 'disposed' });
    await assert.rejects(mux.connect(), { code: 'disposed' });
    assert.deepEqual(mux.takePendingToolResults('op_1'), []);
  });

  test('is what Symbol.dispose does', () => {
    const { mux } = createMux(GatewayMuxClient);
    mux[Symbol.dispose]();
    assert.throws(() => mux.subscribe('op_1'), { code: 'disposed' });
  });
});

async function refuse(times, log) {
  for (let time = 0; time < times; time++) {
    mock.timers.tick(3_000);
    await microtasks();
    log.length = 0;
    ScriptedSocket.latest.open();
    ScriptedSocket.latest.drop(4401, 'auth_expired');
  }
}

async function failDials(times) {
  for (let time = 0; time < times; time++) {
    await microtasks();
    ScriptedSocket.latest.drop();
    mock.timers.tick(30_000);
  }
  await microtasks();
}
