"""Ledgers at rest for the tests: one that was lived once, and the ways to lay it down, spoil it and read it raw."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

from linlian.kernel import codec
from linlian.kernel.block import Block, Header
from linlian.kernel.limits import ORDINARY_WORK
from linlian.kernel.state import State
from linlian.store.audit import AuditReport
from linlian.store.blocks import BODY_BYTES_MAX, StoredBlock, compress, decompress, read_block
from linlian.store.chunks import CHUNK_BYTES_MAX
from linlian.store.protocol import Store
from linlian.store.schema import TABLES
from linlian.store.sqlite import SqliteStore
from tests.store.lending import Town


def lay_down(store: Store, town: Town) -> None:
    """Create the ledger of a town and commit its blocks."""
    store.create(town.document, town.founding)
    for block in town.blocks[1:]:
        store.commit(block)


def sqlite_file(path: Path, town: Town) -> Path:
    """The ledger of a town as a file that nobody has open."""
    with closing(SqliteStore(path)) as store:
        lay_down(store, town)
    return path


def loaded(store: Store, town: Town) -> State:
    """A fresh state, filled from the store."""
    state = State(town.state.chain, ORDINARY_WORK)
    store.load(state)
    return state


def same_state(one: State, other: State) -> bool:
    """Whether two states agree in all that the next block can depend on."""
    return (
        one.header == other.header
        and one.root == other.root
        and one.rows == other.rows
        and one.log.root() == other.log.root()
        and one.timers.due(10**15) == other.timers.due(10**15)
        and all(identifier in other.guard for identifier in _guarded(one))
        and all(identifier in one.guard for identifier in _guarded(other))
    )


def _guarded(state: State) -> list[bytes]:
    return sorted(state.guard._ids)


@contextmanager
def raw(path: Path) -> Iterator[sqlite3.Connection]:
    """The file as an editor with SQLite at hand sees it; changes are kept."""
    with closing(sqlite3.connect(path)) as db, db:
        yield db


def dump(path: Path) -> dict[str, list[Any]]:
    """Everything that the file says, compressed state unpacked: what no harmless damage may change."""
    with raw(path) as db:
        tables = {name: db.execute(f"SELECT * FROM {name} ORDER BY 1, 2").fetchall() for name in TABLES}
        tables["state"] = [(chunk, decompress(rows, CHUNK_BYTES_MAX)) for chunk, rows in tables["state"]]
        tables["schema"] = db.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name").fetchall()
    return tables


def stored_block(db: sqlite3.Connection, height: int) -> tuple[StoredBlock, Block]:
    """A block's rows, and what they hold."""
    row = read_block(db, height)
    assert row is not None
    return row, Block.decode(codec.decode(Header, row.header), decompress(row.body, BODY_BYTES_MAX))


def overwrite(db: sqlite3.Connection, row: StoredBlock) -> None:
    """Put a block's rows in the place of the old ones, checksum made good: the editor knows our program."""
    row = row._replace(checksum=row.compute_checksum())
    db.execute("DELETE FROM header WHERE height = ?", (row.height,))
    db.execute("DELETE FROM block WHERE height = ?", (row.height,))
    db.execute("INSERT INTO header VALUES (?, ?, ?, ?, ?)", row[:5])
    db.execute("INSERT INTO block VALUES (?, ?, ?, ?)", (row.height, *row[5:]))


def overwrite_block(db: sqlite3.Connection, row: StoredBlock, block: Block) -> None:
    """The same with another header, body or number of runs."""
    header, body = codec.encode(block.header), compress(block.encode_body())
    overwrite(db, row._replace(runs=block.runs, header=header, body=body))


def anchor(town: Town, height: int) -> tuple[int, bytes]:
    """What somebody who once saw a header kept of it."""
    return height, sha256(codec.encode(town.blocks[height].header)).digest()


def assert_finding(report: AuditReport, part: str, height: int | None, code: str | None = None, **facts: Any) -> None:
    """The report has a finding, and it points there."""
    assert report.finding is not None
    assert (report.finding.facts["part"], report.finding.facts.get("height")) == (part, height), report.finding
    assert code is None or report.finding.code == code, report.finding
    assert {name: report.finding.facts.get(name) for name in facts} == facts
