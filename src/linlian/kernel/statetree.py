"""The authenticated map: one root over all rows of the state, and proofs that a row is there or is not.

`stateproof` has the checkers, which need nothing of this.

Rules
- A row stands at path = H(0x06 ‖ u8 len(chain) ‖ chain ‖ u8 len(table) ‖ table ‖ key). A path is
  read as 128 digits of two bits, most significant first; each chooses one of four children.
- A subtree of at most 16 entries is a bucket, H(0x02 ‖ (path ‖ value hash)…) sorted by path; an empty one is H(0x04);
  any other is a node, H(0x03 ‖ child 0 ‖ child 1 ‖ child 2 ‖ child 3). So the shape depends on the set of paths alone.
- A value hash is H(0x05 ‖ 16 salt bytes ‖ value): a neighbour that a proof shows cannot be guessed.

    >>> tree = StateTree()
    >>> path = path_of("town-1f", b"\x0bplaces.unit" + b"12")
    >>> undo = tree.update([(path, value_hash(row))])
    >>> check_membership(tree.root(), path, value_hash(row), tree.prove(path))
    >>> tree.undo(undo)
    >>> check_absence(tree.root(), path, tree.prove(path))
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from itertools import pairwise
from struct import Struct
from typing import Final

from linlian.kernel.crypto import STATE_BUCKET, STATE_EMPTY, STATE_NODE
from linlian.kernel.merkle import HASH_BYTES
from linlian.kernel.stateproof import BUCKET_ENTRIES_MAX, DEPTH_MAX, PATH_BITS, StateProof, bucket_preimage

_ENTRY_BYTES: Final = 2 * HASH_BYTES
_BUCKET_BYTES_MAX: Final = 1 + BUCKET_ENTRIES_MAX * _ENTRY_BYTES
# A position is a 1 followed by the digits walked: the root is 1 and the children of p are 4p … 4p + 3.
_ROOT: Final = 1
_LEADING_ONE: Final = 1 << PATH_BITS
_NEW_NODE: Final = STATE_NODE + bytes(4 * HASH_BYTES)
# Stands for a child that is a node where only buckets can be joined: too large for that by itself.
_NO_BUCKET: Final = bytes(_BUCKET_BYTES_MAX + 4)
_pack_hash: Final = Struct(f"{HASH_BYTES}s").pack_into
_unpack_entries: Final = [Struct(f"{_ENTRY_BYTES}s" * n).unpack_from for n in range(BUCKET_ENTRIES_MAX + 2)]


@dataclass(frozen=True, slots=True)
class Undo:
    """What one update replaced: bucket and node preimages by position, None where there was none."""

    buckets: dict[int, bytes | None]
    nodes: dict[int, bytes | None]
    size_before: int
    root_after: bytes


class StateTree:
    """The tree in memory: about 100 bytes an entry. Hashes are kept current by `update`, so `root` costs nothing.

    It is two dictionaries by position. A bucket (also an empty one) is held as the bytes that are hashed, so changing
    an entry is a splice and hashing is one call; a node likewise, as a bytearray into which children's hashes are
    patched. Exactly one prefix of every path is the position of a bucket, so a lookup tries the likeliest depths
    first instead of walking down. Every bucket has a parent: position 0, which is no node of the tree, stands above
    the root and keeps its hash, so the root needs no case of its own.
    """

    def __init__(self) -> None:
        self._buckets: dict[int, bytes] = {_ROOT: STATE_EMPTY}
        self._nodes: dict[int, bytearray] = {_ROOT >> 2: bytearray(_NEW_NODE)}
        self._size = 0
        self._hash_into_parent(_ROOT, STATE_EMPTY)

    def __len__(self) -> int:
        return self._size

    def root(self) -> bytes:
        """The hash over everything, 32 bytes."""
        return _child_hash(self._nodes[_ROOT >> 2], _ROOT & 3)

    def update(self, changes: Iterable[tuple[bytes, bytes | None]]) -> Undo:
        """Set each path to its value hash, or remove it (None), and hash again what that touches.

        Each path stands in `changes` at most once; removing what is not there does nothing. Raises ValueError if a
        path or a value hash is not 32 bytes; the tree is of no use then.
        """
        batch = _Update(self._buckets, self._nodes, self._size)
        batch.set_entries(changes)
        batch.hash_nodes()
        size_before, self._size = self._size, batch.size
        return Undo(batch.buckets_before, batch.nodes_before, size_before, self.root())

    def undo(self, record: Undo) -> None:
        """Take the last update back exactly. Raises ValueError if the record is not of the last update."""
        if record.root_after != self.root():
            raise ValueError("updates are taken back newest first")
        for position, bucket in record.buckets.items():
            if bucket is None:
                self._buckets.pop(position, None)
            else:
                self._buckets[position] = bucket
        for position, node in record.nodes.items():
            if node is None:
                self._nodes.pop(position, None)
            else:
                self._nodes[position] = bytearray(node)
        self._size = record.size_before

    def build(self, items: Iterable[tuple[bytes, bytes]]) -> None:
        """Fill an empty tree from (path, value hash), strictly ascending by path. Raises ValueError."""
        if self._size:
            raise ValueError("only an empty tree can be built")
        entries = _joined(items)
        self._size = len(entries) // _ENTRY_BYTES
        self._buckets.clear()
        built: list[int] = []
        waiting = [(_ROOT, 0, self._size)]
        while waiting:
            position, start, end = waiting.pop()
            if end - start > BUCKET_ENTRIES_MAX:
                self._nodes[position] = bytearray(_NEW_NODE)
                built.append(position)
                cuts = [start, *_cuts(entries, position, start, end), end]
                waiting += ((position << 2 | digit, cuts[digit], cuts[digit + 1]) for digit in range(4))
                continue
            bucket = bucket_preimage(entries[start * _ENTRY_BYTES : end * _ENTRY_BYTES])
            self._buckets[position] = bucket
            self._hash_into_parent(position, bucket)
        # A node is listed before the nodes below it, so backwards every node finds its children hashed.
        for position in reversed(built):
            self._hash_into_parent(position, self._nodes[position])

    def prove(self, path: bytes, later: Sequence[Undo] = ()) -> StateProof:
        """The proof of what stands at `path`.

        Given the records of all updates after an earlier state, oldest first, it is the proof in that state.
        Raises ValueError.
        """
        buckets, nodes = [undo.buckets for undo in later], [undo.nodes for undo in later]
        head, shift = int.from_bytes(path, "big") | _LEADING_ONE, PATH_BITS
        siblings: list[tuple[bytes, bytes, bytes]] = []
        while (bucket := _as_of(buckets, self._buckets, head >> shift)) is None:
            node = _as_of(nodes, self._nodes, head >> shift)
            if node is None:
                raise ValueError("the records are not those of the last updates")
            shift -= 2
            first, second, third = (_child_hash(node, digit) for digit in range(4) if digit != head >> shift & 3)
            siblings.append((first, second, third))
        entries = _unpack_entries[len(bucket) // _ENTRY_BYTES](bucket, 1)
        return StateProof(tuple(siblings), tuple((entry[:HASH_BYTES], entry[HASH_BYTES:]) for entry in entries))

    def _hash_into_parent(self, position: int, preimage: bytes | bytearray) -> None:
        _pack_hash(self._nodes[position >> 2], 1 + HASH_BYTES * (position & 3), sha256(preimage).digest())


class _Update:
    """One batch of changes: buckets first, each hashed as it changes, then the nodes above them from the bottom up.

    `shift` is the number of path bits below a position: 256 at the root, 0 at the greatest depth.
    """

    def __init__(self, buckets: dict[int, bytes], nodes: dict[int, bytearray], size: int) -> None:
        self.buckets_before: dict[int, bytes | None] = {}
        self.nodes_before: dict[int, bytes | None] = {}
        self.size = size
        self._buckets = buckets
        self._nodes = nodes
        # The nodes to hash again: number shift / 2 holds the parents of changed positions of that shift. A node that
        # is there at all stands here exactly if it stands in `nodes_before`.
        self._dirty: list[dict[int, bytearray]] = [{} for _ in range(DEPTH_MAX + 1)]

    def set_entries(self, changes: Iterable[tuple[bytes, bytes | None]]) -> None:
        """The ledger's innermost loop: a new value for a known path, the commonest change, is spliced in place."""
        buckets, buckets_before, dirty = self._buckets, self.buckets_before, self._dirty
        nodes, nodes_before = self._nodes, self.nodes_before
        to_int, join, position, shift = int.from_bytes, b"".join, _ROOT, PATH_BITS
        # Paths are evenly spread, so most buckets lie about where 16 · 4^depth reaches the number of entries.
        shifts = _shifts_near((self.size // BUCKET_ENTRIES_MAX).bit_length() + 1 >> 1)
        for path, digest in changes:
            head = to_int(path, "big") | _LEADING_ONE
            for shift in shifts:
                position = head >> shift
                if position in buckets:
                    break
            bucket = buckets[position]
            if position not in buckets_before:
                buckets_before[position] = bucket
            at = bucket.find(path)
            if at & 63 == 1 and digest is not None and len(digest) == HASH_BYTES:
                bucket = join((bucket[: at + 32], digest, bucket[at + 64 :]))
            else:
                position, shift, bucket = self._reshape(path, digest, position, shift)
            buckets[position] = bucket
            parent = position >> 2
            level = dirty[shift >> 1]
            node = level.get(parent)
            if node is None:
                node = level[parent] = nodes[parent]
                nodes_before[parent] = bytes(node)
            _pack_hash(node, 1 + 32 * (position & 3), sha256(bucket).digest())

    def hash_nodes(self) -> None:
        """Hash every node above a change once, after its children."""
        nodes, before = self._nodes, self.nodes_before
        for level, above in pairwise(self._dirty):
            for position, node in level.items():
                parent = position >> 2
                holder = above.get(parent)
                if holder is None:
                    holder = above[parent] = nodes[parent]
                    before[parent] = bytes(holder)
                _pack_hash(holder, 1 + 32 * (position & 3), sha256(node).digest())

    def _reshape(self, path: bytes, digest: bytes | None, position: int, shift: int) -> tuple[int, int, bytes]:
        """Insert or remove an entry: the position, shift and content of the bucket in which its path then belongs."""
        bucket = self._buckets[position]
        changed = _with_entry(bucket, path, digest)
        self.size += (len(changed) - len(bucket)) // _ENTRY_BYTES
        if len(changed) > _BUCKET_BYTES_MAX:
            return self._split(path, position, shift, changed)
        if len(changed) < len(bucket):
            return self._merge(position, shift, changed)
        return position, shift, changed

    def _split(self, path: bytes, position: int, shift: int, bucket: bytes) -> tuple[int, int, bytes]:
        """Turn a bucket of one entry too many into nodes; only the child that takes `path` can be too full again."""
        while len(bucket) > _BUCKET_BYTES_MAX:
            self._buckets.pop(position, None)
            self.nodes_before.setdefault(position, None)
            node = self._nodes[position] = bytearray(_NEW_NODE)
            entries = _unpack_entries[len(bucket) // _ENTRY_BYTES](bucket, 1)
            cuts = [0, *(bisect_left(entries, first) for first in _first_paths(position)), len(entries)]
            shift -= 2
            self._dirty[shift >> 1][position] = node
            for digit in range(4):
                part = bucket_preimage(b"".join(entries[cuts[digit] : cuts[digit + 1]]))
                self.buckets_before.setdefault(position << 2 | digit, None)
                self._buckets[position << 2 | digit] = part
                _pack_hash(node, 1 + 32 * digit, sha256(part).digest())
            position = (int.from_bytes(path, "big") | _LEADING_ONE) >> shift
            bucket = self._buckets[position]
        return position, shift, bucket

    def _merge(self, position: int, shift: int, bucket: bytes) -> tuple[int, int, bytes]:
        """Join a bucket with its siblings as long as all of them are buckets and fit into one."""
        buckets = self._buckets
        while position != _ROOT:
            parent = position >> 2
            children = range(parent << 2, (parent << 2) + 4)
            parts = [bucket if child == position else buckets.get(child, _NO_BUCKET) for child in children]
            if sum(map(len, parts)) > _BUCKET_BYTES_MAX + 3:
                break
            joined = bucket_preimage(b"".join(part[1:] for part in parts))
            for child in children:
                self.buckets_before.setdefault(child, buckets.pop(child, None))
            self.buckets_before.setdefault(parent, None)
            self.nodes_before.setdefault(parent, bytes(self._nodes.pop(parent)))
            self._dirty[shift >> 1].pop(parent, None)
            position, shift, bucket = parent, shift + 2, joined
        return position, shift, bucket


@lru_cache(maxsize=DEPTH_MAX)
def _shifts_near(depth: int) -> tuple[int, ...]:
    """All shifts, those nearest to a depth first and of two equally near the deeper."""
    nearest = sorted(range(DEPTH_MAX + 1), key=lambda other: (abs(other - depth), -other))
    return tuple(PATH_BITS - 2 * other for other in nearest)


def _with_entry(bucket: bytes, path: bytes, digest: bytes | None) -> bytes:
    """The bucket with this entry set, or removed if the digest is None. Raises ValueError."""
    if len(path) != HASH_BYTES or (digest is not None and len(digest) != HASH_BYTES):
        raise ValueError("a path and a value hash are 32 bytes each")
    entries = _unpack_entries[len(bucket) // _ENTRY_BYTES](bucket, 1)
    at = bisect_left(entries, path)
    start = end = 1 + _ENTRY_BYTES * at
    if at < len(entries) and entries[at].startswith(path):
        end += _ENTRY_BYTES
    if digest is None:
        return bucket_preimage(bucket[1:start] + bucket[end:])
    return b"".join((STATE_BUCKET, bucket[1:start], path, digest, bucket[end:]))


def _first_paths(position: int) -> list[bytes]:
    """The smallest paths below children 1, 2 and 3 of a node: where to cut its sorted entries."""
    shift = PATH_BITS - position.bit_length() - 1
    firsts = ((position << 2 | digit) << shift ^ _LEADING_ONE for digit in (1, 2, 3))
    return [first.to_bytes(HASH_BYTES, "big") for first in firsts]


def _cuts(entries: bytes, position: int, start: int, end: int) -> list[int]:
    """Where the entries of children 1, 2 and 3 of a node begin, given that its own are numbers start … end - 1."""
    numbers = range(len(entries) // _ENTRY_BYTES)
    return [
        bisect_left(numbers, first, start, end, key=lambda number: entries[number * 64 : number * 64 + 32])
        for first in _first_paths(position)
    ]


def _joined(items: Iterable[tuple[bytes, bytes]]) -> bytes:
    """All entries in one piece. Raises ValueError unless paths ascend strictly and every hash is 32 bytes."""
    entries = bytearray()
    previous = b""
    for path, digest in items:
        if path <= previous or len(path) != HASH_BYTES or len(digest) != HASH_BYTES:
            raise ValueError("entries are a path and a value hash of 32 bytes each, strictly ascending by path")
        entries += path + digest
        previous = path
    return bytes(entries)


def _child_hash(node: bytes | bytearray, digit: int) -> bytes:
    start = 1 + HASH_BYTES * digit
    return bytes(node[start : start + HASH_BYTES])


def _as_of(
    later: Sequence[Mapping[int, bytes | None]], now: Mapping[int, bytes | bytearray], position: int
) -> bytes | None:
    """What stood at a position before the later updates: what the first of them to touch it replaced."""
    for before in later:
        if position in before:
            return before[position]
    found = now.get(position)
    return None if found is None else bytes(found)
