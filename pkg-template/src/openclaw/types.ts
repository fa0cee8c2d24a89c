import type { DisposableObject, Logger } from '../types/index.js';
import type { OpenClawMethods } from './methods.js';
import type { OpenClawError } from './errors.js';

/** The credentials of an application; they stay in memory. The first that is given is presented, in this order. */
export interface OpenClawAuth {
  /** The token that all clients of the gateway share. */
  token?: string;
  /** A token of this device. */
  deviceToken?: string;
  /** The gateway's password; it goes along with a token, until it is refused. */
  password?: string;
  /** A token for the first connection of a device. */
  bootstrapToken?: string;
}

/** The Ed25519 key of a device. */
export interface OpenClawSigner {
  /** The 32 raw bytes of the public key. */
  readonly publicKey: Uint8Array;
  /** The SHA-256 of these bytes in lower-case hexadecimal digits; needed where there is no WebCrypto. */
  readonly deviceId?: string;
  /** The 64 bytes of the signature. It has 10 s. */
  sign(bytes: Uint8Array): Promise<Uint8Array> | Uint8Array;
}

/** Where the tokens are kept that the gateway gives to this device. They are secrets. */
export interface OpenClawStorage {
  get(key: string): Promise<string | undefined> | string | undefined;
  set(key: string, value: string): Promise<void> | void;
  delete(key: string): Promise<void> | void;
}

/** Who connects. The gateway knows a closed list of ids and modes. */
export interface OpenClawApplication {
  /** Default `webchat-ui`. */
  id?: string;
  /** Default `webchat`. */
  mode?: string;
  version?: string;
  /** The pairing is bound to it, so it must not change from one browser to the next. Default `web`. */
  platform?: string;
  instanceId?: string;
  displayName?: string;
  locale?: string;
  userAgent?: string;
}

export interface OpenClawClientOptions {
  /** Where the gateway is; `http` and `https` become `ws` and `wss`. */
  gatewayUrl: string;
  auth?: OpenClawAuth;
  /** Default: a key that this browser keeps and never shows. `null`: none; most gateways then grant nothing. */
  signer?: OpenClawSigner | null;
  /** Default: this browser's database, or memory where there is none. `null`: tokens are not kept. */
  storage?: OpenClawStorage | null;
  client?: OpenClawApplication;
  /** Default `operator`. */
  role?: string;
  /** Default `operator.read`, `operator.write` and `operator.approvals`. */
  scopes?: readonly string[];
  /**
   * What the application can do with. Replaces the default `tool-events`, `session-scoped-events`, `exec-approvals`: without
   * the last the gateway denies at once what needs leave. Of a node: none.
   */
  capabilities?: readonly string[];
  /**
   * Whether the gateway may be shown the device's token after it refused the shared one; a loopback address always may.
   * Default: whether it is on the host of the page.
   */
  trustsEndpoint?: boolean;
  logger?: Logger;
  WebSocket?: unknown;
}

/** `degraded`: connected, and nothing was granted. `blocked`: a person must act; see `nextStep`. */
export type OpenClawStatus =
  'authenticating' | 'blocked' | 'closed' | 'connecting' | 'degraded' | 'ready' | 'waiting';

/** The connection. Times are in milliseconds since 1970. */
export interface OpenClawState {
  readonly status: OpenClawStatus;
  readonly since: number;
  /** Attempts since the connection last stood. */
  readonly attempt: number;
  /** When the next attempt follows, of `waiting`. */
  readonly retryAt?: number;
  /** What is wrong: the gateway's code, or one of this client in lower case. */
  readonly code?: string;
  /** The gateway's words. */
  readonly message?: string;
  /** What to do, for people. */
  readonly nextStep?: string;
  /** The command, or the line of the gateway's configuration. */
  readonly remedy?: string;
  readonly retryAfterMs?: number;
}

/** The gateway's welcome. */
export interface OpenClawHello {
  readonly protocol: number;
  readonly serverVersion: string;
  readonly bootId?: string;
  readonly connectionId: string;
  /** Whether the gateway was restarted since the last welcome. */
  readonly restarted: boolean;
  readonly authMethod: string;
  readonly role: string;
  readonly scopes: readonly string[];
  readonly policy: { maxPayload: number; maxBufferedBytes: number; tickIntervalMs: number };
  /** What the gateway tells of; no list of permissions. */
  readonly methods: readonly string[];
  readonly snapshot: any;
}

/** An event of the gateway, untouched. */
export interface OpenClawEvent {
  readonly event: string;
  readonly payload: any;
  readonly seq?: number;
}

export interface OpenClawClientEvents {
  state_changed: (state: OpenClawState) => void;
  hello: (hello: OpenClawHello) => void;
  event: (event: OpenClawEvent) => void;
  /** Events were lost. The fleet, chats and approvals read again by themselves. */
  gap: (lost: { from: number; to: number }) => void;
  error: (error: OpenClawError) => void;
}

