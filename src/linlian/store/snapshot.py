"""The state at one height as a folder of small files, each of which can be checked as it arrives.

    manifest      genesis, the last header, the log's frontier, which blocks and pieces there are
    block-<h>     a block of the last two minutes, for the replay guard, or the one before them: header, runs, and of
                  each item what its leaf commits to
    piece-<n>     rows in path order below one prefix of the state's tree, and the sibling hashes above that prefix

Rules
- It is for keepers of the ledger: it holds every row, that of the ledger's entropy too.
- A reader trusts one header, which he has from elsewhere, and nothing in the folder.
- A piece is right if its own subtree, computed from its rows, and the siblings lead to that header's state root. It
  stands alone: pieces may come from different helpers, in any order, and a wrong one names itself.
- The prefixes of all pieces, in order, cover every path once.
- The frontier is checked by the log root in the first of the blocks; from there on each header commits to the ones
  before it, up to the trusted one.
- The first of the blocks is older than two minutes, or block 0: so nobody can leave out one that the guard needs.

    >>> write_snapshot(state, store, folder)
    >>> state = read_snapshot(folder, header)
"""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeVar

from linlian.kernel import codec, merkle
from linlian.kernel.block import Block, Header, Outcome, entry_digests, receipt_leaf, run_id
from linlian.kernel.codec import Count, Fields, Hash, Meta, Row
from linlian.kernel.errors import EncodingInvalid, Fact, LedgerDamaged, ProofInvalid, Rejected
from linlian.kernel.genesis import chain_id, open_genesis
from linlian.kernel.limits import VALIDITY_MS_MAX
from linlian.kernel.merkle import Log
from linlian.kernel.state import State
from linlian.kernel.stateproof import (
    BUCKET_ENTRIES_MAX,
    PATH_BITS,
    StateProof,
    check_absence,
    check_membership,
    paths_of,
    value_hash,
)
from linlian.kernel.statetree import StateTree
from linlian.kernel.transaction import open_transaction
from linlian.store.blocks import BODY_BYTES_MAX, compress, decompress
from linlian.store.protocol import Progress, Store, StoreError
from linlian.store.recovery import no_collection

PIECE_ROWS_MAX: Final = 4096

T = TypeVar("T")

Siblings = tuple[tuple[Hash, Hash, Hash], ...]
Prefix = Annotated[str, Meta(max_length=128, pattern=r"\A[0-3]*\Z")]
"""The digits, of two bits each, with which the paths of a piece begin."""


class Manifest(Fields):
    """`blocks_from` is the first of the blocks that come along; `frontier` is the log's before that block."""

    format: Literal["linlian/snapshot/1"]
    genesis: Annotated[bytes, Meta(max_length=1 << 24)]
    header: Annotated[bytes, Meta(max_length=1024)]
    blocks_from: Count
    frontier: Annotated[tuple[Hash, ...], Meta(max_length=64)] = ()
    pieces: Annotated[tuple[Prefix, ...], Meta(max_length=1 << 24)] = ()


class RecentItem(Row):
    """What a receipt's leaf is made of."""

    item: Annotated[bytes, Meta(max_length=1 << 16)]
    outcome: Outcome
    digests: Annotated[tuple[Hash, ...], Meta(max_length=1024)]


class RecentBlock(Fields):
    """A block as far as its header vouches for it; the first `runs` items are runs."""

    header: Annotated[bytes, Meta(max_length=1024)]
    runs: Count = 0
    items: Annotated[tuple[RecentItem, ...], Meta(max_length=4096)] = ()


class Piece(Fields):
    """`siblings` stand above the prefix, from the root down; `rows` is key, row, key, row, … in path order."""

    prefix: Prefix = ""
    siblings: Annotated[Siblings, Meta(max_length=128)] = ()
    rows: Annotated[tuple[bytes, ...], Meta(max_length=1 << 16)] = ()


