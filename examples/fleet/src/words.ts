import type {
  OpenClawChatFailure,
  OpenClawRun,
  OpenClawSession,
  OpenClawState,
} from 'agent-gateway-client/openclaw';
import type { Picture } from './picture';

const STATUS: Record<OpenClawState['status'], string> = {
  authenticating: 'Signing in',
  blocked: 'Blocked',
  closed: 'Not connected',
  connecting: 'Connecting',
  degraded: 'Connected, without any right',
  ready: 'Connected',
  waiting: 'Trying again',
};

const BECAUSE: Record<string, string> = {
  connection_lost: 'the connection was lost',
  dial_failed: 'the browser could not open a connection',
  gateway_failed: 'the gateway failed',
  gateway_restarting: 'the gateway is restarting',
  gateway_unavailable: 'the gateway is not ready',
  handshake_timeout: 'the gateway did not finish the handshake',
  PAIRING_REQUIRED: 'this device waits for approval',
  UNAVAILABLE: 'the gateway is not ready',
};

/** The connection in a few words. A code that is not known here is shown as it is. */
export function connectionWords({ attempt, code, status }: OpenClawState): string {
  const words = STATUS[status];
  if (!code || status === 'ready' || status === 'closed') return words;
  if (code === 'connection_lost' && attempt > 1) return `${words}: nothing answers`;
  return `${words}: ${BECAUSE[code] ?? code.replaceAll('_', ' ').toLowerCase()}`;
}

const ENDED: Record<string, string> = {
  failed: 'Idle, the last run failed',
  killed: 'Idle, the last run was stopped',
  timeout: 'Idle, the last run took too long',
};

/** What a session does, or did when this was last true. */
export function sessionWords({ activity, status = '' }: OpenClawSession, kind: Picture['kind']): string {
  if (activity === 'unknown') return 'Not known';
  if (kind === 'stale') return activity === 'running' ? 'Was running' : 'Was idle';
  return activity === 'running' ? 'Running' : (ENDED[status] ?? 'Idle');
}

const WAS: Partial<Record<OpenClawRun['state'], string>> = {
  accepted: 'Was waiting for the answer',
  streaming: 'Was answering',
};

/** What became of a run, or what it did when this was last true. */
export function runWords({ code, message, state }: OpenClawRun, isStale = false): string {
  const was = isStale ? WAS[state] : undefined;
  if (was) return was;
  const why = message || code;
  switch (state) {
    case 'sending':
      return 'Sending…';
    case 'accepted':
      return 'Waiting for the answer…';
    case 'streaming':
      return 'Answering…';
    case 'uncertain':
      return 'Nobody knows yet whether the gateway has it; it is asked for the history';
    case 'not_sent':
      return why ? `Not sent: ${why}` : 'Not sent';
    case 'handed_over':
      return 'Handed over: the busy session answers it within another run';
    case 'done':
      return 'Answered';
    case 'aborted':
      return 'Stopped';
    case 'failed':
      return why ? `Failed: ${why}` : 'Failed';
    case 'ended':
      return 'Over, and nobody told how';
  }
}

const PURPOSE: Record<OpenClawChatFailure['purpose'], string> = {
  abort: 'stop the run',
  history: 'read the history',
  send: 'send',
  subscribe: 'follow the session',
};

/** What a chat could not do. */
export function failureWords({ code, message, purpose }: OpenClawChatFailure): string {
  return `The gateway did not ${PURPOSE[purpose]}: ${message || code}`;
}

/** A moment of today as a time, an older one with its day. */
export function moment(at: number): string {
  const date = new Date(at);
  const isToday = date.toDateString() === new Date().toDateString();
  return isToday ? date.toLocaleTimeString() : date.toLocaleString();
}

export function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`;
}
