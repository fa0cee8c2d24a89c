import type { RawSigner } from '#glue';
import { moduleInstance } from '../module.js';
import { OpenClawError } from './errors.js';
import { inTime } from './identity.js';
import { hexadecimal } from './random.js';
import type { OpenClawSigner, OpenClawStorage } from './types.js';

/** Where the seed is kept, in hexadecimal digits. */
const KEY = 'openclaw-device-seed';
const SEED_BYTES = 32;

export interface OpenClawSignerOptions {
  /** Where the key is kept: a secret, as text. Default: nowhere, so that every signer is another device. */
  storage?: OpenClawStorage;
}

/**
 * A signer without WebCrypto, and so without a secure context: for pages over http and frames whose storage is blocked.
 *
 * The promise rejects with an OpenClawError with code `identity_unavailable` where there are no random numbers, or where
 * the storage holds something that is no key; with a GatewayError with code `wasm_unavailable`; or with what the storage
 * threw.
 */
export async function createSigner({ storage }: OpenClawSignerOptions = {}): Promise<OpenClawSigner> {
  const seed = storage ? await keptSeed(storage) : newSeed();
  return {
    publicKey: withKey(seed, (key) => key.publicKey()),
    deviceId: withKey(seed, (key) => hexadecimal(key.digest())),
    sign: (bytes) => withKey(seed, (key) => key.sign(bytes)),
  };
}

/** Makes the key anew: it is needed once for each connection, and the instance of the module may be another by then. */
function withKey<T>(seed: Uint8Array, use: (key: RawSigner) => T): T {
  const key = new (moduleInstance().RawSigner)(seed);
  try {
    return use(key);
  } finally {
    key.free();
  }
}

/**
 * What is written is read again, because another tab may have written, too. Of two that write at the same moment one goes
 * on with a key that is not kept.
 */
async function keptSeed(storage: OpenClawStorage): Promise<Uint8Array> {
  const read = () => inTime(storage.get(KEY), 'the device key');
  const known = await read();
  if (known == null) await inTime(storage.set(KEY, hexadecimal(newSeed())), 'leave to keep the device key');
  const text = known ?? (await read());
  if (!text || !/^(?!0{64})[0-9a-f]{64}$/.test(text)) {
    const message = `What the storage holds under ${KEY} is no key`;
    throw unavailable(message, 'Delete it there, which makes a new device, or give another storage.');
  }
  return Uint8Array.from(text.match(/../g)!, (byte) => parseInt(byte, 16));
}

function newSeed(): Uint8Array {
  const { crypto } = globalThis;
  if (!crypto?.getRandomValues) {
    throw unavailable(
      'There are no random numbers here',
      'Provide crypto.getRandomValues, or a signer of your own.',
    );
  }
  const seed = crypto.getRandomValues(new Uint8Array(SEED_BYTES));
  if (seed.every((byte) => byte === 0)) {
    throw unavailable('crypto.getRandomValues gives no random numbers', 'Provide one that does.');
  }
  return seed;
}

function unavailable(message: string, nextStep: string): OpenClawError {
  return new OpenClawError({ code: 'identity_unavailable', message, nextStep });
}
