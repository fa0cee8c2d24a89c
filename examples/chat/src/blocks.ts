import { element, icon } from './dom';
import { MarkdownView } from './markdown';
import type {
  Block,
  InputBlock,
  MemberBlock,
  ReasoningBlock,
  TextBlock,
  ToolBlock,
  ToolState,
  Transcript,
} from './transcript';

const CHEVRON = 'M9 6l6 6-6 6';

/** Sends an answer; false means that there was no connection for it. */
export type Answer = (requestId: string, content: string) => boolean;

export interface BlockView {
  readonly root: HTMLElement;
  update(): void;
}

/** The blocks of one transcript, in order; a view lives as long as its block. */
export class BlockList {
  readonly root = element('div', { class: 'blocks' });
  private readonly views = new Map<Block, BlockView>();

  constructor(private readonly answer: Answer) {}

  update(transcript: Transcript): void {
    const present = new Set(transcript.blocks);
    for (const [block, view] of this.views) {
      if (present.has(block)) continue;
      view.root.remove();
      this.views.delete(block);
    }
    transcript.blocks.forEach((block, index) => {
      const view = this.views.get(block) ?? this.add(block);
      if (this.root.children[index] !== view.root)
        this.root.insertBefore(view.root, this.root.children[index] ?? null);
      view.update();
    });
  }

  private add(block: Block): BlockView {
    const view = createView(block, this.answer);
    this.views.set(block, view);
    return view;
  }
}

function createView(block: Block, answer: Answer): BlockView {
  switch (block.kind) {
    case 'text':
      return textView(block);
    case 'reasoning':
      return reasoningView(block);
    case 'tool':
      return toolView(block);
    case 'member':
      return memberView(block, answer);
    case 'input':
      return inputView(block, answer);
  }
}

function textView(block: TextBlock): BlockView {
  const view = new MarkdownView();
  view.root.dataset.testid = 'agent-text';
  return { root: view.root, update: () => view.update(block.text) };
}

function reasoningView(block: ReasoningBlock): BlockView {
  const label = element('span', { class: 'disclosure-label' });
  const text = element('p', { class: 'reasoning-text' });
  const root = element(
    'details',
    { class: 'reasoning', 'data-testid': 'reasoning' },
    element('summary', {}, icon(CHEVRON, 'icon chevron'), label),
    text,
  );
  return {
    root,
    update: () => {
      label.textContent = block.open ? 'Thinking…' : 'Thought process';
      root.classList.toggle('is-live', block.open);
      text.textContent = block.text;
    },
  };
}

const TOOL_STATE: Record<ToolState, string> = {
  called: 'Requested',
  running: 'Running',
  'running-here': 'Running on this page',
  done: 'Done',
  failed: 'Failed',
  stopped: 'No result',
};

function toolView(block: ToolBlock): BlockView {
  const state = element('span', { class: 'tool-state' });
  const parameters = element('pre', { class: 'tool-arguments', 'aria-label': 'Arguments' });
  const result = element('p', { class: 'tool-result' });
  const root = element(
    'section',
    { class: 'card tool', 'data-testid': 'tool', 'aria-label': `Tool ${block.name}` },
    element(
      'header',
      { class: 'card-head' },
      icon(WRENCH),
      element('code', { class: 'tool-name' }, block.name),
      state,
    ),
    parameters,
    result,
  );
  return {
    root,
    update: () => {
      root.dataset.state = block.state;
      state.textContent = TOOL_STATE[block.state];
      parameters.textContent = block.arguments;
      parameters.hidden = ['', '{}'].includes(block.arguments.trim());
      result.textContent = block.result ?? '';
      result.hidden = !block.result;
    },
  };
}

function memberView(block: MemberBlock, answer: Answer): BlockView {
  const blocks = new BlockList(answer);
  const state = element('span', { class: 'tool-state' });
  const root = element(
    'section',
    { class: 'card member', 'data-testid': 'member', 'aria-label': block.label },
    element('header', { class: 'card-head' }, icon(PERSON), element('strong', {}, block.label), state),
    blocks.root,
  );
  return {
    root,
    update: () => {
      root.dataset.state = block.transcript.ended ? 'done' : 'running';
      state.textContent = block.transcript.ended ? 'Finished' : 'Working';
      blocks.update(block.transcript);
    },
  };
}

function inputView(block: InputBlock, answer: Answer): BlockView {
  const field = element('input', { class: 'field', type: 'text', autocomplete: 'off', required: true });
  const send = element('button', { class: 'button button-primary', type: 'submit' }, 'Answer');
  const problem = element('p', { class: 'form-problem', role: 'status' });
  const form = element(
    'form',
    { class: 'question-form' },
    element(
      'label',
      { class: 'question-label' },
      element('span', { class: 'visually-hidden' }, 'Your answer'),
      field,
    ),
    send,
  );
  const given = element('p', { class: 'question-answer' });
  const root = element(
    'section',
    { class: 'card question', 'data-testid': 'input-request', 'aria-label': 'The agent asks' },
    element('header', { class: 'card-head' }, icon(QUESTION), element('strong', {}, block.prompt)),
    form,
    problem,
    given,
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const content = field.value.trim();
    if (!content) return;
    problem.textContent = answer(block.requestId, content)
      ? ''
      : 'Not sent: there is no connection. Try again.';
  });
  return {
    root,
    update: () => {
      root.dataset.state = block.state;
      form.hidden = block.state !== 'open';
      given.hidden = block.state === 'open';
      given.textContent =
        block.state === 'answered'
          ? `You answered: ${block.answer}`
          : 'It was answered elsewhere, or the run went on without an answer.';
    },
  };
}

const WRENCH =
  'M14.7 6.3a4 4 0 0 1 5-1l-2.6 2.6 1.9 1.9 2.6-2.6a4 4 0 0 1-5.4 5L8.5 20a2 2 0 0 1-3-3l7.8-7.7a4 4 0 0 1 1.4-3z';
const PERSON = 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM5 20a7 7 0 0 1 14 0';
const QUESTION =
  'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM9.6 9.4a2.5 2.5 0 1 1 3.4 2.4c-.6.3-1 .8-1 1.5v.3M12 16.6h.01';
