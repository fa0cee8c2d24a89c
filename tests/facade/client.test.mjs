import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { AgentStreamClient, GatewayError, UnauthorizedError } from '../../pkg/index.mjs';
import { createConnected, createRecorded, disposeClients, OPTIONS } from './support/client.mjs';
import { ScriptedSocket } from './support/scripted-socket.mjs';

/** What ends a run, and the source that `done` then tells, by the listener that hears of it. */
const ENDINGS = {
  agent_event: ['agent_event', (socket) => socket.receiveEvent(1, 'agent_runtime_end', { reason: 'done' })],
  auth_failed: ['auth_failed', (socket) => socket.receive({ type: 'auth_failed', reason: 'no' })],
  disconnected: ['session_complete', (socket) => socket.receive({ type: 'session_complete' })],
  session_complete: ['session_complete', (socket) => socket.receive({ type: 'session_complete' })],
  status_changed: ['session_complete', (socket) => socket.receive({ type: 'session_complete' })],
};
const FRAME = { type: 'status_change', id: '1', status: 'running' };

afterEach(disposeClients);

describe('listeners', () => {
  test('are called in the order in which they were added, one function once', () => {
    const { client, socket } = createConnected(AgentStreamClient);
    const calls = [];
    const twice = () => calls.push('twice');
    client.on('status_change', () => calls.push('first'));
    client.on('status_change', twice);
    client.on('status_change', twice);
    socket.receive(FRAME);
    assert.deepEqual(calls, ['first', 'twice']);
  });

  test('added during an emit are called in it, removed ones are not', () => {
    const { client, socket } = createConnected(AgentStreamClient);
    const calls = [];
    const removed = () => calls.push('removed');
    client.on('status_change', () => {
      client.on('status_change', () => calls.push('added'));
      client.off('status_change', removed);
    });
    client.on('status_change', removed);
    socket.receive(FRAME);
    assert.deepEqual(calls, ['added']);
  });

  test('that throw are reported and do not stop the others', () => {
    const reports = [];
    const logger = { error: (message, context) => reports.push([message, context]) };
    const { client, log, socket } = createConnected(AgentStreamClient, { logger });
    const failure = new Error('mine');
    client.removeAllListeners();
    client.on('status_change', () => {
      throw failure;
    });
    client.on('status_change', (status) => log.push(status));
    socket.receive(FRAME);
    assert.deepEqual(log, ['running']);
    assert.deepEqual(reports, [["A listener of 'status_change' threw", { error: failure }]]);
  });

  test('are removed by off, by the function that on returned, and all at once', () => {
    const { client, socket } = createConnected(AgentStreamClient);
    const calls = [];
    const off = () => calls.push('off');
    client.on('status_change', off);
    const unsubscribe = client.on('status_change', () => calls.push('unsubscribe'));
    client.off('status_change', off);
    unsubscribe();
    unsubscribe();
    socket.receive(FRAME);
    assert.deepEqual(calls, []);

    client.on('status_change', () => client.removeAllListeners());
    client.on('status_change', () => calls.push('after removeAllListeners'));
    socket.receive({ ...FRAME, id: '2' });
    assert.deepEqual(calls, []);
  });

  test('must be functions', () => {
    const { client } = createRecorded(AgentStreamClient);
    assert.throws(() => client.on('connected', undefined), { code: 'invalid_argument' });
  });

  test('may call the client: disconnect inside agent_event delivers nothing more', () => {
    const { client, log, socket } = createConnected(AgentStreamClient);
    client.on('agent_event', () => client.disconnect());
    socket.receiveEvent(1, 'stream_chunk');
    const names = log.map(([event]) => event);
    assert.deepEqual(names, ['agent_event', 'status_changed', 'disconnected']);
  });

  test('may create and use another client', () => {
    const { client, socket } = createConnected(AgentStreamClient);
    const statuses = [];
    client.on('agent_event', () => {
      const other = new AgentStreamClient({ ...OPTIONS, operationId: 'op_2' });
      other.on('status_changed', (status) => statuses.push(status));
      other.connect();
      other.dispose();
    });
    socket.receiveEvent(1, 'stream_chunk');
    assert.deepEqual(statuses, ['connecting']);
  });
});

