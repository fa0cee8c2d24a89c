import { element, setText } from '../../chat/src/dom';
import { MarkdownView } from '../../chat/src/markdown';
import { type Entry, isOpen } from './entries';
import { KeyedList, type View } from './list';
import { runWords } from './words';

const NEAR_THE_END_PX = 80;

/** Sends what was not sent once more, under the same id. */
type SendAgain = (run: string) => void;

type EntryOf<Kind> = Extract<Entry, { kind: Kind }>;

/** The entries of a conversation; it keeps to its end unless somebody scrolled up. */
export class Thread {
  private readonly log = element('div', {
    class: 'thread',
    role: 'log',
    'aria-label': 'Conversation',
  });
  private readonly empty = element('p', { class: 'thread-empty' });
  readonly root = element(
    'div',
    { class: 'scroller', tabindex: '0', role: 'region', 'aria-label': 'Messages' },
    this.empty,
    this.log,
  );
  private readonly list: KeyedList<Entry>;
  private following = true;

  constructor(sendAgain: SendAgain) {
    this.list = new KeyedList<Entry>(
      this.log,
      ({ key }) => key,
      (entry) => viewOf(entry, sendAgain),
    );
    // What is below the messages may grow, too.
    new ResizeObserver(() => this.keepToTheEnd()).observe(this.root);
    this.root.addEventListener('scroll', () => {
      const { clientHeight, scrollHeight, scrollTop } = this.root;
      this.following = scrollHeight - scrollTop - clientHeight < NEAR_THE_END_PX;
    });
  }

  update(entries: readonly Entry[], whileEmpty: string): void {
    this.list.update(entries);
    setText(this.empty, whileEmpty);
    this.empty.hidden = entries.length > 0;
    const isBusy = entries.some((entry) => entry.kind === 'run' && isOpen(entry.run) && !entry.isStale);
    this.log.setAttribute('aria-busy', String(isBusy));
    this.keepToTheEnd();
  }

  follow(): void {
    this.following = true;
  }

  private keepToTheEnd(): void {
    if (this.following) this.root.scrollTop = this.root.scrollHeight;
  }
}

function viewOf(entry: Entry, sendAgain: SendAgain): View<any> {
  switch (entry.kind) {
    case 'user':
      return userView();
    case 'agent':
      return agentView();
    case 'tool':
      return toolView();
    case 'run':
      return runView(entry.run.id, sendAgain);
  }
}

function userView(): View<EntryOf<'user'>> {
  const root = element('article', {
    class: 'message-user',
    'aria-label': 'You',
    'data-testid': 'user-message',
  });
  return { root, update: ({ text }) => setText(root, text) };
}

function agentView(): View<EntryOf<'agent'>> {
  const view = new MarkdownView();
  const attributes = { class: 'message-agent', 'aria-label': 'Agent', 'data-testid': 'agent-message' };
  return { root: element('article', attributes, view.root), update: ({ text }) => view.update(text) };
}

function toolView(): View<EntryOf<'tool'>> {
  const name = element('span', { class: 'tool-name' });
  const detail = element('code', { class: 'tool-detail' });
  const root = element('div', { class: 'tool', 'data-testid': 'tool' }, name, detail);
  return {
    root,
    update: (tool) => {
      root.dataset.failed = String(tool.isError);
      setText(name, tool.name);
      setText(detail, tool.detail);
    },
  };
}

function runView(run: string, sendAgain: SendAgain): View<EntryOf<'run'>> {
  const words = element('span', {});
  const again = element('button', { class: 'button', type: 'button' }, 'Send again');
  again.addEventListener('click', () => sendAgain(run));
  const root = element('div', { class: 'run', 'data-testid': 'run' }, words, again);
  return {
    root,
    update: (entry) => {
      root.dataset.state = entry.run.state;
      root.dataset.stale = String(entry.isStale);
      setText(words, runWords(entry.run, entry.isStale));
      again.hidden = entry.run.state !== 'not_sent' || !entry.run.isOwn;
    },
  };
}
