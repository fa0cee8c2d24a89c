import type { GatewayMuxState } from 'agent-gateway-client/run';
import { STATUS } from './badge';
import { addressOf, type Conversation, type ConversationState } from './conversation';
import { element, icon, oncePerFrame, setText } from './dom';

const STATE: Record<ConversationState, string> = {
  new: 'New',
  running: 'Running',
  waiting: 'Waiting for you',
  finished: 'Finished',
  failed: 'Failed',
  stopped: 'Stopped',
};

const MARK: Record<ConversationState, string> = {
  new: '',
  running: 'M12 4a8 8 0 1 1-8 8',
  waiting: 'M8 8.5a4 4 0 1 1 5.6 3.7c-1 .5-1.6 1.2-1.6 2.3v.5M12 19.5h.01',
  finished: 'M6 12.5l4 4 8-9',
  failed: 'M12 4v10.5M12 19.5h.01',
  stopped: 'M8 8h8v8H8z',
};

/** What the list shows; asked for at each painting. */
interface SidebarModel {
  readonly conversations: Conversation[];
  readonly shown: Conversation;
  readonly isLoaded: boolean;
  /** `undefined` where every run has a socket of its own. */
  readonly link: GatewayMuxState | undefined;
}

/**
 * All conversations of the user with their states. Up, Down, Home and End move between them; on a narrow screen it is a
 * drawer, which Escape closes.
 */
export class Sidebar {
  private readonly list = element('ul', { class: 'conversations', 'data-testid': 'conversations' });
  private readonly empty = element('p', { class: 'sidebar-empty' });
  private readonly socket = element('p', { class: 'sidebar-socket', 'data-testid': 'socket' });
  private readonly connect = element('button', { class: 'button', type: 'button', hidden: true }, 'Connect');
  private readonly items = new Map<Conversation, Item>();
  private readonly paint = oncePerFrame(() => this.render());

  constructor(
    private readonly root: HTMLElement,
    private readonly toggle: HTMLButtonElement,
    private readonly model: SidebarModel,
    onOpen: () => void,
    onConnect: () => void,
  ) {
    const begin = element(
      'a',
      { class: 'button new-conversation', href: '#/', 'data-testid': 'new-conversation' },
      icon('M12 5v14M5 12h14'),
      'New conversation',
    );
    toggle.append(icon('M4 7h16M4 12h16M4 17h16'));
    toggle.addEventListener('click', () => this.setOpen(!this.isOpen));
    root.append(begin, this.list, this.empty, element('footer', {}, this.socket, this.connect));
    root.addEventListener('click', ({ target }) => {
      if (!(target instanceof Element) || !target.closest('a')) return;
      this.setOpen(false);
      onOpen();
    });
    root.addEventListener('keydown', (event) => this.onKey(event));
    document.addEventListener('pointerdown', ({ target }) => {
      const isOutside = target instanceof Node && !root.contains(target) && !toggle.contains(target);
      if (isOutside) this.setOpen(false);
    });
    this.connect.addEventListener('click', onConnect);
    this.setOpen(false);
    this.render();
  }

  /** Shows everything as it is now, at most once per frame. */
  update(): void {
    this.paint.schedule();
  }

  private get isOpen(): boolean {
    return this.root.dataset.open === 'true';
  }

  private setOpen(open: boolean): void {
    this.root.dataset.open = String(open);
    this.toggle.setAttribute('aria-expanded', String(open));
    if (open) this.focusable()?.focus();
  }

  private onKey(event: KeyboardEvent): void {
    if (event.key === 'Escape' && this.isOpen) {
      this.setOpen(false);
      return this.toggle.focus();
    }
    const links = [...this.list.querySelectorAll('a')];
    const at = links.indexOf(event.target as HTMLAnchorElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: links.length - 1 }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    links[Math.max(0, Math.min(to, links.length - 1))]?.focus();
  }

  private render(): void {
    const { conversations, shown, isLoaded } = this.model;
    conversations.forEach((conversation, index) => {
      const item = this.items.get(conversation) ?? this.add(conversation);
      // Only what is new is put in: an element that moves loses the focus.
      if (!item.root.isConnected) this.list.insertBefore(item.root, this.list.children[index] ?? null);
      item.update(conversation === shown);
    });
    // One stop for Tab; the arrows do the rest.
    const current = this.focusable();
    for (const { link } of this.items.values()) link.tabIndex = link === current ? 0 : -1;
    this.empty.hidden = conversations.length > 0;
    this.empty.textContent = isLoaded ? 'No conversation yet.' : 'Waiting for the gateway…';
    this.renderSocket();
  }

  private renderSocket(): void {
    const { link } = this.model;
    const state = link?.status ?? 'separate';
    this.socket.dataset.state = state;
    const words = link ? `One socket: ${(STATUS[state] ?? state).toLowerCase()}` : 'One socket for each run';
    setText(this.socket, words);
    this.connect.hidden = state !== 'disconnected' || !this.model.isLoaded;
  }

  private focusable(): HTMLAnchorElement | undefined {
    return this.items.get(this.model.shown)?.link ?? this.list.querySelector('a') ?? undefined;
  }

  private add(conversation: Conversation): Item {
    const item = new Item(conversation);
    this.items.set(conversation, item);
    return item;
  }
}

class Item {
  readonly link = element('a', { class: 'conversation-link', 'data-testid': 'conversation-link' });
  readonly root = element('li', {}, this.link);
  private readonly mark = element('span', { class: 'conversation-mark' });
  private readonly title = element('span', { class: 'conversation-title' });
  private readonly state = element('span', { class: 'conversation-state' });
  private shownState: ConversationState | undefined;

  constructor(private readonly conversation: Conversation) {
    this.link.href = addressOf(conversation);
    this.link.append(this.mark, this.title, this.state);
  }

  update(isShown: boolean): void {
    const { state, title, unread } = this.conversation;
    const { dataset } = this.link;
    dataset.state = state;
    dataset.unread = String(unread);
    if (isShown) this.link.setAttribute('aria-current', 'page');
    else this.link.removeAttribute('aria-current');
    setText(this.title, title);
    const words = unread ? `${STATE[state]}, unread` : STATE[state];
    setText(this.state, words);
    if (state === this.shownState) return;
    this.shownState = state;
    this.mark.replaceChildren(icon(MARK[state]));
  }
}
