"""Disks that fail: what of a store is there when the power comes back.

    memory   a MemoryStore is what is durable; the wrapper stops before or after a write
    file     a real SqliteStore in a folder; at a crash its files are taken as they might be on the disk

Rules
- A write that returned is durable. A write in which the machine stops is there wholly or not at all once the store has
  been opened again; nobody may rely on either.
- Of a file the bytes that were there before a write are on the disk. Of those that the write brought, some beginning
  is, and the rest is the old bytes, zeros or rubbish: first of the log, and only once the whole log is there, page by
  page, of the database (SQLite syncs the log before it carries it over).
- A store may also say no (full), or say no after its last word, so that only its head tells (doubtful). The node lives
  on then.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from random import Random
from typing import Final, Protocol

from linlian.kernel.block import Block, Header
from linlian.kernel.state import State
from linlian.store.memory import MemoryStore
from linlian.store.protocol import Notes, Position, Progress, Store, StoreError
from linlian.store.sqlite import SqliteStore

PAGE: Final = 4096
EAGER_CHECKPOINT_PAGES: Final = 24
"""So that the log is carried over to the database every few blocks."""


class Crash(BaseException):
    """The process or the machine stops here. No handler of the product may catch it."""


class Fault(StrEnum):
    """What befalls a durable write."""

    BEFORE = "before"
    AFTER = "after"
    TORN = "torn"
    FULL = "full"
    DOUBTFUL = "doubtful"


FAULTS: Final = tuple(Fault)


@dataclass
class Faults:
    """The next fault that is planned: at which durable write from now, and which. `seen` counts the writes."""

    at: int = 0
    fault: Fault | None = None
    seen: int = 0

    def plan(self, at: int, fault: Fault) -> None:
        self.at, self.fault = at, fault

    def clear(self) -> None:
        self.fault = None

    def take(self) -> Fault | None:
        """What befalls the write that begins now."""
        self.seen += 1
        if self.fault is None:
            return None
        if self.at:
            self.at -= 1
            return None
        fault, self.fault = self.fault, None
        return fault


class Disk(Protocol):
    """Outlives the node. `open` gives the store as it is found there after whatever happened."""

    faults: Faults

    def open(self) -> Store: ...

    def wipe(self) -> None:
        """Nothing of this node is left: its keeper begins anew."""

    def close(self) -> None: ...


class FaultyStore:
    """Implements `Store` over another one; each durable write may meet its fault."""

    def __init__(self, store: Store, faults: Faults, torn: Callable[[Callable[[], None]], None]) -> None:
        self._store = store
        self._faults = faults
        self._torn = torn

    def _write(self, write: Callable[[], None]) -> None:
        fault = self._faults.take()
        if fault is Fault.TORN:
            self._torn(write)
            raise Crash
        if fault is Fault.BEFORE:
            raise Crash
        if fault is Fault.FULL:
            raise StoreError("store.full", path="simulated", reason="no room")
        write()
        if fault is Fault.AFTER:
            raise Crash
        if fault is Fault.DOUBTFUL:
            raise StoreError("store.failed", path="simulated", reason="after the last word")

    def genesis(self) -> bytes | None:
        return self._store.genesis()

    def create(self, document: bytes, block: Block) -> None:
        self._write(lambda: self._store.create(document, block))

    def begin(self, document: bytes, state: State, notes: Notes | None = None) -> None:
        self._write(lambda: self._store.begin(document, state, notes))

    def commit(self, block: Block, notes: Notes | None = None) -> None:
        self._write(lambda: self._store.commit(block, notes))

    def note(self, notes: Notes) -> None:
        self._write(lambda: self._store.note(notes))

    def noted(self, name: str) -> bytes | None:
        return self._store.noted(name)

    def notes(self, prefix: str) -> list[tuple[str, bytes]]:
        return self._store.notes(prefix)

    def head(self) -> Header | None:
        return self._store.head()

    def header(self, height: int) -> Header | None:
        return self._store.header(height)

    def headers(self, start: int = 0) -> Iterator[Header]:
        return self._store.headers(start)

    def block(self, height: int) -> Block | None:
        return self._store.block(height)

    def blocks(self, start: int = 0) -> Iterator[Block]:
        return self._store.blocks(start)

    def load(self, state: State, progress: Progress | None = None) -> None:
        self._store.load(state, progress)

    def find(self, item_id: bytes) -> tuple[int, int] | None:
        return self._store.find(item_id)

    def positions(self, subject: bytes, start: int = 1) -> Iterator[Position]:
        return self._store.positions(subject, start)

    def backup(self, target: Path, progress: Progress | None = None) -> None:
        self._store.backup(target, progress)

    def size_bytes(self) -> int:
        return self._store.size_bytes()

    def close(self) -> None:
        self._store.close()


@dataclass
class MemoryDisk:
    """Implements `Disk`. It keeps bytes, so what is in it is as good as written."""

    fresh: Callable[[], MemoryStore]
    chance: Random
    faults: Faults = field(default_factory=Faults)

    def __post_init__(self) -> None:
        self._held = self.fresh()

    def open(self) -> Store:
        return FaultyStore(self._held, self.faults, self._half)

    def _half(self, write: Callable[[], None]) -> None:
        """All or nothing: which of them nobody knows."""
        if self.chance.random() < 0.5:
            write()

    def wipe(self) -> None:
        self._held = self.fresh()

    def close(self) -> None:
        """Nothing is open."""


class FileDisk:
    """Implements `Disk` with SQLite's files below `folder`, each life of the node in a folder of its own.

    `begin_with` is a ledger to start from.
    """

    def __init__(self, folder: Path, chance: Random, begin_with: Path | None = None) -> None:
        self.faults = Faults()
        self._folder = folder
        self._chance = chance
        self._begin_with = begin_with
        self._lives = 0
        self._store: SqliteStore | None = None
        self._image: dict[str, bytes] = {}
        self.wipe()

    @property
    def path(self) -> Path:
        return self._folder / str(self._lives) / "ledger.sqlite"

    def wipe(self) -> None:
        self.close()
        self._image = {"": self._begin_with.read_bytes()} if self._begin_with else {}

    def open(self) -> Store:
        """Begin a life with what the last one has left."""
        if self._store is not None:
            self._image = self._image or self._files()
            self.close()
        self._lives += 1
        self.path.parent.mkdir(parents=True)
        for name, data in self._image.items():
            self._file(name).write_bytes(data)
        self._image = {}
        self._store = SqliteStore(self.path)
        self._store._db.execute(f"PRAGMA wal_autocheckpoint={EAGER_CHECKPOINT_PAGES}")
        return FaultyStore(self._store, self.faults, self._tear)

    def close(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None
            shutil.rmtree(self.path.parent)

    def _file(self, name: str) -> Path:
        return self.path.with_name(self.path.name + name)

    def _files(self) -> dict[str, bytes]:
        return {name: self._file(name).read_bytes() for name in ("", "-wal") if self._file(name).exists()}

    def _tear(self, write: Callable[[], None]) -> None:
        """Let the write happen, and keep what of it might have reached the disk when the power went."""
        before, database = self._files(), self._store
        assert database is not None, "a store that is written to is open"
        middle: dict[str, bytes] = {}
        if self._chance.random() < 0.3:
            database._db.set_progress_handler(
                lambda: middle.update(middle or self._files()), self._chance.randrange(5, 2000)
            )
        write()
        database._db.set_progress_handler(None, 0)
        after = self._files()
        if middle:
            self._image = middle
        elif self._chance.random() < 0.6 or before[""] == after[""]:
            log = torn(before.get("-wal", b""), after["-wal"], self._chance)
            self._image = {"": before[""], "-wal": log}
        else:
            self._image = {"": torn_pages(before[""], after[""], self._chance), "-wal": after["-wal"]}


def torn(before: bytes, after: bytes, chance: Random) -> bytes:
    """What a file may hold when a write that led from one content to the other stops: any beginning of what is new."""
    same = next((at for at, (old, new) in enumerate(zip(before, after, strict=False)) if old != new), len(before))
    cut = len(after) if chance.random() < 0.25 else chance.randrange(min(same, len(after)), len(after) + 1)
    rest = len(after) - cut
    filler = chance.choice((before[cut : cut + rest], bytes(rest), chance.randbytes(rest), b""))
    return after[:cut] + filler + before[cut + len(filler) :]


def torn_pages(before: bytes, after: bytes, chance: Random) -> bytes:
    """A database that was being carried over to: each changed page is as before, as after, or torn in the middle."""
    pages = []
    for at in range(0, len(after), PAGE):
        old, new = before[at : at + PAGE].ljust(PAGE, b"\x00"), after[at : at + PAGE]
        cut = chance.choice((0, len(new), chance.randrange(PAGE)))
        pages.append(new if old == new else new[:cut] + old[cut:])
    return b"".join(pages)
