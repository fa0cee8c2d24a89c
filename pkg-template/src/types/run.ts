import type { GatewayError } from '../errors.js';
import type { GatewayMuxClient } from '../mux.js';
import type {
  ConnectionStatus,
  InputRequest,
  Logger,
  ToolConfirmationRequest,
  ToolResultPayload,
  WebSocketConstructor,
} from './connection.js';
import type { AgentStreamEvent, ToolExecuteData } from './events.js';
import type { AgentInterventionRequestData } from './intervention.js';

/** Where a run is. */
export type ChatRunPhase =
  | 'connecting'
  | 'idle'
  | 'reconnecting'
  | 'refreshing_auth'
  | 'running_tools'
  | 'settled'
  | 'stopping'
  | 'streaming'
  | 'submitting'
  | 'waiting_confirmation'
  | 'waiting_input';

/** What carries a run: a socket for all operations, one of its own, or server-sent events. */
export type ChatTransport = 'sse' | 'v1' | 'v2';

/** What made a run end here. New codes may be added. */
export type ChatRunEnding =
  | 'agent_event'
  | 'auth_failed'
  | 'connect_limit'
  | 'connection_lost'
  | 'detached'
  | 'internal'
  | 'lifecycle'
  | 'pending_limit'
  | 'reconnect_limit'
  | 'refresh_failed'
  | 'resume_status'
  | 'session_complete'
  | 'start_failed'
  | 'start_timeout'
  | 'status_change'
  | 'stop_unconfirmed'
  | 'stopped'
  | 'stopped_before_start'
  | 'superseded'
  | 'transport_closed'
  | 'unauthorized'
  | 'unavailable'
  | 'unknown_operation'
  | (string & {});

/** The one outcome of a run. */
export interface ChatRunOutcome {
  readonly detail?: string;
  readonly ending: ChatRunEnding;
  /** The verdict is somebody's word, not an assumption. */
  readonly known: boolean;
  readonly reason?: string;
  /** `ChatRun.resume` may take the run up again. */
  readonly resumable: boolean;
  readonly succeeded: boolean;
  /** The run's own terminal event was received. */
  readonly terminalReceived: boolean;
  /** `unknown`: nobody here can tell, the run may go on. */
  readonly verdict: 'completed' | 'failed' | 'interrupted' | 'unknown';
}

/**
 * A run at one moment, frozen; the same object until something changes. Times are milliseconds since the epoch.
 *
 * Exactly one of `canSend` and `canStop` holds. `loading` says that a message which is sent now has to wait for the run,
 * `visiblyLoading` that the user sees it at work.
 */
export interface ChatRunSnapshot {
  readonly canSend: boolean;
  readonly canStop: boolean;
  readonly connection?: ConnectionStatus;
  /** Until when the next word is owed, and the name of that wait. */
  readonly deadline?: { readonly at: number; readonly timer: string };
  readonly loading: boolean;
  readonly operationId?: string;
  readonly outcome?: ChatRunOutcome;
  readonly phase: ChatRunPhase;
  readonly since: number;
  readonly startedAt?: number;
  /** What the run was connected over last; absent before it was. */
  readonly transport?: ChatTransport;
  readonly visiblyLoading: boolean;
  /** Who owes the next word. */
  readonly waitingFor?:
    'agent' | 'connection' | 'operation' | 'start' | 'stop' | 'token' | 'tool' | 'user' | (string & {});
}

/** One part of a message. `value` is what the gateway sent. */
export type ChatMessagePart =
  | { readonly text: string; readonly type: 'reasoning' }
  | { readonly text: string; readonly type: 'text' }
  | { readonly type: 'error'; readonly value: any }
  | { readonly type: 'image'; readonly value: any }
  | { readonly type: 'sources'; readonly value: any }
  | ChatToolPart;

/** A tool that an answer calls. */
export interface ChatToolPart {
  /** The tool and its arguments. */
  readonly calling?: any;
  readonly id: string;
  readonly messageId?: string;
  readonly phase: 'called' | 'failed' | 'recorded' | 'running' | 'stopped' | 'succeeded';
  readonly progress?: any;
  readonly result?: any;
  readonly state?: any;
  readonly type: 'tool';
}