describe('sending', () => {
  test('returns false and sends nothing without an open socket', () => {
    const { client } = createRecorded(AgentStreamClient);
    assert.equal(client.sendToolResult({ toolCallId: 'call_1', content: 'x', success: true }), false);
    assert.equal(client.sendToolConfirmation('call_1', true), false);
    assert.equal(client.sendUserInput('request_1', 'yes'), false);
    assert.equal(client.sendInterrupt(), undefined);
  });

  test('returns true and sends the frame on an open one', () => {
    const { client, socket } = createConnected(AgentStreamClient);
    socket.sent.length = 0;
    const result = { toolCallId: 'call_1', content: '{"a":1}', success: true, state: { cwd: '/tmp' } };
    assert.equal(client.sendToolResult(result), true);
    assert.equal(client.sendToolConfirmation('call_2', false), true);
    assert.equal(client.sendUserInput('request_1', 'yes'), true);
    client.sendInterrupt();
    assert.deepEqual(socket.sent, [
      { ...result, type: 'tool_result' },
      { type: 'tool_confirmation', toolCallId: 'call_2', approved: false },
      { type: 'user_input', requestId: 'request_1', content: 'yes' },
      { type: 'interrupt' },
    ]);
  });

  test('refuses arguments of the wrong type', () => {
    const { client } = createConnected(AgentStreamClient);
    const invalid = { name: 'GatewayError', code: 'invalid_argument' };
    const cyclic = { toolCallId: 'call_1', content: null, success: true };
    cyclic.state = cyclic;
    assert.throws(() => client.sendToolResult(undefined), invalid);
    assert.throws(() => client.sendToolResult({ content: 'x' }), invalid);
    assert.throws(() => client.sendToolResult(cyclic), invalid);
    assert.throws(() => client.sendToolConfirmation('call_1', 'yes'), invalid);
    assert.throws(() => client.sendUserInput('request_1', 5), invalid);
    assert.throws(() => client.updateToken(undefined), invalid);
    assert.equal(client.connectionStatus, 'connected');
  });
});

describe('state', () => {
  test('is frozen and keeps its identity until something changed', () => {
    const { client } = createRecorded(AgentStreamClient);
    const before = client.state;
    assert.equal(Object.isFrozen(before), true);
    assert.equal(client.state, before);
    client.connect();
    const after = client.state;
    assert.notEqual(after, before);
    assert.equal(after.status, 'connecting');
    assert.equal(client.state, after);
  });

  test('tells why and when a lost connection is dialled again', () => {
    const { client, socket } = createConnected(AgentStreamClient);
    const now = Date.now();
    socket.drop();
    const { reason, retryAt, status } = client.state;
    assert.deepEqual({ reason, status }, { reason: 'connection_lost', status: 'reconnecting' });
    assert.ok(retryAt >= now + 1000 && retryAt <= now + 1500, `retryAt is ${retryAt - now} ms ahead`);
  });

  test('agrees with connectionStatus inside a listener', () => {
    const { client } = createRecorded(AgentStreamClient);
    const seen = [];
    client.on('status_changed', (status) =>
      seen.push([status, client.connectionStatus, client.state.status]),
    );
    client.connect();
    ScriptedSocket.latest.authenticate();
    for (const [status, ...others] of seen) assert.deepEqual(others, [status, status]);
    assert.equal(seen.length, 3);
  });
});

describe('lastEventId', () => {
  test('is the event that the listener is just given', () => {
    const { client, socket } = createConnected(AgentStreamClient);
    const ids = [];
    client.on('agent_event', () => ids.push(client.lastEventId));
    socket.receiveEvent(1, 'stream_chunk');
    socket.receiveEvent(2, 'stream_chunk');
    assert.deepEqual(ids, ['1', '2']);
    client.disconnect();
    assert.equal(client.lastEventId, '2');
    client.dispose();
    assert.equal(client.lastEventId, '2');
  });
});

describe('done', () => {
  test('settles with the outcome of the run', async () => {
    const { client, socket } = createConnected(AgentStreamClient);
    socket.receiveEvent(1, 'agent_runtime_end', { reason: 'done', reasonDetail: 'ok' });
    assert.deepEqual(await client.done, {
      authFailed: false,
      detail: 'ok',
      reason: 'done',
      source: 'agent_event',
      status: 'completed',
      succeeded: true,
      terminalReceived: true,
    });
    assert.equal(Object.isFrozen(await client.done), true);
  });

  test('is one promise for a cycle and a new one for the next', async () => {
    const { client } = createConnected(AgentStreamClient);
    const first = client.done;
    await client.reconnect();
    assert.equal(client.done, first);
    client.disconnect();
    assert.equal((await first).source, 'disconnect');
    assert.equal(client.done, first);

    client.connect();
    const second = client.done;
    assert.notEqual(second, first);
    ScriptedSocket.latest.authenticate();
    ScriptedSocket.latest.receive({ type: 'session_complete' });
    assert.equal((await second).source, 'session_complete');
  });

  for (const [listener, [source, end]] of Object.entries(ENDINGS)) {
    for (const verb of ['connect', 'reconnect']) {
      test(`is a new promise once ${verb}() is called in an ending ${listener} listener`, async () => {
        const { client, socket } = createConnected(AgentStreamClient);
        const first = client.done;
        const off = client.on(listener, () => {
          off();
          void client[verb]();
        });
        end(socket);

        const second = client.done;
        assert.notEqual(second, first);
        assert.equal((await first).source, source);
        ScriptedSocket.latest.authenticate();
        ScriptedSocket.latest.receive({ type: 'resume_complete', status: 'running', gap: false });
        assert.equal(await Promise.race([second, 'pending']), 'pending');
        ScriptedSocket.latest.receiveEvent(9, 'agent_runtime_end', { reason: 'done' });
        assert.equal((await second).status, 'completed');
      });
    }
  }

  test('settles every cycle that began when the client is disposed', async () => {
    const { client, socket } = createConnected(AgentStreamClient);
    const first = client.done;
    client.on('disconnected', () => {
      client.connect();
      client.dispose();
    });
    socket.receive({ type: 'session_complete' });
    assert.equal((await first).source, 'session_complete');
    assert.equal((await client.done).reason, 'disposed');
  });

  test('tells that the credentials were refused', async () => {
    const { client } = createRecorded(AgentStreamClient);
    client.connect();
    ScriptedSocket.latest.open();
    ScriptedSocket.latest.receive({ type: 'auth_failed', reason: 'no' });
    const { authFailed, status, succeeded } = await client.done;
    assert.deepEqual(
      { authFailed, status, succeeded },
      { authFailed: true, status: 'auth_failed', succeeded: false },
    );
  });
});

