"""Working time counted by somebody else: minute by minute, with the dates of Python's `datetime`.

It shares nothing with the rules but the shape of a week (nine kinds of day, each with pairs of minutes).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

MINUTE_MS = 60_000
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class Wall(NamedTuple):
    """What hangs on the office wall. `weeks` are (from when on, hours), `clock` (from when on in ms, minutes)."""

    weeks: list[tuple[date, dict[str, tuple[int, ...]]]]
    days_off: set[date]
    makeup: set[date]
    clock: list[tuple[int, int]]


def is_open(wall: Wall, at_ms: int) -> bool:
    """Whether the office is open in this minute."""
    ahead = [minutes for since, minutes in wall.clock if since <= at_ms][-1]
    there = datetime.fromtimestamp(at_ms // 1000, UTC) + timedelta(minutes=ahead)
    kind = WEEKDAYS[there.weekday()]
    if there.date() in wall.days_off:
        kind = "day_off"
    if there.date() in wall.makeup:
        kind = "makeup"
    hours = [week for since, week in wall.weeks if since <= there.date()][-1][kind]
    minute = there.hour * 60 + there.minute
    return any(opens <= minute < closes for opens, closes in zip(hours[::2], hours[1::2], strict=True))


def count(wall: Wall, start_ms: int, end_ms: int) -> int:
    """Working milliseconds between two instants that are whole minutes."""
    return sum(MINUTE_MS for at in range(start_ms, end_ms, MINUTE_MS) if is_open(wall, at))


def runs_out(wall: Wall, start_ms: int, minutes: int) -> int:
    """When so many working minutes have gone by since a whole minute."""
    at = start_ms
    while minutes:
        minutes -= is_open(wall, at)
        at += MINUTE_MS
    return at
