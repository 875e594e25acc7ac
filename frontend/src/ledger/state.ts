// Whether a row stands in the state, or none does: docs/format/state.md.

import { ascending, type Bytes, counted, digest, equal, join, utf8, hex } from "./bytes.ts";
import { ProofInvalid } from "./problems.ts";
import type { Value } from "./cbor.ts";
import { bytes, listOf, mapRecord } from "./records.ts";

const [BUCKET, NODE, EMPTY, VALUE, PATH] = [0x02, 0x03, 0x04, 0x05, 0x06];
export const SALT_BYTES = 16;

export interface StateProof {
  readonly siblings: Uint8Array[][];
  readonly bucket: Uint8Array[][];
}

const hash = bytes(32, 32);

export function readStateProof(value: Value): StateProof {
  return mapRecord(value, "StateProofRecord", {
    siblings: listOf(listOf(hash, 3, 3), 128),
    bucket: listOf(listOf(hash, 2, 2), 16),
  });
}

/** A table's key as it stands in the state: u8 len(table) ‖ table ‖ key. */
export function fullKey(table: string, key: Uint8Array): Bytes {
  return join(counted(utf8(table)), key);
}

/** That `row` stands under the full key, or, if it is empty, that none does. Throws ProofInvalid. */
export function checkRow(chain: string, key: Uint8Array, row: Uint8Array, proof: StateProof, root: Uint8Array): void {
  const path = digest(PATH, counted(utf8(chain)), key);
  const held = checkBucket(path, proof, root);
  if (row.length === 0) {
    if (held !== undefined) throw new ProofInvalid("kernel.proof_row_present");
  } else if (held === undefined) {
    throw new ProofInvalid("kernel.proof_row_absent");
  } else if (!equal(held, digest(VALUE, row))) {
    throw new ProofInvalid("kernel.proof_value_differs");
  }
}

/** The value hash that the bucket of this path holds for it, once the bucket is shown to be the state's. */
function checkBucket(path: Uint8Array, proof: StateProof, root: Uint8Array): Uint8Array | undefined {
  const depth = proof.siblings.length;
  let before: Uint8Array = new Uint8Array(0);
  let found: Uint8Array | undefined;
  for (const [entry, value] of proof.bucket as [Uint8Array, Uint8Array][]) {
    if (ascending(before, entry) >= 0) throw new ProofInvalid("kernel.proof_bucket_disordered");
    for (let level = 0; level < depth; level++) {
      if (digit(entry, level) !== digit(path, level)) throw new ProofInvalid("kernel.proof_entry_elsewhere");
    }
    if (equal(entry, path)) found = value;
    before = entry;
  }
  let node = proof.bucket.length > 0 ? digest(BUCKET, ...proof.bucket.flat()) : digest(EMPTY);
  for (let level = depth - 1; level >= 0; level--) {
    const children = [...(proof.siblings[level] as Uint8Array[])];
    children.splice(digit(path, level), 0, node);
    node = digest(NODE, ...children);
  }
  if (!equal(node, root)) throw new ProofInvalid("kernel.proof_root_differs", { computed: hex(node), expected: hex(root), part: "row" });
  return found;
}

/** The level-th digit of two bits, most significant first. */
function digit(path: Uint8Array, level: number): number {
  return ((path[level >> 2] as number) >> (6 - 2 * (level & 3))) & 3;
}

/** A row's value without its salt. */
export function unsalted(row: Uint8Array): Uint8Array {
  return row.subarray(SALT_BYTES);
}

export function subjectRow(row: Uint8Array): { count: number; head: Uint8Array } {
  if (row.length !== SALT_BYTES + 40) throw new ProofInvalid("kernel.subject_row_malformed", { size_bytes: row.length });
  const view = new DataView(row.buffer, row.byteOffset + SALT_BYTES, 8);
  return { count: Number(view.getBigUint64(0)), head: row.subarray(SALT_BYTES + 8) };
}

