import { GatewayApi } from './api';
import { Badge } from './badge';
import { Banner } from './banner';
import { Composer, type Message } from './composer';
import { addressOf, type Conversation, idIn, newConversation } from './conversation';
import { Conversations } from './conversations';
import { element, required } from './dom';
import { exampleList } from './examples';
import { FaultPanel } from './faults';
import { LogPanel } from './log-panel';
import type { Run } from './run';
import { Sidebar } from './sidebar';
import { Thread } from './thread';

const TITLE = 'Agent chat';

/** The whole page: the list of conversations, and one of them with its box, badge, faults and log. */
export class ChatPage {
  private shown = newConversation();

  private readonly conversations: Conversations;
  private readonly threads = new Map<Conversation, Thread>();
  private readonly announcements = required('announcements');
  private readonly badge = new Badge(required('badge'), () => this.shown.run?.connection);
  private readonly banner: Banner;
  private readonly composer: Composer;
  private readonly faults: FaultPanel;
  private readonly log = new LogPanel(required('log'), this.shown.log);
  private readonly sidebar: Sidebar;

  constructor(gatewayUrl: string, userId: string) {
    required('gateway-url').textContent = gatewayUrl;
    const api = new GatewayApi(gatewayUrl, userId);
    this.conversations = new Conversations(api, {
      added: (conversation, run) => this.added(conversation, run),
      changed: (conversation, run) => this.changed(conversation, run),
      ended: (conversation, run) => this.ended(conversation, run),
      logged: (conversation) => this.log.update(conversation.log),
      linkChanged: () => this.linkChanged(),
    });
    this.banner = new Banner(required('banner'), gatewayUrl, () => this.load());
    this.composer = new Composer(
      required<HTMLFormElement>('composer'),
      (message) => this.send(message),
      () => this.stop(),
    );
    this.faults = new FaultPanel(required('faults'), api);
    this.sidebar = new Sidebar(
      required('sidebar'),
      required<HTMLButtonElement>('sidebar-toggle'),
      this.sidebarModel(),
      () => this.composer.focus(),
      () => this.conversations.link.open(),
    );
    required('skip-link').addEventListener('click', (event) => {
      // The fragment of the address names the conversation.
      event.preventDefault();
      this.composer.focus();
    });
  }

  open(): void {
    addEventListener('hashchange', () => this.route());
    document.addEventListener('visibilitychange', () => this.lookAgain());
    this.route();
    this.composer.focus();
    void this.banner.check();
  }

  /** The list comes before the socket: a gateway that is not there at all says nothing about its protocol. */
  private async load(): Promise<void> {
    await this.conversations.refresh();
    this.conversations.link.open();
    this.changed(this.shown);
  }

  /** Without the feed, the runs of other tabs are looked up when the user comes back to this one. */
  private lookAgain(): void {
    const isFed = this.conversations.link.state !== undefined;
    if (document.visibilityState === 'visible' && !isFed) this.conversations.refreshQuietly();
  }

  private route(): void {
    const id = idIn(location.hash);
    if (id) return this.show(this.conversations.at(id));
    this.show(this.shown.runs.length > 0 ? newConversation() : this.shown);
  }

  private show(conversation: Conversation): void {
    this.shown.draft = this.composer.draft;
    this.threads.get(this.shown)?.hide();
    this.shown = conversation;
    this.composer.draft = conversation.draft;
    this.log.show(conversation.log);
    conversation.unread = false;
    for (const run of conversation.runs) run.open();
    this.thread(conversation).show();
    this.changed(conversation);
    this.countUnread();
  }

  private added(conversation: Conversation, run: Run): void {
    if (conversation === this.shown) run.open();
    this.changed(conversation, run);
  }

  private send(message: Message): void {
    this.conversations.send(this.shown, message);
    history.replaceState(null, '', addressOf(this.shown));
  }

  private stop(): void {
    const unsent = this.conversations.stop(this.shown);
    if (unsent) this.composer.draft ||= unsent.prompt;
    this.changed(this.shown);
  }

  private changed(conversation: Conversation, run?: Run): void {
    this.sidebar.update();
    if (conversation !== this.shown) return;
    this.threads.get(conversation)?.update(run);
    this.composer.show(conversation.button);
    this.composer.say(conversation.queued ? 'Goes out when the current run has finished' : '');
    this.badge.update();
    this.linkChanged();
  }

  private ended(conversation: Conversation, run: Run): void {
    if (!run.operationId) void this.banner.check();
    if (conversation === this.shown && document.visibilityState === 'visible') return;
    if (conversation !== this.shown) conversation.unread = true;
    this.countUnread();
    this.announcements.textContent = `${conversation.title}: ${run.state}`;
    this.sidebar.update();
  }

  private linkChanged(): void {
    const { run } = this.shown;
    const isShared = this.conversations.link.state !== undefined;
    this.faults.show(run?.outcome ? undefined : run?.operationId, isShared);
    this.sidebar.update();
  }

  private countUnread(): void {
    const unread = this.conversations.list.filter((conversation) => conversation.unread).length;
    document.title = unread > 0 ? `(${unread}) ${TITLE}` : TITLE;
  }

  private thread(conversation: Conversation): Thread {
    const known = this.threads.get(conversation);
    if (known) return known;
    const thread = new Thread(conversation, required('scroller'), () => this.emptyState());
    this.threads.set(conversation, thread);
    return thread;
  }

  private emptyState(): HTMLElement {
    const words = idIn(location.hash) ? (this.conversations.isLoaded ? FORGOTTEN : LOADING) : WELCOME;
    return element(
      'div',
      { class: 'empty', 'data-testid': 'empty' },
      element('h2', {}, words.title),
      element('p', {}, words.text),
      exampleList((script, prompt) => this.composer.send(script, prompt)),
    );
  }

  private sidebarModel() {
    const page = this;
    return {
      get conversations() {
        return page.conversations.list;
      },
      get shown() {
        return page.shown;
      },
      get isLoaded() {
        return page.conversations.isLoaded;
      },
      get link() {
        return page.conversations.link.state;
      },
    };
  }
}

const WELCOME = {
  title: 'Talk to the agent, then break the connection',
  text: 'Every message starts a run at the gateway, and all runs share one socket. Cut it from the panel on the side and watch the answers arrive whole.',
};

const LOADING = { title: 'Waiting for the gateway…', text: '' };

const FORGOTTEN = {
  title: 'This conversation is gone',
  text: 'The gateway does not know it any more. A message begins it anew.',
};
