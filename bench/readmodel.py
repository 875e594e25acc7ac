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

from bench.replicas import Pattern, demo_pattern, many
from bench.report import Row
from linlian.kernel.block import Block
from linlian.node import source
from linlian.readmodel.database import Database, Home, tables_of
from linlian.readmodel.query import Parameter, Query
from linlian.readmodel.rebuild import fill, rebuild
from linlian.readmodel.sqlite import SqliteHome
from linlian.readmodel.stream import in_order
from linlian.readmodel.view import Reads
from tests.readmodel.server import running_server

GOAL_MS = 100
ASKED = 60
"""How often each question is put."""

MONTH_MS = 30 * 86_400_000
NAMED_OTHERWISE = {"of": "repeat_of"}


class Drawn(NamedTuple):
    """A value that stands somewhere in the rows."""

    value: bytes


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
        taken = sorted(_ask(database, query))
        rows.append(Row(f"{kind}: {query.name}, p95", taken[int(len(taken) * 0.95)] * 1000, "ms", goal=f"≤ {GOAL_MS}"))
    database.close()
    return rows


def _ask(database: Database, query: Query) -> Iterator[float]:
    """Seconds that it took, each time."""
    chance = random.Random(query.name)
    with database.reading() as db:
        (last,) = db.all(Time, "SELECT MAX(time) AS time FROM ledger_block")
        drawn = {name: _drawn(db, name) for name, part in query.parameters.items() if part.kind is bytes}
    for number in range(ASKED):
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


def _value(part: Parameter, drawn: Sequence[bytes], last: int, chance: random.Random) -> Any:
    """A value such as people give; None leaves it at its default."""
    if part.kind is bytes:
        return chance.choice(drawn) if drawn and (part.required or chance.random() < 0.5) else None
    if part.choices:
        return chance.choice(part.choices) if part.required or chance.random() < 0.7 else None
    if part.name == "since":
        return chance.choice((None, last - MONTH_MS))
    return chance.choice((None, True, False)) if part.kind is bool else None


def _drawn(db: Reads, name: str) -> list[bytes]:
    """Some values of the columns of this name, in whatever table it is a key or stands beside one."""
    column = NAMED_OTHERWISE.get(name, name)
    found: list[bytes] = []
    for table in tables_of(in_order(source.views())):
        if column in table.names and table.columns[table.names.index(column)].kind is bytes:
            sql = f"SELECT {column} AS value FROM {table.name} ORDER BY RANDOM() LIMIT 20"
            found += [row.value for row in db.all(Drawn, sql) if row.value]
    return found


def _events(blocks: Sequence[Block]) -> int:
    return sum(len(receipt.entries) for block in blocks for receipt in block.receipts)
