"""The SQLite file: its tables, how it is opened, and what its errors mean.

    genesis   the one document that the chain's id names
    beginning empty, or the snapshot that the file begins at: see beginning.py
    header    one row a block: the header's bytes, and three numbers that would else need the block decoded
    block     the ids of its transactions (32 bytes each) and everything but the header, compressed
    state     rows of the state by chunk: see chunks.py
    item      where a transaction or run stands, entry where an entry of a subject stands: see index.py
    note      what an engine keeps beside the ledger, by name: written with a block or alone, no part of any root

Rules
- WAL, `synchronous=FULL`, 4 kB pages. One process writes: it holds an exclusive lock on `<file>.lock`.
- `block.checksum` is over the whole of both rows of a block. It finds accidents and says where; against somebody who
  can compute it too, stand the hashes in the headers.
- A file says by its application id that it is a ledger, and by its user version which schema it has.
"""

from __future__ import annotations

import errno
import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from linlian.kernel.errors import Fact
from linlian.store.protocol import StoreError

APPLICATION_ID: Final = 0x4C6C6E21
SCHEMA_VERSION: Final = 3
OLDEST_VERSION: Final = 2
"""Without notes; a writer adds their table when it opens such a file."""
PAGE_BYTES: Final = 4096
WAL_PAGES: Final = 4000
"""A write-ahead log of 16 MB: pages that are written again and again go to the database file once."""

TABLES: Final = {
    "genesis": "CREATE TABLE genesis (chain TEXT PRIMARY KEY, document BLOB NOT NULL) STRICT, WITHOUT ROWID",
    "beginning": "CREATE TABLE beginning (height INTEGER PRIMARY KEY, document BLOB NOT NULL) STRICT",
    "header": (
        "CREATE TABLE header (height INTEGER PRIMARY KEY, first_item INTEGER NOT NULL, chunks_written INTEGER NOT NULL,"
        " runs INTEGER NOT NULL, bytes BLOB NOT NULL) STRICT"
    ),
    "block": (
        "CREATE TABLE block (height INTEGER PRIMARY KEY, checksum BLOB NOT NULL, ids BLOB NOT NULL,"
        " body BLOB NOT NULL) STRICT"
    ),
    "state": "CREATE TABLE state (chunk INTEGER PRIMARY KEY, rows BLOB NOT NULL) STRICT",
    "item": (
        "CREATE TABLE item (epoch INTEGER NOT NULL, prefix BLOB NOT NULL, place INTEGER NOT NULL,"
        " PRIMARY KEY (epoch, prefix, place)) STRICT, WITHOUT ROWID"
    ),
    "entry": (
        "CREATE TABLE entry (epoch INTEGER NOT NULL, subject BLOB NOT NULL, number INTEGER NOT NULL,"
        " place INTEGER NOT NULL, event INTEGER NOT NULL,"
        " PRIMARY KEY (epoch, subject, number, place, event)) STRICT, WITHOUT ROWID"
    ),
    "note": "CREATE TABLE note (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID",
}

_PRAGMAS: Final = (
    "cell_size_check=ON",
    "trusted_schema=OFF",
    "temp_store=MEMORY",
    "cache_size=-65536",
)
_WRITER_PRAGMAS: Final = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "secure_delete=OFF",
    f"wal_autocheckpoint={WAL_PAGES}",
    f"journal_size_limit={4 * WAL_PAGES * PAGE_BYTES}",
)
_CODES: Final = {
    sqlite3.SQLITE_FULL: "store.full",
    sqlite3.SQLITE_BUSY: "store.locked",
    sqlite3.SQLITE_LOCKED: "store.locked",
    sqlite3.SQLITE_CORRUPT: "store.damaged",
    sqlite3.SQLITE_NOTADB: "store.damaged",
    sqlite3.SQLITE_FORMAT: "store.damaged",
    sqlite3.SQLITE_ERROR: "store.damaged",
    sqlite3.SQLITE_SCHEMA: "store.damaged",
    sqlite3.SQLITE_PERM: "store.not_permitted",
    sqlite3.SQLITE_READONLY: "store.not_permitted",
    sqlite3.SQLITE_CANTOPEN: "store.not_permitted",
    sqlite3.SQLITE_AUTH: "store.not_permitted",
}


