"""What everybody may see of repairs: each of them once, without place, person or organisation.

A record goes by a name of its own, the hash of the case's: whoever is told of a case can find its record, and nobody
gets from a record to the case, or from one record to another of the same home. Times are days. Where a common part is
broken, it is named: nobody lives there. That a case repeats an earlier one is not said, for that would tie the two.
"""

from __future__ import annotations

from enum import StrEnum
from hashlib import sha256
from typing import Any, NamedTuple

from linlian.community.places.views import places
from linlian.community.repairs import audience
from linlian.community.repairs.rules import contract
from linlian.community.repairs.rules_steps import State
from linlian.community.repairs.views.keeping import DAY_MS
from linlian.community.repairs.views.rows import requests, views
from linlian.readmodel.view import Fact, Label, Limit, Millis, Reads, Rows, where

DOMAIN = b"linlian/published/1\x00"


class PublishedRow(NamedTuple):
    """`place` is empty unless it is a common part; days are their beginning (UTC), 0 is not yet."""

    record: bytes
    category: str
    urgency: str
    state: str
    place: bytes
    reported_day: int
    closed_day: int
    timeliness: str
    closing: str
    closing_as: str
    source: str


class PublishedBy(StrEnum):
    """By what published records are counted."""

    STATE = "state"
    CATEGORY = "category"
    URGENCY = "urgency"
    TIMELINESS = "timeliness"
    CLOSING = "closing"


class PublishedCount(NamedTuple):
    """How many records have this value."""

    value: str
    requests: int


class PublishedTally(NamedTuple):
    """How many records have a value in a column; kept, so that nobody has to go through all of them."""

    column_name: str
    value: str
    requests: int


published = views.table(
    "published",
    PublishedRow,
    indexes=("reported_day, record", "state, reported_day, record", "category, reported_day, record"),
)
tallies = views.table("published_tally", PublishedTally, key=2)


def record_of(case_id: bytes) -> bytes:
    """The public name of a case's record."""
    return sha256(DOMAIN + case_id).digest()[:16]


def publish(db: Rows, event: Any, _fact: Fact) -> None:
    """After every step of a case, which its own row already shows."""
    case = db.get(requests, event.case)
    if case is None:
        return
    place = db.get(places, case.place)
    row = PublishedRow(
        record=record_of(event.case),
        category=case.category,
        urgency=case.urgency,
        state=case.state,
        place=case.place if place is not None and place.is_common else b"",
        reported_day=case.reported_at // DAY_MS * DAY_MS,
        closed_day=case.closed_at // DAY_MS * DAY_MS,
        timeliness=case.timeliness,
        closing=case.closing,
        closing_as=case.closing_as,
        source=case.source,
    )
    before = db.get(published, row.record)
    db.put(published, row)
    for column in PublishedBy:
        was, now = None if before is None else getattr(before, column), getattr(row, column)
        if was != now:
            _count(db, column.value, now, 1)
            if was is not None:
                _count(db, column.value, was, -1)


def _count(db: Rows, column: str, value: str, by: int) -> None:
    known = db.get(tallies, column, value)
    now = by + (0 if known is None else known.requests)
    if now:
        db.put(tallies, PublishedTally(column, value, now))
    else:
        db.delete(tallies, column, value)


for _kind in contract.events.values():
    if "case" in _kind.__struct_fields__:
        views.on(_kind)(publish)


@views.query(seen_by=audience.PUBLISHED)
def published_requests(
    db: Reads,
    state: State | None = None,
    category: Label | None = None,
    since: Millis = 0,
    limit: Limit = 100,
) -> list[PublishedRow]:
    """What everybody may see of repairs, the latest day first."""
    matching = where("reported_day >= :since", state=state, category=category)
    sql = f"SELECT * FROM repairs_published{matching} ORDER BY reported_day DESC, record DESC LIMIT :limit"
    return db.all(PublishedRow, sql, state=state, category=category, since=since, limit=limit)


@views.query(seen_by=audience.PUBLISHED)
def published_counts(db: Reads, by: PublishedBy = PublishedBy.STATE, limit: Limit = 1000) -> list[PublishedCount]:
    """How many published records there are of each kind, the most frequent first."""
    sql = """
        SELECT value, requests FROM repairs_published_tally WHERE column_name = :by
        ORDER BY requests DESC, value LIMIT :limit"""
    return db.all(PublishedCount, sql, by=by, limit=limit)
