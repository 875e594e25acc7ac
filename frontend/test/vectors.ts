// The vectors of docs/format, which the product writes and other readers check.

import { readFileSync } from "node:fs";
import type { Value } from "../src/ledger/cbor.ts";
import { fromHex } from "../src/ledger/bytes.ts";

export function vectors<T>(name: string): T {
  const place = new URL(`../../docs/format/vectors/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(place, "utf8")) as T;
}

/** A value as the vectors write it: bytes as {"bytes": hex}, maps as {"map": …}. */
export function plain(written: unknown): Value {
  if (Array.isArray(written)) return written.map(plain);
  if (typeof written === "object" && written !== null) {
    const { bytes, map } = written as { bytes?: string; map?: Record<string, unknown> };
    if (bytes !== undefined) return fromHex(bytes);
    return new Map(Object.entries(map as object).map(([name, value]) => [name, plain(value)]));
  }
  return written as Value;
}
