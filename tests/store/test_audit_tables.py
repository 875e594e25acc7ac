"""Whatever is changed in a ledger, the audit says so, and where: tables that follow from blocks, and the rest.

The editor of these tests knows our program: he makes checksums good.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from linlian.store import index
from linlian.store.audit import audit_file
from linlian.store.blocks import compress, decompress
from linlian.store.chunks import CHUNK_BYTES_MAX, decode_chunk, encode_chunk
from tests.store.ledgers import assert_finding, raw
from tests.store.lending import Town

HEIGHT = 33
"""A block in the middle, with runs, refusals and deletions."""


def edit_chunk(db: sqlite3.Connection, change: Callable[[dict[bytes, bytes]], None]) -> int:
    number, data = db.execute("SELECT chunk, rows FROM state ORDER BY length(rows) DESC").fetchone()
    rows = decode_chunk(decompress(data, CHUNK_BYTES_MAX))
    change(rows)
    db.execute("UPDATE state SET rows = ? WHERE chunk = ?", (compress(encode_chunk(rows)), number))
    return int(number)


def _flip_first(rows: dict[bytes, bytes]) -> None:
    key = min(rows)
    rows[key] = rows[key][:-1] + bytes([rows[key][-1] ^ 1])


@pytest.mark.parametrize(
    "change",
    [
        _flip_first,
        lambda rows: rows.pop(min(rows)),
        lambda rows: rows.update({b"\x0clending.toolXXXX": bytes(20)}),
        lambda rows: rows.update({min(rows): b""}),
        lambda rows: rows.clear(),
    ],
    ids=["changed", "removed", "added", "emptied", "cleared"],
)
def test_an_edited_state_row_is_found(path: Path, change: Callable[[dict[bytes, bytes]], None]) -> None:
    with raw(path) as db:
        number = edit_chunk(db, change)
        height = last_turn(db, number)
    assert_finding(audit_file(path), "state", height, chunk=number)


def last_turn(db: sqlite3.Connection, number: int) -> int:
    """The block that last wrote a chunk."""
    found, before = -1, 0
    for height, turns in db.execute("SELECT height, chunks_written FROM header ORDER BY height"):
        if (number - before) % (1 << 14) < turns - before:
            found = height
        before = turns
    return found


def test_a_missing_and_a_stray_chunk_are_found(path: Path) -> None:
    with raw(path) as db:
        number, data = db.execute("SELECT chunk, rows FROM state ORDER BY chunk").fetchone()
        db.execute("DELETE FROM state WHERE chunk = ?", (number,))
        height = last_turn(db, number)
    assert_finding(audit_file(path), "state", height, "store.state_differs", chunk=number)
    with raw(path) as db:
        db.execute("INSERT INTO state VALUES (?, ?)", (number + 1, data))
        height = last_turn(db, number + 1)
    assert_finding(audit_file(path), "state", height, "store.state_differs", chunk=number + 1)
    with raw(path) as db:
        db.execute("DELETE FROM state WHERE chunk = ?", (number + 1,))
        db.execute("INSERT INTO state VALUES (?, ?)", (1 << 14, data))
    assert_finding(audit_file(path), "state", None, "store.state_differs", chunk=1 << 14)


@pytest.mark.parametrize("table", ["item", "entry"])
@pytest.mark.parametrize(
    ("edit", "missing"),
    [
        ("DELETE FROM {table} WHERE place = {place}", True),
        ("UPDATE {table} SET place = place + 1 WHERE place = {place}", True),
        ("UPDATE {table} SET epoch = 7 WHERE place = {place}", True),
    ],
)
def test_an_edited_index_is_found(path: Path, table: str, edit: str, missing: bool) -> None:
    with raw(path) as db:
        (place,) = db.execute(f"SELECT max(place) FROM {table} WHERE place < ?", ((HEIGHT + 1) << 12,)).fetchone()
        db.execute(edit.format(table=table, place=place))
    height, receipt = index.split_place(place)
    assert_finding(audit_file(path), f"{table} index", height, "store.index_differs", receipt=receipt, missing=missing)


def test_a_row_too_much_in_an_index_is_found(path: Path) -> None:
    with raw(path) as db:
        db.execute("INSERT INTO item VALUES (0, zeroblob(8), ?)", (HEIGHT << 12 | 3,))
    assert_finding(audit_file(path), "item index", HEIGHT, "store.index_differs", receipt=3, missing=False)
    with raw(path) as db:
        db.execute("UPDATE item SET epoch = 9 WHERE prefix = zeroblob(8)")
    assert_finding(audit_file(path), "item index", None, "store.index_differs")


# The rest of the file.


def test_another_genesis_is_found(path: Path) -> None:
    with raw(path) as db:
        db.execute("UPDATE genesis SET document = ?", (Town(members=2).document,))
    assert_finding(audit_file(path), "genesis", 0, "store.genesis_differs")


def test_a_chain_renamed_with_its_genesis_is_found(path: Path) -> None:
    other = Town(members=2)
    with raw(path) as db:
        db.execute("UPDATE genesis SET chain = ?, document = ?", (other.state.chain, other.document))
    assert_finding(audit_file(path), "header", 0, "store.other_chain")


def test_a_genesis_that_is_none_is_found(path: Path) -> None:
    with raw(path) as db:
        db.execute("UPDATE genesis SET document = zeroblob(9)")
    assert_finding(audit_file(path), "genesis", 0)
    with raw(path) as db:
        db.execute("INSERT INTO genesis SELECT 'other', document FROM genesis")
    assert_finding(audit_file(path), "genesis", None, "store.genesis_count")


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE diary (day TEXT)",
        "CREATE INDEX faster ON block (checksum)",
        "CREATE VIEW seen AS SELECT height FROM header",
        "CREATE TRIGGER sly AFTER INSERT ON block BEGIN DELETE FROM item; END",
        "ALTER TABLE block ADD COLUMN more BLOB",
        "DROP TABLE item",
    ],
)
def test_nothing_else_may_stand_in_the_file(path: Path, statement: str) -> None:
    with raw(path) as db:
        db.execute(statement)
    assert_finding(audit_file(path), "database", None, "store.unexpected_schema")
