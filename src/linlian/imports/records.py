"""A row of another system as what the ledger is told of it: `repairs.record_history`, before it is sealed and signed.

Rules
- A record is known by SHA-256 of compose(source, its id's parts); one without an id by all that it says and how many
  like it came before in the file, so that the same file twice is the same records.
- Whether it is closed is what its state column says; a closing time counts for closed records only.
- A category becomes `source.slug`. Two values of a source that would become one label are not merged: the second is
  rejected until the mapping names it, so counts by category stay exact.
- The same address, but for case and blanks, is the same place. A record without an address has a place of its own:
  nothing links it to others.
"""

from __future__ import annotations

import unicodedata
from hashlib import sha256
from typing import NamedTuple

from linlian.imports.mapping import Mapping
from linlian.imports.problems import RowRejected
from linlian.imports.reading import Row, as_json
from linlian.kernel.contract import compose

LABEL_CHARS_MAX = 64
ID_PART_BYTES_MAX = 255
OURS = ("rejected_line", "rejected_because")
"""Columns that a file of rejected rows has besides its source's; they are no part of the record."""
_HASH_CHARS = 8


class Record(NamedTuple):
    """One past case. Times are milliseconds, 0 is none; `area` and `address` are as the source writes them.

    `place` is the key under which its place is found again, 32 bytes; `original` the row as JSON, to be sealed.
    """

    line: int
    external: bytes
    category: str
    reported_at: int
    closed_at: int
    target_at: int
    timeliness: str
    area: str
    address: str
    place: bytes
    original: bytes

    @property
    def state(self) -> str:
        return "closed" if self.closed_at else "open"


class Registrar:
    """Turns the rows of one file into records; remembers what must not come twice."""

    def __init__(self, mapping: Mapping, now: int):
        """`now` is the ledger's time in milliseconds: nothing happened after it."""
        self._mapping = mapping
        self._clock = mapping.times.open()
        self._now = now
        self._seen: dict[bytes, int] = {}
        self._alike: dict[bytes, int] = {}
        self._meaning: dict[str, str] = {}
        self._labels: dict[str, str] = {}

    def record(self, row: Row) -> Record:
        """Raises RowRejected."""
        if row.problem is not None:
            raise row.problem
        mapping = self._mapping
        left_out = (*OURS, *mapping.sealed.leave_out)
        kept = {name: value for name, value in row.values.items() if name not in left_out}
        original = as_json(kept).encode()
        external = self._external(row, original)
        before = self._seen.get(external)
        if before is not None:
            raise RowRejected("import.repeated_in_file", first_line=before)
        reported_at, closed_at = self._span(row)
        address = ", ".join(filter(None, (_plain(row.text(column)) for column in mapping.place.address)))
        area = _plain(row.text(mapping.place.area)) if mapping.place.area else ""
        record = Record(
            line=row.line,
            external=external,
            category=self._category(row),
            reported_at=reported_at,
            closed_at=closed_at,
            target_at=self._time(row, mapping.columns.target_at),
            timeliness=self._timeliness(row),
            area=area,
            address=address,
            place=place_key(mapping.source, address) if address else external,
            original=original,
        )
        self._seen[external] = row.line
        return record

    def _external(self, row: Row, original: bytes) -> bytes:
        source, columns = self._mapping.source, self._mapping.columns.id
        if not columns:
            told = sha256(original).digest()
            self._alike[told] = number = self._alike.get(told, 0) + 1
            return sha256(compose(source, told, number)).digest()
        parts = [row.text(column) for column in columns]
        if not all(parts):
            raise RowRejected("import.id_missing", column=columns[parts.index("")])
        if any(len(part.encode()) > ID_PART_BYTES_MAX for part in parts):
            raise RowRejected("import.id_too_long", size_bytes_max=ID_PART_BYTES_MAX)
        return sha256(compose(source, *parts)).digest()

    def _span(self, row: Row) -> tuple[int, int]:
        """When it was reported and closed; of two readings of a closing time, one that is not before the report."""
        columns = self._mapping.columns
        reported_at = self._time(row, columns.reported_at)
        if not reported_at:
            raise RowRejected("import.time_missing", column=columns.reported_at)
        closed_at = 0
        if self._is_closed(row):
            readings = self._clock.instants(row.text(columns.closed_at))
            closed_at = next((time for time in readings if time >= reported_at), 0)
            if not closed_at:
                raise RowRejected("import.closed_before_reported")
        if max(reported_at, closed_at) > self._now:
            raise RowRejected("import.time_in_future")
        return reported_at, closed_at

    def _is_closed(self, row: Row) -> bool:
        state, column = self._mapping.state, self._mapping.columns.closed_at
        has_time = bool(column and row.text(column))
        if not state.column:
            return has_time
        value = row.text(state.column)
        if value in state.closed:
            if not has_time:
                raise RowRejected("import.closed_without_time", column=column)
            return True
        if value not in state.open:
            raise RowRejected("import.state_unknown", column=state.column, value=value[:64])
        return False

    def _time(self, row: Row, column: str) -> int:
        text = row.text(column) if column else ""
        return self._clock.instants(text)[0] if text else 0

    def _timeliness(self, row: Row) -> str:
        told = self._mapping.timeliness
        value = row.text(told.column) if told.column else ""
        if value in told.on_time:
            return "on_time"
        if value in told.overdue:
            return "overdue"
        if value:
            raise RowRejected("import.timeliness_unknown", column=told.column, value=value[:64])
        return "not_stated"

    def _category(self, row: Row) -> str:
        column, names = self._mapping.category.column, self._mapping.category.names
        value = row.text(column)
        if not value:
            raise RowRejected("import.category_missing", column=column)
        label = self._labels.get(value)
        if label is None:
            label = names.get(value) or f"{self._mapping.source}.{slug(value, self._slug_chars_max)}"
            other = self._meaning.setdefault(label, value)
            if other != value and value not in names:
                raise RowRejected("import.category_collides", value=value[:64], other=other[:64], label=label)
            self._labels[value] = label
        return label

    @property
    def _slug_chars_max(self) -> int:
        return LABEL_CHARS_MAX - len(self._mapping.source) - 1


def slug(text: str, chars_max: int) -> str:
    """Words as a label: `Grünflächen/Spielplätze` → `grunflachen_spielplatze`.

    Where letters are lost (Chinese) or it would be longer than `chars_max`, a hash of the words is added.
    """
    flat = unicodedata.normalize("NFKD", text)
    letters = [char for char in flat if not unicodedata.combining(char)]
    kept = "".join(char.lower() if char.isascii() and char.isalnum() else " " for char in letters)
    found = "_".join(kept.split())
    lost = any(char.isalnum() and not char.isascii() for char in letters)
    if not lost and 0 < len(found) <= chars_max:
        return found
    told = sha256(text.encode()).hexdigest()[:_HASH_CHARS]
    return "_".join(filter(None, (found[: chars_max - _HASH_CHARS - 1].strip("_"), told)))


def place_key(source: str, address: str) -> bytes:
    """The key of a place, 32 bytes: the same for an address in other case."""
    same = unicodedata.normalize("NFKC", address).casefold()
    return sha256(compose(source) + same.encode()).digest()


def _plain(text: str) -> str:
    return " ".join(text.split())
