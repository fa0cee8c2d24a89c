import type { ToolRegistry } from 'agent-gateway-client/run';

/** The tools this page offers to the agent. */
export const TOOLS: ToolRegistry = {
  demo: {
    getTime: ({ timeZone }: { timeZone?: unknown }) =>
      new Date().toLocaleString('en-GB', {
        dateStyle: 'full',
        timeStyle: 'long',
        timeZone: typeof timeZone === 'string' ? timeZone : undefined,
      }),
  },
};
