import type { ToolExecuteData, ToolResultPayload } from 'agent-gateway-client/mux';
import { toolResults } from './session';

type Tool = (parameters: Record<string, unknown>) => string;

const TOOLS: Record<string, Tool> = {
  'demo/getTime': ({ timeZone }) =>
    new Date().toLocaleString('en-GB', {
      dateStyle: 'full',
      timeStyle: 'long',
      timeZone: typeof timeZone === 'string' ? timeZone : undefined,
    }),
};

/** Runs the tools this page offers to the agent: once per call, however often the call is delivered. */
export class ClientTools {
  private readonly kept;
  private readonly results = new Map<string, ToolResultPayload>();
  private readonly unsent = new Set<ToolResultPayload>();

  /** `send` returns whether the result went out, or is kept by the client until it does. */
  constructor(
    operationId: string,
    private readonly send: (result: ToolResultPayload) => boolean,
  ) {
    this.kept = toolResults<ToolResultPayload>(operationId);
  }

  execute(call: ToolExecuteData): void {
    const { toolCallId } = call;
    if (this.results.has(toolCallId)) return;
    // A result from before a reload is sent again: the gateway may never have got it, and a second one is harmless.
    const result = this.kept.get(toolCallId) ?? run(call);
    this.kept.set(toolCallId, result);
    this.results.set(toolCallId, result);
    this.deliver(result);
  }

  /** Sends what could not be sent while there was no connection. */
  resend(): void {
    for (const result of [...this.unsent]) this.deliver(result);
  }

  /** Nothing is known to have arrived: all results go out again with the next connection. */
  resendAll(): void {
    for (const result of this.results.values()) this.unsent.add(result);
  }

  private deliver(result: ToolResultPayload): void {
    if (this.send(result)) this.unsent.delete(result);
    else this.unsent.add(result);
  }
}

function run({ toolCallId, identifier, apiName, arguments: text }: ToolExecuteData): ToolResultPayload {
  const tool = TOOLS[`${identifier}/${apiName}`];
  if (!tool)
    return failure(toolCallId, 'executor_not_found', `This page has no tool ${identifier}/${apiName}.`);
  let parameters: Record<string, unknown>;
  try {
    parameters = (JSON.parse(text || '{}') ?? {}) as Record<string, unknown>;
  } catch {
    return failure(toolCallId, 'arguments_parse_error', `The arguments are not JSON: ${text.slice(0, 200)}`);
  }
  try {
    return { toolCallId, content: tool(parameters), success: true };
  } catch (error) {
    return failure(toolCallId, 'client_tool_execution_error', String(error));
  }
}

function failure(toolCallId: string, type: string, message: string): ToolResultPayload {
  return { toolCallId, content: null, success: false, error: { message, type } };
}
