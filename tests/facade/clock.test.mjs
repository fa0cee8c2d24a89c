import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { AgentStreamClient } from '../../pkg/index.mjs';
import { createConnected, createRecorded, disposeClients } from './support/client.mjs';
import { ScriptedSocket } from './support/scripted-socket.mjs';

afterEach(disposeClients);

describe('a clock that is set back by an hour', () => {
  test('stops no heartbeat', (context) => {
    const clock = standInForClock(context);
    const { client, socket } = createConnected(AgentStreamClient);
    clock.setBack(3_600_000);
    clock.pass(180_000);
    assert.ok(socket.sent.some(({ type }) => type === 'heartbeat'));
    assert.notEqual(ScriptedSocket.latest, socket);
  });

  test('stops no attempt to reconnect, and the state tells when it is due on the clock as it is', (context) => {
    const clock = standInForClock(context);
    const { client, socket } = createConnected(AgentStreamClient);
    socket.drop();
    clock.setBack(3_600_000);
    clock.pass(1_000);
    assert.ok(client.state.retryAt - Date.now() <= 1_000);
    assert.ok(client.state.since - Date.now() <= 0);
    clock.pass(1_000);
    assert.notEqual(ScriptedSocket.latest, socket);
  });

  test('leaves a dial its limit', (context) => {
    const clock = standInForClock(context);
    const { client } = createRecorded(AgentStreamClient);
    client.connect();
    const socket = ScriptedSocket.latest;
    clock.setBack(3_600_000);
    clock.pass(21_000);
    assert.equal(socket.closedWith?.code, 1000);
  });

  test('makes no token that is read afterwards seem over', (context) => {
    const clock = standInForClock(context);
    const asked = [];
    const getToken = ({ reason }) => (asked.push(reason), clock.token(300));
    const { client, socket } = createConnected(AgentStreamClient, { getToken });
    clock.setBack(3_600_000);
    socket.drop();
    client.updateToken(clock.token(300));
    clock.pass(2_000);
    assert.deepEqual(asked, []);
    assert.notEqual(ScriptedSocket.latest, socket);
  });
});

/** A clock that can be set back, until the end of the test; timers keep their pace. */
function standInForClock(context) {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  let now = Date.now();
  context.mock.method(Date, 'now', () => now);
  return {
    pass(millis) {
      for (let passed = 0; passed < millis; passed += 1_000) {
        now += 1_000;
        context.mock.timers.tick(1_000);
      }
    },
    setBack: (millis) => (now -= millis),
    token: (seconds) => {
      const iat = Math.floor(now / 1_000);
      return `e30.${Buffer.from(JSON.stringify({ exp: iat + seconds, iat })).toString('base64url')}.x`;
    },
  };
}
