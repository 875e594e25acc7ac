"""RFC 6962 Merkle trees: the receipts of a block, the headers of the ledger, their proofs and the checkers.

Rules
- Leaf = H(0x00 ‖ data), node = H(0x01 ‖ left ‖ right), empty tree = H() (RFC 6962 section 2.1). Hashes are 32 bytes.
- Level by level, neighbours pair up and an odd last node rises unpaired: the same tree as the RFC's recursion, which
  splits at the largest power of two. So in a level whose last index is `last`, node i has a sibling exactly if
  i ^ 1 ≤ last. Provers and checkers below all walk by this one rule, which fixes the length of every proof.
- A checker trusts the root and the sizes that it is given and nothing else. It raises ProofInvalid and returns nothing.

    >>> leaves = [leaf_hash(receipt) for receipt in (b"a", b"b", b"c")]
    >>> check_inclusion(leaves[2], 2, 3, inclusion_proof(leaves, 2), tree_root(leaves))
    >>> log = Log(leaves)
    >>> check_consistency(2, 3, log.root(2), log.root(), log.consistency_proof(2))
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from typing import Final

from linlian.kernel.crypto import LOG_LEAF, LOG_NODE
from linlian.kernel.errors import ProofInvalid

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = sha256().digest()


def leaf_hash(data: bytes) -> bytes:
    """H(0x00 ‖ data)."""
    return sha256(LOG_LEAF + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """H(0x01 ‖ left ‖ right)."""
    return sha256(LOG_NODE + left + right).digest()


def tree_root(leaf_hashes: Sequence[bytes]) -> bytes:
    """The root over these leaf hashes, in order."""
    if not leaf_hashes:
        return EMPTY_ROOT
    level = leaf_hashes
    while len(level) > 1:
        level = _parents(level)
    return level[0]


def inclusion_proof(leaf_hashes: Sequence[bytes], index: int) -> list[bytes]:
    """The siblings from leaf `index` up to the root (RFC 9162 section 2.1.3.1). Raises IndexError."""
    if not 0 <= index < len(leaf_hashes):
        raise IndexError(f"leaf {index} of {len(leaf_hashes)}")
    level, proof = leaf_hashes, []
    while len(level) > 1:
        if index ^ 1 < len(level):
            proof.append(level[index ^ 1])
        level, index = _parents(level), index >> 1
    return proof


def frontier_root(frontier: Sequence[bytes]) -> bytes:
    """The root of a tree given the roots of its maximal complete subtrees, largest first (see `Log.frontier`)."""
    if not frontier:
        return EMPTY_ROOT
    root = frontier[-1]
    for left in reversed(frontier[:-1]):
        root = node_hash(left, root)
    return root


def check_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Check that the leaf with this hash stands at `index` in the tree of `size` leaves (RFC 9162 section 2.1.3.2)."""
    check_root(root_of_inclusion(leaf, index, size, proof), root)


def root_of_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes:
    """The only root under which the proof shows this leaf at `index` in a tree of `size` leaves."""
    if not 0 <= index < size:
        raise ProofInvalid("kernel.proof_index_beyond_size", index=index, size=size)
    sides = list(_sides(index, size - 1))
    _check_length(proof, len(sides))
    check_hash_sizes((leaf, *proof))
    computed = leaf
    for on_left, sibling in zip(sides, proof, strict=True):
        computed = node_hash(sibling, computed) if on_left else node_hash(computed, sibling)
    return computed


def check_consistency(size1: int, size2: int, root1: bytes, root2: bytes, proof: Sequence[bytes]) -> None:
    """Check that the tree of `size2` leaves begins with the tree of `size1` leaves (RFC 9162 section 2.1.4.2).

    An empty first tree is refused: every tree begins with it, so a proof would say nothing.
    """
    if not 0 < size1 <= size2:
        raise ProofInvalid("kernel.proof_sizes_disordered", size1=size1, size2=size2)
    if size1 == size2:
        _check_length(proof, 0)
        check_root(root1, root2)
        return
    level = _level_of_start(size1)
    index = (size1 - 1) >> level
    sides = list(_sides(index, (size2 - 1) >> level))
    _check_length(proof, len(sides) + (index > 0))
    # A first tree that is one complete subtree is itself the start, so the proof does not repeat its root.
    path = tuple(proof) if index else (root1, *proof)
    check_hash_sizes(path)
    old = new = path[0]
    for on_left, sibling in zip(sides, path[1:], strict=True):
        if on_left:
            old = node_hash(sibling, old)
            new = node_hash(sibling, new)
        else:
            new = node_hash(new, sibling)
    check_root(old, root1)
    check_root(new, root2)


def check_hash_sizes(hashes: Iterable[bytes]) -> None:
    """Check that every hash shown is 32 bytes, so that joined hashes can be split in one way only."""
    for item in hashes:
        if len(item) != HASH_BYTES:
            raise ProofInvalid("kernel.proof_hash_size", size_bytes=len(item))


def check_root(computed: bytes, expected: bytes) -> None:
    """Check that a proof leads to the root that is trusted."""
    if computed != expected:
        raise ProofInvalid("kernel.proof_root_differs", computed=computed, expected=expected)


