import assert from 'node:assert/strict';
import { startProxy } from '../../consumers/support/proxy.mjs';

const FOUND_AGAIN_WITHIN_MS = 60_000;

/** What the gateway and a client say to each other before a message is sent. */
export const connection = {
  async 'a wrong token reaches the gateway once, and the right one is taken afterwards'({ gateway, host }) {
    const proxy = await startProxy(gateway.url);
    try {
      const client = await host.open({ gatewayUrl: proxy.url, auth: { token: 'wrong' } });
      const refused = await client.run(async ({ client }) => {
        const error = await client.connect().catch((error) => error);
        return { code: error.code, status: client.state.status, nextStep: client.state.nextStep };
      });
      assert.equal(refused.code, 'AUTH_TOKEN_MISMATCH');
      assert.equal(refused.status, 'blocked');
      assert.match(refused.nextStep, /present token/);
      await client.run(({ pause }) => pause(3_000));
      assert.equal(proxy.connections(), 1);
      await client.run(async ({ client, hasStatus }, token) => {
        client.updateAuth({ token });
        await hasStatus(client, 'ready');
      }, gateway.token);
      assert.equal(proxy.connections(), 2);
    } finally {
      await proxy.close();
    }
  },

  async 'a device that has to be approved is blocked with the command, and connects once it was run'({
    gateway,
    host,
  }) {
    const client = await host.open({
      gatewayUrl: gateway.url,
      auth: { token: gateway.token },
      client: { id: 'gateway-client', mode: 'backend' },
    });
    const { code, remedy } = await client.run(async ({ client }) => {
      const { code } = await client.connect().catch((error) => error);
      return { code, remedy: client.state.remedy };
    });
    assert.equal(code, 'PAIRING_REQUIRED');
    const [program, ...command] = remedy.split(' ');
    assert.equal(program, 'openclaw');
    await gateway.command(command);
    assert.equal(
      await client.run(async ({ client }) => {
        await client.connect();
        return client.state.status;
      }),
      'ready',
    );
  },

  async 'the subscription is made before the lists are read, and that of a chat before its history'({
    gateway,
    host,
  }) {
    const client = await host.open(optionsOf(gateway));
    const sent = await client.run(async ({ client, sent, until }) => {
      const chat = client.chat('agent:main:order');
      await client.connect();
      await until(client.fleet, ({ freshness }) => freshness === 'live', 'live');
      await until(chat, ({ isLive }) => isLive, 'live');
      return sent.map(({ method }) => method);
    });
    const place = (method) => {
      assert.ok(sent.includes(method), `${method} is among ${sent}`);
      return sent.indexOf(method);
    };
    assert.equal(place('connect'), 0);
    assert.ok(place('sessions.subscribe') < place('agents.list'));
    assert.ok(place('sessions.subscribe') < place('sessions.list'));
    assert.ok(place('sessions.messages.subscribe') < place('chat.history'));
  },

  async 'after the gateway was stopped and started the client is back as soon as its host lets it'({
    gateway,
    host,
    report,
  }) {
    const client = await host.open(optionsOf(gateway));
    await client.run(async ({ client, until }) => {
      await client.connect();
      await until(client.fleet, ({ freshness }) => freshness === 'live', 'live');
    });
    await gateway.end();
    const without = await client.run(async ({ client, hasStatus }) => {
      await hasStatus(client, 'waiting');
      const chat = client.chat('agent:main:restarted');
      const refusal = (act) => {
        try {
          return act();
        } catch (error) {
          return error.code;
        }
      };
      return { freshness: client.fleet.getSnapshot().freshness, send: refusal(() => chat.send('hello')) };
    });
    assert.deepEqual(without, { freshness: 'stale', send: 'not_ready' });
    const returning = client.run(async ({ client, hasStatus, until }, limit) => {
      await hasStatus(client, 'ready', limit);
      const at = Date.now();
      await until(client.fleet, ({ freshness }) => freshness === 'live', 'live');
      return { at, restarted: client.hello.restarted };
    }, FOUND_AGAIN_WITHIN_MS);
    const [answeredAt, back] = await Promise.all([gateway.restart(), returning]);
    report(`back ${back.at - answeredAt} ms after the gateway's first answer`);
    assert.ok(back.restarted);
    assert.ok(back.at - answeredAt <= host.foundAgainWithinMs, `it took ${back.at - answeredAt} ms`);
    const { state, text } = await client.run(async ({ client, over }) => {
      const chat = client.chat('agent:main:restarted');
      return over(chat, chat.send('hello again'));
    });
    assert.deepEqual({ state, text }, { state: 'done', text: 'Hello from the model.' });
  },

  async 'after the token of the gateway was changed no credential is presented twice, and the new one is taken'({
    gateway,
    host,
  }) {
    const proxy = await startProxy(gateway.url);
    try {
      const client = await host.open({ ...optionsOf(gateway), gatewayUrl: proxy.url });
      await client.run(({ client }) => client.connect());
      assert.equal(proxy.connections(), 1);
      await gateway.changeToken('another-token-of-the-tests-0123456789');
      const code = await client.run(async ({ client, hasStatus, pause }) => {
        await hasStatus(client, 'blocked');
        await pause(2_000);
        return client.state.code;
      });
      assert.match(code, /^AUTH_(DEVICE_)?TOKEN_MISMATCH$/);
      // The shared token, and the device's where the gateway asks for it.
      assert.ok(proxy.connections() <= 3, `${proxy.connections()} connections`);
      await client.run(async ({ client, hasStatus }, token) => {
        client.updateAuth({ token });
        await hasStatus(client, 'ready');
      }, gateway.token);
    } finally {
      await proxy.close();
    }
  },
};

const optionsOf = (gateway) => ({ gatewayUrl: gateway.url, auth: { token: gateway.token } });
