import { type Script, SCRIPTS } from './api';
import { element } from './dom';
import type { Run } from './run';
import { Turn } from './turn';

const NEAR_THE_END_PX = 80;

export const EXAMPLES: Record<Script, { title: string; about: string; prompt: string }> = {
  markdown: {
    title: 'A formatted answer',
    about: 'Reasoning, then markdown in small pieces',
    prompt: 'Explain how a stream survives a lost connection.',
  },
  tool: {
    title: 'A tool on this page',
    about: 'The agent asks the browser for the time',
    prompt: 'What time is it here?',
  },
  members: {
    title: 'A group of agents',
    about: 'Two members answer on the supervisor’s channel',
    prompt: 'Ask your two colleagues for their opinion.',
  },
  failing: {
    title: 'A run that fails',
    about: 'Some text, then an error',
    prompt: 'Try something that will not work.',
  },
  input: {
    title: 'A question back',
    about: 'The agent waits for your answer',
    prompt: 'Prepare a release, and ask when unsure.',
  },
  long: {
    title: 'A long answer',
    about: 'Enough time to break the connection',
    prompt: 'Write the long version, with every detail.',
  },
};

/** The list of turns, or the examples while there are none. Follows the end of the text unless the user scrolled up. */
export class Conversation {
  private readonly turns = new Map<Run, Turn>();
  private following = true;

  constructor(
    private readonly root: HTMLElement,
    private readonly scroller: HTMLElement,
    private readonly onExample: (script: Script, prompt: string) => void,
  ) {
    root.append(this.emptyState());
    scroller.addEventListener('scroll', () => {
      const below = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight;
      this.following = below < NEAR_THE_END_PX;
    });
    new ResizeObserver(() => this.follow()).observe(root);
  }

  add(run: Run): void {
    if (this.turns.size === 0) this.root.replaceChildren();
    const turn = new Turn(run);
    this.turns.set(run, turn);
    this.root.append(turn.root);
    this.following = true;
    this.follow();
  }

  update(run: Run): void {
    this.turns.get(run)?.update();
    this.root.setAttribute('aria-busy', String(!run.outcome));
  }

  private follow(): void {
    if (this.following) this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  private emptyState(): HTMLElement {
    const examples = element('ul', { class: 'examples' });
    for (const script of SCRIPTS) {
      const { title, about, prompt } = EXAMPLES[script];
      const example = element(
        'button',
        { class: 'example', type: 'button', 'data-testid': `example-${script}` },
        element('strong', {}, title),
        element('span', {}, about),
      );
      example.addEventListener('click', () => this.onExample(script, prompt));
      examples.append(element('li', {}, example));
    }
    return element(
      'div',
      { class: 'empty', 'data-testid': 'empty' },
      element('h2', {}, 'Talk to the agent, then break the connection'),
      element(
        'p',
        {},
        'Every message starts a run at the gateway. Cut its connection from the panel on the side and watch the answer arrive whole.',
      ),
      examples,
    );
  }
}
