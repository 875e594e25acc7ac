"""Keeps the rows up with the ledger.

    follower = Follower(ledger, SqliteDatabase(path, views))
    follower.wait_for(final.height)          # the rows of that block can be read
    ledger.close(); follower.close()         # in this order: the follower reads to the end

Rules
- It begins where the position says. If the block there is not the ledger's, the rows belong to another one.
- While it is behind, blocks go into one transaction together, about `BATCH_ITEMS` items; a lone one goes at once.
- It stops at the first error, which everybody who waits is told.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Protocol

from linlian.kernel.block import Block, Header
from linlian.kernel.errors import LinlianError
from linlian.readmodel.database import Database, Position
from linlian.readmodel.errors import ReadModelError, RebuildNeeded
from linlian.readmodel.projection import Projection

BATCH_ITEMS = 4_000


class Blocks(Protocol):
    """What is asked of a ledger; `engine.ledger.Ledger` is one."""

    @property
    def chain(self) -> str: ...
    @property
    def head(self) -> Header: ...
    def follow(self, start: int) -> Iterator[Block]:
        """Committed blocks from a height on, then new ones as they come; ends when the ledger closes."""


class Follower:
    """Follows from its own thread. Raises RebuildNeeded at once if the rows are not this ledger's."""

    def __init__(self, ledger: Blocks, database: Database):
        self._ledger = ledger
        self._database = database
        self._projection = Projection(database.views)
        self._position = database.position()
        self._blocks = self._find_place()
        self._changed = threading.Condition()
        self._listeners: list[Callable[[int], None]] = []
        self._failure: LinlianError | None = None
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="linlian-readmodel", daemon=True)
        self._thread.start()

    @property
    def height(self) -> int:
        """Up to which block the rows can be read."""
        return self._position.height

    @property
    def failure(self) -> LinlianError | None:
        """Why it stopped, if it did."""
        return self._failure

    def wait_for(self, height: int, timeout_s: float = 10.0) -> None:
        """Until the rows of a block can be read. Raises what stopped the follower, or `readmodel.behind`."""
        with self._changed:
            self._changed.wait_for(lambda: self._ended or self.height >= height, timeout_s)
        if self.height >= height:
            return
        raise self._failure or ReadModelError("readmodel.behind", height=height, reached=self.height)

    def when_moved(self, tell: Callable[[int], None]) -> None:
        """Call this, briefly and from the follower's thread, with each height whose rows can be read from then on."""
        self._listeners.append(tell)

    def close(self) -> None:
        """Wait until everything that the closed ledger holds is in the rows, then close the database."""
        self._thread.join()
        self._database.close()

    def _find_place(self) -> Iterator[Block]:
        """The blocks after the position, which must be a block of this ledger."""
        known = self._position
        if known.height < 0:
            return self._ledger.follow(0)
        if known.chain != self._ledger.chain:
            raise RebuildNeeded("another_ledger")
        if known.height > self._ledger.head.height:
            raise RebuildNeeded("ahead_of_ledger")
        blocks = self._ledger.follow(known.height)
        block = next(blocks, None)
        if block is not None and block.header.leaf() != known.header_hash:
            raise RebuildNeeded("another_ledger")
        return blocks

    def _run(self) -> None:
        failure: LinlianError | None = ReadModelError("readmodel.failed")  # a bug; its traceback goes to the log
        try:
            for block in self._blocks:
                self._publish(self._write(block))
            failure = None
        except LinlianError as error:
            failure = error
        finally:
            with self._changed:
                self._failure = failure
                self._ended = True
                self._changed.notify_all()

    def _write(self, block: Block | None) -> Position:
        """One transaction: this block, and those behind it that the ledger already has."""
        position, items = self._position, 0
        with self._database.writing() as rows:
            while block is not None:
                position = self._projection.apply(rows, block, position)
                items += len(block.items)
                more = items < BATCH_ITEMS and position.height < self._ledger.head.height
                block = next(self._blocks, None) if more else None
        return position

    def _publish(self, position: Position) -> None:
        with self._changed:
            self._position = position
            self._changed.notify_all()
        for tell in self._listeners:
            tell(position.height)
