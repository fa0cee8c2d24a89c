import { element, oncePerFrame, required, setText } from '../../chat/src/dom';
import {
  addressOfSession,
  gatewayInAddress,
  problemOf,
  putGatewayInAddress,
  sessionInAddress,
  takeToken,
} from './address';
import { ApprovalsPanel } from './approvals';
import { Badge } from './badge';
import { Banner, noticeOf } from './banner';
import { Card, type CardModel, cardsOf } from './cards';
import { ChatPanel } from './chat-panel';
import { ConnectionPanel } from './connection';
import { isDemoSession } from './demo';
import { Gateway } from './gateway';
import type { Credential } from './gateway-form';
import { KeyedList } from './list';
import type { Picture } from './picture';
import { PresencePanel } from './presence';
import { count } from './words';

const TITLE = 'Fleet';

/** The whole page, painted from the snapshots of the client once for each frame in which something changed. */
export class FleetPage {
  private readonly paint = oncePerFrame(() => this.render());
  private readonly gateway = new Gateway(gatewayInAddress(), () => this.paint.schedule());

  private readonly announcements = required('announcements');
  private readonly approvals = new ApprovalsPanel(required('approvals'), (id, decision) =>
    this.gateway.resolve(id, decision),
  );
  private readonly badge = new Badge(required('badge'));
  private readonly banner = new Banner();
  private readonly chat = new ChatPanel(required('chat'), this.gateway, () => this.closeChat());
  private readonly connection = new ConnectionPanel(required('connection'), this.gateway, (url, credential) =>
    this.use(url, credential),
  );
  private readonly empty = element('p', { class: 'fleet-empty', 'data-testid': 'empty' });
  private readonly grid = element('div', { class: 'agents' });
  private readonly cards = new KeyedList<CardModel>(
    this.grid,
    ({ agent }) => agent.id,
    (model) => new Card(model, (agentId, asksFirst) => this.createSession(agentId, asksFirst)),
  );
  private readonly presence = new PresencePanel(required('presence'));

  open(): void {
    required('agents').append(this.banner.root, this.empty, this.grid);
    required('skip-link').addEventListener('click', (event) => {
      // The fragment of the address names the session.
      event.preventDefault();
      required('agents').focus();
    });
    addEventListener('hashchange', () => this.route());
    document.addEventListener('securitypolicyviolation', (event) => this.forbidden(event));
    const { url } = this.gateway;
    const token = takeToken();
    const problem = problemOf(url);
    if (problem) this.connection.complain(problem);
    else this.gateway.use(url, { token });
    this.route();
  }

  private use(url: string, credential: Credential): void {
    putGatewayInAddress(url);
    this.gateway.use(url, credential);
    this.paint.flush();
  }

  private route(): void {
    this.paint.flush();
    if (sessionInAddress()) this.chat.focus();
  }

  private closeChat(): void {
    const key = sessionInAddress();
    if (key && !isDemoSession(key)) this.gateway.closeChat(key);
    history.replaceState(null, '', `${location.pathname}${location.search}`);
    this.paint.flush();
    this.focusSession(key);
  }

  /** Back to where the chat was opened from. */
  private focusSession(key: string | undefined): void {
    const links = [...this.grid.querySelectorAll<HTMLAnchorElement>('a')];
    const link = links.find(({ hash }) => key !== undefined && hash === addressOfSession(key));
    (link ?? required('agents')).focus();
  }

  private async createSession(agentId: string, asksFirst: boolean): Promise<void> {
    location.hash = addressOfSession(await this.gateway.createSession(agentId, asksFirst));
  }

  private render(): void {
    const { picture } = this.gateway;
    const session = shownSession(picture);
    setText(required('gateway-url'), this.gateway.url);
    required('layout').dataset.chat = String(session !== undefined);
    this.badge.update(picture);
    this.connection.update(picture);
    this.banner.update(noticeOf(picture, this.gateway.url));
    this.approvals.update(picture);
    this.presence.update(picture);
    this.cards.update(cardsOf(picture, session));
    setText(this.empty, emptyWords(picture));
    this.empty.hidden = picture.fleet.agents.length > 0;
    this.chat.show(session);
    this.chat.update(picture);
    this.announce(picture);
  }

  private announce({ approvals, kind }: Picture): void {
    const waiting = kind === 'live' ? approvals.pending.length : 0;
    const words = waiting > 0 ? `${count(waiting, 'command waits', 'commands wait')} for your leave` : '';
    setText(this.announcements, words);
    document.title = waiting > 0 ? `(${waiting}) ${TITLE}` : TITLE;
  }

  /** The policy of the page names the gateways that it may connect to. */
  private forbidden({ blockedURI, effectiveDirective }: SecurityPolicyViolationEvent): void {
    if (effectiveDirective !== 'connect-src') return;
    this.gateway.disconnect();
    const how = `start it with --gateway ${this.gateway.url}`;
    this.connection.complain(`This page may not connect to ${blockedURI}. To allow it, ${how}`);
  }
}

/** A session of the demo is gone with the demo. */
function shownSession({ kind }: Picture): string | undefined {
  const key = sessionInAddress();
  return key && isDemoSession(key) && kind !== 'demo' ? undefined : key;
}

function emptyWords({ isConnected, kind, state }: Picture): string {
  if (kind === 'live') return 'The gateway has no agent.';
  if (isConnected) return 'Reading the agents…';
  return state.status === 'blocked' ? 'Nothing is known until the gateway lets this page in.' : 'Connecting…';
}
