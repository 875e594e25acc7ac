// A secret behind the `#` of a link, which no browser sends to a server: it signs for the key that this device has made.
//
// An invitation's one-time key signs once and ends with that; a backup key on paper stays until it is ended.

import { ed25519 } from "@noble/curves/ed25519.js";
import { type Bytes, fromHex } from "../ledger/bytes.ts";
import type { Value } from "../ledger/cbor.ts";
import { keyId } from "../ledger/signatures.ts";
import { encodeBody, seal, signingBytes } from "../ledger/transaction.ts";
import type { SoftwareHandle } from "../keys/key.ts";
import { now, page } from "./page.ts";
import { Problem } from "./problem.ts";

const VALID_MS = 90_000;

export type Takes = "identity.accept_invitation" | "identity.add_key";

/** The transaction that `#<account>.<seed>` signs for this device's key. Throws Problem (`site.no_invitation`). */
export function signedByLink(fragment: string, command: Takes, handle: SoftwareHandle): { account: string; raw: Bytes } {
  const found = /^#([0-9a-f]{32})\.([0-9a-f]{64})$/.exec(fragment);
  if (found === null) throw new Problem("site.no_invitation", "");
  const [account, seed] = [found[1] as string, fromHex(found[2] as string)];
  const oneTime = ed25519.getPublicKey(seed);
  const fields = new Map<string, Value>([
    ["suite", handle.suite],
    ["public_key", handle.publicKey],
  ]);
  const body = encodeBody({
    chain: page.chain,
    command,
    fields,
    signer: fromHex(account),
    nonce: globalThis.crypto.getRandomValues(new Uint8Array(16)),
    validUntil: now() + VALID_MS,
    occurredAt: 0,
    offline: false,
  });
  const signature = ed25519.sign(signingBytes(page.chain, body), seed);
  return { account, raw: seal(body, keyId("ed25519", oneTime), signature) };
}
