"""The working time of a community, as dated state: its clock, its office hours, and each year's days off.

Rules
- Whoever is measured by a calendar does not set it: hours and days are the government's to publish, its officer's or
  clerk's. What the property company promises within eight working hours runs by hours that it cannot shorten.
- A year's arrangement is what the State Council announced: days off, and the days worked to make up for them (调休). It
  holds for all calendars. A correction is a new revision that names the one it replaces; both stay on the record.
- Hours are dated: a change holds from a date on that is not past, so what was before it is measured the same again.
- What is not published is not guessed silently. The week's pattern is assumed, and every answer says so
  (`rules_hours`); a timer says from 15 November on, week by week, that the next year's arrangement is missing.

    publish_year(2026, days_off=(20260215, …), workdays=(20260214, …), source="gbfmd-2025-7")
    set_hours("standard", starts=20260105, monday=(540, 720, 780, 1080), …)

Times of a day are minutes since midnight, in pairs: from, until. The commands stand in
`rules_publishing`, the arithmetic of dates in `rules_dates`.
"""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from typing import Annotated

from linlian.community import identity
from linlian.community.calendars.rules_dates import Date
from linlian.community.identity import OrganisationKind
from linlian.kernel.contract import Contract, Count, Meta, Millis, Reader, Row, compose

MINUTE_MS = 60_000
DAY_MINUTES = 24 * 60
DAY_MS = DAY_MINUTES * MINUTE_MS

CALENDARS_MAX = 64
VERSIONS_MAX = 64
"""Summer and winter hours for 32 years."""
OFFSETS_MAX = 16
DAYS_MAX = 120
"""Of a year, off or worked. 2026 has 33 days off and 6 worked for them."""

STANDARD = "standard"
"""The calendar that is meant where none is named."""
OFFSET_MINUTES = 8 * 60
"""Ahead of Greenwich where nothing else was set: China's time."""
Minute = Annotated[int, Meta(ge=0, le=DAY_MINUTES)]
Hours = Annotated[tuple[Minute, ...], Meta(max_length=8)]
"""Of one day: from, until, from, until …, rising; empty if it is not worked."""
Offset = Annotated[int, Meta(ge=-12 * 60, le=14 * 60)]
Days = Annotated[tuple[Date, ...], Meta(max_length=DAYS_MAX)]

PUBLISHERS = (OrganisationKind.GOVERNMENT,)

contract = Contract("calendars", needs=(identity.contract,))


class Day(StrEnum):
    """What kind of day has hours of its own."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"
    DAY_OFF = "day_off"
    MAKEUP = "makeup"


class Week(Row):
    """What is worked on each weekday, on a day off, and on a day that makes up for one. Keyed by calendar, version."""

    monday: Hours
    tuesday: Hours
    wednesday: Hours
    thursday: Hours
    friday: Hours
    saturday: Hours
    sunday: Hours
    day_off: Hours
    makeup: Hours


class Calendar(Row):
    """`starts` are the first days of its versions, rising; the version in force on a day is the last begun."""

    starts: Annotated[tuple[Date, ...], Meta(max_length=VERSIONS_MAX)]


class Clock(Row):
    """The one row of the community's clock: from when on (rising) it is how many minutes ahead of Greenwich."""

    starts: Annotated[tuple[Millis, ...], Meta(max_length=OFFSETS_MAX)]
    offsets: Annotated[tuple[Offset, ...], Meta(max_length=OFFSETS_MAX)]


class Register(Row):
    """The one row that counts the calendars."""

    calendars: Count


class Arrangement(Row):
    """A year's days off and make-up workdays, in order. Keyed by the year."""

    revision: Count
    days_off: Days
    workdays: Days


calendars = contract.table("calendar", Calendar)
weeks = contract.table("week", Week)
arrangements = contract.table("arrangement", Arrangement)
clocks = contract.table("clock", Clock)
registers = contract.table("register", Register)

ONE = b""
OFFICE_DAY = (9 * 60, 12 * 60, 13 * 60, 18 * 60)
OFFICE_WEEK = Week(*(OFFICE_DAY,) * 5, (), (), (), OFFICE_DAY)
"""Eight hours, five days (State Council, Provisions on Working Hours, article 3): assumed where no hours are set."""


def offset_at(reader: Reader, time_ms: int) -> tuple[int, int | None]:
    """How many minutes the community's clock is ahead of Greenwich at a time, and when that next changes."""
    value = reader.read(clocks.key(ONE))
    if value is None:
        return OFFSET_MINUTES, None
    clock = _clock(value)
    begun = sum(1 for start in clock.starts if start <= time_ms)
    offset = clock.offsets[begun - 1] if begun else OFFSET_MINUTES
    return offset, clock.starts[begun] if begun < len(clock.starts) else None


@lru_cache(maxsize=64)
def _clock(value: bytes) -> Clock:
    """Opened once: it is asked at every deadline, and follows from its bytes alone."""
    return clocks.decode(value)


def local_day(reader: Reader, time_ms: int) -> int:
    """The day that it is in the community."""
    return (time_ms + offset_at(reader, time_ms)[0] * MINUTE_MS) // DAY_MS


def year_key(year: int) -> bytes:
    return compose(year)


def week_key(calendar: str, version: int) -> bytes:
    return compose(calendar, version)
