import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, mock, test } from 'node:test';
import { createSigner, GatewayError, OpenClawClient, OpenClawError } from '../../pkg/openclaw.mjs';
import { createClient, createDialled, createReady, disposeClients } from './support/openclaw.mjs';
import { framesOf, Gateway, OPTIONS, settled, SIGNER } from './support/openclaw.mjs';
import { ScriptedSocket } from './support/scripted-socket.mjs';

beforeEach(() => mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_795_223_677_000 }));
afterEach(() => {
  disposeClients();
  mock.timers.reset();
});

describe('options', () => {
  const refused = {
    'no options at all': undefined,
    'no gatewayUrl': { ...OPTIONS, gatewayUrl: '' },
    'scopes that are no array': { ...OPTIONS, scopes: 'operator.read' },
    'a signer that cannot sign': { ...OPTIONS, signer: { publicKey: new Uint8Array(32) } },
    'a storage that cannot delete': { ...OPTIONS, storage: { get() {}, set() {} } },
  };
  for (const [what, options] of Object.entries(refused)) {
    test(`refuse ${what}`, () =>
      assert.throws(() => new OpenClawClient(options), { name: 'GatewayError', code: 'invalid_option' }));
  }
});

describe('connect', () => {
  test('signs the challenge and presents the token, in no URL', async () => {
    const { client, connected, socket } = await createDialled(OpenClawClient);
    assert.equal(socket.url, 'wss://gateway.example.org');
    assert.equal(client.state.status, 'connecting');
    const gateway = new Gateway(socket);
    await gateway.challenge();
    const { params } = gateway.asked('connect');
    assert.deepEqual(params.auth, { token: 'shared_1' });
    assert.equal(params.device.id, 'device_1');
    assert.equal(params.device.signature, `${'CQkJ'.repeat(21)}CQ`);
    assert.match(SIGNER.signed[0], /^v3\|device_1\|webchat-ui\|webchat\|operator\|.*\|shared_1\|/);
    gateway.answer('connect', framesOf('01-handshake-ok-control-ui-origin-5173').at(1).payload);
    await connected;
    assert.equal(client.state.status, 'ready');
    assert.equal(client.hello.serverVersion, '2026.9.6');
  });

  test('tells the state once for each change, as the same frozen object until then', async () => {
    const client = createClient(OpenClawClient);
    const states = [];
    client.on('state_changed', (state) => states.push(state));
    const connected = client.connect();
    await settled();
    const gateway = new Gateway(ScriptedSocket.latest);
    await gateway.challenge();
    gateway.answer('connect', framesOf('05-chat-run').at(1).payload);
    await connected;
    assert.deepEqual(
      states.map(({ status }) => status),
      ['connecting', 'authenticating', 'ready'],
    );
    assert.equal(client.state, states.at(-1));
    assert.ok(Object.isFrozen(client.state));
  });

  test('rejects with the next step where a refusal blocks, and dials no more', async () => {
    const { client, connected, socket } = await createDialled(OpenClawClient);
    const gateway = new Gateway(socket);
    await gateway.challenge();
    gateway.refuse('connect', framesOf('03b-bad-token-with-device').at(-1).error);
    await assert.rejects(connected, (error) => {
      assert.ok(error instanceof OpenClawError && error instanceof GatewayError);
      assert.equal(error.code, 'AUTH_TOKEN_MISMATCH');
      assert.match(error.remediation, /present token/);
      return true;
    });
    assert.equal(client.state.status, 'blocked');
    assert.match(client.explain(), /AUTH_TOKEN_MISMATCH[^]*What to do: Copy/);
    mock.timers.tick(600_000);
    assert.equal(ScriptedSocket.all.length, 1);
  });

  test('names the command where a device has to be approved', async () => {
    const { client, connected, socket } = await createDialled(OpenClawClient);
    const gateway = new Gateway(socket);
    await gateway.challenge();
    gateway.refuse('connect', framesOf('02b-pairing-required-browser-nonui').at(-1).error);
    await assert.rejects(connected, { code: 'PAIRING_REQUIRED' });
    assert.match(client.state.remedy, /^openclaw devices approve [0-9a-f-]{36}$/);
  });

  test('rejects when the application disconnects, also before the device is known', async () => {
    const client = createClient(OpenClawClient);
    const connected = client.connect();
    client.disconnect();
    await assert.rejects(connected, { code: 'closed' });
    await settled();
    assert.equal(ScriptedSocket.all.length, 0);
  });

  test('stops waiting when its signal is aborted', async () => {
    const client = createClient(OpenClawClient);
    const controller = new AbortController();
    const connected = client.connect({ signal: controller.signal });
    controller.abort(new Error('enough'));
    await assert.rejects(connected, { message: 'enough' });
  });

  test('blocks where the environment keeps no device key, and says what to give', async () => {
    const client = createClient(OpenClawClient, { signer: undefined });
    await assert.rejects(client.connect(), { code: 'identity_unavailable', remediation: /signer/ });
    assert.equal(client.state.status, 'blocked');
  });

  test('goes on after a signer that fails, with another socket', async () => {
    const signer = { ...SIGNER, sign: () => Promise.reject(new Error('locked')) };
    const { client, socket } = await createDialled(OpenClawClient, { signer });
    await new Gateway(socket).challenge();
    assert.equal(client.state.status, 'waiting');
    assert.equal(client.state.code, 'signature_failed');
    assert.equal(client.state.message, 'locked');
    mock.timers.tick(client.state.retryAt - Date.now());
    assert.equal(ScriptedSocket.all.length, 2);
  });
});

