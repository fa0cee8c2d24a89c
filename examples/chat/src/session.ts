const RUNS = 'chat.runs';

/** Tool results by tool call, of each run that this tab started and that goes on. */
type Runs = Record<string, Record<string, unknown>>;

/** Remembers over a reload that the tools of this run are run by this tab. */
export function rememberRun(operationId: string): void {
  const runs = read();
  write({ ...runs, [operationId]: runs[operationId] ?? {} });
}

export function isStartedHere(operationId: string): boolean {
  return operationId in read();
}

export function forgetRun(operationId: string): void {
  const { [operationId]: forgotten, ...others } = read();
  if (forgotten) write(others);
}

/** Results of the client tools of a run, so that a reload does not run a tool a second time. */
export function toolResults<T>(operationId: string): {
  get: (toolCallId: string) => T | undefined;
  set: (toolCallId: string, result: T) => void;
} {
  return {
    get: (toolCallId) => read()[operationId]?.[toolCallId] as T | undefined,
    set: (toolCallId, result) => {
      const runs = read();
      write({ ...runs, [operationId]: { ...runs[operationId], [toolCallId]: result } });
    },
  };
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
