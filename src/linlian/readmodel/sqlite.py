"""The read model in SQLite: one file beside the ledger, which may be thrown away.

Rules
- WAL, `synchronous=NORMAL`: after a power cut the last rows may be missing, never half there; the position tells.
- A fresh database for a rebuild is written without journal and without indexes; `settle` makes up for both.
- Readers have connections of their own that cannot write; each sees the rows as they were when it began.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from linlian.readmodel.database import (
    POSITION,
    SQLITE,
    Database,
    Position,
    Reader,
    Writer,
    conflict,
    moves_before,
    tables_of,
)
from linlian.readmodel.errors import ReadModelError, RebuildNeeded
from linlian.readmodel.fingerprint import fingerprint
from linlian.readmodel.stream import in_order
from linlian.readmodel.view import Reads, Rows, Table, Value, View

BUSY_MS = 5_000
CACHE_KIB = 64 * 1024
_FILES = ("", "-wal", "-shm", "-journal")

_CODES = {
    sqlite3.SQLITE_BUSY: "readmodel.locked",
    sqlite3.SQLITE_LOCKED: "readmodel.locked",
    sqlite3.SQLITE_FULL: "readmodel.disk_full",
    sqlite3.SQLITE_IOERR: "readmodel.unwritable",
    sqlite3.SQLITE_READONLY: "readmodel.unwritable",
    sqlite3.SQLITE_CANTOPEN: "readmodel.unwritable",
    sqlite3.SQLITE_CORRUPT: "readmodel.damaged",
    sqlite3.SQLITE_NOTADB: "readmodel.damaged",
    sqlite3.SQLITE_CONSTRAINT: "readmodel.row_twice",
}
_READING = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE)


@dataclass(frozen=True)
class SqliteHome:
    """Implements `database.Home` in one file."""

    path: Path

    def __str__(self) -> str:
        return str(self.path)

    def kept(self) -> str | None:
        return "" if self.path.exists() else None

    def open(self, views: Sequence[View], *, patient: bool = False) -> Database:
        return SqliteDatabase(self.path, views)

    @contextmanager
    def anew(self, views: Sequence[View]) -> Iterator[Database]:
        building = self.path.with_name(f"{self.path.name}.rebuilding")
        database = SqliteDatabase(building, views, fresh=True)
        try:
            yield database
            database.settle()
        finally:
            database.close()
        take_place(building, self.path)


class SqliteDatabase:
    """Implements `database.Database` on a file. Raises RebuildNeeded if other views filled it."""

    def __init__(self, path: Path, views: Sequence[View], *, fresh: bool = False):
        """`fresh`: begin an empty database that is fast to fill and worth nothing until `settle` has returned."""
        self.views = in_order(views)
        self._path = path
        self._lock = threading.Lock()
        self._idle: list[sqlite3.Connection] = []
        if fresh:
            remove(path)
        try:
            with _telling(), ExitStack() as on_failure:
                self._connection = on_failure.enter_context(closing(_connect(path)))
                self._begin() if fresh else self._open()
                self._writer = Writer(SqliteLink(self._connection.cursor()))
                on_failure.pop_all()
        except ReadModelError as error:
            if error.code == "readmodel.damaged":
                raise RebuildNeeded("damaged") from error
            raise

    def _begin(self) -> None:
        for pragma in ("journal_mode = OFF", "synchronous = OFF"):
            self._connection.execute(f"PRAGMA {pragma}")
        with _transaction(self._connection):
            self._create_tables(fingerprint(self.views))

    def _open(self) -> None:
        for pragma in ("journal_mode = WAL", "synchronous = NORMAL"):
            self._connection.execute(f"PRAGMA {pragma}")
        mark = fingerprint(self.views)
        known = self._connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        if not known:
            with _transaction(self._connection):
                self._create_tables(mark)
                self._create_indexes()
        elif (POSITION.name,) not in known:
            raise RebuildNeeded("not_a_read_model")
        elif self._connection.execute(f"SELECT fingerprint FROM {POSITION.name}").fetchone() != (mark,):
            raise RebuildNeeded("views_changed")

    def settle(self) -> None:
        """Make the indexes, bring everything to the disk, and close."""
        with _telling():
            with _transaction(self._connection):
                self._create_indexes()
            self._connection.execute("ANALYZE")
        self.close()
        with self._path.open("rb+") as file:
            os.fsync(file.fileno())

    def position(self) -> Position:
        with self.reading() as db:
            found = db.one(Position, f"SELECT * FROM {POSITION.name}")
        assert found is not None, "a read model is made with its position"
        return found

    @contextmanager
    def writing(self) -> Iterator[Rows]:
        with _telling(), ExitStack() as on_failure:
            on_failure.callback(self._writer.forget)
            with _transaction(self._connection):
                yield self._writer
                self._writer.flush()
            on_failure.pop_all()

    @contextmanager
    def reading(self) -> Iterator[Reads]:
        with _telling(), self._reader() as connection:
            yield Reader(SqliteLink(connection.cursor()))

    def plain(self, sql: str, limit: int = 1_000) -> tuple[list[str], list[tuple[Value, ...]]]:
        with _telling(), self._reader() as connection:
            connection.set_authorizer(_only_reading)
            try:
                with closing(connection.execute(sql)) as cursor:
                    return [part[0] for part in cursor.description or ()], cursor.fetchmany(limit)
            finally:
                connection.set_authorizer(None)

    def move_before(self, blocks: int) -> None:
        with _telling(), _transaction(self._connection):
            for statement in moves_before(self.views, blocks):
                self._connection.execute(statement)
            self._connection.execute(f"UPDATE {POSITION.name} SET chain = '', height = -1, header_hash = x''")
        self._writer.forget()

    def close(self) -> None:
        with self._lock:
            for connection in self._idle:
                connection.close()
            self._idle.clear()
        self._connection.close()

    @contextmanager
    def _reader(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            connection = self._idle.pop() if self._idle else None
        if connection is None:
            connection = _connect(self._path)
            connection.execute("PRAGMA query_only = ON")
        try:
            connection.execute("BEGIN")
            yield connection
        finally:
            connection.rollback()
            with self._lock:
                self._idle.append(connection)

    def _create_tables(self, mark: bytes) -> None:
        for table in tables_of(self.views):
            self._connection.execute(SQLITE.create_table(table))
        SqliteLink(self._connection.cursor()).insert(POSITION, [Position(mark, "", -1, b"")])

    def _create_indexes(self) -> None:
        for table in tables_of(self.views):
            for statement in SQLITE.create_indexes(table):
                self._connection.execute(statement)


@dataclass(frozen=True)
class SqliteLink:
    """Implements `database.Link`."""

    cursor: sqlite3.Cursor

    def ask(
        self, sql: str, parameters: Mapping[str, Value], most: int | None = None
    ) -> tuple[tuple[str, ...], Sequence[Sequence[Any]]]:
        self.cursor.execute(sql, parameters)
        names = tuple(part[0] for part in self.cursor.description)
        return names, self.cursor.fetchall() if most is None else self.cursor.fetchmany(most)

    def under(self, table: Table[Any], prefix: Sequence[Value]) -> Sequence[Sequence[Any]]:
        key = table.names[: table.key_size]
        matching = f" WHERE {_matching(key[: len(prefix)])}" if prefix else ""
        sql = f"SELECT {', '.join(table.names)} FROM {table.name}{matching} ORDER BY {', '.join(key)}"
        return self.cursor.execute(sql, prefix).fetchall()

    def insert(self, table: Table[Any], rows: Sequence[tuple[Value, ...]]) -> None:
        self.cursor.executemany(_insert(table), rows)

    def upsert(self, table: Table[Any], rows: Sequence[tuple[Value, ...]]) -> None:
        self.cursor.executemany(_insert(table) + conflict(table), rows)

    def delete(self, table: Table[Any], keys: Sequence[tuple[Value, ...]]) -> None:
        self.cursor.executemany(f"DELETE FROM {table.name} WHERE {_matching(table.names[: table.key_size])}", keys)


def _insert(table: Table[Any]) -> str:
    return f"INSERT INTO {table.name} ({', '.join(table.names)}) VALUES ({', '.join('?' * len(table.columns))})"


def _matching(names: Sequence[str]) -> str:
    return " AND ".join(f"{name} = ?" for name in names)


def take_place(path: Path, place: Path) -> None:
    """Move a settled database over an older one. Raises ReadModelError (`readmodel.locked`) if that one is in use.

    The older one's write-ahead log is folded in and removed first: SQLite would replay it into the new file.
    """
    if place.exists():
        try:
            with closing(_connect(place)) as old:
                old.execute("PRAGMA busy_timeout = 1000")
                old.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.DatabaseError as error:
            if _code(error) != "readmodel.damaged":
                raise ReadModelError(_code(error), reason=str(error)) from error
    for ending in _FILES[1:]:
        place.with_name(place.name + ending).unlink(missing_ok=True)
    path.replace(place)
    directory = os.open(place.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def remove(path: Path) -> None:
    """Delete a database and what belongs to it."""
    for ending in _FILES:
        path.with_name(path.name + ending).unlink(missing_ok=True)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_MS / 1000, isolation_level=None, check_same_thread=False)
    connection.execute(f"PRAGMA cache_size = {-CACHE_KIB}")
    connection.execute("PRAGMA temp_store = MEMORY")
    return connection


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.commit()
    finally:
        if connection.in_transaction:
            connection.rollback()


@contextmanager
def _telling() -> Iterator[None]:
    """Turn SQLite's errors into ours."""
    try:
        yield
    except sqlite3.Error as error:
        raise ReadModelError(_code(error), reason=str(error)) from error


def _code(error: sqlite3.Error) -> str:
    """SQLite's primary result code, as ours; what is none of the machine's failures is wrong SQL."""
    return _CODES.get(getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF, "readmodel.wrong_sql")


def _only_reading(action: int, *_: str | None) -> int:
    return sqlite3.SQLITE_OK if action in _READING else sqlite3.SQLITE_DENY
