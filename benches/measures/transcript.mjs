/**
 * Nanoseconds per chunk of a long answer: from the text of the frame, through a run of a chat, until the chunk is in its
 * messages; in turns with a plain floor.
 *
 * The floor parses the text, switches on the type, compares the id, and reduces the messages to new ones that share what
 * did not change, as a store does. Both tell their listener with the next frame of the page.
 */

import { OPERATION, stubSocket } from './wire.mjs';

const CHUNKS = 10_000;
/** The chunks at the beginning and at the end whose times are compared. */
const EDGE = 1_000;
const SIZE = 200;
const WARM_UP_ROUNDS = 3;
const ROUNDS_OF_SIDES = [
  ['floor', 'client', 'client', 'floor'],
  ['client', 'floor', 'floor', 'client'],
];
const HELLO = {
  v1: '{"type":"auth_success"}',
  v2: '{"type":"ready","userId":"u","connectionId":"c","protocol":2}',
};

/** @returns {{client: number[], floor: number[], growth: number[]}} nanoseconds per chunk, round by round */
export async function measureTranscript({ packageUrl }, { transport, rounds }) {
  const entry = await import(`${packageUrl}run.mjs`);
  const sides = { client: () => beginRun(entry, transport), floor: async () => beginFloor() };
  const taken = { client: [], floor: [], growth: [] };
  for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
    const nanoseconds = { client: 0, floor: 0, growth: 0 };
    for (const side of ROUNDS_OF_SIDES[round & 1]) {
      const { whole, growth } = await measureOne(side, sides[side]);
      nanoseconds[side] += whole / 2;
      if (side === 'client') nanoseconds.growth += growth / 2;
    }
    if (round >= 0) for (const name of Object.keys(taken)) taken[name].push(nanoseconds[name]);
  }
  return taken;
}

async function measureOne(name, begin) {
  const answer = Array.from({ length: CHUNKS }, (_, index) => ({ data: frame(index + 1) }));
  const { end, handle, text } = await begin();
  globalThis.gc?.({ type: 'minor' });
  const times = [performance.now()];
  for (let index = 0; index < CHUNKS; index++) {
    handle(answer[index]);
    if ((index + 1) % EDGE === 0) times.push(performance.now());
  }
  const length = (await text()).length;
  if (length !== CHUNKS * content(1).length) throw new Error(`${name}: ${length} characters of text`);
  end();
  const of = (from, to) => ((times.at(to) - times.at(from)) * 1e6) / EDGE;
  // The first part of a fresh run pays for what is met the first time.
  return { whole: of(0, -1) / (CHUNKS / EDGE), growth: of(-2, -1) / of(1, 2) };
}

async function beginRun({ ChatRun, GatewayMuxClient }, transport) {
  const { WebSocket, socket } = stubSocket();
  const gateway = { gatewayUrl: 'ws://bench', getToken: () => 'token', WebSocket };
  const mux = transport === 'v2' ? new GatewayMuxClient(gateway) : undefined;
  const run = new ChatRun({
    ...gateway,
    interrupt() {},
    start: () => ({ operationId: OPERATION, token: 'token' }),
    transport,
    ...(mux && { mux }),
  });
  run.submit();
  while (!socket()) await new Promise((resolve) => setTimeout(resolve, 1));
  socket().open();
  socket().onmessage({ data: HELLO[transport] });
  const text = () => shown(run.transcript, (messages) => messages.at(-1)?.parts.at(-1)?.text ?? '');
  return { end: () => (run.dispose(), mux?.dispose()), handle: socket().onmessage, text };
}

/** What the messages are once they are shown. */
function shown(transcript, read) {
  return new Promise((resolve) => {
    const ignore = transcript.subscribe(() => {
      ignore();
      resolve(read(transcript.getSnapshot().messages));
    });
  });
}

function beginFloor() {
  const nextFrame = globalThis.requestAnimationFrame ?? setTimeout;
  let lastSequence = 0;
  let state = { messages: [{ id: 'm', parts: [{ type: 'text', text: '' }] }] };
  let told;
  let waits = false;
  const whenTold = new Promise((resolve) => (told = resolve));
  const show = () => {
    waits = false;
    told(state);
  };
  const deliver = (event) => {
    state = reduce(state, event);
    if (waits) return;
    waits = true;
    nextFrame(show);
  };
  const handle = (message) => {
    const frame = JSON.parse(message.data);
    switch (frame.type) {
      case 'agent_event': {
        const sequence = Number(frame.id);
        if (sequence <= lastSequence) return;
        lastSequence = sequence;
        deliver(frame.event);
      }
    }
  };
  return {
    end: () => {},
    handle,
    text: async () => (await whenTold) && state.messages.at(-1).parts.at(-1).text,
  };
}

function reduce(state, { data, type }) {
  switch (type) {
    case 'stream_chunk': {
      if (data.chunkType !== 'text') return state;
      const messages = [...state.messages];
      const { parts, ...message } = messages.at(-1);
      const changed = [...parts];
      const last = changed.at(-1);
      changed[changed.length - 1] = { ...last, text: last.text + data.content };
      messages[messages.length - 1] = { ...message, parts: changed };
      return { ...state, messages };
    }
    default:
      return state;
  }
}

const content = (id) => `${id} `.padEnd(24, 'x');

function frame(id) {
  const text = JSON.stringify({
    event: {
      data: { chunkType: 'text', content: content(id) },
      operationId: OPERATION,
      stepIndex: 0,
      timestamp: 1_790_000_000_000 + id,
      type: 'stream_chunk',
    },
    id: String(id),
    operationId: OPERATION,
    type: 'agent_event',
  });
  return text.padEnd(SIZE);
}
