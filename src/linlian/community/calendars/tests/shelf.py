"""Rows on a shelf, and times as people in China write them: for tests that ask the front door without a ledger."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any, cast

from linlian.community.calendars.rules import (
    Arrangement,
    Calendar,
    Clock,
    Week,
    arrangements,
    calendars,
    clocks,
    week_key,
    weeks,
    year_key,
)
from linlian.kernel.contract import Context
from linlian.node.arrangements import announced

CHINA = timezone(timedelta(hours=8))
OFFICE_DAY = (540, 720, 780, 1080)
OFFICE = Week(*(OFFICE_DAY,) * 5, (), (), (), OFFICE_DAY)


class Shelf:
    """The rows that a reader sees; counts what is read."""

    def __init__(self) -> None:
        self.rows: dict[bytes, bytes] = {}
        self.reads = 0

    def read(self, key: bytes) -> bytes | None:
        self.reads += 1
        return self.rows.get(key)

    def write(self, key: bytes, value: bytes) -> None:
        self.rows[key] = value

    def put_weeks(self, label: str, *versions: tuple[int, Week]) -> None:
        ctx = cast("Context", self)
        calendars.put(ctx, label.encode(), Calendar(tuple(start for start, _ in versions)))
        for number, (_, week) in enumerate(versions):
            weeks.put(ctx, week_key(label, number), week)

    def put_year(self, year: int, days_off: Any, workdays: Any) -> None:
        row = Arrangement(1, tuple(sorted(days_off)), tuple(sorted(workdays)))
        arrangements.put(cast("Context", self), year_key(year), row)

    def put_clock(self, *steps: tuple[int, int]) -> None:
        clocks.put(cast("Context", self), b"", Clock(tuple(s for s, _ in steps), tuple(m for _, m in steps)))


def china(text: str) -> int:
    """Milliseconds of "2026-02-13 17:00" on a wall in China."""
    return int(datetime.fromisoformat(text).replace(tzinfo=CHINA).timestamp()) * 1000


def announced_shelf() -> Shelf:
    """Office hours, and the years as the State Council announced them."""
    shelf = Shelf()
    shelf.put_weeks("standard", (20250101, OFFICE))
    for year in announced():
        shelf.put_year(year.year, year.days_off, year.workdays)
    return shelf
