"""The read model made anew, beginning with what came before this chain.

A successor's block 0 carries rows of state and no events, so queries would know nothing of older houses and cases.
Where the predecessors' ledgers are kept, the rows are therefore made from them first, the oldest chain before the
next; then their heights are moved below 0, and this chain's own blocks follow.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from linlian.engine.ledger import Ledger
from linlian.kernel.genesis import Genesis, open_genesis
from linlian.node import folder as place
from linlian.node import source
from linlian.readmodel import stream
from linlian.readmodel.database import POSITION
from linlian.readmodel.rebuild import fill, rebuild
from linlian.readmodel.sqlite import SqliteDatabase, remove, take_place
from linlian.store.protocol import Progress
from linlian.store.sqlite import SqliteStore

_FAR = 1 << 40
"""Further than any height: moved there and back, no two rows meet on the way."""


def make_anew(folder: Path, ledger: Ledger, progress: Progress | None = None) -> None:
    """Throw the rows away and make them again, in one step for whoever reads. Raises ReadModelError."""
    path, views, earlier = folder / place.READ_MODEL, source.views(), predecessors_of(folder)
    if not earlier:
        rebuild(ledger.follow(0), ledger.head.height, path, views, progress)
        return
    seeded = path.with_name(f"{path.name}.seeded")
    remove(seeded)
    for old in earlier:
        _follow_to_its_end(old, seeded, progress)
    database = SqliteDatabase(seeded, views)
    try:
        fill(database, ledger.follow(0), ledger.head.height, progress)
    finally:
        database.close()
    take_place(seeded, path)


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


def _follow_to_its_end(old: Path, path: Path, progress: Progress | None) -> None:
    store = SqliteStore(old, read_only=True)
    try:
        head = store.head()
        assert head is not None, "a predecessor has block 0"
        database = SqliteDatabase(path, source.views())
        try:
            fill(database, store.blocks(), head.height, progress)
        finally:
            database.close()
    finally:
        store.close()
    _move_before(path, head.height + 1)


def _move_before(path: Path, blocks: int) -> None:
    """Move all heights down by so many blocks, and set the position back to before any chain."""
    tables = [table for view in stream.in_order(source.views()) for table in view.tables.values()]
    with closing(sqlite3.connect(path)) as db, db:
        for table in tables:
            if "height" in table.names:
                for step in (-_FAR, _FAR - blocks):
                    db.execute(f"UPDATE {table.name} SET height = height + {step}")
        db.execute(f"UPDATE {POSITION.name} SET chain = '', height = -1, header_hash = x''")
