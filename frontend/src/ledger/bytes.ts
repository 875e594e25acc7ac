// Bytes as the ledger writes them: joined, compared, in hex, base64 and base64url, and hashed with a domain byte.

import { sha256 } from "@noble/hashes/sha2.js";

export type Bytes = Uint8Array<ArrayBuffer>;

const text = new TextEncoder();

export function utf8(value: string): Bytes {
  return text.encode(value) as Bytes;
}

export function join(...parts: Uint8Array[]): Bytes {
  const all = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

export function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

export function ascending(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Throws RangeError for anything but pairs of hex digits. */
export function fromHex(digits: string): Bytes {
  if (!/^([0-9a-f]{2})*$/.test(digits)) throw new RangeError("no hex digits");
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16));
}

export function base64(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/** The bytes of padded canonical base64 (RFC 4648 section 4). Throws RangeError. */
export function fromBase64(value: string): Bytes {
  let binary: string;
  try {
    binary = atob(value);
  } catch {
    throw new RangeError("no base64");
  }
  const bytes = Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
  if (base64(bytes) !== value) throw new RangeError("no canonical base64");
  return bytes;
}

export function base64url(bytes: Uint8Array): string {
  return base64(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** The bytes of base64url without padding. Throws RangeError. */
export function fromBase64url(value: string): Bytes {
  const plain = value.replaceAll("-", "+").replaceAll("_", "/");
  return fromBase64(plain.padEnd(Math.ceil(plain.length / 4) * 4, "="));
}

/** A number in `width` bytes, big-endian. */
export function unsigned(value: number, width: number): Bytes {
  const bytes = new Uint8Array(width);
  let rest = value;
  for (let i = width - 1; i >= 0; i--) {
    bytes[i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return bytes;
}

/** A short byte string preceded by its length as u8. */
export function counted(bytes: Uint8Array): Bytes {
  return join(unsigned(bytes.length, 1), bytes);
}

export const HASH_BYTES = 32;

/** SHA-256 without a domain byte. */
export function hash(...parts: Uint8Array[]): Bytes {
  const state = sha256.create();
  for (const part of parts) state.update(part);
  return state.digest() as Bytes;
}

/** H(domain ‖ parts), as docs/format/README.md writes it. */
export function digest(domain: number, ...parts: Uint8Array[]): Bytes {
  return hash(Uint8Array.of(domain), ...parts);
}
