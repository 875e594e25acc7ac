"""The grounds of Spruce Court: twelve houses, their floors and doors, and all that is common and can break.

    1, 4, 10    walk-ups of six floors; the roof of the first leaks       3   eight floors, handed over two years ago
    2           twelve floors, four shops, two lifts; one of them stops   5 … 12   eleven to twenty-two floors

Every place has a key for the story (`b2s1f12u3`) and a name for people. The names of dwellings, shops and bays are
sealed; on the ledger they have nothing but a random id, and are registered in random order.

    plots(chance, houses=3)      a smaller court: its first houses
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from random import Random
from typing import NamedTuple

from linlian.community.places import UNITS, PlaceKind
from linlian.demo.text import Text

CELLS = ("990101001001001", "990101001001002", "990101001001003")
"""Grid cells of an invented district: the gate and building 1, then buildings 2 to 6, then the rest."""
COMMUNITY = "court"
SHOPS = 4
BAYS_A_HOUSE = 20
HIGH = 8
"""From so many floors on a house has a pump room of its own."""


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
    House(4, 3, 6, 2, 0, 1998_09_30),
    House(5, 2, 11, 3, 1, 2016_06_30),
    House(6, 1, 18, 4, 2, 2016_06_30),
    House(7, 2, 18, 2, 1, 2019_10_15),
    House(8, 2, 16, 3, 2, 2019_10_15),
    House(9, 2, 11, 4, 2, 2019_10_15),
    House(10, 3, 6, 2, 0, 2001_05_20),
    House(11, 2, 18, 4, 2, 2024_12_20),
    House(12, 2, 22, 4, 2, 2025_06_30),
)
_OUTDOORS = {
    "playground": Text("儿童乐园", "playground"),
    "square": Text("中心广场", "square"),
    "east-path": Text("东侧步道", "east-path"),
    "west-path": Text("西侧步道", "west-path"),
    "north-garden": Text("北花园", "north-garden"),
    "bins-south": Text("南侧垃圾分类点", "bins-south"),
    "bins-north": Text("北侧垃圾分类点", "bins-north"),
}
_HOUSE = re.compile(r"b\d+")
_SECTION = re.compile(r"b\d+s\d+")
_CLASSES = {
    "stair": r"b\d+s\d+stair",
    "entrance": r"b\d+s\d+door|gate-door",
    "lift": r"b\d+s\d+lift\d",
    "hydrant": r"b\d+s\d+hydrant|hydrant0",
    "lamp": r"lamp\d+",
    "roof": r"b\d+roof",
    "facade": r"b\d+facade",
    "outdoors": r"grounds|square|east-path|west-path|north-garden",
    "bins": r"bins-\w+",
    "any-barrier": r"barrier|north-barrier",
    "any-camera": r"gate-camera|north-camera",
    "pump": r"b\d+pump|pump",
}
"""What a tale calls places by → the keys of all such places. Any other word is the key of one place."""


def plots(chance: Random, houses: int = len(HOUSES)) -> list[Plot]:
    """All places, holders before what they hold."""
    found = [Plot(COMMUNITY, PlaceKind.COMMUNITY, "", Text("云杉里", "Spruce Court"), cell=CELLS[0])]
    found += _outside()
    for house in HOUSES[:houses]:
        found += _house(house, chance)
    bays = [
        Plot(f"bay{n}", PlaceKind.PARKING_BAY, "garage", Text(f"车位{n:03}", f"bay-{n:03}"))
        for n in range(1, houses * BAYS_A_HOUSE + 1)
    ]
    chance.shuffle(bays)
    return found + bays


def dwellings(places: list[Plot]) -> list[str]:
    """The keys of all dwellings, in the order of houses and floors."""
    return sorted((place.key for place in places if place.kind is PlaceKind.DWELLING), key=_door_order)


def is_unit(place: Plot) -> bool:
    """Whether its name is a door number, and so private."""
    return place.kind in UNITS


def house_of(key: str) -> str:
    """The key of the house that a place stands in; "" for what stands outside."""
    found = _HOUSE.match(key)
    return found.group() if found else ""


def section_of(key: str) -> str:
    """The key of the section that a place stands in; "" if in none."""
    found = _SECTION.match(key)
    return found.group() if found else ""


def called(word: str, keys: Iterable[str]) -> list[str]:
    """The places that a tale means: all of a class, or the one with this key."""
    return [key for key in keys if re.fullmatch(_CLASSES.get(word, re.escape(word)), key)]


def _door_order(key: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", key))


def _outside() -> Iterator[Plot]:
    kind, court = PlaceKind, COMMUNITY
    yield Plot("grounds", kind.GROUNDS, court, Text("院内道路与绿地", "grounds"))
    for key, name in _OUTDOORS.items():
        yield Plot(key, kind.GROUNDS, court, name)
    yield Plot("gate", kind.GATE, court, Text("南门", "south-gate"))
    yield Plot("barrier", kind.BARRIER, "gate", Text("南门道闸", "gate-barrier"), code="barrier-1")
    yield Plot("gate-camera", kind.CAMERA, "gate", Text("南门摄像头", "gate-camera"), code="camera-1")
    yield Plot("gate-door", kind.DOOR, "gate", Text("南门人行门", "gate-door"))
    yield Plot("north-gate", kind.GATE, court, Text("北门", "north-gate"))
    yield Plot("north-barrier", kind.BARRIER, "north-gate", Text("北门道闸", "north-barrier"), code="barrier-2")
    yield Plot("north-camera", kind.CAMERA, "north-gate", Text("北门摄像头", "north-camera"), code="camera-2")
    for number in range(1, 7):
        name = Text(f"{number}号庭院灯", f"garden-lamp-{number}")
        yield Plot(f"lamp{number}", kind.LAMP, "grounds", name, code=f"lamp-{number}")
    yield Plot("garage", kind.BASEMENT, court, Text("地下车库", "garage"))
    yield Plot("pump-room", kind.BASEMENT, court, Text("生活水泵房", "pump-room"))
    yield Plot("pump", kind.PUMP, "pump-room", Text("生活水泵", "water-pump"), code="pump-1")
    yield Plot("switchgear", kind.SWITCHGEAR, "garage", Text("配电柜", "switchgear"), code="switchgear-1")
    yield Plot("hydrant0", kind.FIRE_EQUIPMENT, "garage", Text("车库消火栓", "garage-hydrant"), code="hydrant-0")


def _house(house: House, chance: Random) -> Iterator[Plot]:
    number, key, kind = house.number, f"b{house.number}", PlaceKind
    cell = CELLS[(number > 1) + (number > 6)]
    name = Text(f"{number}号楼", f"building-{number}")
    yield Plot(key, kind.BUILDING, COMMUNITY, name, number=number, cell=cell, handover=house.handover)
    yield Plot(f"{key}roof", kind.ROOF, key, Text(f"{number}号楼屋顶", f"roof-{number}"))
    yield Plot(f"{key}facade", kind.FACADE, key, Text(f"{number}号楼外墙", f"facade-{number}"))
    if house.floors >= HIGH:
        yield Plot(f"{key}cellar", kind.BASEMENT, key, Text(f"{number}号楼加压泵房", f"pump-room-{number}"))
        pump = Text(f"{number}号楼加压泵", f"pump-{number}")
        yield Plot(f"{key}pump", kind.PUMP, f"{key}cellar", pump, code=f"pump-{number}1")
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
