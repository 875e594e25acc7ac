"""Which place an address is.

Rules
- An area (a neighbourhood, a borough) becomes a place of the outermost kind, with a public code of its source; an
  address becomes a part of the grounds there, with a random id and its words sealed.
- A side table of this machine remembers key → id, on the disk before the place is handed in. An id counts only if
  the ledger has it.
- The table may be lost. A record that is on the ledger says where it was, so going through the same file again the
  ledger tells every place that it has records of.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from linlian.imports.problems import ImportFailed
from linlian.imports.records import LABEL_CHARS_MAX, Record, slug
from linlian.kernel.contract import Reader, Table, compose

Tables = Mapping[str, Table[Any]]
"""Every table of every business, by its name."""


class NewPlace(NamedTuple):
    """A place to be registered: the fields of the command but for parent and name; `holder` is the parent's key."""

    key: bytes
    holder: bytes
    fields: dict[str, str]
    name: str


class SideTable:
    """Key of a place → its id, in a SQLite file that only its owner reads. Safe to delete.

    Every call may raise ImportFailed (`import.side_table_damaged`).
    """

    def __init__(self, path: Path, keep: bool = True):
        """Open or begin; without `keep` none is begun."""
        self._path = path
        with self._told():
            if keep:
                path.touch(mode=0o600)
            self._rows = sqlite3.connect(path if keep or path.exists() else ":memory:", isolation_level=None)
            self._rows.execute("CREATE TABLE IF NOT EXISTS place (key BLOB PRIMARY KEY, id BLOB) WITHOUT ROWID")

    def get(self, key: bytes) -> bytes | None:
        with self._told():
            row = self._rows.execute("SELECT id FROM place WHERE key = ?", (key,)).fetchone()
        return row[0] if row else None

    def put(self, rows: list[tuple[bytes, bytes]]) -> None:
        """Remember or replace, all at once and durably."""
        if rows:
            with self._told(), self._rows:
                self._rows.execute("BEGIN IMMEDIATE")
                self._rows.executemany("INSERT OR REPLACE INTO place VALUES (?, ?)", rows)

    def close(self) -> None:
        self._rows.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise ImportFailed("import.side_table_damaged", path=str(self._path), reason=str(error)) from error


class Places:
    """The places of one import, by key."""

    def __init__(self, source: str, ledger: Reader, tables: Tables, side: SideTable):
        self._source = source
        self._ledger = ledger
        self._places = tables["places.place"]
        self._side = side
        self._ids: dict[bytes, bytes] = {}
        self._new: dict[bytes, NewPlace] = {}

    def id_of(self, key: bytes) -> bytes:
        """The id of a place that is known or has been registered."""
        return self._ids[key]

    def need(self, record: Record) -> None:
        """Find a record's place; if it is new, it and its area are put among those to be registered."""
        if record.place in self._ids or record.place in self._new or self._remembered(record.place):
            return
        area, code = self._area(record)
        if area not in self._ids and area not in self._new and not self._remembered(area):
            self._new[area] = NewPlace(area, b"", {"kind": "community", "code": code}, record.area)
        self._new[record.place] = NewPlace(record.place, area, {"kind": "grounds"}, record.address)

    def learn(self, record: Record, identifier: bytes) -> None:
        """The ledger says that this record is at that place."""
        if record.place in self._ids or self._remembered(record.place):
            return
        self._ids[record.place] = identifier
        area, _ = self._area(record)
        place = self._places.get(self._ledger, identifier)
        assert place is not None, "a record's place stands in the ledger"
        self._ids.setdefault(area, place.parent)
        self._side.put([(key, self._ids[key]) for key in (area, record.place)])

    @property
    def new(self) -> list[NewPlace]:
        """What is to be registered, holders before what they hold."""
        return list(self._new.values())

    def register(self, sign: Callable[[NewPlace], tuple[bytes, bytes]]) -> list[bytes]:
        """Have the new places signed (`sign` gives transaction and id), and remember them; their transactions."""
        raws = []
        for place in self._new.values():
            raw, self._ids[place.key] = sign(place)
            raws.append(raw)
        self._side.put([(key, self._ids[key]) for key in self._new])
        self._new.clear()
        return raws

    def _area(self, record: Record) -> tuple[bytes, str]:
        """The key and public code of a record's area; without one it is the whole source."""
        room = LABEL_CHARS_MAX - len(self._source) - 1
        code = f"{self._source}.{slug(record.area, room)}" if record.area else self._source
        return sha256(b"area" + compose(self._source, code)).digest(), code

    def _remembered(self, key: bytes) -> bool:
        found = self._side.get(key)
        if found is None or not self._places.has(self._ledger, found):
            return False
        self._ids[key] = found
        return True
