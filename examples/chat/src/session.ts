import type { Script } from './api';

/** The run this tab works on, kept so that a reload can take it up again. */
export interface RunRecord {
  operationId: string;
  prompt: string;
  script: Script;
}

const RUN = 'chat.run';
const TOOL_RESULTS = 'chat.toolResults';

export function rememberRun(record: RunRecord): void {
  write(RUN, record);
}

export function recallRun(): RunRecord | undefined {
  const record = read<Partial<RunRecord>>(RUN);
  return record?.operationId ? (record as RunRecord) : undefined;
}

/** Forgets the run, unless another one took its place. */
export function forgetRun(operationId: string): void {
  if (recallRun()?.operationId !== operationId) return;
  remove(RUN);
  remove(TOOL_RESULTS);
}

/** Results of client tools by tool call, so that a reload does not run a tool a second time. */
export function toolResults<T>(): {
  get: (toolCallId: string) => T | undefined;
  set: (toolCallId: string, result: T) => void;
} {
  return {
    get: (toolCallId) => read<Record<string, T>>(TOOL_RESULTS)?.[toolCallId],
    set: (toolCallId, result) =>
      write(TOOL_RESULTS, { ...read<Record<string, T>>(TOOL_RESULTS), [toolCallId]: result }),
  };
}

// Storage can be switched off by the user, full, or hold something else: the page works without it.
function read<T>(key: string): T | undefined {
  try {
    return (JSON.parse(sessionStorage.getItem(key) ?? 'null') as T | null) ?? undefined;
  } catch {
    return undefined;
  }
}

function write(key: string, value: unknown): void {
  try {
    sessionStorage.setItem(key, JSON.stringify(value));
  } catch {
    console.warn('The browser keeps nothing for this tab; a reload will not find the run again.');
  }
}

function remove(key: string): void {
  try {
    sessionStorage.removeItem(key);
  } catch {
    // Nothing was kept, so there is nothing to remove.
  }
}
