import { messageOf } from '../errors.js';
import type { Claim } from './ledger.js';
import type { ChatRunOptions, ChatIntervention, ToolExecuteData, ToolOutput } from '../types/index.js';

/**
 * Thrown by an application's `getToken`, or by `interrupt` while no connection stands, when the server does not know the
 * operation: the run ends.
 */
export class UnknownOperationError extends Error {
  constructor(message = 'Unknown operation') {
    super(message);
    this.name = 'UnknownOperationError';
  }
}

/** A name of an answer, as the module knows it, and what it carries. */
type Answer = readonly [name: string, value?: unknown];

type QuestionHost = Partial<ChatRunOptions> & Pick<ChatRunOptions, 'getToken' | 'interrupt'>;

/** The questions that are open, and their answers from the application. */
export class Questions {
  private readonly open = new Map<number, AbortController>();
  private isLeft = false;

  constructor(
    private readonly host: QuestionHost,
    private readonly claim: (toolCallId: string, mayRun: boolean) => Promise<Claim>,
    private readonly answer: (request: number, name: string, value: unknown) => void,
  ) {}

  /** Puts a question to the application. The answer never comes from within. */
  ask(request: number, name: string, argument: any): void {
    const controller = new AbortController();
    this.open.set(request, controller);
    void this.answerOf(name, argument, controller.signal)
      .catch((error): Answer => failure(error, controller.signal))
      .then(([answer, value]) => {
        this.open.delete(request);
        this.answer(request, answer, value);
      });
  }

  abort(request: number): void {
    this.open.get(request)?.abort();
  }

  /** Nobody hears the answers any more. */
  leave(): void {
    this.isLeft = true;
  }

  private async answerOf(name: string, argument: any, signal: AbortSignal): Promise<Answer> {
    const { host } = this;
    // Never from within the call of the module.
    await undefined;
    // What was taken back meanwhile is not asked at all.
    if (signal.aborted) return ['aborted'];
    switch (name) {
      case 'start':
        return ['started', await this.start(signal)];
      case 'token':
        return tokenAnswer(await host.getToken({ ...argument, signal }));
      case 'interrupt':
        return ['interrupted', (await host.interrupt(argument)) ?? true];
      case 'claim':
      case 'claim_left':
        if (host.tools === undefined) return ['claimed', false];
        return claimAnswer(await this.claim(argument, name === 'claim'));
      case 'tool':
        return this.runTool(argument, signal);
      default:
        return this.intervene(argument, signal);
    }
  }

  private async start(signal: AbortSignal): Promise<unknown> {
    const started = await this.host.start!({ signal });
    // A run that was stopped, and left, while the server began it is followed by nobody.
    if (this.isLeft && signal.aborted && started?.operationId) await this.host.interrupt(started.operationId);
    return started;
  }

  private async runTool(
    { data, deadline }: { data: ToolExecuteData; deadline: number },
    signal: AbortSignal,
  ): Promise<Answer> {
    const { apiName, identifier } = data;
    const tool = own(own(this.host.tools, identifier), apiName);
    if (typeof tool !== 'function')
      return ['unknown_tool', `There is no tool ${identifier}.${apiName} here.`];
    let args: unknown;
    try {
      args = JSON.parse(data.arguments || '{}');
    } catch {
      return ['unparsable', data.arguments];
    }
    const output = await tool(args, { call: data, deadline, signal });
    return output === undefined || output === null ? ['nothing'] : ['returned', resultOf(output)];
  }

  private async intervene(intervention: ChatIntervention, signal: AbortSignal): Promise<Answer> {
    const { onIntervention } = this.host;
    if (!onIntervention) return ['failed', 'Nobody answers questions here.'];
    const reply = await onIntervention.call(this.host, intervention, { signal });
    if (signal.aborted) return ['aborted'];
    // A page that answers in another way says nothing here: no words are not a refusal.
    const isSent = intervention.kind === 'input' || intervention.kind === 'tool_confirmation';
    return isSent && reply === undefined ? ['failed', 'There was no answer.'] : ['replied', reply];
  }
}

/** The server is not left waiting for a call whose page is gone, and it does not run again. */
function claimAnswer(claim: Claim): Answer {
  return claim === 'abandoned'
    ? ['failed', 'The page that ran the tool went away.']
    : ['claimed', claim === 'granted'];
}

function tokenAnswer(token: unknown): Answer {
  return typeof token === 'string' && token ? ['token', token] : ['failed', 'getToken gave no token'];
}

/** The members of a tool result besides its id. */
function resultOf(output: ToolOutput): object {
  if (typeof output === 'string') return { content: output, success: true };
  const { content, error } = output;
  return error
    ? { ...output, content: content ?? error.message ?? null, success: false }
    : { success: true, ...output };
}

function failure(error: unknown, signal: AbortSignal): Answer {
  const { name } = (error ?? {}) as { name?: unknown };
  if (name === 'UnauthorizedError') return ['unauthorized', messageOf(error)];
  if (name === 'UnknownOperationError') return ['not_found'];
  return signal.aborted ? ['aborted'] : ['failed', messageOf(error)];
}

/** A member of a registry; what every object inherits is no tool. */
function own<T>(registry: Record<string, T> | undefined, name: string): T | undefined {
  return registry && Object.hasOwn(registry, name) ? registry[name] : undefined;
}
