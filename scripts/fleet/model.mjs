// A scripted language model, with the interface of OpenAI's streamed chat completions, that a dashboard can be tried with.
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const PIECE_EVERY_MS = 45;

const LONG = `Here is the long version, one step after the other.

1. **The socket opens.** The gateway sends a challenge, and the page signs it with a key that never leaves the browser.
2. **The welcome.** It says what this device may do, and which release the gateway is.
3. **The lists.** Agents and sessions are read together, so that no card contradicts another.
4. **The news.** From then on every change is told, with a number, and a hole in the numbers is noticed.
5. **The loss.** A laptop sleeps, a train enters a tunnel, a gateway is restarted. The picture stays and says when it was true.
6. **The return.** Everything is read again, and the answer that was on its way is taken up where it was.

None of this needs a reload, and none of it is a guess.`;

const SHORT = `I am a scripted model: whatever you ask, I say this. Write *long* to get an answer that takes a while, or *run* to have me run a command on the gateway’s host.`;

/** Answers until it is closed. A message with the word `long` is answered at length, one with `run` calls a tool. */
export async function startFleetModel() {
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
  const head = { id: `answer-${Date.now()}`, created: Math.floor(Date.now() / 1000), model };
  const { text, command } = turnOf(messages);
  if (!stream) return json(response, whole(head, text ?? SHORT));
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const send = (delta, finish_reason = null) => {
    const chunk = { ...head, object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason }] };
    response.write(`data: ${JSON.stringify(chunk)}\n\n`);
  };
  send({ role: 'assistant' });
  if (command) send({ tool_calls: [toolCall(command)] });
  for (const content of text?.match(/\S+\s*/g) ?? []) {
    if (response.destroyed) return;
    await sleep(PIECE_EVERY_MS);
    send({ content });
  }
  send({}, command ? 'tool_calls' : 'stop');
  response.end('data: [DONE]\n\n');
}

/** What the model does next: says something, or has a command run. */
function turnOf(messages) {
  // The gateway adds what is no part of the conversation as a message of the user.
  const spoken = messages.filter((message) => !textOf(message).startsWith('<<<BEGIN_OPENCLAW'));
  const last = spoken.at(-1);
  if (last?.role === 'tool') return { text: `The command is over. It said:\n\n> ${textOf(last).trim()}` };
  if (/\blong\b/i.test(textOf(last))) return { text: LONG };
  if (/\brun\b/i.test(textOf(last))) return { command: 'uname --kernel-name' };
  return { text: SHORT };
}

function toolCall(command) {
  const called = { name: 'exec', arguments: JSON.stringify({ command }) };
  return { index: 0, id: `call_${Date.now()}`, type: 'function', function: called };
}

function textOf(message) {
  const content = message?.content ?? '';
  return typeof content === 'string' ? content : content.map(({ text = '' }) => text).join('');
}

function whole(head, content) {
  const message = { role: 'assistant', content };
  return { ...head, object: 'chat.completion', choices: [{ index: 0, message, finish_reason: 'stop' }] };
}

function json(response, value) {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(value));
}
