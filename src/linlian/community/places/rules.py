"""The places of a community, from the grounds to a lift's door, and who may do what there.

Rules
- A place stands in another, of a kind that can hold it (`STANDS_IN`); it never moves to another. Its path from the
  outermost place down is written into its row, so no search is ever needed.
- Names and door numbers are sealed content. A dwelling, shop or parking bay carries neither number nor code: its
  random id says nothing about whose door it is. Register the units of a floor in random order.
- The area of a unit is sealed too: with its floor it would say whose door it is. Its day of handover is in clear.
- A place without a grid cell, or without a day of handover, of its own has that of the nearest place that holds it.
- A place that holds places in use, or has occupants, cannot be retired.

    register_place(kind=FLOOR, parent=section, number=5) → register_place(kind=DWELLING, parent=floor)

Who belongs to a place stands in `rules_occupancy`, equipment in `rules_equipment`.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, TypeAlias

from linlian.community import identity
from linlian.community.identity import NOBODY, OrganisationKind, Role
from linlian.community.places.rules_days import Day, check_day
from linlian.kernel.contract import (
    Command,
    Content,
    Context,
    Contract,
    Count,
    Event,
    Hash,
    Id,
    Label,
    Meta,
    Millis,
    Reader,
    Refused,
    Row,
    Subject,
    compose,
    replace,
)

PlaceId: TypeAlias = Annotated[Id, Subject("place")]
Number = Annotated[int, Meta(ge=-99, le=9999)]
"""Of a building, section, floor or piece of equipment; below ground it is negative."""
PATH_MAX = 8

REGISTRARS = (OrganisationKind.PROPERTY_COMPANY, OrganisationKind.GOVERNMENT)

contract = Contract("places", needs=(identity.contract,))


class PlaceKind(StrEnum):
    COMMUNITY = "community"
    BUILDING = "building"
    SECTION = "section"
    FLOOR = "floor"
    DWELLING = "dwelling"
    SHOP = "shop"
    PARKING_BAY = "parking_bay"
    BASEMENT = "basement"
    CORRIDOR = "corridor"
    FACADE = "facade"
    GATE = "gate"
    GROUNDS = "grounds"
    LIFT_SHAFT = "lift_shaft"
    ROOF = "roof"
    STAIR = "stair"
    BARRIER = "barrier"
    BOILER = "boiler"
    CAMERA = "camera"
    DOOR = "door"
    FIRE_EQUIPMENT = "fire_equipment"
    LAMP = "lamp"
    LIFT = "lift"
    PUMP = "pump"
    SWITCHGEAR = "switchgear"


class PlaceStatus(StrEnum):
    IN_USE = "in_use"
    RETIRED = "retired"


_K = PlaceKind
_HOUSE = (_K.BUILDING, _K.SECTION)
_ROOMS = (*_HOUSE, _K.FLOOR, _K.BASEMENT, _K.CORRIDOR, _K.ROOF, _K.STAIR)
_OPEN = (_K.COMMUNITY, _K.GROUNDS, _K.GATE)
STANDS_IN: dict[PlaceKind, tuple[PlaceKind, ...]] = {
    _K.COMMUNITY: (),
    _K.BUILDING: (_K.COMMUNITY,),
    _K.SECTION: (_K.BUILDING,),
    _K.FLOOR: _HOUSE,
    _K.DWELLING: (*_HOUSE, _K.FLOOR),
    _K.SHOP: (_K.COMMUNITY, *_HOUSE, _K.FLOOR),
    _K.PARKING_BAY: (_K.COMMUNITY, _K.GROUNDS, _K.BASEMENT, _K.FLOOR),
    _K.BASEMENT: (_K.COMMUNITY, *_HOUSE),
    _K.CORRIDOR: (*_HOUSE, _K.FLOOR, _K.BASEMENT),
    _K.FACADE: _HOUSE,
    _K.GATE: (_K.COMMUNITY, _K.GROUNDS),
    _K.GROUNDS: (_K.COMMUNITY,),
    _K.LIFT_SHAFT: _HOUSE,
    _K.ROOF: _HOUSE,
    _K.STAIR: (*_HOUSE, _K.BASEMENT),
    _K.BARRIER: (*_OPEN, _K.BASEMENT),
    _K.BOILER: (*_ROOMS, *_OPEN),
    _K.CAMERA: (*_ROOMS, *_OPEN),
    _K.DOOR: (*_ROOMS, *_OPEN),
    _K.FIRE_EQUIPMENT: (*_ROOMS, *_OPEN),
    _K.LAMP: (*_ROOMS, *_OPEN, _K.FACADE),
    _K.LIFT: (*_HOUSE, _K.LIFT_SHAFT),
    _K.PUMP: (*_ROOMS, *_OPEN),
    _K.SWITCHGEAR: (*_ROOMS, *_OPEN),
}
"""Kind → kinds of place that can hold it. Equipment inside a home belongs to the home and is no place."""

UNITS = (PlaceKind.DWELLING, PlaceKind.SHOP, PlaceKind.PARKING_BAY)
NUMBERED_ONCE = (PlaceKind.BUILDING, PlaceKind.SECTION, PlaceKind.FLOOR)
"""Of these, one holder has each number once: a list imported twice does not build the house twice."""


class Place(Row):
    """`path` leads from the outermost place to the one that holds this one; `cell` and `handover` are its own.

    `children` counts the places in use that stand directly in it.
    """

    kind: PlaceKind
    status: PlaceStatus
    path: Annotated[tuple[Id, ...], Meta(max_length=PATH_MAX)]
    number: Number
    code: Label
    cell: Label
    since: Millis
    handover: Day = 0
    children: Count = 0

    @property
    def parent(self) -> bytes:
        """The place that holds it; NOBODY for a community."""
        return self.path[-1] if self.path else NOBODY


class NumberTaken(Row):
    """Keyed by holder, kind and number: which place has it."""

    place: Id


class Area(Row):
    """The commitment to a unit's sealed area."""

    commitment: Hash