describe('the token of the device', () => {
  const TOKEN = 'token|wss://gateway.example.org/|webchat-ui|device_1|operator';

  test('is kept under URL, client, device and role, and presented without the shared one', async () => {
    const kept = new Map();
    const storage = {
      get: (key) => kept.get(key),
      set: (key, value) => void kept.set(key, value),
      delete: (key) => void kept.delete(key),
    };
    await createReady(OpenClawClient, { storage });
    assert.deepEqual([...kept.keys()], [TOKEN]);
    const { socket } = await createDialled(OpenClawClient, { auth: {}, storage });
    const gateway = new Gateway(socket);
    await gateway.challenge();
    assert.deepEqual(gateway.asked('connect').params.auth, {
      deviceToken: JSON.parse(kept.get(TOKEN)).token,
    });
    gateway.refuse('connect', framesOf('03e-device-token-mismatch').at(-1).error);
    await settled();
    assert.equal(kept.size, 0);
  });

  test('may be unreadable', async () => {
    const storage = { get: () => Promise.reject(new Error('no')), set() {}, delete() {} };
    const { socket } = await createDialled(OpenClawClient, { storage });
    assert.ok(socket);
  });
});

describe('call', () => {
  test('resolves with the payload as the engine parsed it', async () => {
    const { client, gateway } = await createReady(OpenClawClient);
    const called = client.call('models.list', { view: 'all' });
    assert.deepEqual(gateway.asked('models.list').params, { view: 'all' });
    gateway.answer('models.list', { models: [1, { a: null }] });
    assert.deepEqual(await called, { models: [1, { a: null }] });
  });

  test('rejects with the code, the details and the next step of a refusal', async () => {
    const { client, gateway } = await createReady(OpenClawClient);
    const called = client.call('config.set', {});
    const { error } = framesOf('04-initial-sync').find((frame) => frame.error?.details?.missingScope);
    gateway.refuse('config.set', error);
    await assert.rejects(called, {
      code: 'MISSING_SCOPE',
      message: error.message,
      details: error.details,
      retryable: false,
      remediation: /scope/,
    });
  });

  test('rejects when the gateway does not answer in time', async () => {
    const { client } = await createReady(OpenClawClient);
    const called = client.call('health', {}, { timeoutMs: 500 });
    mock.timers.tick(500);
    await assert.rejects(called, { code: 'call_timeout', accepted: false });
  });

  test('rejects with the reason of its signal, and a late answer does no harm', async () => {
    const { client, gateway } = await createReady(OpenClawClient);
    const controller = new AbortController();
    const called = client.call('models.list', {}, { signal: controller.signal });
    controller.abort(new Error('enough'));
    await assert.rejects(called, { message: 'enough' });
    gateway.answer('models.list', {});
    assert.equal(client.state.status, 'ready');
  });

  test('rejects when the connection is lost, and is not sent again', async () => {
    const { client, gateway, socket } = await createReady(OpenClawClient);
    const called = client.call('models.list', {});
    socket.drop();
    await assert.rejects(called, { code: 'connection_lost', accepted: false });
    assert.equal(client.state.status, 'waiting');
    mock.timers.tick(client.state.retryAt - Date.now());
    await settled();
    const next = new Gateway(ScriptedSocket.latest);
    assert.notEqual(next.socket, socket);
    await next.challenge();
    next.answer('connect', framesOf('05-chat-run').at(1).payload);
    assert.equal(client.state.status, 'ready');
    assert.equal(next.asked('models.list'), undefined);
    assert.ok(gateway);
  });

  test('sends nothing before the welcome, and says so', async () => {
    const client = createClient(OpenClawClient);
    await assert.rejects(client.call('health', {}), { code: 'not_ready', retryable: true });
  });

  test('tells the first of two answers and resolves with the second', async () => {
    const { client, gateway } = await createReady(OpenClawClient);
    const accepted = [];
    const options = { finalTimeoutMs: 60_000, onAccepted: (payload) => accepted.push(payload) };
    const called = client.call('agent', { message: 'go' }, options);
    gateway.answer('agent', { status: 'accepted', runId: 'r' });
    gateway.answer('agent', { status: 'ok' });
    assert.deepEqual(await called, { status: 'ok' });
    assert.deepEqual(accepted, [{ status: 'accepted', runId: 'r' }]);
  });

  test('is settled also where a listener disconnects while it is made', async () => {
    const { client, gateway } = await createReady(OpenClawClient);
    let called;
    client.on('gap', () => (called = client.call('models.list', {})));
    client.on('event', () => client.disconnect());
    gateway.seq = 5;
    gateway.tell('heartbeat', {});
    await assert.rejects(called, { code: 'connection_lost' });
  });

  test('survives an onAccepted that throws', async () => {
    const { client, gateway } = await createReady(OpenClawClient);
    const onAccepted = () => {
      throw new Error('of the application');
    };
    const called = client.call('agent', {}, { finalTimeoutMs: 60_000, onAccepted });
    gateway.answer('agent', { status: 'accepted' });
    gateway.answer('agent', { status: 'ok' });
    assert.deepEqual(await called, { status: 'ok' });
  });

  test('rejects what JSON cannot say', async () => {
    const { client } = await createReady(OpenClawClient);
    await assert.rejects(client.call('health', { big: 1n }), TypeError);
  });
});

