/** The application that asks for a run. */
export type ClientRuntime = 'desktop' | 'web';

/** What decides where a tool runs; what is left out counts as `false`, or as not said. */
export interface ToolDispatchFacts {
  /** Whether a machine was chosen without the agent asking for it. */
  autoActivated?: boolean;
  /** Whether the user's plan and settings allow tools on a machine. */
  canUseDevice?: boolean;
  clientRuntime?: ClientRuntime;
  /** Whether a machine is reachable through the device gateway. */
  deviceOnline?: boolean;
  /** Whether the agent goes without the tools of the local system. */
  disableLocalSystem?: boolean;
  /** The executors that the tool's manifest names. */
  executors?: readonly string[];
  /** Whether there is a device gateway, through which the server reaches machines; not the agent gateway. */
  gatewayConfigured?: boolean;
  /** `'local'` or anything else; left out, it is local on a desktop and not on the web. */
  runtimeMode?: string;
  /** Whether the tool is a plugin that speaks MCP over the standard streams of a process. */
  stdioMcp?: boolean;
}

/** Where a tool runs. */
export interface ToolDispatchPlan {
  /** `'client'`: by `tool_execute` over the agent gateway. Left out: by the server, or through the device gateway. */
  executor?: 'client';
  /** Whether the tools of the local system are offered. */
  localSystem: boolean;
  /** The platform whose preferences count. */
  platform: ClientRuntime;
  /** Whether the agent is offered to look for a machine and choose it. */
  remoteDevice: boolean;
}
