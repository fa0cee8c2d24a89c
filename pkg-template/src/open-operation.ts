import { expect } from './arguments.js';
import { CarriedOperation, type Carrier } from './carried-operation.js';
import { AgentStreamClient } from './client.js';
import { moduleInstance, type ModuleInstance } from './module.js';
import { GatewayMuxClient } from './mux.js';
import { checkOptions } from './options.js';
import type {
  GatewayMuxClientOptions,
  OpenOperationOptions,
  OperationClient,
  ToolResultPayload,
} from './types/index.js';

type GetToken = GatewayMuxClientOptions['getToken'];

/** The client that the operations of a gateway share, with the latest way to a token. */
interface Shared {
  getToken: GetToken;
  readonly mux: GatewayMuxClient;
}

/** A client works as long as its module does. */
const SHARED = new WeakMap<ModuleInstance, Map<string, Shared>>();

/** Gateways that turned out to serve one socket per operation only; as long as the page lives. */
const WITHOUT_V2 = new Set<string>();

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
    return WITHOUT_V2.has(this.options.gatewayUrl) ? this.openOwn(lastEventId) : this.openShared(lastEventId);
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
    const shared = sharedBy(this.options);
    shared.getToken = getToken ?? (() => this.options.token!);
    const { mux } = shared;
    const subscription = mux.subscribe(operationId, { executor: executor ?? false, lastEventId });
    const ignore = mux.on('unavailable', () => {
      if (this.carrier !== subscription) return;
      this.pending.push(...mux.takePendingToolResults(operationId));
      this.replace();
    });
    void subscription.done.then(ignore);
    return subscription;
  }
}

function sharedBy({ gatewayUrl, ...options }: OpenOperationOptions): Shared {
  const module = moduleInstance();
  const known = SHARED.get(module) ?? new Map<string, Shared>();
  SHARED.set(module, known);
  return known.get(gatewayUrl) ?? create();

  function create(): Shared {
    const mux = new GatewayMuxClient({
      ...options,
      gatewayUrl,
      getToken: (request) => shared.getToken(request),
    });
    const shared: Shared = { getToken: () => '', mux };
    known.set(gatewayUrl, shared);
    mux.on('unavailable', () => {
      WITHOUT_V2.add(gatewayUrl);
      known.delete(gatewayUrl);
    });
    return shared;
  }
}
