import {
  AgentStreamClient,
  GatewayError,
  UnauthorizedError,
  isSessionTerminalEvent,
  type AgentStreamClientOptions,
  type Completion,
  type ConnectionState,
  type ConnectionStatus,
  type Logger,
  type TokenRequest,
} from 'agent-gateway-client';
import { CLIENT_PROTOCOL_VERSION, MirroredTerminalEchoGuard } from 'agent-gateway-client/helpers';
import { AgentStreamClient as SlimClient, init } from 'agent-gateway-client/slim';

const logger: Logger = { warn: (message, context) => void [message, context] };

const options: AgentStreamClientOptions = {
  gatewayUrl: 'https://gateway.example.org',
  operationId: 'op_1',
  getToken: async ({ reason, signal }: TokenRequest): Promise<string> => {
    if (signal.aborted) throw new UnauthorizedError(reason);
    return 'token';
  },
  logger,
  WebSocket,
};

export async function follow(): Promise<Completion> {
  const client = new AgentStreamClient(options);
  const unsubscribe: () => void = client.on('agent_event', (event) => {
    const text: string = event.type === 'stream_chunk' ? event.data.content : '';
    if (isSessionTerminalEvent(event)) console.log(text, client.lastEventId.length);
  });
  client.on('status_changed', (status: ConnectionStatus) => console.log(status));
  client.on('error', (error: Error) => console.log(error.message));
  client.on('error', (error: GatewayError) => console.log(error.code, error.retryable, error.remediation));
  client.on('auth_failed', (reason) => console.log(reason.length));
  client.on('reconnecting', (delayMs) => console.log(delayMs + 1));
  client.on('session_complete', (completion) => {
    if (completion.source === 'resume_status') console.log(completion.status);
  });
  client.on('session_complete', () => {});
  client.on('resume_complete', ({ gap, pending, status }) => console.log(gap, pending, status));
  client.on('continuity', ({ kind }) => console.log(kind));
  client.on('tool_confirmation_request', ({ tool, toolCallId }) => {
    const sent: boolean = client.sendToolConfirmation(toolCallId, tool.name !== '');
    console.log(sent);
  });
  client.on('input_request', ({ prompt, requestId }) => client.sendUserInput(requestId, prompt));
  // @ts-expect-error there is no such event
  client.on('agentEvent', () => {});
  // @ts-expect-error the status is text
  client.on('status_changed', (status: number) => console.log(status));

  client.connect();
  await client.reconnect();
  client.updateToken('token');
  client.sendToolResult({ toolCallId: 'call_1', content: null, success: false, error: { message: 'no' } });
  // @ts-expect-error content is text or null
  client.sendToolResult({ toolCallId: 'call_1', content: 5, success: false });
  client.sendInterrupt();

  const state: ConnectionState = client.state;
  // @ts-expect-error the state is read-only
  state.status = 'connected';

  unsubscribe();
  client.off('connected', unsubscribe);
  client.removeAllListeners();
  client.disconnect();
  client.dispose();
  return client.done;
}

export async function followSlim(): Promise<void> {
  await init();
  await init('/agent_gateway_client.wasm');
  await init(fetch('/agent_gateway_client.wasm'));
  await init(new Uint8Array(8));
  const client = new SlimClient({ gatewayUrl: 'x', operationId: 'y', token: 'z' });
  client.dispose();
}

const version: 2 = CLIENT_PROTOCOL_VERSION;
export const guard = new MirroredTerminalEchoGuard('op_1', version === 2 ? 'v2' : 'v1');

export class Recording extends AgentStreamClient {
  replay(): void {
    this.emit('connected');
    this.emit('reconnecting', 1000);
  }
}

// @ts-expect-error operationId is required
new AgentStreamClient({ gatewayUrl: 'x', token: 'z' });
