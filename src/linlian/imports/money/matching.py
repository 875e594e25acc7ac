"""Which line of a bank is which record of the fund: pure, and shy.

Rules, in this order; each line and each record is used once
- The line quotes the record: its reference stands in what was written, and sum and direction are the same.
- The line's other account or name is a recipient's, and a payment to them has that sum; of several the oldest.
- One line and one record have that sum and direction, within so many days of each other.

    match([Booked(...)], [Record(...)])  ->  {0: Record(...)}
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from linlian.imports.money.plan import Record

DAYS = 15
WINDOW_MS = DAYS * 86_400_000
REFERENCE_CHARS = 10
"""Of a record's identifier, as people and banks copy it."""


class Booked(NamedTuple):
    """A line that is nothing's yet. `recipients`: whose account, or name, the other side's is."""

    at: int
    amount_minor: int
    incoming: bool
    text: str
    recipients: frozenset[bytes]


def match(lines: Sequence[Booked], records: Sequence[Record]) -> dict[int, Record]:
    """Line → the record that it is; what is not certain is left out."""
    found: dict[int, Record] = {}
    free = sorted(records, key=lambda record: (record.at, record.id))
    for tells in (_quotes, _knows):
        for at, line in enumerate(lines):
            if at in found:
                continue
            known = [record for record in free if _fits(line, record) and tells(line, record)]
            if known and (tells is _knows or len(known) == 1):
                found[at] = known[0]
                free.remove(known[0])
    return found | _alone(lines, free, found)


def _alone(lines: Sequence[Booked], free: Sequence[Record], found: dict[int, Record]) -> dict[int, Record]:
    """Where a line is the only one for a record, and that the only one for the line."""
    more: dict[int, Record] = {}
    rest = [at for at in range(len(lines)) if at not in found]
    for at in rest:
        fitting = [record for record in free if _near(lines[at], record)]
        if len(fitting) == 1 and sum(_near(lines[other], fitting[0]) for other in rest) == 1:
            more[at] = fitting[0]
    return more


def _fits(line: Booked, record: Record) -> bool:
    return (line.amount_minor, line.incoming) == (record.amount_minor, record.incoming)


def _near(line: Booked, record: Record) -> bool:
    return _fits(line, record) and abs(line.at - record.at) <= WINDOW_MS


def _quotes(line: Booked, record: Record) -> bool:
    text = "".join(sign for sign in line.text.lower() if sign.isalnum())
    return record.reference[:REFERENCE_CHARS] in text


def _knows(line: Booked, record: Record) -> bool:
    return record.recipient in line.recipients and abs(line.at - record.at) <= 2 * WINDOW_MS
