import { element, icon } from '../../chat/src/dom';
import { setText } from './list';

const SEND = 'M12 19V5M6 11l6-6 6 6';
const STOP = 'M7 7h10v10H7z';
const MOST_LINES = 8;

export interface ComposerModel {
  readonly isBusy: boolean;
  /** Why nothing can be sent. */
  readonly obstacle: string | undefined;
}

/** The message box. Enter sends, Shift+Enter makes a new line; while an answer is owed there is a button that stops it. */
export class Composer {
  private readonly text = element('textarea', {
    id: 'message',
    class: 'composer-text',
    rows: '1',
    placeholder: 'Message the agent',
    'aria-label': 'Message',
    'aria-describedby': 'composer-hint',
  });
  private readonly hint = element('p', {
    class: 'composer-hint',
    id: 'composer-hint',
    'aria-live': 'polite',
  });
  private readonly stop = element(
    'button',
    { class: 'send', type: 'button', 'data-state': 'stop', 'data-testid': 'stop' },
    icon(STOP),
    'Stop',
  );
  private readonly send = element(
    'button',
    { class: 'send', type: 'submit', 'data-testid': 'send' },
    icon(SEND),
    'Send',
  );
  readonly root = element(
    'form',
    { class: 'composer', 'aria-label': 'New message', 'data-testid': 'composer' },
    this.text,
    element('div', { class: 'composer-row' }, this.hint, this.stop, this.send),
  );

  get draft(): string {
    return this.text.value;
  }

  set draft(text: string) {
    this.text.value = text;
    this.fit();
  }

  /** `onSend` says whether the message was taken; else it stays in the box. */
  constructor(
    private readonly onSend: (text: string) => boolean,
    onStop: () => void,
  ) {
    this.root.addEventListener('submit', (event) => {
      event.preventDefault();
      this.submit();
    });
    this.stop.addEventListener('click', onStop);
    this.text.addEventListener('input', () => this.fit());
    this.text.addEventListener('keydown', (event) => {
      // While an input method composes a character, Enter belongs to it.
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.submit();
    });
  }

  update({ isBusy, obstacle }: ComposerModel): void {
    this.stop.hidden = !isBusy || obstacle !== undefined;
    this.send.disabled = obstacle !== undefined;
    setText(this.hint, obstacle ?? 'Enter sends');
    this.hint.dataset.usual = String(obstacle === undefined);
  }

  focus(): void {
    this.text.focus();
  }

  private submit(): void {
    const text = this.draft.trim();
    if (!text || this.send.disabled) return this.focus();
    if (this.onSend(text)) this.draft = '';
  }

  private fit(): void {
    this.text.rows = Math.min(this.draft.split('\n').length, MOST_LINES);
  }
}
