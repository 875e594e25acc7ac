"""A part of a ledger, checked before the whole: for whoever knows where to look first.

    audit_file(path, since=15_369)      blocks from there on, each as the whole audit checks it
    check_rows(path)                    the state table against the write-sets of all blocks

Both take what lies outside the part as it stands; only the audit of the whole says that it is right.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from linlian.kernel import merkle
from linlian.kernel.errors import LedgerDamaged
from linlian.kernel.state import State
from linlian.kernel.stateproof import paths_of
from linlian.store.audit_block import damaged
from linlian.store.audit_tables import StateTable
from linlian.store.blocks import StoredBlock, decode_header, read_block, recent_ids
from linlian.store.protocol import StoreError
from linlian.store.recovery import fill, no_collection
from linlian.store.sqlite import SqliteStore
from linlian.store.tail import oldest_round


def load_at(db: sqlite3.Connection, state: State, height: int) -> int:
    """Fill an empty state as of a block, from the write-sets up to it; returns the number of items up to there.

    Raises LedgerDamaged (`store.block_missing`), StoreError (`store.damaged`) if the rows do not have the root of that
    block's header, or the headers not that of their log.
    """
    rows: dict[bytes, bytes] = {}
    leaves: list[bytes] = []
    stored = _required(db, 0)
    for number in range(height + 1):
        stored = _required(db, number)
        rows.update(stored.writes())
        leaves.append(merkle.leaf_hash(stored.header))
    held = {key: row for key, row in rows.items() if row}
    ordered = sorted(zip(paths_of(state.chain, held), held, held.values(), strict=True))
    header = decode_header(height, stored.header)
    fill(state, header, rows=ordered, leaves=leaves, recent=recent_ids(db, header, 0))
    return stored.first_item + header.count


def check_rows(path: Path) -> LedgerDamaged | None:
    """The first row of the state table that is not what the write-sets lead to."""
    store = SqliteStore(path, read_only=True)
    try:
        with store.reading() as db, no_collection():
            chain, head = db.execute("SELECT chain, (SELECT max(height) FROM header) FROM genesis").fetchone()
            table = StateTable(oldest_round(db, head))
            rows: dict[bytes, bytes] = {}
            for height in range(head + 1):
                stored = _required(db, height)
                writes = stored.writes()
                table.add(stored, [(key, rows.get(key, b"")) for key, _ in writes])
                rows.update(writes)
            table.check(db, chain, {key: row for key, row in rows.items() if row})
    except LedgerDamaged as finding:
        return finding
    except StoreError as error:
        if error.code != "store.damaged":
            raise
        return LedgerDamaged("store.block_malformed", **{"part": "block", **error.facts})
    finally:
        store.close()
    return None


def _required(db: sqlite3.Connection, height: int) -> StoredBlock:
    stored = read_block(db, height)
    if stored is None:
        damaged(height, "block", "store.block_missing")
    return stored
