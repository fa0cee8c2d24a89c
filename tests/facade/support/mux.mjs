import { forgetSockets, ScriptedSocket } from './scripted-socket.mjs';

const MUX_EVENTS = [
  'connected',
  'disconnected',
  'error',
  'lifecycle',
  'reconnecting',
  'status_changed',
  // Not `unavailable`: listening to it changes what happens.
];

const SUBSCRIPTION_EVENTS = [
  'agent_event',
  'auth_expired',
  'auth_failed',
  'connected',
  'continuity',
  'disconnected',
  'error',
  'input_request',
  'reconnecting',
  'resume_complete',
  'session_complete',
  'status_change',
  'status_changed',
  'tool_confirmation_request',
];

export const MUX_OPTIONS = {
  gatewayUrl: 'https://gateway.example.org',
  clientId: 'tab_1',
  getToken: () => 'token_1',
  WebSocket: ScriptedSocket,
  logger: {},
};

const created = [];

/** Disposes every client of a test, so that a failed test leaves no timer behind. */
export function disposeMuxes() {
  for (const mux of created.splice(0)) mux.deref()?.dispose();
}

/** A client on scripted sockets, with everything it emits in `log`, as `['mux', event, ...arguments]`. */
export function createMux(GatewayMuxClient, options = {}) {
  forgetSockets();
  const mux = new GatewayMuxClient({ ...MUX_OPTIONS, ...options });
  created.push(new WeakRef(mux));
  const log = [];
  record(mux, MUX_EVENTS, log, 'mux');
  return { log, mux };
}

/** A client whose socket is ready; its log is empty. */
export async function createReady(GatewayMuxClient, options = {}) {
  const { log, mux } = createMux(GatewayMuxClient, { keepAlive: true, ...options });
  const connected = mux.connect();
  await microtasks();
  ready(ScriptedSocket.latest);
  await connected;
  log.length = 0;
  return { log, mux, socket: ScriptedSocket.latest };
}

/** A ready client with a subscription of `op_1` whose replay is over; both write to the log, which is empty. */
export async function createSubscribed(GatewayMuxClient, options = {}, subscribeOptions = {}) {
  const { log, mux, socket } = await createReady(GatewayMuxClient, options);
  const subscription = mux.subscribe('op_1', subscribeOptions);
  recordSubscription(subscription, log);
  socket.receive({ type: 'resume_complete', operationId: 'op_1', status: 'running', gap: false });
  log.length = 0;
  socket.sent.length = 0;
  return { log, mux, socket, subscription };
}

export function recordSubscription(subscription, log, name = 'sub') {
  record(subscription, SUBSCRIPTION_EVENTS, log, name);
}

/** The gateway accepts the token. */
export function ready(socket) {
  socket.open();
  socket.receive({ type: 'ready', userId: 'user_1', connectionId: 'c-1', protocol: 2 });
}

/** An event of an operation arrives; returns it as listeners get it. */
export function receiveEvent(socket, id, type, data = {}, operationId = 'op_1') {
  const event = { type, stepIndex: 0, timestamp: 1_790_000_000_000 + Number(id), data };
  socket.receive({ type: 'agent_event', operationId, id: String(id), event });
  return { ...event, operationId };
}

/** Lets promises go on; works with mocked timers. */
export async function microtasks() {
  for (let turn = 0; turn < 20; turn++) await undefined;
}

function record(emitter, events, log, name) {
  for (const event of events) emitter.on(event, (...args) => log.push([name, event, ...args]));
}