export interface OpenClawCallOptions {
  /** Ends the waiting. What was sent stays sent. */
  signal?: AbortSignal;
  /** How long the gateway may take; default 30 s. */
  timeoutMs?: number;
  /** For methods that answer `accepted` first: how long the final answer may take from there on. */
  finalTimeoutMs?: number;
  /** Told the first of two answers. */
  onAccepted?: (payload: any) => void;
}

/** A value that changes: the same object until it does. Both functions may be passed on without their object. */
export interface OpenClawStore<Snapshot> {
  readonly getSnapshot: () => Snapshot;
  /** Calls back after each change; returns the function that ends it. */
  readonly subscribe: (listener: () => void) => () => void;
}

export interface OpenClawSession {
  readonly key: string;
  readonly agentId: string;
  readonly title?: string;
  /** The gateway's word for the last run, as `done`. */
  readonly status?: string;
  readonly activity: 'idle' | 'running' | 'unknown';
  /** The ids of the runs under way, as far as they are known. */
  readonly runs: readonly string[];
  readonly updatedAt?: number;
  /** The row of the gateway. */
  readonly row: any;
}

export interface OpenClawAgent {
  readonly id: string;
  readonly name?: string;
  readonly isDefault: boolean;
  /** What its sessions do; `running` holds their keys, `unknown` counts those that nothing is known of. */
  readonly work: {
    readonly sessions: number;
    readonly running: readonly string[];
    readonly unknown: number;
    readonly updatedAt?: number;
  };
  readonly row: any;
}

/** The agents and their sessions, true together. */
export interface OpenClawFleet {
  readonly agents: readonly OpenClawAgent[];
  readonly sessions: readonly OpenClawSession[];
  readonly presence: any;
  /** `stale`: it was true at `asOf`. */
  readonly freshness: 'empty' | 'live' | 'stale';
  readonly asOf?: number;
  /** Whether every session of the gateway is there; 2,000 are kept. */
  readonly isComplete: boolean;
  /** Why the last reading failed, until one succeeds. */
  readonly failure?: { readonly code: string; readonly retries: boolean };
}

export type OpenClawRunState =
  | 'aborted'
  | 'accepted'
  | 'done'
  | 'ended'
  | 'failed'
  | 'handed_over'
  | 'not_sent'
  | 'sending'
  | 'streaming'
  | 'uncertain';

export interface OpenClawRun {
  readonly id: string;
  readonly isOwn: boolean;
  readonly state: OpenClawRunState;
  /** The answer so far. */
  readonly text: string;
  /** Of `not_sent` and `failed`. */
  readonly code?: string;
  /** The gateway's words, where it has some. */
  readonly message?: string;
}

export interface OpenClawChatSnapshot {
  readonly key: string;
  /** Whether this is the present. */
  readonly isLive: boolean;
  /** Whether an answer is owed. */
  readonly isBusy: boolean;
  readonly activity: 'idle' | 'running' | 'unknown';
  /** The gateway's messages, oldest first: the last 200 when they are read, and what comes then, up to 1,000. */
  readonly messages: readonly any[];
  /** The last runs, oldest first. */
  readonly runs: readonly OpenClawRun[];
  /** What was refused last, until it succeeds or something else is. */
  readonly failure?: OpenClawChatFailure;
}

export interface OpenClawChatFailure {
  readonly purpose: 'abort' | 'history' | 'send' | 'subscribe';
  readonly code: string;
  /** The gateway's words, where it refused it. */
  readonly message?: string;
}

export interface OpenClawSendOptions {
  /** The id of the run, for sending a message again that was not sent. Default: a new one. */
  runId?: string;
  /** What a busy session does with the message. */
  mode?: 'collect' | 'followup' | 'interrupt' | 'steer';
  attachments?: readonly object[];
  thinking?: string;
}

/** A session as a conversation. */
export interface OpenClawChat extends OpenClawStore<OpenClawChatSnapshot>, DisposableObject {
  /** As the chat was opened; it may be an alias as `main`. */
  readonly key: string;
  /**
   * Sends a message once and returns the id of its run; the run's state says what becomes of it.
   *
   * @throws OpenClawError with code `disposed`, `not_ready`, `too_large` or `too_many_calls`: nothing was sent
   */
  send(text: string, options?: OpenClawSendOptions): string;
  /** Ends a run, or every run of the session. The run's state says when it is over. */
  abort(runId?: string): void;
  /** Follows the session no more. Its runs go on. */
  close(): void;
}

/** Commands that wait for leave, as the gateway describes them. */
export interface OpenClawApprovalsSnapshot {
  readonly isLive: boolean;
  readonly pending: readonly any[];
}

export interface OpenClawApprovals extends OpenClawStore<OpenClawApprovalsSnapshot> {
  resolve(id: string, decision: 'allow-always' | 'allow-once' | 'deny'): Promise<any>;
}

/** Parameters of a method; those of an unknown one are an object. */
export type OpenClawParams<Method extends string> = Method extends keyof OpenClawMethods
  ? OpenClawMethods[Method]['params']
  : object;

/** The answer of a method. */
export type OpenClawResult<Method extends string> = Method extends keyof OpenClawMethods
  ? OpenClawMethods[Method]['result']
  : any;
