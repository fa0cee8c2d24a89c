import type { GatewayError } from '../errors.js';
import type { ConnectionState, Logger, TokenRequest, WebSocketConstructor } from './connection.js';
import type { MuxDocClientMessage, MuxDocServerMessage } from './documents.js';
import type { MuxOpLifecycleMessage } from './messages.js';

/** `connecting` while a socket is opened and while the next attempt is awaited. */
export type GatewayMuxStatus = 'connected' | 'connecting' | 'disconnected';

/** A frozen snapshot of the connection; see {@link ConnectionState}. */
export interface GatewayMuxState extends ConnectionState {
  readonly status: GatewayMuxStatus;
}

export interface GatewayMuxClientOptions {
  /** Dial again after a lost connection. Default `true`. */
  autoReconnect?: boolean;
  /** Identifies this tab to the gateway. Default: a random one. */
  clientId?: string;
  /** `http(s)://` or `ws(s)://`, with or without a path. */
  gatewayUrl: string;
  /**
   * Supplies a token before every dial. Throw {@link UnauthorizedError} to stop; any other failure is tried again. An
   * answer is awaited for 15 seconds.
   */
  getToken: (request: TokenRequest) => Promise<string> | string;
  /** Milliseconds between heartbeats. Default 30,000. */
  heartbeatIntervalMs?: number;
  /** Keep the socket while nothing is subscribed. Default `false`. */
  keepAlive?: boolean;
  /** Default: the console, for warnings and errors. */
  logger?: Logger;
  /** Dials that may fail in a row before `unavailable`; counts only while somebody listens to it. Default 3. */
  maxDialFailures?: number;
  /**
   * Milliseconds after which a connection is replaced by a fresh one, for infrastructure that cuts every connection after
   * a fixed time. The fresh one is opened first, nothing is told of it. At least 2,000. Default: never.
   */
  rotateAfterMs?: number;
  /** Default: the global `WebSocket`, looked up when a socket is opened. */
  WebSocket?: WebSocketConstructor;
}

/** Listener signatures by event name. */
export interface GatewayMuxClientEvents {
  connected: () => void;
  disconnected: () => void;
  error: (error: GatewayError) => void;
  /** News of every operation of the user. */
  lifecycle: (message: MuxOpLifecycleMessage) => void;
  reconnecting: (delayMs: number) => void;
  status_changed: (status: GatewayMuxStatus) => void;
  /** This gateway cannot be used this way, for good: fall back to one socket per operation. */
  unavailable: (reason: string) => void;
}

export interface DocumentChannelHandler {
  onMessage: (message: MuxDocServerMessage) => void;
  /** The channel can send; called again after every reconnection. */
  onReady: () => void;
  onStatus?: (status: GatewayMuxStatus) => void;
}

/** An open document. A later one of the same document takes its place. */
export interface DocumentChannel {
  close(): void;
  isReady(): boolean;
  /** Returns `false` when nothing was sent. */
  send(message: MuxDocClientMessage): boolean;
}
