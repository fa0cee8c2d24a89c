import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AgentStreamClient } from '../../pkg/index.mjs';
import { OPTIONS } from './support/client.mjs';

describe('options', () => {
  const refused = {
    'no options at all': undefined,
    'options that are null': null,
    'no gatewayUrl': { ...OPTIONS, gatewayUrl: undefined },
    'an empty gatewayUrl': { ...OPTIONS, gatewayUrl: '' },
    'a gatewayUrl that is a URL object': { ...OPTIONS, gatewayUrl: new URL('https://gateway.example.org') },
    'no operationId': { ...OPTIONS, operationId: undefined },
    'an empty operationId': { ...OPTIONS, operationId: '' },
    'a numeric operationId': { ...OPTIONS, operationId: 1 },
    'neither token nor getToken': { ...OPTIONS, token: undefined },
    'a token that is an object': { ...OPTIONS, token: {} },
    'a numeric lastEventId': { ...OPTIONS, lastEventId: 41 },
    'a clientId that is no text': { ...OPTIONS, clientId: 7 },
    'an autoReconnect that is no boolean': { ...OPTIONS, autoReconnect: 'yes' },
    'a resumeOnConnect that is no boolean': { ...OPTIONS, resumeOnConnect: 1 },
    'a getToken that is no function': { ...OPTIONS, getToken: 'token' },
    'a WebSocket that is no constructor': { ...OPTIONS, WebSocket: {} },
    'a logger that is no object': { ...OPTIONS, logger: 'console' },
  };
  for (const [what, options] of Object.entries(refused)) {
    test(`refuse ${what}`, () => {
      assert.throws(() => new AgentStreamClient(options), { name: 'GatewayError', code: 'invalid_option' });
    });
  }

  test('name the option in the error', () => {
    assert.throws(
      () => new AgentStreamClient({ ...OPTIONS, lastEventId: 41 }),
      /`lastEventId` must be a string/,
    );
  });

  test('may leave the token to getToken, and may be null where they are optional', () => {
    const options = {
      ...OPTIONS,
      token: undefined,
      getToken: () => 'token_1',
      clientId: null,
      lastEventId: null,
    };
    assert.equal(new AgentStreamClient(options).lastEventId, '');
  });

  test('may be changed afterwards without effect', () => {
    const options = { ...OPTIONS };
    const client = new AgentStreamClient(options);
    options.WebSocket = undefined;
    client.connect();
    client.dispose();
  });
});
