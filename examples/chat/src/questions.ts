import type { ChatIntervention } from 'agent-gateway-client/run';

/** A question of the agent to the user, or for consent to run a tool. */
export interface Question {
  readonly id: string;
  readonly prompt: string;
  /** What a tool is to be run with; absent where the question is answered with text. */
  readonly parameters?: string;
  /** `open` until it was answered here, or the run went on without this page. */
  state: 'open' | 'answered' | 'closed';
  answer?: string | boolean;
  /** How many messages came before it. */
  after?: number;
}

/** The questions of one run, and the answers that are awaited. */
export class Questions {
  readonly list: Question[] = [];
  private readonly awaited = new Map<string, (answer: string | boolean) => void>();

  constructor(private readonly onChange: () => void) {}

  /** Shows a question and resolves with its answer; one that was answered before keeps that answer. */
  ask(intervention: ChatIntervention, signal: AbortSignal): Promise<string | boolean> {
    const { id } = intervention;
    let question = this.list.find((known) => known.id === id);
    if (question?.answer !== undefined) return Promise.resolve(question.answer);
    if (!question) this.list.push((question = { id, ...contentOf(intervention), state: 'open' }));
    question.state = 'open';
    signal.addEventListener('abort', () => this.close(question));
    this.onChange();
    return new Promise((resolve) => this.awaited.set(id, resolve));
  }

  answer(question: Question, answer: string | boolean): void {
    Object.assign(question, { state: 'answered', answer });
    this.awaited.get(question.id)?.(answer);
    this.onChange();
  }

  private close(question: Question): void {
    if (question.state === 'open') question.state = 'closed';
    this.onChange();
  }
}

function contentOf(intervention: ChatIntervention): Pick<Question, 'parameters' | 'prompt'> {
  switch (intervention.kind) {
    case 'input':
      return { prompt: intervention.request.prompt };
    case 'tool_confirmation': {
      const { apiName, arguments: parameters, identifier } = intervention.request.tool;
      return { prompt: `May the agent run ${identifier} › ${apiName}?`, parameters: parameters ?? '' };
    }
    default:
      throw new Error(`This page cannot answer a ${intervention.kind}.`);
  }
}
