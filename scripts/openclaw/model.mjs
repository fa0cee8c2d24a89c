// A language model that says the same to everybody, with the interface of OpenAI's streamed chat completions.
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const HELLO = ['Hello ', 'from ', 'the ', 'model', '.'];
const PIECE_EVERY_MS = 40;
const SLOW = Array.from({ length: 40 }, (_, index) => `part${index} `);
const SLOW_PIECE_EVERY_MS = 250;

/** Answers until it is closed; a message with `[[slow]]` takes ten seconds to answer. */
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
  const isSlow = JSON.stringify(messages.slice(lastAnswer(messages) + 1)).includes('[[slow]]');
  const pieces = isSlow ? SLOW : HELLO;
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
  for (const content of pieces) {
    if (response.destroyed) return;
    await sleep(isSlow ? SLOW_PIECE_EVERY_MS : PIECE_EVERY_MS);
    send({ content });
  }
  send({}, 'stop');
  response.end('data: [DONE]\n\n');
}

function lastAnswer(messages) {
  return messages.findLastIndex(({ role }) => role === 'assistant');
}

function json(response, value) {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(value));
}
