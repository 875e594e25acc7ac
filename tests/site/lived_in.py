"""The scene after some weeks: houses with floors, lifts and a gate, and a repair in every state a page has to show."""

from __future__ import annotations

from dataclasses import dataclass, field

from linlian.community import BUSINESSES
from linlian.community.appointments.rules import Window
from linlian.community.appointments.rules_agreeing import ProposeWindows
from linlian.community.identity import Role
from linlian.community.places import Capacity, PlaceKind, Right
from linlian.community.places.rules import PlaceRegistered, RegisterPlace
from linlian.community.quotes.rules import Line, LineKind, Unit
from linlian.community.quotes.rules_quoting import MakeQuote
from linlian.community.repairs.rules_steps import State
from linlian.community.repairs.rules_terms import Category
from linlian.community.repairs.tests.scene import CONTRACTS, DAY, HOUR, TO_DONE, Scene, found_scene, hire, move_in

PUBLIC = """
[name]
zh = "云杉里"
en = "Spruce Court"
[telephones]
desk = "010-5555 0100"
emergency = "010-5555 0119"
"""
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


def lived_in() -> LivedIn:
    """Houses are built, Anna and Bo move, things break. There is an auditor, at the street office."""
    scene = found_scene(*(contract for contract in BUSINESSES if contract not in CONTRACTS))
    hire(scene, "street", "auditor", Role.AUDITOR)
    homes, house, shaft = _build(scene)
    found = LivedIn(scene, homes[2, 7, 2], house)
    rights = (Right.REPORT, Right.CONFIRM, Right.PAY)
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
    _ask_anna(found)
    return found


def _ask_anna(found: LivedIn) -> None:
    """A visit is proposed to her, and a price."""
    scene, case = found.scene, found.cases[State.ON_SITE]
    hours = (scene.town.time + DAY, scene.town.time + 2 * DAY)
    windows = tuple(Window(starts=starts, ends=starts + 2 * HOUR) for starts in hours)
    scene.do("dispatcher", ProposeWindows(case=case, windows=windows))
    found.cases[State.DIAGNOSED] = priced = scene.in_state(
        State.DIAGNOSED, category=Category.WALL_DAMP, place=found.home, name="anna"
    )
    work = Line(kind=LineKind.LABOUR, label="plasterer", unit=Unit.HOUR, quantity_milli=2500, unit_cents=9000)
    until = scene.town.time + 7 * DAY
    scene.do("dispatcher", MakeQuote(case=priced, lines=(work,), total_cents=22_500, valid_until=until))


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
