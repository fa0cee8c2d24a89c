import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { WebSocket } from 'ws';
import { AgentStreamClient } from '../../pkg/index.mjs';

/** Its latest socket. */
let latest;

class KeptWebSocket extends WebSocket {
  constructor(url) {
    super(url);
    latest = this;
  }
}

describe('a socket of the package ws', () => {
  const silent = createServer(() => {});
  before(() => once(silent.listen(0, '127.0.0.1'), 'listening'));
  after(() => silent.close());

  for (const leave of ['disconnect', 'dispose']) {
    test(`that is left by ${leave}() before it opened harms nobody`, async () => {
      const client = new AgentStreamClient({
        gatewayUrl: `http://127.0.0.1:${silent.address().port}`,
        operationId: 'op_1',
        token: 'token',
        WebSocket: KeptWebSocket,
      });
      client.connect();
      assert.equal(latest.readyState, WebSocket.CONNECTING);
      // Not by `once`, which hears the error, too: one that nobody hears ends the process.
      const closed = new Promise((resolve) => latest.on('close', resolve));
      client[leave]();
      await closed;
      client.dispose();
    });
  }
});
