"""The front page: the community as its buildings at dusk, and how its repairs are going, for everybody."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from linlian.community.repairs.pages.kit import pages
from linlian.community.repairs.views.keeping import NewsRow
from linlian.community.repairs.views.public import LightRow, StandingRow, buildings, lights, news, standing
from linlian.web.ask import Ask
from linlian.web.facade import Building, Light, Sky, facade_svg
from linlian.web.pages import ANY, Page

HOUR_MS = 3_600_000
ALARM_KINDS = ("basement", "grounds", "gate")
SHAFTS = ("lift_shaft", "lift")


@dataclass(frozen=True)
class BuildingLine:
    """A building in words, for those who do not see the picture."""

    building: bytes
    number: int
    waiting: int
    alarms: int


@dataclass(frozen=True)
class FrontPage(Page):
    """The community at this moment. Sentence, picture and legend come from the same rows and agree."""

    standing: StandingRow
    buildings: list[BuildingLine]
    next: str
    alarms: int
    news: list[NewsRow]
    picture: Markup


@pages.page("/")
def front(ask: Ask) -> FrontPage:
    found = ask.page(buildings, ask.after)
    houses = found.rows
    lit = (
        [row for house in houses for row in ask.rows(lights, building=house.building)]
        if ask.after
        else ask.rows(lights)
    )
    now = ask.one(standing)
    lines, drawn = [], []
    for house in houses:
        own = [row for row in lit if row.building == house.building]
        line = BuildingLine(
            house.building, house.number, sum(row.waiting for row in own), sum(row.alarms for row in own)
        )
        lines.append(line)
        said = ask.tongue.text("repairs.front.building", number=line.number, waiting=line.waiting)
        name = _name(ask, house.number)
        drawn.append(
            Building(
                house.building,
                name,
                said,
                f"/buildings/{house.building.hex()}",
                house.floors,
                house.homes_on_floor,
                _lights(own),
                str(house.number),
            )
        )
    title = ask.tongue.text("repairs.front.head", waiting=now.waiting, taken=now.taken)
    picture = Markup(facade_svg(drawn, Sky(str(ask.now // HOUR_MS).encode()), title))
    alarms = sum(line.alarms for line in lines)
    return FrontPage(now, lines, found.next, alarms, ask.rows(news), picture, live=(ANY,))


def _name(ask: Ask, number: int) -> str:
    """What a building is called; one that stands alone has no number."""
    return ask.tongue.text("repairs.front.name", number=number) if number else ask.tongue.value("places", "building")


def _lights(rows: list[LightRow]) -> tuple[Light, ...]:
    return tuple(
        Light(
            0 if row.kind in ALARM_KINDS else row.floor,
            waiting=row.waiting - row.alarms,
            alarms=row.alarms,
            shaft=row.kind in SHAFTS,
        )
        for row in rows
    )
