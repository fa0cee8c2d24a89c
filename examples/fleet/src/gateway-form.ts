import { element } from '../../chat/src/dom';
import { problemOf } from './address';

/** Where the gateway is and its token, which is given on and kept nowhere. */
export class GatewayForm {
  readonly root = element('form', { class: 'gateway-form', 'aria-label': 'Gateway', novalidate: true });
  private readonly url = element('input', {
    class: 'field',
    id: 'form-url',
    spellcheck: 'false',
    autocomplete: 'off',
    'aria-describedby': 'form-problem',
  });
  private readonly token = element('input', {
    class: 'field',
    id: 'form-token',
    type: 'password',
    autocomplete: 'off',
    'aria-describedby': 'form-about-token',
  });
  private readonly problem = element('p', { class: 'form-problem', id: 'form-problem', role: 'alert' });

  constructor(
    url: string,
    private readonly onUse: (url: string, token: string | undefined) => void,
  ) {
    this.url.value = url;
    const about = 'Kept in memory only. The gateway gives this browser a token of its own.';
    this.root.append(
      element('label', { for: 'form-url' }, 'Address of the gateway'),
      this.url,
      element('label', { for: 'form-token' }, 'Its token'),
      this.token,
      element('p', { class: 'panel-text', id: 'form-about-token' }, about),
      this.problem,
      element('button', { class: 'button', type: 'submit' }, 'Use this gateway'),
    );
    this.root.addEventListener('submit', (event) => this.submit(event));
  }

  /** Points at the token while it is what is missing. */
  update(wantsToken: boolean): void {
    this.token.toggleAttribute('data-wanted', wantsToken);
  }

  complain(problem: string): void {
    this.problem.textContent = problem;
    this.url.setAttribute('aria-invalid', String(problem !== ''));
  }

  private submit(event: Event): void {
    event.preventDefault();
    const url = this.url.value.trim();
    const problem = problemOf(url);
    this.complain(problem ?? '');
    if (problem) return this.url.focus();
    const token = this.token.value.trim() || undefined;
    this.token.value = '';
    this.onUse(url, token);
  }
}
