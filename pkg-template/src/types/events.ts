import type { AgentInterventionRequestData, AgentInterventionResponseData } from './intervention.js';
import type { LlmCancelData, LlmExecuteData } from './llm.js';

/** Names of the events an agent run streams. */
export type AgentStreamEventType =
  | 'agent_intervention_request'
  | 'agent_intervention_response'
  | 'agent_runtime_end'
  | 'agent_runtime_init'
  | 'error'
  | 'llm_cancel'
  | 'llm_execute'
  | 'member_runtime_end'
  | 'message_patch'
  | 'notify_update'
  | 'step_complete'
  | 'step_start'
  | 'stream_chunk'
  | 'stream_end'
  | 'stream_retry'
  | 'stream_start'
  | 'tool_end'
  | 'tool_execute'
  | 'tool_result'
  | 'tool_start'
  | 'visible_output_end';

/**
 * One event of an agent run, exactly as the gateway sent it.
 *
 * `timestamp` is in milliseconds since the epoch. `data` depends on `type`; see the `…Data` types.
 */
export interface AgentStreamEvent {
  data: any;
  id?: string;
  operationId: string;
  stepIndex: number;
  timestamp: number;
  type: AgentStreamEventType;
}

export type StreamChunkType =
  | 'base64_image'
  | 'content_part'
  | 'grounding'
  | 'image'
  | 'reasoning'
  | 'reasoning_part'
  | 'text'
  | 'tool_state'
  | 'tools_calling';

/** A part of a multi-modal answer. */
export type StreamChunkPart = { text: string; type: 'text' } | { image: string; type: 'image' };

/**
 * `data` of a `stream_chunk`.
 *
 * Without `snapshotMode` the text is appended; with `'replace'` it is the whole text so far, and is applied only when
 * `snapshotSeq` is above the last one applied.
 */
export interface StreamChunkData {
  chunkType: StreamChunkType;
  content?: string;
  contentParts?: StreamChunkPart[];
  grounding?: any;
  imageList?: any[];
  images?: any[];
  pluginState?: any;
  reasoning?: string;
  reasoningParts?: StreamChunkPart[];
  relayCallId?: string;
  snapshotMode?: 'replace';
  snapshotSeq?: number;
  toolCallId?: string;
  toolMessageIds?: Record<string, string>;
  toolsCalling?: any[];
}

/** A `stream_chunk` that replaces the state of a running tool. */
export interface ToolStateChunkData extends StreamChunkData {
  chunkType: 'tool_state';
  pluginState: any;
  snapshotMode: 'replace';
  snapshotSeq: number;
  toolCallId: string;
}

/** The row a `stream_start` announces. */
export interface StreamStartAssistantMessage {
  agentId?: string | null;
  groupId?: string | null;
  id: string;
  model?: string | null;
  parentId?: string | null;
  provider?: string | null;
  role?: string;
  threadId?: string | null;
  topicId?: string | null;
}

export interface StreamStartData {
  assistantMessage: StreamStartAssistantMessage;
  model?: string;
  newStep?: boolean;
  provider?: string;
}

export interface ToolStartData {
  parentMessageId: string;
  toolCalling: any;
}

/** `data` of a `tool_end`; `executionTime` is in milliseconds. */
export interface ToolEndData {
  executionTime?: number;
  isSuccess: boolean;
  payload?: any;
  result?: any;
}

/**
 * `data` of a `tool_execute`: the gateway asks this client to run a tool.
 *
 * `arguments` is JSON text as the model produced it. Answer with `sendToolResult` within `executionTimeoutMs`.
 */
export interface ToolExecuteData {
  agentId?: string | null;
  apiName: string;
  arguments: string;
  assistantMessageId?: string | null;
  documentId?: string | null;
  executionTimeoutMs: number;
  groupId?: string | null;
  identifier: string;
  rootOperationId?: string | null;
  scope?: string | null;
  sourceMessageId?: string | null;
  taskId?: string | null;
  threadId?: string | null;
  toolCallId: string;
  toolMessageId?: string | null;
  topicId?: string | null;
}

export interface StepCompleteData {
  finalState?: any;
  phase: string;
  reason?: string;
  reasonDetail?: string;
}

/** `data` of a `step_complete` whose phase is `subagent_progress`. */
export interface SubAgentProgressData extends StepCompleteData {
  model?: string;
  phase: 'subagent_progress';
  toolMessageId: string;
  totalCost?: number;
  totalInputTokens?: number;
  totalOutputTokens?: number;
  totalTokens?: number;
  totalToolCalls?: number;
}

/** One insertion or replacement; `afterId: null` means the front of the list. */
export interface MessagePatchUpsert {
  afterId: string | null;
  message: any;
}

/** `data` of a `message_patch`: delete first, then apply the upserts in order. */
export interface MessagePatchData {
  deletes: string[];
  revision: number;
  upserts: MessagePatchUpsert[];
}

/** `data` of `agent_runtime_end` and `member_runtime_end`. */
export interface AgentRuntimeEndData {
  errorType?: string;
  finalState?: any;
  messagePatchMode?: true;
  messageRevision?: number;
  reason?: string;
  reasonDetail?: string;
  uiMessages?: any[];
}

/** `data` by event type, for the types whose payload is known. */
export interface AgentStreamEventDataMap {
  agent_intervention_request: AgentInterventionRequestData;
  agent_intervention_response: AgentInterventionResponseData;
  agent_runtime_end: AgentRuntimeEndData;
  llm_cancel: LlmCancelData;
  llm_execute: LlmExecuteData;
  member_runtime_end: AgentRuntimeEndData;
  message_patch: MessagePatchData;
  step_complete: StepCompleteData;
  stream_chunk: StreamChunkData;
  stream_start: StreamStartData;
  tool_end: ToolEndData;
  tool_execute: ToolExecuteData;
  tool_start: ToolStartData;
}