class Log:
    """An append-only tree that holds the root of every complete subtree: about 64 bytes a leaf.

    Each proof and each root at an earlier size takes O(log size) hashes. `size` is always the tree's first leaves,
    all of them if it is left out. A log resumed from a snapshot holds nothing older than the snapshot's frontier and
    raises LookupError where it would be needed; every proof of a later leaf can be made. Asking beyond the log's
    size raises IndexError.
    """

    def __init__(self, leaf_hashes: Iterable[bytes] = ()) -> None:
        # Level k holds the roots of the complete subtrees of 2^k leaves, 32 bytes each, from number _first[k] on.
        self._levels: list[bytearray] = [bytearray()]
        self._first: list[int] = [0]
        self._resumed_at = 0
        for leaf in leaf_hashes:
            self.append(leaf)

    @classmethod
    def resume(cls, size: int, frontier: Sequence[bytes]) -> Log:
        """The log that goes on after `size` leaves, of which only the frontier is known. Raises ValueError."""
        if size < 0 or len(frontier) != size.bit_count() or any(len(root) != HASH_BYTES for root in frontier):
            raise ValueError(f"a frontier of {size} leaves is {max(size, 0).bit_count()} hashes")
        log = cls()
        roots = list(frontier)
        levels = range(size.bit_length())
        log._levels = [bytearray(roots.pop() if size >> level & 1 else b"") for level in levels] or [bytearray()]
        log._first = [(size >> level) - (size >> level & 1) for level in levels] or [0]
        log._resumed_at = size
        return log

    def __len__(self) -> int:
        return self._count(0)

    def append(self, leaf: bytes) -> None:
        """Append a leaf hash, and the root of each subtree that it completes. Raises ValueError."""
        if len(leaf) != HASH_BYTES:
            raise ValueError(f"a leaf hash is {HASH_BYTES} bytes, not {len(leaf)}")
        root, level = leaf, 0
        self._levels[0] += root
        while not self._count(level) & 1:
            root = sha256(LOG_NODE + self._levels[level][-2 * HASH_BYTES :]).digest()
            level += 1
            if level == len(self._levels):
                self._levels.append(bytearray())
                self._first.append(0)
            self._levels[level] += root

    def truncate(self, size: int) -> None:
        """Take the last appends back until `size` leaves are left."""
        if self._size(size) < self._resumed_at:
            raise LookupError(f"the log was resumed at {self._resumed_at} leaves and cannot go back to {size}")
        for level, hashes in enumerate(self._levels):
            del hashes[((size >> level) - self._first[level]) * HASH_BYTES :]

    def root(self, size: int | None = None) -> bytes:
        """The root of the first `size` leaves."""
        return frontier_root(self.frontier(size))

    def frontier(self, size: int | None = None) -> list[bytes]:
        """The roots of the maximal complete subtrees of the first `size` leaves, largest first.

        It is all that a snapshot needs: `frontier_root` gives the root, `Log.resume` goes on from it.
        """
        size = self._size(size)
        return self._edge(size, size.bit_length())

    def inclusion_proof(self, index: int, size: int | None = None) -> list[bytes]:
        """The proof that leaf `index` stands in the tree of `size` leaves (RFC 9162 section 2.1.3.1)."""
        size = self._size(size)
        if not 0 <= index < size:
            raise IndexError(f"leaf {index} of {size}")
        return self._siblings(0, index, size)

    def consistency_proof(self, size1: int, size2: int | None = None) -> list[bytes]:
        """The proof that the tree of `size2` leaves begins with that of `size1` > 0 (RFC 9162 section 2.1.4.1)."""
        size2 = self._size(size2)
        if not 0 < size1 <= size2:
            raise IndexError(f"from {size1} to {size2} leaves")
        if size1 == size2:
            return []
        level = _level_of_start(size1)
        index = (size1 - 1) >> level
        start = [self._node(level, index, size1)] if index else []
        return start + self._siblings(level, index, size2)

    def _siblings(self, level: int, index: int, size: int) -> list[bytes]:
        proof = []
        last = (size - 1) >> level
        while last:
            if index ^ 1 <= last:
                proof.append(self._node(level, index ^ 1, size))
            level, index, last = level + 1, index >> 1, last >> 1
        return proof

    def _node(self, level: int, index: int, size: int) -> bytes:
        """The root over leaves index·2^level and on, at most 2^level of them, in the tree of `size` leaves."""
        if (index + 1) << level > size:
            return frontier_root(self._edge(size, level))
        at = (index - self._first[level]) * HASH_BYTES
        if at < 0:
            raise LookupError(f"the log was resumed at {self._resumed_at} leaves and does not hold what is older")
        return bytes(self._levels[level][at : at + HASH_BYTES])

    def _edge(self, size: int, below: int) -> list[bytes]:
        """The roots of the maximal complete subtrees of fewer than 2^below leaves, largest first."""
        present = (level for level in reversed(range(below)) if size >> level & 1)
        return [self._node(level, (size >> level) - 1, size) for level in present]

    def _count(self, level: int) -> int:
        return self._first[level] + len(self._levels[level]) // HASH_BYTES

    def _size(self, size: int | None) -> int:
        if size is None:
            return len(self)
        if not 0 <= size <= len(self):
            raise IndexError(f"{size} leaves of {len(self)}")
        return size


def _parents(level: Sequence[bytes]) -> list[bytes]:
    pairs = zip(level[::2], level[1::2], strict=False)
    parents = [sha256(LOG_NODE + left + right).digest() for left, right in pairs]
    if len(level) & 1:
        parents.append(level[-1])
    return parents


def _sides(index: int, last: int) -> Iterator[bool]:
    """For each sibling on the way up from node `index` of a level that ends with `last`: does it stand on the left?"""
    while last:
        if index ^ 1 <= last:
            yield bool(index & 1)
        index, last = index >> 1, last >> 1


def _level_of_start(size: int) -> int:
    """The level at which a consistency proof starts: that of the smallest complete subtree ending at leaf `size`."""
    return (size & -size).bit_length() - 1


def _check_length(proof: Sequence[bytes], length: int) -> None:
    if len(proof) != length:
        raise ProofInvalid("kernel.proof_length", length=len(proof), expected=length)
