// What the dashboard derives from the snapshots of the client.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const { entriesOf } = await load('entries.ts');
const { pictureOf } = await load('picture.ts');
const { noticeOf } = await load('banner.ts');
const { presentIn } = await load('presence.ts');
const { connectionWords, runWords, sessionWords } = await load('words.ts');

const NOTHING = new Map();

describe('a conversation', () => {
  test('shows what was typed until the messages have it', () => {
    const runs = [run('r', 'sending')];
    const typed = new Map([['r', 'hi']]);
    assert.deepEqual(shown({ runs }, typed), ['user hi', 'run sending']);
    assert.deepEqual(shown({ messages: [user('r', 'hi')], runs }, typed), ['user hi', 'run sending']);
  });

  test('keeps the key of what was typed when the messages have it', () => {
    const runs = [run('r', 'sending')];
    const [before] = entriesOf({ messages: [], runs }, new Map([['r', 'hi']]));
    const [after] = entriesOf({ messages: [user('r', 'hi')], runs }, NOTHING);
    assert.equal(after.key, before.key);
  });

  test('shows a text once, whether the pieces or the messages are ahead', () => {
    const messages = [user('r', 'hi'), answer('r', 'Hello there')];
    for (const text of ['Hello', 'Hello there']) {
      assert.deepEqual(shown({ messages, runs: [run('r', 'streaming', text)] }), [
        'user hi',
        'agent Hello there',
        'run streaming',
      ]);
    }
  });

  test('shows of a run with several steps what is not in the messages yet', () => {
    const messages = [user('r', 'hi'), answer('r', 'First.'), toolCall('r', 'ls')];
    assert.deepEqual(shown({ messages, runs: [run('r', 'streaming', 'First.\n\nSecond')] }), [
      'user hi',
      'agent First.',
      'tool ls',
      'agent Second',
      'run streaming',
    ]);
  });

  test('puts the state of a run behind its own messages', () => {
    const messages = [user('one', 'a'), answer('one', 'part'), user('two', 'b'), answer('two', 'all')];
    assert.deepEqual(shown({ messages, runs: [run('one', 'aborted', 'part'), run('two', 'done', 'all')] }), [
      'user a',
      'agent part',
      'run aborted',
      'user b',
      'agent all',
    ]);
  });

  test('shows the text of a run that is over where no message has it', () => {
    const messages = [user('r', 'hi')];
    assert.deepEqual(shown({ messages, runs: [run('r', 'done', 'Hello')] }), ['user hi', 'agent Hello']);
  });

  test('shows what a tool was asked and what it said', () => {
    const result = { role: 'toolResult', toolName: 'exec', content: [{ type: 'text', text: 'a b' }] };
    assert.deepEqual(shown({ messages: [toolCall('r', 'ls'), result] }), ['tool ls', 'tool a b']);
  });

  test('takes messages without content or roles for what they are', () => {
    assert.deepEqual(shown({ messages: [{}, null, { role: 'assistant' }] }), []);
  });
});

describe('the picture', () => {
  const empty = { agents: [], sessions: [], presence: null, freshness: 'empty', isComplete: false };
  const approvals = { isLive: false, pending: [] };
  const kindOf = (state, fleet = empty) => pictureOf({ state, fleet, approvals }).kind;

  test('is made up only where nothing is known and nobody answers', () => {
    assert.equal(kindOf({ status: 'waiting', attempt: 1 }), 'demo');
    assert.equal(kindOf({ status: 'closed', attempt: 0 }), 'demo');
    assert.equal(kindOf({ status: 'connecting', attempt: 2 }), 'demo');
    assert.equal(kindOf({ status: 'connecting', attempt: 1 }), 'empty');
    assert.equal(kindOf({ status: 'authenticating', attempt: 3 }), 'empty');
    assert.equal(kindOf({ status: 'blocked', attempt: 1 }), 'empty');
  });

  test('is never made up once something was known', () => {
    const fleet = { ...empty, freshness: 'stale' };
    assert.equal(kindOf({ status: 'waiting', attempt: 9 }, fleet), 'stale');
    assert.deepEqual(pictureOf({ state: { status: 'closed' }, fleet, approvals }).fleet, fleet);
  });

  test('has a notice whenever it is not the present', () => {
    const fleet = { ...empty, freshness: 'live' };
    const notice = (state, known) => noticeOf(pictureOf({ state, fleet: known, approvals }), 'ws://a')?.title;
    assert.equal(notice({ status: 'ready' }, fleet), undefined);
    assert.match(notice({ status: 'waiting' }, empty), /Demo data/);
    assert.equal(notice({ status: 'waiting' }, { ...empty, freshness: 'stale' }), 'Offline');
    assert.match(notice({ status: 'ready' }, { ...empty, freshness: 'stale' }), /reading/);
    assert.match(notice({ status: 'blocked' }, empty), /does not let/);
    assert.match(notice({ status: 'degraded' }, empty), /without any right/);
    const failure = { code: 'FORBIDDEN', retries: false };
    assert.match(notice({ status: 'ready' }, { ...empty, failure }), /FORBIDDEN/);
  });
});

