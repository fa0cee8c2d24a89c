import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const { blocksOf, textOf } = await load('../../examples/chat/src/parts.ts');

describe('an answer', () => {
  test('shows reasoning, text and tools in the order of their message', () => {
    const tool = { type: 'tool', id: 'call_1', phase: 'running' };
    const messages = [message(1, reasoning('hm'), text('so'), tool), message(2, text('done'))];
    assert.deepEqual(kinds(messages), ['reasoning', 'text', 'tool', 'text']);
    assert.equal(textOf(messages), 'sodone');
  });

  test('keeps the key of a block while it grows', () => {
    const [before] = blocksOf([message(1, text('Hel'))], []);
    const [after] = blocksOf([message(1, text('Hello'))], []);
    assert.deepEqual([after.key, after.text], [before.key, 'Hello']);
  });

  test('shows reasoning as open only while it is streamed', () => {
    const open = (activity) => blocksOf([{ ...message(1, reasoning('hm')), activity }], [])[0].open;
    assert.deepEqual([open('reasoning'), open('writing')], [true, false]);
  });

  test('shows what the members say apart, each in one place', () => {
    const messages = [
      message(1, text('a')),
      member('one', 2, text('m')),
      member('two', 3, text('n')),
      member('one', 4, text('o')),
      message(5, text('b')),
    ];
    const [, one, two] = blocksOf(messages, []);
    assert.deepEqual(kinds(messages), ['text', 'member', 'member', 'text']);
    assert.deepEqual(
      [one.label, one.blocks.map((block) => block.text), two.label],
      ['Member 1', ['m', 'o'], 'Member 2'],
    );
    assert.equal(textOf(messages), 'ab');
  });

  test('shows a member at work until its last message is settled', () => {
    const writing = { ...member('one', 2, text('n')), activity: 'writing' };
    const isOpen = (...messages) => blocksOf(messages, [])[0].open;
    assert.equal(isOpen(member('one', 1, text('m')), writing), true);
    assert.equal(isOpen(writing, member('one', 3, text('m'))), false);
  });

  test('leaves out what the user said', () => {
    const messages = [{ ...message(1, text('Hi')), role: 'user' }, message(2, text('Yes?'))];
    assert.deepEqual([kinds(messages), textOf(messages)], [['text'], 'Yes?']);
  });

  test('keeps a question where it was asked', () => {
    const question = { id: 'r1', prompt: 'Which?', state: 'open' };
    const messages = [message(1, text('a'))];
    blocksOf(messages, [question]);
    messages.push(message(2, text('b')));
    assert.deepEqual(
      blocksOf(messages, [question]).map(({ kind }) => kind),
      ['text', 'input', 'text'],
    );
  });

  test('puts a question that came before all messages behind them', () => {
    const question = { id: 'r1', prompt: 'Which?', state: 'open' };
    const shown = (messages) => blocksOf(messages, [question]).map(({ kind }) => kind);
    assert.deepEqual(shown([]), ['input']);
    assert.deepEqual(shown([message(1, text('a'))]), ['text', 'input']);
  });

  test('shows the stored text in place of its own, and not of what members say', () => {
    const messages = [message(1, reasoning('hm'), text('a')), member('one', 2, text('m'))];
    const shown = blocksOf(messages, [], 'all of it');
    assert.deepEqual(
      shown.map(({ kind }) => kind),
      ['reasoning', 'member', 'text'],
    );
    assert.deepEqual([shown[1].blocks[0].text, shown[2].text], ['m', 'all of it']);
  });
});

function message(key, ...parts) {
  return { activity: 'settled', key, parts, role: 'assistant' };
}

function member(operationId, key, ...parts) {
  return { ...message(key, ...parts), member: operationId };
}

function text(content) {
  return { type: 'text', text: content };
}

function reasoning(content) {
  return { type: 'reasoning', text: content };
}

function kinds(messages) {
  return blocksOf(messages, []).map(({ kind }) => kind);
}

async function load(path) {
  const entryPoints = [fileURLToPath(new URL(path, import.meta.url))];
  const { outputFiles } = await build({ entryPoints, bundle: true, format: 'esm', write: false });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
}
