import { createServer } from 'node:http';

export const NOW = 1_790_000_000_000;

/**
 * A server of event streams. Each request is answered by the next of `answers`, `(stream, request) => void`, and all
 * further ones by the last. Resolves with `{ url, requests, close }`.
 */
export async function serveStreams(...answers) {
  const requests = [];
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url, 'http://localhost');
    const asked = { headers: request.headers, pathname, query: Object.fromEntries(searchParams) };
    requests.push(asked);
    const answer = answers[Math.min(requests.length, answers.length) - 1];
    answer(new Stream(response, asked.query), asked);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    requests,
    url: `http://127.0.0.1:${server.address().port}`,
    close: () => new Promise((resolve) => server.close(resolve) && server.closeAllConnections()),
  };
}

/** One answer, as the server of the product writes it. */
class Stream {
  constructor(response, query) {
    this.query = query;
    this.response = response;
  }

  /** The head and the first frame. */
  greet() {
    this.response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
    return this.write(
      frame({ type: 'connected', lastEventId: this.query.lastEventId }, 'connected', `conn_${NOW}`),
    );
  }

  /** Events of the run, numbered from `first`, after which nothing is missing. */
  events(first, ...events) {
    return this.write(streamOf(first, ...events));
  }

  heartbeat() {
    return this.write(frame({ type: 'heartbeat' }));
  }

  write(text) {
    this.response.write(text);
    return this;
  }

  end() {
    this.response.end();
  }

  /** Cuts the connection. */
  cut() {
    this.response.destroy();
  }

  /** An answer that is no stream. */
  status(code, body = '{"error":"Unauthorized"}', type = 'application/json') {
    this.response.writeHead(code, { 'content-type': type }).end(body);
  }
}

/** Frames of events: the id of a frame is that of the operation, the position is in the data. */
export function streamOf(first, ...events) {
  return events
    .map(([type, data = {}, operationId = 'op_1'], index) => {
      const event = { type, stepIndex: 0, data, operationId, timestamp: NOW, id: `${NOW}-${first + index}` };
      return frame(event, type, 'op_1');
    })
    .join('');
}

/** A frame with the given `event` and `id`, or without such lines. */
export function frame(data, event, id) {
  const whole = { operationId: 'op_1', timestamp: NOW, ...data };
  return [
    id && `id: ${id}\n`,
    event && `event: ${event}\n`,
    `data: ${typeof data === 'string' ? data : JSON.stringify(whole)}\n\n`,
  ]
    .filter(Boolean)
    .join('');
}

export const START = ['stream_start', { assistantMessage: { id: 'msg_1' } }];
export const END = ['agent_runtime_end', { reason: 'done' }];
export const text = (content) => ['stream_chunk', { chunkType: 'text', content }];
