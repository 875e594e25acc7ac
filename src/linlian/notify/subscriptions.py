"""Who asked for news, of what, and how far they have been told: one small SQLite file of the node.

    with Subscriptions(path) as kept:
        kept.add(Subscription(...))
        for one in kept.all(): ...

Rules
- The file holds secrets: it is its owner's alone (0600), as the folder is, and no part of a backup.
- The place of each subscription is written after its message was answered, never before: a crash in between sends the
  message once more, under the same id. So does a power cut that takes the last places with it; what people have asked
  for is on the disk before they are told so.
- Several processes may use it at once, the node and the command line. What somebody else has changed meanwhile is not
  written over: a subscription is saved only as the successor of what was read (`version`).
"""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from linlian.notify.addresses import NotifyError
from linlian.readmodel.entries import BEGINNING, Place, read_place

SUBSCRIPTIONS_MAX = 100
ASIDE_MAX = 10_000
BUSY_S = 5.0

_TABLES = """
CREATE TABLE IF NOT EXISTS subscription (
    id TEXT PRIMARY KEY, owner BLOB NOT NULL, url TEXT NOT NULL, types TEXT NOT NULL, subject BLOB NOT NULL,
    secret TEXT NOT NULL, made_at INTEGER NOT NULL, status TEXT NOT NULL, why TEXT NOT NULL,
    chain TEXT NOT NULL, place TEXT NOT NULL, tries INTEGER NOT NULL, first_try_at INTEGER NOT NULL,
    next_try_at INTEGER NOT NULL, answer TEXT NOT NULL, aside_in_row INTEGER NOT NULL, delivered INTEGER NOT NULL,
    version INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS aside (
    subscription TEXT NOT NULL, chain TEXT NOT NULL, place TEXT NOT NULL, time INTEGER NOT NULL, answer TEXT NOT NULL,
    PRIMARY KEY (subscription, chain, place)
) WITHOUT ROWID;
"""


class Status(StrEnum):
    ACTIVE = "active"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True, repr=False)
class Subscription:
    """One receiver. Times are milliseconds; 0 is not.

    owner           the account or organisation that it belongs to: it is told what they may see
    types           event types, or "repairs." for all of a business; empty for everything
    subject         only what stands in this subject's history; empty for everything
    why             the code of what it was disabled for
    chain, place    the last entry of that chain that was delivered, set aside, or not for it
    tries           attempts at the entry after that, the first of them at `first_try_at`; the next at `next_try_at`
    answer          what the last attempt came to: a status of HTTP, or a word
    aside_in_row    messages set aside since one was last delivered
    """

    id: str
    owner: bytes
    url: str
    types: tuple[str, ...]
    subject: bytes
    secret: str
    made_at: int
    chain: str
    place: Place = BEGINNING
    status: Status = Status.ACTIVE
    why: str = ""
    tries: int = 0
    first_try_at: int = 0
    next_try_at: int = 0
    answer: str = ""
    aside_in_row: int = 0
    delivered: int = 0
    version: int = 0

    def told_up_to(self, place: Place) -> Subscription:
        """The same, with nothing under way and everything up to `place` behind it."""
        return replace(self, place=place, tries=0, first_try_at=0, next_try_at=0)


class SetAside(NamedTuple):
    """A message that its receiver refused so often that the next one had its turn."""

    subscription: str
    chain: str
    place: str
    time: int
    answer: str


