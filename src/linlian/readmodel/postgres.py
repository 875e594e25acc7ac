"""The read model in a schema of a PostgreSQL server, which may be thrown away.

Rules
- The schema is ours alone and says so in its comment. What stands there and is not ours is never touched.
- One process writes: it holds an advisory lock for as long as it is connected. A commit does not wait for the server's
  disk: after a power cut the last rows may be missing, never half there; the position tells.
- It is made anew in a schema beside, which takes the name of the old one in one transaction.
- Readers have connections of their own, at most `READERS`, that cannot write; each sees one picture, and a question
  that takes too long is stopped.
- A server that is away is no reason not to start: with `patient`, the database is opened when it is first reached.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from linlian.readmodel.database import POSITION, POSTGRES, Database, Position, Reader, Writer, moves_before, tables_of
from linlian.readmodel.errors import ReadModelError, RebuildNeeded
from linlian.readmodel.fingerprint import fingerprint
from linlian.readmodel.postgres_address import Address
from linlian.readmodel.postgres_link import PostgresLink
from linlian.readmodel.stream import in_order
from linlian.readmodel.view import Reads, Rows, Value, View

READERS = 8
READER_WAIT_S = 10.0
QUESTION_MS = 30_000
LOCK_MS = 5_000
VERSION_MIN = 130_000
MARK = "linlian.readmodel"
LAYOUT = 1
"""How position and tables are laid out in a schema; a build refuses what a later one has written."""

_SESSION = {"jit": "off", "bytea_output": "hex", "client_encoding": "UTF8", "lock_timeout": str(LOCK_MS)}
_READING = {
    "statement_timeout": str(QUESTION_MS),
    "idle_in_transaction_session_timeout": str(2 * QUESTION_MS),
    "default_transaction_read_only": "on",
    "default_transaction_isolation": "repeatable read",
}
_WRITING = {"synchronous_commit": "off"}


@dataclass(frozen=True)
class PostgresHome:
    """Implements `database.Home` in one schema of a server."""

    address: Address
    password: str = ""

    def __repr__(self) -> str:
        return f"PostgresHome({self.address})"

    def __str__(self) -> str:
        return str(self.address)

    def kept(self) -> str | None:
        link = self.connect(self.address.schema, {})
        try:
            check_ours(link, self.address.schema)
            there = _tables_there(link, self.address.schema)
            return str(_one(link, f"SELECT chain FROM {POSITION.name}")) if there else None
        finally:
            link.close()

    def open(self, views: Sequence[View], *, patient: bool = False) -> Database:
        return PostgresDatabase(self, views, patient=patient)

    @contextmanager
    def anew(self, views: Sequence[View]) -> Iterator[Database]:
        schema, building = self.address.schema, f"{self.address.schema}_rebuilding"
        link = self.connect(schema, _WRITING)
        try:
            _lock(link, schema)
            for name in (schema, building):
                check_ours(link, name)
            link.run(f"DROP SCHEMA IF EXISTS {building} CASCADE")
            database = PostgresDatabase(self, views, schema=building)
            try:
                yield database
                database.settle()
            finally:
                database.close()
            link.run(
                f"BEGIN; SET LOCAL synchronous_commit = on; DROP SCHEMA IF EXISTS {schema} CASCADE;"
                f" ALTER SCHEMA {building} RENAME TO {schema}; COMMIT"
            )
        finally:
            link.close()

    def connect(self, schema: str, settings: Mapping[str, str]) -> PostgresLink:
        """A connection whose tables are those of the schema."""
        return PostgresLink(self.address, self.password, {"search_path": schema, **_SESSION, **settings})


class PostgresDatabase:
    """Implements `database.Database`. Raises RebuildNeeded if other views filled it."""

    def __init__(self, home: PostgresHome, views: Sequence[View], *, schema: str = "", patient: bool = False):
        """`schema`: one that is being built; its indexes are made by `settle`."""
        self.views = in_order(views)
        self._home = home
        self._schema = schema or home.address.schema
        self._building = bool(schema)
        self._opened = False
        self._opening = threading.Lock()
        self._idle: list[PostgresLink] = []
        self._places = threading.BoundedSemaphore(READERS)
        self._lock = threading.Lock()
        self._writing: PostgresLink | None = None
        self._writer: Writer | None = None
        self._closed = False
        try:
            self._open()
        except ReadModelError as error:
            if not (patient and error.code == "readmodel.unreachable"):
                raise

    def position(self) -> Position:
        with self.reading() as db:
            found = db.one(Position, f"SELECT * FROM {POSITION.name}")
        assert found is not None, "a read model is made with its position"
        return found

    @contextmanager
    def writing(self) -> Iterator[Rows]:
        self._open()
        link, writer = self._writer_link()
        try:
            link.run("BEGIN")
            yield writer
            writer.flush()
            link.run("COMMIT")
        except BaseException:
            writer.forget()
            self._roll_back(link)
            raise

    @contextmanager
    def reading(self) -> Iterator[Reads]:
        self._open()
        with self._reader() as link:
            yield Reader(link)

    def plain(self, sql: str, limit: int = 1_000) -> tuple[list[str], list[tuple[Value, ...]]]:
        self._open()
        with self._reader() as link:
            try:
                # A cursor takes nothing but a question, and what it may leave behind in the session goes with it.
                link.plain(f"DECLARE asked NO SCROLL CURSOR FOR {sql}")
                names, rows = link.ask(f"FETCH {limit:d} FROM asked", {})
            finally:
                link.broken = True
        return list(names), [tuple(row) for row in rows]

    def move_before(self, blocks: int) -> None:
        with self.writing():
            link, writer = self._writer_link()
            writer.flush()
            for statement in moves_before(self.views, blocks):
                link.run(statement)
            link.run(f"UPDATE {POSITION.name} SET chain = '', height = -1, header_hash = ''::bytea")
            writer.forget()

    def settle(self) -> None:
        """Make the indexes and the statistics."""
        link, _ = self._writer_link()
        link.run("BEGIN")
        self._create_indexes(link)
        link.run("COMMIT")
        link.run("; ".join(f"ANALYZE {table.name}" for table in tables_of(self.views)))

    def close(self) -> None:
        with self._lock:
            self._closed = True
            links = [*self._idle, *([self._writing] if self._writing else [])]
            self._idle.clear()
            self._writing = self._writer = None
        for link in links:
            link.close()

    def _open(self) -> None:
        """Once: make the tables where nothing is, or see that what is there is what these views fill."""
        with self._opening:
            if self._opened:
                return
            link = self._home.connect(self._schema, _WRITING)
            try:
                if not _tables_there(link, self._schema):
                    _lock(link, self._home.address.schema if not self._building else self._schema)
                    self._create(link)
                else:
                    check_ours(link, self._schema)
                    _, rows = link.ask(f"SELECT fingerprint FROM {POSITION.name}", {})
                    if [row[0] for row in rows] != [fingerprint(self.views)]:
                        raise RebuildNeeded("views_changed")
                self._opened = True
            finally:
                link.close()

    def _create(self, link: PostgresLink) -> None:
        link.run("BEGIN")
        if not _tables_there(link, self._schema):
            link.run(f"CREATE SCHEMA IF NOT EXISTS {self._schema}")
            link.run(f"COMMENT ON SCHEMA {self._schema} IS '{MARK} {LAYOUT}'")
            for table in tables_of(self.views):
                link.run(POSTGRES.create_table(table))
            link.insert(POSITION, [Position(fingerprint(self.views), "", -1, b"")])
            if not self._building:
                self._create_indexes(link)
        link.run("COMMIT")

    def _create_indexes(self, link: PostgresLink) -> None:
        for table in tables_of(self.views):
            for statement in POSTGRES.create_indexes(table):
                link.run(statement)

    def _writer_link(self) -> tuple[PostgresLink, Writer]:
        """The connection that holds the lock, made when there is none."""
        if self._writing is None or self._writer is None or self._writing.broken:
            link = self._home.connect(self._schema, _WRITING)
            try:
                _lock(link, self._schema)
            except BaseException:
                link.close()
                raise
            self._writing, self._writer = link, Writer(link)
        return self._writing, self._writer

    @contextmanager
    def _reader(self) -> Iterator[PostgresLink]:
        if not self._places.acquire(timeout=READER_WAIT_S):
            raise ReadModelError("readmodel.busy", readers=READERS)
        link: PostgresLink | None = None
        try:
            link = self._begin()
            yield link
        finally:
            if link is not None:
                self._roll_back(link)
                with self._lock:
                    keep = not (link.broken or self._closed)
                    self._idle += [link] * keep
                if not keep:
                    link.close()
            self._places.release()

    def _begin(self) -> PostgresLink:
        """A connection within a transaction. One that has been idle may have been cut meanwhile: then the next."""
        while True:
            with self._lock:
                link = self._idle.pop() if self._idle else None
            if link is None:
                break
            try:
                link.run("BEGIN")
                return link
            except ReadModelError:
                link.close()
        link = self._home.connect(self._schema, _READING)
        link.run("BEGIN")
        return link

    def _roll_back(self, link: PostgresLink) -> None:
        """End a transaction that changes nothing, or shall not; a connection that is gone has ended it."""
        if link.broken:
            link.close()
            return
        with suppress(ReadModelError):
            link.run("ROLLBACK")


def check_ours(link: PostgresLink, schema: str) -> None:
    """That a schema is a read model, of a layout that this build knows; one that is not there or empty may be made.

    Raises ReadModelError (`readmodel.not_ours`, `.newer`, `.server_too_old`).
    """
    if int(_one(link, "SHOW server_version_num")) < VERSION_MIN:
        raise ReadModelError("readmodel.server_too_old", server=_one(link, "SHOW server_version"))
    told = str(_one(link, f"SELECT coalesce(obj_description(to_regnamespace('{schema}'), 'pg_namespace'), '')"))
    mark, _, layout = told.partition(" ")
    if mark != MARK or not layout.isdecimal():
        if _tables_there(link, schema):
            raise ReadModelError("readmodel.not_ours", schema=schema)
        return
    if int(layout) > LAYOUT:
        raise ReadModelError("readmodel.newer", schema=schema, layout=int(layout), known=LAYOUT)


def _one(link: PostgresLink, sql: str) -> Any:
    return link.run(sql)[0][0]


def _tables_there(link: PostgresLink, schema: str) -> int:
    """How many tables, views and the like stand in the schema."""
    return int(_one(link, f"SELECT COUNT(*) FROM pg_class WHERE relnamespace = to_regnamespace('{schema}')"))


def _lock(link: PostgresLink, schema: str) -> None:
    """Be the only one who writes there, until the connection ends. Raises ReadModelError (`readmodel.locked`)."""
    link.run(f"SELECT pg_advisory_lock(hashtextextended('{MARK} {schema}', 0))")