describe('a page that comes back', () => {
  for (const signal of ['visibilitychange', 'resume', 'pageshow']) {
    test(`dials at ${signal} where the network is back, and not before`, (context) => {
      const page = standInForPage(context);
      const { client } = createConnected(AgentStreamClient);
      page.dispatch('offline');
      if (signal === 'pageshow') page.dispatch('pagehide');
      else ScriptedSocket.latest.drop();
      page.online = false;
      page.dispatch(signal);
      assert.equal(client.connectionStatus, 'reconnecting');
      page.online = true;
      page.dispatch(signal);
      assert.equal(client.connectionStatus, 'connecting');
      assert.equal(ScriptedSocket.all.length, 2);
    });
  }

  test('probes a socket that stands once', (context) => {
    const page = standInForPage(context);
    const { socket } = createConnected(AgentStreamClient);
    socket.sent.length = 0;
    page.dispatch('visibilitychange');
    assert.deepEqual(socket.sent, [{ type: 'heartbeat' }]);
  });

  test('finds a client that was disposed of at its signal', (context) => {
    const page = standInForPage(context);
    const { client, socket } = createConnected(AgentStreamClient);
    socket.drop();
    client.on('status_changed', () => client.dispose());
    page.dispatch('visibilitychange');
    assert.equal(client.connectionStatus, 'disconnected');
  });
});

describe('getToken', () => {
  test('supplies the token of the first authentication', async () => {
    const requests = [];
    const getToken = (request) => {
      requests.push(request);
      return 'token_from_host';
    };
    const { client } = createRecorded(AgentStreamClient, { token: undefined, getToken });
    client.connect();
    await settled();
    ScriptedSocket.latest.open();
    assert.equal(ScriptedSocket.latest.sent[0].token, 'token_from_host');
    assert.equal(requests[0].reason, 'initial');
    assert.ok(requests[0].signal instanceof AbortSignal);
  });

  test('answers auth_expired on the same socket', async () => {
    const { client } = createRecorded(AgentStreamClient, { getToken: async () => 'fresh' });
    client.connect();
    const socket = ScriptedSocket.latest;
    socket.open();
    socket.receive({ type: 'auth_expired' });
    await settled();
    assert.deepEqual(socket.sent.at(-1), { type: 'auth', token: 'fresh' });
    assert.equal(ScriptedSocket.all.length, 1);
  });

  test('that throws UnauthorizedError ends the client', async () => {
    const getToken = () => {
      throw new UnauthorizedError('signed out');
    };
    const { client, log } = createRecorded(AgentStreamClient, { token: undefined, getToken });
    client.connect();
    const { authFailed, status } = await client.done;
    assert.deepEqual({ authFailed, status }, { authFailed: true, status: 'auth_failed' });
    assert.equal(log.at(-1)[0], 'disconnected');
  });

  test('that throws what has no text has failed like any other', async () => {
    const getToken = () => {
      throw Object.create(null);
    };
    const { client, log } = createRecorded(AgentStreamClient, { token: undefined, getToken });
    client.connect();
    await settled();
    const errors = log.filter(([name]) => name === 'error').map(([, { code, message }]) => [code, message]);
    assert.deepEqual(errors, [['token_failed', 'object']]);
  });
});

