// What can sign: a key of software that the browser holds and never gives out, or a passkey.
//
// Ed25519 where the browser has it, else P-256 (older webviews, WeChat's among them); a passkey is P-256 bound to this site.

import { type Bytes, join } from "../ledger/bytes.ts";
import { type Binding, keyId, lowS, UNBOUND } from "../ledger/signatures.ts";

export type Suite = "ed25519" | "p256" | "webauthn-p256";

/** A key's public half, as the ledger registers it. */
export interface PublicKey {
  readonly suite: Suite;
  readonly publicKey: Bytes;
  readonly binding: Binding;
}

/** Something that signs for one account. */
export interface Signer extends PublicKey {
  /** The signature field of a transaction over these signing bytes. */
  sign(message: Bytes): Promise<Bytes>;
}

/** Why no key could be made or used; the page has a sentence for each code. */
export class KeyProblem extends Error {
  readonly code: string;
  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

/** The handle that is kept; its private half cannot be read, not even by this page. */
export interface SoftwareHandle {
  readonly suite: "ed25519" | "p256";
  readonly publicKey: Bytes;
  readonly privateKey: CryptoKey;
}

/** Make a key. Throws KeyProblem (`keys.insecure_origin`) where the browser refuses to: over plain HTTP. */
export async function makeSoftwareKey(): Promise<SoftwareHandle> {
  const { subtle } = globalThis.crypto;
  if (subtle === undefined) throw new KeyProblem("keys.insecure_origin");
  const pair = (await tryEd25519(subtle)) ?? (await subtle.generateKey(P256, false, ["sign", "verify"]));
  const raw = new Uint8Array(await subtle.exportKey("raw", pair.publicKey));
  if (raw.length === 32) return { suite: "ed25519", publicKey: raw, privateKey: pair.privateKey };
  return { suite: "p256", publicKey: compressed(raw), privateKey: pair.privateKey };
}

export function softwareSigner(handle: SoftwareHandle): Signer {
  const { suite, publicKey, privateKey } = handle;
  const algorithm = suite === "ed25519" ? { name: "Ed25519" } : { name: "ECDSA", hash: "SHA-256" };
  return {
    suite,
    publicKey,
    binding: UNBOUND,
    async sign(message) {
      const signature = new Uint8Array(await globalThis.crypto.subtle.sign(algorithm, privateKey, message));
      return suite === "ed25519" ? signature : lowS(signature);
    },
  };
}

export function idOf(key: PublicKey): Bytes {
  return keyId(key.suite, key.publicKey, key.binding);
}

/** The compressed point (SEC 1 section 2.3.3) of one that is not. */
export function compressed(point: Uint8Array): Bytes {
  if (point.length !== 65 || point[0] !== 4) throw new KeyProblem("keys.not_a_point");
  return join(Uint8Array.of(2 + ((point[64] as number) & 1)), point.subarray(1, 33));
}

const P256: EcKeyGenParams = { name: "ECDSA", namedCurve: "P-256" };

async function tryEd25519(subtle: SubtleCrypto): Promise<CryptoKeyPair | undefined> {
  try {
    return (await subtle.generateKey({ name: "Ed25519" }, false, ["sign", "verify"])) as CryptoKeyPair;
  } catch (error) {
    // NotSupportedError, and in some webviews SyntaxError: the browser does not know the algorithm.
    if (error instanceof DOMException) return undefined;
    throw error;
  }
}
