import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, mock, test } from 'node:test';
import { OpenClawClient, OpenClawError } from '../../pkg/openclaw.mjs';
import { createSigner } from '../../pkg/openclaw-signer.mjs';
import { createClient, createDialled, createReady, disposeClients } from './support/openclaw.mjs';
import { framesOf, Gateway, settled } from './support/openclaw.mjs';
import { ScriptedSocket } from './support/scripted-socket.mjs';

beforeEach(() => mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_795_223_677_000 }));
afterEach(() => {
  disposeClients();
  mock.timers.reset();
});

const TOKEN = 'token|wss://gateway.example.org/|webchat-ui|device_1|operator';
const REVOKED = framesOf('03e-device-token-mismatch').at(-1).error;
const WRONG = framesOf('03b-bad-token-with-device').at(-1).error;

/** A storage that several clients share, as the tabs of a browser do. */
function storageWith(token) {
  const kept = new Map();
  const storage = {
    kept,
    get: (key) => kept.get(key),
    set: (key, value) => void kept.set(key, value),
    delete: (key) => void kept.delete(key),
    keep: (text) => kept.set(TOKEN, JSON.stringify({ token: text, scopes: ['operator.read'] })),
    token: () => kept.has(TOKEN) && JSON.parse(kept.get(TOKEN)).token,
  };
  if (token) storage.keep(token);
  return storage;
}

/** The gateway's side of the newest socket, challenged; `presented` is what it was shown. */
async function challenged() {
  const gateway = new Gateway(ScriptedSocket.latest);
  await gateway.challenge();
  return { gateway, presented: gateway.asked('connect').params.auth };
}

describe('the token of a device with several tabs', () => {
  test('is not deleted by a tab that was refused with an older one; that tries the newer one', async () => {
    const storage = storageWith('old');
    const { client } = await createDialled(OpenClawClient, { auth: {}, storage });
    const first = await challenged();
    assert.deepEqual(first.presented, { deviceToken: 'old' });
    storage.keep('new');
    first.gateway.refuse('connect', REVOKED);
    await settled();
    assert.equal(storage.token(), 'new');
    assert.equal(client.state.status, 'waiting');
    mock.timers.tick(250);
    const { gateway, presented } = await challenged();
    assert.deepEqual(presented, { deviceToken: 'new' });
    gateway.refuse('connect', REVOKED);
    await settled();
    assert.equal(storage.token(), false);
    assert.equal(client.state.status, 'blocked');
    mock.timers.tick(600_000);
    assert.equal(ScriptedSocket.all.length, 2);
  });

  test('is read again when a person connects after a refusal', async () => {
    const storage = storageWith('old');
    const { client, connected } = await createDialled(OpenClawClient, { auth: {}, storage });
    const first = await challenged();
    first.gateway.refuse('connect', REVOKED);
    await settled();
    mock.timers.tick(250);
    await assert.rejects(connected, { code: 'AUTH_DEVICE_TOKEN_MISMATCH' });
    storage.keep('new');
    const again = client.connect();
    const twice = client.connect();
    assert.equal(client.state.status, 'connecting');
    await settled();
    const { gateway, presented } = await challenged();
    assert.deepEqual(presented, { deviceToken: 'new' });
    gateway.answer('connect', framesOf('05-chat-run').at(1).payload);
    await Promise.all([again, twice]);
    assert.equal(ScriptedSocket.all.length, 2);
  });

  test('is not waited for when the application disconnects meanwhile', async () => {
    const { client, socket } = await createReady(OpenClawClient, { storage: storageWith('old') });
    client.disconnect();
    const connected = client.connect();
    client.disconnect();
    await assert.rejects(connected, { code: 'closed' });
    await settled();
    assert.equal(ScriptedSocket.latest, socket);
    assert.equal(client.state.status, 'closed');
  });

  test('that is granted while the refused one is still looked up is kept', async () => {
    const storage = storageWith('old');
    const auth = { bootstrapToken: 'once', password: undefined };
    await createDialled(OpenClawClient, { auth, storage });
    const first = await challenged();
    let answer;
    storage.get = () =>
      new Promise((resolve) => (answer = () => resolve(JSON.stringify({ token: 'old', scopes: [] }))));
    first.gateway.refuse('connect', REVOKED);
    await settled();
    mock.timers.tick(250);
    const { gateway } = await challenged();
    const hello = structuredClone(
      framesOf('05-chat-run').find(({ payload }) => payload?.type === 'hello-ok').payload,
    );
    hello.auth.deviceToken = 'fresh';
    gateway.answer('connect', hello);
    await settled();
    answer();
    await settled();
    assert.equal(storage.token(), 'fresh');
  });

  test('stays where the storage cannot be read', async () => {
    const storage = storageWith('old');
    const { client } = await createDialled(OpenClawClient, { auth: {}, storage });
    const { gateway } = await challenged();
    storage.get = () => Promise.reject(new Error('no'));
    gateway.refuse('connect', REVOKED);
    await settled();
    assert.equal(storage.token(), 'old');
    mock.timers.tick(250);
    assert.equal(client.state.status, 'blocked');
  });
});

