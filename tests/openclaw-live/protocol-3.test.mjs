// The packed entry in Node, against a released gateway that speaks version 3 of the protocol only.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { startOpenClaw } from '../../scripts/openclaw/gateway.mjs';
import { RELEASE_OF_PROTOCOL_3 } from '../../scripts/openclaw/install.mjs';
import { startProxy } from '../consumers/support/proxy.mjs';
import { inNode } from './support/hosts.mjs';

let gateway, host;
before(
  async () => {
    gateway = await startOpenClaw({ release: RELEASE_OF_PROTOCOL_3 });
    host = await inNode();
  },
  { timeout: 200_000 },
);
after(() => gateway?.stop());
afterEach(() => host.clear());

const open = () => host.open({ gatewayUrl: gateway.url, auth: { token: gateway.token } });

test('the client of version 4 is welcomed with version 3 and reads the fleet', async () => {
  const client = await open();
  const { agents, protocol } = await client.run(async ({ client, until }) => {
    await client.connect();
    const { agents } = await until(client.fleet, ({ freshness }) => freshness === 'live', 'live');
    return { agents: agents.map(({ id }) => id), protocol: client.hello.protocol };
  });
  assert.equal(protocol, 3);
  assert.deepEqual(agents, ['main']);
});

test('a message is answered piece by piece, though version 3 sends whole texts', async () => {
  const client = await open();
  const { state, text, texts } = await client.run(async ({ client, over, runOf }) => {
    await client.connect();
    const chat = client.chat('agent:main:answered');
    const texts = new Set();
    const run = chat.send('[[paced]] go');
    chat.subscribe(() => texts.add(runOf(chat.getSnapshot(), run)?.text));
    const { state, text } = await over(chat, run);
    return { state, text, texts: texts.size };
  });
  assert.equal(state, 'done');
  assert.match(text, /^part0 .*part11/);
  assert.ok(texts > 3, `${texts} texts`);
});

test('a run that is aborted says so', async () => {
  const client = await open();
  const { state } = await client.run(async ({ client, inState, over }) => {
    await client.connect();
    const chat = client.chat('agent:main:aborted');
    const run = chat.send('[[slow]] go');
    await inState(chat, run, 'streaming');
    chat.abort(run);
    return over(chat, run);
  });
  assert.equal(state, 'aborted');
});

test('a wrong token reaches the gateway once', async () => {
  const proxy = await startProxy(gateway.url);
  try {
    const client = await host.open({ gatewayUrl: proxy.url, auth: { token: 'wrong' } });
    const { code, status } = await client.run(async ({ client, pause }) => {
      const { code } = await client.connect().catch((error) => error);
      await pause(2_000);
      return { code, status: client.state.status };
    });
    assert.deepEqual({ code, status }, { code: 'AUTH_TOKEN_MISMATCH', status: 'blocked' });
    assert.equal(proxy.connections(), 1);
  } finally {
    await proxy.close();
  }
});
