// The build puts the module in the place of `#wasm`, as `scripts/build/inline.mjs` writes it.

/** The letters of `text`, none of which a string literal or an HTML page has to escape. */
export const letters: string;
/** The bytes that are one letter, in the order of the letters. */
export const frequent: number[];
/** The module: a letter for a frequent byte, two for every other, of which the first is one of the last letters. */
export const text: string;
