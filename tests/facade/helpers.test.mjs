import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import * as helpers from '../../pkg/helpers.mjs';

const { MirroredTerminalEchoGuard, isSessionTerminalEvent, sanitizeAgentInterventionRequestForReview } =
  helpers;

const withIds = [{ id: 'y', label: 'yes' }];

describe('isSessionTerminalEvent', () => {
  for (const { name, steps, expect } of vectors('terminal')) {
    test(name, () => assert.equal(isSessionTerminalEvent(steps[0].event), expect));
  }
});

describe('planToolDispatch', () => {
  const { table, others } = vectors('tool-dispatch');
  for (const row of table) {
    const [name, clientRuntime, gatewayConfigured, runtimeMode, canUseDevice, deviceOnline, autoActivated] =
      row;
    const [platform, localSystem, remoteDevice, executor] = row.slice(7);
    const facts = { gatewayConfigured, runtimeMode, canUseDevice, deviceOnline, autoActivated };
    test(name, () =>
      assert.deepEqual(
        helpers.planToolDispatch({
          ...facts,
          ...(clientRuntime && { clientRuntime }),
          executors: ['client'],
        }),
        { platform, localSystem, remoteDevice, ...(executor && { executor }) },
      ),
    );
  }
  for (const { name, facts, expect } of others) {
    test(name, () => assert.deepEqual(helpers.planToolDispatch(facts), expect));
  }
});

describe('MirroredTerminalEchoGuard', () => {
  for (const { name, operationId, protocol, steps, expect } of vectors('echo-guard')) {
    test(`${protocol}: ${name}`, () => {
      const guard = new MirroredTerminalEchoGuard(operationId, protocol);
      assert.deepEqual(
        steps.map((step) => perform(guard, step)).filter((answer) => answer !== undefined),
        expect,
      );
    });
  }

  test('speaks v1 unless told otherwise', () => {
    const guard = new MirroredTerminalEchoGuard('op_1');
    guard.observe({ type: 'agent_runtime_end', operationId: 'op_2', data: { reason: 'error' } });
    assert.equal(guard.consumeEcho('session_complete'), true);
  });
});

describe('the relay', () => {
  test('has its constants', () => {
    assert.equal(helpers.CLIENT_PROTOCOL_VERSION, 2);
    assert.equal(helpers.LLM_RELAY_CAPABILITY, 'llm_relay@1');
    assert.equal(helpers.CLIENT_LLM_WAIT_CAPABILITY, 'llm_client_wait@1');
    assert.equal(helpers.LLM_RELAY_LEASE_HEADER, 'x-llm-relay-lease');
    assert.equal(helpers.LLM_RELAY_CHANNEL_PREFIX, 'llmcall:');
    assert.equal(helpers.LLM_RELAY_CHANNEL_HEADER, 'x-lobe-llm-relay-channel');
    assert.equal(helpers.LLM_RELAY_CLIENT_ID_HEADER, 'x-lobe-client-id');
  });

  test('builds and recognises channel ids', () => {
    const channel = helpers.buildLlmRelayChannelId('user_1', 'personal-abc');
    assert.equal(channel, 'llmcall:user_1:personal-abc');
    assert.equal(helpers.isLlmRelayChannelId(channel), true);
    assert.equal(helpers.isLlmRelayChannelId('op_1'), false);
    assert.equal(helpers.isLlmRelayChannelId(undefined), false);
  });

  test('knows whose channel it is', () => {
    const own = (channel) => helpers.isOwnLlmRelayChannelId(channel, 'user_1');
    assert.equal(own('llmcall:user_1:abcdefgh'), true);
    assert.equal(own('llmcall:user_2:abcdefgh'), false);
    assert.equal(own('llmcall:user_1:abcdefg'), false);
    assert.equal(own(`llmcall:user_1:${'a'.repeat(64)}`), true);
    assert.equal(own(`llmcall:user_1:${'a'.repeat(65)}`), false);
    assert.equal(own('llmcall:user_1:abcd:efgh'), false);
    assert.equal(own('llmcall:user_1:abcdefgh\n'), false);
  });

  test('knows the scope of a channel', () => {
    assert.equal(helpers.llmRelayChannelScope(), 'personal');
    assert.equal(helpers.llmRelayChannelScope('ws_1'), 'ws_1');
    const scoped = (channel, workspace) => helpers.isScopedLlmRelayChannelId(channel, 'user_1', workspace);
    assert.equal(scoped('llmcall:user_1:personal-1'), true);
    assert.equal(scoped('llmcall:user_1:personal-1', 'ws_1'), false);
    assert.equal(scoped('llmcall:user_1:ws_1-abcd', 'ws_1'), true);
    assert.equal(scoped('llmcall:user_2:ws_1-abcd', 'ws_1'), false);
  });
});

