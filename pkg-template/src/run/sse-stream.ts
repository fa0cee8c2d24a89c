import { GatewayError } from '../errors.js';

/** Tokens that may be refused in a row before the refusal is final. */
const REFUSALS_ALLOWED = 2;
/** The server numbers events by time and by count within it. */
const POSITION = /^(\d+)-(\d+)$/;

/** Where the events of a run come from. */
export interface SseSource {
  /** Default: the global one, looked up when a request is sent. */
  fetch?: typeof fetch;
  operationId: string;
  /** Base URL, absolute or that of the page. */
  serverUrl: string;
}

/** The events of one run as server-sent events (§1.6): what outlives the requests that bring them. */
export class SseStream {
  /** The last request brought neither an event nor a heartbeat. */
  barren = false;
  private known = false;
  private position = '0';
  private refusals = 0;
  private readonly url: string;

  constructor(
    private readonly source: SseSource,
    private readonly report: (error: GatewayError) => void,
  ) {
    this.url = `${source.serverUrl.replace(/\/+$/, '')}/api/agent/stream`;
  }

  /** Asks for everything after the last event that was delivered. */
  request(token: string, signal: AbortSignal): Promise<Response> {
    const { fetch = globalThis.fetch, operationId } = this.source;
    // The server reads the position from the query only: neither the header nor the id of its frames means anything.
    const query = new URLSearchParams({ operationId, lastEventId: this.position });
    return fetch(`${this.url}?${query}`, {
      cache: 'no-store',
      headers: { accept: 'text/event-stream', ...(token && { 'oidc-auth': token }) },
      // Another server must not get the token.
      redirect: 'error',
      signal,
    });
  }

  /** What a gateway would say after a `resume`; a run without an event is one that the server does not know yet. */
  resumed(): string {
    return JSON.stringify({ type: 'resume_complete', gap: false, pending: !this.known });
  }

  /** What a gateway would say of the token. */
  refused(status: number): string {
    const isFinal = ++this.refusals > REFUSALS_ALLOWED;
    const reason = `The server refused the token with ${status}`;
    return JSON.stringify(isFinal ? { type: 'auth_failed', reason } : { type: 'auth_expired' });
  }

  stood(): void {
    this.refusals = 0;
    this.barren = true;
  }

  failed(problem: string): void {
    this.report(new GatewayError('stream_error', `The event stream ${this.url} ended: ${problem}`));
  }

  /** Whether an event comes after all that were delivered: a request that takes over from another may repeat some. */
  isNews({ id }: { id?: unknown }): boolean {
    const [time, count] = numbers(id) ?? [Infinity, 0];
    const [lastTime, lastCount] = numbers(this.position) ?? [-1, 0];
    return time > lastTime || (time === lastTime && count > lastCount);
  }

  delivered({ id }: { id?: unknown }): void {
    this.known = true;
    if (numbers(id)) this.position = id as string;
  }
}

/** A gateway's base URL over HTTP. Without a scheme it is one of `ws`, as it is for sockets. */
export function overHttp(gatewayUrl: string): string {
  return /^[a-z]+:\/\//.test(gatewayUrl) ? gatewayUrl.replace(/^ws/, 'http') : `http://${gatewayUrl}`;
}

function numbers(id: unknown): [number, number] | undefined {
  const parts = typeof id === 'string' && POSITION.exec(id);
  return parts ? [Number(parts[1]), Number(parts[2])] : undefined;
}
