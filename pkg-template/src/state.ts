import type { Completion, ConnectionState } from './types/index.js';

/** The known snapshot, or the fresh one where it tells something new. */
export function refreshed<State extends ConnectionState>(
  known: State | undefined,
  fresh: State | undefined,
): State {
  if (!fresh) return known ?? (disconnected('internal') as State);
  const unchanged =
    known !== undefined &&
    known.status === fresh.status &&
    known.since === fresh.since &&
    known.attempt === fresh.attempt &&
    known.retryAt === fresh.retryAt &&
    known.reason === fresh.reason;
  return unchanged ? known : Object.freeze(fresh);
}

export function disconnected(reason: string) {
  return Object.freeze({ attempt: 0, reason, since: Date.now(), status: 'disconnected' as const });
}

/** An outcome that the module can no longer tell. */
export function ended(source: Completion['source'], reason: string, detail?: string): Completion {
  return {
    authFailed: false,
    reason,
    source,
    status: 'disconnected',
    succeeded: false,
    terminalReceived: false,
    ...(detail === undefined ? {} : { detail }),
  };
}
