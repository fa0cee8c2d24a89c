import assert from 'node:assert/strict';
import { test } from 'node:test';
import { suite } from './suite.mjs';

/** Declares the cases of every host, and those of a page: with the key that the browser keeps. */
export function pages(openHost) {
  const world = suite(openHost);
  const inPage = (act, entry = 'openclaw.mjs') => {
    const { gateway, host } = world;
    return host.inPage(act, `/${entry}`, { gatewayUrl: gateway.url, auth: { token: gateway.token } });
  };

  test('a page is paired with a key of its own and chats', async () => {
    const { scopes, text } = await inPage(chatOnce);
    assert.deepEqual(scopes, ['operator.read', 'operator.write', 'operator.approvals']);
    assert.equal(text, 'Hello from the model.');
  });

  test('the same page connects later by what the browser kept, without the shared token', async () => {
    const authMethod = await inPage(async ({ OpenClawClient }, { gatewayUrl }) => {
      const client = new OpenClawClient({ gatewayUrl });
      await client.connect();
      const { authMethod } = client.hello;
      client.dispose();
      return authMethod;
    });
    assert.equal(authMethod, 'device-token');
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
}

async function chatOnce({ init, OpenClawClient, over }, options) {
  await init?.();
  const client = new OpenClawClient(options);
  await client.connect();
  const chat = client.chat('agent:main:page');
  const { text } = await over(chat, chat.send('hello'));
  const { scopes } = client.hello;
  client.dispose();
  return { scopes, text };
}
