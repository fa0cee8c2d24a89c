import type { ChatIntervention } from 'agent-gateway-client/run';

/** A question of the agent to the user. */
export interface Question {
  readonly id: string;
  readonly prompt: string;
  /** `open` until it was answered here, or the run went on without this page. */
  state: 'open' | 'answered' | 'closed';
  answer?: string;
  /** How many messages came before it. */
  after?: number;
}

/** The questions of one run, and the answers that are awaited. */
export class Questions {
  readonly list: Question[] = [];
  private readonly awaited = new Map<string, (answer: string) => void>();

  constructor(private readonly onChange: () => void) {}

  /** Shows a question and resolves with its answer; one that was answered before keeps that answer. */
  ask({ id, ...intervention }: ChatIntervention, signal: AbortSignal): Promise<string> {
    if (intervention.kind !== 'input') return Promise.reject(new Error('This page only answers with text.'));
    let question = this.list.find((known) => known.id === id);
    if (question?.answer !== undefined) return Promise.resolve(question.answer);
    if (!question) this.list.push((question = { id, prompt: intervention.request.prompt, state: 'open' }));
    question.state = 'open';
    signal.addEventListener('abort', () => this.close(question));
    this.onChange();
    return new Promise((resolve) => this.awaited.set(id, resolve));
  }

  answer(question: Question, answer: string): void {
    Object.assign(question, { state: 'answered', answer });
    this.awaited.get(question.id)?.(answer);
    this.onChange();
  }

  private close(question: Question): void {
    if (question.state === 'open') question.state = 'closed';
    this.onChange();
  }
}
