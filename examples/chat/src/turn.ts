import { BlockList } from './blocks';
import { element, oncePerFrame } from './dom';
import type { Outcome, Run } from './run';

const ENDING: Record<Outcome['status'], string> = {
  completed: 'Done',
  error: 'The run failed',
  interrupted: 'Stopped',
  auth_failed: 'Not allowed to follow this run',
  disconnected: 'The connection was closed',
  lost: 'The run is lost',
};

/** One exchange of the conversation: the user's message and the agent's answer to it. */
export class Turn {
  readonly root: HTMLElement;
  private readonly answer = element('article', {
    class: 'message message-agent',
    'data-testid': 'agent-message',
    'aria-label': 'Agent',
  });
  private readonly waiting = element('p', { class: 'waiting' }, dots(), element('span', {}));
  private readonly ending = element('div', { class: 'ending', 'data-testid': 'ending' });
  private readonly blocks: BlockList;
  private readonly paint = oncePerFrame(() => this.render());
  private shownOutcome: Outcome | undefined;

  constructor(private readonly run: Run) {
    this.blocks = new BlockList((question, content) => run.answer(question, content));
    this.answer.append(this.blocks.root, this.waiting, this.ending);
    const message = element('article', { class: 'message message-user', 'aria-label': 'You' }, run.prompt);
    message.dataset.testid = 'user-message';
    this.root = element('div', { class: 'turn' }, message, this.answer);
    this.render();
  }

  /** Shows the run as it is now, at most once per frame; its ending at once, also in a hidden tab. */
  update(): void {
    if (this.run.outcome) this.paint.flush();
    else this.paint.schedule();
  }

  private render(): void {
    const { run } = this;
    const working = !run.outcome;
    this.answer.dataset.state = run.outcome?.status ?? 'running';
    this.answer.setAttribute('aria-busy', String(working));
    const { blocks } = run;
    this.blocks.update(blocks);
    this.waiting.hidden = !working;
    const label = this.waiting.lastElementChild;
    if (label) label.textContent = waitingFor(run, blocks.length === 0);
    this.renderEnding(run.outcome);
  }

  private renderEnding(outcome: Outcome | undefined): void {
    if (outcome === this.shownOutcome) return;
    this.shownOutcome = outcome;
    this.ending.replaceChildren();
    if (!outcome) return;
    const failed = outcome.status !== 'completed' && outcome.status !== 'interrupted';
    if (failed) this.ending.append(this.failure(outcome));
    else this.ending.append(this.footer(outcome));
  }

  private failure(outcome: Outcome): HTMLElement {
    const card = element(
      'section',
      { class: 'card failure', 'data-testid': 'failure', role: 'alert' },
      element('strong', {}, ENDING[outcome.status]),
      element('p', {}, outcome.note ?? 'No reason was given.'),
    );
    if (outcome.resumable) card.append(button('Connect again', () => this.run.resume()));
    return card;
  }

  private footer(outcome: Outcome): HTMLElement {
    const footer = element('p', { class: 'footer' });
    if (outcome.status === 'interrupted')
      footer.append(element('span', { class: 'tag' }, ENDING.interrupted));
    if (outcome.note) footer.append(element('span', {}, outcome.note));
    const copy = button('Copy', () => void this.copy(copy));
    if (this.run.text) footer.append(copy);
    return footer;
  }

  private async copy(copy: HTMLButtonElement): Promise<void> {
    try {
      await navigator.clipboard.writeText(this.run.text);
      copy.textContent = 'Copied';
    } catch {
      copy.textContent = 'Not allowed to copy';
    }
  }
}

function waitingFor({ button, snapshot, state }: Run, isEmpty: boolean): string {
  if (button === 'stopping') return 'Stopping…';
  if (state === 'waiting') return 'Waiting for your answer';
  if (snapshot?.loading && !snapshot.visiblyLoading) return 'Finishing…';
  return isEmpty ? 'Starting…' : '';
}

function dots(): HTMLElement {
  return element('span', { class: 'dots', 'aria-hidden': 'true' }, element('i'), element('i'), element('i'));
}

function button(label: string, act: () => void): HTMLButtonElement {
  const made = element('button', { class: 'button button-quiet', type: 'button' }, label);
  made.addEventListener('click', act);
  return made;
}
