// Sealing what never stands on the ledger: the node keeps it, the command carries the commitment.
//
// The node tells the salt of what it sealed, and the commitment is computed here from what was really handed in, so that
// nothing else can be put in its place (docs/format/privacy.md).

import { type Bytes, digest, equal, fromHex, hash, unsigned } from "../ledger/bytes.ts";
import type { Value } from "../ledger/cbor.ts";
import { ask, Problem } from "./server.ts";

const CONTENT = 0x15;

interface Sealed {
  readonly commitment: string;
  readonly ciphertext_hash: string;
  readonly salt: string;
}

export async function sealed(plaintext: Bytes, type: string): Promise<Value> {
  const told = (await ask("POST", "/api/v1/contents", plaintext, type)) as Sealed;
  const commitment = fromHex(told.commitment);
  const own = digest(CONTENT, fromHex(told.salt), hash(plaintext), unsigned(plaintext.length, 8));
  if (!equal(own, commitment)) throw new Problem("site.sealed_something_else", "");
  return new Map<string, Value>([
    ["commitment", commitment],
    ["ciphertext_hash", fromHex(told.ciphertext_hash)],
  ]);
}
