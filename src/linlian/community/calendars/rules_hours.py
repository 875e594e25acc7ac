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
from functools import lru_cache
from typing import NamedTuple

from linlian.community.calendars.rules import (
    DAY_MS,
    MINUTE_MS,
    OFFICE_WEEK,
    Day,
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
from linlian.community.calendars.rules_dates import date_of, day_of, first_day, year_of
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


class _Hours(NamedTuple):
    """The hours of a kind of day, and how much they are."""

    spans: Hours
    ms: int


class _Day(NamedTuple):
    """A day, as much of it as is asked about, with its hours."""

    midnight_ms: int
    starts_ms: int
    ends_ms: int
    hours: _Hours
    assumed: bool

    def pieces(self) -> Iterator[tuple[int, int]]:
        """Its working time, from and until."""
        for opens, closes in zip(self.hours.spans[::2], self.hours.spans[1::2], strict=True):
            starts_ms = max(self.starts_ms, self.midnight_ms + opens * MINUTE_MS)
            ends_ms = min(self.ends_ms, self.midnight_ms + closes * MINUTE_MS)
            if starts_ms < ends_ms:
                yield starts_ms, ends_ms

    def worked_ms(self) -> int:
        """How much of it is working time; of a whole day that is known."""
        if self.ends_ms - self.starts_ms == DAY_MS:
            return self.hours.ms
        return sum(ends_ms - starts_ms for starts_ms, ends_ms in self.pieces())


def due(reader: Reader, calendar: str, start_ms: int, minutes: int) -> Due:
    """The first instant at which so many working minutes have gone by since `start_ms`."""
    left, assumed = minutes * MINUTE_MS, False
    if left <= 0:
        return Due(start_ms, False)
    end_ms = start_ms + HORIZON_DAYS * DAY_MS
    for day in _days(reader, calendar, start_ms, end_ms):
        assumed = assumed or day.assumed
        worked = day.worked_ms()
        if left > worked:
            left -= worked
            continue
        for starts_ms, ends_ms in day.pieces():
            if left <= ends_ms - starts_ms:
                return Due(starts_ms + left, assumed)
            left -= ends_ms - starts_ms
    return Due(end_ms, True)


def working_ms(reader: Reader, calendar: str, start_ms: int, end_ms: int) -> Worked:
    """The working time between two instants; none if the end is not after the start."""
    horizon = start_ms + HORIZON_DAYS * DAY_MS
    worked, assumed = 0, end_ms > horizon
    for day in _days(reader, calendar, start_ms, min(end_ms, horizon)):
        worked += day.worked_ms()
        assumed = assumed or day.assumed
    return Worked(worked, assumed)


def is_working(reader: Reader, calendar: str, at_ms: int) -> bool:
    """Whether an instant is working time, as far as that is known."""
    return any(day.worked_ms() for day in _days(reader, calendar, at_ms, at_ms + 1))


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


def _days(reader: Reader, calendar: str, start_ms: int, end_ms: int) -> Iterator[_Day]:
    """The days of a span, in order. On a day on which the clock changes, its parts."""
    book = _Book(reader, calendar)
    while start_ms < end_ms:
        offset, changes_at = offset_at(reader, start_ms)
        until_ms = end_ms if changes_at is None else min(end_ms, changes_at)
        ahead_ms = offset * MINUTE_MS
        for day in range((start_ms + ahead_ms) // DAY_MS, (until_ms - 1 + ahead_ms) // DAY_MS + 1):
            midnight_ms = day * DAY_MS - ahead_ms
            starts_ms, ends_ms = max(start_ms, midnight_ms), min(until_ms, midnight_ms + DAY_MS)
            yield _Day(midnight_ms, starts_ms, ends_ms, *book.day(day))
        start_ms = until_ms


class _Book:
    """The hours of days, in rising order: each row is read once, when the first day that needs it comes."""

    def __init__(self, reader: Reader, calendar: str):
        self._reader = reader
        self._calendar = calendar
        found = reader.read(calendars.key(calendar.encode()))
        self._starts = () if found is None else _starts(found)
        self._page, self._page_until, self._week_assumed = _OFFICE, -1, True
        self._special: dict[int, int] = {}
        self._year_until, self._year_assumed = -1, True

    def day(self, day: int) -> tuple[_Hours, bool]:
        """What is worked on a day, and whether that is assumed."""
        if day >= self._year_until:
            self._open_year(year_of(day))
        if day >= self._page_until:
            self._open_week(day)
        return self._page[self._special.get(day, (day + 3) % 7)], self._year_assumed or self._week_assumed

    def _open_year(self, year: int) -> None:
        found = self._reader.read(arrangements.key(year_key(year)))
        self._year_until = first_day(year + 1)
        self._year_assumed = found is None
        self._special = {} if found is None else _special_days(found)

    def _open_week(self, day: int) -> None:
        date = date_of(day)
        begun = sum(1 for start in self._starts if start <= date)
        found = self._reader.read(weeks.key(week_key(self._calendar, begun - 1))) if begun else None
        self._page, self._week_assumed = (_OFFICE, True) if found is None else (_page(found), False)
        self._page_until = _day(self._starts[begun]) if begun < len(self._starts) else 1 << 40


# Rows read again and again are opened once. What they open to follows from their bytes alone.


@lru_cache(maxsize=256)
def _starts(value: bytes) -> tuple[int, ...]:
    return calendars.decode(value).starts


@lru_cache(maxsize=256)
def _page(value: bytes) -> tuple[_Hours, ...]:
    return _hours_of(weeks.decode(value))


@lru_cache(maxsize=64)
def _special_days(value: bytes) -> dict[int, int]:
    """Day → where a week's page has its hours."""
    found = arrangements.decode(value)
    return {_day(date): _OFF for date in found.days_off} | {_day(date): _MAKEUP for date in found.workdays}


def _hours_of(week: Week) -> tuple[_Hours, ...]:
    """The hours of each weekday, a day off and a make-up workday, in the order of `Day`."""
    found: list[Hours] = [getattr(week, day) for day in Day]
    return tuple(_Hours(spans, (sum(spans[1::2]) - sum(spans[::2])) * MINUTE_MS) for spans in found)


def _day(date: int) -> int:
    day = day_of(date)
    assert day is not None, "only dates that exist are written down"
    return day


_OFFICE = _hours_of(OFFICE_WEEK)
_OFF, _MAKEUP = 7, 8
