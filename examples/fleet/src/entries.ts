import type { OpenClawChatSnapshot, OpenClawRun } from 'agent-gateway-client/openclaw';

/** What a conversation shows, in order. An entry keeps its key while it changes. */
export type Entry = { readonly key: string } & (
  | { readonly kind: 'user'; readonly text: string }
  | { readonly kind: 'agent'; readonly text: string }
  | { readonly kind: 'tool'; readonly name: string; readonly detail: string; readonly isError: boolean }
  | { readonly kind: 'run'; readonly run: OpenClawRun; readonly isStale: boolean }
);

/** An entry with the run that it belongs to, where the gateway tells. */
type Placed = readonly [entry: Entry, run?: string];

/**
 * The conversation of a snapshot. `sent` holds what was typed, by run, until the gateway's messages have it: the
 * snapshot knows the run and not its text.
 */
export function entriesOf(
  { messages, runs }: Pick<OpenClawChatSnapshot, 'messages' | 'runs'>,
  sent: ReadonlyMap<string, string>,
  isStale = false,
): Entry[] {
  const placed: Placed[] = messages.flatMap(placedOf);
  for (const run of runs) {
    const text = sent.get(run.id);
    if (text !== undefined && !hasMessageOf(messages, run.id)) placed.push([userEntry(run.id, text), run.id]);
    placed.splice(placeOf(placed, run.id), 0, ...rest(run, placed, isStale));
  }
  return placed.map(([entry]) => entry);
}

/** Whether the gateway's messages have what was typed for this run. */
export function hasMessageOf(messages: readonly any[], run: string): boolean {
  return messages.some((message) => message?.idempotencyKey === `${run}:user`);
}

/** Behind the last that belongs to the run, or at the end. */
function placeOf(placed: readonly Placed[], run: string): number {
  return placed.findLastIndex(([, owner]) => owner === run) + 1 || placed.length;
}

/** What a run adds to the messages: the text that is not in them yet, and its state unless all is well. */
function rest(run: OpenClawRun, placed: readonly Placed[], isStale: boolean): Placed[] {
  const added: Placed[] = [];
  const text = textBeyond(run, placed);
  if (text) added.push([{ key: `text ${run.id}`, kind: 'agent', text }, run.id]);
  if (run.state !== 'done') added.push([{ key: `run ${run.id}`, kind: 'run', run, isStale }, run.id]);
  return added;
}

/** The messages may be ahead of the pieces, or behind them. Once the run is over they are the whole of it. */
function textBeyond(run: OpenClawRun, placed: readonly Placed[]): string {
  let left = run.text.trimStart();
  for (const [entry, owner] of placed) {
    if (owner !== run.id || entry.kind !== 'agent') continue;
    if (!isOpen(run) || entry.text.startsWith(left)) return '';
    if (left.startsWith(entry.text)) left = left.slice(entry.text.length).trimStart();
  }
  return left;
}

const OPEN: readonly OpenClawRun['state'][] = ['accepted', 'sending', 'streaming', 'uncertain'];

export function isOpen({ state }: OpenClawRun): boolean {
  return OPEN.includes(state);
}

function placedOf(message: any, index: number): Placed[] {
  const { __openclaw: own, content, idempotencyKey, role } = message ?? {};
  const id = String(own?.id ?? `row ${index}`);
  const blocks: any[] = typeof content === 'string' ? [{ type: 'text', text: content }] : (content ?? []);
  const text = textOf(blocks);
  if (role === 'user') {
    const run = /^(.+):user$/.exec(String(idempotencyKey))?.[1];
    return [[userEntry(run ?? id, text), run]];
  }
  const run: string | undefined = own?.runId;
  if (role === 'toolResult') {
    const { isError = false, toolName = 'tool' } = message;
    return [[{ key: id, kind: 'tool', name: `${toolName} answered`, detail: text, isError }, run]];
  }
  const calls = blocks.filter(({ type }) => type === 'toolCall');
  return [
    ...(text ? [[{ key: id, kind: 'agent', text }, run] satisfies Placed] : []),
    ...calls.map((call, place): Placed => [toolEntry(`${id} ${place}`, call), run]),
  ];
}

function userEntry(id: string, text: string): Entry {
  return { key: `user ${id}`, kind: 'user', text };
}

function toolEntry(key: string, { arguments: given, name = 'tool' }: any): Entry {
  const detail = typeof given?.command === 'string' ? given.command : JSON.stringify(given ?? {});
  return { key, kind: 'tool', name, detail, isError: false };
}

function textOf(blocks: readonly any[]): string {
  return blocks.map(({ text, type }) => (type === 'text' ? text : '')).join('');
}
