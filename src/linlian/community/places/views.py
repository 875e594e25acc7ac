"""Places and who belongs to them, as rows.

`places_within` holds each place with itself and with everything that holds it, so that whatever is asked of a building
is asked of all in it by one join, without recursion.
"""

from __future__ import annotations

from typing import NamedTuple

from linlian.community.places import audience
from linlian.community.places.rules import (
    UNITS,
    PlaceKind,
    PlaceMovedToCell,
    PlaceNamed,
    PlaceRegistered,
    PlaceRetired,
    PlaceStatus,
    contract,
)
from linlian.community.places.rules_occupancy import OccupancyEnded, OccupancyEnding, OccupancyGranted
from linlian.readmodel.stream import time_of
from linlian.readmodel.view import Fact, Id, Limit, Millis, Reads, Rows, View, where

views = View(contract)


class PlaceRow(NamedTuple):
    """`depth` is how many places hold it. `cell` is its own; `name` is the commitment to its sealed name, if any."""

    place: bytes
    parent: bytes
    depth: int
    kind: str
    status: str
    number: int
    code: str
    cell: str
    is_common: bool
    name: bytes
    since: int


class WithinRow(NamedTuple):
    """`holder` holds `place`, `steps` levels above it; with 0 steps it is the place itself."""

    place: bytes
    holder: bytes
    steps: int


class OccupancyRow(NamedTuple):
    """In force while `starts` ≤ time < `until` (0: open). Height and receipt are those of the grant."""

    place: bytes
    account: bytes
    height: int
    receipt: int
    capacity: str
    rights: str
    starts: int
    until: int
    host: bytes
    has_ended: bool


class CellRow(NamedTuple):
    """The grid cell that a place lies in: its own, or that of the nearest place that holds it."""

    place: bytes
    cell: str


places = views.table("place", PlaceRow, indexes=("parent, kind, number",))
within = views.table("within", WithinRow, key=2, indexes=("holder, place",))
occupancies = views.table("occupancy", OccupancyRow, key=4, indexes=("account, starts",))


@views.on(PlaceRegistered)
def registered(db: Rows, event: PlaceRegistered, fact: Fact) -> None:
    holders = db.under(within, event.parent) if event.parent else []
    row = PlaceRow(
        place=event.place,
        parent=event.parent or b"",
        depth=len(holders),
        kind=event.kind,
        status=PlaceStatus.IN_USE,
        number=event.number,
        code=event.code,
        cell=event.cell,
        is_common=event.kind not in UNITS,
        name=event.name.commitment if event.name else b"",
        since=fact.time,
    )
    db.put(places, row)
    db.add(within, WithinRow(event.place, event.place, 0))
    for holder in holders:
        db.add(within, WithinRow(event.place, holder.holder, holder.steps + 1))


@views.on(PlaceMovedToCell)
def moved(db: Rows, event: PlaceMovedToCell, fact: Fact) -> None:
    db.change(places, event.place, cell=event.cell)


@views.on(PlaceNamed)
def named(db: Rows, event: PlaceNamed, fact: Fact) -> None:
    db.change(places, event.place, name=event.name.commitment)


@views.on(PlaceRetired)
def retired(db: Rows, event: PlaceRetired, fact: Fact) -> None:
    db.change(places, event.place, status=PlaceStatus.RETIRED)


@views.on(OccupancyGranted)
def granted(db: Rows, event: OccupancyGranted, fact: Fact) -> None:
    row = OccupancyRow(
        place=event.place,
        account=event.account,
        height=fact.height,
        receipt=fact.receipt,
        capacity=event.capacity,
        rights=",".join(event.rights),
        starts=event.starts,
        until=event.until,
        host=event.host or b"",
        has_ended=False,
    )
    db.put(occupancies, row)


@views.on(OccupancyEnding)
def ending(db: Rows, event: OccupancyEnding, fact: Fact) -> None:
    db.put(occupancies, _present(db, event.place, event.account)._replace(until=event.until))