def write_snapshot(state: State, store: Store, folder: Path, progress: Progress | None = None) -> None:
    """Write the snapshot of a state that stands still (one loaded for the purpose, beside a node at work).

    Raises StoreError: `store.target_exists`, `store.failed`, or `store.begins_later` for a ledger that itself began at
    a snapshot so shortly before that it lacks blocks which newcomers need.
    """
    partial = folder.with_name(folder.name + ".partial")
    try:
        if folder.exists():
            raise FileExistsError
        blocks = _recent_blocks(state, store, folder)
        partial.mkdir()
        _write_all(state, store, partial, blocks, progress)
        partial.rename(folder)
    except FileExistsError as error:
        raise StoreError("store.target_exists", path=str(error.filename or folder)) from error
    except OSError as error:
        raise StoreError("store.failed", path=str(folder), reason=os.strerror(error.errno or 0)) from error


def _recent_blocks(state: State, store: Store, folder: Path) -> range:
    """The heights of the blocks that the guard holds, and of the one before them; all of them are in the store."""
    header = state.header
    assert header is not None, "a ledger has block 0"
    first, oldest = header.height, header
    while first > 0 and oldest.time + VALIDITY_MS_MAX >= header.time:
        first -= 1
        before = store.header(first)
        if before is None:
            break
        oldest = before
    if store.block(first) is None:
        raise StoreError("store.begins_later", height=first)
    return range(first, header.height + 1)


def _write_all(state: State, store: Store, folder: Path, blocks: range, progress: Progress | None) -> None:
    header, document = state.header, store.genesis()
    assert header is not None, "a ledger has block 0"
    assert document is not None, "a ledger has a genesis"
    for height in blocks:
        block = store.block(height)
        assert block is not None, "the store holds every block from its first on"
        _write(folder / f"block-{height}", _recent_block(block))
    order = sorted(zip(paths_of(state.chain, state.rows), state.rows, strict=True))
    paths = [path for path, _ in order]
    prefixes: list[str] = []
    for prefix, start, end in _pieces(paths):
        rows = [part for _, key in order[start:end] for part in (key, state.rows[key])]
        siblings = state.tree.prove(_first_path(prefix)).siblings[: len(prefix)]
        piece = Piece(prefix=prefix, siblings=siblings, rows=tuple(rows))
        _write(folder / f"piece-{len(prefixes)}", codec.as_plain(piece))
        prefixes.append(prefix)
        if progress is not None:
            progress(end, len(paths))
    manifest = Manifest(
        format="linlian/snapshot/1",
        genesis=document,
        header=codec.encode(header),
        blocks_from=blocks.start,
        frontier=tuple(state.log.frontier(blocks.start)),
        pieces=tuple(prefixes),
    )
    _write(folder / "manifest", codec.as_plain(manifest))


def _pieces(paths: Sequence[bytes]) -> Iterator[tuple[str, int, int]]:
    """(prefix, start, end) of subtrees of at most `PIECE_ROWS_MAX` rows that cover all, in path order."""
    waiting = [("", 0, len(paths))]
    while waiting:
        prefix, start, end = waiting.pop()
        if end - start <= PIECE_ROWS_MAX:
            yield prefix, start, end
            continue
        cuts = [bisect_left(paths, _first_path(f"{prefix}{digit}"), start, end) for digit in "0123"] + [end]
        waiting += [(f"{prefix}{digit}", cuts[digit], cuts[digit + 1]) for digit in (3, 2, 1, 0)]


def _first_path(prefix: str) -> bytes:
    """The lowest path below a prefix."""
    return _bounds(prefix)[0].to_bytes(merkle.HASH_BYTES, "big")


def _bounds(prefix: str) -> tuple[int, int]:
    """The paths below a prefix, as integers, from … up to but not including."""
    width = PATH_BITS - 2 * len(prefix)
    first = int(prefix or "0", base=4) << width
    return first, first + (1 << width)


def _write(path: Path, plain: object) -> None:
    with path.open("xb") as file:
        file.write(compress(codec.encode_plain(plain)))
        file.flush()
        os.fsync(file.fileno())


def read_snapshot(folder: Path, header: Header, progress: Progress | None = None) -> State:
    """The state at a header that the caller trusts. Raises LedgerDamaged: `part` names the file that is wrong."""
    manifest = _read_manifest(folder, header)
    state = State(header.chain, open_genesis(manifest.genesis).work)
    with no_collection():
        try:
            state.load(_rows(folder, manifest, header, progress))
        except (EncodingInvalid, TypeError, LookupError, ValueError) as error:
            raise _damaged("manifest", "store.pieces_disordered") from error
        _fill_log(state, folder, manifest, header)
    state.header = header
    return state


