import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { messageOf } from '../errors.js';
import type { SseStream } from './sse-stream.js';

const CONNECTING = 0;
const OPEN = 1;
const CLOSED = 3;
/** The close code of a connection that broke. */
const ABNORMAL_CLOSURE = 1006;
/** In characters. What is longer is no event, and would only fill the memory. */
const LONGEST_EVENT = 32 * 1024 * 1024;
/** After a request that brought nothing, the next one stands when it brought something or lasted that long. */
const PROVEN_AFTER_MS = 5_000;
/** What the server says of the stream itself; other errors are those of the run. */
const STREAM_FAULTS = ['history_loading', 'stream_subscription'];

/**
 * One request for the events of a run, in the shape of a WebSocket: what follows a socket of v1 follows it, too.
 *
 * What the frames of v1 do on a socket is done by other means: `auth` sends the request, a refusal is `auth_expired`,
 * a heartbeat is answered by whatever comes next, and a position is kept by the stream. Nothing can be sent to the run.
 * It closes with code 1006 and a reason, whatever the cause; nothing waits for ever, because its owner counts the time
 * until it stands and the heartbeats.
 */
export class SseSocket {
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  onerror: (() => void) | null = null;
  onmessage: ((message: { data: string }) => void) | null = null;
  onopen: (() => void) | null = null;
  readyState = CONNECTING;
  private readonly controller = new AbortController();
  private pings = 0;
  private stands = false;
  private timer?: ReturnType<typeof setTimeout>;

  constructor(private readonly stream: SseStream) {
    queueMicrotask(() => {
      if (this.readyState === CLOSED) return;
      this.readyState = OPEN;
      this.onopen?.();
    });
  }

  send(text: string): void {
    const { token, type } = JSON.parse(text) as { token?: string; type: string };
    if (type === 'auth') void this.follow(token ?? '');
    else if (type === 'heartbeat') this.pings++;
    // Later, because the owner is still at what it sends. A server says nothing about a run it never heard of.
    else if (type === 'resume') queueMicrotask(() => this.tell(this.stream.resumed()));
  }

  close(): void {
    this.readyState = CLOSED;
    clearTimeout(this.timer);
    this.controller.abort();
  }

  private async follow(token: string): Promise<void> {
    try {
      const response = await this.stream.request(token, this.controller.signal);
      if (response.status === 401 || response.status === 403) {
        response.body?.cancel().catch(() => {});
        return this.tell(this.stream.refused(response.status));
      }
      if (!response.ok) return this.end(`the server answered ${response.status}`);
      const type = response.headers.get('content-type') ?? 'no type';
      if (!type.startsWith('text/event-stream')) return this.end(`the server answered with ${type}`);
      if (response.body) await this.read(response.body);
      this.end(this.stands ? undefined : 'the server closed it before it told anything');
    } catch (error) {
      this.end(messageOf(error));
    }
  }

  private async read(body: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    const parser = createParser({
      maxBufferSize: LONGEST_EVENT,
      onComment: () => this.heard(),
      onError: ({ message, type }) => type === 'max-buffer-size-exceeded' && this.end(message),
      onEvent: (message) => this.message(message),
    });
    const reader = body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done || this.readyState === CLOSED) return;
      parser.feed(decoder.decode(value, { stream: true }));
    }
  }

  private message({ data }: EventSourceMessage): void {
    if (this.readyState === CLOSED) return;
    this.heard();
    const event = objectFrom(data);
    // Whoever reads frames says what is wrong with it.
    if (!event) return this.tell(data);
    if (event.type === 'connected') return this.begin();
    if (event.type === 'error' && STREAM_FAULTS.includes(event.data?.phase)) {
      return this.end(`the server failed in ${event.data.phase}`);
    }
    this.stand();
    this.stream.barren = false;
    if (event.type !== 'heartbeat' && this.stream.isNews(event)) {
      this.tell(`{"type":"agent_event","event":${data}}`);
    }
  }

  /** Every heartbeat that was sent is answered. */
  private heard(): void {
    for (; this.pings > 0; this.pings--) this.tell('{"type":"heartbeat_ack"}');
  }

  /** A server that greets and hangs up, time and again, is to be met with growing delays. */
  private begin(): void {
    if (!this.stream.barren) this.stand();
    else this.timer = setTimeout(() => this.stand(), PROVEN_AFTER_MS);
  }

  private stand(): void {
    clearTimeout(this.timer);
    if (this.stands) return;
    this.stands = true;
    this.stream.stood();
    this.tell('{"type":"auth_success"}');
  }

  private end(problem?: string): void {
    if (this.readyState === CLOSED) return;
    this.close();
    if (problem) this.stream.failed(problem);
    this.onclose?.({ code: ABNORMAL_CLOSURE, reason: problem ?? '' });
  }

  private tell(frame: string): void {
    if (this.readyState === OPEN) this.onmessage?.({ data: frame });
  }
}

function objectFrom(text: string): Record<string, any> | undefined {
  try {
    const value = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
