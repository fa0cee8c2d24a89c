import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, mock, test } from 'node:test';
import { after, connected, createRun, disposeRuns, NOW } from './support/run.mjs';
import { microtasks, receiveEvent } from './support/mux.mjs';
import { forgetSockets } from './support/scripted-socket.mjs';

const TAKEN = 'agent-gateway-client:tool-calls';
const OPEN = 'agent-gateway-client:tool-calls-open';
const GONE = {
  content: null,
  error: { message: 'The page that ran the tool went away.', type: 'client_tool_execution_error' },
  success: false,
};
const navigator = Object.getOwnPropertyDescriptor(globalThis, 'navigator');

let calls = 0;

beforeEach(() => {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'], now: NOW });
  forgetSockets();
  // A page remembers the calls that it took on.
  calls++;
  hasLocks();
});
afterEach(() => {
  disposeRuns();
  mock.timers.tick(1);
  mock.timers.reset();
  if (navigator) Object.defineProperty(globalThis, 'navigator', navigator);
  else delete globalThis.navigator;
});

describe('a tool that ran and was not answered', () => {
  for (const [where, storage] of Object.entries({
    'the memory of the page': () => undefined,
    'a storage': stored,
  })) {
    test(`is answered as failed by the next run that follows the operation, by ${where}`, async () => {
      let ran = 0;
      const tools = { add: () => (ran++, new Promise(() => {})) };
      const options = { storage: storage() };
      const { run, socket } = await resumed(tools, options);
      await called(socket);
      assert.equal(ran, 1);
      run.detach();
      await settled();
      const next = await resumed(tools, options);
      await called(next.socket);
      assert.deepEqual([ran, results(socket), results(next.socket)], [1, [], [GONE]]);
      next.run.detach();
      await settled();
      const last = await resumed(tools, options);
      await called(last.socket);
      assert.deepEqual([ran, results(last.socket)], [1, []]);
    });
  }

  test('is answered as failed where another page ran it and is gone', async () => {
    const storage = stored({ [TAKEN]: ['older', id()], [OPEN]: [id()] });
    const { run, socket } = await resumed({ add: () => assert.fail('it ran before') }, { storage });
    await called(socket);
    assert.deepEqual(results(socket), [GONE]);
    assert.deepEqual(storage.list(OPEN), []);
    assert.equal(run.getSnapshot().phase, 'streaming');
  });

  test('is left to the tab that works on it', async () => {
    hasLocks([`${TAKEN} ${id()}`]);
    const storage = stored({ [TAKEN]: [id()], [OPEN]: [id()] });
    const { socket } = await resumed({ add: () => assert.fail('it runs elsewhere') }, { storage });
    await called(socket);
    assert.deepEqual([results(socket), storage.list(OPEN)], [[], [id()]]);
  });

  test('is left alone where the browser cannot tell whether a tab works on it', async () => {
    Object.defineProperty(globalThis, 'navigator', { configurable: true, value: {} });
    const storage = stored({ [TAKEN]: [id()], [OPEN]: [id()] });
    const { socket } = await resumed({ add: () => assert.fail('it may run elsewhere') }, { storage });
    await called(socket);
    assert.deepEqual(results(socket), []);
  });

  test('was worked on under a lock of its own, until it was answered', async () => {
    const locks = hasLocks();
    const storage = stored();
    let answer;
    const { socket } = await resumed(
      { add: () => new Promise((resolve) => (answer = resolve)) },
      { storage },
    );
    await called(socket);
    assert.deepEqual([[...locks], storage.list(OPEN)], [[`${TAKEN} ${id()}`], [id()]]);
    answer('ok');
    await settled();
    assert.deepEqual(results(socket), [{ content: 'ok', success: true }]);
    assert.deepEqual([[...locks], storage.list(OPEN)], [[], []]);
  });

  test('is not answered again once it timed out', async () => {
    const storage = stored();
    const { run, socket } = await resumed({ add: () => new Promise(() => {}) }, { storage });
    await called(socket);
    await after(60_000);
    await settled();
    assert.deepEqual(storage.list(OPEN), []);
    run.detach();
    const next = await resumed({}, { storage });
    await called(next.socket);
    assert.equal(results(socket)[0].error.type, 'client_executor_timeout');
    assert.deepEqual(results(next.socket), []);
  });

  test('is not answered again where the storage said only after its deadline that it may run', async () => {
    const locks = hasLocks();
    const storage = stored();
    const { getItem } = storage;
    let goOn;
    storage.getItem = (key) => new Promise((resolve) => (goOn = () => resolve(getItem(key))));
    const { run, socket } = await resumed({ add: () => assert.fail('it is too late') }, { storage });
    await called(socket);
    await after(60_000);
    storage.getItem = getItem;
    goOn();
    await settled();
    assert.deepEqual([[...locks], storage.list(OPEN)], [[], []]);
    run.detach();
    const next = await resumed({}, { storage });
    await called(next.socket);
    assert.equal(results(socket)[0].error.type, 'client_executor_timeout');
    assert.deepEqual(results(next.socket), []);
  });
});

/** A run that is taken up where its operation began, so that calls are replayed. */
async function resumed(tools, options) {
  const { run } = createRun({ operationId: 'op_1', tools: { math: tools }, ...options });
  return { run, socket: await connected() };
}

async function called(socket) {
  const toolCallId = id();
  const data = { apiName: 'add', arguments: '', executionTimeoutMs: 60_000, identifier: 'math', toolCallId };
  receiveEvent(socket, 1, 'tool_execute', data);
  await settled();
}

/** What is under way with storages and locks is over. */
async function settled() {
  for (let round = 0; round < 5; round++) {
    await new Promise(setImmediate);
    await microtasks();
  }
}

function id() {
  return `left_${calls}`;
}

function results(socket) {
  const sent = socket.sent.filter(({ type }) => type === 'tool_result');
  return sent.map(({ operationId: _, toolCallId: __, type: ___, ...result }) => result);
}

function stored(lists = {}) {
  const items = new Map(Object.entries(lists).map(([key, list]) => [key, JSON.stringify(list)]));
  return {
    getItem: (key) => items.get(key) ?? null,
    list: (key) => JSON.parse(items.get(key) ?? '[]'),
    setItem: (key, value) => items.set(key, value),
  };
}

/** The locks of a browser, as far as they are used; some are held by another tab. */
function hasLocks(names = []) {
  const held = new Set(names);
  const locks = {
    query: async () => ({ held: [...held].map((name) => ({ name })) }),
    async request(name, ...rest) {
      held.add(name);
      try {
        return await rest.at(-1)({ name });
      } finally {
        held.delete(name);
      }
    },
  };
  Object.defineProperty(globalThis, 'navigator', { configurable: true, value: { locks } });
  return held;
}
