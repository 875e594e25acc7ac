"""Who works with whom: how often a case went from the hands of one organisation into those of another.

A case is handed on when its next step is taken by somebody of another organisation. What residents do counts as of
nobody's; what clocks do hands on nothing. Asked in whole days, and over so many steps at most, the latest.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

from linlian.community.repairs import audience
from linlian.community.repairs.views.rows import views
from linlian.community.repairs.views.tally import DAY_MS, day_of
from linlian.readmodel.stream import time_of
from linlian.readmodel.view import Limit, Meta, Millis, Reads

STEPS_MAX = 20_000
Days = Annotated[int, Meta(ge=1, le=92)]


class FlowRow(NamedTuple):
    """From one organisation to another, so often; an empty one stands for the residents."""

    giver: bytes
    taker: bytes
    handed: int


@views.query(seen_by=audience.FLOWS)
def flows(db: Reads, days: Days = 30, now: Millis = 0, limit: Limit = 100) -> list[FlowRow]:
    """How often cases went from one organisation to another in these days, today included; the most frequent first."""
    since = day_of(time_of(db, now)) - (days - 1) * DAY_MS
    sql = """
        SELECT giver, taker, COUNT(*) AS handed FROM (
            SELECT LAG(hand) OVER (PARTITION BY case_id ORDER BY height, receipt, event) AS giver, hand AS taker
            FROM (SELECT s.case_id, s.height, s.receipt, s.event, COALESCE(a.organisation, :nobody) AS hand
                  FROM (SELECT * FROM repairs_step WHERE time >= :since AND standing <> 'clock'
                        ORDER BY time DESC, height DESC, receipt DESC, event DESC LIMIT :most) AS s
                  LEFT JOIN identity_account AS a ON a.account = s.actor) AS taken) AS told
        WHERE giver <> taker GROUP BY giver, taker ORDER BY handed DESC, giver, taker LIMIT :limit"""
    return db.all(FlowRow, sql, since=since, most=STEPS_MAX, nobody=b"", limit=limit)
