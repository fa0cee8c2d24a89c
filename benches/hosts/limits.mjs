const LIMIT_MS = 120_000;

/**
 * The collector can be called between batches, and its nursery is large enough for a batch from the start: it grows
 * while a program runs, and a batch would otherwise pay for that.
 */
export const ENGINE_FLAGS = ['--expose-gc', '--min-semi-space-size=16'];

/** Rejects where a measurement does not end. */
export function withinLimit(name, running) {
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${name}: no end after ${LIMIT_MS / 1000} s`)), LIMIT_MS);
  });
  return Promise.race([running, limit]).finally(() => clearTimeout(timer));
}