def open_manifest(data: bytes) -> tuple[Manifest, Header]:
    """A manifest and the header that it claims, neither of them checked. Raises LedgerDamaged."""
    manifest = _open(Manifest, data, "manifest")
    try:
        header = codec.decode(Header, manifest.header)
    except EncodingInvalid as error:
        raise _damaged("manifest", error.code) from error
    if manifest.blocks_from > header.height:
        raise _damaged("manifest", "store.frontier_malformed")
    return manifest, header


def count_names(manifest: Manifest, header: Header) -> int:
    """How many files there must be, without naming each: whoever writes a manifest chooses its numbers."""
    return 1 + header.height + 1 - manifest.blocks_from + len(manifest.pieces)


def names_of(manifest: Manifest, header: Header) -> list[str]:
    """The snapshot's files in the order in which each can be checked by those before it."""
    blocks = range(manifest.blocks_from, header.height + 1)
    pieces = range(len(manifest.pieces))
    return ["manifest", *(f"block-{height}" for height in blocks), *(f"piece-{number}" for number in pieces)]


def read_log_root(folder: Path) -> tuple[Header, bytes]:
    """The header that manifest and blocks lead to, and the log's root over 0…h. Raises LedgerDamaged.

    With these two whoever trusts an app hash knows whether to trust the header, before any row is there.
    """
    _, header = open_manifest(_read(folder, "manifest"))
    manifest = _read_manifest(folder, header)
    state = State(header.chain, open_genesis(manifest.genesis).work)
    _fill_log(state, folder, manifest, header)
    return header, state.log.root()


def check_recent(data: bytes, name: str) -> None:
    """Raise LedgerDamaged unless a block's file agrees with itself. Whether it is the right one, the log root tells."""
    _check_recent(_open(RecentBlock, data, name), name)


def read_piece(data: bytes, name: str, prefix: str, header: Header) -> list[tuple[bytes, bytes, bytes]]:
    """(path, key, row) in path order of one piece, checked against the state root. Raises LedgerDamaged."""
    piece = _open(Piece, data, name)
    keys, rows = piece.rows[::2], piece.rows[1::2]
    paths = paths_of(header.chain, keys)
    entries = [(path, value_hash(row)) for path, row in zip(paths, rows, strict=False)]
    low, high = _bounds(prefix)
    if piece.prefix != prefix or len(piece.siblings) != len(prefix) or len(keys) != len(rows):
        raise _damaged(name, "store.piece_malformed")
    if any(not low <= int.from_bytes(path, "big") < high for path in paths):
        raise _damaged(name, "store.piece_malformed")
    try:
        _check_subtree(entries, prefix, piece.siblings, header.state_root)
    except (ProofInvalid, ValueError) as error:
        raise _damaged(name, "store.piece_differs") from error
    return list(zip(paths, keys, rows, strict=True))


def _check_subtree(
    entries: list[tuple[bytes, bytes]], prefix: str, above: tuple[tuple[bytes, bytes, bytes], ...], root: bytes
) -> None:
    """Prove one entry (or that there is none) by siblings computed from all the others, and those given above them.

    Raises ProofInvalid, or ValueError if the entries do not ascend.
    """
    if not entries:
        check_absence(root, _first_path(prefix), StateProof(above, ()))
        return
    path, digest = entries[0]
    subtree = StateTree()
    subtree.build(entries)
    proof = subtree.prove(path)
    # A subtree that is a bucket hangs at the prefix itself; one of nodes was built from the root down to it.
    below = proof.siblings[len(prefix) :] if len(entries) > BUCKET_ENTRIES_MAX else ()
    check_membership(root, path, digest, StateProof(above + below, proof.bucket))


