"""Keeps the rows up with the ledger.

    follower = Follower(ledger, SqliteDatabase(path, views))
    follower.wait_for(final.height)          # the rows of that block can be read
    ledger.close(); follower.close()         # in this order: the follower reads to the end

Rules
- It begins where the position says. If the block there is not the ledger's, the rows belong to another one.
- While it is behind, blocks go into one transaction together, about `BATCH_ITEMS` items; a lone one goes at once.
- What may pass (`errors.PASSING`: the server is away, the disk is full) is tried again, sooner and then later, from
  the position that the database then has: whether a commit that was cut off took place is answered there.
- It stops at any other error. Whoever waits is told of either.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Protocol

from linlian.kernel.block import Block, Header
from linlian.kernel.errors import LinlianError
from linlian.readmodel.database import Database, Position
from linlian.readmodel.errors import PASSING, ReadModelError, RebuildNeeded
from linlian.readmodel.projection import Projection

BATCH_ITEMS = 4_000
PAUSES_S = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
"""How long it waits before it tries again, the last again and again."""

PATIENCE_S = 3.0
"""How long a trouble may last before those who wait are told."""

NOWHERE = Position(b"", "", -1, b"")


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

    def __init__(self, ledger: Blocks, database: Database, behind: Header | None = None):
        """`behind` is the header of the snapshot at which the ledger begins, if it does."""
        self._ledger = ledger
        self._database = database
        self._behind = behind
        self._projection = Projection(database.views, telling=behind is None)
        self._changed = threading.Condition()
        self._closing = threading.Event()
        self._position = NOWHERE
        self._blocks: Iterator[Block] = iter(())
        self._trouble: tuple[LinlianError, float] | None = None
        self._listeners: list[Callable[[int], None]] = []
        self._failure: LinlianError | None = None
        self._ended = False
        placed = self._try_to_find_place()
        self._thread = threading.Thread(target=self._run, args=(placed,), name="linlian-readmodel", daemon=True)
        self._thread.start()

    @property
    def height(self) -> int:
        """Up to which block the rows can be read."""
        return self._position.height

    @property
    def failure(self) -> LinlianError | None:
        """Why it stopped, if it did."""
        return self._failure

    @property
    def trouble(self) -> LinlianError | None:
        """Why it does not get on just now, though it tries; or why there is less than there should be."""
        trouble = self._trouble
        if trouble is not None:
            return trouble[0]
        return ReadModelError("readmodel.begins_later", height=self._behind.height) if self._behind else None

    def wait_for(self, height: int, timeout_s: float = 10.0) -> None:
        """Until the rows of a block can be read. Raises what stops or hinders the follower, or `readmodel.behind`."""
        until = time.monotonic() + timeout_s
        with self._changed:
            while not (self._ended or self.height >= height):
                give_up = until if self._trouble is None else min(until, self._trouble[1] + PATIENCE_S)
                left_s = give_up - time.monotonic()
                if left_s <= 0:
                    break
                self._changed.wait(left_s)
        if self.height < height:
            raise (
                self._failure or self.trouble or ReadModelError("readmodel.behind", height=height, reached=self.height)
            )

    def when_moved(self, tell: Callable[[int], None]) -> None:
        """Call this, briefly and from the follower's thread, with each height whose rows can be read from then on."""
        self._listeners.append(tell)

    def close(self) -> None:
        """Wait until everything that the closed ledger holds is in the rows, then close the database.

        Where the database is away, what is missing follows at the next start.
        """
        self._closing.set()
        self._thread.join()
        self._database.close()

    def _try_to_find_place(self) -> bool:
        """Whether it stands where the rows do; if not, the trouble is noted. Raises what cannot pass."""
        try:
            position = self._database.position()
            self._blocks = self._find_place(position)
        except ReadModelError as error:
            if error.code not in PASSING:
                raise
            with self._changed:
                self._trouble = self._trouble or (error, time.monotonic())
                self._changed.notify_all()
            return False
        self._publish(position)
        return True

    def _find_place(self, known: Position) -> Iterator[Block]:
        """The blocks after the position, which must be a block of this ledger."""
        if known.height < 0 and self._behind is not None:
            raise RebuildNeeded("begins_later")
        if known.height < 0:
            return self._ledger.follow(0)
        if known.chain != self._ledger.chain:
            raise RebuildNeeded("another_ledger")
        if known.height > self._ledger.head.height:
            raise RebuildNeeded("ahead_of_ledger")
        if self._behind is not None and known.height <= self._behind.height:
            if known.header_hash != self._behind.leaf():
                raise RebuildNeeded("another_ledger")
            return self._ledger.follow(known.height + 1)
        blocks = self._ledger.follow(known.height)
        block = next(blocks, None)
        if block is not None and block.header.leaf() != known.header_hash:
            raise RebuildNeeded("another_ledger")
        return blocks

    def _run(self, placed: bool) -> None:
        failure: LinlianError | None = ReadModelError("readmodel.failed")  # a bug; its traceback goes to the log
        try:
            pauses = iter(PAUSES_S)
            while not (placed and self._follow()):
                if self._closing.wait(next(pauses, PAUSES_S[-1])):
                    break
                placed = self._try_to_find_place()
                pauses = iter(PAUSES_S) if placed else pauses
            failure = self.trouble
        except LinlianError as error:
            failure = error
        finally:
            with self._changed:
                self._failure = failure
                self._ended = True
                self._changed.notify_all()

    def _follow(self) -> bool:
        """To the end of the ledger; False if something came between that may pass."""
        try:
            for block in self._blocks:
                self._publish(self._write(block))
        except ReadModelError as error:
            if error.code not in PASSING:
                raise
            with self._changed:
                self._trouble = self._trouble or (error, time.monotonic())
                self._changed.notify_all()
            return False
        return True

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
            self._trouble = None
            self._changed.notify_all()
        for tell in self._listeners:
            tell(position.height)
