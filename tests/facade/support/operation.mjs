const EVENTS = [
  'agent_event',
  'auth_expired',
  'auth_failed',
  'connected',
  'disconnected',
  'error',
  'reconnecting',
  'resume_complete',
  'session_complete',
  'status_changed',
];

/** Everything that an operation emits, as `[event, ...arguments]`. */
export function recordOperation(client) {
  const log = [];
  for (const event of EVENTS) client.on(event, (...args) => log.push([event, ...args]));
  return log;
}
