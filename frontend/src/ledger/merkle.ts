// The log of RFC 6962 and its proofs (RFC 9162 section 2.1.3): receipts of a block, headers of a ledger.

import { type Bytes, digest, equal, hash, hex } from "./bytes.ts";
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
  checkRoot(part, rootOfInclusion(part, leaf, index, size, path), root);
}

export function checkRoot(part: Part, computed: Uint8Array, root: Uint8Array): void {
  if (!equal(computed, root)) throw new ProofInvalid("kernel.proof_root_differs", { computed: hex(computed), expected: hex(root), part });
}

/** The root over these leaf hashes. */
export function treeRoot(leaves: readonly Bytes[]): Bytes {
  if (leaves.length === 0) return hash();
  if (leaves.length === 1) return leaves[0] as Bytes;
  let left = 1;
  while (left * 2 < leaves.length) left *= 2;
  return digest(NODE, treeRoot(leaves.slice(0, left)), treeRoot(leaves.slice(left)));
}

/** The only root under which the path shows this leaf there. */
export function rootOfInclusion(part: Part, leaf: Uint8Array, index: number, size: number, path: Uint8Array[]): Uint8Array {
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
  return node;
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
