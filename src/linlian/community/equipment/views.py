"""Equipment as rows: what there is, what stands still, which inspections are due.

Everybody may ask: it stands in common parts, and whoever steps into a lift is concerned.
"""

from __future__ import annotations

from typing import NamedTuple

from linlian.community.equipment.rules import (
    EQUIPMENT,
    InspectionDueSoon,
    InspectionOverdue,
    InspectionRecorded,
    ReturnedToService,
    TakenOutOfService,
    contract,
)
from linlian.community.places import views as places
from linlian.readmodel.audience import EVERYBODY
from linlian.readmodel.stream import time_of
from linlian.readmodel.view import Fact, Id, Limit, Millis, Reads, Rows, View, where

views = View(contract, needs=(places.views,))
DUE_MS = 30 * 24 * 3600 * 1000


class StateRow(NamedTuple):
    """What has been written down of a piece of equipment; 0 and "" are nothing yet."""

    place: bytes
    inspected_at: int
    due_at: int
    inspected_by: bytes
    passed: bool
    report: bytes
    is_overdue: bool
    stopped_at: int
    stopped_by: bytes
    reason: str


class StopRow(NamedTuple):
    """A time for which something stood still; `until` 0 is still."""

    place: bytes
    height: int
    receipt: int
    organisation: bytes
    reason: str
    starts: int
    until: int
    report: bytes


class EquipmentRow(NamedTuple):
    """A piece of equipment; `code` is its registration number. `inspected_at` 0: never, as far as is known."""

    place: bytes
    parent: bytes
    kind: str
    number: int
    code: str
    inspected_at: int
    due_at: int
    is_overdue: bool
    stopped_at: int
    stopped_by: bytes
    reason: str


states = views.table("state", StateRow, indexes=("due_at",))
stops = views.table("stop", StopRow, key=3)

_NEW = StateRow(b"", 0, 0, b"", False, b"", False, 0, b"", "")


@views.on(InspectionRecorded)
def inspected(db: Rows, event: InspectionRecorded, fact: Fact) -> None:
    row = _state(db, event.place)._replace(inspected_at=event.inspected_at, due_at=event.due_at, is_overdue=False)
    report = event.report.commitment if event.report else b""
    db.put(states, row._replace(inspected_by=event.organisation, passed=event.passed, report=report))


@views.on(InspectionOverdue)
def overdue(db: Rows, event: InspectionOverdue, fact: Fact) -> None:
    db.change(states, event.place, is_overdue=True)


@views.on(TakenOutOfService)
def stopped(db: Rows, event: TakenOutOfService, fact: Fact) -> None:
    row = _state(db, event.place)
    since = row.stopped_at or fact.time
    db.put(states, row._replace(stopped_at=since, stopped_by=event.organisation, reason=event.reason))
    stop = StopRow(event.place, fact.height, fact.receipt, event.organisation, event.reason, fact.time, 0, b"")
    db.put(stops, stop)


@views.on(ReturnedToService)
def returned(db: Rows, event: ReturnedToService, fact: Fact) -> None:
    db.change(states, event.place, stopped_at=0, stopped_by=b"", reason="")
    report = event.report.commitment if event.report else b""
    for stop in db.under(stops, event.place):
        if not stop.until:
            db.put(stops, stop._replace(until=fact.time, report=report))


views.leave_out(InspectionDueSoon)


def _state(db: Rows, place: bytes) -> StateRow:
    return db.get(states, place) or _NEW._replace(place=place)


_KINDS = ", ".join(f"'{kind}'" for kind in EQUIPMENT)
_EQUIPMENT = """
    SELECT p.place, p.parent, p.kind, p.number, p.code,
        COALESCE(s.inspected_at, 0) AS inspected_at, COALESCE(s.due_at, 0) AS due_at,
        COALESCE(s.is_overdue, FALSE) AS is_overdue, COALESCE(s.stopped_at, 0) AS stopped_at,
        COALESCE(s.stopped_by, :nobody) AS stopped_by, COALESCE(s.reason, '') AS reason
    FROM places_place AS p LEFT JOIN equipment_state AS s ON s.place = p.place"""


@views.query(seen_by=EVERYBODY)
def equipment(db: Reads, limit: Limit = 100) -> list[EquipmentRow]:
    """All equipment in use, by kind and number."""
    matching = where("p.status = 'in_use'", f"p.kind IN ({_KINDS})")
    sql = f"{_EQUIPMENT}{matching} ORDER BY p.kind, p.number, p.place LIMIT :limit"
    return db.all(EquipmentRow, sql, nobody=b"", limit=limit)


@views.query(seen_by=EVERYBODY)
def out_of_service(db: Reads, limit: Limit = 100) -> list[EquipmentRow]:
    """What stands still, the longest first."""
    matching = where("p.status = 'in_use'", "s.stopped_at > 0")
    sql = f"{_EQUIPMENT}{matching} ORDER BY s.stopped_at, p.place LIMIT :limit"
    return db.all(EquipmentRow, sql, nobody=b"", limit=limit)


@views.query(seen_by=EVERYBODY)
def inspections_due(db: Reads, now: Millis = 0, limit: Limit = 100) -> list[EquipmentRow]:
    """Inspections that are overdue or due within 30 days, the earliest first."""
    matching = where("p.status = 'in_use'", "s.due_at > 0", "s.due_at <= :latest")
    sql = f"{_EQUIPMENT}{matching} ORDER BY s.due_at, p.place LIMIT :limit"
    return db.all(EquipmentRow, sql, nobody=b"", latest=time_of(db, now) + DUE_MS, limit=limit)


@views.query(seen_by=EVERYBODY)
def stops_of(db: Reads, place: Id, limit: Limit = 100) -> list[StopRow]:
    """When and why a piece of equipment stood still, the latest first."""
    sql = """
        SELECT * FROM equipment_stop WHERE place = :place
        ORDER BY starts DESC, height DESC, receipt DESC LIMIT :limit"""
    return db.all(StopRow, sql, place=place, limit=limit)
