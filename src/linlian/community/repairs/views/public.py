"""What everybody may know of the repairs: how many wait on which floor, how it has been going, and what just happened.

Only sums, and events without their case. A floor is named where several homes share it; the light of a home that has a
floor of its own is counted for its building. Nothing here leads from one record to another.
"""

from __future__ import annotations

from typing import NamedTuple

from linlian.community.repairs import audience
from linlian.community.repairs.views.rows import views
from linlian.readmodel.stream import time_of
from linlian.readmodel.view import Id, Limit, Millis, Reads

DAY_MS = 86_400_000
SPAN_DAYS = 30
HOMES_MIN = 2
"""A floor with fewer homes is not told apart from its building."""


class BuildingRow(NamedTuple):
    """A building for the picture: how many floors it has, and how many homes its fullest floor."""

    building: bytes
    number: int
    floors: int
    homes_on_floor: int


class LightRow(NamedTuple):
    """Open repairs on a floor: `kind` is that of the place (a lift shaft, a home, …), `alarms` endanger life."""

    building: bytes
    kind: str
    floor: int
    waiting: int
    alarms: int


class StandingRow(NamedTuple):
    """How it stands now (`waiting`, of them `taken` by somebody), and how it has gone for 30 days; shares per mille."""

    waiting: int
    taken: int
    done_recently: int
    on_time_per_mille: int
    confirmed: int
    disputed: int
    median_hours: int


class NewsRow(NamedTuple):
    """Something that just happened in some repair, without saying in which."""

    type: str
    category: str
    building_number: int
    time: int
    item_id: bytes
    height: int
    receipt: int
    event: int


@views.query(seen_by=audience.PUBLISHED)
def buildings(db: Reads, limit: Limit = 100) -> list[BuildingRow]:
    """The buildings in the order of their numbers."""
    sql = """
        SELECT b.place AS building, b.number,
               COALESCE((SELECT MAX(f.number) FROM places_within AS w JOIN places_place AS f ON f.place = w.place
                         WHERE w.holder = b.place AND f.kind = 'floor'), 1) AS floors,
               COALESCE((SELECT MAX(n) FROM (SELECT COUNT(*) AS n FROM places_within AS w
                         JOIN places_place AS u ON u.place = w.place
                         WHERE w.holder = b.place AND u.kind = 'dwelling' GROUP BY u.parent) AS homes), 2)
                 AS homes_on_floor
        FROM places_place AS b WHERE b.kind = 'building' AND b.status = 'in_use'
        ORDER BY number, building LIMIT :limit"""
    return db.all(BuildingRow, sql, limit=limit)


@views.query(seen_by=audience.PUBLISHED)
def lights(db: Reads, building: Id | None = None, limit: Limit = 1000) -> list[LightRow]:
    """How many repairs are open on each floor of each building, or of one."""
    only = "" if building is None else " AND b.place = :building"
    sql = f"""
        SELECT b.place AS building,
               CASE WHEN p.is_common THEN p.kind ELSE 'home' END AS kind,
               CASE WHEN p.kind = 'basement' THEN 0
                    WHEN f.place IS NULL THEN 1
                    WHEN p.is_common OR (SELECT COUNT(*) FROM places_place AS u
                                         WHERE u.parent = f.place AND u.kind = 'dwelling') >= :homes_min
                    THEN f.number ELSE 1 END AS floor,
               COUNT(*) AS waiting, COUNT(*) FILTER (WHERE r.urgency = 'life_safety') AS alarms
        FROM repairs_request AS r
        JOIN places_place AS p ON p.place = r.place
        JOIN places_within AS wb ON wb.place = r.place
        JOIN places_place AS b ON b.place = wb.holder AND b.kind = 'building'
        LEFT JOIN places_within AS wf ON wf.place = r.place
             AND wf.holder IN (SELECT place FROM places_place WHERE kind = 'floor')
        LEFT JOIN places_place AS f ON f.place = wf.holder
        WHERE r.ended = FALSE AND r.source = '' AND r.merged_into = :nothing{only}
        GROUP BY 1, 2, 3 ORDER BY building, floor, kind LIMIT :limit"""
    return db.all(LightRow, sql, building=building, nothing=b"", homes_min=HOMES_MIN, limit=limit)


@views.query(seen_by=audience.PUBLISHED)
def standing(db: Reads, now: Millis = 0) -> StandingRow | None:
    """One sentence's worth of figures: what waits now, and how the last 30 days went."""
    since = time_of(db, now) - SPAN_DAYS * DAY_MS
    sql = """
        WITH open AS (SELECT state FROM repairs_request WHERE ended = FALSE AND source = '' AND merged_into = :nothing),
             ended AS (SELECT * FROM repairs_request
                       WHERE ended AND source = '' AND state = 'closed' AND closed_at >= :since),
             answered AS (SELECT (closed_at - reported_at) / 3600000 AS hours,
                                 ROW_NUMBER() OVER (ORDER BY closed_at - reported_at, case_id) AS place,
                                 COUNT(*) OVER () AS total
                          FROM ended WHERE closing <> 'silence')
        SELECT (SELECT COUNT(*) FROM open) AS waiting,
               (SELECT COUNT(*) FROM open WHERE state NOT IN ('reported', 'triaged')) AS taken,
               (SELECT COUNT(*) FROM ended) AS done_recently,
               (SELECT COALESCE(1000 * COUNT(*) FILTER (WHERE timeliness = 'on_time') / NULLIF(COUNT(*), 0), 0)
                FROM ended) AS on_time_per_mille,
               (SELECT COUNT(*) FROM answered) AS confirmed,
               (SELECT COUNT(*) FROM repairs_step WHERE type = 'repairs.repair_disputed' AND time >= :since)
                 AS disputed,
               (SELECT COALESCE(MAX(hours), 0) FROM answered WHERE place <= (total + 1) / 2) AS median_hours"""
    return db.one(StandingRow, sql, since=since, nothing=b"")


@views.query(seen_by=audience.PUBLISHED)
def news(db: Reads, limit: Limit = 8) -> list[NewsRow]:
    """What happened last, the youngest first."""
    sql = """
        SELECT * FROM (SELECT s.type, r.category, COALESCE(b.number, 0) AS building_number, s.time, i.item_id,
               s.height, s.receipt, s.event
        FROM repairs_step AS s JOIN repairs_request AS r ON r.case_id = s.case_id
        JOIN ledger_item AS i ON i.height = s.height AND i.receipt = s.receipt
        LEFT JOIN places_within AS w ON w.place = r.place
             AND w.holder IN (SELECT place FROM places_place WHERE kind = 'building')
        LEFT JOIN places_place AS b ON b.place = w.holder
        WHERE r.source = '') AS told
        ORDER BY height DESC, receipt DESC, event DESC LIMIT :limit"""
    return db.all(NewsRow, sql, limit=limit)
