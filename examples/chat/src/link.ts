import { AgentStreamClient, GatewayMuxClient, UnauthorizedError } from 'agent-gateway-client/mux';
import type { GatewayMuxState, MuxOpLifecycleMessage } from 'agent-gateway-client/mux';
import { ApiError, type GatewayApi } from './api';
import type { LogEntry } from './log';

/** What carries one run: its part of the shared socket, or a socket of its own. */
export type Carrier = Pick<
  AgentStreamClient,
  'dispose' | 'done' | 'lastEventId' | 'on' | 'sendToolResult' | 'sendUserInput' | 'state'
>;

/** A run that wants to be carried. */
export interface Follower {
  readonly operationId: string | undefined;
  /** Whether its tools run on this page. */
  readonly executor: boolean;
  /** A token for a socket of its own, if it has one already. */
  readonly token: string | undefined;
  runToken(signal: AbortSignal): Promise<string>;
  /** Listens to this carrier from now on. It tells everything from the first event. */
  carriedBy(carrier: Carrier): void;
}

export interface LinkObserver {
  changed(): void;
  /** News of any run of the user, told on the shared socket only. */
  lifecycle(message: MuxOpLifecycleMessage): void;
  /** The shared socket stands: what happened before was perhaps not told. */
  connected(): void;
  logged(entry: LogEntry): void;
}

/**
 * The way to the gateway that all runs of the page share: one socket for all of them, or one for each where the gateway
 * has no v2.
 */
export class Link {
  private readonly mux: GatewayMuxClient;
  private readonly followers = new Set<Follower>();
  private isShared = true;

  constructor(
    private readonly api: GatewayApi,
    private readonly observer: LinkObserver,
  ) {
    this.mux = new GatewayMuxClient({
      gatewayUrl: api.baseUrl,
      keepAlive: true,
      getToken: ({ signal }) => this.userToken(signal),
    });
    const ignoreUnavailable = this.mux.on('unavailable', (reason) => this.fallBack(reason));
    this.mux.on('connected', () => {
      // A gateway that served v2 once will again, however long it is away.
      ignoreUnavailable();
      observer.connected();
    });
    this.mux.on('lifecycle', (message) => observer.lifecycle(message));
    this.mux.on('status_changed', () => observer.changed());
    this.mux.on('error', ({ message }) =>
      observer.logged({ kind: 'connection', type: 'error', detail: message }),
    );
  }

  /** The state of the shared socket; `undefined` where every run has its own. */
  get state(): GatewayMuxState | undefined {
    return this.isShared ? this.mux.state : undefined;
  }

  /** Opens the shared socket, also while no run is followed, to hear of the runs of other tabs. */
  open(): void {
    if (!this.isShared) return;
    this.mux.connect().catch((error: Error) => {
      this.observer.logged({ kind: 'connection', type: 'not connected', detail: error.message });
    });
  }

  /** Carries a run until `leave`. */
  follow(follower: Follower): void {
    this.followers.add(follower);
    this.carry(follower);
  }

  leave(follower: Follower): void {
    this.followers.delete(follower);
  }

  private carry(follower: Follower): void {
    const { operationId, executor, token } = follower;
    if (!operationId) return;
    if (this.isShared) return follower.carriedBy(this.mux.subscribe(operationId, { executor }));
    const client = new AgentStreamClient({
      gatewayUrl: this.api.baseUrl,
      operationId,
      token,
      resumeOnConnect: !token,
      getToken: ({ signal }) => follower.runToken(signal),
    });
    follower.carriedBy(client);
    client.connect();
  }

  /** This gateway has no v2, so nothing was carried yet: every run gets a socket of its own. */
  private fallBack(reason: string): void {
    this.observer.logged({ kind: 'connection', type: 'one socket for each run', detail: reason });
    this.isShared = false;
    for (const follower of this.followers) this.carry(follower);
    this.mux.dispose();
    this.observer.changed();
  }

  /** The `getToken` of the shared socket: an `UnauthorizedError` ends all runs, any other error is tried again. */
  private async userToken(signal: AbortSignal): Promise<string> {
    this.observer.logged({ kind: 'page', type: 'token requested' });
    try {
      return await this.api.userToken(signal);
    } catch (error) {
      this.observer.logged({ kind: 'page', type: 'no token', detail: (error as Error).message });
      if (!(error instanceof ApiError) || error.status !== 401) throw error;
      throw new UnauthorizedError('The server gives no new token.');
    }
  }
}
