import {
  AgentStreamClient,
  createOperationClient,
  GatewayMuxClient,
  openOperation,
  type AgentStreamClientOptions,
  type AgentStreamEvent,
  type AgentStreamSessionCompletion,
  type Completion,
  type ConnectionStatus,
  type GatewayError,
  type GatewayMuxClientOptions,
  type GatewayMuxState,
  type GatewayMuxStatus,
  type MuxOpLifecycleMessage,
  type OperationClient,
  type OperationSubscription,
} from 'agent-gateway-client/mux';

/** What a chat store keeps of a client, by its methods only. */
interface KnownClient {
  connect(): void;
  disconnect(): void;
  on(event: 'agent_event', listener: (event: AgentStreamEvent) => void): void;
  on(event: 'auth_expired' | 'connected' | 'disconnected', listener: () => void): void;
  on(event: 'auth_failed', listener: (reason: string) => void): void;
  on(event: 'error', listener: (error: Error) => void): void;
  on(event: 'reconnecting', listener: (delayMs: number) => void): void;
  on(event: 'session_complete', listener: (completion: AgentStreamSessionCompletion) => void): void;
  on(event: 'status_changed', listener: (status: ConnectionStatus) => void): void;
  reconnect(): Promise<void>;
  sendToolResult(payload: { content: string | null; success: boolean; toolCallId: string }): boolean;
  updateToken(token: string): void;
}

type Members = 'connect' | 'disconnect' | 'on' | 'reconnect' | 'sendToolResult' | 'updateToken';
/** The same by the members of the class: a store that was written for one client takes the others. */
type StoredClient = Pick<AgentStreamClient, Members>;

const muxOptions: GatewayMuxClientOptions = {
  gatewayUrl: 'https://gateway.example.org',
  getToken: async () => 'token',
};

export function stored(options: AgentStreamClientOptions, mux: GatewayMuxClient): StoredClient[] {
  const { gatewayUrl, operationId, token } = options;
  const clients = [
    new AgentStreamClient(options),
    createOperationClient(mux, operationId, { executor: true, lastEventId: '41', resumeOnConnect: true }),
    openOperation({ gatewayUrl, operationId, token: token ?? '', executor: true }),
  ];
  const known: KnownClient[] = clients;
  known.forEach((client) => client.connect());
  return clients;
}

/** A test double needs the stored members only. */
export const double: Pick<OperationClient, Members> = {
  connect: () => {},
  disconnect: () => {},
  on: () => () => {},
  reconnect: async () => {},
  sendToolResult: () => true,
  updateToken: () => {},
};

export async function follow(signal: AbortSignal): Promise<Completion> {
  const mux = new GatewayMuxClient(muxOptions);
  const off: () => void = mux.on('lifecycle', ({ at, meta, status }: MuxOpLifecycleMessage) =>
    console.log(at, meta?.topicId, status === 'gone'),
  );
  mux.on('status_changed', (status: GatewayMuxStatus) => console.log(status));
  mux.on('unavailable', (reason) => console.log(reason.length));
  mux.on('error', (error: GatewayError) => console.log(error.remediation));
  // @ts-expect-error events of a run belong to a subscription
  mux.on('agent_event', () => {});
  await mux.connect({ signal });
  const state: GatewayMuxState = await mux.whenState('connected', { signal });
  // @ts-expect-error the state is read-only
  state.status = 'connecting';

  const subscription: OperationSubscription = mux.subscribe('op_1', { executor: true, signal });
  subscription.on('resume_complete', ({ gap, pending, status }) =>
    console.log(gap === true, pending, status),
  );
  subscription.on('continuity', ({ from, kind, to }) => console.log(kind, from, to));
  subscription.on('input_request', ({ operationId, requestId }) =>
    subscription.sendUserInput(requestId, operationId),
  );
  subscription.on('session_complete', (completion) => {
    if (completion.source === 'status_change') console.log(completion.status);
  });
  for await (const event of subscription) console.log(event.type, subscription.lastEventId.length);
  // @ts-expect-error the subscription ends by itself or by unsubscribe()
  subscription.active = false;
  console.log(subscription.explain(), mux.explain(), mux.isUnavailable, mux.takePendingToolResults('op_1'));

  const channel = mux.openDocument('doc_1', {
    onMessage: (message) => message.type === 'doc_synced' && console.log(message.access, message.update),
    onReady: () => channel.send({ type: 'doc_subscribe', documentId: 'doc_1' }),
  });
  channel.close();
  off();
  subscription.unsubscribe();
  mux.disconnect();
  mux.dispose();
  return subscription.done;
}

// @ts-expect-error getToken is required
new GatewayMuxClient({ gatewayUrl: 'x' });
