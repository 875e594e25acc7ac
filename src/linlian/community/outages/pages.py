"""Known faults and planned outages: for everybody, at one's own home, on paper for the door, and the desk's own.

Outages name common parts and no home, so all of it is public; which of them are a home's is told to who lives there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from linlian.community.identity.pages import organisation_codes
from linlian.community.outages import views
from linlian.community.outages.rules import EndOutage, EndReason, ExtendOutage, ExtendReason, Nature, PublishOutage
from linlian.community.outages.rules_ahead import HOUR_MS, Utility
from linlian.community.outages.views import OutageRow
from linlian.community.places import PlaceKind
from linlian.community.places import views as place_views
from linlian.community.places.views import PlaceRow
from linlian.kernel.codec import Id
from linlian.readmodel.audience import Reader
from linlian.web.ask import Ask
from linlian.web.forms import Form
from linlian.web.pages import ANY, Page, Pages, Place

pages = Pages("outages")
SHOWN = 50
PLACES_SAID = 6
HOMES_MAX = 8


@dataclass(frozen=True)
class Card:
    """An outage with the places that it names, as people call them; `more` are left out."""

    row: OutageRow
    where: list[str]
    more: int


@dataclass(frozen=True)
class OutagesPage(Page):
    """What is out, what will be, and what was; `mine` are those at the reader's homes, None for whoever has none."""

    now: list[Card]
    ahead: list[Card]
    mine: list[Card] | None
    before: list[OutageRow]
    next: str
    publish: Form | None


@dataclass(frozen=True)
class OutagePage(Page):
    """One outage, and what its publisher may do about it now."""

    card: Card
    organisation: str
    forms: list[Form]


@dataclass(frozen=True)
class NoticePage(Page):
    """An outage as it hangs at a door. `address` is where others reach this node, "" where nobody has said."""

    card: Card
    organisation: str
    address: str


@pages.page("/outages")
def outages(ask: Ask) -> OutagesPage:
    known = ask.rows(views.known_outages, limit=SHOWN)
    found = ask.page(views.outage_history, ask.after, ended=True, limit=SHOWN)
    return OutagesPage(
        [_card(ask, row) for row in known if row.starts <= ask.now],
        [_card(ask, row) for row in sorted(known, key=lambda row: row.starts) if row.starts > ask.now],
        _mine(ask),
        found.rows,
        found.next,
        _publish(ask),
        live=(ANY,),
    )


@pages.page("/outages/{outage}")
def outage(ask: Ask, outage: Id) -> OutagePage:
    row = ask.one(views.outage, outage=outage)
    return OutagePage(
        _card(ask, row), organisation_codes(ask).get(row.organisation, "—"), _forms(ask, row), live=(outage,)
    )


@pages.page("/outages/{outage}/notice")
def notice(ask: Ask, outage: Id) -> NoticePage:
    row = ask.one(views.outage, outage=outage)
    return NoticePage(
        _card(ask, row), organisation_codes(ask).get(row.organisation, "—"), ask.house.settings.public_url.rstrip("/")
    )


def _card(ask: Ask, row: OutageRow) -> Card:
    named = ask.rows(views.outage_places, outage=row.outage)
    said = [_name(ask, ask.rows(place_views.path, place=each.place)) for each in named[:PLACES_SAID]]
    return Card(row, sorted(said), len(named) - len(said))


def _mine(ask: Ask) -> list[Card] | None:
    """What is out at the reader's homes; None for outsiders and staff."""
    if not ask.reader.account or ask.reader.organisation:
        return None
    found: dict[bytes, OutageRow] = {}
    for stay in ask.rows(place_views.places_of, account=ask.reader.account, limit=HOMES_MAX):
        if ask.sees(views.outages_of_place, place=stay.place):
            found |= {row.outage: row for row in ask.rows(views.outages_of_place, place=stay.place)}
    return [_card(ask, row) for row in found.values()]


def _publish(ask: Ask) -> Form | None:
    """For desks, with the grounds, buildings and sections to choose from; None where there is nothing to name."""
    if not ask.reader.roles or not ask.sees(place_views.children):
        return None
    grounds = ask.rows(place_views.children, kind=PlaceKind.COMMUNITY, limit=4)
    if not grounds:
        return None
    sample = PublishOutage(
        nature=Nature.FAULT, utility=Utility.WATER, places=(grounds[0].place,), until=ask.now + HOUR_MS
    )
    if not ask.may(sample):
        return None
    choices: list[tuple[bytes | str, str]] = []
    for ground in grounds:
        choices.append((ground.place, ask.tongue.text("outages.all_grounds")))
        choices += _parts(ask, ground.place)
    return ask.form(PublishOutage, {"places": choices}).laid_out()


def _parts(ask: Ask, ground: bytes) -> list[tuple[bytes | str, str]]:
    """Buildings and sections, each by its number."""
    found: list[tuple[bytes | str, str]] = []
    for building in ask.rows(place_views.children, parent=ground, kind=PlaceKind.BUILDING, limit=200):
        own = ask.rows(place_views.children, parent=building.place, kind=PlaceKind.SECTION)
        found.append((building.place, _name(ask, [building])))
        found += [(section.place, _name(ask, [building, section])) for section in own]
    return found


def _forms(ask: Ask, row: OutageRow) -> list[Form]:
    """Only what the rules would accept from the reader."""
    later = max(row.until, ask.now) + HOUR_MS
    offered = []
    if ask.may(ExtendOutage(outage=row.outage, until=later, reason=ExtendReason.PARTS)):
        offered.append(ask.form(ExtendOutage, outage=row.outage))
    ends = [reason for reason in EndReason if ask.may(EndOutage(outage=row.outage, reason=reason))]
    if ends:
        choices = [(str(reason.value), ask.tongue.value("outages", reason.value)) for reason in ends]
        offered.append(ask.form(EndOutage, {"reason": choices}, outage=row.outage))
    return offered


def _name(ask: Ask, path: Sequence[PlaceRow]) -> str:
    """A common part in words: its building, section and floor by number, anything else by its kind."""
    parts = []
    for row in path:
        if row.kind in ("building", "section", "floor") and row.number:
            parts.append(ask.tongue.text(f"places.path.{row.kind}", number=row.number))
        elif row.kind != PlaceKind.COMMUNITY:
            parts.append(ask.tongue.value("places", row.kind))
    return " ".join(parts) or ask.tongue.text("outages.all_grounds")


def _at_work(reader: Reader) -> bool:
    return reader.organisation != b""


pages.way("/outages", "outages", Place.TOP, lambda reader: not _at_work(reader), rank=35)
pages.way("/outages", "outages", Place.RAIL, _at_work, rank=26)
