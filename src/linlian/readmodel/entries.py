"""Committed entries in the order in which they happened, for whoever follows them from a place of their own.

    place = read_place("12.0.1")                       # height.receipt.event; "12" is the end of block 12
    entries_after(db, place, limit=200)                # what came later, in order
    entries_after(db, place, types=("repairs.",))      # of one business; "repairs.repair_reported" is one type

Rules
- An entry's place never changes and no two entries share one, so a place is an identifier and a position at once.
- Whoever remembers the last place they saw misses nothing and sees nothing twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from linlian.readmodel.errors import ReadModelError
from linlian.readmodel.view import Reads

PAGE = 200
NUMBER_MAX = 10**15 - 1


class Place(NamedTuple):
    """Where an entry stands. Places are ordered as the entries are."""

    height: int
    receipt: int
    event: int

    def __str__(self) -> str:
        return str(self.height) if self.receipt == NUMBER_MAX else f"{self.height}.{self.receipt}.{self.event}"


BEGINNING = Place(-1, 0, 0)
"""Before the first entry."""


class FollowedEntry(NamedTuple):
    """An entry, with the command and the signer that it comes from."""

    height: int
    receipt: int
    event: int
    time: int
    occurred_at: int
    type: str
    fields: str
    item_id: bytes
    source: str
    signer: bytes
    command: str

    @property
    def place(self) -> Place:
        return Place(self.height, self.receipt, self.event)


def end_of(height: int) -> Place:
    """After the last entry of a block."""
    return Place(height, NUMBER_MAX, NUMBER_MAX)


def read_place(text: str) -> Place:
    """`height.receipt.event`, or `height` for the end of a block. Raises ReadModelError (`readmodel.wrong_place`)."""
    parts = text.split(".")
    if len(parts) not in (1, 3) or not all(part.isascii() and part.isdigit() and len(part) <= 15 for part in parts):
        raise ReadModelError("readmodel.wrong_place", place=text[:60])
    numbers = [int(part) for part in parts]
    return end_of(numbers[0]) if len(numbers) == 1 else Place(*numbers)


def entries_after(db: Reads, after: Place, types: Sequence[str] = (), limit: int = PAGE) -> list[FollowedEntry]:
    """The entries behind a place, in order; with `types` only those (a name that ends in "." stands for all in it)."""
    return _page(db, after, types, limit, "")


def entries_about(
    db: Reads, subject: bytes, after: Place, types: Sequence[str] = (), limit: int = PAGE
) -> list[FollowedEntry]:
    """`entries_after`, of one subject's history."""
    about = """JOIN ledger_subject AS s ON s.subject = :subject
        AND s.height = e.height AND s.receipt = e.receipt AND s.event = e.event"""
    return _page(db, after, types, limit, about, subject)


def matches(type_name: str, types: Sequence[str]) -> bool:
    """Whether a type is among those asked for."""
    return not types or any(type_name.startswith(one) if one.endswith(".") else type_name == one for one in types)


def last_place(db: Reads) -> Place:
    """The place of the latest entry."""
    sql = "SELECT height, receipt, event FROM ledger_entry ORDER BY height DESC, receipt DESC, event DESC LIMIT 1"
    return db.one(Place, sql) or BEGINNING


def _page(
    db: Reads, after: Place, types: Sequence[str], limit: int, join: str, subject: bytes | None = None
) -> list[FollowedEntry]:
    wanted, names = _wanted(types)
    sql = f"""
        SELECT e.height, e.receipt, e.event, e.time, e.occurred_at, e.type, e.fields,
               i.item_id, i.source, i.signer, i.command
        FROM ledger_entry AS e {join}
        JOIN ledger_item AS i ON i.height = e.height AND i.receipt = e.receipt
        WHERE (e.height, e.receipt, e.event) > (:height, :receipt, :event){wanted}
        ORDER BY e.height, e.receipt, e.event LIMIT :limit"""
    parameters = {**after._asdict(), **names, "limit": limit, "subject": subject}
    return db.all(FollowedEntry, sql, **parameters)


def _wanted(types: Sequence[str]) -> tuple[str, dict[str, str]]:
    """The condition on the type, and its parameters."""
    names = {f"type_{_letters(number)}": one for number, one in enumerate(types)}
    parts = [
        f"SUBSTR(e.type, 1, {len(one)}) = :{name}" if one.endswith(".") else f"e.type = :{name}"
        for name, one in names.items()
    ]
    return (f" AND ({' OR '.join(parts)})" if parts else ""), names


def _letters(number: int) -> str:
    """0 → a, 25 → z, 26 → ba: parameters of SQL are named by letters."""
    digits = chr(ord("a") + number % 26)
    return digits if number < 26 else _letters(number // 26) + digits
