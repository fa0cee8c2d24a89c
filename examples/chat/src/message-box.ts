import { element, setText } from './dom';

/** The icons of the buttons beside the box. */
export const SEND = 'M12 19V5M6 11l6-6 6 6';
export const STOP = 'M7 7h10v10H7z';

const MOST_LINES = 8;

/** Where a message is written, and the hint below it. Enter is told, Shift+Enter makes a new line. */
export class MessageBox {
  readonly text = element('textarea', {
    id: 'message',
    class: 'composer-text',
    rows: '1',
    placeholder: 'Message the agent',
    'aria-label': 'Message',
    'aria-describedby': 'composer-hint',
  });
  readonly hint = element('p', { class: 'composer-hint', id: 'composer-hint', 'aria-live': 'polite' });

  constructor(
    private readonly usualHint: string,
    onEnter: () => void,
  ) {
    this.text.addEventListener('input', () => this.fit());
    this.text.addEventListener('keydown', (event) => {
      // While an input method composes a character, Enter belongs to it.
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      onEnter();
    });
    this.say('');
  }

  /** What is written and not sent. */
  get draft(): string {
    return this.text.value;
  }

  set draft(text: string) {
    this.text.value = text;
    this.fit();
  }

  /** Says something below the box; the empty text brings the usual hint back. */
  say(text: string): void {
    setText(this.hint, text || this.usualHint);
    this.hint.dataset.usual = String(!text);
  }

  focus(): void {
    this.text.focus();
  }

  private fit(): void {
    this.text.rows = Math.min(this.draft.split('\n').length, MOST_LINES);
  }
}
