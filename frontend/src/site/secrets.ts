// The secrets of letters: made here, kept here until the letters are on paper, and then forgotten. The node has none.

import { ed25519 } from "@noble/curves/ed25519.js";
import { type Bytes, hex } from "../ledger/bytes.ts";
import { run } from "../keys/store.ts";

const SEED_BYTES = 32;
const AT_ONCE = 200;

interface Kept {
  readonly id: string;
  readonly chain: string;
  readonly seed: Bytes;
}

/** Make one-time keys and keep their secrets; the public halves in hex. */
export async function makeSecrets(count: number, chain: string): Promise<string[]> {
  const made: Kept[] = [];
  for (let number = 0; number < count; number += 1) {
    const seed = globalThis.crypto.getRandomValues(new Uint8Array(SEED_BYTES));
    made.push({ id: hex(ed25519.getPublicKey(seed) as Bytes), chain, seed });
    if (number % AT_ONCE === AT_ONCE - 1) await new Promise((resolve) => setTimeout(resolve)); // let the page breathe
  }
  await run("letters", "readwrite", (store) => {
    let last: IDBRequest | undefined;
    for (const one of made) last = store.put(one);
    return last;
  });
  return made.map((one) => one.id);
}

/** The secrets that are here, by their public halves. */
export async function keptSecrets(chain: string): Promise<Map<string, Bytes>> {
  const all = await run<Kept[]>("letters", "readonly", (store) => store.getAll());
  return new Map(all.filter((one) => one.chain === chain).map((one) => [one.id, one.seed]));
}

export async function forgetSecrets(ids: Iterable<string>): Promise<void> {
  await run("letters", "readwrite", (store) => {
    let last: IDBRequest | undefined;
    for (const id of ids) last = store.delete(id);
    return last;
  });
}
