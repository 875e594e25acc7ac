"""The read model made anew, beginning with what came before this chain.

A successor's block 0 carries rows of state and no events, so queries would know nothing of older houses and cases.
Where the predecessors' ledgers are kept, the rows are therefore made from them first, the oldest chain before the
next; then their heights are moved below 0, and this chain's own blocks follow.

A ledger that began at a snapshot lacks the events before it. Then only blocks and what stands in them have rows; the
businesses have none, rather than some that would pass for all, and `readmodel.begins_later` says so.
"""

from __future__ import annotations

from pathlib import Path

from linlian.engine.ledger import Ledger
from linlian.kernel.block import Header
from linlian.kernel.genesis import Genesis, open_genesis
from linlian.node import folder as place
from linlian.node import source
from linlian.readmodel.database import Database, Home
from linlian.readmodel.rebuild import fill
from linlian.store.protocol import Progress
from linlian.store.sqlite import SqliteStore


def make_anew(folder: Path, home: Home, ledger: Ledger, progress: Progress | None = None) -> None:
    """Throw the rows away and make them again, in one step for whoever reads. Raises ReadModelError."""
    with home.anew(source.views()) as database:
        behind = begins_at(folder)
        if behind is not None:
            fill(database, ledger.follow(behind.height + 1), ledger.head.height, progress, behind)
            return
        for old in predecessors_of(folder):
            _follow_to_its_end(old, database, progress)
        fill(database, ledger.follow(0), ledger.head.height, progress)


def begins_at(folder: Path) -> Header | None:
    """The header of the snapshot at which the folder's ledger begins; None if it has all blocks."""
    store = SqliteStore(folder / place.LEDGER, read_only=True)
    try:
        return store.begins_at()
    finally:
        store.close()


def predecessors_of(folder: Path) -> list[Path]:
    """The ledgers of the chains before this one that are kept here, the oldest first, without a gap."""
    found: list[Path] = []
    genesis = _genesis(folder / place.LEDGER)
    while genesis is not None and genesis.predecessor is not None:
        old = folder / place.PREDECESSORS / f"{genesis.predecessor.chain}.sqlite"
        if not old.is_file():
            break
        found.insert(0, old)
        genesis = _genesis(old)
    return found


def _genesis(ledger: Path) -> Genesis | None:
    store = SqliteStore(ledger, read_only=True)
    try:
        document = store.genesis()
    finally:
        store.close()
    return None if document is None else open_genesis(document)


def _follow_to_its_end(old: Path, database: Database, progress: Progress | None) -> None:
    store = SqliteStore(old, read_only=True)
    try:
        head = store.head()
        assert head is not None, "a predecessor has block 0"
        fill(database, store.blocks(), head.height, progress)
    finally:
        store.close()
    database.move_before(head.height + 1)
