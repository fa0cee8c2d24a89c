import type { AgentStreamEvent, SessionStatus, TerminalSessionStatus } from '../types/index.js';

/** Reasons for which a missing executor leaves the run waiting instead of ending it. */
const WAITABLE_EXECUTOR_REASONS: readonly unknown[] = ['claim_timeout', 'no_executor', 'not_delivered'];

/**
 * Says whether an event ends the run that it belongs to.
 *
 * `agent_runtime_end` does; `error` does unless it only says that no client was there to make a model call.
 */
export function isSessionTerminalEvent(event: Pick<AgentStreamEvent, 'data' | 'type'>): boolean {
  if (event.type === 'agent_runtime_end') return true;
  if (event.type !== 'error') return false;
  const data = event.data;
  const waitsForExecutor =
    (data?.errorType ?? data?.error) === 'ClientLlmExecutorUnavailable' &&
    WAITABLE_EXECUTOR_REASONS.includes(data?.body?.reason);
  return !waitsForExecutor;
}

/** Says whether a session status is final. */
export function isTerminalSessionStatus(status: SessionStatus | undefined): status is TerminalSessionStatus {
  return status === 'completed' || status === 'error' || status === 'interrupted';
}