class Subscriptions:
    """The file. Raises NotifyError (`notify.file_unusable`) where the disk says no."""

    def __init__(self, path: Path):
        self._path = path
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            self._connection = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
        except (OSError, sqlite3.Error) as error:
            raise NotifyError("notify.file_unusable", path=str(path), reason=str(error)) from error
        with self._telling():
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.executescript(_TABLES)

    def all(self) -> list[Subscription]:
        """In the order of their ids."""
        with self._telling(), closing(self._connection.execute("SELECT * FROM subscription ORDER BY id")) as found:
            return [_read(row) for row in found.fetchall()]

    def get(self, identifier: str) -> Subscription:
        """By the id or so much of its beginning that there is no other. Raises NotifyError (`notify.no_such`)."""
        found = [one for one in self.all() if one.id.startswith(identifier)]
        if len(found) != 1 or not identifier:
            raise NotifyError("notify.no_such", id=identifier)
        return found[0]

    def add(self, one: Subscription) -> None:
        """A new one. Raises NotifyError (`notify.too_many`)."""
        with self._writing():
            (count,) = self._connection.execute("SELECT COUNT(*) FROM subscription").fetchone()
            if count >= SUBSCRIPTIONS_MAX:
                raise NotifyError("notify.too_many", most=SUBSCRIPTIONS_MAX)
            marks = ", ".join("?" * len(_row(one)))
            self._connection.execute(f"INSERT INTO subscription VALUES ({marks})", _row(one))

    def save(self, one: Subscription, aside: SetAside | None = None) -> Subscription | None:
        """Its new state; None (and nothing is written) if somebody else has changed or removed it meanwhile."""
        row = _row(replace(one, version=one.version + 1))
        columns = ", ".join(f"{name} = ?" for name in _COLUMNS)
        with self._writing(durable=False):
            matching = f"UPDATE subscription SET {columns} WHERE id = ? AND version = ?"
            if self._connection.execute(matching, (*row, one.id, one.version)).rowcount != 1:
                return None
            if aside is not None:
                self._connection.execute("INSERT OR REPLACE INTO aside VALUES (?, ?, ?, ?, ?)", aside)
                self._connection.execute(_FORGET_OLDEST, (one.id, one.id, ASIDE_MAX))
        return replace(one, version=one.version + 1)

    def remove(self, one: Subscription) -> None:
        """Forget it, its secret, and what was set aside for it."""
        with self._writing():
            self._connection.execute("DELETE FROM subscription WHERE id = ?", (one.id,))
            self._connection.execute("DELETE FROM aside WHERE subscription = ?", (one.id,))

    def set_aside(self, identifier: str, limit: int = 100) -> list[SetAside]:
        """Messages that were given up, the latest first."""
        sql = "SELECT * FROM aside WHERE subscription = ? ORDER BY time DESC, place DESC LIMIT ?"
        with self._telling(), closing(self._connection.execute(sql, (identifier, limit))) as found:
            return [SetAside(*row) for row in found.fetchall()]

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Subscriptions:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def _writing(self, durable: bool = True) -> Iterator[None]:
        with self._telling():
            self._connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.commit()
            finally:
                if self._connection.in_transaction:
                    self._connection.rollback()

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise NotifyError("notify.file_unusable", path=str(self._path), reason=str(error)) from error


def new_id() -> str:
    """For a subscription: sixteen hex digits."""
    return secrets.token_hex(8)


_COLUMNS = (
    *("id", "owner", "url", "types", "subject", "secret", "made_at", "status", "why", "chain", "place", "tries"),
    *("first_try_at", "next_try_at", "answer", "aside_in_row", "delivered", "version"),
)
_FORGET_OLDEST = """DELETE FROM aside WHERE subscription = ? AND (chain, place) IN (
    SELECT chain, place FROM aside WHERE subscription = ? ORDER BY time DESC LIMIT -1 OFFSET ?)"""


def _row(one: Subscription) -> tuple[bytes | int | str, ...]:
    texts = {"types": " ".join(one.types), "place": str(one.place), "status": one.status.value}
    return tuple(texts.get(name, getattr(one, name)) for name in _COLUMNS)


def _read(row: tuple[object, ...]) -> Subscription:
    values = dict(zip(_COLUMNS, row, strict=True))
    values["types"] = tuple(str(values["types"]).split())
    values["place"] = BEGINNING if values["place"] == str(BEGINNING) else read_place(str(values["place"]))
    values["status"] = Status(str(values["status"]))
    return Subscription(**values)  # type: ignore[arg-type]
