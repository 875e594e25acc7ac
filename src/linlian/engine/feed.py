"""Committed blocks for whoever follows: the last ones from memory, older ones from the store.

feed = BlockFeed(store, head)
feed.publish(block)                  # by the one thread that commits
for block in feed.follow(start): …   # by any other, until `close`
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator

from linlian.engine.ledger import Final
from linlian.kernel.block import Block, Header
from linlian.kernel.errors import LinlianError
from linlian.store.protocol import Store

RECENT_BLOCKS = 128


class BlockFeed:
    """The head of a ledger and what follows it."""

    def __init__(self, store: Store, head: Header) -> None:
        self.head = head
        self._store = store
        self._changed = threading.Condition()
        self._recent: deque[Block] = deque(maxlen=RECENT_BLOCKS)
        self._closed = False

    def publish(self, block: Block) -> None:
        """A block is durable: everybody may see it."""
        with self._changed:
            self.head = block.header
            self._recent.append(block)
            self._changed.notify_all()

    def follow(self, start: int) -> Iterator[Block]:
        """Blocks from a height on, then new ones as they come; ends when the feed is closed.

        Raises LinlianError (`engine.not_kept_here`) for a height before the snapshot at which the ledger begins.
        """
        height = max(start, 0)
        while True:
            with self._changed:
                while not self._closed and height > self.head.height:
                    self._changed.wait()
                if height > self.head.height:
                    return
                recent = [block for block in self._recent if block.header.height >= height]
            if not recent or recent[0].header.height > height:
                block = self._store.block(height)
                if block is None:
                    raise LinlianError("engine.not_kept_here", height=height)
                recent = [block]
            for block in recent:
                yield block
                height += 1

    def find(self, item_id: bytes) -> Final | None:
        """What became of a transaction or run, if it is in the ledger."""
        found = self._store.find(item_id)
        block = self._store.block(found[0]) if found else None
        if found is None or block is None:
            return None
        return Final(item_id, found[0], found[1], block.header.time, block.receipts[found[1]])

    def close(self) -> None:
        """Whoever follows gets what is there, and then the end."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
