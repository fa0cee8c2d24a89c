import type { OpenClawChatSnapshot } from 'agent-gateway-client/openclaw';
import { element, icon, setText } from '../../chat/src/dom';
import { ApprovalList } from './approvals';
import { titleOf } from './cards';
import { Composer } from './composer';
import { demoChat, isDemoSession } from './demo';
import { entriesOf, hasMessageOf } from './entries';
import type { Gateway } from './gateway';
import type { Picture } from './picture';
import { Thread } from './thread';
import { failureWords, sessionWords } from './words';

const CLOSE = 'M6 6l12 12M18 6L6 18';

/** What is typed into a session and not in the gateway's messages. */
interface Typed {
  draft: string;
  /** By run. */
  readonly sent: Map<string, string>;
}

/** One session as a conversation. */
export class ChatPanel {
  private readonly title = element('h2', { class: 'chat-title', id: 'chat-title', tabindex: '-1' });
  private readonly about = element('p', { class: 'chat-about' });
  private readonly problem = element('p', {
    class: 'chat-problem',
    role: 'alert',
  });
  private readonly approvals: ApprovalList;
  private readonly composer = new Composer(
    (text) => this.send(text),
    () => this.key && this.gateway.chat(this.key).abort(),
  );
  private readonly typed = new Map<string, Typed>();
  private thread = this.newThread();
  private key: string | undefined;
  private refusal = '';

  constructor(
    private readonly root: HTMLElement,
    private readonly gateway: Gateway,
    onClose: () => void,
  ) {
    const close = element('button', { class: 'icon-button', type: 'button', 'aria-label': 'Close the chat' });
    this.approvals = new ApprovalList((id, decision) => gateway.resolve(id, decision), true);
    close.append(icon(CLOSE));
    close.addEventListener('click', onClose);
    root.append(
      element('header', { class: 'chat-head' }, element('div', {}, this.title, this.about), close),
      this.thread.root,
      this.approvals.root,
      this.problem,
      this.composer.root,
    );
    root.addEventListener('keydown', ({ key }) => key === 'Escape' && onClose());
  }

  /** Shows this session, or none. */
  show(key: string | undefined): void {
    if (key === this.key) return;
    if (this.key !== undefined) this.typedIn(this.key).draft = this.composer.draft;
    this.key = key;
    this.refusal = '';
    this.root.hidden = key === undefined;
    if (key === undefined) return;
    const thread = this.newThread();
    this.thread.root.replaceWith(thread.root);
    this.thread = thread;
    this.composer.draft = this.typedIn(key).draft;
  }

  focus(): void {
    this.composer.focus();
  }

  update(picture: Picture): void {
    const { key } = this;
    if (key === undefined) return;
    const snapshot = isDemoSession(key) ? demoChat(key) : this.gateway.chat(key).getSnapshot();
    const session = picture.fleet.sessions.find((known) => known.key === key);
    const { sent } = this.typedIn(key);
    forgetKnown(sent, snapshot);
    setText(this.title, session ? titleOf(session) : key);
    setText(this.about, session ? aboutOf(picture, key) : 'The gateway lists no such session.');
    this.thread.update(entriesOf(snapshot, sent, picture.kind === 'stale'), emptyWords(picture, snapshot));
    this.approvals.update(waitingIn(picture, key), picture);
    const { failure } = snapshot;
    setText(this.problem, this.refusal || (failure ? failureWords(failure) : ''));
    this.problem.hidden = this.problem.textContent === '';
    this.composer.update({ isBusy: snapshot.isBusy, obstacle: obstacleOf(picture, key) });
  }

  private send(text: string, runId?: string): boolean {
    if (this.key === undefined) return false;
    try {
      const run = this.gateway.chat(this.key).send(text, { runId });
      this.typedIn(this.key).sent.set(run, text);
      this.refusal = '';
      this.thread.follow();
      return true;
    } catch (error) {
      this.refusal = `Not sent: ${(error as Error).message}`;
      setText(this.problem, this.refusal);
      this.problem.hidden = false;
      return false;
    }
  }

  private sendAgain(run: string): void {
    const text = this.key && this.typedIn(this.key).sent.get(run);
    if (text) this.send(text, run);
  }

  private typedIn(key: string): Typed {
    const known = this.typed.get(key);
    if (known) return known;
    const made: Typed = { draft: '', sent: new Map() };
    this.typed.set(key, made);
    return made;
  }

  private newThread(): Thread {
    return new Thread((run) => this.sendAgain(run));
  }
}

function forgetKnown(sent: Map<string, string>, { messages }: OpenClawChatSnapshot): void {
  for (const run of sent.keys()) if (hasMessageOf(messages, run)) sent.delete(run);
}

function aboutOf(picture: Picture, key: string): string {
  const { fleet, kind } = picture;
  const session = fleet.sessions.find((known) => known.key === key);
  if (!session) return '';
  const agent = fleet.agents.find(({ id }) => id === session.agentId)?.name ?? session.agentId;
  const isWaiting = waitingIn(picture, key).length > 0 && kind !== 'stale';
  return `${agent} · ${isWaiting ? 'Waits for your leave to run a command' : sessionWords(session, kind)}`;
}

function waitingIn({ approvals }: Picture, key: string): readonly any[] {
  return approvals.pending.filter(({ request }) => request?.sessionKey === key);
}

function emptyWords({ kind }: Picture, { isLive }: OpenClawChatSnapshot): string {
  if (isLive || kind === 'demo') return 'Nothing was said yet.';
  return kind === 'stale' ? 'Offline: what was said is not known.' : 'Reading what was said…';
}

function obstacleOf({ isConnected, kind }: Picture, key: string): string | undefined {
  if (isDemoSession(key)) return 'Demo data: nothing can be sent';
  if (!isConnected) return kind === 'stale' ? 'Offline: nothing can be sent' : 'Not connected';
  return undefined;
}
