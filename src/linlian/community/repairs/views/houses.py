"""One building: its homes with what is open in each (for those who see to it), and its equipment (for everybody)."""

from __future__ import annotations

from typing import NamedTuple

from linlian.community.repairs import audience
from linlian.community.repairs.views.rows import NOT_MERGED, views
from linlian.readmodel.stream import time_of
from linlian.readmodel.view import Id, Limit, Millis, Reads


class HomeRow(NamedTuple):
    """A home or shop: the number of its floor, and how much of it waits, is late, endangers life."""

    place: bytes
    kind: str
    floor: int
    waiting: int
    late: int
    alarms: int


class FloorRow(NamedTuple):
    """A floor and how many homes it has."""

    floor: int
    homes: int


class MachineRow(NamedTuple):
    """A lift, pump or door: since when it stands still (0: it runs), why, and whether its inspection is overdue."""

    place: bytes
    kind: str
    number: int
    stopped_at: int
    reason: str
    is_overdue: bool


_FLOOR = """
    LEFT JOIN places_within AS wf ON wf.place = p.place AND wf.kind = 'floor'
    LEFT JOIN places_place AS f ON f.place = wf.holder"""


@views.query(seen_by=audience.LISTS)
def homes(db: Reads, building: Id, now: Millis = 0, limit: Limit = 1000) -> list[HomeRow]:
    """The homes and shops of a building, from below, with what is open in each."""
    sql = f"""
        SELECT * FROM (SELECT p.place, p.kind, COALESCE(f.number, 1) AS floor, COUNT(r.case_id) AS waiting,
               COUNT(*) FILTER (WHERE r.finish_by < :now AND r.done_at = 0 AND r.paused_at = 0) AS late,
               COUNT(*) FILTER (WHERE r.urgency = 'life_safety') AS alarms
        FROM places_within AS w JOIN places_place AS p ON p.place = w.place{_FLOOR}
        LEFT JOIN repairs_request AS r ON r.place = p.place AND r.ended = FALSE AND r.source = ''
             AND {NOT_MERGED}
        WHERE w.holder = :building AND p.kind IN ('dwelling', 'shop') AND p.status = 'in_use'
        GROUP BY p.place, p.kind, f.number) AS told ORDER BY floor, place LIMIT :limit"""
    return db.all(HomeRow, sql, building=building, now=time_of(db, now), limit=limit)


@views.query(seen_by=audience.PUBLISHED)
def floors(db: Reads, building: Id, limit: Limit = 200) -> list[FloorRow]:
    """The floors of a building and how many homes each has, from below."""
    sql = f"""
        SELECT * FROM (SELECT COALESCE(f.number, 1) AS floor, COUNT(*) AS homes
        FROM places_within AS w JOIN places_place AS p ON p.place = w.place{_FLOOR}
        WHERE w.holder = :building AND p.kind IN ('dwelling', 'shop') AND p.status = 'in_use'
        GROUP BY COALESCE(f.number, 1)) AS told ORDER BY floor LIMIT :limit"""
    return db.all(FloorRow, sql, building=building, limit=limit)


@views.query(seen_by=audience.PUBLISHED)
def machines(db: Reads, building: Id, limit: Limit = 100) -> list[MachineRow]:
    """The equipment of a building, what stands still first; in clear, for whoever stands before the lift."""
    sql = """
        SELECT * FROM (SELECT p.place, p.kind, p.number, COALESCE(s.stopped_at, 0) AS stopped_at,
               COALESCE(s.reason, '') AS reason, COALESCE(s.is_overdue, FALSE) AS is_overdue
        FROM places_within AS w JOIN places_place AS p ON p.place = w.place
        LEFT JOIN equipment_state AS s ON s.place = p.place
        WHERE w.holder = :building AND p.status = 'in_use'
          AND p.kind IN ('lift', 'pump', 'door', 'boiler', 'barrier', 'fire_equipment', 'switchgear', 'camera')) AS told
        ORDER BY stopped_at DESC, kind, number, place LIMIT :limit"""
    return db.all(MachineRow, sql, building=building, limit=limit)
