// A language model that is no model: it says what a script has it say.
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Serves the interface of OpenAI's streamed chat completions on a free port; `close()` ends it.
 *
 * `turnOf(messages)` says what the model does next: `pieces` is what it says, a piece every `pieceEveryMs`. With `call`,
 * `{ name, arguments }`, it calls that tool instead where the answer is streamed, as that of an agent is.
 */
export async function serveModel(turnOf) {
  const server = createServer((request, response) => {
    answer(request, response, turnOf).catch(() => response.destroy());
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/v1`,
    close: () => new Promise((resolve) => server.close(resolve) && server.closeAllConnections()),
  };
}

/** What a message says, whether it is written as one text or in parts. */
export function textOf(message) {
  const content = message?.content ?? '';
  return typeof content === 'string' ? content : content.map(({ text = '' }) => text).join('');
}

async function answer(request, response, turnOf) {
  if (request.url.endsWith('/models')) return json(response, { object: 'list', data: [{ id: 'mock-1' }] });
  let body = '';
  for await (const piece of request) body += piece;
  const { messages, model, stream } = JSON.parse(body);
  const head = { id: `answer-${Date.now()}`, created: Math.floor(Date.now() / 1000), model };
  const turn = turnOf(messages);
  if (stream) return streamed(response, head, turn);
  const message = { role: 'assistant', content: turn.pieces.join('') };
  const choices = [{ index: 0, message, finish_reason: 'stop' }];
  return json(response, { ...head, object: 'chat.completion', choices });
}

async function streamed(response, head, { call, pieces, pieceEveryMs }) {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const send = (delta, finish_reason = null) => {
    const chunk = { ...head, object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason }] };
    response.write(`data: ${JSON.stringify(chunk)}\n\n`);
  };
  send({ role: 'assistant' });
  if (call) {
    send({ tool_calls: [{ index: 0, id: `call_${Date.now()}`, type: 'function', function: call }] });
  }
  for (const content of call ? [] : pieces) {
    if (response.destroyed) return;
    await sleep(pieceEveryMs);
    send({ content });
  }
  send({}, call ? 'tool_calls' : 'stop');
  response.end('data: [DONE]\n\n');
}

function json(response, value) {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(value));
}
