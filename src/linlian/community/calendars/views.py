"""Working time as rows: every revision of every year's days, the hours of each calendar, and the clock.

All revisions are kept, and everybody may ask for them, to count again what was due by the days published at the time.
"""

from __future__ import annotations

from typing import NamedTuple

from linlian.community.calendars.rules import Day, Hours, contract
from linlian.community.calendars.rules_dates import Date, Year
from linlian.community.calendars.rules_publishing import HoursSet, UtcOffsetSet, YearMissing, YearPublished
from linlian.readmodel.audience import EVERYBODY
from linlian.readmodel.view import Count, Fact, Label, Limit, Reads, Rows, View, where

views = View(contract)


class YearRow(NamedTuple):
    """A revision of a year's arrangement; revision 0 stands for one that was missed, and has no days.

    `organisation` is empty where the founders published it. `is_latest` is false once a correction has replaced it.
    """

    year: int
    revision: int
    days_off: int
    workdays: int
    source: str
    organisation: bytes
    published_at: int
    is_latest: bool


class DayRow(NamedTuple):
    """A day that is not worked, or (`kind` makeup) is worked in its place. Dates are YYYYMMDD."""

    year: int
    revision: int
    date: int
    kind: str


class HoursRow(NamedTuple):
    """Hours of a kind of day, from a date on until the next version begins; in minutes since midnight."""

    calendar: str
    starts: int
    kind: str
    from_minute: int
    until_minute: int
    organisation: bytes
    published_at: int


class OffsetRow(NamedTuple):
    """From when on the community's clock is how far ahead of Greenwich."""

    starts: int
    offset_minutes: int


years = views.table("year", YearRow, key=2)
days = views.table("day", DayRow, key=3)
hours = views.table("hours", HoursRow, key=4)
offsets = views.table("offset", OffsetRow)


@views.on(YearPublished)
def published(db: Rows, event: YearPublished, fact: Fact) -> None:
    for earlier in db.under(years, event.year):
        db.change(years, event.year, earlier.revision, is_latest=False)
    row = YearRow(
        year=event.year,
        revision=event.revision,
        days_off=len(event.days_off),
        workdays=len(event.workdays),
        source=event.source,
        organisation=event.organisation or b"",
        published_at=fact.time,
        is_latest=True,
    )
    db.put(years, row)
    for date in event.days_off:
        db.add(days, DayRow(event.year, event.revision, date, Day.DAY_OFF))
    for date in event.workdays:
        db.add(days, DayRow(event.year, event.revision, date, Day.MAKEUP))


@views.on(YearMissing)
def missed(db: Rows, event: YearMissing, fact: Fact) -> None:
    if db.get(years, event.year, 0) is None:
        db.put(years, YearRow(event.year, 0, 0, 0, "", b"", fact.time, is_latest=True))


@views.on(HoursSet)
def hours_set(db: Rows, event: HoursSet, fact: Fact) -> None:
    for row in db.under(hours, event.calendar):
        if row.starts >= event.starts:
            db.delete(hours, row.calendar, row.starts, row.kind, row.from_minute)
    for kind in Day:
        worked: Hours = getattr(event, kind)
        for opens, closes in zip(worked[::2], worked[1::2], strict=True):
            row = HoursRow(event.calendar, event.starts, kind, opens, closes, event.organisation, fact.time)
            db.put(hours, row)


@views.on(UtcOffsetSet)
def offset_set(db: Rows, event: UtcOffsetSet, _: Fact) -> None:
    db.put(offsets, OffsetRow(event.starts, event.offset_minutes))


@views.query(seen_by=EVERYBODY)
def calendar_days(db: Reads, year: Year, revision: Count | None = None, limit: Limit = 200) -> list[DayRow]:
    """The days off and make-up workdays of a year, as last published or by a revision."""
    matching = where("y.year = :year", "y.is_latest" if revision is None else "y.revision = :revision")
    sql = f"""
        SELECT d.year, d.revision, d.date, d.kind FROM calendars_day d
        JOIN calendars_year y ON y.year = d.year AND y.revision = d.revision{matching}
        ORDER BY d.date LIMIT :limit"""
    return db.all(DayRow, sql, year=year, revision=revision, limit=limit)


@views.query(seen_by=EVERYBODY)
def published_years(db: Reads, year: Year | None = None, limit: Limit = 100) -> list[YearRow]:
    """Which years' days were published, when, by whom, and what was corrected; the latest year first."""
    matching = where("revision > 0", year=year)
    sql = f"SELECT * FROM calendars_year{matching} ORDER BY year DESC, revision DESC LIMIT :limit"
    return db.all(YearRow, sql, year=year, limit=limit)


@views.query(seen_by=EVERYBODY)
def missing_years(db: Reads, limit: Limit = 100) -> list[YearRow]:
    """Years whose days off nobody has published though it is time; until then ordinary weeks are assumed."""
    sql = "SELECT * FROM calendars_year WHERE revision = 0 AND is_latest ORDER BY year LIMIT :limit"
    return db.all(YearRow, sql, limit=limit)


@views.query(seen_by=EVERYBODY)
def calendar_hours(
    db: Reads, calendar: Label | None = None, starts: Date | None = None, kind: Day | None = None, limit: Limit = 500
) -> list[HoursRow]:
    """The hours of calendars, each version from its first day on."""
    sql = f"""
        SELECT * FROM calendars_hours{where(calendar=calendar, starts=starts, kind=kind)}
        ORDER BY calendar, starts, kind, from_minute LIMIT :limit"""
    return db.all(HoursRow, sql, calendar=calendar, starts=starts, kind=kind, limit=limit)


@views.query(seen_by=EVERYBODY)
def utc_offsets(db: Reads, limit: Limit = 100) -> list[OffsetRow]:
    """The community's clock: from when on how many minutes ahead of Greenwich."""
    return db.all(OffsetRow, "SELECT * FROM calendars_offset ORDER BY starts LIMIT :limit", limit=limit)
