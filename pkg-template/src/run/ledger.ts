import type { ToolCallStorage } from '../types/index.js';

const KEY = 'agent-gateway-client:tool-calls';
/** Of these the ones that nobody answered. */
const OPEN_KEY = `${KEY}-open`;

/** What this page took on, for runs without a storage and beside one. */
let taken: readonly string[] = [];
/** Of these the ones that nobody answered; each with what lets go of its lock while it is worked on. */
const open = new Map<string, (() => void) | undefined>();

/** Takes a call on, where these ids do not name it: the ids with it. */
type TakeOn = (ids: string[], toolCallId: string) => string[] | undefined;

/** Whether a call may run here; `abandoned`: it ran, and whoever ran it went away before it answered. */
export type Claim = 'abandoned' | 'granted' | 'taken';

/**
 * The tool calls of one run: none runs twice, also not in another tab or after a reload where the storage is shared.
 *
 * A call is worked on under a lock of its own, which the browser lets go of with the page: so a call that was left is
 * told from one that another tab works on.
 */
export class ToolCalls {
  private isOver = false;
  private readonly mine = new Set<string>();
  private readonly claiming = new Set<string>();

  constructor(
    private readonly claimed: () => TakeOn,
    private readonly storage: ToolCallStorage | undefined,
  ) {}

  /**
   * Takes a call on. Rejects as the storage does: a call that may run elsewhere does not run here. One that may not run
   * here is only looked up: whoever ran it may have left it.
   */
  async claim(toolCallId: string, mayRun: boolean): Promise<Claim> {
    const claim = this.claimed();
    const here = claim([...taken], toolCallId);
    const isNew = here !== undefined;
    if (!isNew && (!open.has(toolCallId) || open.get(toolCallId))) return 'taken';
    if (!mayRun) return this.claimShared(claim, toolCallId, isNew, false).catch(() => 'taken');
    taken = here ?? taken;
    this.claiming.add(toolCallId);
    const granted = await this.claimShared(claim, toolCallId, isNew, true);
    const isAwaited = this.claiming.delete(toolCallId);
    if (granted === 'granted') this.mine.add(toolCallId);
    if (!isAwaited) await this.answered(toolCallId);
    if (this.isOver) this.leave();
    return granted;
  }

  /** Nobody waits for the result of a call any more, be it that nobody said in time whether it may run. */
  async answered(toolCallId: string): Promise<void> {
    if (this.claiming.delete(toolCallId)) return;
    if (!this.mine.delete(toolCallId)) return;
    const letGo = open.get(toolCallId);
    open.delete(toolCallId);
    // Where it fails, the next page answers once more, and nobody waits for that.
    await this.forget(toolCallId).catch(() => {});
    letGo?.();
  }

  /** The run is over here. What was not answered is left to whoever follows it next. */
  leave(): void {
    this.isOver = true;
    for (const toolCallId of this.mine) {
      open.get(toolCallId)?.();
      open.set(toolCallId, undefined);
    }
    this.mine.clear();
  }

  private async claimShared(
    claim: TakeOn,
    toolCallId: string,
    isNew: boolean,
    mayRun: boolean,
  ): Promise<Claim> {
    const { storage } = this;
    if (!storage) return isNew && !mayRun ? 'taken' : this.claimHere(toolCallId, isNew);
    const wasLeftHere = open.has(toolCallId);
    return exclusively(async () => {
      const shared = claim(await stored(storage, KEY), toolCallId);
      const left = await stored(storage, OPEN_KEY);
      if (shared && !mayRun) return 'taken';
      if (shared) {
        await store(storage, OPEN_KEY, [...left, toolCallId].slice(-MOST_OPEN));
        await store(storage, KEY, shared);
        open.set(toolCallId, await hold(toolCallId));
        return 'granted';
      }
      if (!left.includes(toolCallId)) return 'taken';
      if (!wasLeftHere && (await isWorkedOn(toolCallId))) return 'taken';
      await store(storage, OPEN_KEY, without(left, toolCallId));
      open.delete(toolCallId);
      return 'abandoned';
    });
  }

  private claimHere(toolCallId: string, isNew: boolean): Claim {
    if (isNew) open.set(toolCallId, () => {});
    else open.delete(toolCallId);
    return isNew ? 'granted' : 'abandoned';
  }

  private async forget(toolCallId: string): Promise<void> {
    const { storage } = this;
    if (!storage) return;
    await exclusively(async () => {
      await store(storage, OPEN_KEY, without(await stored(storage, OPEN_KEY), toolCallId));
    });
  }
}

/** A page works on fewer calls than this at once. */
const MOST_OPEN = 100;

/** Under a lock that all tabs share, where the browser has one. */
function exclusively<T>(use: () => Promise<T>): Promise<T> {
  const locks = lockManager();
  return locks ? locks.request(KEY, use) : use();
}

/** Holds the lock of a call; resolves with what lets go of it. */
function hold(toolCallId: string): Promise<() => void> {
  const locks = lockManager();
  return new Promise((held, failed) => {
    if (!locks) return held(() => {});
    locks
      .request(lockOf(toolCallId), { ifAvailable: true }, () => new Promise<void>((letGo) => held(letGo)))
      .catch(failed);
  });
}

/** Whether a page works on a call; without locks nobody can tell that none does. */
async function isWorkedOn(toolCallId: string): Promise<boolean> {
  const { held } = (await lockManager()?.query()) ?? {};
  return held?.some(({ name }) => name === lockOf(toolCallId)) ?? true;
}

function lockOf(toolCallId: string): string {
  return `${KEY} ${toolCallId}`;
}

function lockManager(): LockManager | undefined {
  return globalThis.navigator?.locks;
}

function store(storage: ToolCallStorage, key: string, list: readonly string[]): unknown {
  return storage.setItem(key, JSON.stringify(list));
}

/** What is no list of ids was written by somebody else, and is replaced. */
async function stored(storage: ToolCallStorage, key: string): Promise<string[]> {
  try {
    const list: unknown = JSON.parse((await storage.getItem(key)) ?? '[]');
    return Array.isArray(list) ? list.filter((id) => typeof id === 'string') : [];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}

function without(list: readonly string[], toolCallId: string): string[] {
  return list.filter((id) => id !== toolCallId);
}
