/** Resolves with the first snapshot that fits; rejects after a while, with the last one. */
export function until(store, fits, what, timeoutMs = 30_000) {
  return new Promise((resolve, reject) => {
    const look = () => {
      const snapshot = store.getSnapshot();
      if (!fits(snapshot)) return;
      finish();
      resolve(snapshot);
    };
    const timer = setTimeout(() => {
      finish();
      reject(new Error(`Not ${what} after ${timeoutMs} ms: ${JSON.stringify(store.getSnapshot())}`));
    }, timeoutMs);
    const unsubscribe = store.subscribe(look);
    const finish = () => {
      clearTimeout(timer);
      unsubscribe();
    };
    look();
  });
}

/** The state of a client as a store. */
export function stateOf(client) {
  return {
    getSnapshot: () => client.state,
    subscribe: (listener) => client.on('state_changed', listener),
  };
}
