"""A resident's pages: my home with what needs me on top, and reporting that something is broken."""

from __future__ import annotations

from dataclasses import dataclass

from linlian.community.identity import Scope
from linlian.community.places import Capacity
from linlian.community.places import views as place_views
from linlian.community.places.views import OccupancyRow, PlaceRow
from linlian.community.repairs.pages.kit import pages
from linlian.community.repairs.rules_reporting import ReportRepair
from linlian.community.repairs.rules_steps import State
from linlian.community.repairs.rules_terms import Category
from linlian.community.repairs.views.acting import TheirHomeRow, homes_for, reports_for
from linlian.community.repairs.views.cards import CardRow, reports_at, reports_of
from linlian.kernel.codec import Id
from linlian.web.ask import Ask
from linlian.web.errors import WebError
from linlian.web.forms import Form
from linlian.web.pages import FirstPage, Page

URGENT = (Category.LIFT_TRAPPED, Category.GAS_SMELL, Category.POWER_SPARKS, Category.SEWAGE_OVERFLOW)
"""What is told by telephone first."""

_C = Category
GROUPS: tuple[tuple[str, str, tuple[Category, ...]], ...] = (
    ("水", "water", (_C.WATER_LEAK, _C.WATER_NONE, _C.WATER_BLOCKED, _C.WATER_DIRTY, _C.SEWAGE_OVERFLOW)),
    ("电", "power", (_C.POWER_OUTAGE, _C.POWER_FAULT, _C.POWER_SPARKS, _C.LIGHTING_COMMON, _C.CHARGER_FAULT)),
    ("气", "gas", (_C.GAS_SMELL,)),
    ("暖", "heating", (_C.HEATING_COLD, _C.HEATING_LEAK)),
    ("梯", "lift", (_C.LIFT_TRAPPED, _C.LIFT_STOPPED, _C.LIFT_FAULT)),
    ("门", "door", (_C.DOOR_LOCK, _C.DOOR_ENTRANCE, _C.INTERCOM_FAULT, _C.WINDOW_BROKEN, _C.BARRIER_FAULT)),
    ("墙", "wall", (_C.WALL_DAMP, _C.WALL_FALLING, _C.ROOF_LEAK)),
    ("消", "fire", (_C.FIRE_EQUIPMENT, _C.FIRE_EXIT_BLOCKED)),
    ("院", "outside", (_C.MANHOLE_OPEN, _C.PAVING_BROKEN, _C.TREE_FALLEN, _C.FENCE_BROKEN, _C.PLAYGROUND_BROKEN)),
    ("洁", "order", (_C.RUBBISH_OVERFLOW, _C.PESTS, _C.CAMERA_FAULT)),
    ("他", "other", (_C.OTHER,)),
)
"""The categories by the thing that is broken, each with the character that stands for it."""


HOMES_SHOWN, REPAIRS_SHOWN, HOMES_OFFERED, PARTS_OFFERED, CARDS_SHOWN = 5, 20, 50, 100, 50
"""So much of it stands on one page; agents and hostels have more."""


@dataclass(frozen=True)
class Dwelling:
    """A place that the reader belongs to: in what capacity, since when, and what is under way there."""

    occupancy: OccupancyRow
    path: list[PlaceRow]
    repairs: list[CardRow]


@dataclass(frozen=True)
class HomePage(FirstPage):
    """My home: what waits for my answer, what is under way, and what is over; what is reported for others whom the
    reader may act for, and for whom they may report (`helped`)."""

    asked: list[CardRow]
    open: list[CardRow]
    ended: list[CardRow]
    for_others: list[CardRow]
    helped: list[bytes]
    dwellings: list[Dwelling]
    next: str


@dataclass(frozen=True)
class ReportPage(Page):
    """Reporting a repair: where, what, and if one likes in words and photographs. `category` and `place` are what is
    chosen so far, `principal` is for whom, if not for oneself, of those for whom one may (`helped`). `sees`: the reader
    may look at what becomes of it."""

    form: Form
    category: str
    place: bytes
    principal: bytes
    helped: list[bytes]
    sees: bool


@dataclass(frozen=True)
class MinePage(Page):
    """All that the reader reported, or with `others` those for whom they may act, or with `place` what was reported at
    one of their homes while they lived there: the latest first, behind cursors. `homes` are those to choose from;
    `acts`: there are others."""

    acts: bool
    others: bool
    place: bytes
    cards: list[CardRow]
    next: str
    homes: list[tuple[bytes, str]]


@pages.page("/home")
def home(ask: Ask) -> HomePage:
    _require_account(ask)
    own = ask.rows(reports_of, reporter=ask.reader.account)
    stays = ask.page(place_views.places_of, ask.after, account=ask.reader.account, limit=HOMES_SHOWN)
    dwellings = [_dwelling(ask, row) for row in stays.rows]
    seen = {card.case_id: card for card in own}
    for dwelling in dwellings:
        seen.update({card.case_id: card for card in dwelling.repairs})
    cards = sorted(seen.values(), key=lambda card: -card.reported_at)
    asked = [card for card in cards if card.state == State.DONE]
    for_others = [card for card in ask.rows(reports_for, delegate=ask.reader.account) if card.case_id not in seen]
    return HomePage(
        asked,
        [card for card in cards if not card.ended and card.state != State.DONE],
        [card for card in cards if card.ended][:20],
        for_others[:REPAIRS_SHOWN],
        _helped(ask.rows(homes_for, delegate=ask.reader.account)),
        dwellings,
        stays.next,
        live=tuple(card.case_id for card in (*cards, *for_others) if not card.ended)[:20] or (ask.reader.account,),
    )


