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

/**
 * A function for the module; nothing happens once the client is gone.
 *
 * The arguments are passed on one by one, because gathering them costs a frame more than the call.
 */
export function reaching<Client extends object, Args extends unknown[], Result>(
  link: HostLink<Client>,
  react: (client: Client, ...args: Args) => Result,
): (...args: Args) => Result {
  const call = react as unknown as (client: Client, a: unknown, b: unknown, c: unknown) => Result;
  return ((a: unknown, b: unknown, c: unknown) => {
    const { client } = link;
    return client && call(client, a, b, c);
  }) as unknown as (...args: Args) => Result;
}
