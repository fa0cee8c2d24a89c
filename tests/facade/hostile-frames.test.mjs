// Gateways that say anything and applications that ask for anything: whatever comes, and whenever, no client fails,
// throws into a socket or spins.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, mock, test } from 'node:test';
import fc from 'fast-check';
import { AgentStreamClient, GatewayMuxClient } from '../../pkg/run.mjs';
import { OpenClawClient } from '../../pkg/openclaw.mjs';
import { OPTIONS as STREAM } from './support/client.mjs';
import { microtasks, MUX_OPTIONS as MUX, ready } from './support/mux.mjs';
import { Gateway, OPTIONS as OPENCLAW, settled, SIGNER } from './support/openclaw.mjs';
import { createRun, disposeRuns } from './support/run.mjs';
import { ScriptedFetch } from './support/scripted-fetch.mjs';
import { forgetSockets, ScriptedSocket } from './support/scripted-socket.mjs';

/** More of them: `HOSTILE_RUNS=5000 node --test tests/facade/hostile-frames.test.mjs`. */
const RUNS = Number(process.env.HOSTILE_RUNS ?? 150);
const NOW = 1_790_000_000_000;
const MOST_STEPS = 60;
const SIGNATURE = new Uint8Array(64);
/** In one step. */
const MOST_ALARMS = 2_000;

let alarms = 0;
let server;

beforeEach(() => {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'], now: NOW });
  const { setTimeout } = globalThis;
  // Time stands still where one alarm follows the other at once.
  globalThis.setTimeout = (...args) => {
    if (++alarms > MOST_ALARMS) throw new Error('a busy loop');
    return setTimeout(...args);
  };
});
afterEach(() => {
  disposeRuns();
  mock.timers.reset();
});

/** The application that clients ask: it answers as it should, or once with anything. */
const host = {
  behaviour: undefined,
  answer(usual) {
    const { behaviour } = this;
    this.behaviour = undefined;
    if (!behaviour) return usual;
    if (behaviour.throws) throw behaviour.value;
    return behaviour.value;
  },
};

/** What an application may do at any time, with an argument of any kind. */
const COMMANDS = [
  (_, any) => void (host.behaviour = { value: any }),
  (_, any) => void (host.behaviour = { throws: true, value: any }),
];
const STREAM_COMMANDS = [
  ...COMMANDS,
  (client) => client.connect(),
  (client) => client.disconnect(),
  (client) => client.reconnect(),
  (client) => client.sendInterrupt(),
  (client, any) => client.updateToken(any),
  (client, any) => client.sendToolResult(any),
  (client, any) => client.sendToolResult({ toolCallId: 'c1', content: any }),
  (client, any) => client.sendToolConfirmation(any, true),
  (client, any) => client.sendUserInput('r1', any),
];
const MUX_COMMANDS = [
  ...COMMANDS,
  (client) => void client.connect().catch(() => {}),
  (client) => client.disconnect(),
  (client, any) => client.subscribe(any),
  (client) => client.subscribe('op_9').unsubscribe(),
  (client, any) => client.subscribe('op_9').sendToolResult({ toolCallId: 'c1', content: any }),
  (client, any) => client.takePendingToolResults(any),
  (client, any) => client.openDocument('doc_2', {}).send(any),
  (client) => client.explain(),
];
const RUN_COMMANDS = [
  ...COMMANDS,
  (run) => run.submit(),
  (run) => run.stop(),
  (run) => run.detach(),
  (run, any) => run.transcript.refetch(() => any).catch(() => {}),
];
const OPENCLAW_COMMANDS = [
  ...COMMANDS,
  (client) => void client.connect().catch(() => {}),
  (client) => client.disconnect(),
  (client, any) => void client.call('health', any).catch(() => {}),
  (client, any) => void client.call(any, {}).catch(() => {}),
  (client, any) => client.chat(CHAT).send(any),
  (client, any) => client.chat(CHAT).send('more', { thinking: any, attachments: any }),
  (client) => client.chat(CHAT).abort(),
  (client) => client.chat(CHAT).close(),
  (client, any) => client.updateAuth(any),
  (client) => client.explain(),
];

const v1 = recorded('agent-gateway', /^v1-/);
const v2 = recorded('agent-gateway', /^v2-/);
const openClaw = recorded('openclaw', /./);

const [CHAT] = openClaw.flatMap(({ event, payload }) => (event === 'chat' ? payload.sessionKey : []));

test('a stream takes whatever a gateway sends', () =>
  survives(stepOf(onSocket(v1), STREAM_COMMANDS), async () => {
    const options = {
      resumeOnConnect: true,
      getToken: () => host.answer('token_2'),
      operationId: operationsOf(v1)[0],
    };
    const client = new AgentStreamClient({ ...STREAM, ...options });
    client.connect();
    ScriptedSocket.latest.authenticate();
    return client;
  }));

