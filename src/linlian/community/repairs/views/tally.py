"""How many, by day and month: counted as it happens, so that nobody has to go through all that ever happened.

    measure     value                       counted when
    reported    category                    it was reported (or, of an imported record, had been)
    repeated    category                    it was reported as the repeat of an earlier one
    done        on_time, overdue            it was said to be done, pauses left out of account
    unpaused    on_time, overdue            the same, had the clocks never stood still
    disputed    category                    somebody said that it is not repaired
    closed      basis/standing              it was closed; no two bases are ever merged
    caused      cause                       it was closed, by the cause that was found
    hours       whole hours, five digits    it was closed by an answer: how long after the report

What is done twice counts twice. Days and months are those of China Standard Time, in which such figures are published.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, NamedTuple

from linlian.community.repairs import audience
from linlian.community.repairs.rules import IMPORTED
from linlian.community.repairs.rules_answering import RepairConfirmed, RepairDisputed
from linlian.community.repairs.rules_clock import CheckStood, RepairClosedUnanswered
from linlian.community.repairs.rules_history import HistoryRecorded, Timeliness
from linlian.community.repairs.rules_reporting import RepairReported
from linlian.community.repairs.rules_steps import Standing
from linlian.community.repairs.rules_working import RepairFinished
from linlian.community.repairs.views.rows import requests, views
from linlian.readmodel.view import Fact, Limit, Meta, Reads, Rows

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
ZONE_MS = 8 * HOUR_MS
HOURS_MAX = 99_999
FIRST_MONTH, LAST_MONTH = 197001, 999912
PUBLIC = ("reported", "done", "closed")
"""What everybody may know: what anybody can count in the published records. Of the rest, too little at a time could
say that two of these belong together."""

Month = Annotated[int, Meta(ge=FIRST_MONTH, le=LAST_MONTH)]
"""Year and month: 202611."""


class TallyRow(NamedTuple):
    """So many on a day; `day` is its beginning. `imported`: by another system's records."""

    imported: bool
    day: int
    measure: str
    value: str
    month: int
    amount: int


class FigureRow(NamedTuple):
    """So many in a month."""

    month: int
    measure: str
    value: str
    amount: int


class MedianRow(NamedTuple):
    """Of the repairs that somebody answered in a month: how many, and after how many hours half of them were over."""

    month: int
    median_hours: int
    answered: int


tallies = views.table("tally", TallyRow, key=4, indexes=("imported, month, measure, value, amount",))


def month_of(time_ms: int) -> int:
    """The month in which a time lies."""
    then = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=time_ms + ZONE_MS)
    return then.year * 100 + then.month


def day_of(time_ms: int) -> int:
    """The beginning of the day in which a time lies."""
    return (time_ms + ZONE_MS) // DAY_MS * DAY_MS - ZONE_MS


def _count(db: Rows, time_ms: int, measure: str, value: str, imported: bool = False) -> None:
    day = day_of(time_ms)
    known = db.get(tallies, imported, day, measure, value)
    db.put(tallies, TallyRow(imported, day, measure, value, month_of(day), 1 if known is None else known.amount + 1))


def _timely(late: bool) -> str:
    return Timeliness.OVERDUE if late else Timeliness.ON_TIME


@views.on(RepairReported)
def reported(db: Rows, event: RepairReported, fact: Fact) -> None:
    _count(db, fact.time, "reported", event.category)
    if event.repeats:
        _count(db, fact.time, "repeated", event.category)


@views.on(HistoryRecorded)
def recorded(db: Rows, event: HistoryRecorded, fact: Fact) -> None:
    _count(db, event.reported_at, "reported", event.category, imported=True)
    if event.repeats:
        _count(db, event.reported_at, "repeated", event.category, imported=True)
    if event.closed_at:
        _count(db, event.closed_at, "closed", f"{IMPORTED}/", imported=True)
        if event.timeliness != Timeliness.NOT_STATED:
            _count(db, event.closed_at, "done", event.timeliness, imported=True)


