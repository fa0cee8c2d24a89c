import { GatewayError, messageOf } from './errors.js';
import { HostLink } from './host.js';
import { moduleInstance, type ModuleInstance } from './module.js';

/**
 * A client's object in the WebAssembly module.
 *
 * @typeParam Raw the class of the module
 */
export class Binding<Client extends object, Raw extends { dispose(): void; free(): void }> {
  disposed = false;
  private readonly link: HostLink<Client>;
  private readonly module: ModuleInstance = moduleInstance();
  private readonly raw: Raw;

  /**
   * @param create makes the object; what it hands to the module may refer to the client through the link only
   * @param onBroken told when the module failed while the client is held
   */
  constructor(
    client: Client,
    create: (module: ModuleInstance, link: HostLink<Client>) => Raw,
    private readonly onBroken: (error: GatewayError) => void,
  ) {
    this.link = new HostLink(client);
    this.raw = this.attempt(() => create(this.module, this.link));
  }

  /**
   * Throws whatever stands against a connection.
   *
   * @throws GatewayError with code `disposed`, `internal` or `websocket_unavailable`
   */
  check(WebSocket: unknown = globalThis.WebSocket): void {
    if (this.disposed) throw new GatewayError('disposed', 'The client was disposed');
    if (this.module.broken) throw this.module.broken;
    if (typeof WebSocket !== 'function') {
      throw new GatewayError('websocket_unavailable', 'This environment has no global WebSocket');
    }
  }

  /** Keeps the client alive, and has it told when the module breaks. */
  hold(): void {
    this.link.hold();
    this.module.active.add(this.fail);
  }

  release(): void {
    this.link.release();
    this.module.active.delete(this.fail);
  }

  /** Calls the module, unless nothing can be asked of it any more. */
  call<T>(use: (raw: Raw) => T): T | undefined {
    if (!this.disposed && !this.module.broken) return this.attempt(() => use(this.raw));
  }

  dispose(): void {
    this.call((raw) => {
      raw.dispose();
      // Later, because this may run inside a callback of the object that is to be freed.
      queueMicrotask(() => this.module.broken || raw.free());
    });
    this.disposed = true;
    this.release();
  }

  private readonly fail = (error: GatewayError): void => {
    try {
      this.raw.dispose();
    } catch {
      // The instance may be beyond even that.
    }
    this.onBroken(error);
    this.release();
  };

  private attempt<T>(call: () => T): T {
    try {
      return call();
    } catch (error) {
      if (this.module.broken) throw this.module.broken;
      // The module itself throws nothing: this is an argument that JSON refused.
      throw new GatewayError('invalid_argument', messageOf(error), error);
    }
  }
}
