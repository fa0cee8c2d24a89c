import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, mock, test } from 'node:test';
import { loadFacadeOverFake } from './support/fake-module.mjs';
import { after, connected, createRun, disposeRuns, NOW } from './support/run.mjs';
import { receiveEvent } from './support/mux.mjs';
import { forgetSockets, ScriptedSocket } from './support/scripted-socket.mjs';

/** Ways to an end, by its code, of which no event of the run tells. */
const LEFT = {
  async stop_unconfirmed(run) {
    run.stop();
    await after(10_000);
  },
  async session_complete(_, socket) {
    socket.receive({ type: 'session_complete', operationId: 'op_1', id: '4' });
  },
  async status_change(_, socket) {
    socket.receive({ type: 'status_change', operationId: 'op_1', id: '4', status: 'error' });
  },
  async detached(run) {
    run.detach();
  },
  async superseded(run) {
    run.supersede();
  },
  async reconnect_limit(_, socket) {
    socket.drop();
    await after(1_000);
  },
};

/** What makes a page show the pieces of an answer. */
const SHOWS = {
  'the next frame': async () => paint(),
  'a page that paints no frame': () => after(250),
  'another event': async (_, socket) => {
    receiveEvent(socket, 5, 'stream_chunk', { chunkType: 'tools_calling', toolsCalling: [{ id: 'c1' }] });
    paint();
  },
  'a question for the stored messages': async (run) => {
    await run.transcript.refetch(async () => []);
    paint();
  },
  'a run that is left': async (run) => void run.detach(),
  'a run that is disposed of': async (run) => run.dispose(),
};

/** The frames that the page was asked for. */
let frames = [];

beforeEach(() => {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'], now: NOW });
  forgetSockets();
  frames = [];
  globalThis.requestAnimationFrame = (paint) => frames.push(paint);
});
afterEach(() => {
  disposeRuns();
  mock.timers.tick(1);
  mock.timers.reset();
  delete globalThis.requestAnimationFrame;
});

