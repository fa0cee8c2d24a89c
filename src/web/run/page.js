// What a run of a Rust front end needs of the page.

/** Resolves with the next frame of the page, or soon where nothing is painted. */
export const nextFrame = () =>
  new Promise((resolve) => (globalThis.requestAnimationFrame ?? setTimeout)(resolve));

/**
 * Changes what a storage keeps under a key, under a lock that all tabs share, where the browser has one. `change` gets
 * the text, and returns the new one or nothing. Resolves with whether there was a new one.
 */
export async function changeStored(storage, key, change) {
  const run = async () => {
    const text = change((await storage.getItem(key)) ?? '');
    if (text !== undefined) await storage.setItem(key, text);
    return text !== undefined;
  };
  const { locks } = globalThis.navigator ?? {};
  return locks ? locks.request(key, run) : run();
}
