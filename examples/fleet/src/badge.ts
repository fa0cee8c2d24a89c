import { element, setText } from '../../chat/src/dom';
import type { Picture } from './picture';
import { connectionWords } from './words';

const TICK_MS = 1_000;

/** The connection in plain words, with a countdown to the next attempt. */
export class Badge {
  private readonly words = element('span', { class: 'badge-words', role: 'status', 'aria-live': 'polite' });
  // Outside of the live region: a screen reader should not read every second aloud.
  private readonly countdown = element('span', { class: 'badge-countdown', 'aria-hidden': 'true' });
  private timer: ReturnType<typeof setInterval> | undefined;
  private retryAt: number | undefined;

  constructor(private readonly root: HTMLElement) {
    root.append(element('span', { class: 'badge-dot' }), this.words, this.countdown);
  }

  update({ state }: Picture): void {
    this.root.dataset.status = state.status;
    setText(this.words, connectionWords(state));
    this.retryAt = state.retryAt;
    this.tick();
    if (state.retryAt === undefined) {
      clearInterval(this.timer);
      this.timer = undefined;
    } else {
      this.timer ??= setInterval(() => this.tick(), TICK_MS);
    }
  }

  private tick(): void {
    const left = this.retryAt === undefined ? 0 : Math.ceil((this.retryAt - Date.now()) / 1000);
    setText(this.countdown, left > 0 ? `next try in ${left} s` : '');
  }
}
