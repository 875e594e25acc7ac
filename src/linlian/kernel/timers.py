"""Commands that wait for a time: rows of the state, and an index that finds the due ones.

Rules
- A timer is (name, record) → due time and command; setting it again replaces it.
- Due timers run before a block's transactions, in order of (due, key), at most 256 a block and never in the block
  that set them. Each leaves a receipt and is gone, whether its command was accepted, refused or broken.
- The index holds nothing that the rows do not: it is filled from them at start.
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from typing import Annotated

from linlian.kernel.codec import Label, Meta, Millis, Row
from linlian.kernel.contract import Table
from linlian.kernel.limits import BLOCK_TIMERS_MAX


class TimerRow(Row):
    """`fields` are the command's encoded fields."""

    due: Millis
    command: Label
    fields: Annotated[bytes, Meta(max_length=4096)]
    name: Label
    record: Annotated[bytes, Meta(max_length=200)]


TIMERS = Table("kernel.timer", TimerRow)

_STALE_MAX = 1024


class TimerIndex:
    """Full keys of timer rows by due time.

    Replaced and removed entries stay in the heap until they come up, or are swept out when they are the most of it.
    """

    def __init__(self) -> None:
        self._due: dict[bytes, int] = {}
        self._heap: list[tuple[int, bytes]] = []

    def set(self, key: bytes, due: int | None) -> None:
        """Note that the row at `key` is due at `due`, or (None) that it is gone."""
        if due is None:
            self._due.pop(key, None)
        else:
            self._due[key] = due
            heappush(self._heap, (due, key))
            if len(self._heap) > 2 * len(self._due) + _STALE_MAX:
                self._heap = [(when, held) for held, when in self._due.items()]
                heapify(self._heap)

    def next_due(self) -> int | None:
        """When the earliest timer is due, in milliseconds, or None."""
        while self._heap and self._due.get(self._heap[0][1]) != self._heap[0][0]:
            heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def due(self, time: int) -> list[bytes]:
        """Keys of the timers due at `time`, earliest first, as many as one block runs; the index is unchanged."""
        taken: list[tuple[int, bytes]] = []
        while len(taken) < BLOCK_TIMERS_MAX and (first := self.next_due()) is not None and first <= time:
            entry = heappop(self._heap)
            if entry not in taken[-1:]:
                taken.append(entry)
        for entry in taken:
            heappush(self._heap, entry)
        return [key for _, key in taken]
