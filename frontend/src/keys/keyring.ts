// The keys that this browser holds, in IndexedDB. The browser may erase them (Safari after seven days without a visit):
// an ordinary day, after which another device, the household or the service desk lets one back in.

import { hex } from "../ledger/bytes.ts";
import { idOf, type Signer, type SoftwareHandle, softwareSigner } from "./key.ts";
import { type PasskeyHandle, passkeySigner } from "./passkey.ts";
import { run } from "./store.ts";

/** A key with the account and the community that it signs for. `name` is what the person calls it. */
export interface HeldKey {
  readonly id: string;
  readonly chain: string;
  readonly account: string;
  readonly name: string;
  readonly madeAt: number;
  readonly handle: SoftwareHandle | PasskeyHandle;
}

/** Stands for the account of a key that nobody has signed for yet. */
export const PENDING = "pending";

/** The keys that sign for somebody, the youngest first; with PENDING those that do not yet. */
export async function heldKeys(chain: string, only = ""): Promise<HeldKey[]> {
  const all = await run<HeldKey[]>("keys", "readonly", (store) => store.getAll());
  return all.filter((key) => key.chain === chain && (key.account === PENDING) === (only === PENDING)).sort((a, b) => b.madeAt - a.madeAt);
}

/** Keep a key, and ask the browser to let it stay. */
export async function keepKey(key: HeldKey): Promise<void> {
  await run("keys", "readwrite", (store) => store.put(key));
  await navigator.storage?.persist?.();
}

export async function forgetKey(id: string): Promise<void> {
  await run("keys", "readwrite", (store) => store.delete(id));
}

export function held(handle: SoftwareHandle | PasskeyHandle, chain: string, account: string, name: string): HeldKey {
  return { id: hex(idOf(signerOf(handle))), chain, account, name, madeAt: Date.now(), handle };
}

export function signerOf(handle: SoftwareHandle | PasskeyHandle): Signer {
  return handle.suite === "webauthn-p256" ? passkeySigner(handle) : softwareSigner(handle);
}
