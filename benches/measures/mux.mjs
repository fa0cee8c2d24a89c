/**
 * Nanoseconds per frame of a mux that carries some number of operations, in turns with one that carries a single one,
 * and with a plain floor; the bytes that an idle subscription holds; the milliseconds to subscribe all of them again.
 */
import { inTurns } from './turns.mjs';

const FRAMES = 4_000;
const SIZE = 200;
const WARM_UP_ROUNDS = 20;

/** @returns {{many: number[], one: number[], floor: number[], bytes: number, resubscribed: number}} */
export async function measureMux({ packageUrl }, { operations, rounds }) {
  const memory = watchMemory();
  const { GatewayMuxClient } = await import(`${packageUrl}mux.mjs`);
  const one = await connectedMux(GatewayMuxClient, 1);
  const before = memory.bytes();
  const many = await connectedMux(GatewayMuxClient, operations);
  const bytes = (memory.bytes() - before) / operations;
  const sides = { one, many, floor: floor(operations) };
  const taken = await inTurns(['one', 'many', 'floor'], { rounds, warmUpRounds: WARM_UP_ROUNDS }, (side) =>
    measureBatch(sides[side]),
  );
  for (const [name, side] of Object.entries(sides)) {
    if (side.delivered() !== side.sent()) throw new Error(`${name}: ${side.delivered()} of ${side.sent()}`);
  }
  const resubscribed = await many.resubscribe();
  for (const side of [one, many]) side.dispose();
  return { ...taken, bytes, resubscribed };
}

function measureBatch(side) {
  const batch = side.messages();
  globalThis.gc?.({ type: 'minor' });
  const start = performance.now();
  for (const message of batch) side.handle(message);
  return ((performance.now() - start) * 1e6) / batch.length;
}

async function connectedMux(GatewayMuxClient, operations) {
  const sockets = [];
  class WebSocket {
    readyState = 0;
    subscribed = 0;
    constructor() {
      sockets.push(this);
    }
    send(text) {
      if (text.startsWith('{"type":"subscribe"')) this.subscribed++;
    }
    close() {}
    open() {
      this.readyState = 1;
      this.onopen({});
      this.onmessage({ data: '{"type":"ready","userId":"u","connectionId":"c","protocol":2}' });
    }
  }
  const nextSocket = async () => {
    const count = sockets.length;
    while (sockets.length === count) await new Promise((resolve) => setTimeout(resolve, 1));
    return sockets.at(-1);
  };
  const mux = new GatewayMuxClient({
    gatewayUrl: 'ws://bench',
    getToken: async () => 'token',
    logger: {},
    WebSocket,
  });
  let delivered = 0;
  for (let index = 0; index < operations; index++)
    mux.subscribe(`op_${index}`).on('agent_event', () => delivered++);
  const first = sockets[0] ?? (await nextSocket());
  first.open();
  const source = frames(operations);
  for (let index = 0; index < operations; index++) first.onmessage({ data: resumed(index) });
  return {
    handle: (message) => first.onmessage(message),
    messages: source.messages,
    sent: source.sent,
    delivered: () => delivered,
    async resubscribe() {
      first.readyState = 3;
      first.onclose({ code: 1006, reason: '' });
      const second = await nextSocket();
      const start = performance.now();
      second.open();
      const spent = performance.now() - start;
      if (second.subscribed !== operations) throw new Error(`${second.subscribed} subscribed again`);
      return spent;
    },
    dispose: () => mux.dispose(),
  };
}

/** What the smallest correct handler does: parse, find the operation, keep the id, call its listeners. */
function floor(operations) {
  let delivered = 0;
  const subscriptions = new Map();
  for (let index = 0; index < operations; index++)
    subscriptions.set(`op_${index}`, { lastSeq: 0, listeners: new Set([() => delivered++]) });
  const source = frames(operations);
  return {
    handle(message) {
      const frame = JSON.parse(message.data);
      if (frame.type !== 'agent_event') return;
      const subscription = subscriptions.get(frame.operationId);
      const sequence = Number(frame.id);
      if (!subscription || sequence <= subscription.lastSeq) return;
      subscription.lastSeq = sequence;
      for (const listener of subscription.listeners) listener(frame.event);
    },
    messages: source.messages,
    sent: source.sent,
    delivered: () => delivered,
  };
}

/** Frames of the operations in turns, each with a text of its own. */
function frames(operations) {
  let sent = 0;
  const next = () => {
    const operation = sent % operations;
    const id = Math.floor(sent / operations) + 1;
    sent++;
    const event = {
      data: { chunkType: 'text', content: `${sent} ` },
      stepIndex: 0,
      timestamp: 1_790_000_000_000 + sent,
      type: 'stream_chunk',
    };
    event.data.content += 'x'.repeat(SIZE - 170);
    return {
      data: JSON.stringify({ event, id: String(id), operationId: `op_${operation}`, type: 'agent_event' }),
    };
  };
  return { messages: () => Array.from({ length: FRAMES }, next), sent: () => sent };
}

const resumed = (index) =>
  `{"type":"resume_complete","operationId":"op_${index}","status":"running","gap":false}`;

/** The memory of the WebAssembly instances that are made from here on. */
function watchMemory() {
  const memories = [];
  const { Instance } = WebAssembly;
  WebAssembly.Instance = class extends Instance {
    constructor(...args) {
      super(...args);
      memories.push(...Object.values(this.exports).filter((value) => value instanceof WebAssembly.Memory));
    }
  };
  return { bytes: () => memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0) };
}
