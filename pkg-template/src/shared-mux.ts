import { moduleInstance, type ModuleInstance } from './module.js';
import { GatewayMuxClient } from './mux.js';
import type { GatewayMuxClientOptions } from './types/index.js';

type GetToken = GatewayMuxClientOptions['getToken'];

/** The client that the operations of a gateway share, with the ways to a token of those that use it, the latest last. */
interface Shared {
  readonly mux: GatewayMuxClient;
  readonly users: Set<{ getToken: GetToken }>;
}

/** A client works as long as its module does. */
const SHARED = new WeakMap<ModuleInstance, Map<string, Shared>>();

/** Clients that the gateway served once. */
const SERVED = new WeakSet<GatewayMuxClient>();

/** Gateways that turned out to serve one socket per operation only; as long as the page lives. */
const WITHOUT_V2 = new Set<string>();

/** Gateways that no socket could be opened to while events came as a stream; as long as the page lives. */
const WITHOUT_SOCKETS = new Set<string>();

/** Whether a gateway may serve one socket for all operations. */
export function servesShared(gatewayUrl: string): boolean {
  return !WITHOUT_V2.has(gatewayUrl);
}

/** Whether sockets to a gateway may come through. */
export function servesSockets(gatewayUrl: string): boolean {
  return !WITHOUT_SOCKETS.has(gatewayUrl);
}

/** Sockets to a gateway do not come through. */
export function socketsBlocked(gatewayUrl: string): void {
  WITHOUT_SOCKETS.add(gatewayUrl);
}

/** The client of a gateway, which asks the latest of its users for tokens, until that one leaves. */
export function sharedMux(options: GatewayMuxClientOptions): { mux: GatewayMuxClient; leave(): void } {
  const { gatewayUrl } = options;
  const module = moduleInstance();
  const known = SHARED.get(module) ?? new Map<string, Shared>();
  SHARED.set(module, known);
  const { mux, users } = known.get(gatewayUrl) ?? create();
  const user = { getToken: options.getToken };
  users.add(user);
  return { mux, leave: () => void users.delete(user) };

  function create(): Shared {
    const users: Shared['users'] = new Set();
    const mux = new GatewayMuxClient({ ...options, getToken: (request) => tokenOf(users, request) });
    const shared: Shared = { mux, users };
    known.set(gatewayUrl, shared);
    whenUnserved(mux, () => {
      WITHOUT_V2.add(gatewayUrl);
      known.delete(gatewayUrl);
    });
    return shared;
  }
}

function tokenOf(users: Shared['users'], request: Parameters<GetToken>[0]): ReturnType<GetToken> {
  const latest = [...users].at(-1);
  if (!latest) throw new Error('Nobody uses the socket any more');
  return latest.getToken(request);
}

/**
 * Calls back should the gateway turn out not to serve a client. One that was served once is not asked any more: it
 * dials on, however long the gateway is away. Returns what stops it.
 */
export function whenUnserved(mux: GatewayMuxClient, unserved: (reason: string) => void): () => void {
  if (SERVED.has(mux) || mux.status === 'connected') return () => {};
  const undo = [
    mux.on('unavailable', unserved),
    mux.on('connected', () => {
      SERVED.add(mux);
      stop();
    }),
  ];
  const stop = (): void => undo.forEach((step) => step());
  return stop;
}