/** One message of the page, frozen; the same object until something in it changes. */
export interface ChatMessage {
  /** What is being streamed into it. */
  readonly activity: 'calling' | 'reasoning' | 'settled' | 'started' | 'writing';
  /** The id under which it is stored, once that is known. */
  readonly id?: string;
  /** Tells messages of a run apart; stays when `id` becomes known. */
  readonly key: number;
  /** The operation of the member that speaks, where it is not the run itself. */
  readonly member?: string;
  readonly parts: readonly ChatMessagePart[];
  readonly role: string;
  /** The stored message, or what its start told of it. */
  readonly row?: any;
}

/** The messages at one moment, frozen. */
export interface ChatTranscriptSnapshot {
  readonly messages: readonly ChatMessage[];
  /** Why the stored messages have to be fetched, by `refetch`. New codes may be added. */
  readonly needsRefetch?: string;
}

/** The messages of a run. Its two methods fit React's `useSyncExternalStore`. */
export interface ChatTranscript {
  /** The same object until the listeners are called. */
  getSnapshot(): ChatTranscriptSnapshot;
  /**
   * Fetches the stored messages of the conversation and takes them in. What was streamed meanwhile stays. Resolves with
   * `false` where the answer could not be used; rejects as `load` does.
   */
  refetch(load: () => Promise<readonly object[]> | readonly object[]): Promise<boolean>;
  /** Calls the listener when the messages changed, once for each animation frame at most. */
  subscribe(listener: () => void): () => void;
}

/** Where a tool runs until. `deadline` is in milliseconds since the epoch. */
export interface ToolContext {
  readonly call: ToolExecuteData;
  readonly deadline: number;
  /** Aborted at the deadline and when the run is stopped. */
  readonly signal: AbortSignal;
}

/** What a tool returns: a text, or a result with more to say. Content that is no text is sent as JSON. */
export type ToolOutput =
  | string
  | ({ content: unknown } & Partial<
      Pick<ToolResultPayload, 'error' | 'executionTimeMs' | 'state' | 'success' | 'workRegistration'>
    >);

/** The tools that run here, by identifier and name. */
export type ToolRegistry = Record<
  string,
  Record<string, (args: any, context: ToolContext) => Promise<ToolOutput> | ToolOutput>
>;

/**
 * A question of the agent to its user.
 *
 * An `input` is answered with text, a `tool_confirmation` with a boolean. The others the application submits itself, and
 * returns when it did.
 */
export type ChatIntervention = { readonly deadline?: number; readonly id: string } & (
  | { readonly kind: 'input'; readonly request: InputRequest }
  | { readonly kind: 'permission' | 'plan' | 'question'; readonly request: AgentInterventionRequestData }
  | { readonly kind: 'tool_confirmation'; readonly request: ToolConfirmationRequest }
);

type MaybePromise<T> = Promise<T> | T;

/** Where ids of tool calls survive a reload, such as `localStorage`. */
export interface ToolCallStorage {
  getItem(key: string): MaybePromise<string | null | undefined>;
  setItem(key: string, value: string): MaybePromise<unknown>;
}

/** How long a run waits for others, in milliseconds. */
export interface ChatRunLimits {
  /** For the first connection. Default 120,000. */
  connect?: number;
  /** For the first word of the gateway about the operation, after each connection. Default 600,000. */
  pending?: number;
  /** For another connection after one was lost. Default 600,000. */
  reconnect?: number;
  /** For `start`. Default 60,000. */
  start?: number;
  /** For the end of a run that was stopped. Default 10,000. */
  stop?: number;
  /** For one answer of `getToken`. Default 15,000. */
  token?: number;
}

/** What `start` tells of the run that it began. */
export interface StartedRun {
  gatewayUrl?: string;
  operationId: string;
  /** The first token; without it `getToken` is asked. */
  token?: string;
}