describe('sanitizeAgentInterventionRequestForReview', () => {
  const sanitize = (request) => sanitizeAgentInterventionRequestForReview(request);

  test('rebuilds a good request from the known fields only', () => {
    const request = intervention({ extra: 'dropped' });
    const { extra, ...known } = request;
    assert.deepEqual(sanitize(request), {
      ...known,
      arguments: JSON.stringify({
        questions: [
          {
            header: 'Branch',
            multiSelect: false,
            options: [{ label: 'main' }, { description: 'the other', id: 'dev', label: 'dev' }],
            question: 'Which branch?',
          },
        ],
      }),
    });
  });

  test('drops an unusable id of a question but insists on that of a permission', () => {
    const options = [{ id: '', label: 'yes' }];
    assert.deepEqual(optionsOf(sanitize(intervention({}, { options }))), [{ label: 'yes' }]);
    assert.equal(sanitize(intervention({ interactionKind: 'permission' }, { options })), undefined);
    const good = [{ id: 'y', label: 'yes' }];
    assert.deepEqual(optionsOf(sanitize(intervention({ interactionKind: 'plan' }, { options: good }))), good);
  });

  test('keeps up to four questions', () => {
    const many = (count) => ({
      arguments: argumentsOf(Array.from({ length: count }, (_, i) => question({ question: `${i}?` }))),
    });
    assert.ok(sanitize(intervention(many(4))));
    assert.equal(sanitize(intervention(many(5))), undefined);
    assert.equal(sanitize(intervention(many(0))), undefined);
  });

  const refused = {
    'no request': undefined,
    'another API': intervention({ apiName: 'other' }),
    'no interaction kind': intervention({ interactionKind: undefined }),
    'an unknown interaction kind': intervention({ interactionKind: 'chat' }),
    'no provider': intervention({ provider: undefined }),
    'an unknown provider': intervention({ provider: 'acme' }),
    'an infinite deadline': intervention({ deadline: Infinity }),
    'a deadline that is text': intervention({ deadline: '1' }),
    'arguments that are no JSON': intervention({ arguments: '{' }),
    'arguments that are null': intervention({ arguments: 'null' }),
    'no questions': intervention({ arguments: '{}' }),
    'a question that is null': intervention({ arguments: '{"questions":[null]}' }),
    'two questions of a plan': intervention({
      arguments: argumentsOf([question({ options: withIds }), question({ options: withIds, question: 'b' })]),
      interactionKind: 'plan',
    }),
    'the same question twice': intervention({ arguments: argumentsOf([question(), question()]) }),
    'an empty question': intervention({}, { question: '' }),
    'a question of 4001 characters': intervention({}, { question: 'q'.repeat(4001) }),
    'no header': intervention({}, { header: undefined }),
    'a header of 201 characters': intervention({}, { header: 'h'.repeat(201) }),
    'multiSelect that is text': intervention({}, { multiSelect: 'yes' }),
    'multiSelect in a permission': intervention(
      { interactionKind: 'permission' },
      { multiSelect: true, options: [{ id: 'y', label: 'yes' }] },
    ),
    'no options': intervention({}, { options: [] }),
    '17 options': intervention({}, { options: Array.from({ length: 17 }, (_, i) => ({ label: `${i}` })) }),
    'an option without label': intervention({}, { options: [{ id: 'y' }] }),
    'a label of 201 characters': intervention({}, { options: [{ label: 'l'.repeat(201) }] }),
    'an empty description': intervention({}, { options: [{ description: '', label: 'l' }] }),
    'a description of 1001 characters': intervention(
      {},
      { options: [{ description: 'd'.repeat(1001), label: 'l' }] },
    ),
    'the same id twice': intervention(
      {},
      {
        options: [
          { id: 'a', label: 'a' },
          { id: 'a', label: 'b' },
        ],
      },
    ),
  };
  for (const [what, request] of Object.entries(refused)) {
    test(`refuses ${what}`, () => assert.equal(sanitize(request), undefined));
  }

  test('accepts an empty header and the longest texts', () => {
    assert.ok(sanitize(intervention({}, { header: '' })));
    assert.ok(sanitize(intervention({}, { question: 'q'.repeat(4000), header: 'h'.repeat(200) })));
    assert.ok(sanitize(intervention({}, { multiSelect: true })));
  });
});

function vectors(name) {
  return JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), 'utf8'));
}

function perform(guard, { call, event, signal, status, gap }) {
  if (call === 'observe') return guard.observe(event);
  if (call === 'consumeEcho') return guard.consumeEcho(signal, status);
  if (call === 'isStaleResumeStatus')
    return guard.isStaleResumeStatus(status, gap === undefined ? undefined : { gap });
  return guard[call]();
}

function intervention(fields = {}, questionFields = {}) {
  return {
    apiName: 'askUserQuestion',
    arguments: argumentsOf([question(questionFields)]),
    deadline: 1_790_000_000_000,
    identifier: 'claude-code',
    interactionKind: 'question',
    provider: 'claude-code',
    toolCallId: 'call_1',
    ...fields,
  };
}

function question(fields = {}) {
  return {
    header: 'Branch',
    options: [{ label: 'main' }, { description: 'the other', id: 'dev', label: 'dev' }],
    question: 'Which branch?',
    ...fields,
  };
}

function argumentsOf(questions) {
  return JSON.stringify({ questions });
}

function optionsOf(request) {
  return JSON.parse(request.arguments).questions[0].options;
}
