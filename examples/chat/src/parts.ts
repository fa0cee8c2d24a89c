import type { ChatMessage, ChatMessagePart, ChatToolPart } from 'agent-gateway-client/run';
import type { Question } from './questions';

/** What an answer shows, in order. A block keeps its key while it changes. */
export type Block = { readonly key: string } & (
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'reasoning'; readonly text: string; readonly open: boolean }
  | { readonly kind: 'tool'; readonly tool: ChatToolPart }
  | MemberBlock
  | { readonly kind: 'input'; readonly question: Question }
);

interface MemberBlock {
  readonly kind: 'member';
  readonly label: string;
  readonly blocks: Block[];
  open: boolean;
}

/** The text of the agent itself, without reasoning, tools and members. */
export function textOf(messages: readonly ChatMessage[]): string {
  const parts = messages.filter(({ member }) => member === undefined).flatMap(partsOf);
  return parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
}

/** The blocks of an answer; `stored`, once it is known, takes the place of the text that was streamed. */
export function blocksOf(
  messages: readonly ChatMessage[],
  questions: readonly Question[],
  stored: string | undefined,
): Block[] {
  const members = new Map<string, MemberBlock>();
  const blocks: Block[] = [];
  const ask = (count: number) => {
    for (const question of questions) {
      // After a reload questions come before the messages are shown, and have no place until then.
      if (messages.length > 0) question.after ??= messages.length;
      if ((question.after ?? 0) === count)
        blocks.push({ key: `input ${question.id}`, kind: 'input', question });
    }
  };
  ask(0);
  messages.forEach((message, index) => {
    const shown = partsOf(message).flatMap((part, place) => blockOf(message, part, place) ?? []);
    if (message.member === undefined)
      blocks.push(...shown.filter(({ kind }) => kind !== 'text' || stored === undefined));
    else {
      const member = memberBlock(message.member);
      member.blocks.push(...shown);
      member.open = message.activity !== 'settled';
    }
    ask(index + 1);
  });
  if (stored) blocks.push({ key: 'stored', kind: 'text', text: stored });
  return blocks;

  function memberBlock(operationId: string): MemberBlock {
    const known = members.get(operationId);
    if (known) return known;
    const member: MemberBlock = {
      kind: 'member',
      label: `Member ${members.size + 1}`,
      blocks: [],
      open: true,
    };
    members.set(operationId, member);
    blocks.push(Object.assign(member, { key: `member ${operationId}` }));
    return member;
  }
}

/** What the user said is shown by the page itself. */
function partsOf({ parts, role }: ChatMessage): readonly ChatMessagePart[] {
  return role === 'user' ? [] : parts;
}

function blockOf(message: ChatMessage, part: ChatMessagePart, place: number): Block | undefined {
  const key = `${message.key} ${part.type} ${part.type === 'tool' ? part.id : place}`;
  switch (part.type) {
    case 'text':
      return { key, kind: 'text', text: part.text };
    case 'reasoning':
      return { key, kind: 'reasoning', text: part.text, open: message.activity === 'reasoning' };
    case 'tool':
      return { key, kind: 'tool', tool: part };
    default:
      // Images, sources and errors: the failure is shown below the answer.
      return undefined;
  }
}
