import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, mock, test } from 'node:test';
import { GatewayMuxClient } from '../../pkg/run.mjs';
import { createMux, disposeMuxes, microtasks, receiveEvent } from './support/mux.mjs';
import {
  after,
  button,
  connected,
  createRun,
  disposeRuns,
  failDials,
  failing,
  settledAs,
  submitted,
  submittedAlone,
  NOW,
} from './support/run.mjs';
import { forgetSockets, ScriptedSocket } from './support/scripted-socket.mjs';

beforeEach(() => {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'], now: NOW });
  forgetSockets();
});
afterEach(() => {
  disposeRuns();
  disposeMuxes();
  mock.timers.tick(1);
  mock.timers.reset();
});

describe('a client of the application', () => {
  test('carries the run with its own token, and outlives it', async () => {
    const { mux } = createMux(GatewayMuxClient, { keepAlive: true });
    const { run } = createRun({ getToken: () => assert.fail('the client asks'), mux });
    assert.equal(run.connection, undefined);
    const socket = await submitted(run);
    assert.equal(ScriptedSocket.all.length, 1);
    assert.equal(run.connection.status, 'connected');
    receiveEvent(socket, 1, 'agent_runtime_end', { reason: 'done' });
    await run.done;
    assert.equal(run.connection.reason, 'run_ended');
    assert.equal(mux.state.status, 'connected');
  });

  test('that the gateway does not serve gives way to a socket of its own', async () => {
    const { mux } = createMux(GatewayMuxClient);
    const { run } = createRun({ mux });
    run.submit();
    await microtasks();
    await failDials();
    await microtasks();
    assert.match(ScriptedSocket.latest.url, /operationId=op_1/);
    assert.equal(button(run)[1], 'stop');
  });

  test('that the gateway is known not to serve is not asked again', async () => {
    const { mux } = createMux(GatewayMuxClient);
    const { run: first } = createRun({ mux });
    first.submit();
    await microtasks();
    await failDials();
    assert.equal(mux.isUnavailable, true);
    const sockets = ScriptedSocket.all.length;
    const { run } = createRun({ mux });
    run.submit();
    await microtasks();
    assert.equal(button(run)[1], 'stop');
    assert.equal(ScriptedSocket.all.length, sockets + 1);
    assert.match(ScriptedSocket.latest.url, /operationId=op_1/);
  });

  test('that served the run once dials on, however long the gateway is away', async () => {
    const { mux } = createMux(GatewayMuxClient);
    const { run } = createRun({ mux });
    const socket = await submitted(run);
    socket.drop();
    await after(4_000);
    await failDials();
    assert.deepEqual(button(run), ['reconnecting', 'stop']);
    assert.match(ScriptedSocket.latest.url, /\/v2\//);
  });

  test('that need not give way dials on from the start', async () => {
    const { mux } = createMux(GatewayMuxClient);
    const { run } = createRun({ mux, transport: 'v2' });
    run.submit();
    await microtasks();
    await failDials();
    assert.deepEqual(button(run), ['connecting', 'stop']);
    assert.match(ScriptedSocket.latest.url, /\/v2\//);
  });
});

describe('the button', () => {
  test('sends before the run and after it, and stops while it is at work', async () => {
    const { log, run } = createRun();
    assert.deepEqual(button(run), ['idle', 'send']);
    assert.equal(run.submit(), true);
    assert.deepEqual(button(run), ['submitting', 'stop']);
    const socket = await connected();
    assert.deepEqual(button(run), ['streaming', 'stop']);
    receiveEvent(socket, 1, 'agent_runtime_end', { reason: 'done' });
    const outcome = await run.done;
    assert.deepEqual(button(run), ['settled', 'send']);
    assert.deepEqual(
      { ending: outcome.ending, known: outcome.known, verdict: outcome.verdict },
      { ending: 'agent_event', known: true, verdict: 'completed' },
    );
    assert.deepEqual(log.phases, [
      ['submitting', 'stop'],
      ['connecting', 'stop'],
      ['refreshing_auth', 'stop'],
      ['streaming', 'stop'],
      ['settled', 'send'],
    ]);
    assert.equal(run.submit(), false, 'a run is used once');
  });

  test('sends once the visible output is complete, and stops again with the next message', async () => {
    const { run } = createRun();
    const socket = await submitted(run);
    receiveEvent(socket, 1, 'stream_chunk', { chunkType: 'text', content: 'Hello' });
    receiveEvent(socket, 2, 'visible_output_end');
    assert.deepEqual(button(run), ['streaming', 'send']);
    assert.equal(run.getSnapshot().loading, true);
    receiveEvent(socket, 3, 'stream_start', { assistantMessage: { id: 'm2' } });
    assert.deepEqual(button(run), ['streaming', 'stop']);
  });

  test('stops while the agent waits for its user, a connection or a token', async () => {
    const { run } = createRun({ onIntervention: () => new Promise(() => {}) });
    const socket = await submitted(run);
    socket.receive({ type: 'input_request', operationId: 'op_1', id: '1', requestId: 'r1', prompt: '?' });
    assert.deepEqual(button(run), ['waiting_input', 'stop']);
    socket.receive({ type: 'status_change', operationId: 'op_1', id: '2', status: 'running' });
    const request = { type: 'tool_confirmation_request', operationId: 'op_1', id: '3', toolCallId: 'c1' };
    socket.receive({ ...request, tool: { name: 'x' } });
    assert.deepEqual(button(run), ['waiting_confirmation', 'stop']);
    socket.drop();
    assert.deepEqual(button(run), ['reconnecting', 'stop']);
    assert.equal(run.getSnapshot().deadline.timer, 'reconnect');
  });

  test('sends at once when the run is stopped', async () => {
    const interrupted = [];
    const { run } = createRun({ interrupt: (operationId) => void interrupted.push(operationId) });
    const socket = await submitted(run);
    assert.equal(run.stop(), true);
    assert.deepEqual(button(run), ['stopping', 'send']);
    assert.equal(run.stop(), false, 'it is being stopped');
    await microtasks();
    assert.deepEqual(interrupted, ['op_1']);
    receiveEvent(socket, 1, 'agent_runtime_end', { reason: 'interrupted' });
    assert.equal((await run.done).verdict, 'interrupted');
  });

  test('stops again when the server does not stop the run', async () => {
    const { log, run } = createRun({ interrupt: () => false });
    await submitted(run);
    run.stop();
    await microtasks();
    assert.deepEqual(button(run), ['streaming', 'stop']);
    assert.ok(log.names.includes('stop_refused'));
  });
});

describe('a gateway with one socket for each operation', () => {
  test('carries the run there, and the next one at once', async () => {
    const gatewayUrl = 'https://old.example.org';
    const { run } = createRun({ gatewayUrl });
    run.submit();
    await microtasks();
    await failDials();
    const socket = ScriptedSocket.latest;
    assert.match(socket.url, /\/ws\?operationId=op_1$/);
    socket.authenticate();
    assert.deepEqual(button(run), ['streaming', 'stop']);
    socket.receiveEvent(1, 'agent_runtime_end', { reason: 'done' });
    await settledAs(run, 'agent_event');
    const next = createRun({ gatewayUrl });
    next.run.submit();
    await microtasks();
    assert.match(ScriptedSocket.latest.url, /\/ws\?operationId=op_1$/);
  });
});

describe('a snapshot', () => {
  test('is the same object until something changes, and frozen', async () => {
    const { run } = createRun();
    const idle = run.getSnapshot();
    assert.equal(run.getSnapshot(), idle);
    const socket = await submitted(run);
    const streaming = run.getSnapshot();
    receiveEvent(socket, 1, 'step_start');
    assert.equal(run.getSnapshot(), streaming);
    assert.ok(Object.isFrozen(streaming));
    assert.equal(idle.phase, 'idle');
    assert.equal(streaming.operationId, 'op_1');
  });

  test('is told to each subscriber, also beside one that throws', async () => {
    const { errors, run } = createRun();
    let told = 0;
    run.subscribe(() => {
      throw Error('broken');
    });
    const unsubscribe = run.subscribe(() => void told++);
    run.submit();
    assert.deepEqual([told, errors], [1, ["A listener of 'changed' threw"]]);
    unsubscribe();
    await connected();
    assert.equal(told, 1);
    assert.equal(run.getSnapshot().phase, 'streaming');
  });

  test('is told to a listener that stops the run from within', async () => {
    const { run } = createRun();
    run.on('changed', ({ phase }) => phase === 'streaming' && run.stop());
    await submitted(run);
    assert.deepEqual(button(run), ['stopping', 'send']);
  });
});

describe('a run', () => {
  test('refuses options that cannot work', () => {
    for (const options of [
      { gatewayUrl: '' },
      { getToken: undefined },
      { interrupt: undefined },
      { start: undefined },
      { transport: 'carrier pigeon' },
      { limits: { start: 'soon' } },
      { operationId: '' },
    ]) {
      assert.throws(() => createRun(options), { code: 'invalid_option' }, JSON.stringify(options));
    }
  });

  test('is resumed after the last event that was shown', async () => {
    const { run } = createRun({ operationId: 'op_1', cursor: '41', startedAt: NOW - 5_000 });
    const socket = await connected();
    assert.deepEqual(socket.sent, [{ type: 'subscribe', operationId: 'op_1', lastEventId: '41' }]);
    assert.equal(run.getSnapshot().startedAt, NOW - 5_000);
    receiveEvent(socket, 42, 'step_start');
    assert.equal(run.cursor, '42');
    run.detach();
    assert.equal(run.cursor, '42');
  });

  test('that is disposed tells nothing any more, and closes its socket', async () => {
    const { log, run } = createRun();
    const socket = await submitted(run);
    run.dispose();
    assert.equal((await run.done).ending, 'detached');
    const { length } = log.names;
    receiveEvent(socket, 1, 'step_start');
    await after(10_000);
    assert.equal(log.names.length, length);
    assert.equal(run.stop(), false);
    assert.throws(() => run.submit(), { code: 'disposed' });
    assert.equal(socket.closedWith.code, 1000);
  });

  test('that a listener disposes of at its end is over and closed', async () => {
    const { run } = createRun({ transport: 'v1' });
    const socket = await submittedAlone(run);
    run.on('changed', ({ outcome }) => outcome && run.dispose());
    run.detach();
    assert.equal((await run.done).ending, 'detached');
    assert.equal(socket.closedWith.code, 1000);
    await failing(60_000);
    assert.equal(ScriptedSocket.all.length, 1);
  });

  test('that was never begun is over when it is disposed', async () => {
    const { run } = createRun();
    run.dispose();
    assert.equal((await run.done).verdict, 'unknown');
  });
});