@views.on(OccupancyEnded)
def ended(db: Rows, event: OccupancyEnded, fact: Fact) -> None:
    row = _present(db, event.place, event.account)
    db.put(occupancies, row._replace(until=event.until, has_ended=True))


def _present(db: Rows, place: bytes, account: bytes) -> OccupancyRow:
    """The last one granted; there is one at a time."""
    return db.under(occupancies, place, account)[-1]


@views.query(seen_by=audience.PLACE)
def place(db: Reads, place: Id) -> PlaceRow | None:
    """One place."""
    return db.one(PlaceRow, "SELECT * FROM places_place WHERE place = :place", place=place)


@views.query(seen_by=audience.LISTS)
def children(db: Reads, parent: Id | None = None, kind: PlaceKind | None = None, limit: Limit = 100) -> list[PlaceRow]:
    """What stands directly in a place; without one, the outermost places."""
    parent = parent or b""
    matching = where(parent=parent, kind=kind)
    sql = f"SELECT * FROM places_place{matching} ORDER BY kind, number, place LIMIT :limit"
    return db.all(PlaceRow, sql, parent=parent, kind=kind, limit=limit)


@views.query(seen_by=audience.LISTS)
def tree(db: Reads, place: Id, kind: PlaceKind | None = None, limit: Limit = 1000) -> list[PlaceRow]:
    """A place and all that stands in it, level by level."""
    only = "" if kind is None else " AND p.kind = :kind"
    sql = f"""
        SELECT p.* FROM places_within AS w JOIN places_place AS p ON p.place = w.place
        WHERE w.holder = :place{only} ORDER BY p.depth, p.parent, p.kind, p.number, p.place LIMIT :limit"""
    return db.all(PlaceRow, sql, place=place, kind=kind, limit=limit)


@views.query(seen_by=audience.PLACE)
def path(db: Reads, place: Id) -> list[PlaceRow]:
    """What holds a place, from the outermost down to itself."""
    sql = """
        SELECT p.* FROM places_within AS w JOIN places_place AS p ON p.place = w.holder
        WHERE w.place = :place ORDER BY p.depth"""
    return db.all(PlaceRow, sql, place=place)


@views.query(seen_by=audience.PLACE)
def cell(db: Reads, place: Id) -> CellRow | None:
    """The grid cell that a place lies in, if any."""
    sql = """
        SELECT w.place, p.cell FROM places_within AS w JOIN places_place AS p ON p.place = w.holder
        WHERE w.place = :place AND p.cell <> '' ORDER BY w.steps LIMIT 1"""
    return db.one(CellRow, sql, place=place)


@views.query(seen_by=audience.WHO_LIVES)
def occupants(db: Reads, place: Id, now: Millis = 0, former: bool = False, limit: Limit = 100) -> list[OccupancyRow]:
    """Who belongs to a place at a time; with `former`, also those who did or will."""
    at = where("place = :place", *(() if former else (_IN_FORCE,)))
    sql = f"SELECT * FROM places_occupancy{at} ORDER BY starts, account, height, receipt LIMIT :limit"
    return db.all(OccupancyRow, sql, place=place, now=time_of(db, now), limit=limit)


@views.query(seen_by=audience.WHOSE)
def places_of(db: Reads, account: Id, now: Millis = 0, former: bool = False, limit: Limit = 100) -> list[OccupancyRow]:
    """The places that somebody belongs to at a time; with `former`, also those they did or will."""
    at = where("account = :account", *(() if former else (_IN_FORCE,)))
    sql = f"SELECT * FROM places_occupancy{at} ORDER BY starts, place, height, receipt LIMIT :limit"
    return db.all(OccupancyRow, sql, account=account, now=time_of(db, now), limit=limit)


_IN_FORCE = "starts <= :now AND (until = 0 OR until > :now)"
