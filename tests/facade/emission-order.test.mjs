import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, mock, test } from 'node:test';
import { AgentStreamClient } from '../../pkg/index.mjs';
import { createConnected, createRecorded, createResuming, disposeClients } from './support/client.mjs';
import { ScriptedSocket } from './support/scripted-socket.mjs';

const ENDED = [['status_changed', 'disconnected'], ['disconnected']];

beforeEach(() => mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'], now: 1_790_000_000_000 }));
afterEach(() => {
  disposeClients();
  mock.timers.reset();
});

describe('the way to a connection', () => {
  test('goes through every status, and sends auth, then resume', () => {
    const { client, log } = createRecorded(AgentStreamClient, { clientId: 'tab_1' });
    client.connect();
    const socket = ScriptedSocket.latest;
    assert.equal(socket.url, 'wss://gateway.example.org/ws?operationId=op_1');
    assert.deepEqual(log, [['status_changed', 'connecting']]);

    socket.open();
    assert.deepEqual(socket.sent, [{ type: 'auth', token: 'token_1', clientId: 'tab_1' }]);
    socket.receive({ type: 'auth_success' });
    assert.deepEqual(log.slice(1), [
      ['status_changed', 'authenticating'],
      ['status_changed', 'connected'],
      ['connected'],
    ]);
    assert.deepEqual(socket.sent.slice(1), [{ type: 'resume', lastEventId: '', wantStatus: true }]);
  });

  test('sends no clientId when there is none', () => {
    const { client } = createConnected(AgentStreamClient);
    assert.deepEqual(ScriptedSocket.latest.sent[0], { type: 'auth', token: 'token_1' });
  });

  test('resumes after the given event', () => {
    const { client, socket } = createConnected(AgentStreamClient, { lastEventId: '41' });
    assert.equal(socket.sent[1].lastEventId, '41');
    assert.equal(client.lastEventId, '41');
  });
});

describe('the end of a run', () => {
  test('by its own terminal event emits no session_complete', () => {
    const { log, socket } = createConnected(AgentStreamClient);
    const event = socket.receiveEvent(1, 'agent_runtime_end', { reason: 'done' });
    assert.deepEqual(log, [['agent_event', event], ...ENDED]);
    assert.deepEqual(socket.closedWith, { code: 1000, reason: 'Client disconnect' });
  });

  test('by its own terminal event inside a collected replay delivers the replay first', () => {
    const { log, socket } = createResuming(AgentStreamClient, { resumeOnConnect: true });
    const first = socket.receiveEvent(1, 'stream_chunk', { chunkType: 'text', content: 'a' });
    assert.deepEqual(log, []);
    const last = socket.receiveEvent(2, 'agent_runtime_end', { reason: 'done' });
    assert.deepEqual(log, [['agent_event', first], ['agent_event', last], ...ENDED]);
  });

  test('by a session_complete frame', () => {
    const { log, socket } = createConnected(AgentStreamClient);
    socket.receive({ type: 'session_complete', id: '9', summary: '' });
    assert.deepEqual(log, [['session_complete', { source: 'raw_session_complete' }], ...ENDED]);
  });

  test('by a session_complete frame inside a collected replay delivers the replay first', () => {
    const { log, socket } = createResuming(AgentStreamClient, { resumeOnConnect: true });
    const event = socket.receiveEvent(1, 'stream_chunk', { chunkType: 'text', content: 'a' });
    socket.receive({ type: 'session_complete', id: '2' });
    assert.deepEqual(log, [
      ['agent_event', event],
      ['session_complete', { source: 'raw_session_complete' }],
      ...ENDED,
    ]);
  });

  test('by the status that ends a replay', () => {
    const { log, socket } = createResuming(AgentStreamClient);
    socket.receive({ type: 'resume_complete', status: 'completed', gap: false });
    const others = log.filter(([event]) => event !== 'resume_complete');
    assert.deepEqual(others, [
      ['session_complete', { source: 'resume_status', status: 'completed' }],
      ...ENDED,
    ]);
  });

  test('by a terminal status_change', () => {
    const { log, socket } = createConnected(AgentStreamClient);
    socket.receive({ type: 'status_change', id: '3', status: 'error' });
    const others = log.filter(([event]) => event !== 'status_change');
    assert.deepEqual(others, [['session_complete', { source: 'status_change', status: 'error' }], ...ENDED]);
  });

  test("does not come from another operation's terminal event and its echo", () => {
    const { client, log, socket } = createConnected(AgentStreamClient);
    const event = socket.receiveEvent(1, 'agent_runtime_end', { reason: 'done' }, 'op_2');
    socket.receive({ type: 'session_complete', id: '2' });
    assert.deepEqual(log, [['agent_event', event]]);
    socket.receive({ type: 'session_complete', id: '3' });
    assert.deepEqual(log.slice(1), [['session_complete', { source: 'raw_session_complete' }], ...ENDED]);
  });

  test('by refused credentials', () => {
    const { client, log } = createRecorded(AgentStreamClient);
    client.connect();
    ScriptedSocket.latest.open();
    log.length = 0;
    ScriptedSocket.latest.receive({ type: 'auth_failed', reason: 'signature verification failed' });
    assert.deepEqual(log, [['auth_failed', 'signature verification failed'], ...ENDED]);
  });

  test('by disconnect', () => {
    const { client, log, socket } = createConnected(AgentStreamClient);
    client.disconnect();
    assert.deepEqual(log, ENDED);
    assert.deepEqual(socket.closedWith, { code: 1000, reason: 'Client disconnect' });
  });
});

describe('a lost connection', () => {
  test('is dialled again after a second', () => {
    const { client, log, socket } = createConnected(AgentStreamClient);
    const event = socket.receiveEvent(7, 'stream_chunk', { chunkType: 'text', content: 'a' });
    socket.drop();
    assert.deepEqual(log, [
      ['agent_event', event],
      ['status_changed', 'reconnecting'],
      ['reconnecting', 1000],
    ]);

    log.length = 0;
    mock.timers.tick(1000);
    const second = ScriptedSocket.latest;
    assert.notEqual(second, socket);
    second.authenticate();
    assert.deepEqual(log, [
      ['status_changed', 'connecting'],
      ['status_changed', 'authenticating'],
      ['status_changed', 'connected'],
      ['connected'],
    ]);
    assert.equal(second.sent[1].lastEventId, '7');
  });

  test('is the end without autoReconnect', () => {
    const { log, socket } = createConnected(AgentStreamClient, { autoReconnect: false });
    socket.drop();
    assert.deepEqual(log, ENDED);
    mock.timers.tick(60_000);
    assert.equal(ScriptedSocket.latest, socket);
  });

  test('without events yet is resumed from the start', () => {
    const { client, socket } = createConnected(AgentStreamClient);
    socket.drop();
    mock.timers.tick(1000);
    ScriptedSocket.latest.authenticate();
    assert.equal(ScriptedSocket.latest.sent[1].lastEventId, '');
  });

  test('reports a socket error as a GatewayError', () => {
    const { client, log, socket } = createConnected(AgentStreamClient);
    socket.onerror({});
    const [[name, error]] = log;
    assert.equal(name, 'error');
    assert.equal(error.name, 'GatewayError');
    assert.equal(error.code, 'socket_error');
    assert.ok(error instanceof Error);
    assert.equal(error.message, 'WebSocket error for operation op_1');
  });
});

describe('calls', () => {
  test('connect does nothing while there is a socket', () => {
    const { client, log } = createRecorded(AgentStreamClient);
    client.connect();
    client.connect();
    ScriptedSocket.latest.open();
    client.connect();
    ScriptedSocket.latest.receive({ type: 'auth_success' });
    client.connect();
    assert.equal(ScriptedSocket.all.length, 1);
    assert.equal(log.filter(([event]) => event === 'status_changed').length, 3);
  });

  test('reconnect replaces the socket before its promise resolves, without disconnected', async () => {
    const { client, log, socket } = createConnected(AgentStreamClient);
    const reconnected = client.reconnect();
    assert.notEqual(ScriptedSocket.latest, socket);
    assert.deepEqual(log, [['status_changed', 'connecting']]);
    assert.equal(socket.onmessage ?? null, null);
    assert.equal(await reconnected, undefined);
  });

  test('updateToken changes the next authentication only', async () => {
    const { client, socket } = createConnected(AgentStreamClient);
    client.updateToken('token_2');
    assert.equal(socket.sent.length, 2);
    await client.reconnect();
    ScriptedSocket.latest.open();
    assert.equal(ScriptedSocket.latest.sent[0].token, 'token_2');
  });

  test('disconnect emits disconnected at every call, status_changed once', () => {
    const { client, log } = createConnected(AgentStreamClient);
    client.disconnect();
    client.disconnect();
    assert.equal(log.filter(([event]) => event === 'status_changed').length, 1);
  });

  test('auth_expired is left to the application that gave no getToken', async () => {
    const { client, log } = createRecorded(AgentStreamClient);
    client.connect();
    ScriptedSocket.latest.open();
    log.length = 0;
    ScriptedSocket.latest.receive({ type: 'auth_expired' });
    assert.deepEqual(log, [['auth_expired']]);
    assert.equal(client.connectionStatus, 'authenticating');
  });
});
