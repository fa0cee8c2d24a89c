import assert from 'node:assert/strict';

/** What becomes of messages. */
export const work = {
  async 'a run that is aborted stays so after the error that the gateway adds, and the chat goes on'(world) {
    const { aborted, later, next } = await withClient(world, async (tools, key) => {
      const { client, inState, over, pause, runOf } = tools;
      const chat = client.chat(key);
      const run = chat.send('[[slow]] go');
      await inState(chat, run, 'streaming');
      chat.abort(run);
      const aborted = (await over(chat, run)).state;
      await pause(1_500);
      const { failure, isBusy } = chat.getSnapshot();
      const later = { state: runOf(chat.getSnapshot(), run).state, failed: failure !== undefined, isBusy };
      return { aborted, later, next: (await over(chat, chat.send('again'))).state };
    });
    assert.equal(aborted, 'aborted');
    assert.deepEqual(later, { state: 'aborted', failed: false, isBusy: false });
    assert.equal(next, 'done');
  },

  async 'a message that steers a busy session is answered within the run under way'(world) {
    const { first, second } = await withClient(world, twoMessages, 'steer');
    assert.equal(second.state, 'handed_over');
    assert.equal(first.state, 'done');
    assert.match(first.text, /part0 .*part11.*Hello from the model\./s);
  },

  async 'a message that follows up a busy session is answered in a run of its own'(world) {
    const { first, others, second } = await withClient(world, twoMessages, 'followup');
    assert.equal(second.state, 'handed_over');
    assert.equal(first.state, 'done');
    assert.deepEqual(
      others.map(({ isOwn, state, text }) => ({ isOwn, state, text })),
      [{ isOwn: false, state: 'done', text: 'Hello from the model.' }],
    );
  },

  async 'a message that interrupts a busy session ends the run under way and is answered itself'(world) {
    const { first, second } = await withClient(world, twoMessages, 'interrupt');
    assert.equal(first.state, 'aborted');
    assert.equal(second.state, 'done');
    assert.notEqual(second.text, '');
  },

  async 'a command that waits for leave is listed when its device comes back, and runs when it is allowed'(
    world,
  ) {
    const asking = await opened(world);
    const { id, key } = await asking.run(askForLeave);
    const listed = await asking.run(async ({ again, until }, id) => {
      const back = again();
      await back.connect();
      const { pending } = await until(back.approvals, ({ isLive }) => isLive, 'listed');
      await back.approvals.resolve(id, 'allow-once');
      back.dispose();
      return pending.map(({ id, request }) => ({ id, command: request.command }));
    }, id);
    assert.deepEqual(listed, [{ id, command: 'echo hello from the tool' }]);
    const { pending, state, text } = await asking.run(endOfLeave, { id, key });
    assert.deepEqual({ pending, state }, { pending: [], state: 'done' });
    assert.match(text, /^The tool said: hello from the tool/);
  },

  async 'a command that is denied does not run, and the run is answered all the same'(world) {
    const asking = await opened(world);
    const { id, key } = await asking.run(askForLeave);
    await asking.run(({ client }, id) => client.approvals.resolve(id, 'deny'), id);
    const { pending, state, text } = await asking.run(endOfLeave, { id, key });
    assert.deepEqual({ pending, state }, { pending: [], state: 'done' });
    assert.match(text, /denied/);
  },

  async 'a message of 200 KB is answered, and one that is larger than the gateway reads is not sent'(world) {
    const told = await withClient(world, async ({ client, over, until }, key) => {
      const chat = client.chat(key);
      await until(chat, ({ isLive }) => isLive, 'live');
      const { state } = await over(chat, chat.send('long '.repeat(40_000)));
      let code;
      try {
        chat.send('x'.repeat(client.hello.policy.maxPayload));
      } catch (error) {
        ({ code } = error);
      }
      return { state, code, status: client.state.status };
    });
    assert.deepEqual(told, { state: 'done', code: 'too_large', status: 'ready' });
  },

  async 'a run in which the gateway crashes ends, and the gateway answers it in another one'(world) {
    const { gateway, report } = world;
    const client = await opened(world);
    const key = `agent:main:crash-${world.host.name}`;
    const run = await client.run(async ({ client, inState, until }, key) => {
      const chat = client.chat(key);
      await until(chat, ({ isLive }) => isLive, 'live');
      const run = chat.send('[[slow]] go');
      await inState(chat, run, 'streaming');
      return run;
    }, key);
    await gateway.kill();
    const [, end] = await Promise.all([
      gateway.restart(),
      client.run(
        async ({ client, over, until }, { key, run }) => {
          const chat = client.chat(key);
          const { state } = await over(chat, run, 180_000);
          const quiet = ({ isBusy, isLive, runs }) => isLive && !isBusy && runs.length > 1;
          const { activity, messages, runs } = await until(chat, quiet, 'quiet', 60_000);
          return { state, activity, runs, last: messages.at(-1) };
        },
        { key, run },
      ),
    ]);
    report(`the run that was cut off: ${end.state}; runs: ${end.runs.map(({ state }) => state)}`);
    assert.equal(end.state, 'ended');
    assert.equal(end.activity, 'idle');
    assert.deepEqual(
      end.runs.slice(1).map(({ isOwn, state }) => ({ isOwn, state })),
      [{ isOwn: false, state: 'done' }],
    );
    assert.equal(end.last.role, 'assistant');
  },
};

let used = 0;

async function opened({ gateway, host }) {
  const client = await host.open({ gatewayUrl: gateway.url, auth: { token: gateway.token } });
  await client.run(({ client }) => client.connect());
  return client;
}

/** Acts with a client that is connected and the key of a new session. */
async function withClient(world, act, mode) {
  const client = await opened(world);
  const key = `agent:main:work-${world.host.name}-${++used}`;
  return client.run(act, mode ? { key, mode } : key);
}

/** Sends a message while another one is answered. */
async function twoMessages({ client, inState, over, runOf, until }, { key, mode }) {
  const answers = ({ messages }) => messages.filter(({ role }) => role === 'assistant').length;
  const isQuiet = (now) => !now.isBusy && answers(now) === (mode === 'interrupt' ? 1 : 2);
  const chat = client.chat(key);
  await until(chat, ({ isLive }) => isLive, 'live');
  const one = chat.send('[[paced]] go');
  await inState(chat, one, 'streaming');
  const two = chat.send('and this', { mode });
  await over(chat, two);
  await over(chat, one);
  const now = await until(chat, isQuiet, 'quiet');
  const others = now.runs.filter(({ id }) => id !== one && id !== two);
  return { first: runOf(now, one), second: runOf(now, two), others };
}

/** Has the agent call a tool in a session in which commands need leave. */
async function askForLeave({ client, until }) {
  const { key } = await client.call('sessions.create', { agentId: 'main', permissionMode: 'guarded' });
  const chat = client.chat(key);
  await until(chat, ({ isLive }) => isLive, 'live');
  chat.send('[[exec]] go');
  const mine = ({ request }) => request.sessionKey === key;
  const { pending } = await until(client.approvals, (now) => now.pending.some(mine), 'asked for leave');
  return { id: pending.find(mine).id, key };
}

async function endOfLeave({ client, over, until }, { id, key }) {
  const chat = client.chat(key);
  const isGone = ({ pending }) => pending.every((one) => one.id !== id);
  const { pending } = await until(client.approvals, isGone, 'gone');
  const { state, text } = await over(chat, chat.getSnapshot().runs[0].id);
  return { pending: pending.filter((one) => one.id === id), state, text };
}
