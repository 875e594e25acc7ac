"""No list reads a whole table that grows with every event, whatever is asked of it, on its first page and behind it.

SQLite is asked how it would go about it (EXPLAIN QUERY PLAN) before it has seen any rows: so it takes tables for large.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from linlian.node import source
from linlian.readmodel.paging import order_of, question_of, write_cursor
from linlian.readmodel.query import Query
from linlian.readmodel.sqlite import SqliteDatabase
from tests.everybody.test_readmodel import samples

BOUNDED = ("identity_", "delegations_", "council_", "places_", "calendars_", "ledger_outcome", "repairs_news")
"""Tables with as many rows as there are people, places, years, commands or slots; they may be read from end to end."""

QUERIES = source.queries()
_SCAN = re.compile(r"SCAN (\w+)( USING)?")


class Explaining:
    """Notes how each question would be answered, and answers that there is nothing."""

    def __init__(self, connection: sqlite3.Connection):
        self.connection = connection
        self.plans: list[tuple[str, list[str]]] = []

    def all(self, kind: type[Any], sql: str, /, **parameters: Any) -> list[Any]:
        given = {name: str(value) if isinstance(value, str) else value for name, value in parameters.items()}
        rows = self.connection.execute(f"EXPLAIN QUERY PLAN {sql}", given).fetchall()
        self.plans.append((sql, [row[3] for row in rows]))
        return []

    def one(self, kind: type[Any], sql: str, /, **parameters: Any) -> None:
        self.all(kind, sql, **parameters)


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    path: Path = tmp_path_factory.mktemp("plans") / "readmodel.sqlite"
    SqliteDatabase(path, source.views()).close()
    connection = sqlite3.connect(path)
    yield connection
    connection.close()


def plans(query: Query, connection: sqlite3.Connection) -> list[tuple[str, list[str]]]:
    """How it would go about each kind of question; every list also behind a row."""
    explaining = Explaining(connection)
    required = {name: samples(part)[0] for name, part in query.parameters.items() if part.required}
    asked = [required, *({**required, name: v} for name, part in query.parameters.items() for v in samples(part))]
    for values in asked:
        query.ask(explaining, values)
        if query.paged:
            sql = explaining.plans[-1][0]
            order = order_of(sql.rpartition("ORDER BY")[2].rpartition("LIMIT")[0], query.row)
            empty = {bytes: b"", int: 0, str: "", bool: False}
            kinds = dict(query.columns)
            given = {**{name: part.default for name, part in query.parameters.items()}, **values}
            cursor = write_cursor(question_of(query.name, given), order, [empty[kinds[name]] for name in order.columns])
            query.page(explaining, values, cursor)
    return explaining.plans


def whole_tables(steps: list[str]) -> list[str]:
    """The growing tables that a plan reads from end to end: all rows, or all before it can put them in order."""
    sorts = any("TEMP B-TREE" in step for step in steps)
    scanned = [(found[1], bool(found[2])) for step in steps if (found := _SCAN.match(step))]
    return [table for table, by_index in scanned if sorts or not by_index]


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES.keys())
def test_no_query_reads_a_whole_growing_table(query: Query, connection: sqlite3.Connection) -> None:
    found = []
    for sql, steps in plans(query, connection):
        names = dict(re.findall(r"(?:FROM|JOIN) (\w+) AS (\w+)", sql))
        real = {alias: table for table, alias in names.items()}
        tables = {real.get(table, table) for table in whole_tables(steps)}
        growing = {table for table in tables if "_" in table and not table.startswith(BOUNDED)}
        if growing and not _stops_early(sql, steps):
            found.append(f"{' · '.join(steps)} for {' '.join(sql.split())}")
    assert not found, "declare an index that leads to these rows in their order:\n" + "\n".join(found)


def _stops_early(sql: str, steps: list[str]) -> bool:
    """A scan in the order of the list, without any condition, reads no more than it gives."""
    return "WHERE" not in sql and "LIMIT" in sql and not any("TEMP B-TREE" in step for step in steps)


def test_a_whole_table_is_noticed(connection: sqlite3.Connection) -> None:
    explaining = Explaining(connection)
    for sql, wrong in (
        ("SELECT * FROM ledger_item WHERE command = 'x' ORDER BY height LIMIT 5", True),
        ("SELECT * FROM ledger_item ORDER BY time LIMIT 5", True),
        ("SELECT * FROM ledger_item WHERE item_id = x'00' ORDER BY height LIMIT 5", False),
        ("SELECT * FROM ledger_item ORDER BY height, receipt LIMIT 5", False),
    ):
        explaining.all(tuple, sql)
        assert bool(whole_tables(explaining.plans[-1][1]) and not _stops_early(*explaining.plans[-1])) == wrong
