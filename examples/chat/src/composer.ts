import { type Script, SCRIPTS } from './api';
import { element, icon } from './dom';
import { EXAMPLES } from './examples';
import { MessageBox, SEND, STOP } from './message-box';

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

type ComposerButton = 'send' | 'stop' | 'stopping';

/** The message box and what is chosen for the message; the one button sends or stops. */
export class Composer {
  private readonly box = new MessageBox('Enter sends, Shift + Enter starts a new line', () => {
    if (this.state === 'send') this.submit();
  });
  private readonly script = select(
    'Script',
    'script',
    SCRIPTS.map((name) => [EXAMPLES[name].title, name]),
  );
  private readonly speed = select('Speed', 'speed', SPEEDS);
  private readonly button = element('button', { class: 'send', type: 'submit', 'data-testid': 'send' });
  private state: ComposerButton | undefined;

  constructor(
    form: HTMLFormElement,
    private readonly onSend: (message: Message) => void,
    private readonly onStop: () => void,
  ) {
    this.speed.input.value = '40';
    form.append(
      this.box.text,
      element(
        'div',
        { class: 'composer-row' },
        this.script.root,
        this.speed.root,
        this.box.hint,
        this.button,
      ),
    );
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      if (this.state === 'send') this.submit();
      else if (this.state === 'stop') this.onStop();
    });
    this.show('send');
  }

  /** What is written and not sent. */
  get draft(): string {
    return this.box.draft;
  }

  set draft(text: string) {
    this.box.draft = text;
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
    this.box.say(text);
  }

  /** Sends this text with this script, as if it had been typed. */
  send(script: Script, prompt: string): void {
    this.script.input.value = script;
    this.draft = prompt;
    this.submit();
  }

  focus(): void {
    this.box.focus();
  }

  private submit(): void {
    const script = this.script.input.value as Script;
    const prompt = this.draft.trim();
    if (!prompt) return this.focus();
    this.draft = '';
    this.onSend({ prompt, script, speedMs: Number(this.speed.input.value) });
  }
}

function select(label: string, id: string, options: (readonly [label: string, value: string])[]) {
  const input = element('select', { class: 'select', id, 'data-testid': id });
  for (const [text, value] of options) input.append(element('option', { value }, text));
  const caption = element('label', { class: 'visually-hidden', for: id }, label);
  return { input, root: element('span', { class: 'select-box' }, caption, input) };
}
