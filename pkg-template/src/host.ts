import type { RawHost } from '#glue';
import { GatewayError } from './errors.js';
import type { AgentStreamClientEvents, Completion, LogLevel, TokenRequest } from './types/index.js';

/**
 * The way from the module back to a client.
 *
 * The module keeps what it is given alive. A client is therefore held only during a connection cycle, in which frames
 * must not pay for a weak reference; an idle one that the application forgot can be collected without `dispose()`.
 */
export class HostLink<Client extends object> {
  private held?: Client;
  private readonly weak: WeakRef<Client>;

  constructor(client: Client) {
    this.weak = new WeakRef(client);
  }

  get client(): Client | undefined {
    return this.held ?? this.weak.deref();
  }

  hold(): void {
    this.held = this.weak.deref();
  }

  release(): void {
    this.held = undefined;
  }
}

/** What the module may do with a client. */
interface Reactions<Client> {
  done(client: Client, completion: Completion): void;
  emit(client: Client, event: keyof AgentStreamClientEvents, args: readonly unknown[]): void;
  event(client: Client, event: unknown): void;
  getToken(client: Client, request: TokenRequest): Promise<string> | string;
  log(client: Client, level: LogLevel, message: string, detail: string): void;
}

/** Builds the object that the module calls; it refers to the client through the link only. */
export function createHost<Client extends object>(
  link: HostLink<Client>,
  suppliesTokens: boolean,
  reactions: Reactions<Client>,
): RawHost {
  const host: RawHost = {
    event(event) {
      const { client } = link;
      if (client) reactions.event(client, event);
    },
    emit(name, argument) {
      const { client } = link;
      if (!client) return;
      if (name === 'done') return reactions.done(client, argument as Completion);
      reactions.emit(client, name as keyof AgentStreamClientEvents, listenerArguments(name, argument));
    },
    log(level, message, detail) {
      const { client } = link;
      if (client) reactions.log(client, level, message, detail);
    },
  };
  if (!suppliesTokens) return host;
  host.getToken = (request) => {
    const { client } = link;
    if (!client) throw new GatewayError('disposed', 'The client is gone');
    return reactions.getToken(client, request);
  };
  return host;
}

function listenerArguments(name: string, argument: unknown): unknown[] {
  if (argument === undefined) return [];
  if (name !== 'error') return [argument];
  const { code, message } = argument as { code: string; message: string };
  return [new GatewayError(code, message)];
}
