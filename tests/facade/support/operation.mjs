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

/** Everything that an operation emits, as `[event, ...arguments]`. */
export function recordOperation(client) {
  const log = [];
  for (const event of EVENTS) client.on(event, (...args) => log.push([event, ...args]));
  return log;
}
