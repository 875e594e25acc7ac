// Being one of a demo's people: the key is made in this browser, and the demo's own key registers it for their account.

import { hex } from "../ledger/bytes.ts";
import { makeSoftwareKey } from "../keys/key.ts";
import { held, type HeldKey, heldKeys, keepKey } from "../keys/keyring.ts";
import { page } from "./page.ts";
import { ask } from "./server.ts";

/** The key that this browser has for a guest, made if there is none. Throws Problem, KeyProblem. */
export async function beGuest(guest: string): Promise<HeldKey> {
  const known = (await heldKeys(page.chain)).find((key) => key.name === guest);
  if (known !== undefined) return known;
  const handle = await makeSoftwareKey();
  const asked = JSON.stringify({ suite: handle.suite, public_key: hex(handle.publicKey) });
  const { account } = (await ask("POST", `/demo/be/${guest}`, asked, "application/json")) as { account: string };
  const key = held(handle, page.chain, account, guest);
  await keepKey(key);
  return key;
}
