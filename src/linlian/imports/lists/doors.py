"""Which door is meant: building, section, floor and door out of the columns, or of one that holds them all.

    Door.read("3幢2单元501室") == Door.read("3-2-501") == Door("dwelling", 3, 2, 5, "501")
    Door.read("地下车位 B1-023").kind == "parking_bay"

Rules
- 幢, 栋, 号楼, 座, #; 单元, 门, 梯; 层, 楼, F; 室, 号, 户, 房: with or without, in digits or Chinese, of any width.
- A building is a number. Letters (“A座”) are given numbers in the layout, because they are public on the ledger.
- The floor is that of its column, or else what stands before the last two digits of the door: 501 is on the 5th.
- One door has one writing (`Door.name`), whatever the list's, so that it is found again.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import NamedTuple

from linlian.imports.lists.cells import number_of
from linlian.imports.problems import RowRejected

_NUMBER = r"-?\d{1,4}|[零〇一二两三四五六七八九十]{1,3}"
_BUILDING = re.compile(rf"(?P<building>(?:{_NUMBER})|[A-Z]\d{{0,2}}|[甲乙丙丁])(?:号?(?:楼|幢|栋|座)|#楼?)")
_SECTION = re.compile(rf"(?P<section>{_NUMBER})(?:号?(?:单元|门|梯))")
_FLOOR = re.compile(rf"(?P<floor>[负B]?(?:{_NUMBER}))(?:层|楼|F(?=\d))")
_DOOR = re.compile(r"(?P<door>[0-9A-Z]{1,8}(?:-[0-9A-Z]{1,6})?)(?:室|号房?|户|房|铺|号?车位)?")
_KINDS = (
    ("shop", re.compile(r"(?:商铺|底商|门面|门店|店铺|商业|SHOP)(?:第)?")),
    ("parking_bay", re.compile(r"(?:地下|地面|人防)?(?:车位|车库|停车位|PARKING|BAY)(?:第)?")),
)
_BARE = {
    2: ("building", "door"),
    3: ("building", "section", "door"),
    4: ("building", "section", "floor", "door"),
}
"""What the parts of a door that is written with dashes alone are."""
KINDS = {"住宅": "dwelling", "商铺": "shop", "车位": "parking_bay"} | {
    word: kind
    for kind, words in {
        "dwelling": "普通住宅 公寓 房屋 住房 dwelling flat apartment home",
        "shop": "商业 门面 底商 店铺 shop store",
        "parking_bay": "车库 停车位 地下车位 地面车位 parking bay parking_bay",
    }.items()
    for word in words.split()
}


class Door(NamedTuple):
    """`section` and `floor` are 0 where there is none; `building` 0 stands on the grounds (a bay)."""

    kind: str
    building: int
    section: int
    floor: int
    door: str

    @property
    def name(self) -> str:
        """Its one writing, which `read` reads again; what is sealed."""
        where = (f"{self.building}幢" if self.building else "") + (f"{self.section}单元" if self.section else "")
        return where + {"shop": f"商铺{self.door}", "parking_bay": f"车位{self.door}"}.get(self.kind, f"{self.door}室")

    @property
    def key(self) -> tuple[str, ...]:
        """What tells it from others; its floor is no part of it."""
        return self.kind, str(self.building), str(self.section), self.door

    @staticmethod
    def read(text: str, buildings: Mapping[str, int] | None = None) -> Door:
        """One column that holds all. Raises RowRejected (`import.door_unreadable`, `import.building_unknown`)."""
        return Door.of({"door": text}, buildings or {})

    @staticmethod
    def of(columns: Mapping[str, str], buildings: Mapping[str, int]) -> Door:
        """By the columns kind, building, section, floor and door, as far as they are there. Raises RowRejected."""
        told = columns.get("door", "")
        kind, rest = _kind(columns.get("kind", ""), _plain(told))
        parts = _split(rest, kind == "dwelling", bool(columns.get("building"))) if rest else None
        if parts is None:
            raise RowRejected("import.door_unreadable", value=told)
        building = _one(
            _building(columns.get("building", ""), buildings), _building(parts["building"], buildings), told
        )
        section = _one(_count(columns.get("section", ""), _SECTION), _count(parts["section"], _SECTION), told)
        floor = _floor(columns.get("floor", "")) or _floor(parts["floor"])
        door = parts["door"]
        if not floor and kind == "dwelling" and re.fullmatch(r"\d{3,4}[A-Z]?", door):
            floor = int(re.sub(r"\D", "", door)) // 100
        if not building and kind == "dwelling":
            raise RowRejected("import.building_missing", value=told)
        return Door(kind, building, section, floor, door)


def _plain(text: str) -> str:
    """Ordinary width, upper case, no blanks, one sort of dash."""
    text = unicodedata.normalize("NFKC", text)
    return re.sub(r"[\s,，、()（）]", "", re.sub(r"[–—―−－~_/]", "-", text)).upper()


def _kind(told: str, text: str) -> tuple[str, str]:
    """The kind, and the text without the word that says it."""
    wanted = KINDS.get(told.lower(), "")
    if told and not wanted:
        raise RowRejected("import.kind_unknown", value=told)
    for kind, pattern in _KINDS:
        if found := pattern.search(text):
            return wanted or kind, (text[: found.start()] + text[found.end() :]).strip("-")
    return wanted or "dwelling", text


def _split(text: str, may_be_bare: bool, inside_building: bool) -> dict[str, str] | None:
    """The parts of a composite column, each "" where it is not; None if it is none of those that people write."""
    found: dict[str, str] = dict.fromkeys(("building", "section", "floor", "door"), "")
    bare = text.split("-")
    if may_be_bare and len(bare) in _BARE and all(re.fullmatch(r"[0-9A-Z]{1,8}", part) for part in bare):
        names = ("section", "door") if inside_building and len(bare) == 2 else _BARE[len(bare)]
        return found | dict(zip(names, bare, strict=True))
    for pattern in (_BUILDING, _SECTION, _FLOOR):
        if begins := pattern.match(text):
            found |= begins.groupdict()
            text = text[begins.end() :].lstrip("-")
    if (inside := re.fullmatch(r"(\d{1,2})-(\d{3,4}[A-Z]?)室?", text)) and not found["section"]:
        return found | {"section": inside[1], "door": inside[2]}
    ends = _DOOR.fullmatch(text)
    return found | {"door": ends["door"]} if ends else None


def _one(column: int, composite: int, told: str) -> int:
    """What two columns say, if they agree. Raises RowRejected (`import.door_contradicts`)."""
    if column and composite and column != composite:
        raise RowRejected("import.door_contradicts", value=told, column=column)
    return column or composite


def _building(text: str, buildings: Mapping[str, int]) -> int:
    plain = _plain(text)
    if not plain:
        return 0
    if plain in buildings:
        return buildings[plain]
    found = _BUILDING.fullmatch(plain)
    told = found["building"] if found else plain
    number = buildings.get(told, number_of(told))
    if number is None or number <= 0:
        raise RowRejected("import.building_unknown", value=text)
    return number


def _count(text: str, pattern: re.Pattern[str]) -> int:
    plain = _plain(text)
    found = pattern.fullmatch(plain)
    number = number_of(found["section"] if found else plain) if plain else 0
    if number is None or number < 0:
        raise RowRejected("import.door_unreadable", value=text)
    return number


def _floor(text: str) -> int:
    plain = re.sub(r"^(负|地下|B)", "-", re.sub(r"^第", "", _plain(text)))
    found = re.fullmatch(rf"(-?)({_NUMBER})(?:层|楼|F)?", plain) if plain else None
    number = number_of(found[2]) if found else 0
    if (plain and not found) or number is None:
        raise RowRejected("import.door_unreadable", value=text)
    return -number if found and found[1] else number
