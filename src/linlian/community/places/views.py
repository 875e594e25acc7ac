"""Places and who belongs to them, as rows.

`places_within` holds each place with itself and with everything that holds it, so that whatever is asked of a building
is asked of all in it by one join, without recursion.
"""

from __future__ import annotations

from typing import NamedTuple

from linlian.community.places import audience
from linlian.community.places import rules_signing as signing
from linlian.community.places.rules import (
    UNITS,
    DetailsSealed,
    HandoverSet,
    PlaceKind,
    PlaceMovedToCell,
    PlaceRegistered,
    PlaceRetired,
    PlaceStatus,
    contract,
)
from linlian.community.places.rules_occupancy import OccupancyEnded, OccupancyEnding, OccupancyGranted, PresenceChanged
from linlian.community.places.rules_shares import ShareChanged
from linlian.readmodel.audience import EVERYBODY
from linlian.readmodel.stream import time_of
from linlian.readmodel.view import Fact, Id, Limit, Millis, Reads, Rows, Value, View, where

views = View(contract)


class PlaceRow(NamedTuple):
    """`depth` is how many places hold it; `cell` and `handover` are its own; `name` and `area` are commitments."""

    place: bytes
    parent: bytes
    depth: int
    kind: str
    status: str
    number: int
    code: str
    cell: str
    is_common: bool
    handover: int
    name: bytes
    area: bytes
    since: int


class WithinRow(NamedTuple):
    """`holder`, of this `kind`, holds `place`, `steps` levels above it; with 0 steps it is the place itself."""

    place: bytes
    holder: bytes
    steps: int
    kind: str


class BuildingSizeRow(NamedTuple):
    """A building that is in use: its number, the number of its highest floor, and the homes on its fullest floor."""

    building: bytes
    number: int
    floors: int
    homes_on_floor: int


class FloorSizeRow(NamedTuple):
    """How many homes stand directly in a floor, or in whatever holds homes."""

    floor: bytes
    homes: int


class OccupancyRow(NamedTuple):
    """In force while `starts` ≤ time < `until` (0: open). Height and receipt are those of the grant.

    `parts` of `whole`: an owner's share, 0 of 0 holds jointly. `accepted_at`, `signed_at`: 0 is not yet; `signed_by`
    is the office's member, the owner or the host who signed.
    """

    place: bytes
    account: bytes
    height: int
    receipt: int
    capacity: str
    rights: str
    starts: int
    until: int
    host: bytes
    roll: bytes
    is_absent: bool
    parts: int
    whole: int
    accepted_at: int
    signed_at: int
    signed_by: bytes
    has_ended: bool


class RollRow(NamedTuple):
    """A list of occupants; `document` is the commitment to what people read, `signed_at` 0 is not yet."""

    roll: bytes
    organisation: bytes
    opened_at: int
    closed_at: int
    signed_at: int
    signed_by: bytes
    entries: int
    document: bytes


class EntryRow(NamedTuple):
    """Whose occupancy of what stands on a roll."""

    roll: bytes
    place: bytes
    account: bytes


class CellRow(NamedTuple):
    """The grid cell that a place lies in: its own, or that of the nearest place that holds it."""

    place: bytes
    cell: str


places = views.table("place", PlaceRow, indexes=("parent, kind, number",))
within = views.table("within", WithinRow, key=2, indexes=("holder, place",))
occupancies = views.table("occupancy", OccupancyRow, key=4, indexes=("account, starts", "roll", "signed_at, place"))
building_sizes = views.table("building_size", BuildingSizeRow, indexes=("number, building",))
floor_sizes = views.table("floor_size", FloorSizeRow)
rolls = views.table("roll", RollRow, indexes=("signed_at, opened_at",))
entries = views.table("entry", EntryRow, key=3)


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
        handover=event.handover,
        name=event.name.commitment if event.name else b"",
        area=event.area.commitment if event.area else b"",
        since=fact.time,
    )
    db.put(places, row)
    db.add(within, WithinRow(event.place, event.place, 0, event.kind))
    for holder in holders:
        db.add(within, WithinRow(event.place, holder.holder, holder.steps + 1, holder.kind))
    _measure(db, event, next((holder.holder for holder in holders if holder.kind == PlaceKind.BUILDING), b""))


