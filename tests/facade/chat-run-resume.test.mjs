import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, mock, test } from 'node:test';
import { UnknownOperationError } from '../../pkg/run.mjs';
import { after, connected, createRun, disposeRuns, NOW } from './support/run.mjs';
import { microtasks, receiveEvent } from './support/mux.mjs';
import { forgetSockets, ScriptedSocket } from './support/scripted-socket.mjs';

const GATEWAY = { gatewayUrl: 'https://gateway.example.org' };

beforeEach(() => {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'], now: NOW });
  forgetSockets();
});
afterEach(() => {
  disposeRuns();
  mock.timers.tick(1);
  mock.timers.reset();
});

describe('a run that is resumed', () => {
  test('asks for a token before it dials', async () => {
    let give;
    const { run } = resumed({ getToken: () => new Promise((resolve) => (give = resolve)) });
    await microtasks();
    assert.deepEqual([run.getSnapshot().phase, ScriptedSocket.all.length], ['refreshing_auth', 0]);
    give('token_1');
    await microtasks();
    assert.equal(ScriptedSocket.all.length, 1);
  });

  test('is one for all who resume the operation: one question for a token, one socket', async () => {
    let asked = 0;
    const getToken = () => `token_${++asked}`;
    const { run } = resumed({ getToken });
    const other = resumed({ getToken: () => assert.fail('it goes by the options of the first') });
    assert.equal(other.run, run);
    await connected();
    assert.equal(resumed({ getToken }).run, run, 'also once it is connected');
    assert.deepEqual([asked, ScriptedSocket.all.length], [1, 1]);
  });

  test('is the one that was started here, from when its operation is known', async () => {
    const { run } = createRun(GATEWAY);
    run.submit();
    await connected();
    assert.equal(resumed().run, run);
    assert.equal(ScriptedSocket.all.length, 1);
  });

  test('is another one for another operation, and at another gateway', () => {
    const { run } = resumed();
    assert.notEqual(resumed({ operationId: 'op_2' }).run, run);
    assert.notEqual(resumed({ gatewayUrl: 'https://elsewhere.example.org' }).run, run);
  });

  test('is a new one after the end of the last, also for who hears of that end', async () => {
    const { run } = resumed();
    const again = {};
    run.on('changed', ({ outcome }) => outcome && (again.changed = resumed().run));
    run.on('settled', () => (again.settled = resumed().run));
    const socket = await connected();
    receiveEvent(socket, 1, 'agent_runtime_end', { reason: 'done' });
    await run.done;
    assert.notEqual(again.changed, run);
    assert.equal(again.settled, again.changed);
    assert.equal(again.changed.getSnapshot().phase, 'refreshing_auth');
  });

  test('is a new one after the last was disposed of', async () => {
    const { run } = resumed();
    run.dispose();
    const next = resumed().run;
    assert.notEqual(next, run);
    await connected();
    assert.equal(next.getSnapshot().phase, 'streaming');
  });

  test('ends at once for all who hold it where the server does not know the operation', async () => {
    const getToken = () => Promise.reject(new UnknownOperationError());
    const { run } = resumed({ getToken });
    const { done } = resumed({ getToken }).run;
    await microtasks();
    assert.equal((await done).ending, 'unknown_operation');
    assert.equal(run.getSnapshot().canSend, true);
    assert.equal(ScriptedSocket.all.length, 0);
  });

  test('dials nothing where a newer one took its place while the token was on its way', async () => {
    let give;
    const { run } = resumed({ getToken: () => new Promise((resolve) => (give = resolve)) });
    await microtasks();
    run.supersede();
    give('token_1');
    assert.equal((await run.done).ending, 'superseded');
    await after(600_000);
    assert.equal(ScriptedSocket.all.length, 0);
  });

  test('is checked also where a run is followed already', () => {
    resumed();
    assert.throws(() => resumed({ getToken: undefined }), { code: 'invalid_option' });
    assert.throws(() => resumed({ cursor: 7 }), { code: 'invalid_option' });
  });
});

describe('the options of a run', () => {
  for (const value of [0, -1, Infinity, NaN, '1000', {}]) {
    test(`refuse a limit of ${describeValue(value)}`, () => {
      for (const name of ['connect', 'pending', 'reconnect', 'start', 'stop', 'token']) {
        assert.throws(() => createRun({ limits: { [name]: value } }), {
          code: 'invalid_option',
          message: new RegExp(name),
        });
      }
    });
  }

  test('refuse what could not be used later', () => {
    for (const options of [
      { messages: {} },
      { mux: 'mine' },
      { storage: {} },
      { storage: { getItem() {} } },
      { tools: 'all' },
      { onIntervention: true },
      { executor: 'yes' },
      { limits: 1_000 },
    ]) {
      assert.throws(() => createRun(options), { code: 'invalid_option' }, JSON.stringify(options));
    }
    assert.throws(() => resumed({ startedAt: 'today' }), { code: 'invalid_option' });
  });

  test('take limits that are given, and leave out those that are not', () => {
    const { run } = createRun({ limits: { start: 1, stop: undefined } });
    run.submit();
    assert.equal(run.getSnapshot().deadline.at, NOW + 1);
  });
});

function resumed(options = {}) {
  return createRun({ ...GATEWAY, operationId: 'op_1', ...options });
}

function describeValue(value) {
  return typeof value === 'number' ? String(value) : JSON.stringify(value);
}
