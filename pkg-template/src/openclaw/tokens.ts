import type { Log } from '../logging.js';
import { inTime, storageOf } from './identity.js';
import type { OpenClawClientOptions, OpenClawStorage } from './types.js';

/** A token that the gateway gave to this device, and what it is good for. */
export interface StoredToken {
  token: string;
  scopes: string[];
}

/** Keeps the device's token under the URL, the id of the client, the device and the role. */
export class TokenKeeper {
  private key?: string;
  private readonly storage: OpenClawStorage | undefined;
  /** What is done to the storage, one after the other. */
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly options: OpenClawClientOptions,
    private readonly log: Log,
  ) {
    this.storage = storageOf(options.storage);
  }

  /** Whether a token may be kept; known once the device is. */
  get keeps(): boolean {
    return this.storage !== undefined && this.key !== undefined;
  }

  /** The token that is kept for the device. */
  open(device: string | undefined): Promise<StoredToken | undefined> {
    const { client, gatewayUrl, role = 'operator' } = this.options;
    if (device !== undefined) {
      this.key = ['token', gatewayUrl, client?.id ?? 'webchat-ui', device, role].join('|');
    }
    return this.read();
  }

  /** The token that is kept by now: every tab has the same device. One that cannot be read is no obstacle. */
  async read(): Promise<StoredToken | undefined> {
    if (!this.storage || this.key === undefined) return undefined;
    try {
      const text = await inTime(this.storage.get(this.key), 'the token of the device');
      return text ? (JSON.parse(text) as StoredToken) : undefined;
    } catch (error) {
      this.log('warn', 'The token of the device cannot be read', { error });
      return undefined;
    }
  }

  keep(token: string, scopes: string[]): Promise<void> {
    return this.inTurn(() =>
      this.change((storage, key) => storage.set(key, JSON.stringify({ token, scopes }))),
    );
  }

  /** Forgets a token that the gateway refused. Another that is kept by now stays, and is returned. */
  forget(refused: string): Promise<StoredToken | undefined> {
    return this.inTurn(async () => {
      const kept = await this.read();
      if (kept?.token !== refused) return kept;
      await this.change((storage, key) => storage.delete(key));
      return undefined;
    });
  }

  private inTurn<T>(act: () => Promise<T>): Promise<T> {
    const done = this.turn.then(act);
    this.turn = done;
    return done;
  }

  private async change(act: (storage: OpenClawStorage, key: string) => unknown): Promise<void> {
    if (!this.storage || this.key === undefined) return;
    try {
      await inTime(act(this.storage, this.key), 'leave to change the token of the device');
    } catch (error) {
      this.log('warn', 'The token of the device cannot be kept or forgotten', { error });
    }
  }
}