def _measure(db: Rows, event: PlaceRegistered, building: bytes) -> None:
    """How large a building is, is counted while it is registered: its picture asks for it on every page."""
    if event.kind is PlaceKind.BUILDING:
        db.put(building_sizes, BuildingSizeRow(event.place, event.number, 0, 0))
    homes = 0
    if event.kind is PlaceKind.DWELLING and event.parent:
        known = db.get(floor_sizes, event.parent)
        homes = 1 if known is None else known.homes + 1
        db.put(floor_sizes, FloorSizeRow(event.parent, homes))
    size = db.get(building_sizes, building) if building else None
    if size is not None:
        floors = max(size.floors, event.number) if event.kind is PlaceKind.FLOOR else size.floors
        db.put(building_sizes, size._replace(floors=floors, homes_on_floor=max(size.homes_on_floor, homes)))


@views.on(PlaceMovedToCell)
def moved(db: Rows, event: PlaceMovedToCell, fact: Fact) -> None:
    db.change(places, event.place, cell=event.cell)


@views.on(DetailsSealed)
def sealed(db: Rows, event: DetailsSealed, fact: Fact) -> None:
    row = db.the(places, event.place)
    name = event.name.commitment if event.name else row.name
    area = event.area.commitment if event.area else row.area
    db.put(places, row._replace(name=name, area=area))


@views.on(HandoverSet)
def handed_over(db: Rows, event: HandoverSet, fact: Fact) -> None:
    db.change(places, event.place, handover=event.handover)


@views.on(PlaceRetired)
def retired(db: Rows, event: PlaceRetired, fact: Fact) -> None:
    db.change(places, event.place, status=PlaceStatus.RETIRED)
    db.delete(building_sizes, event.place)


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
        roll=event.roll or b"",
        is_absent=event.absent,
        parts=event.parts,
        whole=event.whole,
        accepted_at=0,
        signed_at=fact.time if event.signed else 0,
        signed_by=fact.signer if event.signed else b"",
        has_ended=False,
    )
    db.put(occupancies, row)
    if event.roll:
        roll = db.the(rolls, event.roll)
        db.put(rolls, roll._replace(entries=roll.entries + 1))
        db.put(entries, EntryRow(event.roll, event.place, event.account))


@views.on(OccupancyEnding)
def ending(db: Rows, event: OccupancyEnding, fact: Fact) -> None:
    _change(db, event.place, event.account, until=event.until)


@views.on(OccupancyEnded)
def ended(db: Rows, event: OccupancyEnded, fact: Fact) -> None:
    _change(db, event.place, event.account, until=event.until, has_ended=True)


@views.on(PresenceChanged)
def presence(db: Rows, event: PresenceChanged, fact: Fact) -> None:
    _change(db, event.place, event.account, is_absent=event.absent)


@views.on(ShareChanged)
def share(db: Rows, event: ShareChanged, fact: Fact) -> None:
    _change(db, event.place, event.account, parts=event.parts, whole=event.whole)


@views.on(signing.OccupancyAccepted)
def accepted(db: Rows, event: signing.OccupancyAccepted, fact: Fact) -> None:
    _change(db, event.place, event.account, accepted_at=fact.time)


@views.on(signing.OccupancyCountersigned)
def countersigned(db: Rows, event: signing.OccupancyCountersigned, fact: Fact) -> None:
    _change(db, event.place, event.account, signed_at=fact.time, signed_by=fact.signer)


@views.on(signing.RollOpened)
def roll_opened(db: Rows, event: signing.RollOpened, fact: Fact) -> None:
    db.put(rolls, RollRow(event.roll, event.organisation, fact.time, 0, 0, b"", 0, b""))


