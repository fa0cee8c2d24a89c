import type { OpenClawAgent, OpenClawSession } from 'agent-gateway-client/openclaw';
import { element, icon, setText } from '../../chat/src/dom';
import { addressOfSession } from './address';
import { KeyedList, type View } from './list';
import type { Picture } from './picture';
import { count, moment, sessionWords } from './words';

const PLUS = 'M12 5v14M5 12h14';
const SHIELD = 'M12 3l7 3v5c0 5-3 8-7 10-4-2-7-5-7-10V6z';

/** What a card shows. */
export interface CardModel {
  readonly agent: OpenClawAgent;
  readonly sessions: readonly OpenClawSession[];
  readonly kind: Picture['kind'];
  readonly mayCreate: boolean;
  readonly shownSession: string | undefined;
}

/** Begins a session of an agent; resolves when it is open. */
type Create = (agentId: string, asksFirst: boolean) => Promise<void>;

/** The cards of a picture: agents as the gateway orders them, their sessions with the newest first. */
export function cardsOf(
  { fleet, isConnected, kind }: Picture,
  shownSession: string | undefined,
): CardModel[] {
  return fleet.agents.map((agent) => ({
    agent,
    sessions: fleet.sessions.filter(({ agentId }) => agentId === agent.id).sort(newestFirst),
    kind,
    mayCreate: isConnected && kind === 'live',
    shownSession,
  }));
}

/** An agent with its sessions. */
export class Card implements View<CardModel> {
  private readonly name = element('h2', { class: 'card-name' });
  private readonly about = element('p', { class: 'card-about' });
  private readonly list = element('ul', { class: 'sessions', 'data-testid': 'sessions' });
  private readonly empty = element('p', { class: 'card-empty' }, 'No session yet.');
  private readonly problem = element('p', { class: 'form-problem', role: 'alert' });
  private readonly buttons: HTMLButtonElement[];
  private readonly sessions = new KeyedList<SessionModel>(
    this.list,
    ({ session }) => session.key,
    () => new SessionLink(),
  );
  readonly root: HTMLElement;

  constructor(
    { agent }: CardModel,
    private readonly create: Create,
  ) {
    const name = agent.name ?? agent.id;
    this.buttons = [
      this.button('New session', PLUS, agent, false),
      this.button('New, asks first', SHIELD, agent, true),
    ];
    this.root = element(
      'article',
      { class: 'agent', 'data-testid': 'agent', 'aria-label': name },
      element('header', { class: 'agent-head' }, this.name, this.about),
      this.list,
      this.empty,
      this.problem,
      element('footer', { class: 'buttons' }, ...this.buttons),
    );
  }

  update({ agent, kind, mayCreate, sessions, shownSession }: CardModel): void {
    this.root.dataset.kind = kind;
    this.root.dataset.working = String(agent.work.running.length > 0);
    setText(this.name, agent.name ?? agent.id);
    setText(this.about, aboutOf(agent, kind));
    this.sessions.update(
      sessions.map((session) => ({ session, kind, isShown: session.key === shownSession })),
    );
    this.list.hidden = sessions.length === 0;
    this.empty.hidden = sessions.length > 0;
    for (const button of this.buttons) button.disabled = !mayCreate;
  }

  private button(
    label: string,
    path: string,
    { id, name = id }: OpenClawAgent,
    asksFirst: boolean,
  ): HTMLButtonElement {
    const made = element('button', { class: 'button button-icon', type: 'button' }, icon(path), label);
    made.setAttribute('aria-label', `${label} of ${name}`);
    if (asksFirst) made.title = 'Its commands wait for your leave';
    made.addEventListener('click', async () => {
      this.problem.textContent = '';
      await this.create(id, asksFirst).catch((error: Error) => {
        this.problem.textContent = `No session was begun: ${error.message}`;
      });
    });
    return made;
  }
}

interface SessionModel {
  readonly session: OpenClawSession;
  readonly kind: Picture['kind'];
  readonly isShown: boolean;
}

class SessionLink implements View<SessionModel> {
  private readonly title = element('span', { class: 'session-title' });
  private readonly state = element('span', { class: 'session-state' });
  private readonly link = element(
    'a',
    { class: 'session', 'data-testid': 'session' },
    element('span', { class: 'session-dot' }),
    this.title,
    this.state,
  );
  readonly root = element('li', {}, this.link);

  update({ isShown, kind, session }: SessionModel): void {
    this.link.href = addressOfSession(session.key);
    this.link.dataset.activity = kind === 'stale' ? 'stale' : session.activity;
    if (isShown) this.link.setAttribute('aria-current', 'true');
    else this.link.removeAttribute('aria-current');
    setText(this.title, titleOf(session));
    const at = session.updatedAt === undefined ? '' : ` · ${moment(session.updatedAt)}`;
    setText(this.state, sessionWords(session, kind) + at);
  }
}

/** What people call a session. */
export function titleOf({ key, title }: OpenClawSession): string {
  return title || key;
}

function aboutOf({ id, isDefault, row, work }: OpenClawAgent, kind: Picture['kind']): string {
  const at = work.running.length;
  const was = at === 1 ? 'was ' : 'were ';
  const running = at > 0 ? `${at} ${kind === 'stale' ? was : ''}at work` : undefined;
  const model: unknown = row?.model?.primary;
  const parts = [
    isDefault ? `${id} (default)` : id,
    model,
    count(work.sessions, 'session', 'sessions'),
    running,
  ];
  return parts.filter((part) => typeof part === 'string').join(' · ');
}

function newestFirst(one: OpenClawSession, other: OpenClawSession): number {
  return (other.updatedAt ?? 0) - (one.updatedAt ?? 0);
}
