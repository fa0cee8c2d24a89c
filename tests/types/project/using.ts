import { AgentStreamClient, GatewayMuxClient } from 'agent-gateway-client/mux';

export function once(): string {
  using client = new AgentStreamClient({ gatewayUrl: 'x', operationId: 'y', token: 'z' });
  return client.connectionStatus;
}

export function followed(getToken: () => string): string {
  using mux = new GatewayMuxClient({ gatewayUrl: 'x', getToken });
  using subscription = mux.subscribe('op_1');
  return subscription.status;
}
