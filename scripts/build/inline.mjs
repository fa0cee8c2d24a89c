/** What neither a string literal in double quotes nor a script in a page has to escape. */
const LETTERS = Array.from({ length: 0x7f - 0x23 }, (_, place) => String.fromCharCode(0x23 + place))
  .filter((letter) => !"\\<`$'".includes(letter))
  .join('');
/** So many of the letters begin a pair: enough for the bytes that are no letter. */
const PAIRS = 2;

/**
 * A WebAssembly module as JavaScript: see `wasm.d.ts`.
 *
 * Almost every byte is one letter, so that what repeats in the module repeats in the text: compressed, it is hardly larger
 * than the file (hexadecimal digits: 11 percent, base64: 30).
 *
 * @param {Uint8Array} module
 */
export function inlined(module) {
  const counts = new Array(256).fill(0);
  for (const byte of module) counts[byte]++;
  const bytes = [...counts.keys()];
  const singles = LETTERS.length - PAIRS;
  const byFrequency = bytes.toSorted((one, other) => counts[other] - counts[one]);
  const frequent = byFrequency.slice(0, singles).sort((one, other) => one - other);

  const letters = new Array(256);
  frequent.forEach((byte, place) => (letters[byte] = LETTERS[place]));
  const others = bytes.filter((byte) => !frequent.includes(byte));
  others.forEach((byte, place) => {
    const first = LETTERS[singles + Math.floor(place / LETTERS.length)];
    letters[byte] = first + LETTERS[place % LETTERS.length];
  });
  const text = Array.from(module, (byte) => letters[byte]).join('');
  return [
    `export const letters = ${JSON.stringify(LETTERS)};`,
    `export const frequent = ${JSON.stringify(frequent)};`,
    `export const text = ${JSON.stringify(text)};`,
  ].join('\n');
}
