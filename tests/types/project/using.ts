import { AgentStreamClient } from 'agent-gateway-client';

export function once(): string {
  using client = new AgentStreamClient({ gatewayUrl: 'x', operationId: 'y', token: 'z' });
  return client.connectionStatus;
}
