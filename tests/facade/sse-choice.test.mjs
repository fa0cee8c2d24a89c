// When a run goes on as server-sent events, and how long it waits for what, in virtual time.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, mock, test } from 'node:test';
import { createRun, disposeRuns, NOW } from './support/run.mjs';
import { ready } from './support/mux.mjs';
import { ScriptedFetch, settled } from './support/scripted-fetch.mjs';
import { forgetSockets, ScriptedSocket } from './support/scripted-socket.mjs';
import { END, START, text } from './support/stream-server.mjs';

const SLICE_MS = 500;

let gateways = 0;
let stream;
let gatewayUrl;

beforeEach(() => {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'], now: NOW });
  forgetSockets();
  stream = new ScriptedFetch();
  // A page remembers what a gateway serves.
  gatewayUrl = `https://streams-${++gateways}.example.org`;
});
afterEach(() => {
  disposeRuns();
  mock.timers.tick(1);
  mock.timers.reset();
});

describe('a run whose sockets are blocked', () => {
  test('goes on as server-sent events, says so, and dials no more', async () => {
    const { run, errors, events } = await submitted();
    await failSocketsUntilStream();
    assert.match(ScriptedSocket.latest.url, /\/ws\?operationId=op_1$/);
    assert.equal(stream.latest.url.origin, gatewayUrl);
    await stream.latest.greet();
    await stream.latest.events(0, START, text('who'));
    assert.deepEqual(events, [], 'a socket may still come through');
    assert.equal(run.getSnapshot().transport, undefined);
    ScriptedSocket.latest.drop();
    const { connection, phase, transport } = run.getSnapshot();
    assert.deepEqual([connection, phase, transport], ['connected', 'streaming', 'sse']);
    assert.deepEqual(errors, ['sockets_blocked']);
    const dialled = ScriptedSocket.all.length;
    await stream.latest.events(2, text('le'), END);
    assert.equal((await run.done).verdict, 'completed');
    assert.deepEqual(events, ['stream_start', 'stream_chunk', 'stream_chunk', 'agent_runtime_end']);
    await after(60_000);
    assert.equal(ScriptedSocket.all.length, dialled);
    assert.equal(stream.requests.length, 1);
  });

  test('is over where its stream brought the end before that was known', async () => {
    const { run, events } = await submitted();
    await failSocketsUntilStream();
    await stream.latest.greet();
    await stream.latest.events(0, START, text('whole'), END);
    ScriptedSocket.latest.drop();
    const { terminalReceived, verdict } = await run.done;
    assert.deepEqual([terminalReceived, verdict], [true, 'completed']);
    assert.equal(events.length, 3);
  });

  test('is the last to find out: the next run of the page begins so', async () => {
    const { run } = await submitted();
    await failSocketsUntilStream();
    await stream.latest.greet();
    ScriptedSocket.latest.drop();
    run.detach();
    forgetSockets();
    await submitted();
    assert.equal(ScriptedSocket.all.length, 0);
    assert.equal(stream.requests.length, 2);
  });

  test('is carried by a socket that stands before the stream does', async () => {
    const { run, errors } = await submitted();
    await failSocketsUntilStream();
    (await nextSocket()).authenticate();
    assert.equal(run.getSnapshot().transport, 'v1');
    assert.equal(stream.latest.aborted, true);
    assert.deepEqual(errors, []);
    ScriptedSocket.latest.receiveEvent(1, 'agent_runtime_end', { reason: 'done' });
    assert.equal((await run.done).verdict, 'completed');
  });

  test('is carried by the socket that is dialled at once when the stream stands', async () => {
    const { run, events } = await submitted();
    await failSocketsUntilStream();
    const dialled = ScriptedSocket.all.length;
    await stream.latest.greet();
    await stream.latest.events(0, START, text('who'));
    assert.equal(ScriptedSocket.all.length, dialled + 1);
    ScriptedSocket.latest.authenticate();
    assert.equal(run.getSnapshot().transport, 'v1');
    assert.equal(stream.latest.aborted, true);
    assert.deepEqual(events, []);
    await failSockets(60_000);
    assert.equal(stream.requests.length, 1, 'what stood once is no blocked socket');
  });

  test('keeps dialling where there is no stream either, until its limit', async () => {
    const { run, errors } = await submitted();
    await failSocketsUntilStream();
    for (let time = 0; time < 60 && run.getSnapshot().phase !== 'settled'; time++) {
      await stream.latest.fail();
      await failSockets(10_000);
    }
    const { ending, verdict } = await run.done;
    assert.deepEqual({ ending, verdict }, { ending: 'connect_limit', verdict: 'unknown' });
    assert.deepEqual([...new Set(errors)], ['stream_error']);
    assert.ok(stream.requests.every(({ aborted }) => aborted));
    const asked = [ScriptedSocket.all.length, stream.requests.length];
    await after(120_000);
    assert.deepEqual([ScriptedSocket.all.length, stream.requests.length], asked, 'nothing is tried any more');
  });

  test('keeps dialling where the stream refuses the token', async () => {
    const { run } = await submitted();
    await failSocketsUntilStream();
    for (let time = 0; time < 3; time++) {
      stream.latest.resolve(new Response('', { status: 403 }));
      await after(2_000);
    }
    assert.equal(run.getSnapshot().phase, 'connecting');
    const { length } = stream.requests;
    await failSockets(30_000);
    assert.equal(stream.requests.length, length, 'the stream is not asked again');
    (await nextSocket()).authenticate();
    assert.equal(run.getSnapshot().transport, 'v1');
  });

  test('shows everything anew after the cursor of a socket, and asks for the stored messages', async () => {
    const { run } = createRun({ cursor: '41', operationId: 'op_1', ...options() });
    await settled();
    await failSocketsUntilStream();
    await stream.latest.greet();
    ScriptedSocket.latest.drop();
    assert.equal(stream.latest.url.searchParams.get('lastEventId'), '0');
    await after(1_000);
    assert.equal(run.transcript.getSnapshot().needsRefetch, 'gap');
  });
});