/** A question for a token. */
export interface ChatTokenRequest {
  readonly operationId: string;
  readonly reason: 'expired' | 'expiring' | 'initial' | (string & {});
  readonly signal: AbortSignal;
}

/** Options of every run. */
export interface ChatRunBaseOptions {
  /**
   * Run the tools of this operation here before others. Default: whether this client started the run. Without it a call
   * that came before the run was followed, or while its connection was lost, is left to others: give `true` to resume a
   * run whose tools this page runs.
   */
  executor?: boolean;
  /** Sends the requests for server-sent events. Default: the global `fetch`, looked up when one is sent. */
  fetch?: typeof fetch;
  /** `http(s)://` or `ws(s)://`, with or without a path. */
  gatewayUrl: string;
  /**
   * Gives a token. Throw `UnauthorizedError` where the user is signed out, `UnknownOperationError` where there is no such
   * operation; any other failure is tried again.
   */
  getToken(request: ChatTokenRequest): MaybePromise<string>;
  /** Ends a run on the server. `false`: the server would not. */
  interrupt(operationId: string): MaybePromise<boolean | void>;
  limits?: ChatRunLimits;
  /** Default: the console, for warnings and errors. */
  logger?: Logger;
  /** The stored messages of the conversation, as the server tells them. */
  messages?: readonly object[];
  /**
   * Carries the run where the gateway serves one socket for all, with tokens of its own; the application disposes it.
   * Default: one that the runs of this page share.
   */
  mux?: GatewayMuxClient;
  /**
   * Answers a question of the agent; aborted when the question is over. Without it, and with `undefined` for an `input` or
   * a `tool_confirmation`, no question is answered here.
   */
  onIntervention?(intervention: ChatIntervention, context: { signal: AbortSignal }): MaybePromise<unknown>;
  /**
   * Base URL of the server whose `/api/agent/stream` has the events where sockets are blocked, absolute or that of the
   * page. It gets the tokens of `getToken` in the header `Oidc-Auth`. Default: `gatewayUrl`, over HTTP.
   */
  serverUrl?: string;
  /**
   * Keeps the ids of tool calls, so that none runs twice after a reload or in two tabs. A call whose page went away before
   * it answered is answered as failed by the next that follows the run, where the browser has Web Locks. Default: this
   * page's memory.
   */
  storage?: ToolCallStorage;
  /** The tools that run here. Without it tools are left to other clients. */
  tools?: ToolRegistry;
  /**
   * `auto`: one socket for all runs (`v2`), one each where the gateway serves no other (`v1`), or server-sent events
   * where sockets are blocked (`sse`), which carry no results of tools: calls are left to other clients. Default `auto`.
   */
  transport?: ChatTransport | 'auto';
  /** Default: the global `WebSocket`, looked up when a socket is opened. */
  WebSocket?: WebSocketConstructor;
}

/** Options of a run that is started here. */
export interface ChatRunOptions extends ChatRunBaseOptions {
  /** Starts the run on the server. */
  start(context: { signal: AbortSignal }): MaybePromise<StartedRun>;
}

/** Options of a run that goes on at the server. */
export interface ChatRunResumeOptions extends ChatRunBaseOptions {
  /** Id of the last event already shown. Default `''`: everything the gateway still holds. */
  cursor?: string;
  operationId: string;
  /** When the run began, in milliseconds since the epoch. Default: now. */
  startedAt?: number;
}

/** Listener signatures by event name. */
export interface ChatRunEvents {
  agent_event: (event: AgentStreamEvent) => void;
  changed: (snapshot: ChatRunSnapshot) => void;
  /** Something went wrong that the run survives, unless `settled` follows. */
  error: (error: GatewayError) => void;
  /** The one outcome; nothing follows. */
  settled: (outcome: ChatRunOutcome) => void;
  /** The server would not stop the run: it is followed as before. */
  stop_refused: () => void;
  /**
   * A tool result found no connection while somebody waited for it. Of one that was sent and never confirmed `error` tells,
   * with the code `tool_result_expired`.
   */
  tool_result_expired: (toolCallId: string) => void;
}