@views.on(signing.RollClosed)
def roll_closed(db: Rows, event: signing.RollClosed, fact: Fact) -> None:
    db.change(rolls, event.roll, closed_at=fact.time, document=event.document.commitment)


@views.on(signing.RollCountersigned)
def roll_signed(db: Rows, event: signing.RollCountersigned, fact: Fact) -> None:
    """Whatever stands on it and was not signed alone before."""
    db.change(rolls, event.roll, signed_at=fact.time, signed_by=fact.signer)
    for entry in db.under(entries, event.roll):
        row = next(row for row in reversed(db.under(occupancies, entry.place, entry.account)) if row.roll == event.roll)
        if not row.signed_at:
            db.put(occupancies, row._replace(signed_at=fact.time, signed_by=fact.signer))


def _change(db: Rows, place: bytes, account: bytes, **changes: Value) -> None:
    db.put(occupancies, _present(db, place, account)._replace(**changes))  # type: ignore[arg-type]


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


@views.query(seen_by=EVERYBODY)
def common_parts(db: Reads, parent: Id, limit: Limit = 100) -> list[PlaceRow]:
    """The common parts and equipment that stand directly in a place."""
    sql = """
        SELECT * FROM places_place WHERE parent = :parent AND is_common AND status = 'in_use'
          AND kind NOT IN ('building', 'section', 'floor') ORDER BY kind, number, place LIMIT :limit"""
    return db.all(PlaceRow, sql, parent=parent, limit=limit)


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


@views.query(seen_by=audience.WHO_LIVES)
def owners(db: Reads, place: Id, now: Millis = 0, limit: Limit = 100) -> list[OccupancyRow]:
    """The owners and co-owners of a place at a time, with their shares."""
    at = where("place = :place", "capacity IN ('owner', 'co_owner')", _IN_FORCE)
    sql = f"SELECT * FROM places_occupancy{at} ORDER BY starts, account, height, receipt LIMIT :limit"
    return db.all(OccupancyRow, sql, place=place, now=time_of(db, now), limit=limit)


@views.query(seen_by=audience.WHO_LIVES)
def household(db: Reads, place: Id, now: Millis = 0, limit: Limit = 100) -> list[OccupancyRow]:
    """Who lives at a place at a time."""
    at = where("place = :place", "capacity <> 'agent'", "NOT is_absent", _IN_FORCE)
    sql = f"SELECT * FROM places_occupancy{at} ORDER BY starts, account, height, receipt LIMIT :limit"
    return db.all(OccupancyRow, sql, place=place, now=time_of(db, now), limit=limit)


@views.query(seen_by=audience.REGISTER)
def unsigned(db: Reads, limit: Limit = 100) -> list[OccupancyRow]:
    """Occupancies that nobody independent has signed, and that stand on no roll."""
    sql = """
        SELECT * FROM places_occupancy WHERE signed_at = 0 AND NOT has_ended AND roll = :roll
        ORDER BY starts, place, account, height, receipt LIMIT :limit"""
    return db.all(OccupancyRow, sql, roll=b"", limit=limit)


@views.query(seen_by=audience.REGISTER)
def waiting_rolls(db: Reads, limit: Limit = 100) -> list[RollRow]:
    """Rolls that nobody has signed, the oldest first."""
    sql = "SELECT * FROM places_roll WHERE signed_at = 0 ORDER BY opened_at, roll LIMIT :limit"
    return db.all(RollRow, sql, limit=limit)


@views.query(seen_by=audience.REGISTER)
def on_roll(db: Reads, roll: Id, limit: Limit = 1000) -> list[OccupancyRow]:
    """The occupancies that stand on a roll."""
    sql = """
        SELECT * FROM places_occupancy WHERE roll = :roll
        ORDER BY place, account, height, receipt LIMIT :limit"""
    return db.all(OccupancyRow, sql, roll=roll, limit=limit)


_IN_FORCE = "starts <= :now AND (until = 0 OR until > :now)"
