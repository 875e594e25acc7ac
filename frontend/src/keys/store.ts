// What this browser keeps in IndexedDB: keys that never leave it, secrets of letters until these are on
// paper, and contents that were sealed without a network until the node has them.

import { KeyProblem } from "./key.ts";

export type Store = "keys" | "letters" | "contents";

const STORES: readonly Store[] = ["keys", "letters", "contents"];
const VERSION = 3;

/** Do one thing with a store. Throws KeyProblem (`keys.storage_closed`, `keys.storage_full`). */
export async function run<T>(name: Store, mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest | undefined): Promise<T> {
  const database = await open();
  try {
    return await new Promise<T>((resolve, reject) => {
      const transaction = database.transaction(name, mode);
      const request = act(transaction.objectStore(name));
      transaction.oncomplete = () => resolve(request?.result as T);
      transaction.onabort = () => reject(new KeyProblem("keys.storage_full"));
    });
  } finally {
    database.close();
  }
}

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = globalThis.indexedDB.open("linlian", VERSION);
    request.onupgradeneeded = () => {
      for (const name of STORES) if (!request.result.objectStoreNames.contains(name)) request.result.createObjectStore(name, { keyPath: "id" });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(new KeyProblem("keys.storage_closed"));
  });
}