describe('the messages', () => {
  test('grow with the answer, and are told once for each frame', async () => {
    const { run, socket } = await running();
    let told = 0;
    run.transcript.subscribe(() => void told++);
    const before = run.transcript.getSnapshot();
    receiveEvent(socket, 1, 'stream_start', { assistantMessage: { id: 'm1', role: 'assistant' } });
    for (let id = 2; id < 50; id++) text(socket, id, 'ab');
    assert.deepEqual([told, frames.length], [0, 1]);
    assert.equal(run.transcript.getSnapshot(), before, 'nothing is shown before the frame');
    paint();
    assert.equal(told, 1);
    const { messages } = run.transcript.getSnapshot();
    const [{ activity, id, parts, role }] = messages;
    assert.deepEqual(
      { activity, id, parts, role },
      { activity: 'writing', id: 'm1', parts: [{ type: 'text', text: 'ab'.repeat(48) }], role: 'assistant' },
    );
    text(socket, 50, 'c');
    paint();
    const later = run.transcript.getSnapshot().messages;
    assert.equal(later[0].parts[0].text, `${'ab'.repeat(48)}c`);
    assert.equal(parts[0].text, 'ab'.repeat(48), 'what was shown stays as it was');
    assert.ok(Object.isFrozen(later) && Object.isFrozen(later[0]) && Object.isFrozen(later[0].parts));
  });

  test('that did not change stay the same objects', async () => {
    const { run, socket } = await running({
      messages: [row('u1', 'user', 'Hi'), row('m0', 'assistant', 'Yes?')],
    });
    const [user, earlier] = run.transcript.getSnapshot().messages;
    assert.deepEqual([user.id, user.role, user.parts], ['u1', 'user', [{ type: 'text', text: 'Hi' }]]);
    receiveEvent(socket, 1, 'stream_start', { assistantMessage: { id: 'm1' } });
    text(socket, 2, 'A');
    paint();
    const { messages } = run.transcript.getSnapshot();
    assert.deepEqual([messages.length, messages[0] === user, messages[1] === earlier], [3, true, true]);
  });

  test('that did not change stay the same objects where all are told again', async () => {
    const user = { ...row('u1', 'user', 'Hi'), meta: { tags: ['a'] } };
    const answer = { ...row('m0', 'assistant', 'Yes?'), tools: [{ id: 'c0', apiName: 'add' }] };
    const { run, socket } = await running({ messages: [user, answer] });
    const before = run.transcript.getSnapshot().messages;
    receiveEvent(socket, 1, 'step_start', { uiMessages: [user, answer, row('m1', 'assistant', '')] });
    paint();
    const { messages } = run.transcript.getSnapshot();
    assert.deepEqual(
      [messages.length, messages[0] === before[0], messages[1] === before[1]],
      [3, true, true],
    );
    const changed = [
      { ...user, meta: { tags: ['b'] } },
      { ...answer, content: 'Yes.' },
    ];
    await run.transcript.refetch(() => changed);
    paint();
    const [first, second] = run.transcript.getSnapshot().messages;
    assert.deepEqual([first.row.meta.tags, second.parts[0].text], [['b'], 'Yes.']);
    await run.transcript.refetch(() => changed);
    paint();
    assert.deepEqual(run.transcript.getSnapshot().messages, [first, second]);
    assert.equal(run.transcript.getSnapshot().messages[0], first);
  });

  test('are shown without a frame where the page is hidden', async () => {
    const { run, socket } = await running();
    receiveEvent(socket, 1, 'stream_start', { assistantMessage: { id: 'm1' } });
    text(socket, 2, 'A');
    await after(249);
    assert.equal(run.transcript.getSnapshot().messages.length, 0);
    await after(1);
    assert.equal(run.transcript.getSnapshot().messages.length, 1);
  });

  test('are complete when the end of the run is told', async () => {
    const { run, socket } = await running();
    let shown;
    run.on('settled', () => (shown = run.transcript.getSnapshot().messages));
    receiveEvent(socket, 1, 'stream_start', { assistantMessage: { id: 'm1' } });
    text(socket, 2, 'All');
    const uiMessages = [row('u1', 'user', 'Hi'), row('m1', 'assistant', 'All of it')];
    receiveEvent(socket, 3, 'agent_runtime_end', { reason: 'done', uiMessages });
    await run.done;
    assert.deepEqual(
      shown.map(({ activity, id, parts }) => [activity, id, parts[0].text]),
      [
        ['settled', 'u1', 'Hi'],
        ['settled', 'm1', 'All of it'],
      ],
    );
  });

  for (const [what, happen] of Object.entries(SHOWS)) {
    test(`show all pieces that came before: ${what}`, async () => {
      const { run, socket } = await running();
      receiveEvent(socket, 1, 'stream_start', { assistantMessage: { id: 'm1' } });
      for (const [index, piece] of ['One ', 'two ', 'three'].entries()) text(socket, index + 2, piece);
      assert.equal(message(run), undefined, 'nothing is shown yet');
      await happen(run, socket);
      assert.deepEqual(message(run).parts[0], { type: 'text', text: 'One two three' });
      text(socket, 6, ' four');
      text(socket, 7, ' five');
      paint();
      const isOver = run.getSnapshot().phase === 'settled';
      assert.equal(message(run).parts[0].text, isOver ? 'One two three' : 'One two three four five');
    });
  }

  test('keep pieces and everything else in their order', async () => {
    const { run, socket } = await running();
    receiveEvent(socket, 1, 'stream_start', { assistantMessage: { id: 'm1' } });
    const reasoning = (id, piece) =>
      receiveEvent(socket, id, 'stream_chunk', { chunkType: 'reasoning', reasoning: piece });
    reasoning(2, 'H');
    reasoning(3, 'm');
    reasoning(4, 'm');
    text(socket, 5, 'a');
    text(socket, 6, 'b');
    receiveEvent(socket, 7, 'stream_chunk', { chunkType: 'image', imageList: ['https://images.example/1'] });
    text(socket, 8, 'c');
    text(socket, 9, 'd');
    paint();
    const shown = message(run).parts.map(({ type, text = '' }) => `${type} ${text}`);
    assert.deepEqual(shown, ['reasoning Hmm', 'text ab', 'image ', 'text cd']);
  });

  for (const [ending, leave] of Object.entries(LEFT)) {
    test(`are settled when the run ends without a word of the agent: ${ending}`, async () => {
      const interrupt = () => new Promise(() => {});
      const { run, socket } = await running({ interrupt, limits: { reconnect: 1_000 } });
      receiveEvent(socket, 1, 'stream_start', { assistantMessage: { id: 'm1' } });
      text(socket, 2, 'Half of');
      const toolsCalling = [{ id: 'c1', identifier: 'math', apiName: 'add', arguments: '{}' }];
      receiveEvent(socket, 3, 'stream_chunk', { chunkType: 'tools_calling', toolsCalling });
      paint();
      assert.equal(message(run).activity, 'calling');
      let shown;
      run.on('settled', () => (shown = message(run)));
      await leave(run, socket);
      assert.equal((await run.done).ending, ending);
      const { activity, parts } = shown;
      assert.deepEqual([activity, parts[0].text, parts[1].phase], ['settled', 'Half of', 'stopped']);
      assert.equal(run.transcript.getSnapshot().needsRefetch, 'end_without_messages');
      assert.equal(message(run), shown);
    });
  }

  test('are settled when the module fails', async () => {
    const { ChatRun } = await loadFacadeOverFake('run.ts');
    const run = new ChatRun({
      gatewayUrl: 'x',
      getToken() {},
      interrupt() {},
      start() {},
      WebSocket: class {},
    });
    run.submit();
    run.transcript.getSnapshot();
    const raw = globalThis.fakeRuns.at(-1);
    raw.host.change('message_inserted', 0, 0, { key: 1, role: 'assistant', activity: 'writing', parts: [] });
    raw.host.show();
    assert.equal(message(run).activity, 'writing');
    assert.throws(() => raw.trapInCallback(), WebAssembly.RuntimeError);
    assert.equal((await run.done).ending, 'internal');
    assert.deepEqual([message(run).activity, run.getSnapshot().canSend], ['settled', true]);
  });

  test('hold the tools of an answer', async () => {
    const { run, socket } = await running();
    receiveEvent(socket, 1, 'stream_start', { assistantMessage: { id: 'm1' } });
    const toolsCalling = [{ id: 'c1', identifier: 'math', apiName: 'add', arguments: '{}' }];
    receiveEvent(socket, 2, 'stream_chunk', { chunkType: 'tools_calling', toolsCalling });
    paint();
    const tool = () => run.transcript.getSnapshot().messages[0].parts[0];
    assert.deepEqual([tool().type, tool().id, tool().phase], ['tool', 'c1', 'called']);
    assert.equal(tool().calling.apiName, 'add');
    receiveEvent(socket, 3, 'tool_start', { parentMessageId: 'm1', toolCalling: toolsCalling[0] });
    receiveEvent(socket, 4, 'tool_end', {
      isSuccess: true,
      payload: { parentMessageId: 'm1', toolCalling: toolsCalling[0] },
      result: { content: '3' },
    });
    paint();
    assert.deepEqual([tool().phase, tool().result], ['succeeded', { content: '3' }]);
  });

  test('of a replay are told as one change', async () => {
    const { run } = createRun({ operationId: 'op_1' });
    let told = 0;
    run.transcript.subscribe(() => void told++);
    const socket = await connected(undefined);
    assert.equal(told, 0);
    socket.drop();
    for (let second = 0; second < 3; second++) await after(1_000);
    const again = ScriptedSocket.latest;
    assert.notEqual(again, socket);
    again.open();
    again.receive({ type: 'ready', userId: 'user_1', connectionId: 'c-2', protocol: 2 });
    receiveEvent(again, 1, 'stream_start', { assistantMessage: { id: 'm1' } });
    text(again, 2, 'A');
    assert.equal(frames.length, 0, 'the replay is under way');
    again.receive({ type: 'resume_complete', operationId: 'op_1', gap: false, status: 'running' });
    assert.equal(frames.length, 1);
    paint();
    assert.equal(told, 1);
  });
});

