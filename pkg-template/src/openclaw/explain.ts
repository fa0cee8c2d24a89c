import type { OpenClawState } from './types.js';

/** Why the connection is in its state, for people who have to do something about it. */
export function explain(state: OpenClawState, deadline?: { timer: string; at: number }): string {
  const now = Date.now();
  const { attempt, code, message, nextStep, remedy, since, status } = state;
  const because = code ? `, because of ${code}` : '';
  const times = attempt > 1 ? `, attempt ${attempt}` : '';
  const lines = [`The connection has been ${status} for ${duration(now - since)}${times}${because}.`];
  if (message) lines.push(`${OWN_WORDS.includes(code!) ? 'Details' : 'The gateway said'}: ${message}`);
  if (deadline) {
    lines.push(`Next: ${TIMERS[deadline.timer] ?? deadline.timer}, in ${duration(deadline.at - now)}.`);
  }
  lines.push(`What to do: ${nextStep ?? ADVICE[status] ?? 'Nothing, it goes on by itself.'}`);
  if (remedy) lines.push(`  ${remedy}`);
  return lines.join('\n');
}

const ADVICE: Record<string, string> = {
  blocked: 'See what was said, then call connect().',
  closed: 'Call connect().',
  ready: 'Nothing, all is well.',
};

/** The codes whose message is this client's own. */
const OWN_WORDS = ['identity_unavailable', 'internal', 'wasm_unavailable', 'websocket_unavailable'];

/** What happens at a deadline. */
const TIMERS: Record<string, string> = {
  call: 'a call fails unless the gateway answered',
  handshake: 'this attempt counts as failed unless the gateway answered',
  probe: 'the connection counts as dead unless the gateway answered',
  resync: 'what the gateway holds is read again',
  retry: 'another attempt to connect',
  signature: 'this attempt counts as failed unless the device signed',
  tool: 'a command that runs here counts as failed unless it ended',
  tool_result: 'the result of a command is forgotten',
  tick: 'the gateway is asked for a sign of life unless it gave one',
};

function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}
