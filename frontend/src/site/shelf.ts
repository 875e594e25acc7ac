// What was sealed on this device without a network: the plaintext, and the salt and key that sealed it, until the node
// has it. What a signature stands for must not get lost before it is handed in.

import { type Bytes, digest, fromHex, hash, hex, unsigned } from "../ledger/bytes.ts";
import type { Value } from "../ledger/cbor.ts";
import { run } from "../keys/store.ts";

export const CONTENT = 0x15;
const NONCE = new Uint8Array(12);

interface Shelved {
  /** Its commitment. */
  readonly id: string;
  readonly salt: string;
  readonly key: string;
  readonly type: string;
  readonly plaintext: Bytes;
}

let fresh: string[] = [];

/** The commitments of what was sealed here since this was last asked. */
export function takeFresh(): string[] {
  const taken = fresh;
  fresh = [];
  return taken;
}

/** Seal as the node does (docs/format/privacy.md), and keep what it will need. */
export async function sealHere(plaintext: Bytes, type: string): Promise<Value> {
  const [salt, key] = [random(), random()];
  const commitment = commitmentOf(salt, plaintext);
  const cipher = await globalThis.crypto.subtle.importKey("raw", key, "AES-GCM", false, ["encrypt"]);
  const how = { name: "AES-GCM", iv: NONCE, additionalData: commitment };
  const sealed = new Uint8Array(await globalThis.crypto.subtle.encrypt(how, cipher, plaintext));
  const shelved: Shelved = { id: hex(commitment), salt: hex(salt), key: hex(key), type, plaintext };
  await run("contents", "readwrite", (store) => store.put(shelved));
  fresh.push(shelved.id);
  return contentOf(commitment, hash(sealed));
}

export function commitmentOf(salt: Bytes, plaintext: Bytes): Bytes {
  return digest(CONTENT, salt, hash(plaintext), unsigned(plaintext.length, 8));
}

export function contentOf(commitment: Bytes, ciphertextHash: Bytes): Value {
  return new Map<string, Value>([
    ["commitment", commitment],
    ["ciphertext_hash", ciphertextHash],
  ]);
}

export async function shelved(commitment: string): Promise<Shelved | undefined> {
  return (await run("contents", "readonly", (store) => store.get(commitment))) as Shelved | undefined;
}

export async function unshelve(commitments: readonly string[]): Promise<void> {
  for (const commitment of commitments) await run("contents", "readwrite", (store) => store.delete(commitment));
}

/** How the node is told to seal it in just this way. */
export function openingOf(item: Shelved): Record<string, string> {
  return { "Content-Salt": item.salt, "Content-Key": item.key };
}

function random(): Bytes {
  return globalThis.crypto.getRandomValues(new Uint8Array(fromHex("00".repeat(32))));
}
