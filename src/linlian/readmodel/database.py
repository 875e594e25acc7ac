"""What the read model asks of a SQL database, and everything in which two databases differ.

Rules
- The differences stand in `Dialect`: names of types, how a parameter is written, how a table is closed. Queries and
  handlers know nothing of them.
- `writing()` is one transaction: rows and position are saved together or not at all.
- `reading()` is one consistent picture, and cannot change anything.
- What the tables must look like, and what filled them, is hashed into a fingerprint that is stored beside the rows.

    with database.writing() as rows: projection.apply(rows, block)
    with database.reading() as db:   open_requests(db, limit=20)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, TypeVar

from linlian.readmodel.errors import ReadModelError
from linlian.readmodel.view import Reads, Rows, Table, Value, View, columns_of

R = TypeVar("R", bound=tuple[Any, ...])

KEPT_ROWS = 20_000
"""How many rows a writer remembers after it has written them."""


class Position(NamedTuple):
    """What fills the rows, and up to where: a chain's block at `height` (−1: none yet) and its header's leaf hash."""

    fingerprint: bytes
    chain: str
    height: int
    header_hash: bytes


POSITION = Table("readmodel_position", Position, columns_of(Position), 1, ())


@dataclass(frozen=True)
class Dialect:
    """How one database is spoken to. `parameter` is a pattern for `:name`; `ending` closes CREATE TABLE."""

    types: dict[type[Value], str]
    mark: str
    named: str
    ending: str

    def create_table(self, table: Table[Any]) -> str:
        """The statement that makes a table; no column is ever null."""
        columns = [f"{column.name} {self.types[column.kind]} NOT NULL" for column in table.columns]
        key = ", ".join(table.names[: table.key_size])
        lines = ",\n    ".join((*columns, f"PRIMARY KEY ({key})"))
        return f"CREATE TABLE {table.name} (\n    {lines}\n){self.ending}"

    def create_indexes(self, table: Table[Any]) -> list[str]:
        """The statements that make a table's indexes."""
        return [
            f"CREATE INDEX {table.name}_by_{'_'.join(columns)} ON {table.name} ({', '.join(columns)})"
            for columns in table.indexes
        ]

    def insert(self, table: Table[Any]) -> str:
        marks = ", ".join([self.mark] * len(table.columns))
        return f"INSERT INTO {table.name} ({', '.join(table.names)}) VALUES ({marks})"

    def upsert(self, table: Table[Any]) -> str:
        key, rest = table.names[: table.key_size], table.names[table.key_size :]
        changes = ", ".join(f"{name} = excluded.{name}" for name in rest)
        action = f"UPDATE SET {changes}" if rest else "NOTHING"
        return f"{self.insert(table)} ON CONFLICT ({', '.join(key)}) DO {action}"

    def delete(self, table: Table[Any]) -> str:
        return f"DELETE FROM {table.name} WHERE {self._matching(table.names[: table.key_size])}"

    def select(self, table: Table[Any], size: int) -> str:
        """The rows whose key begins with `size` given values, in key order."""
        key = table.names[: table.key_size]
        matching = f" WHERE {self._matching(key[:size])}" if size else ""
        return f"SELECT {', '.join(table.names)} FROM {table.name}{matching} ORDER BY {', '.join(key)}"

    def query(self, sql: str) -> str:
        """A query's own SQL, its `:name` parameters written as this database wants them."""
        return sql if self.named == r":\1" else _NAMED.sub(self.named, sql.replace("%", "%%"))

    def _matching(self, names: Sequence[str]) -> str:
        return " AND ".join(f"{name} = {self.mark}" for name in names)


_NAMED = re.compile(r"(?<![:\w]):([a-z_]+)")

SQLITE = Dialect(
    types={bytes: "BLOB", int: "INTEGER", str: "TEXT", bool: "BOOLEAN"},
    mark="?",
    named=r":\1",
    ending=" WITHOUT ROWID",
)


class Cursor(Protocol):
    """What is used of the Python database interface (PEP 249)."""

    @property
    def description(self) -> Any: ...
    def execute(self, sql: str, parameters: Any = ..., /) -> Any: ...
    def executemany(self, sql: str, parameters: Any, /) -> Any: ...
    def fetchone(self) -> Any: ...
    def fetchall(self) -> list[Any]: ...


class Database(Protocol):
    """A database whose tables are those of `views`. Every call may raise ReadModelError."""

    @property
    def views(self) -> tuple[View, ...]: ...

    def position(self) -> Position:
        """Up to where the rows go; a database that is new is at height −1 of no chain."""

    def writing(self) -> AbstractContextManager[Rows]:
        """One transaction, for one thread at a time."""

    def reading(self) -> AbstractContextManager[Reads]:
        """One consistent picture, for any thread."""

    def plain(self, sql: str, limit: int = 1_000) -> tuple[list[str], list[tuple[Value, ...]]]:
        """Column names and at most `limit` rows of any SQL that only reads, else `readmodel.wrong_sql`."""

    def close(self) -> None: ...


