import { element, icon } from '../../chat/src/dom';
import { MessageBox, SEND, STOP } from '../../chat/src/message-box';

interface ComposerModel {
  readonly isBusy: boolean;
  /** Why nothing can be sent. */
  readonly obstacle: string | undefined;
}

/** The message box and its buttons; while an answer is owed there is one that stops it. */
export class Composer {
  private readonly box = new MessageBox('Enter sends', () => this.submit());
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
    { class: 'composer', 'aria-label': 'New message' },
    this.box.text,
    element('div', { class: 'composer-row' }, this.box.hint, this.stop, this.send),
  );

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
  }

  get draft(): string {
    return this.box.draft;
  }

  set draft(text: string) {
    this.box.draft = text;
  }

  update({ isBusy, obstacle }: ComposerModel): void {
    this.stop.hidden = !isBusy || obstacle !== undefined;
    this.send.disabled = obstacle !== undefined;
    this.box.say(obstacle ?? '');
  }

  focus(): void {
    this.box.focus();
  }

  private submit(): void {
    const text = this.draft.trim();
    if (!text || this.send.disabled) return this.focus();
    if (this.onSend(text)) this.draft = '';
  }
}
