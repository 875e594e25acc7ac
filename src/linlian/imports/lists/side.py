"""What this machine remembers of lists: which door is which place, and which person which account.

Rules
- Keys are hashes over a random salt of this file; no name, door or number stands in it.
- It is written before what it points to is handed in, so an entry counts only if the ledger has that.
- It may be lost: places are found again by their sealed names, people by the documents of their rolls (`recover`).

Every call may raise ImportFailed (`import.side_table_damaged`).
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from linlian.imports.problems import ImportFailed
from linlian.kernel.contract import compose

FILE = "lists.sqlite"
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS entry (key BLOB PRIMARY KEY, id BLOB, told BLOB) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS letter (account BLOB PRIMARY KEY, secret BLOB) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS salt (salt BLOB)",
)


class Entry(NamedTuple):
    """`told` is a hash of what was told besides; empty if nothing, or if that was not remembered."""

    id: bytes
    told: bytes = b""


class Side:
    """The table of one node's folder; close it."""

    def __init__(self, path: Path):
        """Open or begin."""
        self._path = path
        with self._told():
            path.touch(mode=0o600)
            self._rows = sqlite3.connect(path, isolation_level=None)
            for statement in _SCHEMA:
                self._rows.execute(statement)
            found = self._rows.execute("SELECT salt FROM salt").fetchone()
            self._salt: bytes = found[0] if found else secrets.token_bytes(32)
            if not found:
                self._rows.execute("INSERT INTO salt VALUES (?)", (self._salt,))

    def hash(self, *parts: str) -> bytes:
        """A key, or what stands for something told."""
        return sha256(self._salt + compose(*(sha256(part.encode()).digest() for part in parts))).digest()

    def get(self, key: bytes) -> Entry | None:
        with self._told():
            row = self._rows.execute("SELECT id, told FROM entry WHERE key = ?", (key,)).fetchone()
        return Entry(*row) if row else None

    def ids(self) -> frozenset[bytes]:
        """All places, people and rolls that are remembered."""
        with self._told():
            return frozenset(row[0] for row in self._rows.execute("SELECT id FROM entry"))

    def put(self, entries: Iterable[tuple[bytes, Entry]]) -> None:
        """Remember or replace, all at once and durably."""
        with self._told(), self._rows:
            self._rows.execute("BEGIN IMMEDIATE")
            rows = [(key, *entry) for key, entry in entries]
            self._rows.executemany("INSERT OR REPLACE INTO entry VALUES (?, ?, ?)", rows)

    def keep_letters(self, letters: Iterable[tuple[bytes, bytes]]) -> None:
        """Remember what accounts' one-time keys are found again by, until their letters are written."""
        with self._told(), self._rows:
            self._rows.execute("BEGIN IMMEDIATE")
            self._rows.executemany("INSERT OR REPLACE INTO letter VALUES (?, ?)", list(letters))

    def letter(self, account: bytes) -> bytes:
        """What is remembered of an account's one-time key; b"" if there is nothing."""
        with self._told():
            row = self._rows.execute("SELECT secret FROM letter WHERE account = ?", (account,)).fetchone()
        return row[0] if row else b""

    def letters_written(self) -> None:
        """They are in their file: the secrets are nowhere else now."""
        with self._told():
            self._rows.execute("DELETE FROM letter")

    def close(self) -> None:
        self._rows.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise ImportFailed("import.side_table_damaged", path=str(self._path), reason=str(error)) from error
