// A session: what a key signed once, so that pages know who reads them. It holds no right of its own.

import { counted, fromHex, hex, join, utf8 } from "../ledger/bytes.ts";
import { idOf, type Signer } from "../keys/key.ts";
import { type HeldKey, heldKeys, signerOf } from "../keys/keyring.ts";
import { page } from "./page.ts";
import { Problem } from "./problem.ts";
import { ask, askAt } from "./server.ts";

const DOMAIN = utf8("linlian/session/1\0");

/** Sign in with a key of this browser. Throws Problem or KeyProblem. */
async function signIn(key: HeldKey): Promise<void> {
  await whoIs(signerOf(key.handle), key.chain);
}

/** Open a session, here or at another seat; the account that the key signs for. Throws Problem (401: for none), KeyProblem. */
export async function whoIs(signer: Signer, chain: string, base: string = page.base): Promise<string> {
  const { challenge } = (await askAt(base, "POST", "/api/v1/sessions/challenges")) as { challenge: string };
  const message = join(DOMAIN, counted(utf8(chain)), counted(utf8(globalThis.location.host)), fromHex(challenge));
  const signature = hex(await signer.sign(message));
  const told = JSON.stringify({ challenge, key_id: hex(idOf(signer)), signature });
  return ((await askAt(base, "POST", "/api/v1/sessions", told, "application/json")) as { account: string }).account;
}

/** Whoever was here last, at each seat. */
const LAST = `linlian:last${page.base}`;

/** Sign in, and remember it as what this browser's person is. */
export async function comeIn(key: HeldKey): Promise<void> {
  await signIn(key);
  localStorage.setItem(LAST, key.account);
}

/** Sign out; nothing signs in again by itself after that. */
export async function leave(): Promise<void> {
  localStorage.removeItem(LAST);
  await ask("DELETE", "/api/v1/sessions/current");
}

/** The session is over (it lasts half a day) but the key is here: sign in again, without asking anybody anything.
 *  A passkey would ask, so it is left to a click. */
export async function signInAgain(): Promise<boolean> {
  const account = page.account || localStorage.getItem(LAST);
  const keys = await heldKeys(page.chain);
  const key = keys.find((held) => held.account === account && held.handle.suite !== "webauthn-p256");
  if (key === undefined) return false;
  try {
    await comeIn(key);
    return true;
  } catch (error) {
    if (error instanceof Problem) return false; // revoked or suspended, or nobody answers: the page says how to come back
    throw error;
  }
}

const TRIED = `linlian:tried${page.base}`;

/** A page that asks who one is: answer by oneself where that is possible, once. */
export async function answerWhoIsThere(): Promise<void> {
  if (document.querySelector("[data-sign-in]") === null) {
    sessionStorage.removeItem(TRIED);
    return;
  }
  if (sessionStorage.getItem(TRIED) !== null || globalThis.indexedDB === undefined) return;
  sessionStorage.setItem(TRIED, "yes");
  if (await signInAgain()) globalThis.location.reload();
}

/** A session lasts half a day; where the key is here, a new one is opened and the work done again. */
export async function withSession<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 401 || !(await signInAgain())) throw error;
    return await work();
  }
}