describe('the second attempt with the token of the device', () => {
  afterEach(() => delete globalThis.location);

  const rows = [
    ['https://gateway.example.org:8443/app', undefined, 'waiting'],
    ['https://gateway.example.org/app', false, 'blocked'],
    ['https://page.example.org/app', undefined, 'blocked'],
    ['https://page.example.org/app', true, 'waiting'],
  ];
  for (const [page, trustsEndpoint, status] of rows) {
    test(`from ${page} with trustsEndpoint ${trustsEndpoint}: ${status}`, async () => {
      globalThis.location = new URL(page);
      const { client } = await createDialled(OpenClawClient, { storage: storageWith('own'), trustsEndpoint });
      const { gateway } = await challenged();
      gateway.refuse('connect', { ...WRONG, details: { ...WRONG.details, canRetryWithDeviceToken: true } });
      assert.equal(client.state.status, status);
    });
  }
});

test('a call that an older gateway refuses for a scope names the scope', async () => {
  const { client, gateway } = await createReady(OpenClawClient);
  const called = client.call('config.set', {});
  gateway.refuse('config.set', { code: 'INVALID_REQUEST', message: 'missing scope: operator.admin' });
  await assert.rejects(called, { code: 'MISSING_SCOPE', remediation: /operator\.admin/ });
});

test('an approval that was answered already is told as that', async () => {
  const { client, gateway } = await createReady(OpenClawClient);
  const resolved = client.approvals.resolve('a', 'deny');
  gateway.refuse('exec.approval.resolve', {
    code: 'INVALID_REQUEST',
    message: 'approval already resolved',
    details: { reason: 'APPROVAL_ALREADY_RESOLVED' },
  });
  await assert.rejects(resolved, { code: 'APPROVAL_ALREADY_RESOLVED', remediation: /answered already/ });
});

describe('where the browser keeps no key', () => {
  const { crypto } = globalThis;
  const define = (name, value) => Object.defineProperty(globalThis, name, { value, configurable: true });
  const withoutSecureContext = () =>
    define('crypto', { getRandomValues: crypto.getRandomValues.bind(crypto) });
  afterEach(() => {
    define('crypto', crypto);
    delete globalThis.indexedDB;
  });

  test('a storage that throws blocks with a next step', async () => {
    define('indexedDB', {
      open() {
        throw new DOMException('The operation is insecure.', 'SecurityError');
      },
    });
    const client = createClient(OpenClawClient, { signer: undefined });
    await assert.rejects(client.connect(), (error) => {
      assert.ok(error instanceof OpenClawError);
      assert.deepEqual([error.code, error.message], ['identity_unavailable', 'The operation is insecure.']);
      assert.match(error.remediation, /openclaw-signer/);
      return true;
    });
    assert.match(client.state.nextStep, /openclaw-signer/);
    assert.match(client.explain(), /Details: The operation is insecure\.\nWhat to do: Open the page/);
  });

  test('the signer without WebCrypto connects a page without a secure context', async () => {
    withoutSecureContext();
    const storage = storageWith();
    const signer = await createSigner({ storage });
    await createDialled(OpenClawClient, { signer, storage: null });
    const { gateway } = await challenged();
    const { device } = gateway.asked('connect').params;
    define('crypto', crypto);
    const { publicKey, signature } = device;
    const bytes = (text) => Buffer.from(text, 'base64url');
    const digest = await crypto.subtle.digest('SHA-256', bytes(publicKey));
    assert.equal(device.id, Buffer.from(digest).toString('hex'));
    assert.equal(bytes(signature).length, 64);
  });

  test('its signatures are those of Ed25519, and its key is the one that is kept', async () => {
    const storage = storageWith();
    const [one, other, another] = [
      await createSigner({ storage }),
      await createSigner({ storage }),
      await createSigner(),
    ];
    assert.deepEqual(one.publicKey, other.publicKey);
    assert.notDeepEqual(one.publicKey, another.publicKey);
    for (const length of [0, 1, 200, 5_000]) {
      const bytes = crypto.getRandomValues(new Uint8Array(length));
      const signature = await one.sign(bytes);
      const key = await crypto.subtle.importKey('raw', one.publicKey, 'Ed25519', true, ['verify']);
      assert.ok(await crypto.subtle.verify('Ed25519', key, signature, bytes));
      assert.deepEqual(await other.sign(bytes), signature);
    }
  });

  test('its key is the one that the standard derives from the seed', async () => {
    const storage = storageWith();
    // RFC 8032, section 7.1, the first test.
    storage.kept.set(
      'openclaw-device-seed',
      '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    );
    const { publicKey, sign } = await createSigner({ storage });
    const hex = (bytes) => Buffer.from(bytes).toString('hex');
    assert.equal(hex(publicKey), 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a');
    assert.match(
      hex(sign(new Uint8Array())),
      /^e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155/,
    );
  });

  test('what is no key is not taken for one', async () => {
    const storage = storageWith();
    const expected = { code: 'identity_unavailable', message: /is no key/, remediation: /Delete it/ };
    for (const text of ['no', '0'.repeat(64)]) {
      storage.kept.set('openclaw-device-seed', text);
      await assert.rejects(createSigner({ storage }), expected);
      assert.equal(storage.kept.get('openclaw-device-seed'), text);
    }
  });
});
