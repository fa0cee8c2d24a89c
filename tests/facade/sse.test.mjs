// Runs over server-sent events, from a real server over real requests.
import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { createRun, disposeRuns } from './support/run.mjs';
import { END, frame, serveStreams, START, streamOf, text } from './support/stream-server.mjs';

const servers = [];

afterEach(async () => {
  disposeRuns();
  for (const server of servers.splice(0)) await server.close();
});

describe('a run over server-sent events', () => {
  test('has its whole text, presents its token in a header, and says what carries it', async () => {
    const { run, server } = await running((stream) =>
      stream.greet().events(0, START, text('Hel'), text('lo'), END).end(),
    );
    const outcome = await run.done;
    assert.deepEqual([outcome.ending, outcome.verdict], ['agent_event', 'completed']);
    assert.equal(shown(run), 'Hello');
    assert.equal(run.getSnapshot().transport, 'sse');
    const [{ headers, pathname, query }] = server.requests;
    assert.equal(server.requests.length, 1);
    assert.equal(pathname, '/api/agent/stream');
    assert.deepEqual(query, { operationId: 'op_1', lastEventId: '0' });
    assert.equal(headers['oidc-auth'], 'token_1');
  });

  test('reads chunks that end anywhere: in a line, in a letter, before an empty line', async () => {
    const told = 'Grüße 👋 aus „Zürich“';
    const { run } = await running(async (stream) => {
      stream.greet();
      for (const byte of Buffer.from(streamOf(0, START, text(told), END))) {
        stream.write(Buffer.of(byte));
        await new Promise(setImmediate);
      }
    });
    await run.done;
    assert.equal(shown(run), told);
  });

  test('reads a line of eight million letters', async () => {
    const long = 'x'.repeat(8_000_000);
    const { run } = await running((stream) => stream.greet().events(0, START, text(long), END).end());
    await run.done;
    assert.equal(shown(run).length, long.length);
  });

  test('takes a heartbeat for no event, and garbage for a fault that it survives', async () => {
    const { run, events, problems } = await running((stream) =>
      stream
        .greet()
        .heartbeat()
        .write(': a comment\n\n')
        .write(frame('{oops', 'stream_chunk', 'op_1'))
        .write(frame('[]'))
        .events(0, START, text('whole'), END)
        .end(),
    );
    const { verdict } = await run.done;
    assert.equal(verdict, 'completed');
    assert.deepEqual(events, ['stream_start', 'stream_chunk', 'agent_runtime_end']);
    assert.deepEqual(
      problems.map(({ code }) => code),
      ['protocol', 'protocol'],
    );
  });

  test('goes on after the last event when a stream ends or breaks without its end', async () => {
    const { run, server } = await running(
      (stream) => stream.greet().events(0, START, text('a'), END_OF_MEMBER).end(),
      (stream) => stream.greet().events(3, text('b')).heartbeat() && setTimeout(() => stream.cut(), 50),
      (stream) => stream.greet().events(4, text('c'), END).end(),
    );
    await run.done;
    assert.equal(shown(run), 'abc');
    assert.deepEqual(
      server.requests.map(({ query }) => query.lastEventId),
      ['0', '1790000000000-2', '1790000000000-3'],
    );
  });

  test('shows no event twice where a server repeats them', async () => {
    const { run } = await running(
      (stream) => stream.greet().events(0, START, text('a'), text('b')).end(),
      (stream) => stream.greet().events(0, START, text('a'), text('b'), text('c'), END).end(),
    );
    await run.done;
    assert.equal(shown(run), 'abc');
  });

  test('presents a fresh token after one was refused', async () => {
    const reasons = [];
    const { run, server } = await running(
      {
        getToken: ({ reason }) => (reasons.push(reason), 'token_2'),
      },
      (stream) => stream.status(401),
      (stream) => stream.greet().events(0, END).end(),
    );
    assert.equal((await run.done).verdict, 'completed');
    assert.deepEqual(reasons, ['expired']);
    assert.deepEqual(tokens(server), ['token_1', 'token_2']);
  });

  test('ends with the third token in a row that is refused', async () => {
    const { run, server } = await running({ getToken: () => 'token_2' }, (stream) => stream.status(401));
    const { ending, reason, verdict } = await run.done;
    assert.deepEqual(
      { ending, reason, verdict },
      { ending: 'auth_failed', reason: 'The server refused the token with 401', verdict: 'unknown' },
    );
    assert.equal(server.requests.length, 3);
  });

  test('says what is wrong with a server that has no such stream, and gives it no end that was not told', async () => {
    const page = (stream) => stream.status(200, '<!doctype html>', 'text/html');
    const { run, problems } = await running(
      { limits: { connect: 4_000 } },
      (stream) => stream.status(404),
      page,
    );
    const { ending, known, verdict } = await run.done;
    assert.deepEqual(
      { ending, known, verdict },
      { ending: 'connect_limit', known: false, verdict: 'unknown' },
    );
    assert.match(problems[0].message, /\/api\/agent\/stream ended: the server answered 404$/);
    assert.match(problems[1].message, /the server answered with text\/html$/);
    assert.match(problems[0].remediation, /serverUrl/);
  });

  test('sends no token after a redirect', async () => {
    const other = await serveStreams((stream) => stream.greet().events(0, END).end());
    servers.push(other);
    const { run } = await running(({ response }) => response.writeHead(302, { location: other.url }).end());
    const { code } = await new Promise((resolve) => run.on('error', resolve));
    assert.equal(code, 'stream_error');
    assert.deepEqual(other.requests, []);
  });

  test('takes the failure of a stream for no failure of the run', async () => {
    const { run, problems } = await running(
      (stream) => stream.greet().write(frame(FAULT, 'error')).end(),
      (stream) => stream.greet().events(0, END).end(),
    );
    assert.equal((await run.done).verdict, 'completed');
    assert.match(problems[0].message, /the server failed in stream_subscription$/);
  });

  test('fails with an error of its own', async () => {
    const error = ['error', { error: 'quota', phase: 'step_execution' }];
    const { run } = await running((stream) => stream.greet().events(0, START, error));
    assert.equal((await run.done).verdict, 'failed');
  });

  test('waits for a run that the server never heard of no longer than it may', async () => {
    const { run } = await running({ limits: { pending: 300 } }, (stream) => stream.greet().heartbeat());
    const { ending, verdict } = await run.done;
    assert.deepEqual({ ending, verdict }, { ending: 'pending_limit', verdict: 'unknown' });
  });

  test('leaves its tools to other clients, and says so', async () => {
    let ran = 0;
    const add = () => `${++ran}`;
    const call = { toolCallId: 'call_sse', identifier: 'math', apiName: 'add', arguments: '{}' };
    const { run, problems } = await running({ tools: { math: { add } } }, (stream) => {
      stream.greet().events(0, START, ['tool_execute', call]);
      setTimeout(() => stream.events(2, END), 50);
    });
    assert.equal((await run.done).verdict, 'completed');
    assert.equal(ran, 0);
    assert.deepEqual([problems.length, problems[0].code], [1, 'tool_left']);
    assert.match(problems[0].message, /call_sse/);
  });

  test('needs no WebSocket', async () => {
    const answer = (stream) => stream.greet().events(0, END).end();
    const given = globalThis.WebSocket;
    delete globalThis.WebSocket;
    try {
      const { run } = await running({ transport: 'auto', WebSocket: undefined }, answer);
      assert.equal((await run.done).verdict, 'completed');
      assert.equal(run.getSnapshot().transport, 'sse');
    } finally {
      globalThis.WebSocket = given;
    }
  });

  test('lets go of the request when it is left', async () => {
    let closed;
    const gone = new Promise((resolve) => (closed = resolve));
    const { run } = await running(({ response }) => response.on('close', closed));
    await new Promise((resolve) => setTimeout(resolve, 50));
    run.detach();
    await gone;
  });
});

const END_OF_MEMBER = ['agent_runtime_end', { reason: 'done' }, 'op_member'];
const FAULT = { type: 'error', data: { error: 'no stream', phase: 'stream_subscription' } };

/** A run over server-sent events that was submitted, with what it told. The options may be left out. */
async function running(...answers) {
  const options = typeof answers[0] === 'object' ? answers.shift() : {};
  const server = await serveStreams(...answers);
  servers.push(server);
  const { run } = createRun({ serverUrl: server.url, transport: 'sse', ...options });
  const events = [];
  const problems = [];
  run.on('agent_event', ({ type }) => events.push(type));
  run.on('error', (error) => problems.push(error));
  run.submit();
  return {
    events,
    problems,
    run,
    server,
  };
}

/** The text of the messages. */
function shown(run) {
  const { messages } = run.transcript.getSnapshot();
  return messages.flatMap(({ parts }) => parts.map((part) => part.text ?? '')).join('');
}

const tokens = ({ requests }) => requests.map(({ headers }) => headers['oidc-auth']);
