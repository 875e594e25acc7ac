"""The ledger in one SQLite file.

Rules
- `commit` is one transaction: header, block with its write-set, and the state chunks and index rows whose turn it is.
  What is newer than the tables waits in memory (`tail.py`) and follows from the blocks alone, so after a crash, or a
  commit that failed, it is made again from them.
- Nothing is read past its check: a block that does not match its checksum is `store.damaged`, never an answer.
- Any thread may call; a call that reads waits for a commit under way and sees all or nothing of it.
- A commit that raises `store.full` or `store.failed` has stored nothing, or (a failure after the disk's last word)
  all of it: `head` tells which.

    >>> store = SqliteStore(Path("ledger.sqlite"))
    >>> store.create(document, applied.block)
    >>> store.load(state)
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from threading import RLock
from typing import Final

from linlian.kernel import merkle
from linlian.kernel.block import Block, Header
from linlian.kernel.genesis import chain_id
from linlian.kernel.state import State
from linlian.store import index
from linlian.store.beginning import beginning_at, read_beginning, write_beginning
from linlian.store.blocks import StoredBlock, read_block, read_header, recent_ids, write_block
from linlian.store.chunks import CHUNKS, DirtyRows, all_rows, turns_of, write_chunks
from linlian.store.protocol import Notes, Position, Progress, StoreError
from linlian.store.recovery import fill
from linlian.store.schema import FileLock, open_reader, open_writer, tables_of, transaction, translated
from linlian.store.tail import Tail, read_tail

_PAGE_ROWS: Final = 1024
_BACKUP_PAGES: Final = 2048


class SqliteStore:
    """Implements `Store`. `read_only` leaves the lock to the node that writes, and sees its commits as they come."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        """Open, or begin an empty store. Raises StoreError."""
        self.path = path
        self._mutex = RLock()
        self._tail: Tail | None = None
        self._file_lock = None if read_only else FileLock(path.with_name(path.name + ".lock"))
        try:
            self._db = open_reader(path) if read_only else open_writer(path)
        except BaseException:
            self._unlock()
            raise

    def genesis(self) -> bytes | None:
        with self.reading() as db:
            row = db.execute("SELECT document FROM genesis").fetchone()
        if row is not None and not isinstance(row[0], bytes):
            raise StoreError("store.damaged", path=str(self.path), part="genesis", reason="type of a column")
        return None if row is None else row[0]

    def create(self, document: bytes, block: Block) -> None:
        with self._mutex, translated(self.path):
            if self.genesis() is not None:
                raise StoreError("store.not_empty", path=str(self.path))
            if block.header.height != 0 or block.header.chain != chain_id(document):
                raise StoreError("store.not_next", height=block.header.height, expected=0)
            tail = Tail(block.header)
            with transaction(self._db):
                self._db.execute("INSERT INTO genesis VALUES (?, ?)", (block.header.chain, document))
                self._append(tail, block)
            self._tail = tail

    def begin(self, document: bytes, state: State, notes: Notes | None = None) -> None:
        """Begin at a snapshot (`read_snapshot`): blocks before it are not here, nor what stands in them.

        Receipts and histories from before, and an audit, are for a keeper who has the whole ledger. Raises StoreError:
        `store.not_empty`, `store.other_chain`.
        """
        with self._mutex, translated(self.path):
            if self.genesis() is not None:
                raise StoreError("store.not_empty", path=str(self.path))
            if state.chain != chain_id(document):
                raise StoreError("store.other_chain", chain=chain_id(document), expected=state.chain)
            beginning = beginning_at(state)
            rows = DirtyRows(state.chain)
            rows.add(state.rows.items())
            with transaction(self._db):
                self._db.execute("INSERT INTO genesis VALUES (?, ?)", (state.chain, document))
                write_beginning(self._db, beginning)
                write_chunks(self._db, rows.take_turns(0, CHUNKS))
                self._set_notes(notes or {})
            self._tail = Tail(beginning.header)

    def commit(self, block: Block, notes: Notes | None = None) -> None:
        with self._mutex, translated(self.path):
            tail = self._current_tail(self._db)
            new = block.header
            if new.height != tail.header.height + 1 or new.chain != tail.header.chain:
                raise StoreError("store.not_next", height=new.height, expected=tail.header.height + 1)
            # Should the transaction fail, this tail has moved on and the file has not: the next call reads a new one.
            self._tail = None
            with transaction(self._db):
                self._append(tail, block)
                self._set_notes(notes or {})
            self._tail = tail

    def note(self, notes: Notes) -> None:
        with self._mutex, translated(self.path), transaction(self._db):
            self._set_notes(notes)

    def noted(self, name: str) -> bytes | None:
        return dict(self.notes(name)).get(name)

    def notes(self, prefix: str) -> list[tuple[str, bytes]]:
        with self.reading() as db:
            if "note" not in tables_of(db):
                return []
            sql = "SELECT name, value FROM note WHERE name >= ? AND name < ? ORDER BY name"
            return db.execute(sql, (prefix, prefix + "\U0010ffff")).fetchall()

    def head(self) -> Header | None:
        with self.reading() as db:
            found, beginning = read_header(db), None
            if found is None:
                beginning = read_beginning(db)
        return found if beginning is None else beginning.header

    def header(self, height: int) -> Header | None:
        with self.reading() as db:
            found, beginning = read_header(db, height), None
            if found is None:
                beginning = read_beginning(db)
        at_beginning = beginning is not None and beginning.header.height == height
        return beginning.header if beginning is not None and at_beginning else found

    def begins_at(self) -> Header | None:
        """The header of the snapshot at which this ledger begins; None if it has all blocks."""
        with self.reading() as db:
            beginning = read_beginning(db)
        return None if beginning is None else beginning.header

    def headers(self, start: int = 0) -> Iterator[Header]:
        while (header := self.header(start)) is not None:
            yield header
            start += 1

    def block(self, height: int) -> Block | None:
        with self.reading() as db:
            row = read_block(db, height)
        return None if row is None else row.decode()

    def blocks(self, start: int = 0) -> Iterator[Block]:
        while (block := self.block(start)) is not None:
            yield block
            start += 1

    def load(self, state: State, progress: Progress | None = None) -> None:
        with self.reading() as db:
            tail = self._current_tail(db)
            if state.chain != tail.header.chain:
                raise StoreError("store.other_chain", chain=tail.header.chain, expected=state.chain)
            headers = db.execute("SELECT bytes FROM header ORDER BY height")
            beginning = read_beginning(db)
            first = 0 if beginning is None else beginning.header.height + 1
            before = () if beginning is None else tuple((block.time, list(block.ids)) for block in beginning.recent)
            fill(
                state,
                tail.header,
                rows=all_rows(db, tail.dirty, progress),
                leaves=(merkle.leaf_hash(data) for (data,) in headers),
                log=None if beginning is None else beginning.log(),
                recent=chain((*before,), recent_ids(db, tail.header, first)),
            )

    def find(self, item_id: bytes) -> tuple[int, int] | None:
        with self.reading() as db:
            tail = self._current_tail(db)
            for place in tail.waiting.find(item_id) + index.stored_places(db, item_id, tail.items):
                height, receipt = index.split_place(place)
                row = read_block(db, height)
                if row is not None and _id_at(row, receipt) == item_id:
                    return height, receipt
        return None

    def positions(self, subject: bytes, start: int = 1) -> Iterator[Position]:
        while True:
            with self.reading() as db:
                tail = self._current_tail(db)
                page = index.stored_positions(db, subject, start, tail.items, _PAGE_ROWS)
                last = len(page) < _PAGE_ROWS
                if last:
                    page += tail.waiting.positions(subject, page[-1].number + 1 if page else start)
            yield from page
            if last:
                return
            start = page[-1].number + 1

    def backup(self, target: Path, progress: Progress | None = None) -> None:
        partial = target.with_name(target.name + ".partial")
        try:
            if target.exists():
                raise FileExistsError
            partial.unlink(missing_ok=True)
            self._copy(partial, progress)
            os.link(partial, target)
            _sync_folder(target.parent)
        except FileExistsError as error:
            raise StoreError("store.target_exists", path=str(target)) from error
        except OSError as error:
            raise StoreError("store.failed", path=str(target), reason=os.strerror(error.errno or 0)) from error
        finally:
            partial.unlink(missing_ok=True)

    def size_bytes(self) -> int:
        files = (self.path, self.path.with_name(self.path.name + "-wal"))
        return sum(file.stat().st_size for file in files if file.exists())

    def close(self) -> None:
        with self._mutex, translated(self.path):
            self._tail = None
            try:
                self._db.close()
            finally:
                self._unlock()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """One consistent view of the file, while the block lasts; other threads wait."""
        with self._mutex, translated(self.path):
            if self._db.in_transaction or self._file_lock is not None:
                yield self._db
                return
            self._db.execute("BEGIN")
            try:
                yield self._db
            finally:
                self._db.execute("ROLLBACK")

    def _set_notes(self, notes: Notes) -> None:
        for name, value in notes.items():
            if value:
                self._db.execute("INSERT OR REPLACE INTO note VALUES (?, ?)", (name, value))
            else:
                self._db.execute("DELETE FROM note WHERE name = ?", (name,))

    def _append(self, tail: Tail, block: Block) -> None:
        """Write a block and what comes with it, inside a transaction, and move the tail to it."""
        ids = index.item_ids(block)
        turns_before, turns = tail.turns, tail.turns + turns_of(len(block.writes))
        write_block(self._db, StoredBlock.of(block, ids, tail.items, turns))
        tail.add(block, ids, turns)
        write_chunks(self._db, tail.dirty.take_turns(turns_before, turns))
        index.write_index(self._db, *tail.waiting.take_turn(block.header.height))

    def _current_tail(self, db: sqlite3.Connection) -> Tail:
        """The tail at the file's head. Raises StoreError (`store.empty`)."""
        if self._tail is not None and self._file_lock is None:
            (height,) = db.execute("SELECT max(height) FROM header").fetchone()
            if height != self._tail.header.height:
                self._tail = None
        if self._tail is None:
            self._tail = read_tail(db, self.path)
        return self._tail

    def _copy(self, target: Path, progress: Progress | None) -> None:
        source = open_reader(self.path)
        try:
            with translated(target):
                copy = sqlite3.connect(target, isolation_level=None)
                try:
                    # An open read transaction pins what is copied, so that commits neither change nor restart it.
                    source.execute("BEGIN")
                    source.execute("SELECT count(*) FROM genesis").fetchone()
                    source.backup(copy, pages=_BACKUP_PAGES, progress=_pages(progress))
                finally:
                    copy.close()
        finally:
            source.close()

    def _unlock(self) -> None:
        if self._file_lock is not None:
            self._file_lock.release()


def _id_at(row: StoredBlock, receipt: int) -> bytes:
    if receipt >= row.runs:
        at = (receipt - row.runs) * merkle.HASH_BYTES
        return row.ids[at : at + merkle.HASH_BYTES]
    return row.decode().item_id(receipt)


def _pages(progress: Progress | None) -> Callable[[int, int, int], None]:
    def report(_status: int, remaining: int, total: int) -> None:
        if progress is not None:
            progress(total - remaining, total)

    return report


def _sync_folder(folder: Path) -> None:
    """Make a new name in a folder as durable as the file it names."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
