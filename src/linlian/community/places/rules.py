"""The places of a community, from the grounds to a lift's door, and who may do what there.

Rules
- A place stands in another, of a kind that can hold it (`STANDS_IN`); it never moves to another. Its path from the
  outermost place down is written into its row, so no search is ever needed.
- Names and door numbers are sealed content. A dwelling, shop or parking bay carries neither number nor code: its
  random id says nothing about whose door it is. Register the units of a floor in random order.
- A place without a grid cell of its own lies in the cell of the nearest place that holds it.
- A place that holds places in use, or has occupants, cannot be retired.

    register_place(kind=FLOOR, parent=section, number=5) → register_place(kind=DWELLING, parent=floor)

Occupancy stands in `rules_occupancy`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, TypeAlias

from linlian.community import identity
from linlian.community.identity import NOBODY, OrganisationKind, Role
from linlian.kernel.contract import (
    Command,
    Content,
    Context,
    Contract,
    Count,
    Event,
    Id,
    Label,
    Meta,
    Millis,
    Reader,
    Refused,
    Row,
    Rows,
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
    """`path` leads from the outermost place to the one that holds this one; `cell` is empty where it is inherited.

    `children` counts the places in use that stand directly in it, `occupants` its occupancies that have not ended.
    """

    kind: PlaceKind
    status: PlaceStatus
    path: Annotated[tuple[Id, ...], Meta(max_length=PATH_MAX)]
    number: Number
    code: Label
    cell: Label
    since: Millis
    children: Count = 0
    occupants: Count = 0

    @property
    def parent(self) -> bytes:
        """The place that holds it; NOBODY for a community."""
        return self.path[-1] if self.path else NOBODY


class NumberTaken(Row):
    """Keyed by holder, kind and number: which place has it."""

    place: Id


places = contract.table("place", Place)
numbers = contract.table("number", NumberTaken)


class RegisterPlace(Command):
    """`cell` is a GB/T 30428 cell code (15 characters) or any label; `code` a public one, as a lift's registration."""

    kind: PlaceKind
    parent: PlaceId | None = None
    number: Number = 0
    code: Label = ""
    cell: Label = ""
    name: Content | None = None


class MoveToCell(Command):
    """An empty cell is that of whatever holds the place."""

    place: PlaceId
    cell: Label = ""


class NamePlace(Command):
    """Its name or door number, sealed."""

    place: PlaceId
    name: Content


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
    name: Content | None = None


@contract.event
class PlaceMovedToCell(Event):
    place: PlaceId
    cell: Label = ""


@contract.event
class PlaceNamed(Event):
    place: PlaceId
    name: Content


@contract.event
class PlaceRetired(Event):
    place: PlaceId


# --- the front door: what neighbours ask ---


def place(reader: Reader, identifier: bytes) -> Place | None:
    """The place's row, in use or retired."""
    return places.get(reader, identifier)


def require_place(reader: Reader, identifier: bytes) -> Place:
    """A place in use. Refused: `places.unknown`, `places.retired`."""
    found = places.get(reader, identifier)
    if found is None:
        raise Refused("places.unknown")
    if found.status is PlaceStatus.RETIRED:
        raise Refused("places.retired", about=(identifier,))
    return found


def is_common(row: Place) -> bool:
    """Whether a place belongs to all: everything but dwellings, shops and parking bays."""
    return row.kind not in UNITS


def cell_of(reader: Reader, row: Place) -> str:
    """The grid cell a place lies in: its own, or that of the nearest place that holds it; empty if none has one."""
    if row.cell:
        return row.cell
    for holder in reversed(row.path):
        found = places.get(reader, holder)
        if found is not None and found.cell:
            return found.cell
    return ""


# --- commands ---


@contract.command
def register_place(ctx: Context, cmd: RegisterPlace) -> None:
    """A clerk of the property company or the government writes a place down."""
    identity.require_office(ctx, REGISTRARS, Role.CLERK)
    identifier = ctx.new_id()
    path = _path(ctx, cmd)
    if cmd.kind in UNITS and (cmd.number or cmd.code):
        raise Refused("places.unit_stays_random")
    if cmd.kind in NUMBERED_ONCE:
        key = _number_key(path, cmd.kind, cmd.number)
        if numbers.has(ctx, key):
            raise Refused("places.number_taken", about=path[-1:], kind=cmd.kind, number=cmd.number)
        numbers.put(ctx, key, NumberTaken(identifier))
    row = Place(cmd.kind, PlaceStatus.IN_USE, path, cmd.number, cmd.code, cmd.cell, ctx.time)
    places.create(ctx, identifier, row)
    ctx.emit(
        PlaceRegistered(
            place=identifier,
            kind=cmd.kind,
            parent=cmd.parent,
            number=cmd.number,
            code=cmd.code,
            cell=cmd.cell,
            name=cmd.name,
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
def name_place(ctx: Context, cmd: NamePlace) -> None:
    """Seal a name or door number to a place; the ledger holds the commitment alone."""
    identity.require_office(ctx, REGISTRARS, Role.CLERK)
    require_place(ctx, cmd.place)
    ctx.emit(PlaceNamed(place=cmd.place, name=cmd.name))


@contract.command
def retire_place(ctx: Context, cmd: RetirePlace) -> None:
    """It is torn down, or was never there. Its history stays."""
    identity.require_office(ctx, REGISTRARS, Role.CLERK)
    found = require_place(ctx, cmd.place)
    if found.children:
        raise Refused("places.holds_places", about=(cmd.place,), places=found.children)
    if found.occupants:
        raise Refused("places.occupied", about=(cmd.place,), occupants=found.occupants)
    places.put(ctx, cmd.place, replace(found, status=PlaceStatus.RETIRED))
    if found.kind in NUMBERED_ONCE:
        numbers.delete(ctx, _number_key(found.path, found.kind, found.number))
    if found.path:
        holder = require_place(ctx, found.parent)
        places.put(ctx, found.parent, replace(holder, children=holder.children - 1))
    ctx.emit(PlaceRetired(place=cmd.place))


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


def _number_key(path: tuple[bytes, ...], kind: PlaceKind, number: int) -> bytes:
    return compose(path[-1], kind, str(number))


@contract.invariant
def places_stand_where_they_can(rows: Rows) -> None:
    """Every place stands in one that can hold it, in use as long as it is, and is counted there."""
    known = dict(rows(places))
    children: dict[bytes, int] = {}
    for key, row in known.items():
        if row.path:
            holder = known[row.parent]
            assert row.path[:-1] == holder.path, f"the path of {key.hex()}"
            assert holder.kind in STANDS_IN[row.kind], f"{row.kind} in {holder.kind}"
            if row.status is PlaceStatus.IN_USE:
                assert holder.status is PlaceStatus.IN_USE, f"{key.hex()} stands in a retired place"
                children[row.parent] = children.get(row.parent, 0) + 1
        assert row.kind not in UNITS or not (row.number or row.code), "a unit carries nothing but its random id"
    for key, row in known.items():
        assert row.children == children.get(key, 0), f"children of {key.hex()}"


@contract.invariant
def numbers_are_given_once(rows: Rows) -> None:
    """Buildings, sections and floors in use are found under their number."""
    numbered = sorted(
        (_number_key(row.path, row.kind, row.number), key)
        for key, row in rows(places)
        if row.kind in NUMBERED_ONCE and row.status is PlaceStatus.IN_USE
    )
    assert numbered == [(key, row.place) for key, row in rows(numbers)]