describe('the words', () => {
  test('a session of a lost gateway was, and is not, at work', () => {
    const session = { activity: 'running', status: 'running' };
    assert.equal(sessionWords(session, 'live'), 'Running');
    assert.equal(sessionWords(session, 'stale'), 'Was running');
    assert.equal(sessionWords({ activity: 'unknown' }, 'live'), 'Not known');
    assert.equal(sessionWords({ activity: 'idle', status: 'failed' }, 'live'), 'Idle, the last run failed');
  });

  test('a run that failed says why in the words of the gateway', () => {
    assert.equal(runWords({ state: 'failed', code: 'timeout', message: 'too slow' }), 'Failed: too slow');
    assert.equal(runWords({ state: 'not_sent', code: 'UNAVAILABLE' }), 'Not sent: UNAVAILABLE');
    assert.equal(runWords({ state: 'failed' }), 'Failed');
  });

  test('a run of a lost gateway was, and is not, answering', () => {
    assert.equal(runWords({ state: 'streaming' }), 'Answering…');
    assert.equal(runWords({ state: 'streaming' }, true), 'Was answering');
    assert.equal(runWords({ state: 'aborted' }, true), 'Stopped');
  });

  test('a reason that nobody put into words is shown as it is', () => {
    const state = { status: 'waiting', code: 'SOME_NEW_CODE', attempt: 1 };
    assert.equal(connectionWords(state), 'Trying again: some new code');
  });
});

test('those that left are not present', () => {
  const presence = [
    { mode: 'gateway', reason: 'self', host: 'vm', version: '1' },
    { mode: 'webchat', reason: 'connect', host: 'webchat-ui' },
    { mode: 'webchat', reason: 'disconnect', host: 'gone' },
  ];
  assert.deepEqual(
    presentIn(presence).map(({ name }) => name),
    ['Gateway vm', 'webchat-ui'],
  );
  assert.deepEqual(presentIn(null), []);
});

/** The entries in few words. */
function shown({ messages = [], runs = [] }, sent = NOTHING) {
  return entriesOf({ messages, runs }, sent).map((entry) =>
    entry.kind === 'run' ? `run ${entry.run.state}` : `${entry.kind} ${entry.text ?? entry.detail}`,
  );
}

function run(id, state, text = '') {
  return { id, isOwn: true, state, text };
}

function user(run, content) {
  return { role: 'user', content, idempotencyKey: `${run}:user`, __openclaw: { id: `user ${run}` } };
}

function answer(runId, text) {
  return {
    role: 'assistant',
    content: [{ type: 'text', text }],
    __openclaw: { id: `answer ${text}`, runId },
  };
}

function toolCall(runId, command) {
  const call = { type: 'toolCall', id: 'call', name: 'exec', arguments: { command } };
  return { role: 'assistant', content: [call], __openclaw: { id: 'call', runId } };
}

async function load(file) {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(`../../examples/fleet/src/${file}`, import.meta.url))],
    bundle: true,
    format: 'esm',
    write: false,
    external: ['agent-gateway-client/*'],
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
}
