import { type Script, SCRIPTS } from './api';
import { element, icon } from './dom';
import { EXAMPLES } from './examples';

const SEND = 'M12 19V5M6 11l6-6 6 6';
const STOP = 'M7 7h10v10H7z';

const SPEEDS: [label: string, speedMs: string][] = [
  ['Slow', '150'],
  ['Normal', '40'],
  ['Fast', '15'],
];

export interface Message {
  prompt: string;
  script: Script;
  speedMs: number;
}

export type ComposerButton = 'send' | 'stop' | 'stopping';

/** The message box. Enter sends, Shift+Enter makes a new line; the one button sends or stops. */
export class Composer {
  private readonly text = element('textarea', {
    id: 'message',
    class: 'composer-text',
    rows: '1',
    placeholder: 'Message the agent',
    'aria-label': 'Message',
    'aria-describedby': 'composer-hint',
  });
  private readonly script = select(
    'Script',
    'script',
    SCRIPTS.map((name) => [EXAMPLES[name].title, name]),
  );
  private readonly speed = select('Speed', 'speed', SPEEDS);
  private readonly hint = element('p', {
    class: 'composer-hint',
    id: 'composer-hint',
    'aria-live': 'polite',
  });
  private readonly button = element('button', { class: 'send', type: 'submit', 'data-testid': 'send' });
  private state: ComposerButton | undefined;

  /** What is written and not sent. */
  get draft(): string {
    return this.text.value;
  }

  set draft(text: string) {
    this.text.value = text;
    this.fit();
  }

  constructor(
    form: HTMLFormElement,
    private readonly onSend: (message: Message) => void,
    private readonly onStop: () => void,
  ) {
    this.speed.input.value = '40';
    form.append(
      this.text,
      element('div', { class: 'composer-row' }, this.script.root, this.speed.root, this.hint, this.button),
    );
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      if (this.state === 'send') this.submit();
      else if (this.state === 'stop') this.onStop();
    });
    this.text.addEventListener('keydown', (event) => this.onKey(event));
    this.text.addEventListener('input', () => this.fit());
    this.show('send');
    this.say('');
  }

  /** Shows what the button does; asked for again with the same state, it changes nothing. */
  show(state: ComposerButton): void {
    if (state === this.state) return;
    this.state = state;
    this.button.dataset.state = state;
    this.button.setAttribute('aria-disabled', String(state === 'stopping'));
    const label = { send: 'Send', stop: 'Stop', stopping: 'Stopping…' }[state];
    this.button.replaceChildren(icon(state === 'send' ? SEND : STOP), element('span', {}, label));
  }

  /** Says something below the message box; the empty text brings the usual hint back. */
  say(text: string): void {
    const hint = text || 'Enter sends, Shift + Enter starts a new line';
    if (this.hint.textContent === hint) return;
    this.hint.textContent = hint;
    this.hint.dataset.usual = String(!text);
  }

  /** Sends this text with this script, as if it had been typed. */
  send(script: Script, prompt: string): void {
    this.script.input.value = script;
    this.text.value = prompt;
    this.submit();
  }

  focus(): void {
    this.text.focus();
  }

  private onKey(event: KeyboardEvent): void {
    // While an input method composes a character, Enter belongs to it.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    if (this.state === 'send') this.submit();
  }

  private submit(): void {
    const script = this.script.input.value as Script;
    const prompt = this.text.value.trim();
    if (!prompt) return this.focus();
    this.draft = '';
    this.onSend({ prompt, script, speedMs: Number(this.speed.input.value) });
  }

  private fit(): void {
    const lines = this.text.value.split('\n').length;
    this.text.rows = Math.min(Math.max(lines, 1), 8);
  }
}

function select(label: string, id: string, options: (readonly [label: string, value: string])[]) {
  const input = element('select', { class: 'select', id, 'data-testid': id });
  for (const [text, value] of options) input.append(element('option', { value }, text));
  const caption = element('label', { class: 'visually-hidden', for: id }, label);
  return { input, root: element('span', { class: 'select-box' }, caption, input) };
}