test('a mux takes whatever a gateway sends', () =>
  survives(stepOf(onSocket(v2), MUX_COMMANDS), async () => {
    const client = new GatewayMuxClient({ ...MUX, getToken: () => host.answer('token_1') });
    for (const operation of operationsOf(v2).slice(0, 3)) client.subscribe(operation, { executor: true });
    client.openDocument('doc_1', {});
    await microtasks();
    ready(ScriptedSocket.latest);
    return client;
  }));

for (const transport of ['v1', 'v2']) {
  test(`a run over ${transport} takes whatever a gateway sends`, () => {
    const events = runFrames();
    const frames = [...(transport === 'v1' ? v1 : v2), ...events, ...events];
    return survives(stepOf(onSocket(frames), RUN_COMMANDS), async () => {
      const run = await submitted({ transport });
      if (transport === 'v1') ScriptedSocket.latest.authenticate();
      else ready(ScriptedSocket.latest);
      return run;
    });
  });
}

test('a run over server-sent events takes whatever a server sends', () => {
  const events = runFrames().map(({ event }) => event);
  return survives(stepOf(onStream(events), RUN_COMMANDS), async () => {
    server = new ScriptedFetch();
    const run = await submitted({ transport: 'sse', fetch: server.fetch });
    await server.latest.greet();
    return run;
  });
});

test('an OpenClaw client takes whatever a gateway sends', () =>
  survives(stepOf(onSocket(openClaw), OPENCLAW_COMMANDS), async () => {
    const client = new OpenClawClient({
      ...OPENCLAW,
      signer: { ...SIGNER, sign: () => host.answer(SIGNATURE) },
    });
    client.connect().catch(() => {});
    await settled();
    const gateway = new Gateway(ScriptedSocket.latest);
    await gateway.challenge();
    gateway.answer('connect', openClaw.find(({ payload }) => payload?.type === 'hello-ok').payload);
    const chat = client.chat(CHAT);
    for (const store of [chat, client.fleet, client.approvals]) store.subscribe(() => store.getSnapshot());
    chat.send('hello', { runId: 'run_1' });
    return client;
  }));

async function submitted(options) {
  const { run } = createRun({
    executor: true,
    getToken: () => host.answer('token_2'),
    interrupt: () => host.answer(true),
    onIntervention: () => host.answer('yes'),
    tools: { local: { echo: (args) => host.answer(args) } },
    ...options,
  });
  run.subscribe(() => run.getSnapshot());
  run.submit();
  await microtasks();
  return run;
}

/** Runs random conversations; a client that failed by itself says so with the code `internal`. */
async function survives(step, create) {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: MOST_STEPS }), async (steps) => {
      forgetSockets();
      const failures = [];
      host.behaviour = undefined;
      const client = await create();
      client.on('error', ({ code, message }) => code === 'internal' && failures.push(message));
      for (const step of steps) {
        alarms = 0;
        await step(client);
        await microtasks();
      }
      client.dispose();
      await microtasks();
      assert.deepEqual(failures, []);
    }),
    { numRuns: RUNS },
  );
}

/** What the other side does, what the application does, or that time passes. */
function stepOf(otherSide, commands) {
  return fc.oneof(
    { weight: 13, arbitrary: otherSide },
    { weight: 2, arbitrary: fc.nat(70_000).map(passed) },
    { weight: 2, arbitrary: fc.tuple(fc.constantFrom(...commands), fc.anything()).map(commanded) },
  );
}

/** What a gateway does on the last socket. */
function onSocket(frames) {
  return fc.oneof(
    { weight: 12, arbitrary: fc.tuple(saidOf(frames), fc.nat(3)).map(heard) },
    { weight: 1, arbitrary: fc.constantFrom(1000, 1006, 1008, 4001, 4401).map(dropped) },
  );
}

/** What a server does with the last request. */
function onStream(events) {
  return fc.oneof(
    { weight: 10, arbitrary: saidOf(events).map((text) => streamed(`data: ${text}\n\n`)) },
    { weight: 1, arbitrary: fc.string().map(streamed) },
    { weight: 1, arbitrary: fc.constantFrom('end', 'fail', 'greet', 'heartbeat').map(served) },
  );
}

/** The frames, as they are and spoiled, and what is no frame. */
function saidOf(frames) {
  const whole = fc.constantFrom(...frames);
  const spoiled = fc.tuple(whole, fc.array(fc.tuple(fc.nat(), hostile), { minLength: 1, maxLength: 3 }));
  return fc.oneof(
    { weight: 4, arbitrary: whole.map((frame) => JSON.stringify(frame)) },
    { weight: 6, arbitrary: spoiled.map(([frame, changes]) => JSON.stringify(spoil(frame, changes))) },
    { weight: 1, arbitrary: fc.json({ maxDepth: 3 }) },
    { weight: 1, arbitrary: fc.string() },
  );
}

/** A text comes in; where it is an answer, it is one to a request that was sent so many before the last. */
const heard = ([text, back]) =>
  named(`hears ${text}`, () => {
    const socket = ScriptedSocket.latest;
    if (socket.readyState === ScriptedSocket.CONNECTING) socket.open();
    const id = socket.sent.at(-1 - back)?.id;
    socket.receive(text.startsWith('{"type":"res"') ? text.replace(/"id":"\d*"/, `"id":"${id}"`) : text);
  });