describe('a run asks for no stream', () => {
  test('where it is to use sockets', async () => {
    const { run } = await submitted({ transport: 'v1' });
    await failSockets(60_000);
    assert.equal(run.getSnapshot().phase, 'connecting');
    assert.equal(stream.requests.length, 0);
  });

  test('after its socket stood once, however long the gateway is away', async () => {
    const { run } = await submitted();
    ready(ScriptedSocket.latest);
    assert.equal(run.getSnapshot().transport, 'v2');
    await failSockets(60_000);
    assert.match(ScriptedSocket.latest.url, /\/v2\//);
    assert.equal(stream.requests.length, 0);
    ready(await nextSocket());
    const next = await submitted();
    await settled();
    assert.equal(next.run.getSnapshot().transport, 'v2', 'the page is not on another transport');
    await failSockets(60_000);
    assert.match(ScriptedSocket.latest.url, /\/v2\//);
  });

  test('after a socket of its own stood at once', async () => {
    await learnThatThereIsNoV2();
    const { run } = await submitted();
    ScriptedSocket.latest.authenticate();
    assert.equal(run.getSnapshot().transport, 'v1');
    await failSockets(60_000);
    assert.equal(stream.requests.length, 0);
  });

  test('where it is a token that is missing', async () => {
    await learnThatThereIsNoV2();
    let asked = 0;
    const getToken = () => (++asked === 1 ? Promise.reject(Error('later')) : 'token_1');
    await submitted({ getToken, start: () => ({ operationId: 'op_1' }) });
    (await nextSocket()).open();
    assert.equal(asked, 2);
    assert.equal(stream.requests.length, 0);
  });
});

describe('a stream', () => {
  test('is asked of the gateway over HTTP, whose address may be written as for sockets', async () => {
    const addresses = ['wss://a.example.org/base/', 'http://b.example.org', 'c.example.org'];
    for (const gatewayUrl of addresses) await submitted({ gatewayUrl, transport: 'sse' });
    await submitted({ serverUrl: 'https://d.example.org/', transport: 'sse' });
    assert.deepEqual(
      stream.requests.map(({ url }) => url.origin + url.pathname),
      [
        'https://a.example.org/base/api/agent/stream',
        'http://b.example.org/api/agent/stream',
        'http://c.example.org/api/agent/stream',
        'https://d.example.org/api/agent/stream',
      ],
    );
  });

  test('that never answers is asked again after ten seconds, and not for ever', async () => {
    const { run } = await submitted({ limits: { connect: 30_000 }, transport: 'sse' });
    await after(9_999);
    assert.equal(stream.latest.aborted, false);
    await after(1);
    assert.equal(stream.latest.aborted, true);
    await after(1_000);
    assert.equal(stream.requests.length, 2);
    await after(19_000);
    assert.equal((await run.done).ending, 'connect_limit');
    assert.equal(stream.latest.aborted, true);
  });

  test('that greets and hangs up, time and again, is asked less and less often', async () => {
    const { run } = await submitted({ transport: 'sse' });
    for (let second = 0; second < 120; second++) {
      if (!stream.latest.aborted) {
        await stream.latest.greet();
        await stream.latest.end();
      }
      await after(1_000);
    }
    assert.ok(stream.requests.length < 12, `${stream.requests.length} requests in two minutes`);
    assert.equal(run.getSnapshot().phase, 'reconnecting');
    while (stream.latest.aborted) await after(SLICE_MS);
    await stream.latest.greet();
    await after(4_500);
    assert.equal(run.getSnapshot().connection, 'authenticating');
    await after(500);
    assert.equal(run.getSnapshot().connection, 'connected', 'it stands as it lasted');
  });

  test('that is silent for two minutes is replaced, one with heartbeats stands', async () => {
    await submitted({ transport: 'sse' });
    await stream.latest.greet();
    await stream.latest.events(0, START);
    for (let time = 0; time < 20; time++) {
      await after(30_000);
      await stream.latest.heartbeat();
    }
    assert.equal(stream.requests.length, 1);
    await after(119_999);
    assert.equal(stream.requests.length, 1);
    await after(2_000);
    assert.equal(stream.requests.length, 2);
    assert.equal(stream.requests[0].aborted, true);
  });

  test('that is silent when the page is shown again goes on until another stands, which repeats nothing', async () => {
    globalThis.document = Object.assign(new EventTarget(), { visibilityState: 'visible' });
    try {
      const { run, events } = await submitted({ transport: 'sse' });
      const phases = [];
      await stream.latest.greet();
      await stream.latest.events(0, START, text('a'));
      run.on('changed', ({ phase }) => phases.push(phase));
      globalThis.document.dispatchEvent(new Event('visibilitychange'));
      await after(4_000);
      const [first, second] = stream.requests;
      assert.equal(first.aborted, false);
      await first.events(2, text('b'));
      await second.greet();
      assert.equal(first.aborted, true);
      await second.events(2, text('b'), text('c'), END);
      await run.done;
      assert.equal(events.length, 5);
      assert.deepEqual(phases, ['settled']);
    } finally {
      delete globalThis.document;
    }
  });

  test('that goes on for another repeats nothing and loses nothing', async () => {
    const { run, events } = await submitted({ transport: 'sse' });
    await stream.latest.greet();
    await stream.latest.events(0, START, text('a'));
    await after(122_000);
    const [, second] = stream.requests;
    assert.equal(second.url.searchParams.get('lastEventId'), `${NOW}-1`);
    await second.greet();
    await second.events(1, text('a'), text('b'), END);
    await run.done;
    assert.deepEqual(events, ['stream_start', 'stream_chunk', 'stream_chunk', 'agent_runtime_end']);
  });
});

function options() {
  const { fetch } = stream;
  return { fetch, gatewayUrl };
}

/** A run that asked to be started, with the codes of its errors. */
async function submitted(more = {}) {
  const { run } = createRun({ ...options(), ...more });
  const errors = [];
  const events = [];
  run.on('error', ({ code }) => errors.push(code));
  run.on('agent_event', ({ type }) => events.push(type));
  run.submit();
  await settled();
  return { errors, events, run };
}

/** Every socket is refused, as by a proxy, for as long. */
async function failSockets(millis, until = () => false) {
  for (let passed = 0; passed < millis && !until(); passed += SLICE_MS) {
    ScriptedSocket.latest.drop();
    await after(SLICE_MS);
  }
}

async function failSocketsUntilStream() {
  await failSockets(60_000, () => stream.requests.length > 0);
  assert.ok(stream.requests.length > 0, 'no stream was asked for');
}

async function nextSocket() {
  while (ScriptedSocket.latest?.readyState !== ScriptedSocket.CONNECTING) await after(SLICE_MS);
  return ScriptedSocket.latest;
}

async function learnThatThereIsNoV2() {
  const { run } = await submitted();
  await failSockets(60_000, () => /operationId/.test(ScriptedSocket.latest.url));
  run.detach();
  forgetSockets();
  assert.equal(stream.requests.length, 0);
}

/** Time passes in slices: a timer that is long overdue would look like a page that slept. */
async function after(millis) {
  for (let left = millis; left > 0; left -= SLICE_MS) {
    mock.timers.tick(Math.min(left, SLICE_MS));
    await settled();
  }
}
