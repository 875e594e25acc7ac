// Taking a seat: a session of somebody of the demo at an address of its own, beside whoever this browser is otherwise.

import { forgetKey, signerOf } from "../keys/keyring.ts";
import { beGuest } from "./guest.ts";
import { Problem } from "./problem.ts";
import { askAt } from "./server.ts";
import { whoIs } from "./session.ts";

/** Sit there, unless this browser does already. Throws Problem, KeyProblem. */
export async function sitAt(base: string, guest: string): Promise<void> {
  if (await sitsAt(base)) return;
  try {
    await signIn(base, guest);
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 401) throw error;
    await signIn(base, guest, true); // an account takes few keys, and somebody who came later has this one's place
  }
}

async function sitsAt(base: string): Promise<boolean> {
  try {
    await askAt(base, "GET", "/api/v1/sessions/current");
    return true;
  } catch (error) {
    if (error instanceof Problem && error.status === 401) return false;
    throw error;
  }
}

async function signIn(base: string, guest: string, anew = false): Promise<void> {
  let key = await beGuest(guest);
  if (anew) {
    await forgetKey(key.id);
    key = await beGuest(guest);
  }
  await whoIs(signerOf(key.handle), key.chain, base);
}
