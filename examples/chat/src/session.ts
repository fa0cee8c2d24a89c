import type { ToolCallStorage } from 'agent-gateway-client/run';

const RUNS = 'chat.runs';

/** The runs that this tab started and that go on. */
type Runs = Record<string, true>;

/** Remembers over a reload that the tools of this run are run by this tab. */
export function rememberRun(operationId: string): void {
  write({ ...read(), [operationId]: true });
}

export function isStartedHere(operationId: string): boolean {
  return operationId in read();
}

export function forgetRun(operationId: string): void {
  const { [operationId]: forgotten, ...others } = read();
  if (forgotten) write(others);
}

/** Where all tabs of the browser keep which tool calls were taken on; `undefined` where nothing is kept. */
export function toolCalls(): ToolCallStorage | undefined {
  try {
    return localStorage;
  } catch {
    return undefined;
  }
}

// Storage can be switched off by the user, full, or hold something else: the page works without it.
function read(): Runs {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(RUNS) ?? 'null');
    return kept && typeof kept === 'object' ? (kept as Runs) : {};
  } catch {
    return {};
  }
}

function write(runs: Runs): void {
  try {
    sessionStorage.setItem(RUNS, JSON.stringify(runs));
  } catch {
    console.warn('The browser keeps nothing for this tab; after a reload no tool of its runs is run.');
  }
}
