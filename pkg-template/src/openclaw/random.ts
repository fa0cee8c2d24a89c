/** An id that is not used twice. Pages without a secure context have no `randomUUID`. */
export function randomId(): string {
  const { crypto } = globalThis;
  if (crypto?.randomUUID) return crypto.randomUUID();
  return hexadecimal(crypto.getRandomValues(new Uint8Array(16)));
}

/** Two digits for each byte. */
export function hexadecimal(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
