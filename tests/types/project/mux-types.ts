import type { MuxClientMessage, MuxServerMessage } from 'agent-gateway-client/mux';

/** Every type is passed on once, so that a missing export is an error. */
export type {
  DocumentChannel,
  DocumentChannelHandler,
  GatewayMuxClientEvents,
  GatewayMuxClientOptions,
  GatewayMuxStatus,
  MirroredTerminalEchoProtocol,
  MirroredTerminalEchoSignal,
  MuxAgentEventMessage,
  MuxClientMessage,
  MuxDocAwarenessEntry,
  MuxDocClientMessage,
  MuxDocServerMessage,
  MuxErrorMessage,
  MuxHeartbeatAckMessage,
  MuxHeartbeatMessage,
  MuxInputRequestMessage,
  MuxOpLifecycleMessage,
  MuxOperationMessage,
  MuxOperationMeta,
  MuxReadyMessage,
  MuxResumeCompleteMessage,
  MuxServerMessage,
  MuxSessionCompleteMessage,
  MuxStatusChangeMessage,
  MuxSubscribeFailedMessage,
  MuxSubscribeMessage,
  MuxToolConfirmationMessage,
  MuxToolConfirmationRequestMessage,
  MuxToolResultMessage,
  MuxUnsubscribeMessage,
  MuxUserInputMessage,
  OperationClient,
  OperationClientEvents,
  OperationClientOptions,
  OperationSubscribeOptions,
  OperationSubscription,
  OperationSubscriptionEvents,
  ResumeCompleteInfo,
  ToolResultPayload,
} from 'agent-gateway-client/mux';

const frames: MuxServerMessage[] = [
  { type: 'ready', userId: 'user_1', connectionId: 'c-1', protocol: 2 },
  {
    type: 'agent_event',
    operationId: 'op_1',
    id: '42',
    event: { type: 'stream_chunk', stepIndex: 0, timestamp: 1, data: { chunkType: 'text', content: 'lo' } },
  },
  { type: 'session_complete', operationId: 'op_1', id: '99', summary: '' },
  { type: 'status_change', operationId: 'op_1', id: '60', status: 'waiting_input' },
  { type: 'input_request', operationId: 'op_1', id: '62', requestId: 'request_1', prompt: 'Which branch?' },
  { type: 'resume_complete', operationId: 'op_2', gap: false, pending: true },
  { type: 'subscribe_failed', operationId: 'op_3', reason: 'forbidden' },
  { type: 'op_lifecycle', operationId: 'op_1', status: 'gone', at: 1, meta: { topicId: 'topic_1' } },
  { type: 'heartbeat_ack' },
  { type: 'error', code: 'not_subscribed', message: 'no', operationId: 'op_1' },
  { type: 'doc_ack', documentId: 'doc_1', seq: 7 },
];

const sent: MuxClientMessage[] = [
  { type: 'subscribe', operationId: 'op_1', lastEventId: '41', executor: true },
  { type: 'unsubscribe', operationId: 'op_1' },
  { type: 'heartbeat' },
  { type: 'tool_result', operationId: 'op_1', toolCallId: 'call_1', content: 'ok', success: true },
  { type: 'tool_confirmation', operationId: 'op_1', toolCallId: 'call_2', approved: true },
  { type: 'user_input', operationId: 'op_1', requestId: 'request_1', content: 'main' },
  { type: 'doc_update', documentId: 'doc_1', seq: 7, update: 'AAE=' },
];

/** `type` tells the frames apart. */
export const tools = sent.flatMap((frame) => (frame.type === 'tool_result' ? [frame.toolCallId] : []));
export const statuses = frames.flatMap((frame) => (frame.type === 'op_lifecycle' ? [frame.status] : []));
