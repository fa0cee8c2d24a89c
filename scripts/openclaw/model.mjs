// A language model that says the same to everybody, with the interface of OpenAI's streamed chat completions.
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const HELLO = ['Hello ', 'from ', 'the ', 'model', '.'];
const PIECE_EVERY_MS = 40;
const SLOW_PIECE_EVERY_MS = 250;
/** What a message asks for: in how many slow pieces it is answered. */
const SLOW_PIECES = { '[[slow]]': 40, '[[paced]]': 12 };

/**
 * Answers until it is closed. A message with `[[slow]]` takes ten seconds, one with `[[paced]]` three; one with `[[exec]]`
 * has a command run, and `[[tool NAME {…}]]` a tool of that name; then it says what the tool did.
 */
export async function startModel() {
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/v1`,
    close: () => new Promise((resolve) => server.close(resolve) && server.closeAllConnections()),
  };
}

async function answer(request, response) {
  if (request.url.endsWith('/models')) return json(response, { object: 'list', data: [{ id: 'mock-1' }] });
  let body = '';
  for await (const piece of request) body += piece;
  const { messages, model, stream } = JSON.parse(body);
  const turn = messages.slice(lastAnswer(messages) + 1);
  const said = turn
    .filter(({ role }) => role === 'user')
    .map(textOf)
    .join('\n');
  const result = turn.findLast(({ role }) => role === 'tool');
  const call = result ? undefined : toolCall(said);
  const slow = Object.keys(SLOW_PIECES).find((mark) => said.includes(mark));
  const pieces = result ? ['The tool said: ', textOf(result)] : slow ? slowPieces(SLOW_PIECES[slow]) : HELLO;
  const head = { id: `answer-${Date.now()}`, created: Math.floor(Date.now() / 1000), model };
  if (!stream) {
    const message = { role: 'assistant', content: pieces.join('') };
    return json(response, {
      ...head,
      object: 'chat.completion',
      choices: [{ index: 0, message, finish_reason: 'stop' }],
    });
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const send = (delta, finish_reason = null) => {
    const chunk = { ...head, object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason }] };
    response.write(`data: ${JSON.stringify(chunk)}\n\n`);
  };
  send({ role: 'assistant' });
  if (call) {
    send({ tool_calls: [{ index: 0, id: `call_${Date.now()}`, type: 'function', function: call }] });
    send({}, 'tool_calls');
    return response.end('data: [DONE]\n\n');
  }
  for (const content of pieces) {
    if (response.destroyed) return;
    await sleep(slow ? SLOW_PIECE_EVERY_MS : PIECE_EVERY_MS);
    send({ content });
  }
  send({}, 'stop');
  response.end('data: [DONE]\n\n');
}

function toolCall(said) {
  if (said.includes('[[exec]]')) {
    return { name: 'exec', arguments: JSON.stringify({ command: 'echo hello from the tool' }) };
  }
  const [, name, args] = /\[\[tool ([\w.-]+)(?: (\{.*?\}))?\]\]/.exec(said) ?? [];
  return name && { name, arguments: args ?? '{}' };
}

function slowPieces(count) {
  return Array.from({ length: count }, (_, index) => `part${index} `);
}

function textOf({ content }) {
  return typeof content === 'string' ? content : (content ?? []).map(({ text = '' }) => text).join('');
}

function lastAnswer(messages) {
  return messages.findLastIndex(({ role }) => role === 'assistant');
}

function json(response, value) {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(value));
}