class Writer:
    """Implements `Rows`: changed rows wait in memory and go out together, each once, when the transaction ends."""

    def __init__(self, cursor: Cursor, dialect: Dialect):
        self._cursor = cursor
        self._dialect = dialect
        self._known: dict[Table[Any], dict[tuple[Value, ...], tuple[Any, ...] | None]] = {}
        self._changed: dict[Table[Any], dict[tuple[Value, ...], None]] = {}
        self._added: dict[Table[Any], list[tuple[Any, ...]]] = {}

    def get(self, table: Table[R], *key: Value) -> R | None:
        known = self._known.setdefault(table, {})
        if key in known:
            return known[key]  # type: ignore[return-value]
        if table in self._added:
            self._flush(table)
        self._cursor.execute(self._dialect.select(table, len(key)), key)
        row = self._cursor.fetchone()
        known[key] = None if row is None else typed(table.kind, row)
        return known[key]  # type: ignore[return-value]

    def the(self, table: Table[R], *key: Value) -> R:
        row = self.get(table, *key)
        if row is None:
            shown = " ".join(part.hex() if isinstance(part, bytes) else str(part) for part in key)
            raise ReadModelError("readmodel.no_row", table=table.name, key=shown)
        return row

    def under(self, table: Table[R], *prefix: Value) -> list[R]:
        self._flush(table)
        self._cursor.execute(self._dialect.select(table, len(prefix)), prefix)
        return [typed(table.kind, row) for row in self._cursor.fetchall()]

    def put(self, table: Table[R], row: R) -> None:
        key = row[: table.key_size]
        self._known.setdefault(table, {})[key] = row
        self._changed.setdefault(table, {})[key] = None

    def add(self, table: Table[R], row: R) -> None:
        self._added.setdefault(table, []).append(row)

    def change(self, table: Table[R], *key: Value, **changes: Value) -> R:
        row: R = self.the(table, *key)._replace(**changes)  # type: ignore[attr-defined]
        self.put(table, row)
        return row

    def delete(self, table: Table[R], *key: Value) -> None:
        self._known.setdefault(table, {})[key] = None
        self._changed.setdefault(table, {})[key] = None

    def flush(self) -> None:
        """Write what is waiting, and forget rows if many are remembered."""
        for table in [*self._added, *self._changed]:
            self._flush(table)
        for known in self._known.values():
            if len(known) > KEPT_ROWS:
                known.clear()

    def forget(self) -> None:
        """After a rollback: nothing that was remembered can be relied on."""
        self._known.clear()
        self._changed.clear()
        self._added.clear()

    def _flush(self, table: Table[Any]) -> None:
        added = self._added.pop(table, None)
        if added:
            self._cursor.executemany(self._dialect.insert(table), plain_rows(table, added))
        changed = self._changed.pop(table, None)
        if not changed:
            return
        known = self._known[table]
        present = [row for key in changed if (row := known[key]) is not None]
        gone = [key for key in changed if known[key] is None]
        if gone:
            self._cursor.executemany(self._dialect.delete(table), gone)
        if present:
            self._cursor.executemany(self._dialect.upsert(table), plain_rows(table, present))


class Reader:
    """Implements `Reads` over a cursor that is inside a read transaction."""

    def __init__(self, cursor: Cursor, dialect: Dialect):
        self._cursor = cursor
        self._dialect = dialect

    def all(self, kind: type[R], sql: str, /, **parameters: Value | None) -> list[R]:
        self._ask(kind, sql, parameters)
        return [typed(kind, row) for row in self._cursor.fetchall()]

    def one(self, kind: type[R], sql: str, /, **parameters: Value | None) -> R | None:
        self._ask(kind, sql, parameters)
        row = self._cursor.fetchone()
        return None if row is None else typed(kind, row)

    def _ask(self, kind: type[Any], sql: str, parameters: dict[str, Value | None]) -> None:
        given = {name: plain(value) for name, value in parameters.items() if value is not None}
        self._cursor.execute(self._dialect.query(sql), given)
        names = tuple(part[0] for part in self._cursor.description)
        if names != kind._fields:
            raise TypeError(f"{kind.__name__} has {kind._fields}, the query gives {names}")


def typed(kind: type[R], row: Sequence[Any]) -> R:
    """A database's row as a record. Raises TypeError for null, which no column and no query gives."""
    values = []
    for value, (name, wanted) in zip(row, columns_of(kind), strict=True):
        if value is None:
            raise TypeError(f"{kind.__name__}.{name} is null: give an empty value, with COALESCE if need be")
        values.append(value if type(value) is wanted else wanted(value))
    made: R = kind._make(values)  # type: ignore[attr-defined]
    return made


def plain_rows(table: Table[Any], rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """Rows without enumerations, which drivers do not know."""
    texts = [place for place, column in enumerate(table.columns) if column.kind is str]
    for row in rows:
        if all(type(row[place]) is str for place in texts):
            yield row
        else:
            yield tuple(plain(value) for value in row)


def plain(value: Value) -> Value:
    """A value without the enumeration that it may be of."""
    return str(value) if isinstance(value, str) else value
