/** Deadlines of a relayed model call, each in milliseconds. */
export interface LlmRelayDeadlines {
  claimMs: number;
  firstChunkMs: number;
  idleMs: number;
  totalMs: number;
}

/** `data` of an `llm_execute`: a model call that a client is asked to make. `callId` is `<operation>:<step>:<attempt>`. */
export interface LlmExecuteData {
  assistantMessageId?: string;
  attempt: number;
  callId: string;
  deadlines: LlmRelayDeadlines;
  leaseToken: string;
  model: string;
  operationId: string;
  preferredClientId?: string;
  provider: string;
  runtimeProvider: string;
  stepIndex: number;
}

export interface LlmCancelData {
  callId: string;
  reason: 'error' | 'interrupted' | 'superseded' | 'timeout';
}

/** Calls of the relay channel, by name. */
export type LlmRelayMethod = string;

/** What a relaying client reports of a model call; passed on untouched. */
export interface LlmRelayBatch {
  [key: string]: any;
}

/** The answer to a {@link LlmRelayBatch}; passed on untouched. */
export interface LlmRelayBatchAck {
  [key: string]: any;
}
