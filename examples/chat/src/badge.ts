import type { ConnectionState } from 'agent-gateway-client/run';
import { element, setText } from './dom';

const TICK_MS = 250;

/** States that something is bound to follow. */
const MOVING = ['connecting', 'authenticating', 'reconnecting'];

/** The states of a connection in words. */
export const STATUS: Record<string, string> = {
  idle: 'No run',
  connecting: 'Connecting',
  authenticating: 'Signing in',
  connected: 'Connected',
  reconnecting: 'Reconnecting',
  disconnected: 'Disconnected',
};

const REASON: Record<string, string> = {
  connection_lost: 'the connection was lost',
  connect_timeout: 'the gateway did not answer in time',
  auth_timeout: 'the gateway did not confirm the token in time',
  heartbeat_timeout: 'the gateway stopped answering',
  probe_timeout: 'the connection turned out to be dead',
  dial_failed: 'the gateway cannot be reached',
  offline: 'this device is offline',
  page_hidden: 'the browser put this page aside',
  token_pending: 'waiting for a fresh token',
  token_expired: 'the token has expired',
  token_timeout: 'no fresh token arrived in time',
  token_failed: 'a fresh token could not be had',
  auth_failed: 'the gateway refused the token',
  run_ended: 'the run has ended',
  disconnect_called: 'closed by this page',
  superseded: 'replaced by a newer connection',
};

/** The state of the connection in plain words, with a countdown to the next attempt. */
export class Badge {
  private readonly words = element('span', { class: 'badge-words', role: 'status', 'aria-live': 'polite' });
  // Outside of the live region: a screen reader should not read every second aloud.
  private readonly countdown = element('span', { class: 'badge-countdown', 'aria-hidden': 'true' });
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor(
    private readonly root: HTMLElement,
    private readonly connection: () => ConnectionState | undefined,
  ) {
    root.append(element('span', { class: 'badge-dot' }), this.words, this.countdown);
    this.update();
  }

  update(): void {
    const state = this.connection();
    const status = !state || state.reason === 'run_ended' ? 'idle' : state.status;
    this.root.dataset.status = status;
    this.root.dataset.reason = state?.reason ?? '';
    setText(this.words, describe(status, state?.reason));
    const left = state?.retryAt === undefined ? undefined : Math.ceil((state.retryAt - Date.now()) / 1000);
    setText(this.countdown, left !== undefined && left > 0 ? `next try in ${left} s` : '');
    this.tick(left !== undefined || MOVING.includes(status));
  }

  /** Between two events of the client the countdown runs on, and the reason may change. */
  private tick(moving: boolean): void {
    if (moving) {
      this.timer ??= setInterval(() => this.update(), TICK_MS);
      return;
    }
    clearInterval(this.timer);
    this.timer = undefined;
  }
}

/** A reason code this page does not know is shown as it is. */
function describe(status: string, reason: string | undefined): string {
  const words = STATUS[status] ?? status;
  if (!reason || status === 'idle' || status === 'connected') return words;
  return `${words} – ${REASON[reason] ?? reason.replaceAll('_', ' ')}`;
}
