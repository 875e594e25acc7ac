"""The service desk: somebody telephones, and in twenty seconds it is reported, by keyboard alone.

Building ⏎ floor ⏎ (the address keeps both), then what is broken, the caller's words and number, and Enter. What is open
nearby stands beside it, so that the second caller joins the first. Somebody without an account is a `caller`, sealed.
"""

from __future__ import annotations

from dataclasses import dataclass

from linlian.community.places import views as place_views
from linlian.community.repairs.pages.home import place_name
from linlian.community.repairs.pages.kit import answers_calls, pages
from linlian.community.repairs.rules_reporting import ReportRepair
from linlian.community.repairs.rules_terms import Category
from linlian.community.repairs.views.cards import CardRow
from linlian.community.repairs.views.desk import Number, SpotRow, open_within, reported_since, spots
from linlian.community.repairs.views.public import BuildingRow, buildings
from linlian.kernel.codec import Id
from linlian.web.ask import Ask
from linlian.web.errors import WebError
from linlian.web.forms import Form
from linlian.web.pages import ANY, Page, Place

DAY_MS = 86_400_000
MINUTE_MS = 60_000


@dataclass(frozen=True)
class DeskPage(Page):
    """Taking a call down. `form` is there once a place is known; `told` is what was just reported, to be read out."""

    buildings: list[BuildingRow]
    building: int | None
    floor: int | None
    spots: list[SpotRow]
    form: Form | None
    near: list[CardRow]
    told: CardRow | None
    today: list[CardRow]


@pages.page("/desk")
def desk(
    ask: Ask,
    building: Number | None = None,
    floor: Number | None = None,
    place: Id | None = None,
    category: Category | None = None,
    reported: Id | None = None,
) -> DeskPage:
    if not ask.reader.account:
        raise WebError("web.sign_in")
    if not answers_calls(ask.reader):
        raise WebError("web.not_for_you")
    found = ask.rows(spots, building=building, floor=floor) if building is not None else []
    own = [spot for spot in found if place in (None, spot.place)]
    return DeskPage(
        buildings=ask.rows(buildings),
        building=building,
        floor=floor,
        spots=found,
        form=_form(ask, own, building is None, place),
        near=ask.rows(open_within, holder=own[0].holder, category=category, limit=8) if own else [],
        told=_told(ask, reported),
        today=ask.rows(reported_since, since=_midnight(ask), limit=50),
        live=(ANY,),
    )


def _form(ask: Ask, found: list[SpotRow], outside: bool, place: bytes | None) -> Form | None:
    """The report, for one of these places; without a building, for what belongs to all."""
    choices = _named(ask, found) if not outside else _grounds(ask)
    if not choices:
        return None
    offered: dict[str, list[tuple[bytes | str, str]]] = {"place": list(choices)}
    asked = ["place", "category", "urgency", "words", "caller"]
    if place is not None and found and not found[0].is_common:
        people = ask.rows(place_views.occupants, place=place) if ask.sees(place_views.occupants, place=place) else []
        if people:
            offered["principal"] = [(row.account, _person(ask, row.account, row.capacity)) for row in people]
            asked.append("principal")
    fixed = {} if len(choices) > 1 else {"place": choices[0][0]}
    return ask.form(ReportRepair, offered, **fixed).only(*asked)


def places_at(ask: Ask, building: int | None, floor: int | None) -> list[tuple[bytes, str]]:
    """Where something can be broken in a building or on one of its floors; without a building, outside of all."""
    return _grounds(ask) if building is None else _named(ask, ask.rows(spots, building=building, floor=floor))


def open_at(ask: Ask, building: int | None, floor: int | None) -> list[CardRow]:
    """What is open in a building; the floor helps to find it, and hides nothing."""
    found = ask.rows(spots, building=building, floor=floor, limit=1) if building is not None else []
    return ask.rows(open_within, holder=found[0].holder, limit=20) if found else []


def _named(ask: Ask, found: list[SpotRow]) -> list[tuple[bytes, str]]:
    return [(spot.place, _spot_name(ask, spot)) for spot in found]


def _grounds(ask: Ask) -> list[tuple[bytes, str]]:
    """The common parts that stand in no building."""
    outermost = ask.rows(place_views.children, kind="community", limit=5)
    parts = [row for whole in outermost for row in ask.rows(place_views.common_parts, parent=whole.place)]
    return [(row.place, place_name(ask, [row])) for row in parts]


def _spot_name(ask: Ask, spot: SpotRow) -> str:
    """Floor, kind and, of a home, the letters that stand on its letter; how much is open there already."""
    parts = [ask.tongue.text("repairs.place.floor", number=spot.floor)] if spot.floor else []
    number = f" {spot.number}" if spot.number else ""
    parts.append(ask.tongue.value("places", spot.kind) + number)
    parts += [] if spot.is_common else [ask.name(spot.place)]
    parts += [ask.tongue.text("repairs.desk.open_there", count=spot.waiting)] if spot.waiting else []
    return " ".join(parts)


def _person(ask: Ask, account: bytes, capacity: str) -> str:
    return f"{ask.name(account)} · {ask.tongue.value('places', capacity)}"


def _told(ask: Ask, case: bytes | None) -> CardRow | None:
    """What was just reported, if it still stands among the latest."""
    latest = ask.rows(reported_since, since=ask.now - DAY_MS, limit=50) if case else []
    return next((row for row in latest if row.case_id == case), None)


def _midnight(ask: Ask) -> int:
    """The beginning of this day, by the community's clock."""
    offset = ask.house.offset_minutes(ask.now) * MINUTE_MS
    return max(0, (ask.now + offset) // DAY_MS * DAY_MS - offset)


pages.way("/desk", "desk", Place.RAIL, answers_calls, rank=20)
