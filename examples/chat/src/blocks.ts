import type { ChatToolPart } from 'agent-gateway-client/run';
import { element, icon } from './dom';
import { MarkdownView } from './markdown';
import type { Block } from './parts';
import type { Question } from './questions';

const CHEVRON = 'M9 6l6 6-6 6';

/** Sends an answer. */
export type Answer = (question: Question, content: string | boolean) => void;

type BlockOf<Kind> = Extract<Block, { kind: Kind }>;

interface BlockView<Shown> {
  readonly root: HTMLElement;
  update(block: Shown): void;
}

/** A list of blocks, in order; a view lives as long as the key of its block. */
export class BlockList {
  readonly root = element('div', { class: 'blocks' });
  private readonly views = new Map<string, BlockView<any>>();

  constructor(private readonly answer: Answer) {}

  update(blocks: readonly Block[]): void {
    const present = new Set(blocks.map(({ key }) => key));
    for (const [key, view] of this.views) {
      if (present.has(key)) continue;
      view.root.remove();
      this.views.delete(key);
    }
    blocks.forEach((block, index) => {
      const view = this.views.get(block.key) ?? this.add(block);
      if (this.root.children[index] !== view.root)
        this.root.insertBefore(view.root, this.root.children[index] ?? null);
      view.update(block);
    });
  }

  private add(block: Block): BlockView<any> {
    const view = createView(block, this.answer);
    this.views.set(block.key, view);
    return view;
  }
}

function createView(block: Block, answer: Answer): BlockView<any> {
  switch (block.kind) {
    case 'text':
      return textView();
    case 'reasoning':
      return reasoningView();
    case 'tool':
      return toolView(block.tool);
    case 'member':
      return memberView(block.label, answer);
    case 'input':
      return block.question.parameters === undefined
        ? inputView(block.question, answer)
        : approvalView(block.question, answer);
  }
}

function textView(): BlockView<BlockOf<'text'>> {
  const view = new MarkdownView();
  view.root.dataset.testid = 'agent-text';
  return { root: view.root, update: ({ text }) => view.update(text) };
}

function reasoningView(): BlockView<BlockOf<'reasoning'>> {
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
    update: ({ open, text: thought }) => {
      label.textContent = open ? 'Thinking…' : 'Thought process';
      root.classList.toggle('is-live', open);
      text.textContent = thought;
    },
  };
}

/** The states of a tool call, and what they are called. */
const TOOL_STATE: Record<ChatToolPart['phase'], readonly [state: string, words: string]> = {
  recorded: ['called', 'Requested'],
  called: ['called', 'Requested'],
  running: ['running', 'Running'],
  succeeded: ['done', 'Done'],
  failed: ['failed', 'Failed'],
  stopped: ['stopped', 'No result'],
};

function toolView({ calling }: ChatToolPart): BlockView<BlockOf<'tool'>> {
  const name = [calling?.identifier, calling?.apiName].filter(Boolean).join(' › ') || 'tool';
  const state = element('span', { class: 'tool-state' });
  const parameters = element('pre', { class: 'tool-arguments', 'aria-label': 'Arguments' });
  const result = element('p', { class: 'tool-result' });
  const root = element(
    'section',
    { class: 'card tool', 'data-testid': 'tool', 'aria-label': `Tool ${name}` },
    element(
      'header',
      { class: 'card-head' },
      icon(WRENCH),
      element('code', { class: 'tool-name' }, name),
      state,
    ),
    parameters,
    result,
  );
  return {
    root,
    update: ({ tool }) => {
      const [shown, words] = TOOL_STATE[tool.phase];
      const given = tool.calling?.arguments;
      const told = tool.result?.error?.message ?? tool.result?.content;
      root.dataset.state = shown;
      state.textContent = words;
      parameters.textContent = typeof given === 'string' ? given : '';
      parameters.hidden = ['', '{}'].includes(parameters.textContent.trim());
      result.textContent = typeof told === 'string' ? told : '';
      result.hidden = !result.textContent;
    },
  };
}

function memberView(label: string, answer: Answer): BlockView<BlockOf<'member'>> {
  const blocks = new BlockList(answer);
  const state = element('span', { class: 'tool-state' });
  const root = element(
    'section',
    { class: 'card member', 'data-testid': 'member', 'aria-label': label },
    element('header', { class: 'card-head' }, icon(PERSON), element('strong', {}, label), state),
    blocks.root,
  );
  return {
    root,
    update: (member) => {
      root.dataset.state = member.open ? 'running' : 'done';
      state.textContent = member.open ? 'Working' : 'Finished';
      blocks.update(member.blocks);
    },
  };
}

function inputView(question: Question, answer: Answer): BlockView<BlockOf<'input'>> {
  const field = element('input', { class: 'field', type: 'text', autocomplete: 'off', required: true });
  const send = element('button', { class: 'button button-primary', type: 'submit' }, 'Answer');
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
    element('header', { class: 'card-head' }, icon(QUESTION), element('strong', {}, question.prompt)),
    form,
    given,
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const content = field.value.trim();
    if (!content) return;
    answer(question, content);
  });
  return {
    root,
    update: () => {
      root.dataset.state = question.state;
      form.hidden = question.state !== 'open';
      given.hidden = question.state === 'open';
      given.textContent =
        question.state === 'answered'
          ? `You answered: ${question.answer}`
          : 'It was answered elsewhere, or the run went on without an answer.';
    },
  };
}

function approvalView(question: Question, answer: Answer): BlockView<BlockOf<'input'>> {
  const choice = (label: string, style: string, approved: boolean): HTMLElement => {
    const button = element('button', { class: `button ${style}`, type: 'button' }, label);
    button.addEventListener('click', () => answer(question, approved));
    return button;
  };
  const choices = element(
    'div',
    { class: 'question-form' },
    choice('Allow', 'button-primary', true),
    choice('Deny', 'button-quiet', false),
  );
  const given = element('p', { class: 'question-answer' });
  const root = element(
    'section',
    { class: 'card question', 'data-testid': 'approval', 'aria-label': 'The agent asks for consent' },
    element('header', { class: 'card-head' }, icon(QUESTION), element('strong', {}, question.prompt)),
    element('pre', { class: 'tool-arguments', 'aria-label': 'Arguments' }, question.parameters ?? ''),
    choices,
    given,
  );
  return {
    root,
    update: () => {
      root.dataset.state = question.state;
      choices.hidden = question.state !== 'open';
      given.hidden = question.state === 'open';
      if (question.state === 'answered')
        given.textContent = question.answer ? 'You allowed it' : 'You denied it';
      else given.textContent = 'It was decided elsewhere, or the run went on without an answer.';
    },
  };
}

const WRENCH =
  'M14.7 6.3a4 4 0 0 1 5-1l-2.6 2.6 1.9 1.9 2.6-2.6a4 4 0 0 1-5.4 5L8.5 20a2 2 0 0 1-3-3l7.8-7.7a4 4 0 0 1 1.4-3z';
const PERSON = 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM5 20a7 7 0 0 1 14 0';
const QUESTION =
  'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM9.6 9.4a2.5 2.5 0 1 1 3.4 2.4c-.6.3-1 .8-1 1.5v.3M12 16.6h.01';
