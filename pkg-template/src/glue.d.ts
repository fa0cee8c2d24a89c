// The generated JavaScript around the WebAssembly module; the build puts it in the place of `#glue`.
import type {
  OpenClawAgent,
  OpenClawApprovalsSnapshot,
  OpenClawChatSnapshot,
  OpenClawFleet,
  OpenClawRun,
  OpenClawSession,
  OpenClawState,
} from './openclaw/types.js';
import type { Opening } from './run/transports.js';
import type { RawMuxOptions, RawOptions, RawResume, RawRunOptions } from './options.js';
import type {
  ChatRunSnapshot,
  ConnectionStatus,
  GatewayMuxStatus,
  LogLevel,
  ToolResultPayload,
} from './types/index.js';

/** `subscription` is the number that the facade gave, from 1 and never again; 0 is the mux itself, and a stream. */
interface RawEmitter {
  emit(subscription: number, name: string, argument: unknown): void;
  log(level: LogLevel, message: string, detail: string): void;
}

export interface RawHost extends RawEmitter {
  event(event: unknown): void;
  getToken?: RawGetToken;
}

type RawGetToken = (request: { reason: string; signal: AbortSignal }) => Promise<string> | string;

export interface RawSnapshot<Status = ConnectionStatus> {
  attempt: number;
  reason?: string;
  retryAt?: number;
  since: number;
  status: Status;
}

export interface RawMuxHost extends RawEmitter {
  event(subscription: number, event: unknown): void;
  getToken: RawGetToken;
}

export interface RawTransition {
  reason?: string;
  since: number;
  status: ConnectionStatus;
}

/** What streams and muxes have in common; `subscription` is 0 for a stream. */
interface RawConnection {
  /** `false`: unavailable for good. Otherwise a mux has one more waiter, or none while connected. */
  connect(): boolean;
  disconnect(): void;
  dispose(): void;
  free(): void;
  lastEventId(subscription: number): string;
  sendToolConfirmation(subscription: number, toolCallId: string, approved: boolean): boolean;
  sendToolResult(subscription: number, payload: ToolResultPayload): boolean;
  sendUserInput(subscription: number, requestId: string, content: string): boolean;
}

export interface RawAgentStream extends RawConnection {
  /** Whether `connect` and `reconnect` begin a new cycle. The end of the last may still have to be told. */
  isOver(): boolean;
  reconnect(): void;
  sendInterrupt(): void;
  snapshot(subscription: 0): RawSnapshot;
  updateToken(token: string): void;
}

export interface RawGatewayMux extends RawConnection {
  abandonConnect(): void;
  closeDocument(documentId: string): void;
  deadline(): { at: number; timer: string } | undefined;
  readonly isReady: boolean;
  openDocument(documentId: string): void;
  sendDocument(message: object): boolean;
  snapshot(subscription: 0): RawSnapshot<GatewayMuxStatus>;
  snapshot(subscription: number): RawSnapshot;
  subscribe(subscription: number, operationId: string, lastEventId: string, executor: boolean): void;
  /** Adds them to `payloads`. */
  takePendingToolResults(operationId: string, payloads: ToolResultPayload[]): void;
  /** Up to eight, the oldest first; nothing behind the last. */
  transition(subscription: number, index: number): RawTransition | undefined;
  unsubscribe(subscription: number): void;
  watchUnavailable(watched: boolean): void;
}

export interface RawRunHost {
  abort(request: number): void;
  append(message: number, part: number, text: string): void;
  ask(request: number, name: string, argument: unknown): void;
  change(name: string, message: number, part: number, content: unknown): void;
  close(transport: number): void;
  emit(name: string, argument: unknown): void;
  open(transport: number, opening: Opening, reader: RawReader): void;
  requestFrame(): void;
  review(request: unknown): unknown;
  sendAnswer(transport: number, kind: string, id: string, reply: unknown): void;
  sendFailure(transport: number, toolCallId: string, error: string, message: string): void;
  sendResult(transport: number, toolCallId: string, result: unknown): void;
  show(needsRefetch?: string): void;
}

