import type {
  AgentStreamClientEvents,
  AgentStreamClientOptions,
  Completion,
  ConnectionState,
  ConnectionStatus,
  ResumeCompleteInfo,
  ToolResultPayload,
} from './connection.js';
import type { DisposableObject } from './disposable.js';
import type { AgentStreamEvent } from './events.js';
import type { MuxInputRequestMessage, MuxToolConfirmationRequestMessage } from './messages.js';
import type { GatewayMuxClientOptions } from './mux.js';

export interface OperationSubscribeOptions {
  /** Run the tools of this operation here. Default `false`. */
  executor?: boolean;
  /** Id of the last event already seen. Default `''`: everything the gateway still holds. */
  lastEventId?: string;
  /** Events that an iteration keeps for a slow consumer before it ends with `queue_overflow`. Default 1,000. */
  maxQueuedEvents?: number;
  /** Unsubscribes when it is aborted. */
  signal?: AbortSignal;
}

/** Listener signatures by event name. `auth_expired` never happens on a subscription. */
export interface OperationSubscriptionEvents extends Omit<
  AgentStreamClientEvents,
  'input_request' | 'resume_complete' | 'tool_confirmation_request'
> {
  input_request: (request: MuxInputRequestMessage) => void;
  /** Always has the three keys. */
  resume_complete: (info: Required<Pick<ResumeCompleteInfo, 'gap'>> & ResumeCompleteInfo) => void;
  tool_confirmation_request: (request: MuxToolConfirmationRequestMessage) => void;
}

/**
 * One operation on the socket of a `GatewayMuxClient`.
 *
 * It ends once: with the run, with `unsubscribe()`, or when the gateway refuses it. Iterating over it gives the events
 * from that moment on; leaving the loop stops listening, not the subscription.
 */
export interface OperationSubscription extends AsyncIterable<AgentStreamEvent>, DisposableObject {
  /** `false` once the end began. */
  readonly active: boolean;
  /** The outcome; never rejects. */
  readonly done: Promise<Completion>;
  readonly executor: boolean;
  /** Id of the last event delivered to the listeners; give it to another client to go on from there. */
  readonly lastEventId: string;
  readonly operationId: string;
  /** A frozen snapshot, the same object until something changed. */
  readonly state: ConnectionState;
  readonly status: ConnectionStatus;
  /** Says in plain words why the subscription is in its state, what comes next and what can be done. */
  explain(): string;
  /** Adds a listener and returns the function that removes it. Adding the same function twice counts once. */
  on<E extends keyof OperationSubscriptionEvents>(
    event: E,
    listener: OperationSubscriptionEvents[E],
  ): () => void;
  /** Answers a `tool_confirmation_request`. Returns `false` when nothing was sent. */
  sendToolConfirmation(toolCallId: string, approved: boolean): boolean;
  /** Sends the result of a `tool_execute`, or keeps it for the next connection. Returns `false` after the end. */
  sendToolResult(payload: ToolResultPayload): boolean;
  /** Answers an `input_request`. Returns `false` when nothing was sent. */
  sendUserInput(requestId: string, content: string): boolean;
  /** Ends the subscription; the run goes on. */
  unsubscribe(): void;
  /** Resolves when the status is reached, at once where it is; rejects when it no longer can be. */
  whenState(status: ConnectionStatus, options?: { signal?: AbortSignal }): Promise<ConnectionState>;
}

export interface OperationClientOptions {
  /** Run the tools of this operation here. Default `false`. */
  executor?: boolean;
  /** Id of the last event already seen. Default `''`: everything the gateway still holds. */
  lastEventId?: string;
  /** Accepted for the sake of `AgentStreamClient`'s options; replays on a shared socket need no collecting. */
  resumeOnConnect?: boolean;
}

/** Listener signatures by event name: those of an `AgentStreamClient`, so that one can stand for the other. */
export type OperationClientEvents = AgentStreamClientEvents;

/** One operation with what an `AgentStreamClient` and a subscription have in common, whatever carries it. */
export interface OperationClient {
  readonly connectionStatus: ConnectionStatus;
  /** The outcome of the current connection cycle, as that of an `AgentStreamClient`; never rejects. */
  readonly done: Promise<Completion>;
  /** Id of the last event delivered to the listeners; stays readable after the end. */
  readonly lastEventId: string;
  connect(): void;
  disconnect(): void;
  /** Adds a listener, which survives reconnections, and returns the function that removes it. */
  on<E extends keyof OperationClientEvents>(event: E, listener: OperationClientEvents[E]): () => void;
  /** Subscribes anew from the last event, without a `disconnected` event. */
  reconnect(): Promise<void>;
  /** Answers a `tool_confirmation_request`. */
  sendToolConfirmation(toolCallId: string, approved: boolean): boolean;
  sendToolResult(payload: ToolResultPayload): boolean;
  /** Answers an `input_request`. */
  sendUserInput(requestId: string, content: string): boolean;
  /** Stores the token for the next authentication, where the client was given a token. */
  updateToken(token: string): void;
}

/** Options of `openOperation`; `token` or `getToken` is needed. */
export interface OpenOperationOptions
  extends
    Omit<AgentStreamClientOptions, 'autoReconnect'>,
    Pick<GatewayMuxClientOptions, 'heartbeatIntervalMs' | 'maxDialFailures'> {
  /** Run the tools of this operation here. Default `false`. */
  executor?: boolean;
}
