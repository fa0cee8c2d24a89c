import type { Conversation } from './conversation';
import { element } from './dom';
import type { Run } from './run';
import { Turn } from './turn';

const NEAR_THE_END_PX = 80;

/** The turns of one conversation, or what is shown while there are none. Only the shown thread is painted. */
export class Thread {
  readonly root = element('section', {
    class: 'conversation',
    'data-testid': 'conversation',
    role: 'log',
    'aria-label': 'Conversation',
  });
  private readonly turns = new Map<Run, Turn>();
  private readonly resized = new ResizeObserver(() => this.follow());
  private following = true;
  private scrollTop = 0;
  private shown = false;

  constructor(
    readonly conversation: Conversation,
    private readonly scroller: HTMLElement,
    private readonly whileEmpty: () => HTMLElement,
  ) {
    scroller.addEventListener('scroll', () => this.scrolled());
  }

  show(): void {
    this.shown = true;
    this.update();
    this.scroller.replaceChildren(this.root);
    this.resized.observe(this.root);
    this.scroller.scrollTop = this.scrollTop;
    this.follow();
  }

  hide(): void {
    this.shown = false;
    this.resized.disconnect();
  }

  /** Shows the conversation, or one of its runs, as it is now. */
  update(changed?: Run): void {
    if (!this.shown) return;
    const { runs, run: current } = this.conversation;
    if (runs.length === 0) return this.root.replaceChildren(this.whileEmpty());
    this.root.setAttribute('aria-busy', String(current !== undefined && !current.outcome));
    if (changed && this.turns.has(changed)) return this.turns.get(changed)?.update();
    for (const run of runs) this.place(run);
  }

  private place(run: Run): void {
    const known = this.turns.get(run);
    if (known) return known.update();
    if (this.turns.size === 0) this.root.replaceChildren();
    const turn = new Turn(run);
    this.turns.set(run, turn);
    this.root.insertBefore(turn.root, this.root.children[this.conversation.runs.indexOf(run)] ?? null);
    this.following = true;
    this.follow();
  }

  private scrolled(): void {
    if (!this.shown) return;
    const { scrollHeight, scrollTop, clientHeight } = this.scroller;
    this.scrollTop = scrollTop;
    this.following = scrollHeight - scrollTop - clientHeight < NEAR_THE_END_PX;
  }

  /** Keeps to the end of the text unless the user scrolled up. */
  private follow(): void {
    if (this.shown && this.following) this.scroller.scrollTop = this.scroller.scrollHeight;
  }
}
