"""Where a ledger's file begins, if not at block 0: at a snapshot, for a keeper who comes later.

What a keeper needs of the blocks that it does not have: the header that the snapshot stands at, the log's frontier
before it, and the ids that the replay guard still holds. The rows stand in their chunks.
"""

from __future__ import annotations

import sqlite3
from typing import Annotated

from linlian.kernel import codec
from linlian.kernel.block import Header
from linlian.kernel.codec import Count, Fields, Hash, Meta, Row
from linlian.kernel.errors import EncodingInvalid
from linlian.kernel.merkle import Log
from linlian.kernel.state import State
from linlian.store.protocol import StoreError


class RecentIds(Row):
    """The time of a block, and the ids of its transactions."""

    time: Count
    ids: Annotated[tuple[Hash, ...], Meta(max_length=4096)]


class Beginning(Fields):
    """`frontier` is that of the log before this header."""

    header: Header
    frontier: Annotated[tuple[Hash, ...], Meta(max_length=64)] = ()
    recent: Annotated[tuple[RecentIds, ...], Meta(max_length=1 << 20)] = ()

    def log(self) -> Log:
        """The log up to and including the header. Raises ValueError."""
        log = Log.resume(self.header.height, self.frontier)
        log.append(self.header.leaf())
        return log


def beginning_at(state: State) -> Beginning:
    """A ledger begins with this state."""
    header = state.header
    assert header is not None, "a snapshot stands at a header"
    recent = tuple(RecentIds(time, tuple(ids)) for time, ids in state.guard.blocks())
    return Beginning(header=header, frontier=tuple(state.log.frontier(header.height)), recent=recent)


def write_beginning(db: sqlite3.Connection, beginning: Beginning) -> None:
    db.execute("INSERT INTO beginning VALUES (?, ?)", (beginning.header.height, codec.encode(beginning)))


def read_beginning(db: sqlite3.Connection) -> Beginning | None:
    """None for a ledger that begins at block 0. Raises StoreError (`store.damaged`)."""
    row = db.execute("SELECT document FROM beginning").fetchone()
    try:
        return None if row is None else codec.decode(Beginning, row[0])
    except (EncodingInvalid, TypeError) as error:
        raise StoreError("store.damaged", part="beginning", reason=str(error)[:200]) from error
