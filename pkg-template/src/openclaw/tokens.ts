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

  constructor(
    private readonly options: OpenClawClientOptions,
    private readonly log: Log,
  ) {
    this.storage = storageOf(options.storage);
  }

  /** The token that is kept for the device. One that cannot be read is no obstacle. */
  async open(device: string | undefined): Promise<StoredToken | undefined> {
    if (device === undefined || !this.storage) return undefined;
    const { client, gatewayUrl, role = 'operator' } = this.options;
    const key = (this.key = ['token', gatewayUrl, client?.id ?? 'webchat-ui', device, role].join('|'));
    try {
      const text = await inTime(this.storage.get(key), 'the token of the device');
      return text ? (JSON.parse(text) as StoredToken) : undefined;
    } catch (error) {
      this.log('warn', 'The token of the device cannot be read', { error });
      return undefined;
    }
  }

  keep(token: string, scopes: string[]): Promise<void> {
    return this.change((storage, key) => storage.set(key, JSON.stringify({ token, scopes })));
  }

  forget(): Promise<void> {
    return this.change((storage, key) => storage.delete(key));
  }

  private async change(act: (storage: OpenClawStorage, key: string) => unknown): Promise<void> {
    if (!this.storage || this.key === undefined) return;
    try {
      await act(this.storage, this.key);
    } catch (error) {
      this.log('warn', 'The token of the device cannot be kept or forgotten', { error });
    }
  }
}
