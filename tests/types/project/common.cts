import { AgentStreamClient, type Completion } from 'agent-gateway-client';
import { isSessionTerminalEvent } from 'agent-gateway-client/helpers';

export function follow(token: string): Promise<Completion> {
  const client = new AgentStreamClient({ gatewayUrl: 'x', operationId: 'y', token });
  client.on('agent_event', (event) => console.log(isSessionTerminalEvent(event)));
  client.connect();
  return client.done;
}
