/**
 * Nanoseconds per frame of a replay: from the text of the first event, through a fresh client that starts from nothing,
 * until the listener was told the last; in turns with a plain floor.
 *
 * The floor parses the text, switches on the type, compares the id and calls the listeners. Where the client collects a
 * replay until its end, as after a reload, so does the floor.
 */

const EVENTS = 10_000;
const SIZE = 200;
const WARM_UP_ROUNDS = 3;
const ROUNDS_OF_SIDES = [
  ['floor', 'client', 'client', 'floor'],
  ['client', 'floor', 'floor', 'client'],
];
const OPERATION = 'op_bench';
const RESUMED = JSON.stringify({
  type: 'resume_complete',
  operationId: OPERATION,
  status: 'running',
  gap: false,
});

/** What is followed: by a client of v1, by one after a reload, by a subscription of a mux. */
const KINDS = {
  v1: { client: (packageUrl) => beginV1(packageUrl, false), collects: false },
  reload: { client: (packageUrl) => beginV1(packageUrl, true), collects: true },
  mux: { client: beginMux, collects: false },
};

/** @returns {{client: number[], floor: number[]}} nanoseconds per frame, round by round */
export async function measureReplay({ packageUrl }, { kind, rounds }) {
  const { client, collects } = KINDS[kind];
  const sides = { client: await client(packageUrl), floor: () => beginFloor(collects) };
  const taken = { client: [], floor: [] };
  for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
    const nanoseconds = { client: 0, floor: 0 };
    for (const side of ROUNDS_OF_SIDES[round & 1])
      nanoseconds[side] += (await measureOne(side, sides[side])) / 2;
    for (const side of ['client', 'floor']) if (round >= 0) taken[side].push(nanoseconds[side]);
  }
  return taken;
}

async function measureOne(name, begin) {
  const replay = messages();
  const { delivered, end, handle } = await begin();
  globalThis.gc?.({ type: 'minor' });
  const start = performance.now();
  for (const message of replay) handle(message);
  const spent = performance.now() - start;
  if (delivered() !== EVENTS) throw new Error(`${name} delivered ${delivered()} of ${EVENTS} events`);
  end();
  return (spent * 1e6) / EVENTS;
}

async function beginV1(packageUrl, resumeOnConnect) {
  const { AgentStreamClient } = await import(`${packageUrl}index.mjs`);
  const options = { gatewayUrl: 'ws://bench', operationId: OPERATION, token: 'token', resumeOnConnect };
  return () => {
    const { WebSocket, socket } = stubSocket();
    const client = new AgentStreamClient({ ...options, WebSocket });
    let count = 0;
    client.on('agent_event', () => count++);
    client.connect();
    socket().open();
    socket().onmessage({ data: '{"type":"auth_success"}' });
    return { delivered: () => count, end: () => client.dispose(), handle: socket().onmessage };
  };
}

async function beginMux(packageUrl) {
  const { GatewayMuxClient } = await import(`${packageUrl}mux.mjs`);
  return async () => {
    const { WebSocket, socket } = stubSocket();
    const mux = new GatewayMuxClient({ gatewayUrl: 'ws://bench', getToken: () => 'token', WebSocket });
    let count = 0;
    mux.subscribe(OPERATION).on('agent_event', () => count++);
    while (!socket()) await new Promise((resolve) => setTimeout(resolve, 1));
    socket().open();
    socket().onmessage({ data: '{"type":"ready","userId":"u","connectionId":"c","protocol":2}' });
    return { delivered: () => count, end: () => mux.dispose(), handle: socket().onmessage };
  };
}

function beginFloor(collects) {
  let count = 0;
  let lastSeq = 0;
  let collected = [];
  const listeners = new Set([() => count++]);
  const deliver = (event) => {
    for (const listener of listeners) listener(event);
  };
  const handle = (message) => {
    const frame = JSON.parse(message.data);
    switch (frame.type) {
      case 'agent_event': {
        const sequence = Number(frame.id);
        if (sequence <= lastSeq) return;
        lastSeq = sequence;
        if (collects) collected.push(frame.event);
        else deliver(frame.event);
        break;
      }
      case 'resume_complete':
        for (const event of collected) deliver(event);
        collected = [];
    }
  };
  return { delivered: () => count, end: () => {}, handle };
}

/** A constructor of sockets that do nothing, and the last that was made. */
function stubSocket() {
  let last;
  class WebSocket {
    readyState = 0;
    constructor() {
      last = this;
    }
    send() {}
    close() {}
    open() {
      this.readyState = 1;
      this.onopen({});
    }
  }
  return { WebSocket, socket: () => last };
}

/** The events and the end of the replay, each with a text of its own. */
function messages() {
  const texts = Array.from({ length: EVENTS }, (_, index) => ({ data: frame(index + 1) }));
  return [...texts, { data: RESUMED }];
}

function frame(id) {
  const text = (content) =>
    JSON.stringify({
      event: {
        data: { chunkType: 'text', content },
        operationId: OPERATION,
        stepIndex: 0,
        timestamp: 1_790_000_000_000 + id,
        type: 'stream_chunk',
      },
      id: String(id),
      operationId: OPERATION,
      type: 'agent_event',
    });
  const content = `${id} `;
  return text(content + 'x'.repeat(Math.max(0, SIZE - text(content).length)));
}
