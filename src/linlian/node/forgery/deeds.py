"""What a dishonest administrator does to the file of a ledger. Only ever to a copy.

    target = find_target(store, case)
    touched = DEEDS[Deed.DELETE](db, target)       # the lowest height that it has changed

Rules
- Each is real: rows of the file are rewritten with the store's own means, its checksums computed anew, so that nothing
  is found by accident. What is not computed anew are the hashes that later blocks and receipts hold.
- The subject is one repair that was done, disputed, and done again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import NamedTuple

from linlian.community.repairs.rules import cases
from linlian.kernel import codec
from linlian.kernel.block import Block
from linlian.kernel.contract import SALT_BYTES, replace
from linlian.kernel.errors import LinlianError
from linlian.kernel.stateproof import path_of
from linlian.store.blocks import StoredBlock, compress, decode_header, read_block
from linlian.store.chunks import chunk_of, encode_chunk, read_chunk
from linlian.store.sqlite import SqliteStore

KINDS = ("repairs.repair_disputed", "repairs.repair_finished")
"""The events of the two transactions that it is about."""
TWO_DAYS_MS = 2 * 86_400_000


class Deed(StrEnum):
    """What is done: to the dispute, to the completion, to blocks, to the end, to the state."""

    DELETE = "delete"
    BACKDATE = "backdate"
    REMOVE = "remove"
    SWAP = "swap"
    CUT = "cut"
    STATE = "state"


class ForgeryError(LinlianError):
    """There is nothing to forge here, or it cannot be done."""


class Place(NamedTuple):
    """Where a transaction stands."""

    height: int
    receipt: int


class Target(NamedTuple):
    """A repair, with its last dispute and its last completion."""

    case: bytes
    dispute: Place
    done: Place


def find_target(store: SqliteStore, case: bytes) -> Target:
    """Raises ForgeryError (`forgery.nothing_disputed`)."""
    found: dict[str, Place] = {}
    for _, height, receipt, event in store.positions(case):
        block = store.block(height)
        assert block is not None, "the index points into committed blocks"
        kind = codec.decode_plain(block.receipts[receipt].entries[event])[1]
        if kind in KINDS:
            found[kind] = Place(height, receipt)
    if len(found) < len(KINDS):
        raise ForgeryError("forgery.nothing_disputed", case=case)
    dispute, done = (found[kind] for kind in KINDS)
    return Target(case, dispute, done)


def _delete(db: sqlite3.Connection, target: Target) -> int:
    """Take the dispute out of its block, with its receipt and its id."""
    height, at = target.dispute
    stored = _block(db, height)
    block = stored.decode()
    ids = [*([b""] * block.runs), *stored.transaction_ids()]
    for parts in (block.items, block.receipts, ids):
        del parts[at]
    _put(db, StoredBlock.of(block, ids, stored.first_item, stored.chunks_written))
    return height


def _backdate(db: sqlite3.Connection, target: Target) -> int:
    """Let the block in which the work was done be two days older."""
    height, _ = target.done
    stored = _block(db, height)
    header = decode_header(height, stored.header)
    _put(db, stored._replace(header=codec.encode(replace(header, time=header.time - TWO_DAYS_MS))))
    return height


def _remove(db: sqlite3.Connection, target: Target) -> int:
    """Throw the whole block of the dispute away."""
    height, _ = target.dispute
    for table in ("header", "block"):
        db.execute(f"DELETE FROM {table} WHERE height = ?", (height,))
    return height


def _swap(db: sqlite3.Connection, target: Target) -> int:
    """Let the block of the dispute and the one after it change places, each with the number of its new place."""
    height, _ = target.dispute
    one, other = _block(db, height), _block(db, height + 1)
    header, next_header = decode_header(height, one.header), decode_header(height + 1, other.header)
    first = other._replace(
        height=height,
        first_item=one.first_item,
        chunks_written=one.chunks_written,
        header=codec.encode(replace(next_header, height=height)),
    )
    second = one._replace(
        height=height + 1,
        first_item=one.first_item + next_header.count,
        chunks_written=other.chunks_written,
        header=codec.encode(replace(header, height=height + 1)),
    )
    _put(db, first)
    _put(db, second)
    return height


def _cut(db: sqlite3.Connection, target: Target) -> int:
    """Let the ledger end before the dispute."""
    height, _ = target.dispute
    for table in ("header", "block"):
        db.execute(f"DELETE FROM {table} WHERE height >= ?", (height,))
    return height


def _state(db: sqlite3.Connection, target: Target) -> int:
    """Let the state say that the repair was never disputed; the blocks stay as they are."""
    key = cases.key(target.case)
    (chain, height) = db.execute("SELECT chain, (SELECT max(height) FROM header) FROM genesis").fetchone()
    number = chunk_of(path_of(chain, key))
    rows = read_chunk(db, number)
    row = rows.get(key) or _written(db, key, height)
    case = cases.decode(row[SALT_BYTES:])
    rows[key] = row[:SALT_BYTES] + codec.encode(replace(case, disputes=0))
    db.execute("INSERT OR REPLACE INTO state VALUES (?, ?)", (number, compress(encode_chunk(rows))))
    return int(height)


DEEDS: Mapping[Deed, Callable[[sqlite3.Connection, Target], int]] = {
    Deed.DELETE: _delete,
    Deed.BACKDATE: _backdate,
    Deed.REMOVE: _remove,
    Deed.SWAP: _swap,
    Deed.CUT: _cut,
    Deed.STATE: _state,
}
"""Each changes the file and returns the lowest height that it has touched."""


def _block(db: sqlite3.Connection, height: int) -> StoredBlock:
    stored = read_block(db, height)
    if stored is None:
        raise ForgeryError("forgery.nothing_after", height=height)
    return stored


def _put(db: sqlite3.Connection, stored: StoredBlock) -> None:
    """Both rows anew, with the checksum that they should have."""
    row = stored._replace(checksum=stored.compute_checksum())
    for table in ("header", "block"):
        db.execute(f"DELETE FROM {table} WHERE height = ?", (row.height,))
    db.execute("INSERT INTO header VALUES (?, ?, ?, ?, ?)", row[:5])
    db.execute("INSERT INTO block VALUES (?, ?, ?, ?)", (row.height, *row[5:]))


def _written(db: sqlite3.Connection, key: bytes, head: int) -> bytes:
    """The row as the last block that wrote it has it."""
    for height in range(head, -1, -1):
        row = dict(_block(db, height).writes()).get(key)
        if row:
            return row
    raise ForgeryError("forgery.nothing_disputed", case=key)


def leaf_at(block: Block | None, place: Place) -> bytes:
    """The bytes of the item at a place, and nothing where there is none."""
    return block.items[place.receipt] if block is not None and place.receipt < len(block.items) else b""
