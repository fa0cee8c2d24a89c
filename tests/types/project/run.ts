import {
  ChatRun,
  GatewayMuxClient,
  UnauthorizedError,
  UnknownOperationError,
  type ChatIntervention,
  type ChatMessage,
  type ChatRunOptions,
  type ChatRunOutcome,
  type ChatRunSnapshot,
  type ChatTranscriptSnapshot,
} from 'agent-gateway-client/run';

/** As React declares it. */
declare function useSyncExternalStore<Snapshot>(
  subscribe: (onStoreChange: () => void) => () => void,
  getSnapshot: () => Snapshot,
): Snapshot;

const options: ChatRunOptions = {
  gatewayUrl: 'https://gateway.example.org',
  async start({ signal }) {
    signal.throwIfAborted();
    return { operationId: 'op_1', token: 'token' };
  },
  interrupt: async (operationId) => operationId.length > 0,
  getToken({ operationId, reason, signal }) {
    if (signal.aborted) throw new UnauthorizedError(reason);
    if (!operationId) throw new UnknownOperationError();
    return 'token';
  },
  tools: {
    math: {
      add: ({ a, b }, { call, deadline, signal }) => {
        if (signal.aborted || deadline < Date.now()) return { content: null, success: false };
        return `${call.apiName}: ${a + b}`;
      },
    },
  },
  async onIntervention(intervention: ChatIntervention, { signal }) {
    if (intervention.kind === 'input') return intervention.request.prompt;
    if (intervention.kind === 'tool_confirmation') return intervention.request.tool.name !== '';
    return signal.aborted || intervention.request.arguments;
  },
  storage: localStorage,
  limits: { connect: 1_000 },
  mux: new GatewayMuxClient({ gatewayUrl: 'https://gateway.example.org', getToken: () => 'token' }),
  transport: 'auto',
  WebSocket,
};

export function useRun(run: ChatRun): [ChatRunSnapshot, ChatTranscriptSnapshot] {
  const { transcript } = run;
  return [
    useSyncExternalStore(run.subscribe, run.getSnapshot),
    useSyncExternalStore(transcript.subscribe, transcript.getSnapshot),
  ];
}

export async function chat(): Promise<ChatRunOutcome> {
  const run = new ChatRun(options);
  const off: () => void = run.on('settled', ({ ending, verdict }) => console.log(ending, verdict));
  run.on('changed', ({ canSend, phase }) => console.log(canSend, phase));
  run.submit();
  console.log(run.connection?.reason, run.connection?.retryAt);
  const [message]: readonly ChatMessage[] = run.transcript.getSnapshot().messages;
  for (const part of message?.parts ?? []) {
    if (part.type === 'text' || part.type === 'reasoning') console.log(part.text);
    else if (part.type === 'tool') console.log(part.phase);
    else console.log(part.value);
  }
  // @ts-expect-error a snapshot is read-only
  run.getSnapshot().phase = 'idle';
  off();
  run.stop();
  run.detach();
  run.supersede();
  const { start: _, ...base } = options;
  const again = ChatRun.resume({ ...base, operationId: 'op_1', cursor: run.cursor, startedAt: 0 });
  // @ts-expect-error a run needs to be started
  new ChatRun(base);
  again.dispose();
  return run.done;
}
