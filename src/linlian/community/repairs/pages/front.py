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
    alarms: int
    news: list[NewsRow]
    picture: Markup


@pages.page("/")
def front(ask: Ask) -> FrontPage:
    lit = ask.rows(lights)
    houses = ask.rows(buildings)
    now = ask.one(standing)
    lines, drawn = [], []
    for house in houses:
        own = [row for row in lit if row.building == house.building]
        line = BuildingLine(
            house.building, house.number, sum(row.waiting for row in own), sum(row.alarms for row in own)
        )
        lines.append(line)
        said = ask.tongue.text("repairs.front.building", number=line.number, waiting=line.waiting)
        name = ask.tongue.text("repairs.front.name", number=house.number)
        drawn.append(
            Building(
                house.building,
                name,
                said,
                f"/buildings/{house.building.hex()}",
                house.floors,
                house.homes_on_floor,
                _lights(own),
            )
        )
    title = ask.tongue.text("repairs.front.head", waiting=now.waiting, taken=now.taken)
    picture = Markup(facade_svg(drawn, Sky(str(ask.now // HOUR_MS).encode()), title))
    alarms = sum(line.alarms for line in lines)
    return FrontPage(now, lines, alarms, ask.rows(news), picture, live=(ANY,))


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