/** Reads the events of transports, of which it holds some back. */
export interface RawReader {
  read(transport: number, event: unknown): void;
}

export interface RawChatRun {
  answer(request: number, name: string, value: unknown): void;
  /** The number of the question, which `refetched` answers. */
  beginRefetch(): number;
  detach(): boolean;
  dispose(): void;
  frame(): void;
  free(): void;
  refetched(question: number, rows: unknown): boolean;
  resume(run: RawResume): boolean;
  snapshot(): ChatRunSnapshot;
  stop(): boolean;
  submit(): boolean;
  supersede(): boolean;
  told(transport: number, name: string, argument: unknown): void;
}

/** The codes of why nothing was sent are strings. */
export interface RawOpenClaw {
  abort(key: string, run?: string): void;
  agent(id: string): OpenClawAgent | undefined;
  approvals(): OpenClawApprovalsSnapshot;
  call(method: string, params: string, within: number, thenWithin: number): number | string;
  chat(key: string): RawChat | undefined;
  closeChat(key: string): void;
  connect(): void;
  deadline(): { timer: string; at: number } | undefined;
  disconnect(): void;
  dispose(): void;
  fleet(): RawFleet;
  free(): void;
  notSigned(request: number, detail: string): void;
  openChat(key: string): void;
  progress(request: number, text: string): void;
  /** `kind`: 0 a result as JSON, 1 what was thrown, 2 an unknown command, 3 parameters that are no JSON. */
  ran(request: number, kind: number, text: string): void;
  renewToken(kept: { token: string; scopes: string[] }): void;
  run(key: string, run: string): OpenClawRun | undefined;
  /** `attachments` and `thinking` are JSON. */
  send(
    key: string,
    message: Record<'run' | 'text', string> & Record<string, string | undefined>,
  ): string | undefined;
  session(key: string): OpenClawSession | undefined;
  signed(request: number, signature: string): void;
  state(): RawOpenClawState;
  updateAuth(auth: object): void;
}

export type RawOpenClawState = Omit<OpenClawState, 'since'>;
type RawFleet = Omit<OpenClawFleet, 'agents' | 'sessions'> & { agents: string[]; sessions: string[] };
export type RawChat = Pick<OpenClawChatSnapshot, 'activity' | 'isBusy' | 'isLive'> & { runs: string[] };

/** `id` of an agent or a session, the others of a reading that failed. */
export interface RawChange {
  kind: string;
  id?: string;
  code?: string;
  retries?: boolean;
}

interface RawOpenClawHost {
  deliver(event: string, payload: any, seq?: number, key?: string, run?: string, text?: string): void;
  emit(name: string, first: any, second: any, third: any): void;
  log(level: LogLevel, message: string, detail: string): void;
  sign(request: number, text: string): void;
}

/** The key of a device. */
export interface RawSigner {
  digest(): Uint8Array;
  free(): void;
  publicKey(): Uint8Array;
  sign(bytes: Uint8Array): Uint8Array;
}

export interface Glue {
  /** Of the module with the run only. */
  RawChatRun: {
    new (options: RawRunOptions, host: RawRunHost): RawChatRun;
    /** The ids to save, or nothing where the call was taken on before. */
    claim(ids: string[], toolCallId: string): string[] | undefined;
  };
  /** Of a stream where the options have an `operationId`, else of a mux. */
  RawGateway: {
    new (options: RawOptions, host: RawHost): RawAgentStream;
    new (options: RawMuxOptions, host: RawMuxHost): RawGatewayMux;
  };
  RawOpenClaw: new (options: object, host: RawOpenClawHost) => RawOpenClaw;
  /** Of the module that signs only. */
  RawSigner: new (random: Uint8Array) => RawSigner;
  initSync(input: { module: WebAssembly.Module }): unknown;
}

/** Each call has its own state. The argument stands for the global `WebAssembly` inside the glue. */
export function createGlue(webAssembly: object): Glue;
