import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, mock, test } from 'node:test';
import { connected, createRun, disposeRuns, NOW, after } from './support/run.mjs';
import { microtasks, ready, receiveEvent } from './support/mux.mjs';
import { forgetSockets, ScriptedSocket } from './support/scripted-socket.mjs';

let calls = 0;

beforeEach(() => {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'], now: NOW });
  forgetSockets();
  // A page remembers the calls that it took on.
  calls++;
});
afterEach(() => {
  disposeRuns();
  mock.timers.tick(1);
  mock.timers.reset();
});

describe('a tool', () => {
  test('gets its arguments, its deadline and the call, and its result is sent', async () => {
    const got = [];
    const { run, socket } = await running({ add: (args, context) => (got.push([args, context]), 'sum: 3') });
    receiveEvent(socket, 1, 'tool_execute', call({ arguments: '{"a":1,"b":2}' }));
    assert.equal(run.getSnapshot().phase, 'running_tools');
    await microtasks();
    const [[args, context]] = got;
    assert.deepEqual(args, { a: 1, b: 2 });
    assert.equal(context.deadline, NOW + 60_000 - 500);
    assert.equal(context.call.toolCallId, id());
    assert.equal(context.signal.aborted, false);
    assert.deepEqual(results(socket), [{ content: 'sum: 3', success: true }]);
    assert.equal(run.getSnapshot().phase, 'streaming');
  });

  test('that is asked for twice runs once and is answered once', async () => {
    let ran = 0;
    const { socket } = await running({ add: () => `${++ran}` });
    receiveEvent(socket, 1, 'tool_execute', call());
    receiveEvent(socket, 2, 'tool_execute', call());
    await microtasks();
    receiveEvent(socket, 3, 'tool_execute', call());
    await microtasks();
    assert.equal(ran, 1);
    assert.deepEqual(results(socket), [{ content: '1', success: true }]);
  });

  test('runs once where two runs of the page follow the operation', async () => {
    let ran = 0;
    const tools = { add: () => `${++ran}` };
    const { socket } = await running(tools);
    const other = await running(tools);
    receiveEvent(socket, 1, 'tool_execute', call());
    receiveEvent(other.socket, 1, 'tool_execute', call());
    await microtasks();
    assert.equal(ran, 1);
    assert.equal(results(socket).length + results(other.socket).length, 1);
  });

  test('is not run again after a reload, where the storage knows the call', async () => {
    const stored = storage();
    stored.items.set('agent-gateway-client:tool-calls', JSON.stringify(['older', id()]));
    let ran = 0;
    const { run, socket } = await running({ add: () => `${++ran}` }, { storage: stored });
    receiveEvent(socket, 1, 'tool_execute', call());
    await microtasks();
    assert.deepEqual([ran, results(socket)], [0, []]);
    assert.equal(run.getSnapshot().phase, 'streaming');
  });

  test('is written down before it runs', async () => {
    const stored = storage();
    let known;
    const add = () => ((known = stored.items.get('agent-gateway-client:tool-calls')), 'ok');
    const { socket } = await running({ add }, { storage: stored });
    receiveEvent(socket, 1, 'tool_execute', call());
    await microtasks();
    await new Promise(setImmediate);
    assert.deepEqual(JSON.parse(known), [id()]);
  });

  test('does not run where the storage fails, and nobody waits for it', async () => {
    const broken = { getItem: () => Promise.reject(Error('denied')), setItem() {} };
    let ran = 0;
    const { socket } = await running({ add: () => `${++ran}` }, { storage: broken });
    receiveEvent(socket, 1, 'tool_execute', call());
    await microtasks();
    await new Promise(setImmediate);
    await microtasks();
    assert.equal(ran, 0);
    assert.deepEqual(results(socket), [failure('client_tool_execution_error', 'denied')]);
  });

  test('that never returns is answered at its deadline and aborted', async () => {
    let signal;
    const add = (_, context) => ((signal = context.signal), new Promise(() => {}));
    const { run, socket } = await running({ add });
    receiveEvent(socket, 1, 'tool_execute', call({ executionTimeoutMs: 5_000 }));
    await microtasks();
    await after(4_499);
    assert.deepEqual([results(socket), signal.aborted], [[], false]);
    await after(1);
    assert.deepEqual(results(socket), [
      failure('client_executor_timeout', 'The tool did not answer in time.'),
    ]);
    assert.equal(signal.aborted, true);
    assert.equal(run.getSnapshot().phase, 'streaming');
  });

  test('that throws, says nothing, is unknown or has no readable arguments is a failure', async () => {
    const tools = {
      add: () => {
        throw Error('no');
      },
      rest: () => undefined,
    };
    const { socket } = await running(tools);
    receiveEvent(socket, 1, 'tool_execute', call());
    receiveEvent(socket, 2, 'tool_execute', call({ apiName: 'rest', toolCallId: `${id()}b` }));
    receiveEvent(socket, 3, 'tool_execute', call({ apiName: 'toString', toolCallId: `${id()}c` }));
    receiveEvent(socket, 4, 'tool_execute', call({ arguments: '{', toolCallId: `${id()}d` }));
    await microtasks();
    assert.deepEqual(
      results(socket).map(({ error }) => error.type),
      [
        'client_tool_execution_error',
        'client_executor_no_result',
        'executor_not_found',
        'arguments_parse_error',
      ].sort(byName),
    );
  });

  test('with a result that cannot be written as JSON is a failure', async () => {
    const circular = {};
    circular.self = circular;
    const { socket } = await running({ add: () => ({ content: 'ok', state: circular }) });
    receiveEvent(socket, 1, 'tool_execute', call());
    await microtasks();
    assert.deepEqual(results(socket), [
      failure('client_tool_execution_error', 'The result could not be sent.'),
    ]);
  });

  test('that gives an error is a failure, whose words are the content', async () => {
    const error = { message: 'no disk', type: 'disk' };
    const { socket } = await running({ add: () => ({ content: null, error }) });
    receiveEvent(socket, 1, 'tool_execute', call());
    await microtasks();
    assert.deepEqual(results(socket), [{ content: 'no disk', error, success: false }]);
  });

  test('that was called before is not run by a page that only looks on, and what is called now is', async () => {
    for (const transport of ['v1', 'v2']) {
      let ran = 0;
      const tools = { math: { add: () => `${++ran}` } };
      createRun({ operationId: 'op_1', tools, transport });
      await microtasks();
      const socket = ScriptedSocket.latest;
      if (transport === 'v2') ready(socket);
      else socket.authenticate();
      receiveEvent(socket, 1, 'tool_execute', call({ toolCallId: `${id()}${transport}` }));
      socket.receive({ type: 'resume_complete', operationId: 'op_1', gap: false, status: 'running' });
      await after(1_000);
      assert.deepEqual([ran, results(socket)], [0, []], transport);
      receiveEvent(socket, 2, 'tool_execute', call({ toolCallId: `${id()}${transport}b` }));
      await microtasks();
      assert.deepEqual([ran, results(socket)], [1, [{ content: '1', success: true }]], transport);
    }
  });

  test('that was called before is run by the page that is the executor', async () => {
    const { run } = createRun({
      executor: true,
      operationId: 'op_1',
      tools: { math: { add: () => 'sum' } },
    });
    await microtasks();
    const socket = ScriptedSocket.latest;
    ready(socket);
    assert.equal(socket.sent.at(-1).executor, true);
    receiveEvent(socket, 1, 'tool_execute', call());
    socket.receive({ type: 'resume_complete', operationId: 'op_1', gap: false, status: 'running' });
    await after(1_000);
    assert.deepEqual(results(socket), [{ content: 'sum', success: true }]);
    assert.equal(run.getSnapshot().phase, 'streaming');
  });

  test('is left to other clients by a run that is stopped and has none', async () => {
    const { run } = createRun({ interrupt: () => new Promise(() => {}) });
    run.submit();
    const socket = await connected();
    run.stop();
    receiveEvent(socket, 1, 'tool_execute', call());
    await microtasks();
    assert.deepEqual(results(socket), []);
  });

  test('is left to other clients where the page has none', async () => {
    const { run } = createRun();
    run.submit();
    const socket = await connected();
    receiveEvent(socket, 1, 'tool_execute', call());
    await microtasks();
    assert.deepEqual(results(socket), []);
    assert.equal(run.getSnapshot().phase, 'streaming');
  });

  test('is aborted when the run is stopped', async () => {
    let signal;
    const add = (_, context) => ((signal = context.signal), new Promise(() => {}));
    const { run, socket } = await running({ add });
    receiveEvent(socket, 1, 'tool_execute', call());
    await microtasks();
    run.stop();
    assert.equal(signal.aborted, true);
    assert.deepEqual(results(socket), [failure('client_tool_execution_error', 'The run was stopped.')]);
  });
});

