// A session: what a key signed once, so that pages know who reads them. It holds no right of its own.

import { counted, fromHex, hex, join, utf8 } from "../ledger/bytes.ts";
import { idOf } from "../keys/key.ts";
import { type HeldKey, heldKeys, signerOf } from "../keys/keyring.ts";
import { page } from "./page.ts";
import { ask, Problem } from "./server.ts";

const DOMAIN = utf8("linlian/session/1\0");

/** Sign in with a key of this browser. Throws Problem or KeyProblem. */
export async function signIn(key: HeldKey): Promise<void> {
  const { challenge } = (await ask("POST", "/api/v1/sessions/challenges")) as { challenge: string };
  const signer = signerOf(key.handle);
  const message = join(DOMAIN, counted(utf8(key.chain)), counted(utf8(globalThis.location.host)), fromHex(challenge));
  const signature = hex(await signer.sign(message));
  const told = JSON.stringify({ challenge, key_id: hex(idOf(signer)), signature });
  await ask("POST", "/api/v1/sessions", told, "application/json");
}

/** The session is over (it lasts half a day) but the key is here: sign in again, without asking anybody anything. */
export async function signInAgain(): Promise<boolean> {
  const keys = await heldKeys(page.chain);
  const last = keys.find((key) => key.account === localStorage.getItem("linlian:last")) ?? keys[0];
  if (last === undefined) return false;
  try {
    await signIn(last);
    return true;
  } catch (error) {
    if (error instanceof Problem) return false; // revoked or suspended: the page says how to come back
    throw error;
  }
}
