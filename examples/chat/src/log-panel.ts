import { element, oncePerFrame } from './dom';
import type { Log, LoggedEntry } from './log';

/** Shows one log at a time, one line for each entry. */
export class LogPanel {
  private readonly list = element('ol', { class: 'log-list', tabindex: '0', 'aria-label': 'Events' });
  private readonly count = element('span', { class: 'panel-note' });
  private readonly pause = element('button', { class: 'button button-quiet', type: 'button' });
  private readonly lines = new Map<LoggedEntry, HTMLElement>();
  private readonly paint = oncePerFrame(() => this.render());

  constructor(
    root: HTMLElement,
    private log: Log,
  ) {
    const clear = element('button', { class: 'button button-quiet', type: 'button' }, 'Clear');
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
    this.pause.addEventListener('click', () => {
      this.log.paused = !this.log.paused;
      this.render();
    });
    clear.addEventListener('click', () => {
      this.log.clear();
      this.render();
    });
    this.render();
  }

  show(log: Log): void {
    this.log = log;
    this.paint.flush();
    this.list.scrollTop = this.list.scrollHeight;
  }

  /** Something was added to a log. */
  update(log: Log): void {
    if (log === this.log) this.paint.schedule();
  }

  private render(): void {
    const { entries, total, paused } = this.log;
    const atEnd = this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < 24;
    const present = new Set(entries);
    for (const [entry, shown] of this.lines) {
      if (present.has(entry)) continue;
      shown.remove();
      this.lines.delete(entry);
    }
    for (const entry of entries) {
      if (this.lines.has(entry)) continue;
      const added = line(entry);
      this.lines.set(entry, added);
      this.list.append(added);
    }
    this.count.textContent = `${total}`;
    this.pause.setAttribute('aria-pressed', String(paused));
    this.pause.textContent = paused ? 'Go on' : 'Pause';
    if (atEnd) this.list.scrollTop = this.list.scrollHeight;
  }
}

function line({ at, kind, type, id, detail }: LoggedEntry): HTMLElement {
  const time = `${at.toTimeString().slice(0, 8)}.${String(at.getMilliseconds()).padStart(3, '0')}`;
  return element(
    'li',
    { class: 'log-line', 'data-kind': kind },
    element('time', { datetime: at.toISOString() }, time),
    element('span', { class: 'log-type' }, type),
    element('span', { class: 'log-detail' }, detail ?? ''),
    element('span', { class: 'log-id' }, id ? `#${id}` : ''),
  );
}
