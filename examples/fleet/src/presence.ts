import { element, setText } from '../../chat/src/dom';
import { KeyedList, type View } from './list';
import type { Picture } from './picture';
import { moment } from './words';

interface Present {
  readonly key: string;
  readonly name: string;
  readonly about: string;
}

/** Who is connected to the gateway, from its own list; those that left are in it for a while, and not shown. */
export function presentIn(presence: unknown): Present[] {
  if (!Array.isArray(presence)) return [];
  return presence
    .filter((entry) => entry?.reason !== 'disconnect')
    .map((entry, index) => ({
      key: String(entry.instanceId ?? entry.deviceId ?? index) + String(entry.onlineSince ?? ''),
      name:
        entry.mode === 'gateway'
          ? `Gateway ${entry.host ?? ''}`.trim()
          : (entry.host ?? entry.clientId ?? 'Client'),
      about: [
        entry.version,
        entry.mode !== 'gateway' && entry.mode,
        entry.onlineSince && `since ${moment(entry.onlineSince)}`,
      ]
        .filter(Boolean)
        .join(' · '),
    }));
}

/** The gateway and its clients. */
export class PresencePanel {
  private readonly items = element('ul', { class: 'presence', 'data-testid': 'present' });
  private readonly empty = element('p', { class: 'panel-text' });
  private readonly list = new KeyedList<Present>(
    this.items,
    ({ key }) => key,
    () => new Row(),
  );

  constructor(root: HTMLElement) {
    root.append(
      element('header', { class: 'panel-head' }, element('h2', { id: 'presence-title' }, 'Present')),
      this.empty,
      this.items,
    );
  }

  update({ fleet, kind }: Picture): void {
    const present = presentIn(fleet.presence);
    this.list.update(present);
    setText(this.empty, kind === 'stale' ? 'Offline: these were present.' : 'Nobody is known.');
    this.empty.hidden = kind !== 'stale' && present.length > 0;
  }
}

class Row implements View<Present> {
  private readonly name = element('span', { class: 'presence-name' });
  private readonly about = element('span', { class: 'presence-about' });
  readonly root = element('li', {}, this.name, this.about);

  update({ about, name }: Present): void {
    setText(this.name, name);
    setText(this.about, about);
  }
}