describe('chat', () => {
  const KEY = 'agent:main:main';
  const idle = { hasActiveRun: false, activeRunIds: [] };
  const said = (id, content) => ({ role: 'user', content, __openclaw: { id } });
  const contents = (chat) => chat.getSnapshot().messages.map(({ content }) => content);

  test('hears its answer under an alias of its session, as does one under the key', async () => {
    const { client, gateway } = await createReady(OpenClawClient);
    const chats = ['main', KEY].map((key) => {
      const chat = client.chat(key);
      gateway.answer('sessions.messages.subscribe', { subscribed: true, key: KEY });
      gateway.answer('chat.history', { messages: [], sessionInfo: idle });
      return chat;
    });
    const runId = chats[0].send('hello');
    gateway.answer('chat.send', { runId, status: 'started' });
    for (const [state, content] of [
      ['delta', 'Hel'],
      ['delta', 'Hello'],
      ['final', 'Hello!'],
    ]) {
      const message = { role: 'assistant', content: [{ type: 'text', text: content }] };
      gateway.tell('chat', { sessionKey: KEY, runId, state, message });
      for (const chat of chats) assert.equal(chat.getSnapshot().runs[0].text, content);
    }
    gateway.tell('sessions.changed', { sessionKey: KEY, ts: 1, session: idle });
    for (const chat of chats) {
      assert.equal(chat.getSnapshot().runs[0].state, 'done');
      assert.equal(chat.getSnapshot().isBusy, false);
    }
  });

  test('keeps what was said while its history was read', async () => {
    const { client, gateway } = await createReady(OpenClawClient);
    const chat = client.chat(KEY);
    gateway.answer('sessions.messages.subscribe', { subscribed: true, key: KEY });
    for (const message of [said('m1', 'old'), said('m2', 'new')]) {
      gateway.tell('session.message', { sessionKey: KEY, message });
    }
    gateway.answer('chat.history', { messages: [said('m0', 'oldest'), said('m1', 'old')] });
    assert.deepEqual(contents(chat), ['oldest', 'old', 'new']);
  });
});

describe('dispose', () => {
  test('settles what waits, closes the socket and tells nothing more', async () => {
    const { client, socket } = await createReady(OpenClawClient);
    const states = [];
    client.on('state_changed', (state) => states.push(state));
    const called = client.call('models.list', {});
    client.dispose();
    await assert.rejects(called, { code: 'disposed' });
    assert.equal(socket.closedWith.code, 1000);
    assert.deepEqual(states, []);
    assert.equal(client.state.status, 'closed');
    await assert.rejects(client.connect(), { code: 'disposed' });
  });
});

test('a signer of WebCrypto gives signatures of 64 bytes for its own key', async () => {
  const signer = await createSigner();
  const bytes = new TextEncoder().encode('text');
  const signature = await signer.sign(bytes);
  const key = await crypto.subtle.importKey('raw', signer.publicKey, 'Ed25519', true, ['verify']);
  assert.equal(signature.length, 64);
  assert.ok(await crypto.subtle.verify('Ed25519', key, signature, bytes));
});
