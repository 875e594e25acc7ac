"""The rows of a read model, many times over: the same people and houses at hand, and ever more around them.

Each row of each table is copied with other identifiers at other heights and earlier times, so that every list has as
many lines more, whichever business it is of. What is kept has the same identifier in all copies: whoever reads, the
organisations, one home and one repair, so that the lists *of* these grow too. No rule sees the copies: what is
measured are rows and pages, not the ledger.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from linlian.node import source
from linlian.readmodel.database import POSITION, tables_of
from linlian.readmodel.stream import in_order
from linlian.readmodel.view import Table

ID_SIZES = (16, 32)
EPOCH_MS = 10**12
"""An integer beyond it is a time."""
STEP_MS = 60_000
LARGE = ("building", "section", "floor")
"""There are many of these, and no one of them becomes larger than it is."""


def multiply(path: Path, times: int, kept: Collection[bytes], businesses: Collection[str] = ()) -> int:
    """Copy everything until it is there `times` times; how many rows there are then.

    `businesses`: only what stands in the rows of these.
    """
    keep = frozenset(kept)

    def other(value: Any, copy: int) -> Any:
        if isinstance(value, bytes) and len(value) in ID_SIZES and value not in keep:
            return value[:-4] + (int.from_bytes(value[-4:], "big") ^ copy).to_bytes(4, "big")
        return value

    with closing(sqlite3.connect(path, timeout=60, isolation_level=None)) as db:
        db.create_function("other", 2, other, deterministic=True)
        db.create_function("is_kept", 1, lambda value: value in keep, deterministic=True)
        db.execute("CREATE TEMP TABLE copy (copy INTEGER PRIMARY KEY)")
        db.executemany("INSERT INTO copy VALUES (?)", [(number,) for number in range(1, times)])
        (height,) = db.execute(f"SELECT height FROM {POSITION.name}").fetchone()
        db.execute("BEGIN IMMEDIATE")
        total = 0
        for table in tables_of(in_order(source.views())):
            if table is not POSITION and (not businesses or table.name.partition("_")[0] in businesses):
                db.execute(_copying(table, height + 1))
                total += db.execute(f"SELECT COUNT(*) FROM {table.name}").fetchone()[0]
        db.execute("COMMIT")
        db.execute("ANALYZE")
    return total


def _copying(table: Table[Any], heights: int) -> str:
    key = table.names[: table.key_size]
    numbered = all(column.kind is int for column in table.columns[: table.key_size])
    values = [_value(column.kind, name, numbered and name == key[0], heights) for name, column in _columns(table)]
    source_rows = f"SELECT * FROM {table.name}"
    if table.name == "places_occupancy":
        source_rows += " WHERE NOT (is_kept(place) AND is_kept(account))"
    if table.name == "places_within":
        source_rows += f" WHERE is_kept(place) OR NOT is_kept(holder) OR kind NOT IN {LARGE}"
    return (
        f"INSERT OR IGNORE INTO {table.name} ({', '.join(table.names)}) "
        f"SELECT {', '.join(values)} FROM ({source_rows}) AS told, copy"
    )


def _columns(table: Table[Any]) -> Sequence[tuple[str, Any]]:
    return list(zip(table.names, table.columns, strict=True))


def _value(kind: type[Any], name: str, numbers: bool, heights: int) -> str:
    if kind is bytes:
        return f"other({name}, copy.copy)"
    if kind is int and (name == "height" or numbers):
        return f"{name} - copy.copy * {heights}"
    if name == "day":
        return name
    return f"CASE WHEN {name} > {EPOCH_MS} THEN {name} - copy.copy * {STEP_MS} ELSE {name} END" if kind is int else name
