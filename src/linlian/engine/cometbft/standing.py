"""A lock under which the state stands still at a committed block.

The engine finalizes in one call and commits in the next. In between the state has moved on and nothing of it is
durable: readers wait, so that nobody sees, or signs for, what may yet be taken back.
"""

from __future__ import annotations

import threading
from types import TracebackType


class Standing:
    """`with standing: …` for readers; `move` and `stand` for the one thread that changes the state."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._moving = False

    def __enter__(self) -> None:
        self._changed.acquire()
        while self._moving:
            self._changed.wait()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._changed.release()

    def move(self) -> None:
        """From now on readers wait."""
        with self._changed:
            self._moving = True

    def stand(self) -> None:
        """Readers go on."""
        with self._changed:
            self._moving = False
            self._changed.notify_all()
