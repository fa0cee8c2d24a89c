import type { ToolExecuteData, ToolResultPayload } from 'agent-gateway-client';
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
  private readonly results = toolResults<ToolResultPayload>();
  private readonly unsent = new Map<string, ToolResultPayload>();
  private readonly seen = new Set<string>();

  /** `send` returns whether the result went out on an open socket. */
  constructor(private readonly send: (result: ToolResultPayload) => boolean) {}

  execute(call: ToolExecuteData): void {
    if (this.seen.has(call.toolCallId)) return;
    this.seen.add(call.toolCallId);
    // A result from before a reload is sent again: the gateway may never have got it, and a second one is harmless.
    const result = this.results.get(call.toolCallId) ?? run(call);
    this.results.set(call.toolCallId, result);
    this.deliver(result);
  }

  /** Sends what could not be sent while there was no connection. */
  resend(): void {
    for (const result of [...this.unsent.values()]) this.deliver(result);
  }

  private deliver(result: ToolResultPayload): void {
    if (this.send(result)) this.unsent.delete(result.toolCallId);
    else this.unsent.set(result.toolCallId, result);
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
