/**
 * Nanoseconds per frame: from the text of a frame to the listener, through the client and through a plain floor.
 *
 * The floor parses the text, switches on the type, keeps the id and calls the listeners: what the smallest correct
 * handler does. A round measures two batches of each, first-second-second-first, so that its ratio is free of what
 * disturbs both and of what the order does.
 */

/** What the texts of one batch take: enough for a coarse clock, and a batch still fits the nursery of the collector. */
const BATCH_BYTES = 800_000;
const WARM_UP_ROUNDS = 20;
/** Frames of a batch that are not measured. */
const LEAD = 20;
const ROUNDS_OF_SIDES = [
  ['floor', 'client', 'client', 'floor'],
  ['client', 'floor', 'floor', 'client'],
];

/** @returns {{client: number[], floor: number[]}} nanoseconds per frame, round by round */
export async function measureFrames({ packageUrl }, { size, rounds }) {
  const { AgentStreamClient } = await import(`${packageUrl}index.mjs`);
  const sides = { client: connectedClient(AgentStreamClient), floor: floorHandler() };
  const count = Math.ceil(BATCH_BYTES / size);
  const taken = { client: [], floor: [] };
  let delivered = 0;
  for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
    const nanoseconds = { client: 0, floor: 0 };
    const seen = { client: delivered, floor: delivered };
    for (const side of ROUNDS_OF_SIDES[round & 1]) {
      nanoseconds[side] += measureBatch(sides[side].handle, messages(seen[side] + 1, count, size)) / 2;
      seen[side] += count;
    }
    delivered = seen.client;
    for (const side of ['client', 'floor']) if (round >= 0) taken[side].push(nanoseconds[side]);
  }
  for (const [name, side] of Object.entries(sides)) {
    if (side.count() !== delivered)
      throw new Error(`${name} delivered ${side.count()} of ${delivered} events`);
  }
  sides.client.dispose();
  return taken;
}

function measureBatch(handle, batch) {
  // Neither side pays for the garbage of the other, nor for that of making the texts.
  globalThis.gc?.({ type: 'minor' });
  // Making the texts emptied the caches: what the first frames pay for that is no price of a frame.
  for (let index = 0; index < LEAD; index++) handle(batch[index]);
  const start = performance.now();
  for (let index = LEAD; index < batch.length; index++) handle(batch[index]);
  return ((performance.now() - start) * 1e6) / (batch.length - LEAD);
}

function connectedClient(AgentStreamClient) {
  let socket;
  class WebSocket {
    readyState = 0;
    constructor() {
      socket = this;
    }
    send() {}
    close() {}
  }
  const client = new AgentStreamClient({
    gatewayUrl: 'ws://bench',
    operationId: 'op_bench',
    token: 'token',
    WebSocket,
  });
  let count = 0;
  client.on('agent_event', () => count++);
  client.connect();
  socket.readyState = 1;
  socket.onopen({});
  socket.onmessage({ data: '{"type":"auth_success"}' });
  socket.onmessage({ data: '{"type":"resume_complete","status":"running","gap":false}' });
  return { handle: socket.onmessage, count: () => count, dispose: () => client.dispose() };
}

function floorHandler() {
  let count = 0;
  let lastEventId = '';
  const listeners = new Set([() => count++]);
  const handle = (message) => {
    const frame = JSON.parse(message.data);
    switch (frame.type) {
      case 'agent_event':
        lastEventId = frame.id;
        for (const listener of listeners) listener(frame.event);
        break;
      case 'auth_success':
      case 'heartbeat_ack':
        break;
    }
  };
  return { handle, count: () => (lastEventId ? count : 0) };
}

/** Each message has a text of its own: engines remember what they know of a text. */
function messages(firstId, count, size) {
  return Array.from({ length: count }, (_, index) => ({ data: frame(firstId + index, size) }));
}

function frame(id, size) {
  const text = (content) =>
    JSON.stringify({
      event: {
        data: { chunkType: 'text', content },
        operationId: 'op_bench',
        stepIndex: 0,
        timestamp: 1_790_000_000_000 + id,
        type: 'stream_chunk',
      },
      id: String(id),
      type: 'agent_event',
    });
  const content = `${id} `;
  return text(content + 'x'.repeat(Math.max(0, size - text(content).length)));
}
