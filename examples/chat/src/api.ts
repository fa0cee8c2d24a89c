const ANSWER_WITHIN_MS = 10_000;

export const SCRIPTS = ['markdown', 'tool', 'members', 'failing', 'input', 'long'] as const;
export type Script = (typeof SCRIPTS)[number];

export interface StartedRun {
  operationId: string;
  token: string;
  gatewayUrl: string;
}

export interface RunSnapshot {
  operationId: string;
  text: string;
  outcome: null | 'completed' | 'error' | 'interrupted';
}

export type TokenEndpoint = 'ok' | 'slow' | 'refuse' | 'never' | 'error';

export interface Faults {
  drop?: true;
  close?: { code: number; reason: string };
  malformed?: true;
  halfOpen?: boolean;
  delayMs?: number;
  duplicate?: boolean;
  refuseConnections?: boolean;
  expireToken?: boolean;
  refuseToken?: boolean;
  noAcks?: boolean;
  tokenEndpoint?: TokenEndpoint;
}

/** A request the gateway answered with an error, or did not answer (`status` 0). */
export class ApiError extends Error {
  override name = 'ApiError';

  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

/** The HTTP side of the development gateway; a product has its own server in this place. */
export class GatewayApi {
  constructor(readonly baseUrl: string) {}

  /** Resolves when the gateway answers and offers the development routes. */
  async check(): Promise<void> {
    await this.request('GET', '/dev/connections');
  }

  startRun(run: { script: Script; prompt: string; speedMs: number }): Promise<StartedRun> {
    return this.request('POST', '/dev/runs', run);
  }

  run(operationId: string): Promise<RunSnapshot> {
    return this.request('GET', runPath(operationId));
  }

  /** Asks for a fresh token. The caller's `signal` is the only deadline. */
  async freshToken(operationId: string, signal: AbortSignal): Promise<string> {
    const answer = await this.request<{ token: string }>('POST', `${runPath(operationId)}/token`, {}, signal);
    return answer.token;
  }

  /** Stops the run at its server. The end of the run arrives on the socket, not here. */
  async interrupt(operationId: string): Promise<void> {
    await this.request('POST', `${runPath(operationId)}/interrupt`, {});
  }

  faults(operationId: string): Promise<Faults> {
    return this.request('GET', `${runPath(operationId)}/faults`);
  }

  async setFaults(operationId: string, faults: Faults): Promise<void> {
    await this.request('POST', `${runPath(operationId)}/faults`, faults);
  }

  async restart(): Promise<void> {
    await this.request('POST', '/dev/restart', {});
  }

  private async request<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
    const response = await fetch(this.baseUrl + path, {
      method,
      signal: signal ?? AbortSignal.timeout(ANSWER_WITHIN_MS),
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    }).catch((cause: unknown) => {
      throw new ApiError(unanswered(cause), 0);
    });
    const answer: unknown = await response.json().catch(() => undefined);
    if (!response.ok) throw new ApiError(errorMessage(answer) ?? `HTTP ${response.status}`, response.status);
    return answer as T;
  }
}

/** The gateway of this page: `?gateway=`, else `VITE_GATEWAY_URL`, else the development default. No trailing slash. */
export function gatewayUrl(query = new URLSearchParams(location.search)): string {
  const given = query.get('gateway') || import.meta.env.VITE_GATEWAY_URL || 'http://127.0.0.1:8787';
  const url = URL.parse(given);
  if (!url || !/^https?:$/.test(url.protocol)) throw new Error(`Not an http(s) URL of a gateway: ${given}`);
  return url.href.replace(/\/+$/, '');
}

function runPath(operationId: string): string {
  return `/dev/runs/${encodeURIComponent(operationId)}`;
}

function unanswered(cause: unknown): string {
  switch (cause instanceof DOMException && cause.name) {
    case 'TimeoutError':
      return 'The gateway did not answer in time.';
    case 'AbortError':
      return 'Its answer is no longer wanted.';
    default:
      return 'The gateway cannot be reached.';
  }
}

function errorMessage(answer: unknown): string | undefined {
  const { error } = (answer ?? {}) as { error?: { message?: unknown } };
  return typeof error?.message === 'string' ? error.message : undefined;
}
