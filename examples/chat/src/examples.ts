import { type Script, SCRIPTS } from './api';
import { element } from './dom';

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
  approval: {
    title: 'A tool that needs your consent',
    about: 'The agent asks before it deletes something',
    prompt: 'Make a fresh build.',
  },
  long: {
    title: 'A long answer',
    about: 'Enough time to break the connection',
    prompt: 'Write the long version, with every detail.',
  },
};

/** The examples as buttons, each of which sends its message. */
export function exampleList(onExample: (script: Script, prompt: string) => void): HTMLElement {
  const examples = element('ul', { class: 'examples' });
  for (const script of SCRIPTS) {
    const { title, about, prompt } = EXAMPLES[script];
    const example = element(
      'button',
      { class: 'example', type: 'button', 'data-testid': `example-${script}` },
      element('strong', {}, title),
      element('span', {}, about),
    );
    example.addEventListener('click', () => onExample(script, prompt));
    examples.append(element('li', {}, example));
  }
  return examples;
}
