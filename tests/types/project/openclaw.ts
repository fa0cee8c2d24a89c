import {
  createSigner,
  GatewayError,
  OpenClawClient,
  OpenClawError,
  OpenClawNode,
  type OpenClawChatSnapshot,
  type OpenClawFleet,
  type OpenClawState,
  type OpenClawStorage,
} from 'agent-gateway-client/openclaw';
import { createSigner as createOwnSigner } from 'agent-gateway-client/openclaw-signer';
import { init } from 'agent-gateway-client/openclaw-slim';

const kept = new Map<string, string>();
const storage: OpenClawStorage = {
  get: (key) => kept.get(key),
  set: (key, value) => void kept.set(key, value),
  delete: (key) => void kept.delete(key),
};

export async function follow(signal: AbortSignal): Promise<OpenClawFleet> {
  await init();
  const signer = signal.aborted ? await createOwnSigner({ storage }) : await createSigner();
  const client = new OpenClawClient({
    gatewayUrl: 'ws://127.0.0.1:18789',
    auth: { token: 't' },
    signer,
    storage,
  });
  client.on('state_changed', (state: OpenClawState) => state.nextStep?.length);
  client.on('error', ({ remediation }) => remediation.length);
  // @ts-expect-error no such event
  client.on('opened', () => {});
  await client.connect({ signal });

  const { sessions } = await client.call('sessions.list', { limit: 20 }, { signal, timeoutMs: 5_000 });
  const keys: string[] = sessions.map(({ key }) => key);
  // @ts-expect-error a decision that is none
  await client.call('exec.approval.resolve', { id: 'x', decision: 'perhaps' });
  await client.call('a.method.of.tomorrow', { anything: true }, { finalTimeoutMs: 60_000 });

  const chat = client.chat(keys[0] ?? 'agent:main:main');
  const stop = chat.subscribe(() => show(chat.getSnapshot()));
  const run: string = chat.send('hello', { mode: 'steer' });
  chat.abort(run);
  stop();
  return client.fleet.getSnapshot();
}

export function serve(): OpenClawNode {
  const node = new OpenClawNode({
    gatewayUrl: 'ws://127.0.0.1:18789',
    commands: {
      'demo.echo': {
        run: ({ text }, { deadline, progress, signal }) => {
          progress(`until ${deadline}`);
          return signal.aborted ? undefined : text;
        },
        tool: { name: 'echo', description: 'Says it again', parameters: { type: 'object' } },
      },
    },
  });
  // @ts-expect-error a node reads no fleet
  node.fleet;
  node.on('state_changed', ({ remedy }) => remedy);
  // @ts-expect-error a node without commands
  new OpenClawNode({ gatewayUrl: 'ws://127.0.0.1:18789' });
  return node;
}

function show({ messages, runs }: OpenClawChatSnapshot): string {
  return `${messages.length} ${runs.map(({ state, text }) => `${state}: ${text}`).join()}`;
}

export function adviceOf(error: unknown): string | undefined {
  if (error instanceof OpenClawError) return error.remedy ?? error.remediation;
  return error instanceof GatewayError ? error.remediation : undefined;
}
