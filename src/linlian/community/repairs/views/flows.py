"""Who works with whom: how often a case went from the hands of one organisation into those of another.

A case is handed on when its next step is taken by somebody of another organisation. What residents do counts as of
nobody's; what clocks do hands on nothing. It is counted on the day on which it happens, and asked in whole days.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

from linlian.community.identity.views import accounts
from linlian.community.repairs import audience
from linlian.community.repairs.views.rows import views
from linlian.community.repairs.views.tally import DAY_MS, day_of
from linlian.readmodel.stream import time_of
from linlian.readmodel.view import Fact, Limit, Meta, Millis, Reads, Rows

Days = Annotated[int, Meta(ge=1, le=92)]


class FlowRow(NamedTuple):
    """From one organisation to another, so often; an empty one stands for the residents."""

    giver: bytes
    taker: bytes
    handed: int


class HandRow(NamedTuple):
    """Whose hand a case is in: the organisation of whoever took the last step, empty for residents."""

    case_id: bytes
    organisation: bytes


class HandedRow(NamedTuple):
    """How often cases went from one organisation to another on a day."""

    day: int
    giver: bytes
    taker: bytes
    handed: int


hands = views.table("hand", HandRow)
handed = views.table("handed", HandedRow, key=3)


def take(db: Rows, case_id: bytes, fact: Fact) -> None:
    """Somebody took a step: a case that was in another hand has been handed on."""
    person = db.get(accounts, fact.signer)
    taker = b"" if person is None else person.organisation
    before = db.get(hands, case_id)
    if before is None or before.organisation != taker:
        db.put(hands, HandRow(case_id, taker))
    if before is not None and before.organisation != taker:
        key = (day_of(fact.time), before.organisation, taker)
        known = db.get(handed, *key)
        db.put(handed, HandedRow(*key, 1 if known is None else known.handed + 1))


@views.query(seen_by=audience.FLOWS)
def flows(db: Reads, days: Days = 30, now: Millis = 0, limit: Limit = 100) -> list[FlowRow]:
    """How often cases went from one organisation to another in these days, today included; the most frequent first."""
    since = day_of(time_of(db, now)) - (days - 1) * DAY_MS
    sql = """
        SELECT giver, taker, CAST(SUM(handed) AS BIGINT) AS handed FROM repairs_handed WHERE day >= :since
        GROUP BY giver, taker ORDER BY handed DESC, giver, taker LIMIT :limit"""
    return db.all(FlowRow, sql, since=since, limit=limit)