describe('a question of the agent', () => {
  test('for text is answered with a frame', async () => {
    const { run, socket } = await asked(({ request }) => `to ${request.prompt}`);
    const request = { type: 'input_request', operationId: 'op_1', id: '1', requestId: 'r1', prompt: 'whom?' };
    socket.receive(request);
    await microtasks();
    assert.deepEqual(socket.sent.at(-1), {
      type: 'user_input',
      operationId: 'op_1',
      requestId: 'r1',
      content: 'to whom?',
    });
    assert.equal(run.getSnapshot().phase, 'streaming');
  });

  test('for consent is answered with a frame', async () => {
    const { socket } = await asked(() => true);
    const request = { type: 'tool_confirmation_request', operationId: 'op_1', id: '1', toolCallId: 'c1' };
    socket.receive({ ...request, tool: { name: 'x' } });
    await microtasks();
    assert.deepEqual(socket.sent.at(-1), {
      type: 'tool_confirmation',
      operationId: 'op_1',
      toolCallId: 'c1',
      approved: true,
    });
  });

  test('for consent is granted by true alone', async () => {
    const { socket } = await asked(() => 'no');
    socket.receive({ type: 'tool_confirmation_request', operationId: 'op_1', id: '1', toolCallId: 'c1' });
    await microtasks();
    assert.equal(socket.sent.at(-1).approved, false);
  });

  test('of a producer is shown sanitised, and over when the producer says so', async () => {
    const got = [];
    const { run, socket } = await asked((intervention) => (got.push(intervention), 'submitted'));
    const questions = [{ header: 'H', question: 'Q', options: [{ label: 'L', id: 'o', script: 'x' }] }];
    receiveEvent(socket, 1, 'agent_intervention_request', {
      apiName: 'askUserQuestion',
      arguments: JSON.stringify({ questions }),
      deadline: NOW + 30_000,
      identifier: 'i',
      interactionKind: 'plan',
      provider: 'codex',
      toolCallId: 'c1',
      html: '<b>',
    });
    await microtasks();
    assert.equal(run.getSnapshot().phase, 'waiting_confirmation');
    const [{ deadline, id: question, kind, request }] = got;
    assert.deepEqual({ deadline, kind, question }, { deadline: NOW + 30_000, kind: 'plan', question: 'c1' });
    assert.equal('html' in request, false);
    assert.doesNotMatch(request.arguments, /script/);
    receiveEvent(socket, 2, 'agent_intervention_response', { toolCallId: 'c1', resolutionRequestId: 'x' });
    assert.equal(run.getSnapshot().phase, 'waiting_confirmation', 'the answer is on its way');
    const acknowledged = { toolCallId: 'c1', resolutionRequestId: 'x', producerAck: true };
    receiveEvent(socket, 3, 'agent_intervention_response', acknowledged);
    assert.equal(run.getSnapshot().phase, 'streaming');
  });

  test('that is answered with nothing is not answered here', async () => {
    const { socket } = await asked(() => undefined);
    const sent = socket.sent.length;
    socket.receive({ type: 'input_request', operationId: 'op_1', id: '1', requestId: 'r1', prompt: '?' });
    socket.receive({ type: 'tool_confirmation_request', operationId: 'op_1', id: '2', toolCallId: 'c1' });
    await microtasks();
    assert.deepEqual(socket.sent.slice(sent), []);
  });

  test('that is over before it is shown is not shown', async () => {
    let shown = 0;
    const onIntervention = () => (shown++, 'late');
    createRun({ onIntervention, operationId: 'op_1', transport: 'v1' });
    await microtasks();
    const socket = ScriptedSocket.latest;
    socket.authenticate();
    socket.receive({ type: 'input_request', operationId: 'op_1', id: '1', requestId: 'r1', prompt: '?' });
    receiveEvent(socket, 2, 'stream_start', { assistantMessage: { id: 'm1' } });
    socket.receive({ type: 'resume_complete', operationId: 'op_1', gap: false, status: 'running' });
    await after(1_000);
    assert.equal(shown, 0);
  });

  test('that is over aborts the one who was asked', async () => {
    let signal;
    const { socket } = await asked((_, context) => ((signal = context.signal), new Promise(() => {})));
    socket.receive({ type: 'input_request', operationId: 'op_1', id: '1', requestId: 'r1', prompt: '?' });
    await microtasks();
    socket.receive({ type: 'status_change', operationId: 'op_1', id: '2', status: 'running' });
    assert.equal(signal.aborted, true);
  });
});

/** A run with tools whose socket is ready. */
async function running(tools, options = {}) {
  const { run } = createRun({ tools: { math: tools }, ...options });
  run.submit();
  return { run, socket: await connected() };
}

async function asked(onIntervention) {
  const { run } = createRun({ onIntervention });
  run.submit();
  return { run, socket: await connected() };
}

function id() {
  return `call_${calls}`;
}

function call(data = {}) {
  return {
    apiName: 'add',
    arguments: '',
    executionTimeoutMs: 60_000,
    identifier: 'math',
    toolCallId: id(),
    ...data,
  };
}

/** The results that were sent, without what all have. */
function results(socket) {
  const sent = socket.sent.filter(({ type }) => type === 'tool_result');
  return sent
    .map(({ operationId: _, toolCallId: __, type: ___, ...result }) => result)
    .sort((one, other) => byName(one.error?.type, other.error?.type));
}

function byName(one = '', other = '') {
  return one < other ? -1 : Number(one > other);
}

function failure(type, message) {
  return { content: null, error: { message, type }, success: false };
}

function storage() {
  const items = new Map();
  return { items, getItem: (key) => items.get(key) ?? null, setItem: (key, value) => items.set(key, value) };
}
