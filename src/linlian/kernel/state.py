"""The state of a community at one height: rows, their authenticated tree, timers, the log, the replay guard.

Rules
- `apply` moves one block on and `rollback` takes the last block back exactly; nothing else changes the state.
- A row is 16 salt bytes and a value; the tree holds the hash of both, so a neighbour in a bucket cannot be guessed.
- Up to 64 blocks can be taken back. What they replaced is kept for that, and serves proofs at these heights.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from linlian.kernel.block import Block, Header
from linlian.kernel.contract import SALT_BYTES, Reader, Row, Table
from linlian.kernel.entropy import check_shown
from linlian.kernel.limits import UNDO_BLOCKS, Work
from linlian.kernel.merkle import Log
from linlian.kernel.release import Release, current_release
from linlian.kernel.replay import Forgotten, ReplayGuard
from linlian.kernel.stateproof import StateProof, path_of, value_hash
from linlian.kernel.statetree import StateTree
from linlian.kernel.timers import TIMERS, TimerIndex

R = TypeVar("R", bound=Row)
Writes = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class _Undo:
    header: Header
    writes: Writes
    tree: Any
    forgotten: Forgotten


class State(Reader):
    """Rows in memory and everything derived from them. `header` is the last block's, None before block 0."""

    def __init__(self, chain: str, work: Work):
        self.chain = chain
        self.work = work
        self.header: Header | None = None
        self.rows: dict[bytes, bytes] = {}
        self.tree = StateTree()
        self.log = Log()
        self.timers = TimerIndex()
        self.guard = ReplayGuard()
        self._undo: deque[_Undo] = deque(maxlen=UNDO_BLOCKS)

    @property
    def height(self) -> int:
        """The last block's height; -1 before block 0."""
        return -1 if self.header is None else self.header.height

    @property
    def time(self) -> int:
        """The last block's time in milliseconds; 0 before block 0."""
        return 0 if self.header is None else self.header.time

    @property
    def root(self) -> bytes:
        return self.tree.root()

    @property
    def release(self) -> Release:
        """The release row as the next block will see it."""
        return current_release(self).at(self.height + 1)

    def row(self, key: bytes) -> bytes | None:
        """A row with its salt."""
        return self.rows.get(key)

    def read(self, key: bytes) -> bytes | None:
        row = self.rows.get(key)
        return None if row is None else row[SALT_BYTES:]

    def path(self, key: bytes) -> bytes:
        """Where the row under a full key stands in the tree."""
        return path_of(self.chain, key)

    def load(self, rows: Iterable[tuple[bytes, bytes, bytes]]) -> None:
        """Fill an empty state from (path, full key, row) in path order; roots are the caller's to compare."""
        held, prefix, timers = self.rows, TIMERS.prefix, self.timers

        def hashes() -> Iterator[tuple[bytes, bytes]]:
            for path, key, row in rows:
                held[key] = row
                if key.startswith(prefix):
                    timers.set(key, TIMERS.decode(row[SALT_BYTES:]).due)
                yield path, value_hash(row)

        self.tree.build(hashes())

    def stage(self, writes: Writes) -> Any:
        """Update rows, timers and tree; returns what `unstage` needs. The header is still the previous one."""
        rows, changes, before = self.rows, [], []
        for key, row in writes:
            before.append((key, rows.get(key, b"")))
            self._set(key, row)
            changes.append((self.path(key), value_hash(row) if row else None))
        return before, self.tree.update(changes)

    def unstage(self, staged: Any) -> None:
        """Take a stage back."""
        before, tree = staged
        for key, row in before:
            self._set(key, row)
        self.tree.undo(tree)

    def seal(self, header: Header, staged: Any, ids: list[bytes]) -> None:
        """Make the staged rows the state at `header`; `ids` are the block's transactions, for the replay guard."""
        before, tree = staged
        forgotten = self.guard.add(header.time, ids)
        if self.header is not None:
            self._undo.append(_Undo(self.header, before, tree, forgotten))
        self.header = header
        self.log.append(header.leaf())

    def replay(self, block: Block) -> None:
        """Apply a sealed block by its write-set, without executing it; roots are the caller's to compare."""
        self.seal(
            block.header, self.stage(block.writes), [block.item_id(i) for i in range(block.runs, len(block.items))]
        )

    def rollback(self) -> None:
        """Take the last block back. Raises IndexError if it is not held any more."""
        undo = self._undo.pop()
        self.unstage((undo.writes, undo.tree))
        self.header = undo.header
        self.log.truncate(undo.header.height + 1)
        self.guard.remove_last(undo.forgotten)

    def prove(self, key: bytes, height: int | None = None) -> tuple[bytes | None, StateProof]:
        """The row (with salt) or None, and its proof against the state root of `height` (default: the head).

        Raises LookupError if the height is not among the last 64, LinlianError for the row that is never shown.
        """
        check_shown(key)
        back = 0 if height is None else self.height - height
        if not 0 <= back <= len(self._undo):
            raise LookupError(f"height {height} is not among the last {UNDO_BLOCKS}")
        later = list(self._undo)[len(self._undo) - back :]
        replaced = (before for undo in later for written, before in undo.writes if written == key)
        row = next(replaced, self.rows.get(key, b""))
        return row or None, self.tree.prove(self.path(key), [undo.tree for undo in later])

    def table_rows(self, table: Table[R]) -> Iterator[tuple[bytes, R]]:
        """All rows of a table in key order. Reads the whole state: for invariants, audits and exports."""
        for key in sorted(self.rows):
            if key.startswith(table.prefix):
                yield key[len(table.prefix) :], table.decode(self.rows[key][SALT_BYTES:])

    def _set(self, key: bytes, row: bytes) -> None:
        if row:
            self.rows[key] = row
        else:
            self.rows.pop(key, None)
        if key.startswith(TIMERS.prefix):
            self.timers.set(key, TIMERS.decode(row[SALT_BYTES:]).due if row else None)
