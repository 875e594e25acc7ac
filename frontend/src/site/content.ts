// Sealing what never stands on the ledger: the node keeps it, the command carries the commitment.
//
// The node tells the salt of what it sealed, and the commitment is computed here from what was really handed in, so that
// nothing else can be put in its place (docs/format/privacy.md). Without a network it is sealed here, and the node gets
// it, with what sealed it, before the command that names it.

import { type Bytes, equal, fromHex } from "../ledger/bytes.ts";
import type { Value } from "../ledger/cbor.ts";
import { Problem } from "./problem.ts";
import { ask } from "./server.ts";
import { commitmentOf, contentOf, openingOf, sealHere, shelved } from "./shelf.ts";

interface Sealed {
  readonly commitment: string;
  readonly ciphertext_hash: string;
  readonly salt: string;
}

export async function sealed(plaintext: Bytes, type: string, offline: boolean): Promise<Value> {
  if (offline) return await sealHere(plaintext, type);
  const told = (await ask("POST", "/api/v1/contents", plaintext, type)) as Sealed;
  const commitment = fromHex(told.commitment);
  if (!equal(commitmentOf(fromHex(told.salt), plaintext), commitment)) throw new Problem("site.sealed_something_else", "");
  return contentOf(commitment, fromHex(told.ciphertext_hash));
}

/** Hand in what was sealed here. Throws Problem. */
export async function handInContents(commitments: readonly string[]): Promise<void> {
  for (const commitment of commitments) {
    const item = await shelved(commitment);
    if (item === undefined) continue;
    const told = (await ask("POST", "/api/v1/contents", item.plaintext, item.type, openingOf(item))) as Sealed;
    if (told.commitment !== commitment) throw new Problem("site.sealed_something_else", "");
  }
}
