import { element, setText } from '../../chat/src/dom';
import { copyButton } from './copy';
import type { Gateway } from './gateway';
import { type Credential, GatewayForm } from './gateway-form';
import type { Picture } from './picture';
import { connectionWords, moment } from './words';

/** What the gateway, or the client, says and what a person can do about it; and where the gateway is. */
export class ConnectionPanel {
  private readonly words = element('p', { class: 'connection-words' });
  private readonly said = element('p', { class: 'panel-text' });
  private readonly step = element('p', { class: 'panel-text' });
  private readonly remedy = element('div', { class: 'remedy', 'data-testid': 'remedy' });
  private readonly explanation = element('pre', { class: 'explanation', tabindex: '0' });
  private readonly details = element(
    'details',
    { class: 'details' },
    element('summary', {}, 'In full'),
    this.explanation,
  );
  private readonly again = element('button', { class: 'button button-primary', type: 'button' });
  private readonly end = element('button', { class: 'button', type: 'button' }, 'Disconnect');
  private readonly form: GatewayForm;
  private readonly elsewhere: HTMLDetailsElement;
  private shownRemedy = '';
  private wasConnected = false;

  constructor(
    root: HTMLElement,
    private readonly gateway: Gateway,
    onUse: (url: string, credential: Credential) => void,
  ) {
    this.explanation.setAttribute('aria-label', 'The connection in full');
    this.form = new GatewayForm(gateway.url, onUse);
    this.elsewhere = element(
      'details',
      { class: 'details', open: true },
      element('summary', {}, 'Gateway and credentials'),
      this.form.root,
    );
    this.again.addEventListener('click', () => gateway.connect());
    this.end.addEventListener('click', () => gateway.disconnect());
    this.details.addEventListener('toggle', () => this.explain());
    root.append(
      element('header', { class: 'panel-head' }, element('h2', { id: 'connection-title' }, 'Connection')),
      element('div', { class: 'connection' }, this.words, this.said, this.step, this.remedy),
      element('div', { class: 'buttons' }, this.again, this.end),
      this.elsewhere,
      this.details,
    );
  }

  update({ isConnected, state }: Picture): void {
    const { code, message, nextStep, remedy = '', since, status } = state;
    const isBlocked = status === 'blocked';
    setText(this.words, `${connectionWords(state)}, since ${moment(since)}.`);
    this.words.dataset.status = status;
    this.show(this.said, isBlocked && message ? `The gateway said: ${message}` : '');
    this.show(this.step, isConnected ? '' : stepWords(nextStep, isBlocked));
    this.showRemedy(remedy);
    this.again.hidden = !(isBlocked || status === 'closed' || status === 'waiting');
    setText(this.again, status === 'waiting' ? 'Try again now' : 'Connect');
    this.end.hidden = status === 'closed' || isBlocked;
    this.putAway(isConnected);
    this.form.update(isBlocked ? code : undefined);
    this.explain();
  }

  /** Says what the page itself, and no gateway, found wrong. */
  complain(problem: string): void {
    this.elsewhere.open = true;
    this.form.complain(problem);
  }

  /** The form is for those who are not connected; while nothing changes it is as the user left it. */
  private putAway(isConnected: boolean): void {
    if (isConnected === this.wasConnected) return;
    this.wasConnected = isConnected;
    this.elsewhere.open = !isConnected;
  }

  private showRemedy(remedy: string): void {
    if (remedy === this.shownRemedy) return;
    this.shownRemedy = remedy;
    this.remedy.replaceChildren();
    this.remedy.hidden = !remedy;
    if (!remedy) return;
    const request = /^openclaw devices approve (\S+)$/.exec(remedy)?.[1];
    if (request) {
      const id = element('code', { 'data-testid': 'request-id' }, request);
      this.remedy.append(element('p', { class: 'panel-text' }, 'Pairing request ', id));
    }
    this.remedy.append(
      element(
        'div',
        { class: 'command' },
        element('code', {}, remedy),
        copyButton(remedy, 'Copy the command'),
      ),
    );
  }

  private show(target: HTMLElement, text: string): void {
    setText(target, text);
    target.hidden = !text;
  }

  private explain(): void {
    if (this.details.open) setText(this.explanation, this.gateway.explanation);
  }
}

/** Only where a person has to act it is something to do. */
function stepWords(nextStep: string | undefined, isBlocked: boolean): string {
  if (!nextStep) return '';
  return isBlocked ? `What to do: ${nextStep}` : nextStep;
}
