"""A clock that the story moves, and the timers that fall due on the way.

    time = StoryTime(ledger, clock)
    time.watch("repairs.clock", case_id)      # this timer may have been set
    time.go_to(until_ms)                      # each of them runs in a block of its own, at its very time

A ledger runs a due timer by itself when its clock comes there. Ours jumps, so it must stop where something is due:
otherwise a deadline that passed at night would be noticed in the morning.
"""

from __future__ import annotations

from heapq import heappop, heappush

from linlian.engine.ledger import Ledger
from linlian.kernel.contract import compose
from linlian.kernel.timers import TIMERS


class StoryClock:
    """Milliseconds since the epoch, as the story has them."""

    def __init__(self, now: int):
        self.now = now

    def __call__(self) -> int:
        return self.now


class StoryTime:
    """Moves the clock of a ledger, and stops at every timer that has been watched."""

    def __init__(self, ledger: Ledger, clock: StoryClock):
        self._ledger = ledger
        self._clock = clock
        self._due: list[tuple[int, bytes]] = []

    def watch(self, name: str, record: bytes) -> None:
        """Note when this timer is due, if it is set."""
        key = compose(name, record)
        if (due := self._due_at(key)) is not None:
            heappush(self._due, (due, key))

    def go_to(self, until: int) -> None:
        """Move the clock on, by way of every timer due before."""
        while self._due and self._due[0][0] < until:
            due, key = heappop(self._due)
            if self._due_at(key) != due:
                continue  # it was moved or removed since; what replaced it was noted then
            self._clock.now = max(self._clock.now, due)
            self._run_timers()
            if (again := self._due_at(key)) is not None:
                heappush(self._due, (again, key))
        self._clock.now = max(self._clock.now, until)

    def _run_timers(self) -> None:
        """Let the ledger see the new time, and wait for the block that it makes."""
        height = self._ledger.head.height
        self._ledger.submit_many([])
        for _ in self._ledger.follow(height + 1):
            return

    def _due_at(self, key: bytes) -> int | None:
        row = TIMERS.get(self._ledger, key)
        return None if row is None else row.due
