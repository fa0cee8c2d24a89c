import { frame, streamOf } from './stream-server.mjs';

/** A `fetch` without a network: a test answers each request. */
export class ScriptedFetch {
  /** Every request, oldest first. */
  requests = [];

  fetch = (url, init) => {
    const request = new ScriptedRequest(url, init);
    this.requests.push(request);
    return request.answered;
  };

  get latest() {
    return this.requests.at(-1);
  }
}

class ScriptedRequest {
  aborted = false;

  constructor(url, { headers, signal }) {
    this.url = new URL(url);
    this.headers = headers;
    this.answered = new Promise((resolve, reject) => Object.assign(this, { resolve, reject }));
    this.body = new ReadableStream({ start: (body) => void (this.controller = body) });
    signal.addEventListener('abort', () => {
      this.aborted = true;
      this.reject(signal.reason);
      this.controller.error(signal.reason);
    });
  }

  /** The stream stands. */
  async greet() {
    this.resolve(new Response(this.body, { headers: { 'content-type': 'text/event-stream' } }));
    await this.write(frame({ type: 'connected' }, 'connected', 'conn_1'));
  }

  async events(first, ...events) {
    await this.write(streamOf(first, ...events));
  }

  async heartbeat() {
    await this.write(frame({ type: 'heartbeat' }));
  }

  async end() {
    this.controller.close();
    await settled();
  }

  /** There is no way to the server. */
  async fail() {
    this.reject(new TypeError('fetch failed'));
    await settled();
  }

  async write(text) {
    this.controller.enqueue(new TextEncoder().encode(text));
    await settled();
  }
}

/** Lets promises go on, those of streams included; works with mocked timers. */
export async function settled() {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}
