// The few messages of Protocol Buffers that CometBFT hashes or signs, written by hand (docs/format/light-blocks.md).

import { type Bytes, join, utf8 } from "./bytes.ts";

const NOTHING: Bytes = new Uint8Array(0);

/** Seven bits a byte, lowest first; arithmetic, as numbers here go up to 2^53. */
export function uvarint(value: number): Bytes {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

/** The bytes behind their length. */
export function delimited(bytes: Uint8Array): Bytes {
  return join(uvarint(bytes.length), bytes);
}

export function integer(field: number, value: number): Bytes {
  return value === 0 ? NOTHING : join(uvarint(field * 8), uvarint(value));
}

/** Eight bytes, little-endian. */
export function fixed64(field: number, value: number): Bytes {
  if (value === 0) return NOTHING;
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true);
  return join(uvarint(field * 8 + 1), bytes);
}

export function octets(field: number, value: Uint8Array | string): Bytes {
  const bytes = typeof value === "string" ? utf8(value) : value;
  return bytes.length === 0 ? NOTHING : message(field, bytes);
}

/** A message that is written even if it is empty. */
export function message(field: number, encoded: Uint8Array): Bytes {
  return join(uvarint(field * 8 + 2), delimited(encoded));
}
