"""One building, enlarged: what waits behind which window for those who see to it, how much on a floor for others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup

from linlian.community.places import views as place_views
from linlian.community.places.views import PlaceRow
from linlian.community.repairs.pages.kit import pages
from linlian.community.repairs.views.cards import CardRow
from linlian.community.repairs.views.desk import open_within
from linlian.community.repairs.views.houses import HomeRow, MachineRow, floors, homes, machines
from linlian.community.repairs.views.public import LightRow, lights
from linlian.kernel.codec import Id
from linlian.web.ask import Ask
from linlian.web.elevation import Storey, Window, elevation_svg
from linlian.web.errors import WebError
from linlian.web.pages import ANY, Page

Kind = Literal["calm", "waiting", "alarm"]
WINDOWS_MAX = 24
"""So many windows of a floor are drawn; the list has all that is open."""


@dataclass(frozen=True)
class FloorLine:
    """A floor in words: how many homes it has, and how much waits there, in homes and in common parts."""

    number: int
    homes: int
    waiting: int
    alarms: int


@dataclass(frozen=True)
class BuildingPage(Page):
    """A building. `cards` is what is open in it, for those who may see that; `insider`: the windows are real homes."""

    building: PlaceRow
    waiting: int
    alarms: int
    floors: list[FloorLine]
    shared: list[LightRow]
    cards: list[CardRow]
    insider: bool
    machines: list[MachineRow]
    picture: Markup


@pages.page("/buildings/{place}")
def building(ask: Ask, place: Id, home: Id | None = None) -> BuildingPage:
    found = ask.one(place_views.place, place=place)
    if found.kind != "building":
        raise WebError("web.nothing_there")
    insider = ask.sees(homes, building=place)
    lit = ask.rows(lights, building=place)
    lines = _floors(ask, place, lit)
    waiting = sum(row.waiting for row in lit)
    title = ask.tongue.text("repairs.front.building", number=found.number, waiting=waiting)
    storeys = _real(ask, place) if insider else [_storey(ask, line) for line in lines]
    return BuildingPage(
        building=found,
        waiting=waiting,
        alarms=sum(row.alarms for row in lit),
        floors=lines,
        shared=[row for row in lit if row.kind != "home"],
        cards=ask.rows(open_within, holder=home or place, limit=200) if insider else [],
        insider=insider,
        machines=ask.rows(machines, building=place),
        picture=Markup(elevation_svg(storeys, title)),
        live=(ANY,),
    )


def _floors(ask: Ask, place: bytes, lit: list[LightRow]) -> list[FloorLine]:
    known = {row.floor: row.homes for row in ask.rows(floors, building=place)}
    numbers = sorted({*known, *(row.floor for row in lit)})
    return [
        FloorLine(
            number,
            known.get(number, 0),
            sum(row.waiting for row in lit if row.floor == number),
            sum(row.alarms for row in lit if row.floor == number),
        )
        for number in numbers
    ]


def _storey(ask: Ask, line: FloorLine) -> Storey:
    """For outsiders: the first windows are lit, whichever homes it concerns."""
    text = ask.tongue.text
    said = text("repairs.building.floor_says", floor=line.number, waiting=line.waiting)
    windows = []
    for number in range(min(WINDOWS_MAX, max(line.homes, line.waiting, 1))):
        kind: Kind = "alarm" if number < line.alarms else "waiting" if number < line.waiting else "calm"
        windows.append(Window(kind, said, href=f"#floor-{line.number}"))
    return Storey(text("repairs.place.floor", number=line.number), windows)


def _real(ask: Ask, place: bytes) -> list[Storey]:
    """For those who see to it: every window is a home and leads to what is open in it."""
    rows = ask.rows(homes, building=place, limit=1000)
    return [
        Storey(
            ask.tongue.text("repairs.place.floor", number=number),
            [_window(ask, place, row) for row in rows if row.floor == number][:WINDOWS_MAX],
        )
        for number in sorted({row.floor for row in rows})
    ]


def _window(ask: Ask, building: bytes, row: HomeRow) -> Window:
    kind: Kind = "alarm" if row.alarms or row.late else "waiting" if row.waiting else "calm"
    facts = {"floor": row.floor, "home": ask.name(row.place), "waiting": row.waiting, "late": row.late}
    said = ask.tongue.text("repairs.building.home_says", **facts)
    return Window(kind, said, row.waiting, f"/buildings/{building.hex()}?home={row.place.hex()}#open")
