import assert from 'node:assert/strict';

const OWNER = ['admin', 'approvals', 'pairing', 'read', 'write'].map((scope) => `operator.${scope}`);

/** Commands that the gateway calls where the client lives, over a connection of the role `node`. */
export const node = {
  async 'a tool of an agent runs here once the node is approved, and too slow a command is aborted'({
    gateway,
    host,
  }) {
    const client = await host.open({
      gatewayUrl: gateway.url,
      auth: { token: gateway.token },
      scopes: OWNER,
    });
    const told = await client.run(async ({ client, openNode, over, until }, key) => {
      await client.connect();
      let isAborted = false;
      const node = await openNode({
        'demo.echo': {
          run: ({ text }, { progress, sessionKey }) => {
            progress('on it');
            return { echo: text, sessionKey };
          },
          tool: { name: 'demo_echo', description: 'Says it again' },
        },
        'demo.slow': {
          run: (_, { signal }) =>
            new Promise((resolve) => {
              signal.addEventListener('abort', () => resolve((isAborted = true)));
            }),
        },
      });
      try {
        const refused = await node.connect().then(
          () => 'welcomed',
          ({ code }) => code,
        );
        const { remedy } = node.state;
        await client.call('device.pair.approve', { requestId: remedy.split(' ').at(-1) });
        await node.connect();
        const { pending } = await client.call('node.pair.list', {});
        for (const { requestId } of pending) await client.call('node.pair.approve', { requestId });
        const { nodes } = await client.call('node.list', {});
        const { nodeId } = nodes.find(({ connected }) => connected);
        const invoke = (command, params, timeoutMs) =>
          client.call('node.invoke', {
            nodeId,
            command,
            params,
            timeoutMs,
            idempotencyKey: `${command}-${nodeId}`,
          });
        const echo = (await invoke('demo.echo', { text: 'hello' }, 5_000)).payload;
        const late = await invoke('demo.slow', {}, 1_500).catch(({ details }) => details.nodeError.code);
        const chat = client.chat(key);
        await until(chat, ({ isLive }) => isLive, 'live');
        const { text } = await over(chat, chat.send('[[tool demo_echo {"text":"of the agent"}]] go'));
        return { refused, remedy, role: node.hello.role, echo, late, isAborted, text };
      } finally {
        node.dispose();
      }
    }, `agent:main:node-${host.name}`);
    assert.equal(told.refused, 'PAIRING_REQUIRED');
    assert.match(told.remedy, /^openclaw devices approve /);
    assert.equal(told.role, 'node');
    assert.deepEqual(told.echo, { echo: 'hello' });
    // Where the machine is slow, the gateway gives up first.
    assert.match(told.late, /^(client_executor_timeout|TIMEOUT)$/);
    assert.equal(told.isAborted, true);
    assert.match(told.text, /^The tool said: .*of the agent.*agent:main:node-/s);
  },
};
