"""How many repairs were reported, done in time, disputed and closed, month by month, counted from an export.

This script knows nothing of Linlian.

    linlian export --sql "SELECT time, type, fields FROM ledger_entry ORDER BY height, receipt, event" --out steps.csv
    python on_time.py steps.csv

It needs Python alone. What it knows besides the file is what anybody could look up: the promises in the README of
repairs, and the days off and made-up workdays that the State Council announced.
"""

from __future__ import annotations

import csv
import json
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

HOUR = 3_600_000
DAY = 24 * HOUR
CHINA = 8 * HOUR
SHIFTS = ((9 * HOUR, 12 * HOUR), (13 * HOUR, 18 * HOUR))


def days(first: str, last: str) -> set[date]:
    begin, end = date.fromisoformat(first), date.fromisoformat(last)
    return {begin + timedelta(days=number) for number in range((end - begin).days + 1)}


OFF = (
    days("2025-01-01", "2025-01-01")
    | days("2025-01-28", "2025-02-04")
    | days("2025-04-04", "2025-04-06")
    | days("2025-05-01", "2025-05-05")
    | days("2025-05-31", "2025-06-02")
    | days("2025-10-01", "2025-10-08")
    | days("2026-01-01", "2026-01-03")
    | days("2026-02-15", "2026-02-23")
    | days("2026-04-04", "2026-04-06")
    | days("2026-05-01", "2026-05-05")
    | days("2026-06-19", "2026-06-21")
    | days("2026-09-25", "2026-09-27")
    | days("2026-10-01", "2026-10-07")
)
MADE_UP = {
    date.fromisoformat(day)
    for day in (
        *("2025-01-26", "2025-02-08", "2025-04-27", "2025-09-28", "2025-10-11"),
        *("2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"),
    )
}

NATURAL = {"life_safety": 4 * HOUR, "urgent": DAY}
WORKED = {"ordinary": 3 * 8 * HOUR, "minor": 15 * 8 * HOUR}
STRICTER = {
    **dict.fromkeys(("water.blocked", "heating.cold", "rubbish.overflow"), DAY),
    **dict.fromkeys(("sewage.overflow", "power.outage"), 8 * HOUR),
    **dict.fromkeys(("gas.smell", "manhole.open"), 2 * HOUR),
    "lift.trapped": HOUR // 2,
    "lighting.common": 2 * DAY,
}
"""Categories with a promise of their own, in natural time."""


CLOSED = ("repairs.repair_confirmed", "repairs.check_stood", "repairs.repair_closed_unanswered")


def shifts_from(time: int) -> Iterator[tuple[int, int]]:
    """The working time after a moment, part by part."""
    midnight = (time + CHINA) // DAY * DAY - CHINA
    while True:
        day = datetime.fromtimestamp((midnight + CHINA) // 1000, UTC).date()
        if day in MADE_UP or (day.weekday() < 5 and day not in OFF):
            for begins, ends in SHIFTS:
                if midnight + ends > time:
                    yield max(time, midnight + begins), midnight + ends
        midnight += DAY


def after_working(time: int, wanted: int) -> int:
    for begins, ends in shifts_from(time):
        if ends - begins >= wanted:
            return begins + wanted
        wanted -= ends - begins
    raise AssertionError("working time never ends")


def worked_between(time: int, until: int) -> int:
    found = 0
    for begins, ends in shifts_from(time):
        if begins >= until:
            return found
        found += min(ends, until) - begins
    raise AssertionError("working time never ends")


class Case:
    """What is known of one repair: what was promised, from when on, and whether its clock stands still."""

    def __init__(self, opened: int, category: str, urgency: str):
        self.opened = opened
        self.cause = ""
        self.stopped: int | None = None
        self.called(category, urgency)

    def called(self, category: str, urgency: str) -> None:
        """It is of this kind: the promise is counted from its opening."""
        own, self.category, self.urgency = STRICTER.get(category), category, urgency
        general = NATURAL.get(urgency)
        self.works = own is None and general is None
        if self.works:
            self.due = after_working(self.opened, WORKED[urgency])
        else:
            self.due = self.opened + min(own or general or 0, general or own or 0)
        self.unpaused = self.due

    def follow(self, time: int, kind: str, fields: dict[str, str]) -> None:
        """What a step changes in the promise."""
        if kind == "repairs.repair_triaged" and (fields["category"], fields["urgency"]) != (
            self.category,
            self.urgency,
        ):
            self.called(fields["category"], fields["urgency"])
        elif kind == "repairs.repair_reopened":
            self.opened = time
            self.called(self.category, self.urgency)
        elif kind == "repairs.clocks_paused":
            self.stopped = time
        elif kind == "repairs.clocks_resumed":
            self.go_on(time)
        elif kind == "repairs.deadline_moved" and fields["clock"] == "finish":
            self.due = self.unpaused = int(fields["due_at"])
        elif kind == "repairs.cause_found":
            self.cause = fields["cause"]

    def go_on(self, time: int) -> None:
        began, self.stopped = self.stopped, None
        if began is None or began >= self.due:
            return
        if self.works:
            self.due = after_working(time, worked_between(began, self.due))
        else:
            self.due += time - began


def month_of(time: int) -> int:
    day = datetime.fromtimestamp((time + CHINA) // 1000, UTC).date()
    return day.year * 100 + day.month


def count(steps: Iterator[tuple[int, str, dict[str, str]]]) -> Counter[tuple[int, str, str]]:
    """(month, what, its value) → how many."""
    cases: dict[str, Case] = {}
    found: Counter[tuple[int, str, str]] = Counter()
    for time, kind, fields in steps:
        if kind == "repairs.repair_reported":
            cases[fields["case"]] = Case(time, fields["category"], fields["urgency"])
        case = cases.get(fields.get("case", ""))
        if case is not None:
            case.follow(time, kind, fields)
            found.update((month_of(time), *figure) for figure in figures(case, time, kind, fields))
    return found


def figures(case: Case, time: int, kind: str, fields: dict[str, str]) -> Iterator[tuple[str, str]]:
    """What a step adds one to."""
    if kind == "repairs.repair_reported":
        yield "reported", case.category
        if "repeat_of" in fields:
            yield "repeated", case.category
    elif kind == "repairs.repair_finished":
        yield "done", "overdue" if time > case.due else "on_time"
        yield "unpaused", "overdue" if time > case.unpaused else "on_time"
    elif kind == "repairs.repair_disputed":
        yield "disputed", case.category
    elif kind in CLOSED:
        yield "closed", f"{fields['basis']}/{fields.get('standing', 'clock')}"
        if case.cause:
            yield "caused", case.cause


def read(path: str) -> Iterator[tuple[int, str, dict[str, str]]]:
    csv.field_size_limit(1_000_000)
    with Path(path).open(encoding="utf-8-sig", newline="") as file:
        for line in csv.DictReader(file):
            yield int(line["time"]), line["type"], json.loads(line["fields"])


if __name__ == "__main__":
    table = csv.writer(sys.stdout)
    table.writerows((*what, amount) for what, amount in sorted(count(read(sys.argv[1])).items()))
