"""The days off that were announced when this build was made; a new community begins with them.

The data stand in `arrangements.toml`, with their announcements. What is not announced is not in it.
"""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from linlian.community.calendars.rules import OFFSET_MINUTES
from linlian.community.calendars.rules_publishing import YEARS_MAX, FoundCalendars, FoundYear

ANNOUNCED = Path(__file__).with_name("arrangements.toml")


def founding_calendars(time_ms: int) -> FoundCalendars:
    """China's time, and the announced years up to the one after `time_ms`: nobody publishes further ahead."""
    last = datetime.fromtimestamp(time_ms // 1000, UTC).year + 1
    years = [year for year in announced() if year.year <= last]
    return FoundCalendars(offset_minutes=OFFSET_MINUTES, years=tuple(years[-YEARS_MAX:]))


def announced() -> list[FoundYear]:
    """The years that this build knows of, the earliest first."""
    told = tomllib.loads(ANNOUNCED.read_text(encoding="utf-8"))["years"]
    return [
        FoundYear(
            year=year["year"],
            source=year["source"],
            days_off=tuple(day for item in year["days_off"] for day in _days(item)),
            workdays=tuple(year["workdays"]),
        )
        for year in told
    ]


def _days(item: int | list[int]) -> list[int]:
    """A day, or every day from a first to a last."""
    if isinstance(item, int):
        return [item]
    first, last = (date.fromisoformat(str(day)) for day in item)
    days = (first + timedelta(number) for number in range((last - first).days + 1))
    return [int(day.strftime("%Y%m%d")) for day in days]
