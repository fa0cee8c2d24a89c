import type { GatewayError } from '../errors.js';
import type { AgentStreamEvent } from './events.js';

export type ConnectionStatus =
  'authenticating' | 'connected' | 'connecting' | 'disconnected' | 'reconnecting';

export type SessionStatus =
  'completed' | 'error' | 'interrupted' | 'running' | 'waiting_confirmation' | 'waiting_input';

export type TerminalSessionStatus = Extract<SessionStatus, 'completed' | 'error' | 'interrupted'>;

/** How the end of the session became known. After a run's own `agent_runtime_end` an `AgentStreamClient` reports none of these, a subscription `agent_event`. */
export type AgentStreamSessionCompletion =
  | { source: 'raw_session_complete' }
  | { source: 'resume_status'; status: TerminalSessionStatus }
  | { source: 'agent_event' }
  | { source: 'lifecycle'; status?: TerminalSessionStatus }
  | { source: 'status_change'; status: TerminalSessionStatus };

/** What a client can declare when a run starts. New features may be added. */
export type AgentStreamClientFeature = 'member_runtime_end' | (string & {});

/** Why the client is in its current status. New codes may be added. */
export type StateReason =
  | 'auth_failed'
  | 'auth_timeout'
  | 'connect_timeout'
  | 'connection_lost'
  | 'dial_failed'
  | 'disconnect_called'
  | 'heartbeat_timeout'
  | 'internal'
  | 'offline'
  | 'page_hidden'
  | 'probe_timeout'
  | 'run_ended'
  | 'disposed'
  | 'token_expired'
  | 'token_failed'
  | 'token_pending'
  | 'token_timeout'
  | 'unavailable'
  | (string & {});

/**
 * A frozen snapshot of the connection.
 *
 * `since` and `retryAt` are milliseconds since the epoch, `attempt` counts the dials since the last authenticated
 * connection. The object keeps its identity until one of its fields changes.
 */
export interface ConnectionState {
  readonly attempt: number;
  readonly reason?: StateReason;
  readonly retryAt?: number;
  readonly since: number;
  readonly status: ConnectionStatus;
}

/** The outcome of one connection cycle, from `connect()` to its end. */
export interface Completion {
  /** The credentials were refused or could not be refreshed. */
  readonly authFailed: boolean;
  readonly detail?: string;
  readonly reason?: string;
  readonly source:
    | 'agent_event'
    | 'auth_failed'
    | 'connection_lost'
    | 'disconnect'
    | 'lifecycle'
    | 'resume_status'
    | 'session_complete'
    | 'status_change';
  readonly status: 'auth_failed' | 'completed' | 'disconnected' | 'error' | 'interrupted';
  /** The run ended with success, as far as the gateway told. */
  readonly succeeded: boolean;
  /** The run's own terminal event was received. */
  readonly terminalReceived: boolean;
}

/** What `sendToolResult` sends. `content` is text or `null`, `executionTimeMs` a whole number of milliseconds. */
export interface ToolResultPayload {
  content: string | null;
  error?: { message: string; type?: string };
  executionTimeMs?: number;
  state?: any;
  success: boolean;
  toolCallId: string;
  workRegistration?: any;
}

/** The wire frame of a tool result. */
export interface ToolResultMessage extends ToolResultPayload {
  type: 'tool_result';
}

/** The gateway asks whether a tool may run; answer with `sendToolConfirmation`. `arguments` is JSON text. */
export interface ToolConfirmationRequest {
  id: string;
  tool: { apiName: string; arguments: string; identifier: string; name: string };
  toolCallId: string;
  type: 'tool_confirmation_request';
}

/** The gateway asks the user for text; answer with `sendUserInput`. */
export interface InputRequest {
  id: string;
  prompt: string;
  requestId: string;
  type: 'input_request';
}

/** The end of a replay. `gap` says that older events are no longer available. */
export interface ResumeCompleteInfo {
  gap?: boolean;
  pending?: boolean;
  status?: SessionStatus;
}

/**
 * The stream is not continuous: events are missing (`gap`), or the gateway numbers its events anew (`reset`).
 *
 * `from` and `to` are the ids of the first and the last missing event, where they are known.
 */
export interface ContinuityInfo {
  from?: number;
  kind: 'gap' | 'reset';
  to?: number;
}

/** Why a token is asked for. */
export interface TokenRequest {
  /** `initial` before the first authentication, `expired` after the gateway refused a token as expired. */
  readonly reason: 'expired' | 'expiring' | 'initial' | (string & {});
  /** Aborted when the answer is no longer wanted. */
  readonly signal: AbortSignal;
}

export type LogLevel = 'debug' | 'error' | 'info' | 'warn';

/** Where the client reports what it does. Missing methods drop their messages. */
export type Logger = {
  [Level in LogLevel]?: (message: string, context?: object) => void;
};

/** A constructor with the shape of the browser's `WebSocket`, such as that of the npm package `ws`. */
export type WebSocketConstructor = new (url: string) => any;

export interface AgentStreamClientOptions {
  /** Dial again after a lost connection. Default `true`. */
  autoReconnect?: boolean;
  /** Identifies this tab to the gateway. Default: not sent. */
  clientId?: string;
  /** `http(s)://` or `ws(s)://`, with or without a path. */
  gatewayUrl: string;
  /**
   * Supplies a token when one is needed, so that `auth_expired` needs no handling. Throw {@link UnauthorizedError} to
   * stop; any other failure is tried again. An answer is awaited for 15 seconds.
   */
  getToken?: (request: TokenRequest) => Promise<string> | string;
  /** Id of the last event already seen. Default `''`: everything the gateway still holds. */
  lastEventId?: string;
  /** Default: the console, for warnings and errors. */
  logger?: Logger;
  operationId: string;
  /** Collect the replay after connecting and deliver it at once, without duplicates. Default `false`. */
  resumeOnConnect?: boolean;
  /**
   * Milliseconds after which a connection is replaced by a fresh one, for infrastructure that cuts every connection after
   * a fixed time. The fresh one is opened first, nothing is told of it. At least 2,000. Default: never.
   */
  rotateAfterMs?: number;
  /** Required unless `getToken` is given. */
  token?: string;
  /** Default: the global `WebSocket`, looked up when a socket is opened. */
  WebSocket?: WebSocketConstructor;
}

/** Listener signatures by event name. */
export interface AgentStreamClientEvents {
  agent_event: (event: AgentStreamEvent) => void;
  auth_expired: () => void;
  auth_failed: (reason: string) => void;
  connected: () => void;
  continuity: (info: ContinuityInfo) => void;
  disconnected: () => void;
  error: (error: GatewayError) => void;
  input_request: (request: InputRequest) => void;
  reconnecting: (delayMs: number) => void;
  resume_complete: (info: ResumeCompleteInfo) => void;
  session_complete: (completion: AgentStreamSessionCompletion) => void;
  status_change: (status: SessionStatus) => void;
  status_changed: (status: ConnectionStatus) => void;
  tool_confirmation_request: (request: ToolConfirmationRequest) => void;
}
