"""Block checks on all cores, with the first thing wrong reported first.

    >>> with Checks(processes=2) as checks:
    ...     checks.submit(check)            # in order of height
    ...     checks.finish()                 # raises LedgerDamaged for the lowest block that is wrong

One core of the machine is the caller's own: it applies write-sets while workers check signatures. When the workers
have enough to do, `submit` works off a batch in the caller, so that neither waits for the other.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from types import TracebackType

from linlian.kernel.errors import LedgerDamaged
from linlian.store.audit_block import BlockCheck, check_blocks

_BATCH_ITEMS = 500
_AHEAD = 3
"""Batches waiting for each worker."""


class Checks:
    """`entries` counts those of the blocks found good so far."""

    def __init__(self, processes: int) -> None:
        self.entries = 0
        self._workers = processes - 1
        self._pool: ProcessPoolExecutor | None = None
        self._batch: list[BlockCheck] = []
        self._batch_items = 0
        self._waiting: deque[Future[int]] = deque()

    def __enter__(self) -> Checks:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def submit(self, check: BlockCheck, items: int) -> None:
        """Check a block of so many items, now or soon. Raises LedgerDamaged for it or for one before it."""
        self._batch.append(check)
        self._batch_items += items
        if self._batch_items >= _BATCH_ITEMS:
            self._send()

    def finish(self) -> None:
        """Wait for what is under way. Raises LedgerDamaged for the lowest block that is wrong."""
        batch, self._batch, self._batch_items = self._batch, [], 0
        while self._waiting:
            self._collect()
        self.entries += check_blocks(batch)

    def _send(self) -> None:
        while self._waiting and self._waiting[0].done():
            self._collect()
        batch, self._batch, self._batch_items = self._batch, [], 0
        if self._workers > 0 and len(self._waiting) < self._workers * _AHEAD:
            if self._pool is None:
                self._pool = ProcessPoolExecutor(self._workers, get_context("spawn"))
            self._waiting.append(self._pool.submit(check_blocks, batch))
            return
        try:
            self.entries += check_blocks(batch)
        except LedgerDamaged:
            self.finish()
            raise

    def _collect(self) -> None:
        """Take the oldest answer. If it is a finding, those after it no longer matter."""
        try:
            self.entries += self._waiting.popleft().result()
        except LedgerDamaged:
            self._waiting.clear()
            self._batch = []
            raise
