// The packed entry in Node, against the released gateway.
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { createSigner, OpenClawClient } from '../../pkg/openclaw.mjs';
import { inNode, socketsFrom } from './support/hosts.mjs';
import { suite } from './support/suite.mjs';
import { over, until } from './support/waiting.mjs';

const world = suite(inNode);
const clients = [];
afterEach(() => clients.splice(0).forEach((client) => client.dispose()));

async function createClient(options = {}) {
  const { gateway } = world;
  const client = new OpenClawClient({
    gatewayUrl: gateway.url,
    auth: { token: gateway.token },
    signer: await createSigner(),
    WebSocket: socketsFrom('http://127.0.0.1:5173'),
    logger: {},
    ...options,
  });
  clients.push(client);
  return client;
}

test('a new device is welcomed and gets the scopes it asks for', async () => {
  const client = await createClient();
  await client.connect();
  assert.equal(client.state.status, 'ready');
  assert.equal(client.hello.protocol, 4);
  assert.deepEqual(client.hello.scopes, ['operator.read', 'operator.write', 'operator.approvals']);
  assert.match(client.explain(), /all is well/);
});

test('a device that was granted a token connects with it alone', async () => {
  const kept = new Map();
  const storage = {
    get: (key) => kept.get(key),
    set: (key, value) => void kept.set(key, value),
    delete: (key) => void kept.delete(key),
  };
  const signer = await createSigner();
  const first = await createClient({ signer, storage });
  await first.connect();
  assert.equal(kept.size, 1);
  assert.ok(![...kept].flat().join().includes(world.gateway.token));
  const second = await createClient({ auth: {}, signer, storage });
  await second.connect();
  assert.equal(second.hello.authMethod, 'device-token');
});

test('the fleet is read and kept up to date', async () => {
  const client = await createClient();
  await client.connect();
  const fleet = await until(client.fleet, ({ freshness }) => freshness === 'live', 'live');
  assert.deepEqual(
    fleet.agents.map(({ id, isDefault }) => ({ id, isDefault })),
    [{ id: 'main', isDefault: true }],
  );
  const { key } = await client.call('sessions.create', { agentId: 'main', label: 'a new session' });
  const { sessions } = await until(
    client.fleet,
    (now) => now.sessions.some((session) => session.key === key),
    'told of it',
  );
  assert.equal(sessions.find((session) => session.key === key).title, 'a new session');
});

test('a message is answered piece by piece', async () => {
  const client = await createClient();
  const chat = client.chat('agent:main:answered');
  await client.connect();
  const texts = [];
  chat.subscribe(() => texts.push(chat.getSnapshot().runs.at(-1)?.text ?? ''));
  const run = chat.send('hello');
  await over(chat, run);
  const { messages, runs } = chat.getSnapshot();
  assert.deepEqual(
    runs.map(({ id, isOwn, state, text }) => ({ id, isOwn, state, text })),
    [{ id: run, isOwn: true, state: 'done', text: 'Hello from the model.' }],
  );
  assert.deepEqual(
    messages.map(({ role }) => role),
    ['user', 'assistant'],
  );
  assert.ok(new Set(texts).size > 2, 'it came in pieces');
});

test('a call for which a scope is missing fails with that code and a next step', async () => {
  const client = await createClient();
  await client.connect();
  await assert.rejects(client.call('no.such.method', {}), {
    name: 'OpenClawError',
    code: 'MISSING_SCOPE',
    remediation: /scope/,
  });
});
