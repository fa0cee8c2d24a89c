import { hasDatabase, keepFirst, read, write } from './database.js';
import { OpenClawError } from './errors.js';
import { hexadecimal } from './random.js';
import type { OpenClawSigner, OpenClawStorage } from './types.js';

/** The longest that the database, or a storage of the application, may take. */
const KEPT_WITHIN_MS = 10_000;

/** The device as the module knows it. */
export interface Device {
  id: string;
  publicKey: string;
  sign(text: string): Promise<string>;
}

/**
 * A signer of an Ed25519 key pair of WebCrypto; without one a new key is made, which is not kept.
 *
 * The promise rejects with an OpenClawError with code `identity_unavailable` where there is no WebCrypto, as in a page
 * without a secure context, or none with Ed25519; `createSigner` of `agent-gateway-client/openclaw-signer` does without.
 */
export async function createSigner(pair?: CryptoKeyPair): Promise<OpenClawSigner> {
  const { subtle } = globalThis.crypto ?? {};
  if (!subtle) throw unavailable('There is no WebCrypto here: pages need https or localhost for it');
  try {
    const { privateKey, publicKey } = pair ?? (await generate(subtle));
    const raw = new Uint8Array(await subtle.exportKey('raw', publicKey));
    return {
      publicKey: raw,
      sign: async (bytes) =>
        new Uint8Array(await subtle.sign('Ed25519', privateKey, bytes as Uint8Array<ArrayBuffer>)),
    };
  } catch (cause) {
    throw unavailable(`WebCrypto cannot make the key: ${cause}`, cause);
  }
}

/** The device of the options: theirs, the one that this browser keeps, or none. */
export async function deviceOf(signer: OpenClawSigner | null | undefined): Promise<Device | undefined> {
  if (signer === null) return undefined;
  const found = signer ?? (await inTime(browserSigner(), 'the device key'));
  const id = found.deviceId ?? (await digestOf(found.publicKey));
  return {
    id,
    publicKey: base64Url(found.publicKey),
    sign: async (text) => base64Url(await found.sign(new TextEncoder().encode(text))),
  };
}

/** The storage of the options: theirs, this browser's, memory, or none. */
export function storageOf(storage: OpenClawStorage | null | undefined): OpenClawStorage | undefined {
  if (storage !== undefined) return storage ?? undefined;
  if (hasDatabase()) {
    return { get: read, set: (key, value) => write(key, value), delete: (key) => write(key, undefined) };
  }
  const kept = new Map<string, string>();
  return {
    get: (key) => kept.get(key),
    set: (key, value) => void kept.set(key, value),
    delete: (key) => void kept.delete(key),
  };
}

/** Nobody waits for a database for ever. */
export function inTime<T>(waited: Promise<T> | T, what: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(KEPT_WITHIN_MS);
    const late = (): void => reject(unavailable(`The storage did not give ${what} within 10 s`));
    signal.addEventListener('abort', late);
    Promise.resolve(waited)
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', late));
  });
}

async function browserSigner(): Promise<OpenClawSigner> {
  if (!hasDatabase()) throw unavailable('There is no database here to keep a device key in');
  const known = (await read('device')) as CryptoKeyPair | undefined;
  if (known) return createSigner(known);
  const { subtle } = globalThis.crypto ?? {};
  if (!subtle) throw unavailable('There is no WebCrypto here: pages need https or localhost for it');
  return createSigner(await keepFirst('device', await generate(subtle)));
}

/** The private half can be used and kept, and never read. */
async function generate(subtle: SubtleCrypto): Promise<CryptoKeyPair> {
  return (await subtle.generateKey('Ed25519', false, ['sign', 'verify'])) as CryptoKeyPair;
}

async function digestOf(bytes: Uint8Array): Promise<string> {
  const { subtle } = globalThis.crypto ?? {};
  if (!subtle) throw unavailable('Without WebCrypto the signer must tell its deviceId');
  const digest = new Uint8Array(await subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>));
  return hexadecimal(digest);
}

function base64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}

function unavailable(message: string, cause?: unknown): OpenClawError {
  return new OpenClawError({ code: 'identity_unavailable', message }, cause);
}
