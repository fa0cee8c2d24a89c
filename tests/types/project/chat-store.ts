import {
  AgentStreamClient,
  type AgentStreamClientOptions,
  type ConnectionStatus,
} from 'agent-gateway-client';

/** What a chat store keeps of a client. */
type StoredClient = Pick<
  AgentStreamClient,
  'connect' | 'disconnect' | 'on' | 'reconnect' | 'sendToolResult' | 'updateToken'
>;

interface GatewayConnection {
  client: StoredClient;
  status: ConnectionStatus;
}

/** The shape of the client that the store was written for, by its methods only. */
interface KnownClient {
  connect(): void;
  readonly connectionStatus: ConnectionStatus;
  disconnect(): void;
  off(event: 'connected', listener: () => void): void;
  on(event: 'auth_failed', listener: (reason: string) => void): void;
  on(event: 'connected' | 'disconnected', listener: () => void): void;
  reconnect(): Promise<void>;
  removeAllListeners(): void;
  sendInterrupt(): void;
  sendToolResult(payload: { content: string | null; success: boolean; toolCallId: string }): boolean;
  updateToken(token: string): void;
}

export function createClient(options: AgentStreamClientOptions): StoredClient {
  return new AgentStreamClient(options);
}

export const connections: Record<string, GatewayConnection> = {};

export function connect(options: AgentStreamClientOptions, createClientForTest = createClient): void {
  const client = createClientForTest(options);
  connections[options.operationId] = { client, status: 'connecting' };
  client.on('status_changed', (status) => {
    connections[options.operationId] = { client, status };
  });
  client.connect();
}

export const known: KnownClient = new AgentStreamClient({ gatewayUrl: 'x', operationId: 'y', token: 'z' });

/** A test double needs the stored members only. */
export const double: StoredClient = {
  connect: () => {},
  disconnect: () => {},
  on: () => () => {},
  reconnect: async () => {},
  sendToolResult: () => true,
  updateToken: () => {},
};