@views.on(RepairFinished)
def finished(db: Rows, event: RepairFinished, fact: Fact) -> None:
    row = db.the(requests, event.case)
    _count(db, fact.time, "done", _timely(event.late))
    _count(db, fact.time, "unpaused", _timely(event.late or fact.time > row.finish_by - row.stretched_ms))


@views.on(RepairDisputed)
def disputed(db: Rows, event: RepairDisputed, fact: Fact) -> None:
    _count(db, fact.time, "disputed", db.the(requests, event.case).category)


def _closed(db: Rows, case_id: bytes, fact: Fact, basis: str, standing: str, answered: bool) -> None:
    row = db.the(requests, case_id)
    _count(db, fact.time, "closed", f"{basis}/{standing}")
    if row.cause:
        _count(db, fact.time, "caused", row.cause)
    if answered:
        hours = min(HOURS_MAX, (fact.time - row.reported_at) // HOUR_MS)
        _count(db, fact.time, "hours", f"{hours:05d}")


@views.on(RepairConfirmed)
def confirmed(db: Rows, event: RepairConfirmed, fact: Fact) -> None:
    _closed(db, event.case, fact, event.basis, event.standing, answered=True)


@views.on(CheckStood)
def check_stood(db: Rows, event: CheckStood, fact: Fact) -> None:
    _closed(db, event.case, fact, event.basis, event.standing, answered=True)


@views.on(RepairClosedUnanswered)
def closed_unanswered(db: Rows, event: RepairClosedUnanswered, fact: Fact) -> None:
    _closed(db, event.case, fact, event.basis, Standing.CLOCK, answered=False)


_FIGURES = """
    SELECT month, measure, value, CAST(SUM(amount) AS BIGINT) AS amount FROM repairs_tally
    WHERE imported = :imported AND month >= :since AND month <= :until AND {which}
    GROUP BY month, measure, value ORDER BY month, measure, value LIMIT :limit"""


@views.query(seen_by=audience.FIGURES)
def monthly(
    db: Reads, since: Month = FIRST_MONTH, until: Month = LAST_MONTH, imported: bool = False, limit: Limit = 1000
) -> list[FigureRow]:
    """What happened in each month, by what is counted and its value."""
    sql = _FIGURES.format(which="measure <> 'hours'")
    return db.all(FigureRow, sql, since=since, until=until, imported=imported, limit=limit)


@views.query(seen_by=audience.PUBLISHED)
def published_monthly(
    db: Reads, since: Month = FIRST_MONTH, until: Month = LAST_MONTH, imported: bool = False, limit: Limit = 1000
) -> list[FigureRow]:
    """What everybody may know of each month: what was reported, done in time, and closed on which basis."""
    names = ", ".join(f"'{measure}'" for measure in PUBLIC)
    sql = _FIGURES.format(which=f"measure IN ({names})")
    return db.all(FigureRow, sql, since=since, until=until, imported=imported, limit=limit)


@views.query(seen_by=audience.PUBLISHED)
def monthly_medians(
    db: Reads, since: Month = FIRST_MONTH, until: Month = LAST_MONTH, limit: Limit = 1000
) -> list[MedianRow]:
    """In each month, how many repairs somebody answered, and after how many hours half of these were over."""
    sql = """
        SELECT month, CAST(MIN(hours) AS INTEGER) AS median_hours, CAST(MAX(total) AS BIGINT) AS answered
        FROM (SELECT month, hours, SUM(n) OVER (PARTITION BY month ORDER BY hours) AS running,
                     SUM(n) OVER (PARTITION BY month) AS total
              FROM (SELECT month, value AS hours, SUM(amount) AS n FROM repairs_tally
                    WHERE imported = FALSE AND month >= :since AND month <= :until AND measure = 'hours'
                    GROUP BY month, value) AS counted) AS told
        WHERE 2 * running >= total GROUP BY month ORDER BY month LIMIT :limit"""
    return db.all(MedianRow, sql, since=since, until=until, limit=limit)
