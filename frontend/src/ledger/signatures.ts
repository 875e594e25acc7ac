// The signature suites of docs/format/transaction.md, checked as strictly as the chain checks them.
//
// ed25519 uses the points of a library but not its verdict: libraries multiply by the cofactor, the chain does not.

import { ed25519 } from "@noble/curves/ed25519.js";
import { p256 } from "@noble/curves/nist.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { base64url, type Bytes, counted, digest, equal, hash, join, unsigned, utf8 } from "./bytes.ts";

/** The site that a passkey is bound to; empty for keys of software. */
export interface Binding {
  readonly rpId: string;
  readonly origin: string;
}
export const UNBOUND: Binding = { rpId: "", origin: "" };

const KEY_ID = 0x16;
const L = ed25519.Point.Fn.ORDER;
const HALF = p256.Point.Fn.ORDER >> 1n;

/** The key id, 32 bytes; of a passkey also over its site. */
export function keyId(suite: string, publicKey: Uint8Array, binding: Binding = UNBOUND): Bytes {
  const parts = [counted(utf8(suite)), sized(publicKey)];
  if (binding.rpId !== "" || binding.origin !== "") parts.push(sized(utf8(binding.rpId)), sized(utf8(binding.origin)));
  return digest(KEY_ID, ...parts);
}

/** Whether the suite takes this public key: the right size, a point, and for Ed25519 of prime order. */
export function takesKey(suite: string, publicKey: Uint8Array): boolean {
  if (suite === "ed25519") {
    const point = edwardsPoint(publicKey);
    return point !== undefined && point.isTorsionFree();
  }
  return (suite === "p256" || suite === "webauthn-p256") && isP256Key(publicKey);
}

/** Whether this is the key's signature of the message. An unknown suite has no good signature. */
export function isGood(
  suite: string,
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
  binding: Binding = UNBOUND,
): boolean {
  if (suite === "ed25519") return isGoodEd25519(publicKey, message, signature);
  if (suite === "p256") return isGoodP256(publicKey, message, signature);
  if (suite === "webauthn-p256") return isGoodAssertion(publicKey, message, signature, binding);
  return false;
}

/** r ‖ s with the lower s, which is the only one that the chain takes. */
export function lowS(signature: Uint8Array): Bytes {
  const s = number(signature.subarray(32));
  const lower = s > HALF ? p256.Point.Fn.ORDER - s : s;
  return join(signature.subarray(0, 32), bigEndian(lower));
}

/** The signature field of `webauthn-p256`: u16 len ‖ authenticatorData ‖ u16 len ‖ clientDataJSON ‖ r ‖ s. */
export function packAssertion(authenticatorData: Uint8Array, clientData: Uint8Array, rs: Uint8Array): Bytes {
  return join(sized(authenticatorData), sized(clientData), rs);
}

/** r ‖ s of an ECDSA signature in DER (SEC 1, as authenticators write it), with the lower s. */
export function fromDer(der: Uint8Array): Bytes {
  return lowS(p256.Signature.fromBytes(der, "der").toBytes("compact"));
}

function isGoodEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (signature.length !== 64) return false;
  const a = edwardsPoint(publicKey);
  const r = edwardsPoint(signature.subarray(0, 32));
  const s = number(signature.slice(32).reverse());
  if (a === undefined || r === undefined || s >= L) return false;
  const digest = sha512(join(signature.subarray(0, 32), publicKey, message));
  const h = number(digest.slice().reverse()) % L;
  const left = s === 0n ? ed25519.Point.ZERO : ed25519.Point.BASE.multiplyUnsafe(s);
  const right = h === 0n ? r : r.add(a.multiplyUnsafe(h));
  return left.equals(right);
}

/** The point of a canonical encoding that is not of small order. */
function edwardsPoint(encoded: Uint8Array): InstanceType<typeof ed25519.Point> | undefined {
  if (encoded.length !== 32) return undefined;
  try {
    const point = ed25519.Point.fromBytes(encoded, false);
    return point.isSmallOrder() || !equal(point.toBytes(), encoded) ? undefined : point;
  } catch {
    return undefined; // the library throws for bytes that are no point, and says nothing else of them
  }
}

function isP256Key(publicKey: Uint8Array): boolean {
  return publicKey.length === 33 && p256.utils.isValidPublicKey(publicKey, true);
}

function isGoodP256(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (!isP256Key(publicKey) || signature.length !== 64) return false;
  const [r, s] = [number(signature.subarray(0, 32)), number(signature.subarray(32))];
  if (r < 1n || r >= p256.Point.Fn.ORDER || s < 1n || s > HALF) return false;
  return p256.verify(signature, message, publicKey, { lowS: true });
}

function isGoodAssertion(publicKey: Uint8Array, message: Uint8Array, packed: Uint8Array, binding: Binding): boolean {
  const [authenticatorData, rest] = split(packed);
  const [clientData, rs] = split(rest);
  if (authenticatorData.length < 37) return false;
  if (!equal(authenticatorData.subarray(0, 32), hash(utf8(binding.rpId)))) return false;
  if (((authenticatorData[32] as number) & 0x05) !== 0x05) return false;
  if (!isClientData(clientData, message, binding.origin)) return false;
  return isGoodP256(publicKey, join(authenticatorData, hash(clientData)), rs);
}

/** Compared byte for byte up to the origin's quote (Web Authentication level 3, section 5.8.1.1), never parsed. */
function isClientData(clientData: Uint8Array, message: Uint8Array, origin: string): boolean {
  const challenge = base64url(hash(message));
  const expected = utf8(`{"type":"webauthn.get","challenge":"${challenge}","origin":"${origin}"`);
  if (!equal(clientData.subarray(0, expected.length), expected)) return false;
  const rest = clientData.subarray(expected.length);
  if (equal(rest, utf8("}"))) return true;
  const framed = utf8(',"crossOrigin":true');
  return rest[0] === 0x2c && !equal(rest.subarray(0, framed.length), framed);
}

function split(packed: Uint8Array): [Uint8Array, Uint8Array] {
  const size = ((packed[0] ?? 0) << 8) | (packed[1] ?? 0);
  return [packed.subarray(2, 2 + size), packed.subarray(2 + size)];
}

function sized(bytes: Uint8Array): Bytes {
  return join(unsigned(bytes.length, 2), bytes);
}

function number(bigEndianBytes: Uint8Array): bigint {
  return bigEndianBytes.reduce((value, byte) => value * 256n + BigInt(byte), 0n);
}

function bigEndian(value: bigint): Bytes {
  const bytes = new Uint8Array(32);
  let rest = value;
  for (let i = 31; i >= 0; i--) {
    bytes[i] = Number(rest % 256n);
    rest /= 256n;
  }
  return bytes;
}