places = contract.table("place", Place, refused="places.unknown")
numbers = contract.table("number", NumberTaken)
areas = contract.table("area", Area)


class RegisterPlace(Command):
    """`cell` is a GB/T 30428 cell code (15 characters) or any label; `code` a public one, as a lift's registration."""

    kind: PlaceKind
    parent: PlaceId | None = None
    number: Number = 0
    code: Label = ""
    cell: Label = ""
    handover: Day = 0
    name: Content | None = None
    area: Content | None = None


class MoveToCell(Command):
    """An empty cell is that of whatever holds the place."""

    place: PlaceId
    cell: Label = ""


class SealDetails(Command):
    """Name or door number; of a unit also its area: the decimal digits of its hundredths of m² (89.37 m² is `8937`)."""

    place: PlaceId
    name: Content | None = None
    area: Content | None = None


class SetHandover(Command):
    """The day a place was handed over to its owners, from which warranties run; 0 is that of whatever holds it."""

    place: PlaceId
    handover: Day = 0


class RetirePlace(Command):
    place: PlaceId


@contract.event
class PlaceRegistered(Event):
    """`parent` is no subject: a floor's history is not that of each dwelling in it."""

    place: PlaceId
    kind: PlaceKind
    parent: Id | None = None
    number: Number = 0
    code: Label = ""
    cell: Label = ""
    handover: Day = 0
    name: Content | None = None
    area: Content | None = None


@contract.event
class PlaceMovedToCell(Event):
    place: PlaceId
    cell: Label = ""


@contract.event
class DetailsSealed(Event):
    place: PlaceId
    name: Content | None = None
    area: Content | None = None


@contract.event
class HandoverSet(Event):
    place: PlaceId
    handover: Day = 0


@contract.event
class PlaceRetired(Event):
    place: PlaceId


# --- the front door: what neighbours ask ---


def place(reader: Reader, identifier: bytes) -> Place | None:
    """The place's row, in use or retired."""
    return places.get(reader, identifier)


def require_place(reader: Reader, identifier: bytes) -> Place:
    """A place in use. Refused: `places.unknown`, `places.retired`."""
    found = places.require(reader, identifier)
    if found.status is PlaceStatus.RETIRED:
        raise Refused("places.retired", about=(identifier,))
    return found


def is_common(row: Place) -> bool:
    """Whether a place belongs to all: everything but dwellings, shops and parking bays."""
    return row.kind not in UNITS


def cell_of(reader: Reader, row: Place) -> str:
    """The grid cell a place lies in: its own, or that of the nearest place that holds it; empty if none has one."""
    return next((found.cell for found in _outwards(reader, row) if found.cell), "")


