// The packed entry in Node, against the released gateway.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import WebSocket from 'ws';
import { createSigner, OpenClawClient } from '../../pkg/openclaw.mjs';
import { startOpenClaw } from '../../scripts/openclaw/gateway.mjs';
import { stateOf, until } from './support/waiting.mjs';

let gateway;
const clients = [];
before(async () => (gateway = await startOpenClaw()), { timeout: 200_000 });
after(() => gateway?.stop());
afterEach(() => clients.splice(0).forEach((client) => client.dispose()));

/** Sockets with an origin of their own, as those of a page have. */
const socketsFrom = (origin, opened = []) =>
  class extends WebSocket {
    constructor(url) {
      super(url, { origin });
      opened.push(this);
    }
  };

async function createClient(options = {}) {
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

test('a wrong token is presented once, and the state names the next step', async () => {
  const opened = [];
  const WebSocketOfThisTest = socketsFrom('http://127.0.0.1:6001', opened);
  const client = await createClient({ auth: { token: 'wrong' }, WebSocket: WebSocketOfThisTest });
  await assert.rejects(client.connect(), { name: 'OpenClawError', code: 'AUTH_TOKEN_MISMATCH' });
  assert.equal(client.state.status, 'blocked');
  assert.match(client.state.nextStep, /present token/);
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  assert.equal(opened.length, 1);
  client.updateAuth({ token: gateway.token });
  await until(stateOf(client), ({ status }) => status === 'ready', 'ready');
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
  assert.ok(![...kept].flat().join().includes(gateway.token));
  const second = await createClient({ auth: {}, signer, storage });
  await second.connect();
  assert.equal(second.hello.authMethod, 'device-token');
});

test('a device that has to be approved is blocked with the command, and connects once it was', async () => {
  const client = await createClient({ client: { id: 'gateway-client', mode: 'backend' } });
  await assert.rejects(client.connect(), { code: 'PAIRING_REQUIRED' });
  const [requestId] = client.state.remedy.match(/[0-9a-f-]{36}$/);
  const owner = await createClient({
    scopes: ['operator.read', 'operator.write', 'operator.approvals', 'operator.pairing'],
  });
  await owner.connect();
  await owner.call('device.pair.approve', { requestId });
  await client.connect();
  assert.equal(client.state.status, 'ready');
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
  const { messages, runs } = await until(chat, isOver(run), 'answered');
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

test('a run that is aborted says so', async () => {
  const client = await createClient();
  await client.connect();
  const chat = client.chat('agent:main:aborted');
  const run = chat.send('[[slow]] go');
  const of = ({ runs }) => runs.find(({ id }) => id === run);
  await until(chat, (now) => of(now).state === 'streaming', 'streaming');
  chat.abort(run);
  const ended = await until(chat, isOver(run), 'over');
  assert.equal(of(ended).state, 'aborted');
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

test('a gateway that is killed and started again is found again, and the chat goes on', async () => {
  const client = await createClient();
  await client.connect();
  const chat = client.chat('agent:main:restarted');
  await until(client.fleet, ({ freshness }) => freshness === 'live', 'live');
  await gateway.kill();
  await until(stateOf(client), ({ status }) => status === 'waiting', 'waiting');
  assert.equal(client.fleet.getSnapshot().freshness, 'stale');
  assert.throws(() => chat.send('hello'), { code: 'not_ready' });
  await gateway.restart();
  await until(stateOf(client), ({ status }) => status === 'ready', 'ready', 60_000);
  assert.equal(client.hello.restarted, true);
  await until(client.fleet, ({ freshness }) => freshness === 'live', 'live');
  const run = chat.send('hello again');
  const { runs } = await until(chat, isOver(run), 'answered');
  assert.equal(runs.find(({ id }) => id === run).text, 'Hello from the model.');
});

const OPEN = ['sending', 'accepted', 'streaming', 'uncertain'];
const isOver = (run) => (chat) => {
  const found = chat.runs.find(({ id }) => id === run);
  return found && !OPEN.includes(found.state);
};
