import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, mock, test } from 'node:test';
import { GatewayMuxClient, UnauthorizedError, UnknownOperationError } from '../../pkg/run.mjs';
import { after, connected, createRun, disposeRuns, NOW, RunLog } from './support/run.mjs';
import { createMux, disposeMuxes, microtasks, receiveEvent } from './support/mux.mjs';
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

describe('a run ends', () => {
  test('with the completion of its session', async () => {
    const { run } = createRun();
    const socket = await submitted(run);
    socket.receive({ type: 'session_complete', operationId: 'op_1', id: '1' });
    await settledAs(run, 'session_complete');
  });

  test('with the status that a watchdog of the gateway gives it', async () => {
    const { run } = createRun();
    const socket = await submitted(run);
    socket.receive({ type: 'status_change', operationId: 'op_1', id: '1', status: 'error' });
    const { verdict } = await settledAs(run, 'status_change');
    assert.equal(verdict, 'failed');
  });

  test('with a token that the gateway refuses', async () => {
    const { run } = createRun({ transport: 'v1' });
    run.submit();
    await microtasks();
    const socket = ScriptedSocket.latest;
    socket.open();
    socket.receive({ type: 'auth_failed', reason: 'bad signature' });
    const { reason } = await settledAs(run, 'auth_failed');
    assert.equal(reason, 'bad signature');
  });

  for (const options of [{ transport: 'v1' }, { transport: 'v2' }, {}]) {
    test(`with tokens that every socket refuses, ${options.transport ?? 'where it may choose'}`, async () => {
      const { run } = createRun(options);
      run.submit();
      await refusingTokens();
      const { reason, resumable } = await settledAs(run, 'auth_failed');
      assert.deepEqual([reason, resumable], ['auth_failed', true]);
    });
  }

  test('with a user who is signed out', async () => {
    const getToken = () => Promise.reject(new UnauthorizedError('signed out'));
    const { run } = createRun({ operationId: 'op_1', getToken });
    const { detail, resumable } = await settledAs(run, 'unauthorized');
    assert.deepEqual({ detail, resumable }, { detail: 'signed out', resumable: true });
  });

  test('with the third token that the application cannot give', async () => {
    let asked = 0;
    const { run } = createRun({
      operationId: 'op_1',
      getToken: () => Promise.reject(Error(`no ${++asked}`)),
    });
    await microtasks();
    assert.deepEqual(button(run), ['refreshing_auth', 'stop']);
    await after(2_000);
    await after(4_000);
    const { detail } = await settledAs(run, 'refresh_failed');
    assert.deepEqual({ asked, detail }, { asked: 3, detail: 'no 3' });
  });

  test('with an operation that the server does not know', async () => {
    const getToken = () => Promise.reject(new UnknownOperationError());
    const { run } = createRun({ operationId: 'op_1', getToken });
    const { resumable } = await settledAs(run, 'unknown_operation');
    assert.equal(resumable, false);
  });

  test('with a newer one', async () => {
    const { run } = createRun();
    const socket = await submitted(run);
    assert.equal(run.supersede(), true);
    await settledAs(run, 'superseded');
    assert.deepEqual(socket.sent.at(-1), { type: 'unsubscribe', operationId: 'op_1' });
    assert.equal(run.supersede(), false);
  });

  test('with an application that leaves it', async () => {
    const { run } = createRun();
    await submitted(run);
    assert.equal(run.detach(), true);
    const { resumable, verdict } = await settledAs(run, 'detached');
    assert.deepEqual({ resumable, verdict }, { resumable: true, verdict: 'unknown' });
  });

  test('with a connection that does not come back', async () => {
    const { run } = createRun({ limits: { reconnect: 5_000 }, transport: 'v1' });
    const socket = await submittedAlone(run);
    socket.drop();
    await failing(4_900);
    assert.deepEqual(button(run), ['reconnecting', 'stop']);
    await failing(100);
    await settledAs(run, 'reconnect_limit');
    const dialled = ScriptedSocket.all.length;
    assert.ok(dialled > 2);
    await failing(60_000);
    assert.equal(ScriptedSocket.all.length, dialled, 'nothing is dialled any more');
  });

  test('with a token that a broken connection never gets', async () => {
    let asked = 0;
    const getToken = () => Promise.reject(Error(`no ${++asked}`));
    const { run } = createRun({ getToken, limits: { reconnect: 9_000 }, transport: 'v1' });
    const socket = await submittedAlone(run);
    socket.receive({ type: 'auth_expired' });
    await microtasks();
    assert.deepEqual(button(run), ['reconnecting', 'stop']);
    await failing(9_000);
    await settledAs(run, 'reconnect_limit');
    assert.ok(asked > 1, 'it was asked again and again');
  });

  test('with a connection that never stood', async () => {
    const { run } = createRun({ limits: { connect: 3_000 }, transport: 'v1' });
    run.submit();
    await microtasks();
    await failing(3_000);
    await settledAs(run, 'connect_limit');
  });

  test('with an operation that the gateway never gets to know', async () => {
    const { run } = createRun({ limits: { pending: 3_000 } });
    run.submit();
    const socket = await connected({ pending: true, status: undefined });
    assert.equal(run.getSnapshot().waitingFor, 'operation');
    await after(2_999);
    assert.deepEqual(button(run), ['streaming', 'stop']);
    socket.receive({ type: 'heartbeat_ack' });
    await after(1);
    await settledAs(run, 'pending_limit');
  });

  test('with a gateway that says nothing of the operation over a socket of its own', async () => {
    const { run } = createRun({ limits: { pending: 3_000 }, transport: 'v1' });
    await submittedAlone(run);
    const { deadline, waitingFor } = run.getSnapshot();
    assert.deepEqual([deadline.timer, waitingFor], ['pending', 'operation']);
    await after(3_000);
    await settledAs(run, 'pending_limit');
  });

  test('with a gateway that does not serve the one transport', async () => {
    const { run } = createRun({ transport: 'v2' });
    run.submit();
    await microtasks();
    await failDials();
    await settledAs(run, 'unavailable');
  });

  test('with a stop that the server confirms and the agent does not', async () => {
    const { run } = createRun({ limits: { stop: 2_000 } });
    await submitted(run);
    run.stop();
    await microtasks();
    await after(2_000);
    await settledAs(run, 'stopped');
  });

  test('with a stop that nobody confirms', async () => {
    const { run } = createRun({ interrupt: () => new Promise(() => {}), limits: { stop: 2_000 } });
    await submitted(run);
    run.stop();
    await after(2_000);
    const { known, verdict } = await settledAs(run, 'stop_unconfirmed');
    assert.deepEqual({ known, verdict }, { known: false, verdict: 'interrupted' });
  });

  test('with a start that was aborted', async () => {
    const start = ({ signal }) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    const { run } = createRun({ start });
    run.submit();
    await microtasks();
    run.stop();
    await settledAs(run, 'stopped_before_start');
  });

  test('with a start that fails or says nothing', async () => {
    const { run } = createRun({ start: () => Promise.reject(Error('quota')) });
    run.submit();
    assert.equal((await settledAs(run, 'start_failed')).detail, 'quota');
    const silent = createRun({ start: () => new Promise(() => {}), limits: { start: 1_000 } }).run;
    silent.submit();
    await after(1_000);
    await settledAs(silent, 'start_timeout');
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

function button(run) {
  return RunLog.button(run.getSnapshot());
}

async function submitted(run) {
  run.submit();
  return connected();
}

async function settledAs(run, ending) {
  await microtasks();
  const { outcome } = run.getSnapshot();
  assert.equal(outcome?.ending, ending);
  assert.deepEqual(button(run), ['settled', 'send']);
  assert.equal(await run.done, outcome);
  return outcome;
}

/** The same over a socket of the run's own. */
async function submittedAlone(run) {
  run.submit();
  await microtasks();
  ScriptedSocket.latest.authenticate();
  assert.deepEqual(button(run), ['streaming', 'stop']);
  return ScriptedSocket.latest;
}

/** Time passes, in which every dial fails. */
async function failing(millis) {
  for (let passed = 0; passed < millis; passed += 100) {
    await after(100);
    const { latest } = ScriptedSocket;
    if (latest.readyState === ScriptedSocket.CONNECTING) latest.drop();
  }
}

/** The gateway refuses the shared socket until the client gives it up. */
async function failDials() {
  for (let dial = 0; dial < 3; dial++) {
    ScriptedSocket.latest.drop();
    await after(4_000);
  }
}

/** The gateway refuses the token of each socket. */
async function refusingTokens() {
  await microtasks();
  for (let dial = 0; dial < 6; dial++) {
    const { latest } = ScriptedSocket;
    if (latest.readyState === ScriptedSocket.CONNECTING) {
      latest.open();
      if (/\/v2\//.test(latest.url)) latest.drop(4401, 'auth_failed');
      else latest.receive({ type: 'auth_failed', reason: 'auth_failed' });
    }
    await after(4_000);
  }
}
