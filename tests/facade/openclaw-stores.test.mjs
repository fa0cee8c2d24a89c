import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, mock, test } from 'node:test';
import { OpenClawClient } from '../../pkg/openclaw.mjs';
import { createClient, createReady, disposeClients, framesOf } from './support/openclaw.mjs';

beforeEach(() => mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_795_223_677_000 }));
afterEach(() => {
  disposeClients();
  mock.timers.reset();
});

const AGENTS = [{ id: 'main', name: 'Main' }];
const session = (name, more = {}) => ({
  key: `agent:main:${name}`,
  updatedAt: 900,
  snapshotAt: 900,
  ...more,
});

describe('the fleet', () => {
  test('is empty before the first welcome, as the same object', () => {
    const { fleet } = createClient(OpenClawClient);
    assert.equal(fleet.getSnapshot().freshness, 'empty');
    assert.equal(fleet.getSnapshot(), fleet.getSnapshot());
  });

  test('is live when all of it was read, and the same object until it changes', async () => {
    const { client, gateway } = await createReady(OpenClawClient);
    let changes = 0;
    client.fleet.subscribe(() => changes++);
    gateway.tellFleet({ agents: AGENTS, sessions: [session('a'), session('b')] });
    const fleet = client.fleet.getSnapshot();
    assert.equal(fleet.freshness, 'live');
    assert.equal(changes, 1);
    assert.deepEqual(
      fleet.sessions.map(({ key, agentId }) => [key, agentId]),
      [
        ['agent:main:a', 'main'],
        ['agent:main:b', 'main'],
      ],
    );
    assert.equal(fleet.agents[0].work.sessions, 2);
    gateway.tell('tick', { ts: 1 });
    assert.equal(client.fleet.getSnapshot(), fleet);
    assert.ok(
      Object.isFrozen(fleet) && Object.isFrozen(fleet.sessions) && Object.isFrozen(fleet.sessions[0]),
    );
  });

  test('keeps the objects of what did not change', async () => {
    const { client, gateway } = await createReady(OpenClawClient);
    gateway.tellFleet({ agents: AGENTS, sessions: [session('a'), session('b')] });
    const before = client.fleet.getSnapshot();
    const row = session('b', { hasActiveRun: true, activeRunIds: ['r'], snapshotAt: 2_000 });
    gateway.tell('sessions.changed', { sessionKey: row.key, session: row, ts: 2_000 });
    const after = client.fleet.getSnapshot();
    assert.notEqual(after, before);
    assert.equal(after.sessions[0], before.sessions[0]);
    assert.deepEqual([after.sessions[1].activity, after.sessions[1].runs], ['running', ['r']]);
    assert.deepEqual(after.agents[0].work.running, ['agent:main:b']);
  });

  test('is stale, and still there, when the connection is lost', async () => {
    const { client, gateway, socket } = await createReady(OpenClawClient);
    gateway.tellFleet({ agents: AGENTS, sessions: [session('a')] });
    socket.drop();
    const { asOf, freshness, sessions } = client.fleet.getSnapshot();
    assert.deepEqual([freshness, sessions.length], ['stale', 1]);
    assert.equal(asOf, Date.now());
  });

  test('says why it cannot be read', async () => {
    const { client, gateway } = await createReady(OpenClawClient);
    gateway.refuse('agents.list', { code: 'FORBIDDEN', message: 'no', details: { code: 'MISSING_SCOPE' } });
    assert.deepEqual(client.fleet.getSnapshot().failure, { code: 'MISSING_SCOPE', retries: false });
  });

  test('goes on telling after a subscriber that throws', async () => {
    const { client, gateway } = await createReady(OpenClawClient);
    let told = 0;
    client.fleet.subscribe(() => {
      throw new Error('of the application');
    });
    const unsubscribe = client.fleet.subscribe(() => told++);
    gateway.tellFleet({ agents: AGENTS, sessions: [] });
    unsubscribe();
    gateway.tell('presence', { presence: [{ clientId: 'another' }] });
    assert.equal(told, 1);
  });
});

