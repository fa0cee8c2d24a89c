import { GatewayError, messageOf } from '../errors.js';
import { OpenClawClient } from './client.js';
import type { OpenClawClientOptions } from './types.js';
import type { OpenClawCommand, OpenClawNode as Node, OpenClawNodeOptions } from './node-types.js';

/** What the module says of a command that is to run; `params` is JSON, `deadline` milliseconds since 1970. */
interface Invocation {
  key: string;
  command: string;
  params: string;
  sessionKey?: string;
  deadline: number;
}

const RETURNED = 0;
const THREW = 1;
const UNKNOWN = 2;
const UNPARSABLE = 3;

/** A connection of the role `node`. The module keeps the deadlines and answers each call once. */
class CommandNode extends OpenClawClient {
  private readonly commands: ReadonlyMap<string, OpenClawCommand>;
  private readonly running = new Map<number, AbortController>();

  constructor(options: OpenClawNodeOptions) {
    super(connectionOptions(options));
    this.commands = new Map(Object.entries(options.commands));
  }

  override dispose(): void {
    super.dispose();
    for (const request of [...this.running.keys()]) this.withdraw(request);
  }

  protected override take(name: string, first: any, second: any, third: any): void {
    if (name === 'run') void this.runCommand(first, second);
    else if (name === 'withdrawn') this.withdraw(first);
    else super.take(name, first, second, third);
  }

  private async runCommand(request: number, invocation: Invocation): Promise<void> {
    const { command: name, deadline, key, params: json, sessionKey } = invocation;
    const answer = (kind: number, text: string): void => {
      this.running.delete(request);
      this.call_((raw) => raw.ran(request, kind, text));
    };
    const command = this.commands.get(name);
    if (!command) return answer(UNKNOWN, `There is no command ${name} here`);
    let params: unknown;
    try {
      params = json === '' ? {} : JSON.parse(json);
    } catch {
      return answer(UNPARSABLE, json);
    }
    const controller = new AbortController();
    this.running.set(request, controller);
    try {
      const result = await command.run(params, {
        key,
        sessionKey,
        deadline,
        signal: controller.signal,
        progress: (text) => {
          if (!controller.signal.aborted) this.call_((raw) => raw.progress(request, text));
        },
      });
      answer(RETURNED, JSON.stringify(result ?? null));
    } catch (error) {
      answer(THREW, messageOf(error));
    }
  }

  private withdraw(request: number): void {
    this.running.get(request)?.abort();
    this.running.delete(request);
  }
}

/**
 * Carries out commands for an OpenClaw gateway: a connection of its own, of the role `node`.
 *
 * Each call runs once, however often the gateway asks for it, and its result is told once to everybody who asked. A
 * command that is too late, or that nobody wants any more, is aborted by its signal.
 */
export const OpenClawNode: new (
  /** @throws GatewayError with code `invalid_option` */
  options: OpenClawNodeOptions,
) => Node = CommandNode;
export type OpenClawNode = Node;

function connectionOptions({ client, commands, ...options }: OpenClawNodeOptions): OpenClawClientOptions {
  if (commands === null || typeof commands !== 'object' || Object.keys(commands).length === 0) {
    throw new GatewayError('invalid_option', '`commands` must have at least one command');
  }
  const tools = [];
  for (const [command, { run, tool }] of Object.entries(commands)) {
    if (typeof run !== 'function') {
      throw new GatewayError('invalid_option', `The command ${command} must have \`run\``);
    }
    if (tool)
      tools.push({ pluginId: 'agent-gateway-client', parameters: { type: 'object' }, ...tool, command });
  }
  const given = {
    ...options,
    client: { id: 'node-host', mode: 'node', ...client },
    role: 'node',
    scopes: [],
    capabilities: options.capabilities ?? [],
    commands: Object.keys(commands),
    tools: tools.length > 0 ? JSON.stringify(tools) : undefined,
  };
  return given;
}
