// The log of RFC 6962 and its proofs (RFC 9162 section 2.1.3): receipts of a block, headers of a ledger.

import { type Bytes, digest, equal } from "./bytes.ts";
import { ProofInvalid } from "./problems.ts";

const LEAF = 0x00;
const NODE = 0x01;

export function leafHash(leaf: Uint8Array): Bytes {
  return digest(LEAF, leaf);
}

/** That `leaf` is the index-th of `size` leaves under `root`. Throws ProofInvalid. */
export function checkInclusion(leaf: Uint8Array, index: number, size: number, path: Uint8Array[], root: Uint8Array): void {
  if (index >= size) throw new ProofInvalid("kernel.proof_index_beyond_size", { index, size });
  let node: Uint8Array = leaf;
  let [first, last] = [index, size - 1];
  for (const sibling of path) {
    if (last === 0) throw new ProofInvalid("kernel.proof_length");
    if (first % 2 === 1 || first === last) {
      node = digest(NODE, sibling, node);
      while (first % 2 === 0 && first !== 0) [first, last] = [half(first), half(last)];
    } else {
      node = digest(NODE, node, sibling);
    }
    [first, last] = [half(first), half(last)];
  }
  if (last !== 0) throw new ProofInvalid("kernel.proof_length");
  if (!equal(node, root)) throw new ProofInvalid("kernel.proof_root_differs");
}

function half(value: number): number {
  return Math.floor(value / 2);
}
