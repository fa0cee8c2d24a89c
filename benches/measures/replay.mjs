/**
 * Nanoseconds per frame of a replay: from the text of the first event, through a fresh client that starts from nothing,
 * until the listener was told the last; in turns with a plain floor.
 *
 * The floor parses the text, switches on the type, compares the id and calls the listeners. Where the client collects a
 * replay until its end, as after a reload, so does the floor.
 */
import { inTurns } from './turns.mjs';
import { chunkFrame, OPERATION, stubSocket } from './wire.mjs';

const EVENTS = 10_000;
const SIZE = 200;
const WARM_UP_ROUNDS = 3;
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
  return inTurns(['client', 'floor'], { rounds, warmUpRounds: WARM_UP_ROUNDS }, (side) =>
    measureOne(side, sides[side]),
  );
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

/** The events and the end of the replay, each with a text of its own. */
function messages() {
  const texts = Array.from({ length: EVENTS }, (_, index) => ({
    data: chunkFrame(index + 1, SIZE, OPERATION),
  }));
  return [...texts, { data: RESUMED }];
}
