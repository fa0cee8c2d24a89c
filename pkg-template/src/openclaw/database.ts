// What a browser keeps for its device: the key and the tokens that gateways gave it.

const DATABASE = 'agent-gateway-client';
const STORE = 'openclaw';

export const hasDatabase = (): boolean => typeof indexedDB !== 'undefined';

/** The value under a key, or undefined. */
export const read = (key: string): Promise<any> => use('readonly', (store) => store.get(key));

/** Writes a value; `undefined` deletes. */
export async function write(key: string, value: unknown): Promise<void> {
  await use('readwrite', (store) => (value === undefined ? store.delete(key) : store.put(value, key)));
}

/** Writes a value unless there is one, and gives the one that is there: of two tabs one wins. */
export async function keepFirst(key: string, value: unknown): Promise<any> {
  const database = await open();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(STORE, 'readwrite');
      const store = transaction.objectStore(STORE);
      let kept = value;
      const known = store.get(key);
      known.onsuccess = () => {
        if (known.result === undefined) store.put(value, key);
        else kept = known.result;
      };
      transaction.oncomplete = () => resolve(kept);
      transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

async function use(
  mode: IDBTransactionMode,
  request: (store: IDBObjectStore) => IDBRequest<any>,
): Promise<any> {
  const database = await open();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(STORE, mode);
      const asked = request(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(asked.result);
      transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(DATABASE, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
}
