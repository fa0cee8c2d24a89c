/**
 * Runs in a page: follows one run of the development gateway over v1 and over a mux, and keeps what happened in
 * `globalThis.diary`: the signals of the page and, for each of the two clients, its dials, statuses and text. Times are
 * those of `performance.now()`.
 */
import { AgentStreamClient } from '/node_modules/agent-gateway-client/index.mjs';
import { GatewayMuxClient } from '/node_modules/agent-gateway-client/mux.mjs';

export async function followBoth(gateway) {
  const signals = listenToPage();
  const userId = `lifecycle-${crypto.randomUUID()}`;
  const request = async (path, body) => {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(gateway + path, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  };
  const { operationId, token } = await request('/dev/runs', { script: 'long', speedMs: 100, userId });
  const getToken = async () => (await request('/dev/tokens', { userId })).token;

  const v1 = record((options) => {
    const client = new AgentStreamClient({ ...options, gatewayUrl: gateway, operationId, token });
    client.connect();
    return client;
  });
  const mux = record((options) =>
    new GatewayMuxClient({ ...options, gatewayUrl: gateway, getToken }).subscribe(operationId),
  );
  globalThis.diary = { clients: { v1, mux }, operationId, signals };
}

function record(createClient) {
  const entries = { dials: [], mostAlive: 0, statuses: [], text: '' };
  const client = createClient({ logger: {}, WebSocket: countedWebSocket(entries) });
  client.on('status_changed', (status) => {
    entries.statuses.push({ at: performance.now(), reason: client.state.reason, status });
  });
  client.on('agent_event', ({ type, data }) => {
    if (type === 'stream_chunk' && data.chunkType === 'text') entries.text += data.content;
  });
  return entries;
}

/** A WebSocket that notes each dial, how many are alive, and the most that ever were. */
function countedWebSocket(entries) {
  const sockets = [];
  Object.defineProperty(entries, 'alive', {
    enumerable: true,
    get: () => sockets.filter(({ readyState }) => readyState <= WebSocket.OPEN).length,
  });
  return class extends WebSocket {
    constructor(...args) {
      super(...args);
      sockets.push(this);
      entries.dials.push(performance.now());
      entries.mostAlive = Math.max(entries.mostAlive, entries.alive);
    }
  };
}

function listenToPage() {
  const signals = [];
  const note = (name) => signals.push({ at: performance.now(), name });
  for (const name of ['online', 'offline']) addEventListener(name, () => note(name));
  for (const name of ['pagehide', 'pageshow'])
    addEventListener(name, ({ persisted }) => persisted && note(name));
  for (const name of ['freeze', 'resume']) document.addEventListener(name, () => note(name));
  document.addEventListener('visibilitychange', () => note(document.visibilityState));
  return signals;
}
