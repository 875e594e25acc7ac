"""What follows from the blocks and stands in tables of its own: the audit computes it again and compares.

Raises LedgerDamaged; `height` is that of the block from which the wrong row should follow.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any, NoReturn

from linlian.kernel.block import Block
from linlian.kernel.errors import EncodingInvalid
from linlian.kernel.state import Writes
from linlian.kernel.stateproof import paths_of
from linlian.store import index
from linlian.store.audit_block import damaged
from linlian.store.blocks import StoredBlock, decompress
from linlian.store.chunks import CHUNK_BYTES_MAX, CHUNKS, Chunk, chunk_of, decode_chunk, encode_chunk
from linlian.store.schema import tables_of


def check_schema(db: sqlite3.Connection) -> None:
    """The tables are ours, and nothing else is there."""
    expected = sorted(("table", name, name, sql) for name, sql in tables_of(db).items())
    found = sorted(db.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema").fetchall(), key=repr)
    for row, other in zip_longest(sorted(expected, key=repr), found):
        if row != other:
            name = (other or row)[1]
            damaged(None, "database", "store.unexpected_schema", name=str(name))


def check_integrity(db: sqlite3.Connection) -> None:
    """SQLite's own check of pages, trees, types and free lists."""
    for (message,) in db.execute("PRAGMA integrity_check(1)"):
        if message != "ok":
            damaged(None, "database", "store.integrity", reason=str(message)[:200])


class StateTable:
    """The `state` table against the rows that the write-sets lead to.

    A chunk is as old as its last turn, so the audit notes what the blocks of the last round replaced.
    """

    def __init__(self, dirty_from: int) -> None:
        self._dirty_from = dirty_from
        self._written = [-1] * CHUNKS
        self._replaced: list[tuple[int, Writes]] = []
        self._turns = 0

    def add(self, stored: StoredBlock, replaced: Writes) -> None:
        """Note a block's turns, and the rows (empty: none) that stood before its writes."""
        height, turns = stored.height, stored.chunks_written
        if not self._turns <= turns <= self._turns + CHUNKS:
            damaged(height, "header", "store.turns_differ", turns=turns)
        for turn in range(self._turns, turns):
            self._written[turn % CHUNKS] = height
        self._turns = turns
        if height >= self._dirty_from:
            self._replaced.append((height, replaced))

    def check(self, db: sqlite3.Connection, chain: str, rows: dict[bytes, bytes]) -> int:
        """Compare with the rows at the head; returns the number of rows in the table."""
        older = self._older(chain)
        unseen = len(rows) + sum(bool(row) for row in older.values()) - sum(key in rows for key in older)
        stored_rows = 0
        for number, data in db.execute("SELECT chunk, rows FROM state ORDER BY chunk"):
            if not 0 <= number < CHUNKS:
                damaged(None, "state", "store.state_differs", chunk=number)
            chunk = self._open(number, data)
            for key, path in zip(chunk, paths_of(chain, chunk), strict=True):
                expected = older[key] if key in older else rows.get(key, b"")
                if chunk_of(path) != number or chunk[key] != expected:
                    damaged(self._height(number), "state", "store.state_differs", chunk=number, key=key)
            stored_rows += len(chunk)
        if stored_rows != unseen:
            self._find_missing(db, chain, rows, older)
        return stored_rows

    def _older(self, chain: str) -> Chunk:
        """Rows that have changed since their chunk's last turn, as they were then."""
        older: Chunk = {}
        for height, replaced in reversed(self._replaced):
            for (key, row), path in zip(replaced, paths_of(chain, (key for key, _ in replaced)), strict=True):
                if height > self._written[chunk_of(path)]:
                    older[key] = row
        return older

    def _open(self, number: int, data: bytes) -> Chunk:
        try:
            plain = decompress(data, CHUNK_BYTES_MAX)
            chunk = decode_chunk(plain)
            canonical = all(chunk.values()) and encode_chunk(chunk) == plain
        except (EncodingInvalid, TypeError) as error:
            reason = error.code if isinstance(error, EncodingInvalid) else "store.not_a_chunk"
            damaged(self._height(number), "state", "store.chunk_malformed", chunk=number, reason=reason)
        if not chunk or not canonical:
            damaged(self._height(number), "state", "store.chunk_malformed", chunk=number)
        return chunk

    def _height(self, number: int) -> int | None:
        """The block that last wrote a chunk; None if it has not had its turn, and should not be there."""
        return self._written[number] if self._written[number] >= 0 else None

    def _find_missing(self, db: sqlite3.Connection, chain: str, rows: Chunk, older: Chunk) -> None:
        """Some row is not in the table: say which."""
        stored: set[bytes] = set()
        for (data,) in db.execute("SELECT rows FROM state"):
            stored.update(decode_chunk(decompress(data, CHUNK_BYTES_MAX)))
        missing = sorted(key for key in {**rows, **older} if key not in stored and older.get(key, rows.get(key)))
        number = chunk_of(paths_of(chain, missing[:1])[0])
        damaged(self._height(number), "state", "store.state_differs", chunk=number, key=missing[0])


class IndexTables:
    """The `item` and `entry` tables against the blocks, an epoch at a time."""

    def __init__(self, db: sqlite3.Connection, head: int) -> None:
        self._db = db
        self._head = head
        self._epoch = 0
        self._items: list[index.ItemRow] = []
        self._entries: list[index.EntryRow] = []
        self._rows = {"item": 0, "entry": 0}

    def add(self, block: Block, ids: Sequence[bytes], first_item: int) -> None:
        """Note a block, and compare the epoch before it if it begins a new one."""
        height, epoch = block.header.height, first_item // index.EPOCH_ITEMS
        if epoch != self._epoch:
            self._compare()
            self._epoch = epoch
        try:
            entries = index.entry_rows(block, epoch)
        except KeyError as error:
            damaged(height, "histories", "store.history_differs", subject=error.args[0])
        head = self._head
        self._items += [row for row in index.item_rows(height, epoch, ids) if index.is_written(row[1], height, head)]
        self._entries += [row for row in entries if index.is_written(row[1], height, head)]

    def finish(self) -> None:
        """Compare the last epoch, and that there is nothing besides."""
        self._compare()
        for table, rows in self._rows.items():
            (count,) = self._db.execute(f"SELECT count(*) FROM {table}").fetchone()
            if count != rows:
                damaged(None, f"{table} index", "store.index_differs", rows=count, expected=rows)

    def _compare(self) -> None:
        self._items.sort()
        self._entries.sort()
        for table, expected in (("item", self._items), ("entry", self._entries)):
            found = self._db.execute(f"SELECT * FROM {table} WHERE epoch = ?", (self._epoch,)).fetchall()
            if found != expected:
                _index_differs(table, expected, found)
            self._rows[table] += len(expected)
        self._items, self._entries = [], []


def _index_differs(table: str, expected: Sequence[tuple[Any, ...]], found: Sequence[tuple[Any, ...]]) -> NoReturn:
    """Point at the first row that is missing or too much."""
    pairs = zip_longest(expected, found)
    wrong, other = next(pair for pair in pairs if pair[0] != pair[1])
    try:
        missing = other is None or (wrong is not None and wrong < other)
    except TypeError:
        missing = True  # in its place stands a row of other types
    place = (wrong if missing else other)[2 if table == "item" else 3]
    if not isinstance(place, int):
        damaged(None, f"{table} index", "store.index_differs", missing=missing)
    height, receipt = index.split_place(place)
    damaged(height, f"{table} index", "store.index_differs", receipt=receipt, missing=missing)