def handover_of(reader: Reader, row: Place) -> int:
    """The day a place was handed over: its own, or that of the nearest place that holds it; 0 if none has one."""
    return next((found.handover for found in _outwards(reader, row) if found.handover), 0)


def _outwards(reader: Reader, row: Place) -> Iterator[Place]:
    """A place, and what holds it, from the inside out."""
    yield row
    for holder in reversed(row.path):
        found = places.get(reader, holder)
        assert found is not None, "a path leads through places"
        yield found


# --- commands ---


@contract.command
def register_place(ctx: Context, cmd: RegisterPlace) -> None:
    """A clerk of the property company or the government writes a place down."""
    identity.require_office(ctx, REGISTRARS, Role.CLERK)
    identifier = ctx.new_id()
    path = _path(ctx, cmd)
    if cmd.kind in UNITS and (cmd.number or cmd.code):
        raise Refused("places.unit_stays_random")
    check_day(cmd.handover)
    if cmd.kind in NUMBERED_ONCE:
        key = number_key(path, cmd.kind, cmd.number)
        if numbers.has(ctx, key):
            raise Refused("places.number_taken", about=path[-1:], kind=cmd.kind, number=cmd.number)
        numbers.put(ctx, key, NumberTaken(identifier))
    row = Place(cmd.kind, PlaceStatus.IN_USE, path, cmd.number, cmd.code, cmd.cell, ctx.time, cmd.handover)
    places.create(ctx, identifier, row)
    _keep_area(ctx, identifier, cmd.kind, cmd.area)
    ctx.emit(
        PlaceRegistered(
            place=identifier,
            kind=cmd.kind,
            parent=cmd.parent,
            number=cmd.number,
            code=cmd.code,
            cell=cmd.cell,
            handover=cmd.handover,
            name=cmd.name,
            area=cmd.area,
        )
    )


@contract.command
def move_to_cell(ctx: Context, cmd: MoveToCell) -> None:
    """The grid was drawn anew: put a place, and all in it without a cell of their own, into another cell."""
    identity.require_office(ctx, REGISTRARS, Role.CLERK)
    found = require_place(ctx, cmd.place)
    places.put(ctx, cmd.place, replace(found, cell=cmd.cell))
    ctx.emit(PlaceMovedToCell(place=cmd.place, cell=cmd.cell))


@contract.command
def seal_details(ctx: Context, cmd: SealDetails) -> None:
    """Seal the name, door number or area of a place; the ledger holds the commitments alone."""
    identity.require_office(ctx, REGISTRARS, Role.CLERK)
    _keep_area(ctx, cmd.place, require_place(ctx, cmd.place).kind, cmd.area)
    ctx.emit(DetailsSealed(place=cmd.place, name=cmd.name, area=cmd.area))


@contract.command
def set_handover(ctx: Context, cmd: SetHandover) -> None:
    """Write down when a place, and all in it without a day of their own, was handed over."""
    identity.require_office(ctx, REGISTRARS, Role.CLERK)
    found = require_place(ctx, cmd.place)
    check_day(cmd.handover)
    places.put(ctx, cmd.place, replace(found, handover=cmd.handover))
    ctx.emit(HandoverSet(place=cmd.place, handover=cmd.handover))


def _keep_area(ctx: Context, place: bytes, kind: PlaceKind, area: Content | None) -> None:
    if area is None:
        return
    if kind not in UNITS:
        raise Refused("places.no_unit")
    areas.put(ctx, place, Area(area.commitment))


def _path(ctx: Context, cmd: RegisterPlace) -> tuple[bytes, ...]:
    """The path of a new place; counts it in its holder."""
    if cmd.parent is None:
        if STANDS_IN[cmd.kind]:
            raise Refused("places.needs_holder", kind=cmd.kind)
        return ()
    holder = require_place(ctx, cmd.parent)
    if holder.kind not in STANDS_IN[cmd.kind]:
        raise Refused("places.wrong_holder", about=(cmd.parent,), kind=cmd.kind, holder=holder.kind)
    places.put(ctx, cmd.parent, replace(holder, children=holder.children + 1))
    return (*holder.path, cmd.parent)


def number_key(path: tuple[bytes, ...], kind: PlaceKind, number: int) -> bytes:
    """Under what `numbers` has a place that carries a number once."""
    return compose(path[-1], kind, str(number))