describe('a chat', () => {
  const KEY = 'agent:main:t-lite';
  const RUN = 'e54fc81d-acc1-4763-9bc0-e386fe2d67a5';

  async function createChat() {
    const ready = await createReady(OpenClawClient);
    const chat = ready.client.chat(KEY);
    ready.gateway.answer('sessions.messages.subscribe', { subscribed: true, key: KEY });
    ready.gateway.answer('chat.history', { sessionKey: KEY, messages: [] });
    return { ...ready, chat };
  }

  test('is one object while it is open, and asks for its history', async () => {
    const { chat, client, gateway } = await createChat();
    assert.equal(client.chat(KEY), chat);
    assert.equal(chat.getSnapshot().isLive, true);
    chat.close();
    assert.deepEqual(gateway.asked('sessions.messages.unsubscribe').params, { key: KEY });
    assert.notEqual(client.chat(KEY), chat);
  });

  test('goes through the phases of a captured run', async () => {
    const { chat, gateway, socket } = await createChat();
    const phases = [];
    chat.subscribe(() => {
      const state = chat.getSnapshot().runs[0]?.state;
      if (state !== phases.at(-1)) phases.push(state);
    });
    assert.equal(chat.send('hello there', { runId: RUN }), RUN);
    assert.deepEqual(gateway.asked('chat.send').params, {
      sessionKey: KEY,
      message: 'hello there',
      idempotencyKey: RUN,
    });
    gateway.answer('chat.send', { runId: RUN, status: 'started' });
    const events = framesOf('05-chat-run').filter(
      ({ type, event }) => type === 'event' && !/^connect/.test(event),
    );
    for (const event of events) socket.receive(event);
    assert.deepEqual(phases, ['sending', 'accepted', 'streaming', 'done']);
    const { isBusy, messages, runs } = chat.getSnapshot();
    assert.equal(runs[0].text, 'Hello from the mock model. You said something of 408 characters.');
    assert.deepEqual(
      messages.map(({ role }) => role),
      ['user', 'assistant'],
    );
    assert.equal(isBusy, false);
  });

  const piece = (text) => ({
    sessionKey: KEY,
    runId: RUN,
    state: 'delta',
    message: { role: 'assistant', content: [{ type: 'text', text }] },
  });

  test('shows each piece of an answer, and tells the event before the chat', async () => {
    const { chat, client, gateway } = await createChat();
    const log = [];
    client.on('event', ({ event, payload, seq }) => log.push(`${seq} ${event} ${payload.state ?? ''}`));
    chat.subscribe(() => log.push(chat.getSnapshot().runs[0].text));
    gateway.tell('chat', piece('Hel'));
    log.length = 0;
    gateway.tell('chat', piece('Hello'));
    gateway.tell('agent', { sessionKey: KEY, runId: RUN, stream: 'assistant', data: { text: 'Hello' } });
    gateway.tell('chat', piece('Hello'));
    assert.deepEqual(log, ['2 chat delta', 'Hello', '3 agent ', '4 chat delta']);
    const [before] = chat.getSnapshot().runs;
    assert.ok(Object.isFrozen(before) && Object.isFrozen(chat.getSnapshot()));
    gateway.tell('chat', { ...piece('Hello!'), state: 'final' });
    const { isBusy, runs } = chat.getSnapshot();
    assert.deepEqual([before.text, runs[0].text, runs[0].state, isBusy], ['Hello', 'Hello!', 'done', false]);
  });

  test('finds out that events were lost by a piece and by what nobody reads', async () => {
    const { client, gateway } = await createChat();
    const lost = [];
    client.on('gap', ({ from, to }) => lost.push([from, to]));
    for (const event of ['chat', 'agent']) {
      gateway.tell('chat', piece(event));
      gateway.seq += 2;
      gateway.tell(event, piece(`${event}!`));
    }
    assert.deepEqual(lost, [
      [2, 3],
      [6, 7],
    ]);
  });

  test('tells no subscriber of a piece after a listener disposed of the client', async () => {
    const { chat, client, gateway } = await createChat();
    gateway.tell('chat', piece('Hel'));
    let told = 0;
    chat.subscribe(() => told++);
    client.on('event', () => client.dispose());
    gateway.tell('chat', piece('Hello'));
    assert.equal(told, 0);
  });

  test('keeps the object of a run that did not change', async () => {
    const { chat, gateway } = await createChat();
    chat.send('one', { runId: 'one' });
    chat.send('two', { runId: 'two' });
    const [before] = chat.getSnapshot().runs;
    gateway.answer('chat.send', { runId: 'two', status: 'started' });
    const { runs } = chat.getSnapshot();
    assert.equal(runs[0], before);
    assert.equal(runs[1].state, 'accepted');
  });

  test('does not know what became of a message when the connection is lost', async () => {
    const { chat, socket } = await createChat();
    chat.send('hello', { runId: RUN });
    socket.drop();
    assert.equal(chat.getSnapshot().runs[0].state, 'uncertain');
    assert.throws(() => chat.send('again'), { name: 'OpenClawError', code: 'not_ready' });
  });

  test('sends the mode and what else a message has', async () => {
    const { chat, gateway } = await createChat();
    chat.send('hello', { runId: RUN, mode: 'steer', thinking: 'low', attachments: [{ type: 'image' }] });
    const { attachments, queueMode, thinking } = gateway.asked('chat.send').params;
    assert.deepEqual([attachments, queueMode, thinking], [[{ type: 'image' }], 'steer', 'low']);
  });

  test('names what was refused', async () => {
    const { chat, gateway } = await createChat();
    chat.abort(RUN);
    gateway.refuse('chat.abort', { code: 'FORBIDDEN', message: 'no' });
    assert.deepEqual(chat.getSnapshot().failure, {
      purpose: 'abort',
      code: 'FORBIDDEN',
      message: 'no',
    });
  });

  test('says of a message that was refused what the gateway said', async () => {
    const { chat, gateway } = await createChat();
    chat.send('hello', { runId: RUN });
    gateway.refuse('chat.send', { code: 'UNAVAILABLE', message: 'the gateway is draining' });
    const [run] = chat.getSnapshot().runs;
    assert.deepEqual(
      [run.state, run.code, run.message],
      ['not_sent', 'UNAVAILABLE', 'the gateway is draining'],
    );
  });

  test('keeps the last thousand messages', async () => {
    const { chat, gateway } = await createChat();
    for (let index = 0; index < 1_005; index++) {
      const message = { role: 'user', content: `${index}`, __openclaw: { id: `m${index}` } };
      gateway.tell('session.message', { sessionKey: KEY, message });
    }
    const { messages } = chat.getSnapshot();
    assert.deepEqual([messages.length, messages[0].content, messages.at(-1).content], [1_000, '5', '1004']);
  });

  test('shows a message once that both the history and an event bring', async () => {
    const { chat, gateway } = await createChat();
    const message = { role: 'user', content: 'x', __openclaw: { id: 'm1' } };
    gateway.tell('session.message', { sessionKey: KEY, message });
    gateway.tell('session.message', { sessionKey: KEY, message: { ...message, content: 'y' } });
    assert.deepEqual(
      chat.getSnapshot().messages.map(({ content }) => content),
      ['y'],
    );
  });
});

test('approvals are listed, told of and resolved', async () => {
  const { client, gateway } = await createReady(OpenClawClient);
  gateway.answer('exec.approval.list', []);
  assert.deepEqual(client.approvals.getSnapshot(), { isLive: true, pending: [] });
  const frames = framesOf('11-exec-approval');
  const { payload } = frames.find(({ event }) => event === 'exec.approval.requested');
  gateway.tell('exec.approval.requested', payload);
  const [pending] = client.approvals.getSnapshot().pending;
  assert.equal(pending.id, payload.id);
  const resolved = client.approvals.resolve(pending.id, 'allow-once');
  gateway.answer('exec.approval.resolve', { ok: true });
  await resolved;
  gateway.tell(
    'exec.approval.resolved',
    frames.find(({ event }) => event === 'exec.approval.resolved').payload,
  );
  assert.deepEqual(client.approvals.getSnapshot().pending, []);
});
