import { GatewayMuxClient, UnauthorizedError } from 'agent-gateway-client/run';
import type { ChatRunBaseOptions, GatewayMuxState, MuxOpLifecycleMessage } from 'agent-gateway-client/run';
import { ApiError, type GatewayApi } from './api';
import type { LogEntry } from './log';

interface LinkObserver {
  changed(): void;
  /** News of any run of the user, told on the shared socket only. */
  lifecycle(message: MuxOpLifecycleMessage): void;
  /** The shared socket stands: what happened before was perhaps not told. */
  connected(): void;
  logged(entry: LogEntry): void;
}

/** The socket that all runs of the page share, until the gateway turns out to have no v2. */
export class Link {
  private readonly mux: GatewayMuxClient;
  private isShared = true;
  private isProven = false;

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
      this.isProven = true;
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

  /** How a run that begins now is carried. */
  get carrier(): Pick<ChatRunBaseOptions, 'mux' | 'transport'> {
    // `auto` leaves out a client that the gateway does not serve, and goes on as a stream where no socket comes through.
    return { mux: this.mux, transport: this.isProven ? 'v2' : 'auto' };
  }

  /** Opens the shared socket, also while no run is followed, to hear of the runs of other tabs. */
  open(): void {
    if (!this.isShared) return;
    this.mux.connect().catch((error: Error) => {
      this.observer.logged({ kind: 'connection', type: 'not connected', detail: error.message });
    });
  }

  private fallBack(reason: string): void {
    this.observer.logged({ kind: 'connection', type: 'one socket for each run', detail: reason });
    this.isShared = false;
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