const streamed = (text) => named(`reads ${text}`, () => ofServer((request) => request.write(text)));

const served = (act) => named(`the server does ${act}`, () => ofServer((request) => request[act]()));

/** A stream that is closed already takes nothing. */
const ofServer = (act) => act(server.latest).catch(() => {});

const passed = (millis) => named(`${millis} ms pass`, () => mock.timers.tick(millis));

/** An application may be told that it is wrong; a module that broke says `internal`. */
const commanded = ([command, any]) =>
  named(`${command} with ${fc.stringify(any)}`, (client) => {
    try {
      command(client, any);
    } catch (error) {
      assert.ok(error.code !== 'internal' && !(error instanceof WebAssembly.RuntimeError), error);
    }
  });

const dropped = (code) =>
  named(`is closed with ${code}`, () => {
    const socket = ScriptedSocket.latest;
    if (socket.readyState !== ScriptedSocket.CLOSED) socket.drop(code, 'auth_expired');
  });

/** A step as a failed test prints it. */
const named = (name, step) => Object.assign(step, { [fc.toStringMethod]: () => name });

const hostile = fc.oneof(
  fc.constantFrom(null, true, -1, 0, 0.5, 2 ** 53, -(2 ** 63), 1e308, '', '\ud800', '__proto__', [], {}, [
    [],
  ]),
  fc.jsonValue({ maxDepth: 2 }),
  fc.constant(undefined),
);

/** The frame with other values at some of its places; an undefined one is left out. */
function spoil(frame, changes) {
  const copy = structuredClone(frame);
  for (const [at, value] of changes) {
    const places = placesOf(copy);
    const { holder, name } = places[at % places.length] ?? { holder: copy, name: 'type' };
    holder[name] = structuredClone(value);
  }
  return copy;
}

function placesOf(holder) {
  return Object.entries(holder).flatMap(([name, value]) => [
    { holder, name },
    ...(typeof value === 'object' && value !== null ? placesOf(value) : []),
  ]);
}

/** What gateways sent in recorded conversations, each kind of frame a few times. */
function recorded(folder, pattern) {
  const path = new URL(`../fixtures/${folder}/`, import.meta.url);
  const frames = readdirSync(path)
    .filter((name) => pattern.test(name))
    .flatMap((name) => readFileSync(new URL(name, path), 'utf8').trim().split('\n'))
    .map((line) => JSON.parse(line))
    .filter(({ dir }) => dir === 's2c' || dir === 'in')
    .map(({ frame, raw }) => frame ?? parsed(raw))
    .filter((frame) => typeof frame === 'object' && frame !== null);
  const seen = new Map();
  return frames.filter((frame) => {
    const kind = [frame.type, frame.event?.type ?? frame.event, frame.payload?.state].join();
    seen.set(kind, (seen.get(kind) ?? 0) + 1);
    return seen.get(kind) <= 3;
  });
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const operationsOf = (frames) =>
  [...new Set(frames.flatMap(({ operationId }) => operationId ?? []))].concat('op_1');

/** Events of a run that the recorded conversations do not have. */
function runFrames() {
  const call = { id: 'c1', identifier: 'local', apiName: 'echo', arguments: '{"a":1}', type: 'default' };
  const events = {
    agent_runtime_init: {},
    stream_start: { assistantMessage: { id: 'm1' }, messageId: 'm1', provider: 'p', model: 'm' },
    stream_chunk: { chunkType: 'text', content: 'Hello' },
    stream_end: { finalContent: 'Hello', toolsCalling: [call] },
    tool_start: { toolCalling: call },
    tool_end: { toolCalling: call, result: { content: 'x' }, isSuccess: true },
    tool_execute: {
      toolCallId: 'c1',
      identifier: 'local',
      apiName: 'echo',
      arguments: '{}',
      executionTimeoutMs: 5,
    },
    step_start: { phase: 'human_approval', requiresApproval: true, pendingToolsCalling: [call] },
    step_complete: { phase: 'execution_complete', finalState: {} },
    message_patch: { messageId: 'm1', patch: { content: 'Hi' }, revision: 1 },
    visible_output_end: {},
    error: { error: 'no', errorType: 'x' },
    agent_runtime_end: { reason: 'done' },
  };
  const chunks = [
    { chunkType: 'reasoning', reasoning: 'because' },
    { chunkType: 'tools_calling', toolsCalling: [call], snapshotMode: 'replace' },
    { chunkType: 'base64_image', imageList: [{ id: 'i', data: 'x' }] },
    { chunkType: 'grounding', grounding: { citations: [{ url: 'u', title: 't' }] } },
    { chunkType: 'text', content: 'Hello', snapshotMode: 'replace', contentLength: 5 },
  ];
  const all = [...Object.entries(events), ...chunks.map((data) => ['stream_chunk', data])];
  return all.map(([type, data], index) => ({
    type: 'agent_event',
    operationId: 'op_1',
    id: String(index + 1),
    event: { type, operationId: 'op_1', stepIndex: index % 3, timestamp: NOW + index, data },
  }));
}
