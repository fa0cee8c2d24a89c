import type { RawGatewayMux } from '#glue';
import type { Binding } from './binding.js';
import { remediationOf } from './errors.js';
import type { ConnectionState } from './types/index.js';

/**
 * Why something is in its state, for people who have to do something about it.
 *
 * @param binding knows how the subscription came to it, or with 0 the connection; nothing once that is over
 * @param isUnknown the gateway does not know the operation
 */
export function explain(
  subject: string,
  state: ConnectionState,
  binding: Binding<object, RawGatewayMux> | undefined,
  subscription: number,
  isUnknown = false,
): string {
  const { attempt, reason, since, status } = state;
  const now = Date.now();
  const times = attempt > 1 ? `, attempt ${attempt}` : '';
  const lines = [`${subject} has been ${status} for ${duration(now - since)}${times}${because(reason)}.`];
  const isPending = isUnknown && status === 'connected';
  if (isPending) lines.push('The gateway does not know this operation, or not yet.');
  const deadline = binding?.call((raw) => raw.deadline());
  if (deadline) {
    lines.push(`Next: ${TIMERS[deadline.timer] ?? deadline.timer}, in ${duration(deadline.at - now)}.`);
  }
  lines.push(`What to do: ${isPending ? PENDING_ADVICE : advice(status, reason)}`);
  const transition = (index: number) => binding?.call((raw) => raw.transition(subscription, index));
  if (transition(0)) lines.push('How it came to this:');
  for (let index = 0, past; (past = transition(index)); index++) {
    lines.push(`  ${duration(now - past.since)} ago: ${past.status}${because(past.reason)}`);
  }
  return lines.join('\n');
}

const PENDING_ADVICE =
  'Nothing if it is about to begin. If it had begun, the gateway lost it: ask your server how it ended, and unsubscribe().';

/** What a reason code means, and what to do about it where that is not the remedy of the error of that name. */
const WORDS: Record<string, [because: string, advice?: string]> = {
  auth_failed: ['the gateway refused the token', 'Sign in again, or see which tokens this gateway accepts.'],
  auth_timeout: ['the gateway did not say in time that it accepts the token'],
  connect_timeout: ['the gateway did not answer in time'],
  connection_lost: ['the connection was lost'],
  dial_failed: ['no socket could be opened', 'Check gatewayUrl, and which connections the page may open.'],
  disconnect_called: ['disconnect() or unsubscribe() was called', 'Connect or subscribe again to go on.'],
  disposed: ['it was disposed'],
  heartbeat_timeout: ['the gateway answered no heartbeat'],
  idle: ['nothing is subscribed', 'Nothing: the next connect() or subscribe() opens it again.'],
  internal: ['the client itself failed'],
  offline: ['the device is offline', 'Nothing: it goes on when the device is online again.'],
  page_hidden: ['the page was put aside', 'Nothing: it goes on when the page is shown again.'],
  probe_timeout: ['the connection turned out to be dead after a pause'],
  run_ended: ['the run is over', 'Nothing: `done` tells how it ended.'],
  token_expired: [
    'the token has expired',
    'Nothing with getToken; without it, call updateToken() and reconnect().',
  ],
  token_failed: ['getToken failed'],
  token_pending: ['getToken has not answered yet', 'See what getToken waits for, should this last.'],
  token_timeout: ['getToken did not answer in time'],
  unavailable: ['this gateway does not serve one socket for all operations'],
};

/** What happens at a deadline. */
const TIMERS: Record<string, string> = {
  audit: 'a check whether the silence is genuine',
  handshake: 'this attempt counts as failed unless the gateway answered',
  heartbeat: 'a heartbeat',
  idle: 'the connection is closed, because nothing needs it',
  probe: 'the connection counts as dead unless the gateway answered',
  refresh: 'a new token, before this one expires',
  replay: 'the end of the replay',
  retry: 'another attempt to connect',
  token: 'this attempt counts as failed unless getToken answered',
  rotation: 'a new connection takes over from this one',
  tool_result: 'a tool result nobody confirmed is given up',
};

function because(reason: string | undefined): string {
  return reason ? `, because ${WORDS[reason]?.[0] ?? reason.replaceAll('_', ' ')}` : '';
}

function advice(status: string, reason = ''): string {
  if (status === 'connected') return 'Nothing, all is well.';
  const remedy = WORDS[reason]?.[1] ?? remediationOf(reason);
  if (remedy) return remedy;
  if (status === 'disconnected') return 'Call connect() or subscribe().';
  return 'Nothing, it goes on by itself. If it lasts, check the network, gatewayUrl and the proxy in between.';
}

function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}
