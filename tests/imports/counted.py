"""What the published sets hold, counted by the csv module and SQL over the raw file. Shares no code with the import.

The table `raw` has the file's columns as text, and `place_key`, `begun`, `ended`: the address, and the times as
seconds since 1970 (empty for none), by the zone rules of that year as they are in the law.
"""

from __future__ import annotations

import csv
import gzip
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

_EASTERN_2011 = "CASE WHEN {t} >= '2011-03-13 03' AND {t} < '2011-11-06 02' THEN 4 ELSE 5 END"
_EASTERN_2024 = "CASE WHEN {t} >= '2024-03-10 03' AND {t} < '2024-11-03 02' THEN 4 ELSE 5 END"
_SECONDS = "CASE WHEN {t} = '' THEN '' ELSE CAST(strftime('%s', {t}) AS INTEGER) + 3600 * ({hours}) END"
_ONE_BLANK = "LOWER(TRIM(REPLACE(REPLACE(REPLACE({}, '   ', ' '), '  ', ' '), '  ', ' ')))"


class Published(NamedTuple):
    """A set: its file, our mapping, and in SQL what its columns mean. `our` renames categories that have our labels."""

    name: str
    path: str
    mapping: str
    id: str
    opened: str
    closed: str
    hours: str
    state: str
    category: str
    timeliness: str
    place: str
    our: Mapping[str, str]


BOSTON = Published(
    name="Boston 311, July to September 2011",
    path="service-requests/boston-2011h2/share_2011-07_2011-09.csv.gz",
    mapping="boston-311",
    id="case_enquiry_id",
    opened="open_dt",
    closed="closed_dt",
    hours=_EASTERN_2011,
    state="CASE case_status WHEN 'Closed' THEN 'closed' ELSE 'open' END",
    category="type",
    timeliness="CASE ontime WHEN 'ONTIME' THEN 'on_time' WHEN 'OVERDUE' THEN 'overdue' ELSE 'not_stated' END",
    place=_ONE_BLANK.format("location"),
    our={},
)
NEW_YORK = Published(
    name="New York lift complaints 2024",
    path="service-requests/nyc-elevator-2024/share_first70pct.csv.gz",
    mapping="nyc-elevator",
    id="unique_key",
    opened="created_date",
    closed="CASE status WHEN 'Closed' THEN closed_date ELSE '' END",
    hours=_EASTERN_2024,
    state="CASE status WHEN 'Closed' THEN 'closed' ELSE 'open' END",
    category="descriptor",
    timeliness="'not_stated'",
    place=_ONE_BLANK.format("incident_address || ' | ' || borough"),
    our={
        "Elevator - Single Device On Property/No Alternate Service": "lift.stopped",
        "Elevator - Multiple Devices On Property": "lift.fault",
    },
)


class Counted(NamedTuple):
    """`repeats` are (id, id of the record it repeats); `busiest` is the place of most records and how many it has."""

    rows: int
    states: dict[str, int]
    categories: dict[str, int]
    timeliness: dict[str, int]
    within_ten_minutes: int
    under_ten_minutes: int
    repeats: set[tuple[str, str]]
    places: int
    busiest: tuple[list[str], int]


def count(file: Path, told: Published) -> Counted:
    """Read and count."""
    db = _read(file, told)

    def tally(column: str) -> dict[str, int]:
        return dict(db.execute(f"SELECT {column}, COUNT(*) FROM raw GROUP BY 1"))

    def number(condition: str) -> int:
        found: int = db.execute(f"SELECT COUNT(*) FROM raw WHERE {condition}").fetchone()[0]
        return found

    (busiest,) = db.execute(
        f"SELECT GROUP_CONCAT({told.id}), COUNT(*) FROM raw WHERE place_key <> ''"
        " GROUP BY place_key ORDER BY 2 DESC LIMIT 1"
    )
    return Counted(
        rows=number("1"),
        states=tally(told.state),
        categories={told.our.get(name, name): rows for name, rows in tally(told.category).items()},
        timeliness=tally(told.timeliness),
        within_ten_minutes=number("ended <> '' AND ended - begun <= 600"),
        under_ten_minutes=number("ended <> '' AND ended - begun < 600"),
        repeats={*db.execute(_REPEATS.format(id=told.id, category=told.category))},
        places=db.execute(
            "SELECT COUNT(DISTINCT NULLIF(place_key, '')) + COUNT(*) FILTER (WHERE place_key = '') FROM raw"
        ).fetchone()[0],
        busiest=(busiest[0].split(","), busiest[1]),
    )


_REPEATS = """
WITH told AS (
    SELECT {id} AS id, begun, LAG({id}) OVER same AS before, LAG(ended) OVER same AS before_ended
    FROM raw WHERE place_key <> '' WINDOW same AS (PARTITION BY place_key, {category} ORDER BY begun, line)
)
SELECT id, before FROM told
WHERE before IS NOT NULL AND (before_ended = '' OR begun - before_ended <= 30 * 86400)"""
"""The same thing at the same place again, while the last one is open or at most 30 days after its end."""


def _read(file: Path, told: Published) -> sqlite3.Connection:
    with gzip.open(file, "rt", encoding="utf-8", newline="") as text:
        header, *lines = csv.reader(text)
    db = sqlite3.connect(":memory:")
    db.execute(f"CREATE TABLE raw (line INTEGER PRIMARY KEY, {', '.join(header)}, place_key, begun, ended)")
    marks = ", ".join("?" * (1 + len(header)))
    columns = ", ".join(("line", *header))
    db.executemany(f"INSERT INTO raw ({columns}) VALUES ({marks})", ((n, *row) for n, row in enumerate(lines)))
    times = [
        _SECONDS.format(t=f"({column})", hours=told.hours.format(t=f"({column})"))
        for column in (told.opened, told.closed)
    ]
    db.execute(f"UPDATE raw SET place_key = {told.place}, begun = {times[0]}, ended = {times[1]}")
    return db
