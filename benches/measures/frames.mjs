/**
 * Nanoseconds per frame: from the text of a frame to the listener, through the client and through a plain floor.
 *
 * The floor parses the text, switches on the type, keeps the id and calls the listeners: what the smallest correct
 * handler does.
 */
import { inTurns } from './turns.mjs';
import { chunkFrame, OPERATION, stubSocket } from './wire.mjs';

/** What the texts of one batch take: enough for a coarse clock, and a batch still fits the nursery of the collector. */
const BATCH_BYTES = 800_000;
const WARM_UP_ROUNDS = 20;
/** Frames of a batch that are not measured. */
const LEAD = 20;

/** @returns {{client: number[], floor: number[]}} nanoseconds per frame, round by round */
export async function measureFrames({ packageUrl }, { size, rounds }) {
  const { AgentStreamClient } = await import(`${packageUrl}index.mjs`);
  const sides = { client: connectedClient(AgentStreamClient), floor: floorHandler() };
  const count = Math.ceil(BATCH_BYTES / size);
  const sent = { client: 0, floor: 0 };
  const taken = await inTurns(['client', 'floor'], { rounds, warmUpRounds: WARM_UP_ROUNDS }, (side) => {
    const batch = messages(sent[side] + 1, count, size);
    sent[side] += count;
    return measureBatch(sides[side].handle, batch);
  });
  for (const [name, side] of Object.entries(sides)) {
    if (side.count() !== sent[name])
      throw new Error(`${name} delivered ${side.count()} of ${sent[name]} events`);
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
  const { WebSocket, socket: lastSocket } = stubSocket();
  const client = new AgentStreamClient({
    gatewayUrl: 'ws://bench',
    operationId: OPERATION,
    token: 'token',
    WebSocket,
  });
  let count = 0;
  client.on('agent_event', () => count++);
  client.connect();
  const socket = lastSocket();
  socket.open();
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
  return Array.from({ length: count }, (_, index) => ({ data: chunkFrame(firstId + index, size) }));
}
