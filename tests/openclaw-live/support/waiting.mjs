// What the cases wait with. A page gets this file as text, so it imports nothing.

/** Resolves with the first snapshot that fits; rejects after a while, with the last one. */
export function until(store, fits, what, timeoutMs = 60_000) {
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
function stateOf(client) {
  return {
    getSnapshot: () => client.state,
    subscribe: (listener) => client.on('state_changed', listener),
  };
}

export const hasStatus = (client, status, timeoutMs) =>
  until(stateOf(client), (state) => state.status === status, status, timeoutMs);

export const runOf = ({ runs }, id) => runs.find((run) => run.id === id);

/** The run once it is over. */
export async function over(chat, id, timeoutMs = 90_000) {
  const open = ['sending', 'accepted', 'streaming', 'uncertain'];
  const isOver = (now) => runOf(now, id) && !open.includes(runOf(now, id).state);
  return runOf(await until(chat, isOver, 'over', timeoutMs), id);
}

/** The run once it has this state. */
export async function inState(chat, id, state, timeoutMs) {
  const fits = (now) => runOf(now, id)?.state === state;
  return runOf(await until(chat, fits, state, timeoutMs), id);
}

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * A client of a new device that remembers what it sent; `again()` makes another one of the same device,
 * `openNode(commands)` a node of another one.
 */
export async function openClient(entry, Socket, options) {
  const { createSigner, OpenClawClient, OpenClawNode } = entry;
  const sent = [];
  class Recording extends Socket {
    send(text) {
      sent.push(JSON.parse(text));
      super.send(text);
    }
  }
  const given = { signer: await createSigner(), storage: null, WebSocket: Recording, logger: {}, ...options };
  const again = () => new OpenClawClient(given);
  const openNode = async (commands) => {
    const { auth, gatewayUrl, storage, WebSocket } = given;
    const signer = await createSigner();
    return new OpenClawNode({ auth, commands, gatewayUrl, logger: {}, signer, storage, WebSocket });
  };
  return { again, client: again(), openNode, sent };
}