describe('dispose', () => {
  test('closes the socket, calls no listener, settles done and is idempotent', async () => {
    const { client, log, socket } = createConnected(AgentStreamClient);
    const { done } = client;
    client.dispose();
    client.dispose();
    assert.deepEqual(log, []);
    assert.equal(socket.closedWith.code, 1000);
    assert.equal((await done).reason, 'disposed');
    assert.equal(client.connectionStatus, 'disconnected');
    assert.equal(client.sendUserInput('request_1', 'x'), false);
    client.disconnect();
    client.updateToken('token_2');
  });

  test('makes connect and reconnect an error', async () => {
    const { client } = createRecorded(AgentStreamClient);
    client.dispose();
    assert.throws(() => client.connect(), { code: 'disposed' });
    await assert.rejects(client.reconnect(), { code: 'disposed' });
  });

  test('may be called inside a listener', async () => {
    const { client, log, socket } = createConnected(AgentStreamClient);
    client.on('agent_event', () => client.dispose());
    socket.receiveEvent(1, 'stream_chunk');
    assert.deepEqual(
      log.map(([event]) => event),
      ['agent_event'],
    );
    await settled();
    assert.equal(client.connectionStatus, 'disconnected');
  });

  test('may be called inside getToken, whatever that answers', async () => {
    for (const answer of [() => 'late', () => Promise.reject(new Error('late'))]) {
      const getToken = () => (client.dispose(), answer());
      const { client } = createRecorded(AgentStreamClient, { token: undefined, getToken });
      client.connect();
      assert.equal((await client.done).reason, 'disposed');
      // What is not handled would fail the test.
      await new Promise(setImmediate);
    }
  });

  test('is what Symbol.dispose does', () => {
    const { client } = createRecorded(AgentStreamClient);
    client[Symbol.dispose]();
    assert.throws(() => client.connect(), { code: 'disposed' });
  });

  test('is not needed for a client to stay that its ending listener connected again', async () => {
    const collect = garbageCollector();
    const client = new WeakRef(createConnectedAgain());
    const socket = ScriptedSocket.latest;
    for (let round = 0; round < 10; round++) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      collect();
    }
    assert.equal(client.deref()?.connectionStatus, 'connected');
    socket.drop();
    client.deref()?.dispose();
  });

  test('is not needed for an idle client to be collected, while a connected one stays', async () => {
    const collect = garbageCollector();
    const idle = new WeakRef(createIdleAfterRun());
    const connected = new WeakRef(createConnected(AgentStreamClient).client);
    const socket = ScriptedSocket.latest;
    for (let round = 0; round < 10 && idle.deref(); round++) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      collect();
    }
    assert.equal(idle.deref(), undefined);
    assert.equal(connected.deref()?.connectionStatus, 'connected');
    socket.drop();
    connected.deref()?.dispose();
  });
});

describe('errors', () => {
  test('say what to do', () => {
    const cause = new Error('below');
    const error = new GatewayError('wasm_unavailable', 'no', cause);
    assert.equal(error.cause, cause);
    assert.equal(error.retryable, false);
    assert.match(error.remediation, /wasm-unsafe-eval/);
    assert.ok(error instanceof Error);
  });

  test('a missing WebSocket is reported at connect', async (context) => {
    const { WebSocket } = globalThis;
    context.after(() => (globalThis.WebSocket = WebSocket));
    globalThis.WebSocket = undefined;
    const client = new AgentStreamClient({ ...OPTIONS, WebSocket: undefined });
    assert.throws(() => client.connect(), { code: 'websocket_unavailable' });
    await assert.rejects(client.reconnect(), { code: 'websocket_unavailable' });
  });
});

function settled() {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

function createIdleAfterRun() {
  const { client, socket } = createConnected(AgentStreamClient);
  socket.receiveEvent(1, 'agent_runtime_end', { reason: 'done' });
  return client;
}

function createConnectedAgain() {
  const { client, socket } = createConnected(AgentStreamClient);
  const off = client.on('disconnected', () => {
    off();
    client.connect();
  });
  socket.receive({ type: 'session_complete' });
  ScriptedSocket.latest.authenticate();
  return client;
}

function garbageCollector() {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc');
}

/** A page for the clients that connect from now on, until the end of the test. */
function standInForPage(context) {
  const target = new EventTarget();
  const page = {
    online: true,
    dispatch: (name) => target.dispatchEvent(Object.assign(new Event(name), { persisted: true })),
  };
  const listening = {
    addEventListener: target.addEventListener.bind(target),
    removeEventListener: target.removeEventListener.bind(target),
  };
  const navigator = {
    get onLine() {
      return page.online;
    },
  };
  const members = { ...listening, document: { ...listening, visibilityState: 'visible' }, navigator };
  for (const [name, value] of Object.entries(members)) {
    const own = Object.getOwnPropertyDescriptor(globalThis, name);
    Object.defineProperty(globalThis, name, { configurable: true, value });
    context.after(() => {
      delete globalThis[name];
      if (own) Object.defineProperty(globalThis, name, own);
    });
  }
  return page;
}