def _read_manifest(folder: Path, header: Header) -> Manifest:
    manifest = _open(Manifest, _read(folder, "manifest"), "manifest")
    if manifest.header != codec.encode(header):
        raise _damaged("manifest", "store.other_header")
    try:
        if chain_id(manifest.genesis) != header.chain:
            raise _damaged("manifest", "store.genesis_differs")
    except EncodingInvalid as error:
        raise _damaged("manifest", error.code) from error
    if manifest.blocks_from > header.height:
        raise _damaged("manifest", "store.frontier_malformed")
    covered = 0
    for prefix in manifest.pieces:
        low, high = _bounds(prefix)
        if low != covered:
            raise _damaged("manifest", "store.pieces_disordered")
        covered = high
    if covered != 1 << PATH_BITS:
        raise _damaged("manifest", "store.pieces_disordered")
    return manifest


def _rows(
    folder: Path, manifest: Manifest, header: Header, progress: Progress | None
) -> Iterator[tuple[bytes, bytes, bytes]]:
    for number, prefix in enumerate(manifest.pieces):
        name = f"piece-{number}"
        yield from read_piece(_read(folder, name), name, prefix, header)
        if progress is not None:
            progress(number + 1, len(manifest.pieces))


def _fill_log(state: State, folder: Path, manifest: Manifest, trusted: Header) -> None:
    """Fill log and replay guard from the frontier and the blocks, up to the trusted header."""
    try:
        state.log = Log.resume(manifest.blocks_from, manifest.frontier)
    except ValueError as error:
        raise _damaged("manifest", "store.frontier_malformed") from error
    before = "manifest"
    for height in range(manifest.blocks_from, trusted.height + 1):
        name = f"block-{height}"
        block = _open(RecentBlock, _read(folder, name), name)
        header, ids = _check_recent(block, name)
        if (header.chain, header.height) != (trusted.chain, height):
            raise _damaged(name, "store.other_header")
        if header.log_root != state.log.root():
            raise _damaged(before, "store.header_not_committed", next=name)
        if height == trusted.height and header != trusted:
            raise _damaged(name, "store.other_header")
        if height == manifest.blocks_from > 0 and header.time + VALIDITY_MS_MAX >= trusted.time:
            raise _damaged("manifest", "store.guard_cut_short")
        state.guard.add(header.time, ids)
        state.log.append(header.leaf())
        before = name


def _recent_block(block: Block) -> dict[str, Any]:
    digests = [entry_digests(block.header.height, at, receipt.entries) for at, receipt in enumerate(block.receipts)]
    items = [
        RecentItem(item, receipt.outcome, tuple(digests_of))
        for item, receipt, digests_of in zip(block.items, block.receipts, digests, strict=True)
    ]
    return codec.as_plain(RecentBlock(header=codec.encode(block.header), runs=block.runs, items=tuple(items)))


def _check_recent(block: RecentBlock, name: str) -> tuple[Header, list[bytes]]:
    """The header, and the ids of the transactions, which with the rest lead to the header's receipts root."""
    try:
        header = codec.decode(Header, block.header)
        items = enumerate(block.items)
        ids = [
            run_id(header.chain, header.height, at, each.item)
            if at < block.runs
            else open_transaction(each.item, header.chain).id
            for at, each in items
        ]
    except (EncodingInvalid, Rejected) as error:
        raise _damaged(name, error.code) from error
    leaves = [
        receipt_leaf(identifier, each.item, each.outcome, list(each.digests))
        for identifier, each in zip(ids, block.items, strict=True)
    ]
    if merkle.tree_root(leaves) != header.receipts_root:
        raise _damaged(name, "store.receipts_root_differs")
    return header, ids[block.runs :]


def _read(folder: Path, name: str) -> bytes:
    try:
        return (folder / name).read_bytes()
    except FileNotFoundError as error:
        raise _damaged(name, "store.piece_missing") from error
    except OSError as error:
        raise StoreError("store.failed", path=str(folder / name), reason=os.strerror(error.errno or 0)) from error


def _open(kind: type[T], data: bytes, name: str) -> T:
    try:
        return codec.decode(kind, decompress(data, BODY_BYTES_MAX))
    except EncodingInvalid as error:
        raise _damaged(name, error.code) from error


def _damaged(name: str, code: str, **facts: Fact) -> LedgerDamaged:
    return LedgerDamaged(code, part=name, **facts)
