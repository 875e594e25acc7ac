// More than one key for a person: a passkey on this device, or another device of theirs.
//
// A new device makes its own key and shows the public half (a link and its QR code) and six letters of the key's id. The
// device that is here already opens the link, has the letters typed in by whoever holds both, and signs. No private key
// and no secret ever travels, so a link that is overheard opens nothing (docs/decisions/0087).

import { fromHex, hex } from "../ledger/bytes.ts";
import type { Value, ValueMap } from "../ledger/cbor.ts";
import { keyId, UNBOUND } from "../ledger/signatures.ts";
import { idOf, makeSoftwareKey, type PublicKey, type SoftwareHandle } from "../keys/key.ts";
import { held, type HeldKey, heldKeys, keepKey, PENDING, signerOf } from "../keys/keyring.ts";
import { makePasskey } from "../keys/passkey.ts";
import { letters } from "../look/seal.ts";
import { KEY_LINK } from "./ahead.ts";
import { page, say } from "./page.ts";
import { Problem } from "./problem.ts";
import { submit } from "./server.ts";
import { whoIs } from "./session.ts";
import { agreed } from "./sheet.ts";
import { signCommand } from "./signing.ts";


/** Make a passkey and register it with the present key. Undefined where the person does not sign. */
export async function addPasskey(says: string, undo: string): Promise<HeldKey | undefined> {
  if (!(await agreed(says, [], undo))) return undefined;
  const handle = await makePasskey(letters(fromHex(page.account)), fromHex(page.account));
  await register(signerOf(handle));
  const key = held(handle, page.chain, page.account, say("passkey"));
  await keepKey(key);
  return key;
}

async function register(key: PublicKey): Promise<void> {
  const fields: ValueMap = new Map<string, Value>([
    ["suite", key.suite],
    ["public_key", key.publicKey],
  ]);
  if (key.binding.rpId !== "") fields.set("rp_id", key.binding.rpId).set("origin", key.binding.origin);
  await submit((await signCommand("identity.add_key", fields, false)).raw);
}

/** What a new device shows: its link, the link as a picture, and the letters that are typed in on the other one.
 *  `desk` is the link for the service desk, where somebody who has no device left begins a recovery. */
export interface Asking {
  readonly handle: SoftwareHandle;
  readonly link: string;
  readonly desk: string;
  readonly letters: string;
}

/** The key is kept at once: a recovery takes days, and nobody leaves a page open for so long. */
export async function askToJoin(): Promise<Asking> {
  const handle = (await pending()) ?? (await makeSoftwareKey());
  await keepKey(held(handle, page.chain, PENDING, say("own_key")));
  const key = `#${handle.suite}.${hex(handle.publicKey)}`;
  const { origin } = globalThis.location;
  return { handle, link: `${origin}/me/device${key}`, desk: `${origin}/recoveries${key}`, letters: letters(idOf(signerOf(handle))) };
}

/** The key that this device has shown before, and that nobody has signed for yet. */
export async function pending(): Promise<SoftwareHandle | undefined> {
  const found = (await heldKeys(page.chain, PENDING)).map(({ handle }) => handle);
  return found.find((handle): handle is SoftwareHandle => handle.suite !== "webauthn-p256");
}

/** The key once the other device has signed for it; undefined until then. */
export async function joined(handle: SoftwareHandle): Promise<HeldKey | undefined> {
  try {
    const account = await whoIs(signerOf(handle), page.chain);
    const key = held(handle, page.chain, account, say("own_key"));
    await keepKey(key);
    return key;
  } catch (error) {
    if (error instanceof Problem && error.status === 401) return undefined; // nobody has signed for it yet
    throw error;
  }
}

/** Register the key of a link, if the letters typed in are those that the new device shows. Throws Problem. */
export async function addDevice(fragment: string, typed: string, says: string, undo: string): Promise<boolean> {
  const found = KEY_LINK.exec(fragment);
  if (found === null) throw new Problem("site.no_device", "");
  const key: PublicKey = { suite: found[1] as "ed25519" | "p256", publicKey: fromHex(found[2] as string), binding: UNBOUND };
  const shown = letters(keyId(key.suite, key.publicKey, key.binding));
  if (typed.trim().toUpperCase() !== shown) throw new Problem("site.other_letters", "");
  if (!(await agreed(says, [{ label: say("letters"), value: shown }], undo))) return false;
  await register(key);
  return true;
}
