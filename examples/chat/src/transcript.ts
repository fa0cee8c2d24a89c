import type { AgentStreamEvent, StreamChunkData } from 'agent-gateway-client/mux';

export type ToolState = 'called' | 'running' | 'running-here' | 'done' | 'failed' | 'stopped';

export interface TextBlock {
  kind: 'text';
  text: string;
}

export interface ReasoningBlock {
  kind: 'reasoning';
  text: string;
  open: boolean;
}

export interface ToolBlock {
  kind: 'tool';
  toolCallId: string;
  name: string;
  arguments: string;
  state: ToolState;
  result?: string;
}

export interface MemberBlock {
  kind: 'member';
  label: string;
  transcript: Transcript;
}

export interface InputBlock {
  kind: 'input';
  requestId: string;
  prompt: string;
  /** `open` until it was answered here, or the run went on without this page. */
  state: 'open' | 'answered' | 'closed';
  answer?: string;
}

export type Block = TextBlock | ReasoningBlock | ToolBlock | MemberBlock | InputBlock;

interface ToolCalling {
  id?: string;
  identifier?: string;
  apiName?: string;
  arguments?: string;
}

/**
 * What the events of one operation add up to: an ordered list of blocks. Events of other operations on the same channel
 * (members of a group) get a transcript of their own inside a member block.
 */
export class Transcript {
  readonly blocks: Block[] = [];
  /** Why the run failed, from its `error` event. */
  error: string | undefined;
  /** True between `visible_output_end` and the next `stream_start`: nothing more to read, the run still works. */
  visibleOutputEnded = false;
  /** True after this operation's own terminal event; everything later is ignored. */
  ended = false;

  private messageStart = 0;
  private readonly watermark = { text: 0, reasoning: 0 };
  private readonly members = new Map<string, Transcript>();

  constructor(readonly operationId: string) {}

  /** The text of all messages, without reasoning, tools and members. */
  get text(): string {
    return this.blocks.map((block) => (block.kind === 'text' ? block.text : '')).join('');
  }

  /** The agent waits for an answer of the user. */
  get hasOpenQuestion(): boolean {
    return this.blocks.some((block) => block.kind === 'input' && block.state === 'open');
  }

  apply(event: AgentStreamEvent): void {
    const data = (event.data ?? {}) as Record<string, unknown>;
    if (event.operationId && event.operationId !== this.operationId)
      return this.member(event.operationId).apply(event);
    if (this.ended || data.subagent) return;
    switch (event.type) {
      case 'stream_start':
        this.messageStart = this.blocks.length;
        this.visibleOutputEnded = false;
        return;
      case 'stream_chunk':
        return this.applyChunk(data as unknown as StreamChunkData);
      case 'stream_end':
        this.closeReasoning();
        if (typeof data.finalContent === 'string' && data.finalContent)
          this.replaceMessage(data.finalContent);
        return;
      case 'visible_output_end':
        this.visibleOutputEnded = this.text !== '';
        return;
      case 'tool_start':
        return this.applyTool(toolCalling(data), 'running');
      case 'tool_execute':
        return this.applyTool({ ...(data as ToolCalling), id: data.toolCallId as string }, 'running-here');
      case 'tool_end':
        return this.applyToolEnd(data);
      case 'error':
        this.error = errorText(data);
        return this.end();
      case 'agent_runtime_end':
        if (data.reason === 'error')
          this.error ??= String(data.reasonDetail ?? 'The run ended with an error.');
        return this.end();
    }
  }

  /** Adds a question of the agent; the same question again (a replay) changes nothing. */
  ask(requestId: string, prompt: string): void {
    if (this.question(requestId)) return;
    this.blocks.push({ kind: 'input', requestId, prompt, state: 'open' });
  }

  answer(requestId: string, answer: string): void {
    const question = this.question(requestId);
    if (question) Object.assign(question, { state: 'answered', answer });
  }

  /** Questions nobody answered here are moot once the run goes on. */
  closeQuestions(): void {
    for (const block of this.blocks) {
      if (block.kind === 'input' && block.state === 'open') block.state = 'closed';
    }
  }

  /** Takes the stored text of the run in place of the streamed one, when parts of the stream are lost. */
  replaceText(text: string): void {
    if (text === this.text) return;
    this.messageStart = 0;
    this.replaceMessage(text);
  }

  /** Nothing follows: reasoning is closed, tools without a result and open questions are left as they are. */
  end(): void {
    this.ended = true;
    this.closeReasoning();
    this.closeQuestions();
    for (const block of this.blocks) {
      if (block.kind === 'tool' && !['done', 'failed'].includes(block.state)) block.state = 'stopped';
      if (block.kind === 'member') block.transcript.end();
    }
  }

