import type { Glue } from '#glue';
import type { ToolCallStorage } from '../types/index.js';

const KEY = 'agent-gateway-client:tool-calls';

/** What this page took on, for runs without a storage and beside one. */
let taken: readonly string[] = [];

/**
 * Takes a tool call on for this page, and for all that share the storage. `false`: it was taken on before.
 *
 * Under a lock that all tabs share, where the browser has one. Rejects as the storage does: a call that may run
 * elsewhere does not run here.
 */
export function claimCall(
  { claim }: Glue['RawChatRun'],
  storage: ToolCallStorage | undefined,
  toolCallId: string,
): Promise<boolean> {
  const here = claim([...taken], toolCallId);
  if (!here) return Promise.resolve(false);
  taken = here;
  if (!storage) return Promise.resolve(true);
  const { locks } = globalThis.navigator ?? {};
  const claimShared = async (): Promise<boolean> => {
    const shared = claim(ids(await storage.getItem(KEY)), toolCallId);
    if (shared) await storage.setItem(KEY, JSON.stringify(shared));
    return shared !== undefined;
  };
  return locks ? locks.request(KEY, claimShared) : claimShared();
}

/** What is no list of ids was written by somebody else, and is replaced. */
function ids(text: string | null | undefined): string[] {
  try {
    const list: unknown = JSON.parse(text ?? '[]');
    return Array.isArray(list) ? list.filter((id) => typeof id === 'string') : [];
  } catch {
    return [];
  }
}
