import type { OpenClawClient } from './client.js';
import type { OpenClawClientOptions } from './types.js';

/** One call of a command. */
export interface OpenClawCall {
  /** The call: the same when the gateway asks for it again. */
  readonly key: string;
  /** The session whose agent calls, where one does. */
  readonly sessionKey?: string;
  /** When the result is too late, in milliseconds since 1970. */
  readonly deadline: number;
  /** Aborted when the result is too late, or nobody wants it any more. */
  readonly signal: AbortSignal;
  /** Tells the gateway something before the end. What it does not take at once waits, up to 1 MiB; more is left out. */
  progress(text: string): void;
}

/** A tool that agents are told of. */
export interface OpenClawTool {
  name: string;
  description: string;
  /** The JSON schema of the parameters. Default: any object. */
  parameters?: object;
  /** Default `agent-gateway-client`. */
  pluginId?: string;
}

/** A command that the gateway may call here; `gateway.nodes.commands.allow` of its configuration must have its name. */
export interface OpenClawCommand {
  /** What it resolves with goes to the gateway as JSON, what it throws as an error. */
  run(params: any, call: OpenClawCall): unknown;
  /** Given where agents are to find it among their tools. */
  tool?: OpenClawTool;
}

/** Those of a client, apart from what a node has no use for. */
export interface OpenClawNodeOptions extends Omit<OpenClawClientOptions, 'role' | 'scopes'> {
  /** By their names, as `demo.echo`. */
  commands: Readonly<Record<string, OpenClawCommand>>;
}

/** A connection of the role `node`; see {@link OpenClawClient}. */
export type OpenClawNode = Pick<
  OpenClawClient,
  | 'call'
  | 'connect'
  | 'disconnect'
  | 'dispose'
  | 'explain'
  | 'hello'
  | 'on'
  | 'state'
  | 'updateAuth'
  | typeof Symbol.dispose
>;
