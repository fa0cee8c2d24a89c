import { forgetSockets, ScriptedSocket } from './scripted-socket.mjs';

const EVENTS = [
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

export const OPTIONS = {
  gatewayUrl: 'https://gateway.example.org',
  operationId: 'op_1',
  token: 'token_1',
  WebSocket: ScriptedSocket,
  logger: {},
};

const created = [];

/** Disposes every client of a test, so that a failed test leaves no timer behind. */
export function disposeClients() {
  for (const client of created.splice(0)) client.deref()?.dispose();
}

/** A client on scripted sockets, with everything it emits in `log`, as `[event, ...arguments]`. */
export function createRecorded(AgentStreamClient, options = {}) {
  forgetSockets();
  const client = new AgentStreamClient({ ...OPTIONS, ...options });
  created.push(new WeakRef(client));
  const log = [];
  for (const event of EVENTS) client.on(event, (...args) => log.push([event, ...args]));
  return { client, log };
}

/** A recorded client that is authenticated and waits for the replay it asked for; its log is empty. */
export function createResuming(AgentStreamClient, options = {}) {
  const recorded = createRecorded(AgentStreamClient, options);
  recorded.client.connect();
  ScriptedSocket.latest.authenticate();
  recorded.log.length = 0;
  return { ...recorded, socket: ScriptedSocket.latest };
}

/** A recorded client whose replay is over; its log is empty. */
export function createConnected(AgentStreamClient, options = {}) {
  const recorded = createResuming(AgentStreamClient, options);
  recorded.socket.receive({ type: 'resume_complete', status: 'running', gap: false });
  recorded.log.length = 0;
  return recorded;
}
