import type {
  AgentInterventionInteractionKind,
  AgentInterventionProvider,
  AgentInterventionRenderArguments,
  AgentInterventionRenderOption,
  AgentInterventionRenderQuestion,
  AgentInterventionRequestData,
  AgentInterventionResponseData,
  AgentStreamClientEvents,
  AgentStreamClientFeature,
  AgentStreamEvent,
  AgentStreamEventType,
  AgentStreamSessionCompletion,
  ClientRuntime,
  LlmCancelData,
  LlmExecuteData,
  LlmRelayBatch,
  LlmRelayBatchAck,
  LlmRelayDeadlines,
  LlmRelayMethod,
  MessagePatchData,
  MessagePatchUpsert,
  MirroredTerminalEchoProtocol,
  MirroredTerminalEchoSignal,
  ResumeCompleteInfo,
  SessionStatus,
  StepCompleteData,
  StreamChunkData,
  StreamChunkType,
  StreamStartData,
  SubAgentProgressData,
  TerminalSessionStatus,
  ToolDispatchFacts,
  ToolDispatchPlan,
  ToolEndData,
  ToolExecuteData,
  ToolResultMessage,
  ToolResultPayload,
  ToolStartData,
  ToolStateChunkData,
} from 'agent-gateway-client';

/** Every type is used once, so that a missing export is an error. */
export interface Vocabulary {
  dispatch: [ClientRuntime, ToolDispatchFacts, ToolDispatchPlan];
  chunk: [StreamChunkData, StreamChunkType, StreamStartData, ToolStateChunkData];
  event: [AgentStreamEvent, AgentStreamEventType, AgentStreamClientEvents, AgentStreamSessionCompletion];
  feature: AgentStreamClientFeature;
  guard: [MirroredTerminalEchoProtocol, MirroredTerminalEchoSignal];
  intervention: [
    AgentInterventionInteractionKind,
    AgentInterventionProvider,
    AgentInterventionRenderArguments,
    AgentInterventionRenderOption,
    AgentInterventionRenderQuestion,
    AgentInterventionRequestData,
    AgentInterventionResponseData,
  ];
  llm: [LlmCancelData, LlmExecuteData, LlmRelayDeadlines, LlmRelayBatch, LlmRelayBatchAck, LlmRelayMethod];
  patch: [MessagePatchData, MessagePatchUpsert];
  status: [SessionStatus, TerminalSessionStatus, ResumeCompleteInfo];
  step: [StepCompleteData, SubAgentProgressData];
  tool: [ToolEndData, ToolExecuteData, ToolResultMessage, ToolResultPayload, ToolStartData];
}

export const event: AgentStreamEvent = {
  data: { chunkType: 'text', content: 'Hel' } satisfies StreamChunkData,
  operationId: 'op_1',
  stepIndex: 0,
  timestamp: 1,
  type: 'stream_chunk',
};

export const ended: TerminalSessionStatus[] = ['completed', 'error', 'interrupted'];
// @ts-expect-error a running session has not ended
export const running: TerminalSessionStatus = 'running';
