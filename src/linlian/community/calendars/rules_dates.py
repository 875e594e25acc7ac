"""Dates of the Gregorian calendar as whole numbers, and nothing from the machine's clock or time-zone tables.

A date is written as people write it, without the dashes (20260217); a day is counted from 1970-01-01, which is 0. One
becomes the other by the rule of 400 years: the year is taken to begin in March, so that its leap day is its last.

    day_of(20260217) == 20501        date_of(20501) == 20260217        weekday(20501) == 1, a Tuesday
"""

from __future__ import annotations

from typing import Annotated

from linlian.kernel.contract import Meta

Date = Annotated[int, Meta(ge=20000101, le=29991231)]
"""YYYYMMDD."""
Year = Annotated[int, Meta(ge=2000, le=2999)]

_DAYS_OF_400_YEARS = 146_097
_DAYS_BEFORE_1970 = 719_468
"""From 0000-03-01 to 1970-01-01."""


def first_day(year: int) -> int:
    """The day that is the first of January of a year."""
    return _day(year, 1, 1)


def day_of(date: int) -> int | None:
    """The day of a date; None if there is no such date, as the 30th of February."""
    year, month, day = date // 10_000, date // 100 % 100, date % 100
    if not 1 <= month <= 12:
        return None
    found = _day(year, month, day)
    return found if date_of(found) == date else None


def date_of(day: int) -> int:
    """The date of a day."""
    cycle, day_of_cycle = divmod(day + _DAYS_BEFORE_1970, _DAYS_OF_400_YEARS)
    leap_days = day_of_cycle // 1_460 - day_of_cycle // 36_524 + day_of_cycle // 146_096
    year_of_cycle = (day_of_cycle - leap_days) // 365
    day_of_year = day_of_cycle - (365 * year_of_cycle + year_of_cycle // 4 - year_of_cycle // 100)
    month_from_march = (5 * day_of_year + 2) // 153
    month = month_from_march + 3 if month_from_march < 10 else month_from_march - 9
    year = cycle * 400 + year_of_cycle + (month <= 2)
    return year * 10_000 + month * 100 + day_of_year - (153 * month_from_march + 2) // 5 + 1


def year_of(day: int) -> int:
    """The year in which a day lies."""
    return date_of(day) // 10_000


def weekday(day: int) -> int:
    """0 for a Monday … 6 for a Sunday; 1970-01-01 was a Thursday."""
    return (day + 3) % 7


def _day(year: int, month: int, day: int) -> int:
    cycle, year_of_cycle = divmod(year - (month <= 2), 400)
    month_from_march = month - 3 if month > 2 else month + 9
    day_of_year = (153 * month_from_march + 2) // 5 + day - 1
    day_of_cycle = 365 * year_of_cycle + year_of_cycle // 4 - year_of_cycle // 100 + day_of_year
    return cycle * _DAYS_OF_400_YEARS + day_of_cycle - _DAYS_BEFORE_1970
