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

export interface RawHost {
  emit(name: string, argument: unknown): void;
  event(event: unknown): void;
  getToken?: RawGetToken;
  log(level: LogLevel, message: string, detail: string): void;
}

type RawGetToken = (request: { reason: string; signal: AbortSignal }) => Promise<string> | string;

export interface RawSnapshot<Status = ConnectionStatus> {
  attempt: number;
  reason?: string;
  retryAt?: number;
  since: number;
  status: Status;
}

export interface RawAgentStream {
  connect(): void;
  disconnect(): void;
  dispose(): void;
  free(): void;
  readonly lastEventId: string;
  reconnect(): void;
  sendInterrupt(): void;
  sendToolConfirmation(toolCallId: string, approved: boolean): boolean;
  sendToolResult(payload: ToolResultPayload): boolean;
  sendUserInput(requestId: string, content: string): boolean;
  snapshot(): RawSnapshot;
  updateToken(token: string): void;
}

/** `subscription` is the number that the facade gave, from 1 and never again; 0 is the mux itself. */
export interface RawMuxHost {
  emit(subscription: number, name: string, argument: unknown): void;
  event(subscription: number, event: unknown): void;
  getToken: RawGetToken;
  log(level: LogLevel, message: string, detail: string): void;
}

/** Up to eight transitions, the oldest first, and what happens next. */
export interface RawHistory {
  deadline?: { at: number; timer: string };
  transitions: { at: number; reason?: string; status: ConnectionStatus }[];
}

export interface RawGatewayMux {
  abandonConnect(): void;
  closeDocument(documentId: string): void;
  /** `false`: unavailable for good. Otherwise there is one more waiter, or none while connected. */
  connect(): boolean;
  disconnect(): void;
  dispose(): void;
  free(): void;
  history(subscription: number): RawHistory;
  readonly isReady: boolean;
  lastEventId(subscription: number): string;
  openDocument(documentId: string): void;
  sendDocument(message: object): boolean;
  sendToolConfirmation(subscription: number, toolCallId: string, approved: boolean): boolean;
  sendToolResult(subscription: number, payload: ToolResultPayload): boolean;
  sendUserInput(subscription: number, requestId: string, content: string): boolean;
  snapshot(): RawSnapshot<GatewayMuxStatus>;
  subscribe(subscription: number, operationId: string, lastEventId: string, executor: boolean): void;
  subscriptionSnapshot(subscription: number): RawSnapshot;
  takePendingToolResults(operationId: string): ToolResultPayload[];
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
  open(transport: number, opening: Opening): void;
  requestFrame(): void;
  review(request: unknown): unknown;
  sendAnswer(transport: number, kind: string, id: string, reply: unknown): void;
  sendFailure(transport: number, toolCallId: string, error: string, message: string): void;
  sendResult(transport: number, toolCallId: string, result: unknown): void;
  show(needsRefetch?: string): void;
}

export interface RawChatRun {
  answer(request: number, name: string, value: unknown): void;
  beginRefetch(): void;
  detach(): boolean;
  dispose(): void;
  event(transport: number, event: unknown): void;
  frame(): void;
  free(): void;
  refetched(rows: unknown): boolean;
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

export interface Glue {
  /** Of the module with the run only. */
  RawChatRun: {
    new (options: RawRunOptions, host: RawRunHost): RawChatRun;
    /** The ids to save, or nothing where the call was taken on before. */
    claim(ids: string[], toolCallId: string): string[] | undefined;
  };
  RawAgentStream: new (options: RawOptions, host: RawHost) => RawAgentStream;
  RawGatewayMux: new (options: RawMuxOptions, host: RawMuxHost) => RawGatewayMux;
  RawOpenClaw: new (options: object, host: RawOpenClawHost) => RawOpenClaw;
  initSync(input: { module: WebAssembly.Module }): unknown;
}

/** Each call has its own state. The argument stands for the global `WebAssembly` inside the glue. */
export function createGlue(webAssembly: object): Glue;
