"""What every store does; one test suite runs on each of them.

Rules
- `commit` is atomic and durable: after it returns, the block and everything derived from it survive any crash;
  before it returns, nothing of it is seen.
- The block with its write-set is the durable log. State rows and indexes may lag behind in their own tables; `load`
  makes up for it from the blocks.
- A store never changes or removes a committed block.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, Protocol

from linlian.kernel.block import Block, Header
from linlian.kernel.errors import LinlianError
from linlian.kernel.state import State

Notes = Mapping[str, bytes]
Progress = Callable[[int, int], None]
"""Called with (done, of) while something long goes on."""


class StoreError(LinlianError):
    """The store cannot be used: locked, of a newer version, full, damaged. Nothing committed is lost."""


class Position(NamedTuple):
    """Where an entry of a subject stands: its number in the subject's history (from 1), and the entry's place."""

    number: int
    height: int
    receipt: int
    event: int


class Store(Protocol):
    """Raises StoreError with a `store.…` code from any call."""

    def genesis(self) -> bytes | None:
        """The genesis document, or None if the store is empty."""

    def create(self, document: bytes, block: Block) -> None:
        """Begin a ledger with its genesis document and block 0. `store.not_empty` if there is one."""

    def begin(self, document: bytes, state: State, notes: Notes | None = None) -> None:
        """Begin at a state that was taken over from others, without the blocks before it. `store.not_empty`."""

    def commit(self, block: Block, notes: Notes | None = None) -> None:
        """Append the next block, atomically and durably. `store.not_next` if it is not height + 1.

        `notes` are the engine's own, by name, and become durable with the block.
        """

    def note(self, notes: Notes) -> None:
        """Set notes where there is no block to set them with. An empty value removes one."""

    def noted(self, name: str) -> bytes | None: ...

    def notes(self, prefix: str) -> list[tuple[str, bytes]]:
        """All notes whose names begin so, in their order."""

    def head(self) -> Header | None: ...

    def header(self, height: int) -> Header | None: ...

    def headers(self, start: int = 0) -> Iterator[Header]: ...

    def block(self, height: int) -> Block | None: ...

    def blocks(self, start: int = 0) -> Iterator[Block]: ...

    def load(self, state: State, progress: Progress | None = None) -> None:
        """Fill an empty state up to the head: rows, timers, log, replay guard. `store.damaged` if roots disagree."""

    def find(self, item_id: bytes) -> tuple[int, int] | None:
        """(height, receipt index) of a transaction or run by its id."""

    def positions(self, subject: bytes, start: int = 1) -> Iterator[Position]:
        """A subject's history from entry `start` on, in order."""

    def backup(self, target: Path, progress: Progress | None = None) -> None:
        """Write a complete, consistent copy while the store is in use. `store.target_exists` if it is there."""

    def size_bytes(self) -> int:
        """What the store takes on disk."""

    def close(self) -> None: ...
