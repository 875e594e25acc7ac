// The log of RFC 6962 and its proofs (RFC 9162 section 2.1.3): receipts of a block, headers of a ledger.

import { type Bytes, digest, equal, hex } from "./bytes.ts";
import { ProofInvalid } from "./problems.ts";

const LEAF = 0x00;
const NODE = 0x01;

export function leafHash(leaf: Uint8Array): Bytes {
  return digest(LEAF, leaf);
}

/** What is shown to be in what: a record in its block, a block in the log. */
export type Part = "record" | "block" | "head";

/** That `leaf` is the index-th of `size` leaves under `root`. Throws ProofInvalid, which names the `part`. */
export function checkInclusion(part: Part, leaf: Uint8Array, index: number, size: number, path: Uint8Array[], root: Uint8Array): void {
  if (index >= size) throw new ProofInvalid("kernel.proof_index_beyond_size", { index, size, part });
  const expected = lengthOf(index, size);
  if (path.length !== expected) throw new ProofInvalid("kernel.proof_length", { length: path.length, expected, part });
  let node: Uint8Array = leaf;
  let [first, last] = [index, size - 1];
  for (const sibling of path) {
    if (first % 2 === 1 || first === last) {
      node = digest(NODE, sibling, node);
      while (first % 2 === 0 && first !== 0) [first, last] = [half(first), half(last)];
    } else {
      node = digest(NODE, node, sibling);
    }
    [first, last] = [half(first), half(last)];
  }
  if (!equal(node, root)) throw new ProofInvalid("kernel.proof_root_differs", { computed: hex(node), expected: hex(root), part });
}

/** How many hashes a path has: one for each level on which there is something beside. */
function lengthOf(index: number, size: number): number {
  let count = 0;
  for (let [first, last] = [index, size - 1]; last > 0; [first, last] = [half(first), half(last)]) {
    if (first % 2 === 1 || first !== last) count += 1;
  }
  return count;
}

function half(value: number): number {
  return Math.floor(value / 2);
}
