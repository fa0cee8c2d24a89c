import type { SessionStatus } from 'agent-gateway-client/run';

const ANSWER_WITHIN_MS = 10_000;

export const SCRIPTS = ['markdown', 'tool', 'members', 'failing', 'input', 'approval', 'long'] as const;
export type Script = (typeof SCRIPTS)[number];

interface StartedRun {
  operationId: string;
  token: string;
  gatewayUrl: string;
}

type RunOutcome = null | 'completed' | 'error' | 'interrupted';

/** What the gateway keeps of a run: its text, and how it ended. */
interface StoredRun {
  text: string;
  outcome: RunOutcome;
  detail: string | null;
}

/** A run in the list of its user. */
export interface RunSummary {
  operationId: string;
  topicId: string | null;
  prompt: string;
  script: Script;
  startedAt: number;
  /** `null` when the gateway forgot the run. */
  status: SessionStatus | null;
  outcome: RunOutcome;
}

export interface NewRun {
  script: Script;
  prompt: string;
  speedMs: number;
  topicId: string;
}

/** Whose sockets a fault is for: those of one run, or those of the user. */
export type FaultScope = { operationId: string } | 'user';

type TokenEndpoint = 'ok' | 'slow' | 'refuse' | 'never' | 'error';

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
  constructor(
    readonly baseUrl: string,
    readonly userId: string,
  ) {}

  /** The runs of the user, oldest first; an ended one is listed for an hour. */
  async runs(): Promise<RunSummary[]> {
    return (await this.request<{ runs: RunSummary[] }>('GET', `${this.userPath}/runs`)).runs;
  }

  startRun(run: NewRun): Promise<StartedRun> {
    return this.request('POST', '/dev/runs', { ...run, userId: this.userId });
  }

  run(operationId: string): Promise<StoredRun> {
    return this.request('GET', runPath(operationId));
  }

  /** Asks for a token of the user, for the shared socket. The caller's `signal` is the only deadline. */
  async userToken(signal: AbortSignal): Promise<string> {
    const body = { userId: this.userId };
    return (await this.request<{ token: string }>('POST', '/dev/tokens', body, signal)).token;
  }

  /** Asks for a token of one run, for a socket of its own. The caller's `signal` is the only deadline. */
  async runToken(operationId: string, signal: AbortSignal): Promise<string> {
    const answer = await this.request<{ token: string }>('POST', `${runPath(operationId)}/token`, {}, signal);
    return answer.token;
  }

  /** Has the server tell the gateway of a run that the gateway forgot. */
  async announce(operationId: string): Promise<void> {
    await this.request('POST', `${runPath(operationId)}/announce`, {});
  }

  /** Stops the run at its server. The end of the run arrives on the socket, not here. */
  async interrupt(operationId: string): Promise<void> {
    await this.request('POST', `${runPath(operationId)}/interrupt`, {});
  }

  faults(scope: FaultScope): Promise<Faults> {
    return this.request('GET', this.faultPath(scope));
  }

  async setFaults(scope: FaultScope, faults: Faults): Promise<void> {
    await this.request('POST', this.faultPath(scope), faults);
  }

  async restart(): Promise<void> {
    await this.request('POST', '/dev/restart', {});
  }

  private get userPath(): string {
    return `/dev/users/${encodeURIComponent(this.userId)}`;
  }

  private faultPath(scope: FaultScope): string {
    return `${scope === 'user' ? this.userPath : runPath(scope.operationId)}/faults`;
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

/** Whose runs this page shows: `?user=`, else the one user of the development gateway. */
export function userId(query = new URLSearchParams(location.search)): string {
  return query.get('user') || 'dev-user';
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
