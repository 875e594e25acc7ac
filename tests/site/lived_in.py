"""The scene after some weeks: houses with floors, lifts and a gate, and a repair in every state a page has to show."""

from __future__ import annotations

from dataclasses import dataclass, field

from linlian.community import equipment, joint_reports, openings, outages, places, quotes
from linlian.community.identity import Role
from linlian.community.outages.rules import Nature, OutageLabel, OutagePublished, PublishOutage
from linlian.community.outages.rules_ahead import Utility
from linlian.community.places import Capacity, PlaceKind, Right
from linlian.community.places.rules import PlaceRegistered, RegisterPlace
from linlian.community.quotes.rules import PriceItem, Unit
from linlian.community.quotes.rules_prices import PublishPrices
from linlian.community.repairs.rules_steps import State
from linlian.community.repairs.rules_terms import Category
from linlian.community.repairs.tests.scene import HOUR, TO_DONE, Scene, found_scene, hire, move_in

PUBLIC = """
[name]
zh = "云杉里"
en = "Spruce Court"
[telephones]
desk = "010-5555 0100"
emergency = "010-5555 0119"
"""
MORE = (equipment.contract, openings.contract, joint_reports.contract, outages.contract, quotes.contract)
HOUSES = ((1, 6, 4), (2, 11, 3), (3, 18, 5))
"""Number, floors, homes on each."""
UNDER_WAY: tuple[tuple[Category, State], ...] = (
    (Category.WATER_LEAK, State.ON_SITE),
    (Category.WINDOW_BROKEN, State.DONE),
    (Category.POWER_FAULT, State.DISPUTED),
    (Category.HEATING_COLD, State.REPORTED),
    (Category.INTERCOM_FAULT, State.TRIAGED),
    (Category.DOOR_LOCK, State.CLOSED),
    (Category.PESTS, State.CANCELLED),
)
COMMON: tuple[tuple[Category, State], ...] = (
    (Category.LIGHTING_COMMON, State.ASSIGNED),
    (Category.LIFT_FAULT, State.DIAGNOSED),
    (Category.FIRE_EQUIPMENT, State.CHECKED),
    (Category.DOOR_ENTRANCE, State.DEFERRED),
)


@dataclass
class LivedIn:
    """The scene, Anna's home in the second house, the last house, and a case for each state."""

    scene: Scene
    home: bytes
    house: bytes
    cases: dict[State, bytes] = field(default_factory=dict)
    outage: bytes = b""


def lived_in() -> LivedIn:
    """Houses are built, Anna and Bo move, things break. There is an auditor, at the street office."""
    scene = found_scene(*MORE)
    hire(scene, "street", "auditor", Role.AUDITOR)
    homes, house, shaft = _build(scene)
    found = LivedIn(scene, homes[2, 7, 2], house)
    rights = (Right.REPORT, Right.CONFIRM)
    for name in ("anna", "bo"):
        move_in(scene, name, found.home, Capacity.CO_OWNER, rights)
    move_in(scene, "cai", homes[3, 12, 1], Capacity.CO_OWNER, rights)
    trapped = scene.report("cai", category=Category.LIFT_TRAPPED, place=shaft)
    scene.take(trapped, *TO_DONE[:3])
    scene.report("cai", category=Category.WATER_NONE, place=homes[3, 12, 1])
    for category, state in UNDER_WAY:
        found.cases[state] = scene.in_state(state, category=category, place=found.home)
        scene.town.advance(hours=5)
    for category, state in COMMON:
        found.cases[state] = scene.in_state(state, category=category, place=scene.stair)
        scene.town.advance(hours=3)
    _put_up(found, places.require_place(scene.town.state, found.home).path[1])
    return found


def _put_up(found: LivedIn, building: bytes) -> None:
    """What is out at Anna's house, what will be, and what the company charges."""
    scene = found.scene
    now = scene.town.time
    labels = (OutageLabel.STORE_WATER, OutageLabel.RUN_TAP_AFTERWARDS)
    fault = PublishOutage(
        nature=Nature.FAULT, utility=Utility.WATER, places=(building,), until=now + 9 * HOUR, labels=labels
    )
    found.outage = scene.do("desk", fault).the(OutagePublished).outage
    starts = now + 80 * HOUR
    ahead = PublishOutage(
        nature=Nature.PLANNED, utility=Utility.LIFT, places=(building,), starts=starts, until=starts + 4 * HOUR
    )
    scene.do("desk", ahead)
    prices = (("visit", Unit.VISIT, 3_000), ("cartridge", Unit.PIECE, 4_550))
    items = tuple(PriceItem(label=label, unit=unit, unit_cents=cents) for label, unit, cents in prices)
    scene.do("clerk", PublishPrices(items=items))
    dearer = (PriceItem(label="cartridge", unit=Unit.PIECE, unit_cents=4_990),)
    scene.do("clerk", PublishPrices(items=dearer, since=now + 200 * HOUR))


def _build(scene: Scene) -> tuple[dict[tuple[int, int, int], bytes], bytes, bytes]:
    """The houses: each home by house, floor and number; and the last house with its lift shaft."""
    homes, house, shaft = {}, b"", b""
    community = scene.do("clerk", RegisterPlace(kind=PlaceKind.COMMUNITY)).the(PlaceRegistered).place
    for number, floors, wide in HOUSES:
        house = _place(scene, PlaceKind.BUILDING, community, number)
        shaft = _place(scene, PlaceKind.LIFT_SHAFT, house)
        for level in range(1, floors + 1):
            floor = _place(scene, PlaceKind.FLOOR, house, level)
            for door in range(1, wide + 1):
                homes[number, level, door] = _place(scene, PlaceKind.DWELLING, floor)
    _place(scene, PlaceKind.GATE, community)
    return homes, house, shaft


def _place(scene: Scene, kind: PlaceKind, parent: bytes, number: int = 0) -> bytes:
    made = scene.do("clerk", RegisterPlace(kind=kind, parent=parent, number=number)).the(PlaceRegistered).place
    assert isinstance(made, bytes)
    return made
