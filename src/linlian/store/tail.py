"""What is newer than the tables of the file: rows of the state, and rows of the index.

It follows from the last blocks alone. While a node runs, each commit moves it on; after a start, a crash or a failed
commit it is read again: at most `ROWS_A_ROUND` written rows, and 31 blocks of index rows.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from linlian.kernel.block import Block, Header
from linlian.store import index
from linlian.store.beginning import read_beginning
from linlian.store.blocks import read_block, read_header
from linlian.store.chunks import CHUNKS, DirtyRows
from linlian.store.protocol import StoreError
from linlian.store.recovery import no_collection


class Tail:
    """The last header, the number of items up to it, the chunk turns taken, and what waits to be written."""

    def __init__(self, head: Header) -> None:
        self.header = head
        self.items = 0
        self.turns = 0
        self.dirty = DirtyRows(head.chain)
        self.waiting = index.WaitingIndex()

    def add(self, block: Block, ids: Sequence[bytes], turns: int) -> None:
        """Move on to the next block; what it brings the turns of is still to be taken."""
        self.dirty.add(block.writes)
        self.waiting.add(block, ids, self.items)
        self.header = block.header
        self.items += len(ids)
        self.turns = turns


def read_tail(db: sqlite3.Connection, path: Path) -> Tail:
    """The tail at the file's head. Raises StoreError: `store.empty`, `store.damaged`."""
    head, beginning = read_header(db), read_beginning(db)
    if head is None:
        if beginning is None:
            raise StoreError("store.empty", path=str(path))
        return Tail(beginning.header)
    tail = Tail(head)
    first = 0 if beginning is None else beginning.header.height + 1
    waiting_from = max(first, head.height + 2 - index.SLOTS)
    dirty_from = max(first, oldest_round(db, head.height))
    rows: dict[bytes, bytes] = {}
    with no_collection():
        for height in range(min(dirty_from, waiting_from), head.height + 1):
            stored = read_block(db, height)
            if stored is None:
                raise StoreError("store.damaged", part="block", height=height)
            if height >= dirty_from:
                rows.update(stored.writes())
            if height >= waiting_from:
                block = stored.decode()
                ids = [block.item_id(run) for run in range(stored.runs)] + stored.transaction_ids()
                try:
                    tail.waiting.add(block, ids, stored.first_item)
                except KeyError as error:
                    raise StoreError("store.damaged", part="histories", height=height) from error
                tail.waiting.take_turn(height)
                tail.items = stored.first_item + len(ids)
            tail.turns = stored.chunks_written
        # Some of these rows are in their chunks by now; laid over them once more they change nothing.
        tail.dirty.add(rows.items())
    return tail


def oldest_round(db: sqlite3.Connection, head: int) -> int:
    """The first height from which on every chunk has had its turn. Raises StoreError (`store.damaged`)."""
    (turns,) = db.execute("SELECT chunks_written FROM header WHERE height = ?", (head,)).fetchone()
    if not isinstance(turns, int):
        raise StoreError("store.damaged", part="header", height=head, reason="type of a column")
    found = db.execute(
        "SELECT height FROM header WHERE chunks_written <= ? ORDER BY height DESC LIMIT 1", (turns - CHUNKS,)
    ).fetchone()
    return 0 if found is None else int(found[0]) + 1
