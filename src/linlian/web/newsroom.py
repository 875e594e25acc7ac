"""One follower for all who listen: what is committed is read once, and everybody takes it from there at their own pace.

    newsroom = Newsroom(read, height)          # read(after, types, limit) → entries; blocks
    follower.when_moved(newsroom.tell)         # from the follower's thread
    newsroom.enter(caller)                     # raises WebError (`web.too_many_streams`)
    await newsroom.wait(height, seconds)
    entries, place = await newsroom.page(place, types)
    newsroom.leave(caller)
    newsroom.close()                           # everybody who listens is let go

Rules
- Nothing is queued for anybody. A listener has a place; what is behind it is read from the last entries in memory, or
  from the rows where it is further back. Somebody slow costs no memory.
- There are at most `STREAMS_MAX` listeners, and `STREAMS_EACH_MAX` of one caller.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter, deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import takewhile

from anyio import to_thread

from linlian.readmodel.entries import PAGE, FollowedEntry, Place, end_of, matches
from linlian.web.errors import WebError

STREAMS_MAX = 500
STREAMS_EACH_MAX = 8
KEPT_ENTRIES = 2_000
COME_BACK_S = 10

Read = Callable[[Place, Sequence[str], int], list[FollowedEntry]]


class Newsroom:
    """To be listened to within one event loop; told of news from any thread."""

    def __init__(self, read: Read, height: int):
        self._read = read
        self._height = height
        self._kept: deque[FollowedEntry] = deque(maxlen=KEPT_ENTRIES)
        self._from = self._upto = end_of(height)
        self._reading: asyncio.Lock | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._changed: asyncio.Event | None = None
        self._callers: Counter[bytes] = Counter()
        self._lock = threading.Lock()
        self.closed = False

    @property
    def height(self) -> int:
        """Up to which block there is news."""
        return self._height

    @property
    def listeners(self) -> int:
        return self._callers.total()

    def tell(self, height: int) -> None:
        """The rows of a block can be read."""
        self._height = max(self._height, height)
        self._wake()

    def close(self) -> None:
        """Let everybody go."""
        self.closed = True
        self._wake()

    def enter(self, caller: bytes) -> None:
        """Count a listener in; `leave` counts them out. Raises WebError (`web.too_many_streams`)."""
        with self._lock:
            if self.listeners >= STREAMS_MAX or self._callers[caller] >= STREAMS_EACH_MAX:
                raise WebError("web.too_many_streams", most=STREAMS_EACH_MAX, retry_after_s=COME_BACK_S)
            self._callers[caller] += 1

    def leave(self, caller: bytes) -> None:
        """A listener is gone."""
        with self._lock:
            self._callers[caller] -= 1
            self._callers += Counter()  # forgets whoever has none left

    async def wait(self, seen: int, seconds: float) -> bool:
        """Until there is news behind block `seen`, or all are let go; False if the time was over first."""
        changed = self._here()
        try:
            async with asyncio.timeout(seconds):
                while self._height <= seen and not self.closed:
                    await changed.wait()
                    changed = self._here()
        except TimeoutError:
            return False
        return True

    async def page(self, after: Place, types: Sequence[str]) -> tuple[list[FollowedEntry], Place]:
        """Entries of these types behind a place, and up to where that is all."""
        if after >= self._from:
            await self._catch_up()
        if after >= self._from:  # nothing has been forgotten meanwhile
            newer = takewhile(lambda entry: entry.place > after, reversed(self._kept))
            found = [entry for entry in reversed([*newer]) if matches(entry.type, types)][:PAGE]
            return found, _covered(found, max(after, self._upto))
        height = self._height
        found = await to_thread.run_sync(self._read, after, types, PAGE)
        return found, _covered(found, max(after, end_of(height)))

    async def _catch_up(self) -> None:
        """Read what is new, once for everybody."""
        self._here()
        assert self._reading is not None, "made by _here"
        async with self._reading:
            while self._upto < end_of(self._height):
                height = self._height
                page = await to_thread.run_sync(self._read, self._upto, (), PAGE)
                for entry in page:
                    if len(self._kept) == KEPT_ENTRIES:
                        self._from = self._kept[0].place
                    self._kept.append(entry)
                self._upto = _covered(page, max(self._upto, end_of(height)))

    def _here(self) -> asyncio.Event:
        """What is set at the next news, in the loop of whoever listens first."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._loop, self._reading, self._changed = loop, asyncio.Lock(), asyncio.Event()
        assert self._changed is not None
        return self._changed

    def _wake(self) -> None:
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop has ended: nobody listens any more
                self._loop.call_soon_threadsafe(self._ring)

    def _ring(self) -> None:
        if self._changed is not None:
            self._changed.set()
            self._changed = asyncio.Event()


def _covered(page: list[FollowedEntry], told: Place) -> Place:
    """Up to where a page is all there is. One that is not full may reach beyond what was told of when it was read."""
    if not page:
        return told
    return page[-1].place if len(page) == PAGE else max(told, page[-1].place)
