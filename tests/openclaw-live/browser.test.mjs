// The packed entry in Chromium, against the released gateway: with the key that the browser keeps.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { packageDir } from '../../scripts/lib/project.mjs';
import { startOpenClaw } from '../../scripts/openclaw/gateway.mjs';
import { launchBrowser } from '../consumers/support/browser.mjs';
import { serveFolder } from '../consumers/support/static-server.mjs';

let gateway, browser, files, page;
before(
  async () => {
    gateway = await startOpenClaw();
    // The manifest is what makes a page of this origin.
    files = await serveFolder(packageDir, { types: { '.json': 'text/html' } });
    browser = await launchBrowser();
    page = await browser.newPage();
  },
  { timeout: 200_000 },
);
after(async () => {
  await browser?.close();
  await files?.close();
  await gateway?.stop();
});

/** Runs a function in a page that was loaded anew, with the entry's exports and the options of a client. */
async function inPage(act, entry = 'openclaw.mjs') {
  await page.goto(`${files.url}package.json`);
  return page.evaluate(
    async ([source, module, options]) => {
      const exports = await import(module);
      return new Function(`return (${source})`)()(exports, options);
    },
    [String(act), `/${entry}`, { gatewayUrl: gateway.url, auth: { token: gateway.token } }],
  );
}

async function chatOnce({ OpenClawClient, init }, options) {
  await init?.();
  const client = new OpenClawClient(options);
  await client.connect();
  const chat = client.chat('agent:main:browser');
  const run = chat.send('hello');
  const text = await new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error(JSON.stringify(chat.getSnapshot()))), 40_000);
    chat.subscribe(() => {
      const found = chat.getSnapshot().runs.find(({ id }) => id === run);
      if (found?.state === 'done') resolve(found.text);
    });
  });
  const { authMethod, scopes } = client.hello;
  client.dispose();
  return { authMethod, scopes, text };
}

test('a page is paired with a key of its own and chats', async () => {
  const { scopes, text } = await inPage(chatOnce);
  assert.deepEqual(scopes, ['operator.read', 'operator.write', 'operator.approvals']);
  assert.equal(text, 'Hello from the model.');
});

test('the same page connects later by what the browser kept, without the shared token', async () => {
  const { authMethod, id } = await inPage(async ({ OpenClawClient }, { gatewayUrl }) => {
    const client = new OpenClawClient({ gatewayUrl });
    await client.connect();
    const { authMethod } = client.hello;
    client.dispose();
    return { authMethod };
  });
  assert.equal(authMethod, 'device-token', id);
});

test('the key that the browser keeps cannot be read', async () => {
  const kept = await inPage(async () => {
    const database = await new Promise((resolve, reject) => {
      const opening = indexedDB.open('agent-gateway-client');
      opening.onsuccess = () => resolve(opening.result);
      opening.onerror = () => reject(opening.error);
    });
    const read = database.transaction('openclaw').objectStore('openclaw').get('device');
    const { privateKey } = await new Promise((resolve) => (read.onsuccess = () => resolve(read.result)));
    return crypto.subtle.exportKey('pkcs8', privateKey).then(
      () => 'exported',
      (error) => error.name,
    );
  });
  assert.equal(kept, 'InvalidAccessError');
});

test('the slim entry does the same with its module as a file', async () => {
  const { text } = await inPage(chatOnce, 'openclaw-slim.mjs');
  assert.equal(text, 'Hello from the model.');
});

test('a wrong token blocks with the next step', async () => {
  const state = await inPage(async ({ createSigner, OpenClawClient }, { gatewayUrl }) => {
    const signer = await createSigner();
    const client = new OpenClawClient({ gatewayUrl, auth: { token: 'wrong' }, signer, storage: null });
    const error = await client.connect().catch((error) => error);
    const { status, nextStep } = client.state;
    client.dispose();
    return { code: error.code, status, nextStep };
  });
  assert.equal(state.code, 'AUTH_TOKEN_MISMATCH');
  assert.equal(state.status, 'blocked');
  assert.match(state.nextStep, /present token/);
});
