"""The grounds of Spruce Court: three houses, their floors and doors, and all that is common and can break.

    building 1    two stairways, six floors, no lift; its roof leaks          24 dwellings
    building 2    one stairway, twelve floors, two lifts; one of them stops   48 dwellings, 4 shops
    building 3    two stairways, eight floors, a lift in each                 48 dwellings

Every place has a key for the story (`b2s1f12u3`) and a name for people. The names of dwellings, shops and bays are
sealed; on the ledger they have nothing but a random id, and are registered in random order.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from linlian.community.places import UNITS, PlaceKind
from linlian.demo.text import Text

CELLS = ("990101001001001", "990101001001002")
"""Grid cells of an invented district: the first holds the gate and building 1, the second buildings 2 and 3."""
COMMUNITY = "court"
BAYS = 24
SHOPS = 4


class Plot(NamedTuple):
    """A place to be registered. `parent` is the key of what holds it, "" for the community."""

    key: str
    kind: PlaceKind
    parent: str
    name: Text
    number: int = 0
    code: str = ""
    cell: str = ""
    handover: int = 0


class House(NamedTuple):
    """`lifts` of each section; `handover` is the day on which it was handed over to its owners."""

    number: int
    sections: int
    floors: int
    doors: int
    lifts: int
    handover: int


HOUSES = (
    House(1, 2, 6, 2, 0, 1998_09_30),
    House(2, 1, 12, 4, 2, 2016_06_30),
    House(3, 2, 8, 3, 1, 2024_12_20),
)


def plots(chance: Random) -> list[Plot]:
    """All places, holders before what they hold."""
    found = [Plot(COMMUNITY, PlaceKind.COMMUNITY, "", Text("云杉里", "Spruce Court"), cell=CELLS[0])]
    found += _outside()
    for house in HOUSES:
        found += _house(house, chance)
    bays = [
        Plot(f"bay{n}", PlaceKind.PARKING_BAY, "garage", Text(f"车位{n:02}", f"bay-{n:02}")) for n in range(1, BAYS + 1)
    ]
    chance.shuffle(bays)
    return found + bays


def dwellings(places: list[Plot]) -> list[str]:
    """The keys of all dwellings, in the order of houses and floors."""
    return sorted((place.key for place in places if place.kind is PlaceKind.DWELLING), key=_door_order)


def is_unit(place: Plot) -> bool:
    """Whether its name is a door number, and so private."""
    return place.kind in UNITS


def _door_order(key: str) -> tuple[int, ...]:
    digits = key.replace("b", " ").replace("s", " ").replace("f", " ").replace("u", " ")
    return tuple(int(part) for part in digits.split())


def _outside() -> Iterator[Plot]:
    kind, court = PlaceKind, COMMUNITY
    yield Plot("grounds", kind.GROUNDS, court, Text("院内道路与绿地", "grounds"))
    yield Plot("gate", kind.GATE, court, Text("南门", "south-gate"))
    yield Plot("barrier", kind.BARRIER, "gate", Text("南门道闸", "gate-barrier"), code="barrier-1")
    yield Plot("gate-camera", kind.CAMERA, "gate", Text("南门摄像头", "gate-camera"), code="camera-1")
    yield Plot("gate-door", kind.DOOR, "gate", Text("南门人行门", "gate-door"))
    for number in (1, 2, 3):
        name = Text(f"{number}号庭院灯", f"garden-lamp-{number}")
        yield Plot(f"lamp{number}", kind.LAMP, "grounds", name, code=f"lamp-{number}")
    yield Plot("garage", kind.BASEMENT, court, Text("地下车库", "garage"))
    yield Plot("pump", kind.PUMP, "garage", Text("生活水泵", "water-pump"), code="pump-1")
    yield Plot("switchgear", kind.SWITCHGEAR, "garage", Text("配电柜", "switchgear"), code="switchgear-1")
    yield Plot("hydrant0", kind.FIRE_EQUIPMENT, "garage", Text("车库消火栓", "garage-hydrant"), code="hydrant-0")


def _house(house: House, chance: Random) -> Iterator[Plot]:
    number, key, kind = house.number, f"b{house.number}", PlaceKind
    cell = CELLS[0] if number == 1 else CELLS[1]
    name = Text(f"{number}号楼", f"building-{number}")
    yield Plot(key, kind.BUILDING, COMMUNITY, name, number=number, cell=cell, handover=house.handover)
    yield Plot(f"{key}roof", kind.ROOF, key, Text(f"{number}号楼屋顶", f"roof-{number}"))
    yield Plot(f"{key}facade", kind.FACADE, key, Text(f"{number}号楼外墙", f"facade-{number}"))
    for section in range(1, house.sections + 1):
        yield from _section(house, section, chance)
    if number == 2:
        for shop in range(1, SHOPS + 1):
            yield Plot(f"shop{shop}", kind.SHOP, key, Text(f"商铺{shop}", f"shop-{shop}"))


def _section(house: House, section: int, chance: Random) -> Iterator[Plot]:
    number, key, kind = house.number, f"b{house.number}s{section}", PlaceKind
    where = Text(f"{number}号楼{section}单元", f"{number}-{section}")
    yield Plot(key, kind.SECTION, f"b{number}", Text(where.zh, f"section-{where.en}"), number=section)
    yield Plot(f"{key}stair", kind.STAIR, key, Text(f"{where.zh}楼梯间", f"stair-{where.en}"))
    yield Plot(f"{key}door", kind.DOOR, key, Text(f"{where.zh}单元门", f"entrance-{where.en}"))
    yield Plot(f"{key}hydrant", kind.FIRE_EQUIPMENT, key, Text(f"{where.zh}消火栓", f"hydrant-{where.en}"))
    for lift in range(1, house.lifts + 1):
        name = Text(f"{where.zh}{lift}号梯", f"lift-{where.en}-{lift}")
        shaft = Text(f"{where.zh}{lift}号井道", f"shaft-{where.en}-{lift}")
        yield Plot(f"{key}shaft{lift}", kind.LIFT_SHAFT, key, shaft, number=lift)
        code = f"lift-{number}{section}{lift}"
        yield Plot(f"{key}lift{lift}", kind.LIFT, f"{key}shaft{lift}", name, number=lift, code=code)
    for floor in range(1, house.floors + 1):
        yield Plot(
            f"{key}f{floor}", kind.FLOOR, key, Text(f"{where.zh}{floor}层", f"floor-{where.en}-{floor}"), number=floor
        )
        doors = list(range(1, house.doors + 1))
        chance.shuffle(doors)
        for door in doors:
            at = f"{floor}{door:02}"
            name = Text(f"{number}-{section}-{at}室", f"door-{number}-{section}-{at}")
            yield Plot(f"{key}f{floor}u{door}", kind.DWELLING, f"{key}f{floor}", name)