describe('stored messages', () => {
  test('are needed after a gap, and taken in once they were fetched', async () => {
    const { run } = createRun();
    run.submit();
    const socket = await connected({ gap: true });
    paint();
    assert.equal(run.transcript.getSnapshot().needsRefetch, 'gap');
    const taken = await run.transcript.refetch(async () => [row('u1', 'user', 'Hi')]);
    paint();
    const { messages, needsRefetch } = run.transcript.getSnapshot();
    assert.deepEqual([taken, messages.length, needsRefetch], [true, 1, undefined]);
    assert.ok(socket);
  });

  test('of the last of two questions are taken in, whichever is answered first', async () => {
    for (const answerFirst of [
      (first) => first.resolve([row('m1', 'assistant', 'old')]),
      (first) => first.reject(Error('offline')),
    ]) {
      const { run, socket } = await running();
      const [first, second] = [question(), question()];
      receiveEvent(socket, 1, 'notify_update', {});
      const taken = run.transcript.refetch(() => first.promise).catch(({ message }) => message);
      receiveEvent(socket, 2, 'notify_update', {});
      const takenLater = run.transcript.refetch(() => second.promise);
      answerFirst(first);
      assert.notEqual(await taken, true);
      second.resolve([row('m1', 'assistant', 'new')]);
      assert.equal(await takenLater, true);
      paint();
      assert.equal(message(run).parts[0].text, 'new');
      assert.equal(run.transcript.getSnapshot().needsRefetch, undefined);
      disposeRuns();
    }
  });

  test('name the answer of a run that is joined in the middle', async () => {
    const messages = [row('u1', 'user', 'Hi'), row('m1', 'assistant', 'The first half ')];
    const { run } = createRun({ operationId: 'op_1', cursor: '40', messages });
    const socket = await connected(undefined);
    text(socket, 41, 'of the');
    paint();
    const shown = () => run.transcript.getSnapshot();
    assert.deepEqual([shown().messages.length, shown().needsRefetch], [3, 'message_unnamed']);
    assert.equal(await run.transcript.refetch(() => messages), true);
    text(socket, 42, ' answer');
    paint();
    assert.deepEqual(
      shown().messages.map(({ id, parts }) => [id, parts[0].text]),
      [
        ['u1', 'Hi'],
        ['m1', 'of the answer'],
      ],
    );
    assert.equal(shown().needsRefetch, undefined);
  });

  test('that cannot be fetched or read are needed as before', async () => {
    const { run } = createRun();
    run.submit();
    await connected({ gap: true });
    paint();
    await assert.rejects(
      run.transcript.refetch(() => Promise.reject(Error('offline'))),
      /offline/,
    );
    assert.equal(await run.transcript.refetch(() => [{ content: 'no id' }]), false);
    paint();
    assert.equal(run.transcript.getSnapshot().needsRefetch, 'gap');
  });
});

async function running(options) {
  const { run } = createRun(options);
  run.submit();
  const socket = await connected();
  paint();
  return { run, socket };
}

function message(run) {
  return run.transcript.getSnapshot().messages[0];
}

function text(socket, id, content) {
  receiveEvent(socket, id, 'stream_chunk', { chunkType: 'text', content });
}

/** A promise, and what settles it. */
function question() {
  let settle;
  const promise = new Promise((resolve, reject) => (settle = { resolve, reject }));
  return { promise, ...settle };
}

function row(id, role, content) {
  return { id, role, content };
}

/** The page paints what it was asked to. */
function paint() {
  for (const frame of frames.splice(0)) frame(0);
}
