import type { OpenClawAuth } from 'agent-gateway-client/openclaw';
import { element } from '../../chat/src/dom';
import { problemOf } from './address';

/** What the shared credential of a gateway is: most have a token, some a password. */
export type Credential = Pick<OpenClawAuth, 'password' | 'token'>;

/** What a refusal asks for. */
const WANTED: Record<string, readonly (keyof Credential)[]> = {
  AUTH_DEVICE_TOKEN_MISMATCH: ['password', 'token'],
  AUTH_PASSWORD_MISMATCH: ['password'],
  AUTH_PASSWORD_MISSING: ['password'],
  AUTH_PASSWORD_NOT_CONFIGURED: ['token'],
  AUTH_RATE_LIMITED: ['password', 'token'],
  AUTH_REQUIRED: ['password', 'token'],
  AUTH_TOKEN_MISMATCH: ['token'],
  AUTH_TOKEN_MISSING: ['password', 'token'],
  AUTH_TOKEN_NOT_CONFIGURED: ['token'],
  AUTH_UNAUTHORIZED: ['password', 'token'],
};

/** Where the gateway is and what it lets in with, which is given on and kept nowhere. */
export class GatewayForm {
  readonly root = element('form', { class: 'gateway-form', 'aria-label': 'Gateway', novalidate: true });
  private readonly url = element('input', {
    class: 'field',
    id: 'form-url',
    spellcheck: 'false',
    autocomplete: 'off',
    'aria-describedby': 'form-problem',
  });
  private readonly token = secret('form-token');
  private readonly password = secret('form-password');
  private readonly problem = element('p', { class: 'form-problem', id: 'form-problem', role: 'alert' });

  constructor(
    url: string,
    private readonly onUse: (url: string, credential: Credential) => void,
  ) {
    this.url.value = url;
    const about =
      'One of them is enough. Kept in memory only: the gateway gives this browser a token of its own.';
    this.root.append(
      element('label', { for: 'form-url' }, 'Address of the gateway'),
      this.url,
      element('label', { for: 'form-token' }, 'Its token'),
      this.token,
      element('label', { for: 'form-password' }, 'Its password'),
      this.password,
      element('p', { class: 'panel-text', id: 'form-about-secrets' }, about),
      this.problem,
      element('button', { class: 'button', type: 'submit' }, 'Use this gateway'),
    );
    this.root.addEventListener('submit', (event) => this.submit(event));
  }

  /** Points at what is missing or wrong. `refusal`: the code of the gateway that did not let the page in. */
  update(refusal: string | undefined): void {
    const wanted = WANTED[refusal ?? ''] ?? [];
    for (const name of ['password', 'token'] as const) {
      this[name].setAttribute('aria-invalid', String(wanted.includes(name)));
    }
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
    // Spaces may belong to a password.
    const credential = { password: this.password.value, token: this.token.value.trim() };
    this.password.value = this.token.value = '';
    this.onUse(url, credential);
  }
}

function secret(id: string): HTMLInputElement {
  return element('input', {
    class: 'field',
    id,
    type: 'password',
    autocomplete: 'off',
    'aria-describedby': 'form-about-secrets',
  });
}
