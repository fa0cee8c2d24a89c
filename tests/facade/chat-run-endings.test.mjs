import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, mock, test } from 'node:test';
import { UnauthorizedError, UnknownOperationError } from '../../pkg/run.mjs';
import { microtasks, receiveEvent } from './support/mux.mjs';
import {
  after,
  button,
  connected,
  createRun,
  disposeRuns,
  failDials,
  failing,
  refusingTokens,
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
  mock.timers.tick(1);
  mock.timers.reset();
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

  for (const transport of ['v1', 'v2', 'auto']) {
    test(`when the server, asked for a token, does not know the operation, ${transport}`, async () => {
      const getToken = () => {
        throw new UnknownOperationError();
      };
      const { run } = createRun({ getToken, start: () => ({ operationId: 'op_1' }), transport });
      run.submit();
      await microtasks();
      await settledAs(run, 'unknown_operation');
    });
  }

  test('when the server does not know the operation any more, and its connection is lost', async () => {
    const getToken = () => {
      throw new UnknownOperationError();
    };
    const { run } = createRun({ getToken, transport: 'v1' });
    const socket = await submittedAlone(run);
    socket.receive({ type: 'auth_expired' });
    await microtasks();
    await failing(20_000);
    await settledAs(run, 'unknown_operation');
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
    assert.deepEqual([deadline.timer, waitingFor], ['pending', 'agent']);
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

describe('a shared socket', () => {
  const GATEWAY = { gatewayUrl: 'https://shared-tokens.example.org' };

  test('takes its tokens from the latest run that is not over', async () => {
    const asked = [];
    const first = createRun({
      ...GATEWAY,
      getToken: ({ operationId }) => (asked.push(operationId), 'token_1b'),
    });
    const socket = await submitted(first.run);
    const other = createRun({
      ...GATEWAY,
      getToken: () => {
        throw new UnauthorizedError('It is over.');
      },
      start: () => ({ operationId: 'op_2', token: 'token_of_2' }),
    });
    other.run.submit();
    await microtasks();
    receiveEvent(socket, 1, 'agent_runtime_end', { reason: 'done' }, 'op_2');
    await settledAs(other.run, 'agent_event');
    socket.drop();
    await after(2_000);
    assert.deepEqual(asked, ['op_1']);
    assert.match(ScriptedSocket.latest.url, /token=token_1b/);
    assert.equal(first.run.getSnapshot().phase, 'reconnecting');
  });

  test('presents no token that came with a run to a socket that stood already', async () => {
    const { run } = createRun({ ...GATEWAY, getToken: () => 'fresh_1' });
    const socket = await submitted(run);
    const other = createRun({
      ...GATEWAY,
      getToken: () => 'fresh_2',
      start: () => ({ operationId: 'op_2', token: 'token_of_2' }),
    });
    other.run.submit();
    await microtasks();
    socket.drop();
    await after(2_000);
    assert.match(ScriptedSocket.latest.url, /token=fresh_2/);
  });
});

describe('a run that is stopped while it is started', () => {
  test('is interrupted when the server began it all the same, also once it is disposed of', async () => {
    let give;
    const interrupted = [];
    const { run } = createRun({
      interrupt: (operationId) => void interrupted.push(operationId),
      start: () => new Promise((resolve) => (give = resolve)),
    });
    run.submit();
    await microtasks();
    run.stop();
    run.dispose();
    give({ operationId: 'op_9', token: 'token' });
    await microtasks();
    assert.deepEqual(interrupted, ['op_9']);
  });

  test('goes on where it was only left', async () => {
    let give;
    const { run } = createRun({
      interrupt: () => assert.fail('nobody stopped it'),
      start: () => new Promise((resolve) => (give = resolve)),
    });
    run.submit();
    await microtasks();
    run.dispose();
    give({ operationId: 'op_9', token: 'token' });
    await microtasks();
  });
});