def _dwelling(ask: Ask, row: OccupancyRow) -> Dwelling:
    path = ask.rows(place_views.path, place=row.place)
    asked = {"place": row.place, "since": row.starts}
    repairs = (
        ask.rows(reports_at, **asked, limit=REPAIRS_SHOWN) if ask.sees(reports_at, **asked) else []
    )  # some may report and not see
    return Dwelling(row, path, repairs)


@pages.page("/me/repairs")
def mine(ask: Ask, others: bool = False, place: Id | None = None) -> MinePage:
    _require_account(ask)
    stays = ask.rows(place_views.places_of, account=ask.reader.account, limit=HOMES_SHOWN)
    since = {row.place: row.starts for row in stays if ask.sees(reports_at, place=row.place, since=row.starts)}
    homes = [_named(ask, each) for each in since]
    me, after = ask.reader.account, ask.after
    if place is not None:
        if place not in since:
            raise WebError("web.not_for_you")
        found = ask.page(reports_at, after, place=place, since=since[place], limit=CARDS_SHOWN)
    elif others:
        found = ask.page(reports_for, after, delegate=me, limit=CARDS_SHOWN)
    else:
        found = ask.page(reports_of, after, reporter=me, limit=CARDS_SHOWN)
    acts = others or bool(ask.rows(reports_for, delegate=me, limit=1))
    return MinePage(acts, others, place or b"", found.rows, found.next, homes, live=(me,))


@pages.page("/report")
def report(
    ask: Ask,
    category: Category | None = None,
    common: bool = False,
    place: Id | None = None,
    principal: Id | None = None,
) -> ReportPage:
    _require_account(ask)
    others = ask.rows(homes_for, delegate=ask.reader.account)
    theirs = [row for row in others if row.principal == principal]
    if principal is not None and not theirs:
        raise WebError("web.not_for_you")
    fixed = {name: value for name, value in (("category", category), ("principal", principal)) if value is not None}
    form = ask.form(ReportRepair, {"place": [_theirs(ask, row) for row in theirs] or _places(ask, common)}, **fixed)
    asked = ("place", "category", "words", "photos", *(("principal",) if theirs else ()))
    form = form.only(*asked).grouped(
        "category", [(glyph, ask.tongue.text(f"repairs.group.{name}"), [*values]) for glyph, name, values in GROUPS]
    )
    sees = all(Scope.SEE in row.scopes.split(",") for row in theirs)
    return ReportPage(form, category or "", place or b"", principal or b"", _helped(others), sees)


def _helped(homes: list[TheirHomeRow]) -> list[bytes]:
    return list(dict.fromkeys(row.principal for row in homes))


def _theirs(ask: Ask, row: TheirHomeRow) -> tuple[bytes, str]:
    """A home of somebody else, as it can be said: building, floor, kind, and the letters that stand on its letter."""
    parts = [("building", row.building), ("floor", row.floor)]
    said = [ask.tongue.text(f"repairs.place.{name}", number=number) for name, number in parts if number]
    return row.place, " ".join((*said, ask.tongue.value("places", row.place_kind), ask.name(row.place)))


def _places(ask: Ask, common: bool) -> list[tuple[bytes, str]]:
    """One's own homes, or the common parts around them; those too for whoever has no home here."""
    homes = [] if common else _homes(ask)
    return homes or _common_parts(ask)


def _homes(ask: Ask) -> list[tuple[bytes, str]]:
    """The reader's own places, as they can be said: the kind, the building's number, the floor's."""
    own = ask.rows(place_views.places_of, account=ask.reader.account, limit=HOMES_OFFERED)
    return [_named(ask, row.place) for row in own if row.capacity != Capacity.AGENT]


def _common_parts(ask: Ask) -> list[tuple[bytes, str]]:
    """What belongs to all in the reader's buildings, and the grounds."""
    holders = {row.place for home in _paths(ask) for row in home if row.kind in ("community", "building", "section")}
    parts: list[PlaceRow] = []
    for holder in sorted(holders):
        if len(parts) < PARTS_OFFERED:
            parts += ask.rows(place_views.common_parts, parent=holder, limit=PARTS_OFFERED)
    return [_named(ask, row.place) for row in parts[:PARTS_OFFERED]]


def _named(ask: Ask, place: bytes) -> tuple[bytes, str]:
    return place, place_name(ask, ask.rows(place_views.path, place=place))


def _paths(ask: Ask) -> list[list[PlaceRow]]:
    own = ask.rows(place_views.places_of, account=ask.reader.account, limit=HOMES_SHOWN)
    return [ask.rows(place_views.path, place=row.place) for row in own]


def place_name(ask: Ask, path: list[PlaceRow]) -> str:
    """A place in words, as far as it stands in clear."""
    parts = []
    for row in path:
        if row.kind in ("building", "section", "floor"):
            if not row.number:
                continue  # it stands alone and is called by no number
            parts.append(ask.tongue.text(f"repairs.place.{row.kind}", number=row.number))
        elif row.kind != "community":
            parts.append(ask.tongue.value("places", row.kind))
    return " ".join(parts) or ask.tongue.value("places", path[-1].kind if path else "community")


def _require_account(ask: Ask) -> None:
    if not ask.reader.account:
        raise WebError("web.sign_in")
