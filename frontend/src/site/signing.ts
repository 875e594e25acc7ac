// Signing a command: what is shown is made from the very bytes that are signed.

import { type Bytes, fromHex, hex } from "../ledger/bytes.ts";
import type { ValueMap } from "../ledger/cbor.ts";
import { encodeBody, newIdentifier, seal, signingBytes, transactionId } from "../ledger/transaction.ts";
import { idOf } from "../keys/key.ts";
import { heldKeys, signerOf } from "../keys/keyring.ts";
import { now, page } from "./page.ts";
import { Problem } from "./problem.ts";

const VALID_MS = 90_000;
const OFFLINE_MS = 71 * 3600 * 1000;

export interface Signed {
  readonly id: Bytes;
  readonly raw: Bytes;
  readonly validUntil: number;
  /** The first identifier that the command gives out: the case that a report opens, say. */
  readonly first: Bytes;
  readonly nonce: Bytes;
}

/** Sign with this browser's key for the reader's account. Throws Problem (`site.no_key`) or KeyProblem. */
export async function signCommand(command: string, fields: ValueMap, offline: boolean): Promise<Signed> {
  const own = (await heldKeys(page.chain)).filter((held) => held.account === page.account);
  const key = own.find((held) => held.id === page.key) ?? own[0];
  if (key === undefined) throw new Problem("site.no_key", "");
  const signer = signerOf(key.handle);
  const nonce = globalThis.crypto.getRandomValues(new Uint8Array(16));
  const validUntil = now() + (offline ? OFFLINE_MS : VALID_MS);
  const account = fromHex(page.account);
  const body = encodeBody({ chain: page.chain, command, fields, signer: account, nonce, validUntil, occurredAt: offline ? now() : 0, offline });
  const raw = seal(body, idOf(signer), await signer.sign(signingBytes(page.chain, body)));
  const id = transactionId(page.chain, body);
  return { id, raw, validUntil, first: newIdentifier(id, nonce, 1), nonce };
}

/** Where to go afterwards: `{first}` is the identifier that the command gave out. */
export function goal(template: string, signed: Signed): string {
  return template.replace("{first}", hex(signed.first)).replace("{transaction}", hex(signed.id));
}
