"""The rows for queries: how fast they follow, and how long each question takes when there are many repairs.

Each question is put with parameters drawn from the rows themselves (that case, this person, a place with all that
stands in it), with every choice that it offers, from the beginning and for the last month, its first page and its
second.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from bench.replicas import Pattern, demo_pattern, many
from bench.report import Row
from linlian.kernel.block import Block
from linlian.node import source
from linlian.readmodel.database import Database, Home, tables_of
from linlian.readmodel.query import Parameter, Query
from linlian.readmodel.rebuild import fill, rebuild
from linlian.readmodel.sqlite import SqliteHome
from linlian.readmodel.stream import in_order
from linlian.readmodel.view import Millis, Reads
from tests.readmodel.server import running_server

GOAL_MS = 100
ASKED = 60
"""How often each question is put."""

MONTH_MS = 30 * 86_400_000
NAMED_OTHERWISE: dict[tuple[str, type], str] = {
    ("of", bytes): "repeat_of",
    ("inviter", bytes): "opened_by",
    ("into", bytes): "merged_into",
    ("building", int): "number",
}
"""Columns in which the values of a parameter stand, where they have a name of their own."""


class DrawnBytes(NamedTuple):
    """A value that stands somewhere in the rows."""

    value: bytes


class DrawnNumber(NamedTuple):
    """The same, of a number."""

    value: int


class DrawnText(NamedTuple):
    """The same, of a word."""

    value: str


DRAWN: dict[type, Any] = {bytes: DrawnBytes, int: DrawnNumber, str: DrawnText}


def readmodel(requests: int, followed: int) -> list[Row]:
    """Both databases: events a second, live and when made anew, and p95 of each question."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder, ExitStack() as closing:
        server = closing.enter_context(running_server())
        pattern = demo_pattern(Path(folder) / "demo")
        kinds: dict[str, tuple[Home, Home]] = {
            "SQLite": (SqliteHome(Path(folder) / "live.sqlite"), SqliteHome(Path(folder) / "many.sqlite")),
            "PostgreSQL": (server.home("live"), server.home("many")),
        }
        for kind, (live, whole) in kinds.items():
            rows += _following(kind, live, pattern, followed)
            rows += _asking(kind, whole, pattern, requests)
    return rows


def _following(kind: str, home: Home, pattern: Pattern, requests: int) -> list[Row]:
    blocks, _ = many(pattern, requests)
    made = list(blocks)
    database = home.open(source.views())
    started = time.perf_counter()
    fill(database, made, len(made) - 1)
    seconds = time.perf_counter() - started
    database.close()
    return [Row(f"{kind}: events a second, catching up", _events(made) / seconds, "events/s")]


def _asking(kind: str, home: Home, pattern: Pattern, requests: int) -> list[Row]:
    blocks, count = many(pattern, requests)
    made = 0

    def counted() -> Iterator[Block]:
        nonlocal made
        for block in blocks:
            made += _events([block])
            yield block

    started = time.perf_counter()
    rebuild(counted(), count - 1, home, source.views())
    seconds = time.perf_counter() - started
    database = home.open(source.views())
    name = f"{kind}: events a second, made anew ({made:,}; the copies' making included)"
    rows = [Row(name, made / seconds, "events/s")]
    for query in source.queries().values():
        taken = sorted(put(database, query, ASKED))
        rows.append(Row(f"{kind}: {query.name}, p95", taken[int(len(taken) * 0.95)] * 1000, "ms", goal=f"≤ {GOAL_MS}"))
    database.close()
    return rows


def put(database: Database, query: Query, times: int) -> Iterator[float]:
    """Put a question so many times; the seconds that it took, each time."""
    chance = random.Random(query.name)
    with database.reading() as db:
        (last,) = db.all(Time, "SELECT MAX(time) AS time FROM ledger_block")
        drawn = {name: _drawn(db, name, part) for name, part in query.parameters.items() if _is_drawn(part)}
    for number in range(times):
        values = {}
        for name, part in query.parameters.items():
            value = _value(part, drawn.get(name, []), last.time, chance)
            if value is not None:
                values[name] = value
        with database.reading() as db:
            started = time.perf_counter()
            page = query.page(db, values)
            taken = time.perf_counter() - started
            if page.next and number % 2:
                started = time.perf_counter()
                query.page(db, values, page.next)
                taken = time.perf_counter() - started
        yield taken


class Time(NamedTuple):
    """A moment."""

    time: int


def _value(part: Parameter, drawn: Sequence[Any], last: int, chance: random.Random) -> Any:
    """A value such as people give; None leaves it at its default."""
    if part.annotation == Millis and part.name == "since":
        return last - MONTH_MS if part.required else chance.choice((None, last - MONTH_MS))
    if part.choices:
        return chance.choice(part.choices) if part.required or chance.random() < 0.7 else None
    if _is_drawn(part):
        return chance.choice(drawn or (_nowhere(part),)) if part.required or (drawn and chance.random() < 0.5) else None
    return chance.choice((None, True, False)) if part.kind is bool else None


def _nowhere(part: Parameter) -> bytes:
    """What nothing has, where the rows hold nothing of the kind."""
    return bytes(max(each.min_length or 0 for each in part.annotation.__metadata__))


def _is_drawn(part: Parameter) -> bool:
    """Whether its values are taken from the rows."""
    return part.kind is bytes or (part.required and not part.choices)


def _drawn(db: Reads, name: str, part: Parameter) -> list[Any]:
    """Some values of the columns of this name, in whatever table it is a key or stands beside one, that may be asked:
    a hundred thousand copies have houses with numbers that no house has."""
    kind = part.kind
    column = NAMED_OTHERWISE.get((name, kind), name)
    found: list[Any] = []
    for table in tables_of(in_order(source.views())):
        if column in table.names and table.columns[table.names.index(column)].kind is kind:
            sql = f"SELECT {column} AS value FROM {table.name} ORDER BY RANDOM() LIMIT 20"
            found += [row.value for row in db.all(DRAWN[kind], sql) if row.value and _may_be_asked(row.value, part)]
    return found


def _may_be_asked(value: Any, part: Parameter) -> bool:
    try:
        msgspec.convert(value, part.annotation)
    except msgspec.ValidationError:
        return False
    return True


def _events(blocks: Sequence[Block]) -> int:
    return sum(len(receipt.entries) for block in blocks for receipt in block.receipts)
