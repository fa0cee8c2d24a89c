import type { AgentStreamEvent, SessionStatus, TerminalSessionStatus } from '../types/index.js';

export type MirroredTerminalEchoProtocol = 'v1' | 'v2';
export type MirroredTerminalEchoSignal = 'session_complete' | 'status_change';

/**
 * Recognises the end signals that belong to a group member and not to the operation itself.
 *
 * A member's events are mirrored onto the supervisor's channel, and a gateway answers any `agent_runtime_end` with an
 * end signal for that channel. The guard counts by order: each foreign end owes one signal, which
 * {@link MirroredTerminalEchoGuard.consumeEcho} recognises once.
 */
export class MirroredTerminalEchoGuard {
  private readonly owed = new Map<string, number>();
  private owedStatus?: TerminalSessionStatus;
  private replaying = false;
  private replayStatus?: TerminalSessionStatus;

  constructor(
    private readonly operationId: string,
    private readonly protocol: MirroredTerminalEchoProtocol = 'v1',
  ) {}

  /** Takes note of an event, in the order of arrival. */
  observe(event: Pick<AgentStreamEvent, 'data' | 'type'> & { operationId?: string }): void {
    if (!event.operationId || event.operationId === this.operationId) {
      this.owed.clear();
      this.owedStatus = undefined;
      if (event.type === 'agent_runtime_end' || event.type === 'error') this.replayStatus = undefined;
      return;
    }
    if (event.type !== 'agent_runtime_end') return;

    const status = statusOf(event.data);
    for (const key of this.keysOwedBy(status)) this.owed.set(key, (this.owed.get(key) ?? 0) + 1);
    this.owedStatus = status;
    this.replayStatus = status;
  }

  /** Marks the start of a replay: what was owed on the old connection is no longer expected, or will be repeated. */
  beginReplay(): void {
    this.replayStatus = undefined;
    if (this.protocol === 'v1') this.owed.clear();
    else this.replaying = true;
  }

  /** Marks the end of a replay. */
  endReplay(): void {
    if (!this.replaying) return;
    this.replaying = false;
    this.owed.clear();
  }

  /** Says whether the status that ended a replay is that of a member. */
  isStaleResumeStatus(status: SessionStatus | undefined, { gap }: { gap?: boolean } = {}): boolean {
    if (gap) return false;
    return this.replayStatus !== undefined && status === this.replayStatus;
  }

  /** Says whether an end signal is owed by a member, and settles that debt. */
  consumeEcho(signal: MirroredTerminalEchoSignal, status?: SessionStatus): boolean {
    const key = signal === 'session_complete' ? signal : `${signal}:${status}`;
    const count = this.owed.get(key) ?? 0;
    if (count === 0) return false;
    this.owed.set(key, count - 1);
    if (this.replaying && this.owedStatus !== undefined) this.replayStatus = this.owedStatus;
    return true;
  }

  private keysOwedBy(status: TerminalSessionStatus): string[] {
    if (this.protocol === 'v1') return ['session_complete'];
    if (status === 'completed') return ['session_complete', 'status_change:completed'];
    return [`status_change:${status}`];
  }
}

function statusOf(data: { reason?: unknown } | null | undefined): TerminalSessionStatus {
  const reason = data?.reason;
  return reason === 'error' || reason === 'interrupted' ? reason : 'completed';
}
