"""What everybody may know of the repairs: how many wait on which floor, how it has been going, and what just happened.

Only sums, and events without their case. A floor is named where several homes share it; the light of a home that has a
floor of its own is counted for its building. Nothing here leads from one record to another.
"""

from __future__ import annotations

from typing import NamedTuple

from linlian.community.repairs import audience
from linlian.community.repairs.views.keeping import DAY_MS, NewsRow
from linlian.community.repairs.views.rows import views
from linlian.readmodel.stream import time_of
from linlian.readmodel.view import Id, Limit, Millis, Reads

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


@views.query(seen_by=audience.PUBLISHED)
def buildings(db: Reads, limit: Limit = 100) -> list[BuildingRow]:
    """The buildings in the order of their numbers."""
    sql = """
        SELECT building, number, CASE WHEN floors = 0 THEN 1 ELSE floors END AS floors,
               CASE WHEN homes_on_floor = 0 THEN 2 ELSE homes_on_floor END AS homes_on_floor
        FROM places_building_size ORDER BY number, building LIMIT :limit"""
    return db.all(BuildingRow, sql, limit=limit)


@views.query(seen_by=audience.PUBLISHED)
def lights(db: Reads, building: Id | None = None, limit: Limit = 1000) -> list[LightRow]:
    """How many repairs are open on each floor of the first hundred buildings, or of one."""
    first = "(SELECT building FROM places_building_size ORDER BY number, building LIMIT 100)"
    only = f"IN {first}" if building is None else "= :building"
    sql = f"""
        SELECT * FROM (SELECT l.building, l.kind,
               CASE WHEN l.kind = 'basement' THEN 0
                    WHEN f.place IS NOT NULL AND (l.kind <> 'home' OR COALESCE(n.homes, 0) >= :homes_min) THEN f.number
                    ELSE 1 END AS floor,
               CAST(SUM(l.waiting) AS BIGINT) AS waiting, CAST(SUM(l.alarms) AS BIGINT) AS alarms
        FROM repairs_light AS l
        LEFT JOIN places_place AS f ON f.place = l.floor
        LEFT JOIN places_floor_size AS n ON n.floor = l.floor
        WHERE l.building {only} GROUP BY 1, 2, 3) AS told
        ORDER BY building, floor, kind LIMIT :limit"""
    return db.all(LightRow, sql, building=building, homes_min=HOMES_MIN, limit=limit)


@views.query(seen_by=audience.PUBLISHED)
def standing(db: Reads, now: Millis = 0) -> StandingRow | None:
    """One sentence's worth of figures: what waits now, and how the last 30 days went, today being one of them."""
    since = time_of(db, now) // DAY_MS - SPAN_DAYS + 1
    sql = """
        WITH open AS (SELECT value, requests FROM repairs_public_tally WHERE figure = 'open'),
             closed AS (SELECT value, requests FROM repairs_public_tally WHERE figure = 'closed' AND day >= :since),
             told AS (SELECT hours, SUM(requests) AS requests FROM repairs_answered WHERE day >= :since GROUP BY hours),
             told_by AS (SELECT hours, SUM(requests) OVER (ORDER BY hours) AS until,
                                SUM(requests) OVER () AS total FROM told),
             figures AS (SELECT
                 (SELECT SUM(requests) FROM open) AS waiting,
                 (SELECT SUM(requests) FROM open WHERE value NOT IN ('reported', 'triaged')) AS taken,
                 (SELECT SUM(requests) FROM closed) AS done_recently,
                 (SELECT 1000 * SUM(requests) FILTER (WHERE value = 'on_time') / SUM(requests) FROM closed)
                   AS on_time_per_mille,
                 (SELECT SUM(requests) FROM told) AS confirmed,
                 (SELECT SUM(requests) FROM repairs_public_tally WHERE figure = 'disputed' AND day >= :since)
                   AS disputed,
                 (SELECT MIN(hours) FROM told_by WHERE 2 * until >= total) AS median_hours)
        SELECT CAST(COALESCE(waiting, 0) AS BIGINT) AS waiting, CAST(COALESCE(taken, 0) AS BIGINT) AS taken,
               CAST(COALESCE(done_recently, 0) AS BIGINT) AS done_recently,
               CAST(COALESCE(FLOOR(on_time_per_mille), 0) AS BIGINT) AS on_time_per_mille,
               CAST(COALESCE(confirmed, 0) AS BIGINT) AS confirmed, CAST(COALESCE(disputed, 0) AS BIGINT) AS disputed,
               CAST(COALESCE(median_hours, 0) AS BIGINT) AS median_hours
        FROM figures"""
    return db.one(StandingRow, sql, since=since)


@views.query(seen_by=audience.PUBLISHED)
def news(db: Reads, limit: Limit = 8) -> list[NewsRow]:
    """What happened last, the youngest first."""
    sql = "SELECT * FROM repairs_news ORDER BY number DESC LIMIT :limit"
    return db.all(NewsRow, sql, limit=limit)