  private applyChunk(chunk: StreamChunkData): void {
    this.closeQuestions();
    switch (chunk.chunkType) {
      case 'text':
        if (!this.isNew('text', chunk)) return;
        this.closeReasoning();
        if (chunk.snapshotMode === 'replace') return this.replaceMessage(chunk.content ?? '');
        return this.appendText(chunk.content ?? '');
      case 'reasoning':
        if (this.isNew('reasoning', chunk)) this.applyReasoning(chunk);
        return;
      case 'content_part':
        return this.appendText(
          (chunk.contentParts ?? []).map((part) => (part.type === 'text' ? part.text : '')).join(''),
        );
      case 'tools_calling':
        for (const tool of chunk.toolsCalling ?? []) this.applyTool(tool, 'called');
        return;
    }
  }

  /** Snapshots may repeat or arrive late: only a higher sequence number than the last one counts. */
  private isNew(kind: 'text' | 'reasoning', chunk: StreamChunkData): boolean {
    if (chunk.snapshotSeq === undefined) return true;
    if (chunk.snapshotSeq <= this.watermark[kind]) return false;
    this.watermark[kind] = chunk.snapshotSeq;
    return true;
  }

  private appendText(text: string): void {
    if (!text) return;
    const last = this.blocks.at(-1);
    if (last?.kind === 'text' && this.blocks.length > this.messageStart) last.text += text;
    else this.blocks.push({ kind: 'text', text });
  }

  private replaceMessage(text: string): void {
    const parts = this.blocks.slice(this.messageStart).filter((block) => block.kind === 'text');
    if (parts.map((part) => part.text).join('') === text) return;
    const [first, ...rest] = parts;
    if (!first) return this.appendText(text);
    first.text = text;
    for (const part of rest) this.blocks.splice(this.blocks.indexOf(part), 1);
  }

  private applyReasoning(chunk: StreamChunkData): void {
    const text = chunk.reasoning ?? chunk.content ?? '';
    const last = this.blocks.at(-1);
    const current = last?.kind === 'reasoning' && last.open ? last : undefined;
    if (!current) this.blocks.push({ kind: 'reasoning', text, open: true });
    else if (chunk.snapshotMode === 'replace') current.text = text;
    else current.text += text;
  }

  private closeReasoning(): void {
    for (const block of this.blocks) if (block.kind === 'reasoning') block.open = false;
  }

  private applyTool(calling: ToolCalling, state: ToolState): void {
    if (!calling.id) return;
    const known = this.tool(calling.id);
    if (!known) {
      this.blocks.push({
        kind: 'tool',
        toolCallId: calling.id,
        name: [calling.identifier, calling.apiName].filter(Boolean).join(' › ') || 'tool',
        arguments: calling.arguments ?? '',
        state,
      });
      return;
    }
    known.arguments = calling.arguments || known.arguments;
    if (rank(state) > rank(known.state)) known.state = state;
  }

  private applyToolEnd(data: Record<string, unknown>): void {
    const calling = toolCalling((data.payload ?? data) as Record<string, unknown>);
    const result = data.result as { content?: unknown; error?: { message?: string } } | undefined;
    const state = data.isSuccess === false ? 'failed' : 'done';
    this.applyTool({ ...calling, id: calling.id ?? (data.toolCallId as string | undefined) }, state);
    const block = calling.id ? this.tool(calling.id) : undefined;
    const content = result?.error?.message ?? result?.content;
    if (block && typeof content === 'string') block.result = content;
  }

  private tool(toolCallId: string): ToolBlock | undefined {
    return this.blocks.find((block) => block.kind === 'tool' && block.toolCallId === toolCallId) as
      ToolBlock | undefined;
  }

  private question(requestId: string): InputBlock | undefined {
    return this.blocks.find((block) => block.kind === 'input' && block.requestId === requestId) as
      InputBlock | undefined;
  }

  private member(operationId: string): Transcript {
    const known = this.members.get(operationId);
    if (known) return known;
    const transcript = new Transcript(operationId);
    this.members.set(operationId, transcript);
    this.blocks.push({ kind: 'member', label: `Member ${this.members.size}`, transcript });
    return transcript;
  }
}

function toolCalling(data: Record<string, unknown>): ToolCalling {
  return (data.toolCalling ?? data) as ToolCalling;
}

function rank(state: ToolState): number {
  return ['called', 'running', 'running-here', 'failed', 'done'].indexOf(state);
}

function errorText(data: Record<string, unknown>): string {
  const body = data.body as { message?: unknown } | undefined;
  const text = [data.message, body?.message, data.error, data.errorType].find(
    (part) => typeof part === 'string',
  );
  return (text as string | undefined) ?? 'The run ended with an error.';
}
