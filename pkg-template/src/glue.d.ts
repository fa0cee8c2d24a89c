// The generated JavaScript around the WebAssembly module; the build puts it in the place of `#glue`.
import type { ConnectionStatus, LogLevel, ToolResultPayload } from './types/index.js';
import type { RawOptions } from './options.js';

export interface RawHost {
  emit(name: string, argument: unknown): void;
  event(event: unknown): void;
  getToken?(request: { reason: string; signal: AbortSignal }): Promise<string> | string;
  log(level: LogLevel, message: string, detail: string): void;
}

export interface RawSnapshot {
  attempt: number;
  reason?: string;
  retryAt?: number;
  since: number;
  status: ConnectionStatus;
}

export interface RawAgentStream {
  connect(): void;
  readonly connectionStatus: ConnectionStatus;
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

export interface Glue {
  RawAgentStream: new (options: RawOptions, host: RawHost) => RawAgentStream;
  initSync(input: { module: WebAssembly.Module }): unknown;
}

/** Each call has its own state. The argument stands for the global `WebAssembly` inside the glue. */
export function createGlue(webAssembly: object): Glue;
