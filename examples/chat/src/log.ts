import { element, oncePerFrame } from './dom';
import type { LogEntry } from './run';

const KEPT_ENTRIES = 300;

/** The newest things that happened, one line each. Paused, it keeps what it shows and drops what comes. */
export class EventLog {
  private readonly list = element('ol', { class: 'log-list', tabindex: '0', 'aria-label': 'Events' });
  private readonly count = element('span', { class: 'panel-note', 'data-testid': 'log-count' });
  private readonly pause = element('button', { class: 'button button-quiet', type: 'button' }, 'Pause');
  private pending: HTMLElement[] = [];
  private total = 0;
  private paused = false;
  private readonly paint = oncePerFrame(() => this.render());

  constructor(root: HTMLElement) {
    const clear = element('button', { class: 'button button-quiet', type: 'button' }, 'Clear');
    this.pause.setAttribute('aria-pressed', 'false');
    root.append(
      element(
        'header',
        { class: 'panel-head' },
        element('h2', { id: 'log-title' }, 'Event log'),
        this.count,
        this.pause,
        clear,
      ),
      this.list,
    );
    this.pause.addEventListener('click', () => this.toggle());
    clear.addEventListener('click', () => this.clear());
    this.render();
  }

  add(entry: LogEntry): void {
    this.total += 1;
    if (!this.paused) {
      this.pending.push(line(entry));
      if (this.pending.length > KEPT_ENTRIES) this.pending.shift();
    }
    this.paint.schedule();
  }

  private toggle(): void {
    this.paused = !this.paused;
    this.pause.setAttribute('aria-pressed', String(this.paused));
    this.pause.textContent = this.paused ? 'Go on' : 'Pause';
  }

  private clear(): void {
    this.pending = [];
    this.total = 0;
    this.list.replaceChildren();
    this.render();
  }

  private render(): void {
    const atEnd = this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < 24;
    this.list.append(...this.pending);
    this.pending = [];
    while (this.list.children.length > KEPT_ENTRIES) this.list.firstElementChild?.remove();
    this.count.textContent = `${this.total}`;
    if (atEnd) this.list.scrollTop = this.list.scrollHeight;
  }
}

function line({ kind, type, id, detail }: LogEntry): HTMLElement {
  const now = new Date();
  const time = `${now.toTimeString().slice(0, 8)}.${String(now.getMilliseconds()).padStart(3, '0')}`;
  return element(
    'li',
    { class: 'log-line', 'data-kind': kind },
    element('time', { datetime: now.toISOString() }, time),
    element('span', { class: 'log-type' }, type),
    element('span', { class: 'log-detail' }, detail ?? ''),
    element('span', { class: 'log-id' }, id ? `#${id}` : ''),
  );
}
