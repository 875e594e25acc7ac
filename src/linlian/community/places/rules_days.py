"""Days as a calendar writes them: what a handover, and the warranties that run from it, are counted in.

day_start(2015_06_30 + 5_0000)      # the millisecond at which five years from 30 June 2015 are over
"""

from __future__ import annotations

from typing import Annotated

from linlian.kernel.contract import Meta, Refused

Day = Annotated[int, Meta(ge=0, le=9999_12_31)]
"""20150630 is 30 June 2015, so that five years later is 50000 more; 0 is not said."""
DAY_MS = 24 * 3600 * 1000
CHINA_MS = 8 * 3600 * 1000
"""Days begin at midnight in China, UTC+8, as they did all the time that there have been houses to hand over by law."""


def check_day(day: int) -> None:
    """Refuse what is no day of the calendar; 0 is not said."""
    year, month, date = day // 1_00_00, day // 1_00 % 1_00, day % 1_00
    if day and not (year >= 1900 and 1 <= month <= 12 and 1 <= date <= _days_in(year, month)):
        raise Refused("places.no_such_day", day=str(day))


def day_start(day: int) -> int:
    """The millisecond at which a day begins in China. 29 February of an ordinary year is 1 March."""
    year, month, date = day // 1_00_00, day // 1_00 % 1_00, day % 1_00
    if month <= 2:  # a year that begins in March has its leap day at the end
        year, month = year - 1, month + 12
    days = 365 * year + year // 4 - year // 100 + year // 400 + (153 * (month - 3) + 2) // 5 + date - 1
    return (days - _DAYS_BEFORE_1970) * DAY_MS - CHINA_MS


_DAYS_BEFORE_1970 = 719_468
"""From 1 March of the year 0."""


def _days_in(year: int, month: int) -> int:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31
