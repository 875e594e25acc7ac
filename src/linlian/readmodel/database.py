"""What the read model asks of a SQL database, and everything in which two databases differ.

Rules
- The differences stand in `Dialect` (names of types, how a table is closed) and behind `Link` (how rows go in and come
  out). Queries and handlers know nothing of them.
- `writing()` is one transaction: rows and position are saved together or not at all.
- `reading()` is one consistent picture, and cannot change anything.
- What the tables must look like, and what filled them, is hashed into a fingerprint that is stored beside the rows.
- A `Home` is where a database is kept: a file, or a schema of a server. It is made anew beside the one that is in use.

    database = home.open(views)
    with database.writing() as rows: projection.apply(rows, block, position)
    with database.reading() as db:   open_requests(db, limit=20)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, NamedTuple, Protocol, TypeVar

from linlian.readmodel.errors import ReadModelError
from linlian.readmodel.view import Reads, Rows, Table, Value, View, columns_of

R = TypeVar("R", bound=tuple[Any, ...])

NAME_CHARS_MAX = 63
"""How long a name in PostgreSQL may be."""

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
    """How one database names the types, and what closes CREATE TABLE."""

    types: Mapping[type[Value], str]
    ending: str

    def create_table(self, table: Table[Any]) -> str:
        """The statement that makes a table; no column is ever null."""
        columns = [f"{column.name} {self.types[column.kind]} NOT NULL" for column in table.columns]
        key = ", ".join(table.names[: table.key_size])
        lines = ",\n    ".join((*columns, f"PRIMARY KEY ({key})"))
        return f"CREATE TABLE {table.name} (\n    {lines}\n){self.ending}"

    def create_indexes(self, table: Table[Any]) -> list[str]:
        """The statements that make a table's indexes."""
        names = [f"{table.name}_by_{'_'.join(columns)}" for columns in table.indexes]
        short = [name if len(name) <= NAME_CHARS_MAX else f"{name[:50]}_{name_mark(name)}" for name in names]
        return [
            f"CREATE INDEX {name} ON {table.name} ({', '.join(columns)})"
            for name, columns in zip(short, table.indexes, strict=True)
        ]


def name_mark(name: str) -> str:
    """What tells a long name apart once it is cut off."""
    return sha256(name.encode()).hexdigest()[:8]


def conflict(table: Table[Any]) -> str:
    """What an upsert does where the key is taken."""
    key, rest = table.names[: table.key_size], table.names[table.key_size :]
    changes = ", ".join(f"{name} = excluded.{name}" for name in rest)
    return f" ON CONFLICT ({', '.join(key)}) DO {f'UPDATE SET {changes}' if rest else 'NOTHING'}"


SQLITE = Dialect({bytes: "BLOB", int: "INTEGER", str: "TEXT", bool: "BOOLEAN"}, " WITHOUT ROWID")
POSTGRES = Dialect({bytes: "bytea", int: "bigint", str: 'text COLLATE "C"', bool: "boolean"}, "")
"""Both compare texts by their bytes, so that a list has one order wherever it is read."""


class Link(Protocol):
    """A connection to one database, inside a transaction."""

    def ask(
        self, sql: str, parameters: Mapping[str, Value], most: int | None = None
    ) -> tuple[tuple[str, ...], Sequence[Sequence[Any]]]:
        """Column names and rows of a query with `:name` parameters."""

    def under(self, table: Table[Any], prefix: Sequence[Value]) -> Sequence[Sequence[Any]]:
        """The rows whose key begins with these values, in key order."""

    def insert(self, table: Table[Any], rows: Sequence[tuple[Value, ...]]) -> None:
        """New rows; a key that is taken is an error."""

    def upsert(self, table: Table[Any], rows: Sequence[tuple[Value, ...]]) -> None:
        """New rows, or other values in those whose key is there; each key once."""

    def delete(self, table: Table[Any], keys: Sequence[tuple[Value, ...]]) -> None:
        """Rows by their keys."""


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

    def move_before(self, blocks: int) -> None:
        """Move all heights down by so many blocks, and set the position back to before any chain."""

    def close(self) -> None: ...


