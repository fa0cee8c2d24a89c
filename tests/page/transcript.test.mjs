import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const { Transcript } = await load('../../examples/chat/src/transcript.ts');

describe('a transcript', () => {
  test('appends text chunks to one block', () => {
    const transcript = applied(text('Hel'), text('lo'));
    assert.deepEqual(transcript.blocks, [{ kind: 'text', text: 'Hello' }]);
  });

  test('starts a new block for the text after a tool', () => {
    const transcript = applied(text('a'), toolStart('call_1'), text('b'));
    assert.deepEqual(kinds(transcript), ['text', 'tool', 'text']);
    assert.equal(transcript.text, 'ab');
  });

  test('starts a new block for the next message', () => {
    const transcript = applied(text('a'), event('stream_start'), text('b'));
    assert.deepEqual(kinds(transcript), ['text', 'text']);
  });

  test('takes a snapshot in place of the text, and only a newer one', () => {
    const snapshot = (content, snapshotSeq) =>
      chunk('text', { content, snapshotMode: 'replace', snapshotSeq });
    assert.equal(
      applied(text('x'), snapshot('one two', 7), snapshot('one', 6), snapshot('one', 7)).text,
      'one two',
    );
  });

  test('counts the snapshots of text and of reasoning apart', () => {
    const reasoning = chunk('reasoning', { reasoning: 'why', snapshotMode: 'replace', snapshotSeq: 2 });
    const answer = chunk('text', { content: 'so', snapshotMode: 'replace', snapshotSeq: 1 });
    assert.deepEqual(kinds(applied(reasoning, answer)), ['reasoning', 'text']);
  });

  test('closes the reasoning when the answer begins', () => {
    const [reasoning] = applied(chunk('reasoning', { reasoning: 'hm' }), text('so')).blocks;
    assert.deepEqual(reasoning, { kind: 'reasoning', text: 'hm', open: false });
  });

  test('takes a final content that differs from the streamed text', () => {
    assert.equal(applied(text('Hel'), event('stream_end', { finalContent: 'Hello' })).text, 'Hello');
  });

  test('keeps the text of earlier messages when a final content arrives', () => {
    const transcript = applied(
      text('first '),
      event('stream_start'),
      text('sec'),
      event('stream_end', { finalContent: 'second' }),
    );
    assert.equal(transcript.text, 'first second');
  });

  test('follows a tool from the request to its result', () => {
    const transcript = applied(
      chunk('tools_calling', {
        toolsCalling: [{ id: 'call_1', identifier: 'demo', apiName: 'getTime', arguments: '{}' }],
      }),
      toolStart('call_1'),
      event('tool_execute', {
        toolCallId: 'call_1',
        identifier: 'demo',
        apiName: 'getTime',
        arguments: '{}',
      }),
      event('tool_end', {
        isSuccess: true,
        payload: { toolCalling: { id: 'call_1' } },
        result: { content: 'noon' },
      }),
      toolStart('call_1'),
    );
    const [tool] = transcript.blocks;
    assert.equal(transcript.blocks.length, 1);
    assert.deepEqual([tool.name, tool.state, tool.result], ['demo › getTime', 'done', 'noon']);
  });

  test('puts what a member says into a block of its own, and outlives its end', () => {
    const transcript = applied(text('a'), member(text('m')), member(event('agent_runtime_end')), text('b'));
    const [, block] = transcript.blocks;
    assert.equal(transcript.text, 'ab');
    assert.equal(transcript.ended, false);
    assert.deepEqual([block.kind, block.transcript.text, block.transcript.ended], ['member', 'm', true]);
  });

  test('shows the output as ended until the next message begins', () => {
    const transcript = applied(text('a'), event('visible_output_end'));
    assert.equal(transcript.visibleOutputEnded, true);
    transcript.apply(event('stream_start'));
    assert.equal(transcript.visibleOutputEnded, false);
  });

  test('does not show the output as ended when no text has arrived', () => {
    assert.equal(applied(event('visible_output_end')).visibleOutputEnded, false);
  });

  test('ignores what follows its own end', () => {
    assert.equal(applied(text('a'), event('agent_runtime_end', { reason: 'done' }), text('b')).text, 'a');
  });

  test('ignores what a sub-agent says', () => {
    assert.equal(applied(text('a'), chunk('text', { content: 'b', subagent: true })).text, 'a');
  });

  test('keeps the reason of a failure', () => {
    const transcript = applied(event('error', { message: 'out of quota', errorType: 'QuotaExceeded' }));
    assert.equal(transcript.error, 'out of quota');
    assert.equal(transcript.ended, true);
  });

  test('closes an open question when the run goes on without an answer', () => {
    const transcript = applied();
    transcript.ask('r1', 'Which branch?');
    transcript.ask('r1', 'Which branch?');
    transcript.apply(text('never mind'));
    assert.deepEqual(
      transcript.blocks.map(({ state }) => state),
      ['closed', undefined],
    );
  });

  test('leaves a tool without a result as stopped when the run ends', () => {
    const [tool] = applied(toolStart('call_1'), event('agent_runtime_end', { reason: 'interrupted' })).blocks;
    assert.equal(tool.state, 'stopped');
  });
});

function applied(...events) {
  const transcript = new Transcript('op_1');
  for (const each of events) transcript.apply(each);
  return transcript;
}

function event(type, data = {}) {
  return { type, operationId: 'op_1', stepIndex: 0, timestamp: 1, data };
}

function chunk(chunkType, data) {
  return event('stream_chunk', { chunkType, ...data });
}

function text(content) {
  return chunk('text', { content });
}

function toolStart(id) {
  return event('tool_start', {
    toolCalling: { id, identifier: 'demo', apiName: 'getTime', arguments: '{}' },
  });
}

function member(each) {
  return { ...each, operationId: 'op_member' };
}

function kinds(transcript) {
  return transcript.blocks.map(({ kind }) => kind);
}

async function load(path) {
  const entryPoints = [fileURLToPath(new URL(path, import.meta.url))];
  const { outputFiles } = await build({ entryPoints, bundle: true, format: 'esm', write: false });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
}
