/**
 * Nanoseconds per frame of a minute of an OpenClaw chat with 100 pieces a second, second by second: from the text of a
 * frame, through the client, until the subscriber was told; in turns with a plain floor.
 *
 * The gateway sends each piece twice, as an event of the chat and as one of the agent, and each time with the whole text
 * so far. The floor parses the text, switches on the event, watches the numbers, keeps the text of the run and calls the
 * subscriber. Both read what is to be shown 50 times a second, as a page does that paints every other piece.
 */

const SECONDS = 60;
const PIECES = 100;
const WARM_UP_SECONDS = 3;
const PAINT_EVERY = 2;
const KEY = 'agent:main:main';
const RUN = 'run_bench';

/** @returns {{client: number[], floor: number[]}} nanoseconds per frame, second by second of the answer */
export async function measureOpenClaw({ packageUrl }) {
  const { OpenClawClient } = await import(`${packageUrl}openclaw.mjs`);
  // Engines optimise while they run: a first short answer is not measured.
  await measureMinute(OpenClawClient, WARM_UP_SECONDS);
  return measureMinute(OpenClawClient, SECONDS);
}

async function measureMinute(OpenClawClient, seconds) {
  const sides = { client: await connectedClient(OpenClawClient), floor: floorHandler() };
  const taken = { client: [], floor: [] };
  for (let second = 0; second < seconds; second++) {
    const order = second & 1 ? ['client', 'floor'] : ['floor', 'client'];
    for (const side of order) taken[side].push(measureSecond(sides[side], framesOf(second)));
  }
  const expected = textOf(seconds * PIECES);
  for (const [name, side] of Object.entries(sides)) {
    if (side.text() !== expected) throw new Error(`${name} shows ${side.text().length} characters`);
  }
  sides.client.dispose();
  return taken;
}

function measureSecond({ handle, text }, frames) {
  globalThis.gc?.({ type: 'minor' });
  const start = performance.now();
  frames.forEach((frame, index) => {
    handle(frame);
    if (index % (2 * PAINT_EVERY) === 0) text();
  });
  return ((performance.now() - start) * 1e6) / frames.length;
}

async function connectedClient(OpenClawClient) {
  let socket;
  class WebSocket {
    readyState = 0;
    constructor() {
      socket = this;
    }
    send(text) {
      const { id, method } = JSON.parse(text);
      queueMicrotask(() => this.onmessage({ data: answer(id, method) }));
    }
    close() {}
  }
  const client = new OpenClawClient({
    auth: { token: 'token' },
    gatewayUrl: 'ws://bench',
    signer: { deviceId: 'device', publicKey: new Uint8Array(32), sign: () => new Uint8Array(64) },
    storage: null,
    WebSocket,
  });
  const connected = client.connect();
  while (!socket) await new Promise((resolve) => setTimeout(resolve, 1));
  socket.readyState = 1;
  socket.onopen({});
  socket.onmessage({ data: event('connect.challenge', { nonce: 'nonce', ts: 0 }) });
  await connected;
  const chat = client.chat(KEY);
  let told = 0;
  chat.subscribe(() => told++);
  await new Promise((resolve) => setTimeout(resolve, 10));
  const text = () => chat.getSnapshot().runs.at(-1)?.text ?? '';
  return { dispose: () => client.dispose(), handle: socket.onmessage, text };
}

function answer(id, method) {
  return JSON.stringify({ type: 'res', id, ok: true, payload: ANSWERS[method] ?? {} });
}

const ANSWERS = {
  connect: {
    type: 'hello-ok',
    protocol: 4,
    server: { version: '2026.9.6', connId: 'c', bootId: 'b' },
    features: { methods: [], events: [] },
    snapshot: {},
    auth: { role: 'operator', scopes: ['operator.read', 'operator.write', 'operator.approvals'] },
    policy: { maxPayload: 26_214_400, maxBufferedBytes: 52_428_800, tickIntervalMs: 30_000 },
  },
  'agents.list': { defaultId: 'main', agents: [{ id: 'main', name: 'main' }] },
  'sessions.list': { ts: 0, sessions: [{ key: KEY, agentId: 'main', activeRunIds: [RUN] }], hasMore: false },
  'chat.history': { messages: [], sessionKey: KEY },
};

function floorHandler() {
  const runs = new Map();
  let lastSeq = 0;
  let told = 0;
  const subscribers = new Set([() => told++]);
  const handle = (message) => {
    const frame = JSON.parse(message.data);
    if (frame.type !== 'event') return;
    if (frame.seq !== undefined) {
      if (frame.seq <= lastSeq) return;
      lastSeq = frame.seq;
    }
    switch (frame.event) {
      case 'chat': {
        const { deltaText, runId, sessionKey, state } = frame.payload;
        if (sessionKey !== KEY || state !== 'delta') return;
        const run = runs.get(runId);
        runs.set(runId, { id: runId, state: 'streaming', text: (run?.text ?? '') + deltaText });
        for (const subscriber of subscribers) subscriber();
      }
    }
  };
  return { handle, text: () => runs.get(RUN)?.text ?? '' };
}

/** Both events of each piece of one second. */
function framesOf(second) {
  const first = second * PIECES;
  return Array.from({ length: PIECES }, (_, index) => pairOf(first + index)).flat();
}

function pairOf(index) {
  const text = textOf(index + 1);
  const delta = pieceOf(index);
  const common = { runId: RUN, sessionKey: KEY, agentId: 'main', seq: index + 1 };
  const assistant = { ...common, stream: 'assistant', data: { text, delta, itemId: 'i:1' }, ts: index };
  const message = { role: 'assistant', content: [{ type: 'text', text }], timestamp: index };
  const chat = { ...common, state: 'delta', deltaText: delta, message };
  return [{ data: event('agent', assistant, 2 * index + 1) }, { data: event('chat', chat, 2 * index + 2) }];
}

const event = (name, payload, seq) => JSON.stringify({ type: 'event', event: name, payload, seq });

const pieceOf = (index) => ` w${(index % 1_000).toString().padStart(3, '0')}`;

const whole = [''];
function textOf(count) {
  for (let index = whole.length; index <= count; index++) whole.push(whole[index - 1] + pieceOf(index - 1));
  return whole[count];
}