class Home(Protocol):
    """Where a read model is kept. Every call may raise ReadModelError."""

    def kept(self) -> str | None:
        """Of which chain something is kept there, "" if only its owner could know; None if there is nothing."""

    def open(self, views: Sequence[View], *, patient: bool = False) -> Database:
        """What is kept there, or an empty one; if it is away and one is `patient`, as soon as it can be reached.

        Raises RebuildNeeded if other views filled it.
        """

    def anew(self, views: Sequence[View]) -> AbstractContextManager[Database]:
        """An empty database beside the one in use, whose place it takes in one step when all went well."""


FAR = 1 << 40
"""Further than any height: moved there and back, no two rows meet on the way."""


def moves_before(views: Sequence[View], blocks: int) -> Iterator[str]:
    """The statements that move all heights down."""
    for table in tables_of(views):
        if "height" in table.names and table is not POSITION:
            for step in (-FAR, FAR - blocks):
                yield f"UPDATE {table.name} SET height = height + {step}"


def tables_of(views: Sequence[View]) -> list[Table[Any]]:
    """All tables of a read model."""
    return [POSITION, *(table for view in views for table in view.tables.values())]


class Writer:
    """Implements `Rows`: changed rows wait in memory and go out together, each once, when the transaction ends."""

    def __init__(self, link: Link):
        self._link = link
        self._known: dict[Table[Any], dict[tuple[Value, ...], tuple[Any, ...] | None]] = {}
        self._changed: dict[Table[Any], dict[tuple[Value, ...], None]] = {}
        self._added: dict[Table[Any], list[tuple[Any, ...]]] = {}

    def get(self, table: Table[R], *key: Value) -> R | None:
        known = self._known.setdefault(table, {})
        if key in known:
            return known[key]  # type: ignore[return-value]
        if table in self._added:
            self._flush(table)
        found = self._link.under(table, key)
        known[key] = typed(table.kind, found[0]) if found else None
        return known[key]  # type: ignore[return-value]

    def the(self, table: Table[R], *key: Value) -> R:
        row = self.get(table, *key)
        if row is None:
            shown = " ".join(part.hex() if isinstance(part, bytes) else str(part) for part in key)
            raise ReadModelError("readmodel.no_row", table=table.name, key=shown)
        return row

    def under(self, table: Table[R], *prefix: Value) -> list[R]:
        self._flush(table)
        return [typed(table.kind, row) for row in self._link.under(table, prefix)]

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
            self._link.insert(table, plain_rows(table, added))
        changed = self._changed.pop(table, None)
        if not changed:
            return
        known = self._known[table]
        present = [row for key in changed if (row := known[key]) is not None]
        gone = [key for key in changed if known[key] is None]
        if gone:
            self._link.delete(table, gone)
        if present:
            self._link.upsert(table, plain_rows(table, present))


class Reader:
    """Implements `Reads` over a connection that is inside a read transaction."""

    def __init__(self, link: Link):
        self._link = link

    def all(self, kind: type[R], sql: str, /, **parameters: Value | None) -> list[R]:
        return self._ask(kind, sql, parameters, None)

    def one(self, kind: type[R], sql: str, /, **parameters: Value | None) -> R | None:
        found = self._ask(kind, sql, parameters, 1)
        return found[0] if found else None

    def _ask(self, kind: type[R], sql: str, parameters: dict[str, Value | None], most: int | None) -> list[R]:
        given = {name: plain(value) for name, value in parameters.items() if value is not None}
        names, rows = self._link.ask(sql, given, most)
        if names != kind._fields:  # type: ignore[attr-defined]
            raise TypeError(f"{kind.__name__} has {kind._fields}, the query gives {names}")  # type: ignore[attr-defined]
        return [typed(kind, row) for row in rows]


def typed(kind: type[R], row: Sequence[Any]) -> R:
    """A database's row as a record. Raises TypeError for null, which no column and no query gives."""
    values = []
    for value, (name, wanted) in zip(row, columns_of(kind), strict=True):
        if value is None:
            raise TypeError(f"{kind.__name__}.{name} is null: give an empty value, with COALESCE if need be")
        values.append(value if type(value) is wanted else wanted(value))
    made: R = kind._make(values)  # type: ignore[attr-defined]
    return made


def plain_rows(table: Table[Any], rows: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Rows without enumerations, which drivers do not know."""
    texts = [place for place, column in enumerate(table.columns) if column.kind is str]
    return [
        row if all(type(row[place]) is str for place in texts) else tuple(plain(value) for value in row) for row in rows
    ]


def plain(value: Value) -> Value:
    """A value without the enumeration that it may be of."""
    return str(value) if isinstance(value, str) else value
