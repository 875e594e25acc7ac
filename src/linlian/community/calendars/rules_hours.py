"""What the calendars are for: how long, in working time, and when a promise in working time runs out.

    due(ctx, "standard", reported_at, minutes=8 * 60)      → Due(at_ms=…, assumed=False)
    working_ms(ctx, "standard", reported_at, done_at)      → Worked(ms=…, assumed=False)
    is_working(ctx, "standard", ctx.time)                  → True

Rules
- An instant counts as worked if it lies in the hours of its local day: those of the weekday, of a day off, or of a
  make-up workday. The minute in which hours end is not worked any more.
- Nothing here refuses, because timers call it. A calendar that nobody set has the office week; of a year that nobody
  published each day is an ordinary one; and the answer then says that it was `assumed`.
- One call reads each year's row once, walks day by day, and never further than `HORIZON_DAYS`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from linlian.community.calendars.rules import (
    DAY_MS,
    MINUTE_MS,
    OFFICE_WEEK,
    Hours,
    Week,
    arrangements,
    calendars,
    local_day,
    offset_at,
    week_key,
    weeks,
    year_key,
)
from linlian.community.calendars.rules_dates import date_of, day_of, first_day, weekday, year_of
from linlian.kernel.contract import Reader, Refused

HORIZON_DAYS = 3 * 366


class Due(NamedTuple):
    """When a promise runs out; `assumed` if something was not published, or it lies beyond the horizon."""

    at_ms: int
    assumed: bool


class Worked(NamedTuple):
    """How much of a span was working time; `assumed` if something was not published, or it is beyond the horizon."""

    ms: int
    assumed: bool


class _Span(NamedTuple):
    """A piece of working time, and whether it is assumed."""

    starts_ms: int
    ends_ms: int
    assumed: bool


def due(reader: Reader, calendar: str, start_ms: int, minutes: int) -> Due:
    """The first instant at which so many working minutes have gone by since `start_ms`."""
    left, assumed = minutes * MINUTE_MS, False
    if left <= 0:
        return Due(start_ms, False)
    end_ms = start_ms + HORIZON_DAYS * DAY_MS
    for span in _spans(reader, calendar, start_ms, end_ms):
        assumed = assumed or span.assumed
        length = span.ends_ms - span.starts_ms
        if left <= length:
            return Due(span.starts_ms + left, assumed)
        left -= length
    return Due(end_ms, True)


def working_ms(reader: Reader, calendar: str, start_ms: int, end_ms: int) -> Worked:
    """The working time between two instants; none if the end is not after the start."""
    horizon = start_ms + HORIZON_DAYS * DAY_MS
    spans = list(_spans(reader, calendar, start_ms, min(end_ms, horizon)))
    worked = sum(span.ends_ms - span.starts_ms for span in spans)
    return Worked(worked, end_ms > horizon or any(span.assumed for span in spans))


def is_working(reader: Reader, calendar: str, at_ms: int) -> bool:
    """Whether an instant is working time, as far as that is known."""
    return any(span.ends_ms > span.starts_ms for span in _spans(reader, calendar, at_ms, at_ms + 1))


def check_published(reader: Reader, calendar: str, at_ms: int) -> None:
    """For a command that must not rest on an assumption. Refused: `calendars.unknown`, `calendars.year_missing`."""
    if not calendars.has(reader, calendar.encode()):
        raise Refused("calendars.unknown", calendar=calendar)
    year = year_of(local_day(reader, at_ms))
    if not arrangements.has(reader, year_key(year)):
        raise Refused("calendars.year_missing", year=year)


def local_date(reader: Reader, at_ms: int) -> int:
    """The date (YYYYMMDD) that it is in the community at a time."""
    return date_of(local_day(reader, at_ms))


def _spans(reader: Reader, calendar: str, start_ms: int, end_ms: int) -> Iterator[_Span]:
    """The working time of a span, in order. Each day begins with an empty piece, so that its `assumed` is seen."""
    book = _Book(reader, calendar)
    while start_ms < end_ms:
        offset, changes_at = offset_at(reader, start_ms)
        until_ms = end_ms if changes_at is None else min(end_ms, changes_at)
        ahead_ms = offset * MINUTE_MS
        for day in range((start_ms + ahead_ms) // DAY_MS, (until_ms - 1 + ahead_ms) // DAY_MS + 1):
            hours, assumed = book.day(day)
            midnight_ms = day * DAY_MS - ahead_ms
            yield _Span(start_ms, start_ms, assumed)
            for opens, closes in zip(hours[::2], hours[1::2], strict=True):
                starts_ms = max(start_ms, midnight_ms + opens * MINUTE_MS)
                ends_ms = min(until_ms, midnight_ms + closes * MINUTE_MS)
                if starts_ms < ends_ms:
                    yield _Span(starts_ms, ends_ms, assumed)
        start_ms = until_ms


class _Book:
    """The hours of days, in rising order: each row is read once, when the first day that needs it comes."""

    def __init__(self, reader: Reader, calendar: str):
        self._reader = reader
        self._calendar = calendar
        found = calendars.get(reader, calendar.encode())
        self._starts = () if found is None else found.starts
        self._week, self._week_until, self._week_assumed = OFFICE_WEEK, -1, True
        self._year_until = -1
        self._days_off: dict[int, bool] = {}
        self._year_assumed = True

    def day(self, day: int) -> tuple[Hours, bool]:
        """What is worked on a day, and whether that is assumed."""
        if day >= self._year_until:
            self._open_year(year_of(day))
        if day >= self._week_until:
            self._open_week(day)
        special = self._days_off.get(day)
        if special is None:
            hours = self._by_weekday[weekday(day)]
        else:
            hours = self._week.day_off if special else self._week.makeup
        return hours, self._year_assumed or self._week_assumed

    def _open_year(self, year: int) -> None:
        found = arrangements.get(self._reader, year_key(year))
        self._year_until = first_day(year + 1)
        self._year_assumed = found is None
        self._days_off = {}
        if found is not None:
            self._days_off |= {_day(date): True for date in found.days_off}
            self._days_off |= {_day(date): False for date in found.workdays}

    def _open_week(self, day: int) -> None:
        date = date_of(day)
        begun = sum(1 for start in self._starts if start <= date)
        week = weeks.get(self._reader, week_key(self._calendar, begun - 1)) if begun else None
        self._week, self._week_assumed = (OFFICE_WEEK, True) if week is None else (week, False)
        self._week_until = _day(self._starts[begun]) if begun < len(self._starts) else 1 << 40
        self._by_weekday = _by_weekday(self._week)


def _by_weekday(week: Week) -> tuple[Hours, ...]:
    return (
        *(week.monday, week.tuesday, week.wednesday, week.thursday),
        *(week.friday, week.saturday, week.sunday),
    )


def _day(date: int) -> int:
    day = day_of(date)
    assert day is not None, "only dates that exist are written down"
    return day