def open_writer(path: Path) -> sqlite3.Connection:
    """Open for writing, and write the schema if the file is new. Raises StoreError."""
    with translated(path):
        db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        try:
            if not _is_new(db):
                check_schema_version(db, path)
            for pragma in (f"page_size={PAGE_BYTES}", *_PRAGMAS, *_WRITER_PRAGMAS):
                db.execute(f"PRAGMA {pragma}")
            if _is_new(db):
                with transaction(db):
                    db.execute(f"PRAGMA application_id={APPLICATION_ID}")
                    db.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
                    for statement in TABLES.values():
                        db.execute(statement)
            elif _version(db) < SCHEMA_VERSION:
                with transaction(db):
                    db.execute(TABLES["note"])
                    db.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
        except BaseException:
            db.close()
            raise
    return db


def open_reader(path: Path) -> sqlite3.Connection:
    """Open for reading only, beside a writer or without one, also on a medium that cannot be written.

    Raises StoreError.
    """
    if not path.is_file():
        raise StoreError("store.missing", path=str(path))
    with translated(path):
        db = _connect_reading(path)
        try:
            check_schema_version(db, path)
            for pragma in (*_PRAGMAS, "query_only=ON"):
                db.execute(f"PRAGMA {pragma}")
        except BaseException:
            db.close()
            raise
    return db


def _connect_reading(path: Path) -> sqlite3.Connection:
    """SQLite reads a WAL database only where it may write its shared memory, or where nobody can be writing."""
    for options in ("mode=ro", "mode=ro&immutable=1"):
        db = sqlite3.connect(
            f"{path.absolute().as_uri()}?{options}", uri=True, isolation_level=None, check_same_thread=False
        )
        try:
            db.execute("PRAGMA user_version").fetchone()
        except sqlite3.OperationalError as error:
            db.close()
            log = path.with_name(path.name + "-wal")
            if primary_code(error) != sqlite3.SQLITE_CANTOPEN or "immutable" in options or log.exists():
                raise
        else:
            return db
    raise AssertionError("the loop returns or raises")


def check_schema_version(db: sqlite3.Connection, path: Path) -> None:
    """Raise StoreError unless this file is a ledger that this program can read."""
    (application,) = db.execute("PRAGMA application_id").fetchone()
    version = _version(db)
    if application != APPLICATION_ID:
        raise StoreError("store.not_a_ledger", path=str(path))
    if version > SCHEMA_VERSION:
        raise StoreError("store.newer", path=str(path), version=version, newest_known=SCHEMA_VERSION)
    if version < OLDEST_VERSION:
        raise StoreError("store.older", path=str(path), version=version, oldest_known=OLDEST_VERSION)


def tables_of(db: sqlite3.Connection) -> dict[str, str]:
    """The tables that a file of this version has, and how each was made."""
    return {name: sql for name, sql in TABLES.items() if name != "note" or _version(db) >= SCHEMA_VERSION}


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def _is_new(db: sqlite3.Connection) -> bool:
    """Whether nothing has ever been written to this file."""
    (tables,) = db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    (application,) = db.execute("PRAGMA application_id").fetchone()
    return bool(tables == 0 and application == 0)


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """All of it or nothing."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Let SQLite's errors out as StoreError."""
    try:
        yield
    except sqlite3.Error as error:
        raise store_error(error, path) from error
    except UnicodeDecodeError as error:
        # SQLite quotes a damaged schema in its message, and the library cannot make text of it.
        raise StoreError("store.damaged", path=str(path), part="database", reason="text is not UTF-8") from error


def store_error(error: sqlite3.Error, path: Path) -> StoreError:
    """What an error of SQLite means to whoever runs the node."""
    if isinstance(error, sqlite3.ProgrammingError):
        return StoreError("store.closed", path=str(path))
    code = _CODES.get(primary_code(error), "store.failed")
    facts: dict[str, Fact] = {"part": "database"} if code == "store.damaged" else {}
    return StoreError(code, path=str(path), reason=str(error)[:200], **facts)


def primary_code(error: sqlite3.Error) -> int:
    """SQLite's result code without its extension. The library's wrapper sets none for text that is not UTF-8."""
    code: int = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)
    return code & 0xFF


class FileLock:
    """An exclusive lock on a file beside the database, held until `release` or the end of the process."""

    def __init__(self, path: Path) -> None:
        """Raises StoreError: `store.locked` names the process that holds it."""
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise StoreError("store.not_permitted", path=str(path), reason=os.strerror(error.errno or 0)) from error
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(self._descriptor, 20, 0).decode("ascii", "replace").strip()
            os.close(self._descriptor)
            if error.errno not in (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES):
                raise StoreError("store.failed", path=str(path), reason=os.strerror(error.errno or 0)) from error
            raise StoreError("store.locked", path=str(path), process=holder) from error
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, str(os.getpid()).encode(), 0)

    def release(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
