"""The ledger in memory: for tests, trials, and whatever need not outlive its process.

It keeps every block as bytes, so nobody who holds a block can change the ledger through it; rows and indexes are
plain dictionaries. Its backup is a SQLite file like any other.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from linlian.kernel.block import Block, Header
from linlian.kernel.genesis import chain_id
from linlian.kernel.limits import VALIDITY_MS_MAX
from linlian.kernel.state import State
from linlian.kernel.stateproof import paths_of
from linlian.store import index
from linlian.store.chunks import merge
from linlian.store.protocol import Notes, Position, Progress, StoreError
from linlian.store.recovery import fill
from linlian.store.sqlite import SqliteStore


class MemoryStore:
    """Implements `Store`."""

    def __init__(self) -> None:
        self._document: bytes | None = None
        self._headers: list[Header] = []
        self._bodies: list[bytes] = []
        self._ids: list[list[bytes]] = []
        self._rows: dict[bytes, bytes] = {}
        self._places: dict[bytes, tuple[int, int]] = {}
        self._positions: dict[bytes, list[Position]] = {}
        self._notes: dict[str, bytes] = {}
        self._closed = False

    def genesis(self) -> bytes | None:
        self._check_open()
        return self._document

    def create(self, document: bytes, block: Block) -> None:
        if self.genesis() is not None:
            raise StoreError("store.not_empty")
        if block.header.height != 0 or block.header.chain != chain_id(document):
            raise StoreError("store.not_next", height=block.header.height, expected=0)
        self._append(block)
        self._document = document

    def begin(self, document: bytes, state: State, notes: Notes | None = None) -> None:
        """A ledger in memory holds every block: StoreError (`store.whole_only`)."""
        raise StoreError("store.whole_only")

    def commit(self, block: Block, notes: Notes | None = None) -> None:
        head = self._head()
        if block.header.height != head.height + 1 or block.header.chain != head.chain:
            raise StoreError("store.not_next", height=block.header.height, expected=head.height + 1)
        self._append(block)
        self.note(notes or {})

    def note(self, notes: Notes) -> None:
        self._check_open()
        self._notes |= notes
        self._notes = {name: value for name, value in self._notes.items() if value}

    def noted(self, name: str) -> bytes | None:
        return self._notes.get(name)

    def notes(self, prefix: str) -> list[tuple[str, bytes]]:
        return sorted((name, value) for name, value in self._notes.items() if name.startswith(prefix))

    def head(self) -> Header | None:
        self._check_open()
        return self._headers[-1] if self._headers else None

    def header(self, height: int) -> Header | None:
        self._check_open()
        return self._headers[height] if 0 <= height < len(self._headers) else None

    def headers(self, start: int = 0) -> Iterator[Header]:
        while (header := self.header(start)) is not None:
            yield header
            start += 1

    def block(self, height: int) -> Block | None:
        header = self.header(height)
        return None if header is None else Block.decode(header, self._bodies[height])

    def blocks(self, start: int = 0) -> Iterator[Block]:
        while (block := self.block(start)) is not None:
            yield block
            start += 1

    def load(self, state: State, progress: Progress | None = None) -> None:
        head = self._head()
        if state.chain != head.chain:
            raise StoreError("store.other_chain", chain=head.chain, expected=state.chain)
        rows = sorted(zip(paths_of(head.chain, self._rows), self._rows.keys(), self._rows.values(), strict=True))
        recent = [
            (header.time, ids)
            for header, ids in zip(self._headers, self._ids, strict=True)
            if header.time + VALIDITY_MS_MAX >= head.time
        ]
        fill(state, head, rows=rows, leaves=(header.leaf() for header in self._headers), recent=recent)
        if progress is not None:
            progress(1, 1)

    def find(self, item_id: bytes) -> tuple[int, int] | None:
        self._check_open()
        return self._places.get(item_id)

    def positions(self, subject: bytes, start: int = 1) -> Iterator[Position]:
        self._check_open()
        yield from [position for position in self._positions.get(subject, ()) if position.number >= start]

    def backup(self, target: Path, progress: Progress | None = None) -> None:
        self._head()
        if target.exists():
            raise StoreError("store.target_exists", path=str(target))
        assert self._document is not None
        copy = SqliteStore(target)
        try:
            for block in self.blocks():
                if block.header.height == 0:
                    copy.create(self._document, block)
                else:
                    copy.commit(block)
                if progress is not None:
                    progress(block.header.height + 1, len(self._headers))
        finally:
            copy.close()

    def size_bytes(self) -> int:
        """Nothing rests on a disk."""
        self._check_open()
        return 0

    def close(self) -> None:
        self._closed = True

    def _append(self, block: Block) -> None:
        height, ids = block.header.height, index.item_ids(block)
        entries = index.entry_rows(block, epoch=0)
        body = block.encode_body()
        for _, subject, number, place, event in entries:
            position = Position(number, *index.split_place(place), event)
            self._positions.setdefault(subject, []).append(position)
        self._places.update({identifier: (height, receipt) for receipt, identifier in enumerate(ids)})
        merge(self._rows, dict(block.writes))
        self._headers.append(block.header)
        self._bodies.append(body)
        self._ids.append(ids[block.runs :])

    def _head(self) -> Header:
        head = self.head()
        if head is None:
            raise StoreError("store.empty")
        return head

    def _check_open(self) -> None:
        if self._closed:
            raise StoreError("store.closed")
