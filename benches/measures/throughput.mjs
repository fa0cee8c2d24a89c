/**
 * Events per second over a real socket, from the first chunk of a burst to the last: through the client, and through a
 * bare WebSocket with `JSON.parse`, one after the other.
 */

const ROUND_LIMIT_MS = 60_000;
const CLOSE_LIMIT_MS = 10_000;

/** @returns {{client: number, bare: number}} events per second */
export async function measureThroughput({ packageUrl, WebSocket }, { gateway, count, bytes, clientFirst }) {
  const { AgentStreamClient } = await import(`${packageUrl}index.mjs`);
  const sides = {
    client: (run, ObservedWebSocket, onEvent) =>
      followWithClient(AgentStreamClient, run, ObservedWebSocket, onEvent),
    bare: followBare,
  };
  const rates = {};
  for (const side of clientFirst ? ['client', 'bare'] : ['bare', 'client']) {
    const run = await startBurst(gateway, count, bytes);
    rates[side] = await measureRun(sides[side], run, WebSocket, count);
  }
  return rates;
}

async function startBurst(gateway, count, bytes) {
  const response = await fetch(`${gateway}/dev/runs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ script: 'burst', count, bytes }),
  });
  if (!response.ok) throw new Error(`the gateway answered with status ${response.status}`);
  return response.json();
}

async function measureRun(follow, run, WebSocket, count) {
  let socket;
  class ObservedWebSocket extends WebSocket {
    constructor(url) {
      super(url);
      socket = this;
    }
  }
  let stop;
  const measured = new Promise((resolve) => {
    let seen = 0;
    let start = 0;
    stop = follow(run, ObservedWebSocket, (event) => {
      if (event.type !== 'stream_chunk') return;
      seen++;
      if (seen === 1) start = performance.now();
      if (seen === count) resolve(((count - 1) * 1000) / (performance.now() - start));
    });
  });
  const rate = await within(ROUND_LIMIT_MS, `${count} events`, measured);
  // The end of the burst repeats the whole text; what is left of it must not disturb the next side.
  const closed = new Promise((resolve) => socket.addEventListener('close', resolve));
  stop();
  await within(CLOSE_LIMIT_MS, 'the end of the socket', closed);
  return rate;
}

function followWithClient(AgentStreamClient, { gatewayUrl, operationId, token }, WebSocket, onEvent) {
  const client = new AgentStreamClient({ gatewayUrl, operationId, token, WebSocket });
  client.on('agent_event', onEvent);
  client.connect();
  return () => client.dispose();
}

function followBare({ gatewayUrl, operationId, token }, WebSocket, onEvent) {
  const socket = new WebSocket(`${gatewayUrl.replace(/^http/, 'ws')}/ws?operationId=${operationId}`);
  const send = (frame) => socket.send(JSON.stringify(frame));
  let lastEventId = '';
  socket.onopen = () => send({ type: 'auth', token });
  socket.onmessage = (message) => {
    const frame = JSON.parse(message.data);
    switch (frame.type) {
      case 'auth_success':
        send({ type: 'resume', lastEventId, wantStatus: true });
        break;
      case 'agent_event':
        lastEventId = frame.id;
        onEvent(frame.event);
        break;
    }
  };
  return () => {
    socket.onmessage = null;
    socket.close(1000);
  };
}

function within(milliseconds, what, running) {
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${milliseconds / 1000} s for ${what}`)), milliseconds);
  });
  return Promise.race([running, limit]).finally(() => clearTimeout(timer));
}
