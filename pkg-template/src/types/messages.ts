import type {
  InputRequest,
  SessionStatus,
  ToolConfirmationRequest,
  ToolResultPayload,
} from './connection.js';
import type { MuxDocClientMessage, MuxDocServerMessage } from './documents.js';
import type { AgentStreamEvent } from './events.js';

export interface MuxSubscribeMessage {
  executor?: true;
  lastEventId?: string;
  operationId: string;
  type: 'subscribe';
}

export interface MuxUnsubscribeMessage {
  operationId: string;
  type: 'unsubscribe';
}

export interface MuxHeartbeatMessage {
  type: 'heartbeat';
}

export interface MuxToolResultMessage extends ToolResultPayload {
  operationId: string;
  type: 'tool_result';
}

export interface MuxToolConfirmationMessage {
  approved: boolean;
  operationId: string;
  toolCallId: string;
  type: 'tool_confirmation';
}

export interface MuxUserInputMessage {
  content: string;
  operationId: string;
  requestId: string;
  type: 'user_input';
}

/** Every frame that the client sends on the socket of all operations. */
export type MuxClientMessage =
  | MuxDocClientMessage
  | MuxHeartbeatMessage
  | MuxSubscribeMessage
  | MuxToolConfirmationMessage
  | MuxToolResultMessage
  | MuxUnsubscribeMessage
  | MuxUserInputMessage;

/** The first frame of a connection; nothing may be sent before it. */
export interface MuxReadyMessage {
  connectionId: string;
  protocol: 2;
  type: 'ready';
  userId: string;
}

/** `event.operationId` is left out where it equals that of the envelope. */
export interface MuxAgentEventMessage {
  event: Omit<AgentStreamEvent, 'operationId'> & { operationId?: string };
  id: string;
  operationId: string;
  type: 'agent_event';
}

export interface MuxSessionCompleteMessage {
  id: string;
  operationId: string;
  summary?: string;
  type: 'session_complete';
}

export interface MuxStatusChangeMessage {
  id: string;
  operationId: string;
  status: SessionStatus;
  type: 'status_change';
}

export interface MuxToolConfirmationRequestMessage extends ToolConfirmationRequest {
  operationId: string;
}

export interface MuxInputRequestMessage extends InputRequest {
  operationId: string;
}

/** The end of a replay; `pending` says that the gateway does not know the operation yet. */
export interface MuxResumeCompleteMessage {
  gap: boolean;
  operationId: string;
  pending?: true;
  status?: SessionStatus;
  type: 'resume_complete';
}

export interface MuxSubscribeFailedMessage {
  operationId: string;
  reason: 'forbidden' | 'invalid';
  type: 'subscribe_failed';
}

/** What an operation belongs to. New keys may be added. */
export interface MuxOperationMeta {
  agentId?: string;
  groupId?: string;
  heteroType?: string | null;
  mirrorToOperationId?: string;
  parentOperationId?: string;
  rootOperationId?: string;
  scope?: string;
  taskId?: string;
  threadId?: string;
  topicId?: string;
}

/**
 * News of an operation of the user, subscribed or not; `at` is in milliseconds since the epoch.
 *
 * It may come before the events that it belongs to. `gone`: the gateway has forgotten the operation.
 */
export interface MuxOpLifecycleMessage {
  at: number;
  meta?: MuxOperationMeta;
  operationId: string;
  status: SessionStatus | 'gone';
  summary?: string;
  type: 'op_lifecycle';
}

export interface MuxHeartbeatAckMessage {
  type: 'heartbeat_ack';
}

export interface MuxErrorMessage {
  code: string;
  message: string;
  operationId?: string;
  type: 'error';
}

/** Frames that belong to one operation. */
export type MuxOperationMessage =
  | MuxAgentEventMessage
  | MuxInputRequestMessage
  | MuxResumeCompleteMessage
  | MuxSessionCompleteMessage
  | MuxStatusChangeMessage
  | MuxSubscribeFailedMessage
  | MuxToolConfirmationRequestMessage;

/** Every frame that the gateway sends on the socket of all operations. */
export type MuxServerMessage =
  | MuxDocServerMessage
  | MuxErrorMessage
  | MuxHeartbeatAckMessage
  | MuxOperationMessage
  | MuxOpLifecycleMessage
  | MuxReadyMessage;
