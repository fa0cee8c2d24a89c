import { expect } from './arguments.js';
import { CarriedOperation, type Carrier } from './carried-operation.js';
import { AgentStreamClient } from './client.js';
import { checkOptions } from './options.js';
import { servesShared, sharedMux, whenUnserved } from './shared-mux.js';
import type { OpenOperationOptions, OperationClient, ToolResultPayload } from './types/index.js';

/**
 * Follows one operation over the socket that all operations of a page share, or over one of its own where the gateway
 * serves no other.
 *
 * The way may change while the operation is followed: listeners stay, no event is lost or repeated, and tool results
 * that were not sent yet are. Whether a gateway shares sockets is found out once for a page. All operations of a
 * gateway are followed for the same user.
 *
 * Nothing is opened before `connect()`.
 *
 * @throws GatewayError with code `invalid_option`
 */
export function openOperation(options: OpenOperationOptions): OperationClient {
  return new OpenedOperation({ ...options });
}

class OpenedOperation extends CarriedOperation {
  /** Tool results that the shared socket did not carry. */
  private pending: ToolResultPayload[] = [];

  constructor(private readonly options: OpenOperationOptions) {
    checkOptions(options);
    super(options.lastEventId, options.logger);
  }

  override updateToken(token: string): void {
    expect('token', token, 'string');
    this.options.token = token;
    super.updateToken(token);
  }

  protected open(lastEventId: string): Carrier {
    return servesShared(this.options.gatewayUrl) ? this.openShared(lastEventId) : this.openOwn(lastEventId);
  }

  private openOwn(lastEventId: string): Carrier {
    const client = new AgentStreamClient({ ...this.options, lastEventId });
    client.on('connected', () => {
      this.pending = this.pending.filter((result) => !client.sendToolResult(result));
    });
    client.connect();
    return client;
  }

  private openShared(lastEventId: string): Carrier {
    const { executor, getToken, operationId } = this.options;
    const { mux, leave } = sharedMux({
      ...this.options,
      getToken: getToken ?? (() => this.options.token!),
    });
    const subscription = mux.subscribe(operationId, { executor: executor ?? false, lastEventId });
    const ignore = whenUnserved(mux, () => {
      if (this.carrier !== subscription) return;
      this.pending.push(...mux.takePendingToolResults(operationId));
      this.replace();
    });
    void subscription.done.then(() => {
      leave();
      ignore();
    });
    return subscription;
  }
}
