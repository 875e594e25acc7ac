"""Tickets of a city's hotline: those of a repair on its page, and for the desks all that are open, and taking one in.

A ticket is looked up by where it comes from and its number there. The number goes no further than the hash by which the
ticket is known: it stands in no record and in no log.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from linlian.community.hotline import views
from linlian.community.hotline.rules import (
    LinkTicket,
    OpenTicket,
    RefusalReason,
    RefuseTicket,
    TicketState,
    ticket_of,
)
from linlian.community.hotline.rules_answering import GROUNDS, AnswerTicket, BringCallback, Ground, Said
from linlian.community.hotline.rules_contesting import ContestReason, ContestTicket, DecideContest
from linlian.community.hotline.views import ReplyRow, TicketRow
from linlian.community.ratings import views as ratings_views
from linlian.community.repairs import Category
from linlian.community.repairs.pages import SOMETHING, RepairPage, open_at, places_at
from linlian.community.repairs.views import CardRow, card
from linlian.kernel.codec import Label, Meta
from linlian.kernel.contract import replace
from linlian.readmodel.audience import Reader
from linlian.web.ask import Ask, Listed
from linlian.web.errors import WebError
from linlian.web.forms import Form
from linlian.web.pages import ANY, Page, Pages, Part, Place, Where

pages = Pages("hotline")

Number = Annotated[str, Meta(max_length=64)]
Level = Annotated[int, Meta(ge=-99, le=9999)]
SHOWN_MAX = 20
"""So many of a state stand on the page, what is to be answered first on top; the rest is behind a cursor."""
PEOPLE = frozenset({"desk", "dispatcher", "supervisor", "gateway", "clerk"})
KINDS = {
    TicketState.OPEN: "waiting",
    TicketState.CONTESTED: "late",
    TicketState.ANSWERED: "moving",
    TicketState.SETTLED: "well",
}
LISTED = (TicketState.OPEN, TicketState.CONTESTED, TicketState.ANSWERED)
SAID = ("contacted", "solved", "satisfied")
_UNKNOWN = Said.UNKNOWN
NOTHING_SAID = AnswerTicket(ticket=bytes(32), words=SOMETHING, contacted=_UNKNOWN, solved=_UNKNOWN, satisfied=_UNKNOWN)
NOTHING_HEARD = BringCallback(
    ticket=bytes(32), words=SOMETHING, contacted=_UNKNOWN, solved=_UNKNOWN, satisfied=_UNKNOWN
)
"""Stand for what is still to be said, when a command is tried."""
pages.constants.update(KINDS={state.value: kind for state, kind in KINDS.items()}, SAID=SAID)


@dataclass(frozen=True)
class Ticket:
    """A ticket of the repair: what was said of it, and what the reader may say."""

    row: TicketRow
    replies: list[ReplyRow]
    forms: list[Form]


@dataclass(frozen=True, kw_only=True)
class TicketsPart(Part):
    """The tickets that hang on a repair."""

    tickets: list[Ticket]


@dataclass(frozen=True)
class Found:
    """A ticket in a list, with its case as far as the reader may see it."""

    row: TicketRow
    card: CardRow | None


@dataclass(frozen=True)
class TicketsPage(Page):
    """Tickets by their states, each by its deadline, or those of `state` alone, further down (`more`: cursors); above,
    one that is looked up by source and number (`asked`), or the forms to take it in, if it is not known."""

    source: str
    number: str
    building: int | None
    floor: int | None
    asked: Found | None
    forms: list[Form]
    state: TicketState | None
    lists: dict[str, list[Found]]
    more: dict[str, str]


@pages.part(RepairPage, rank=40)
def tickets(ask: Ask, page: RepairPage) -> TicketsPart | None:
    case = page.case.case_id
    if not ask.sees(views.tickets_of_case, case_id=case):
        return None
    found = [_ticket(ask, page, row) for row in ask.rows(views.tickets_of_case, case_id=case)]
    if not found:
        return None
    waits = any(form.command.endswith(("answer_ticket", "decide_contest")) for each in found for form in each.forms)
    over = page.case.done_at > 0 or page.case.ended
    contested = any(each.row.state == TicketState.CONTESTED for each in found)
    return TicketsPart(tickets=found, where=Where.ASKS if waits and (over or contested) else Where.BESIDE)


def _ticket(ask: Ask, page: RepairPage, row: TicketRow) -> Ticket:
    replies = ask.rows(views.replies_of_case, case_id=page.case.case_id, ticket=row.ticket)
    return Ticket(row, replies, _forms(ask, page, row) if ask.reader.organisation else [])


def _forms(ask: Ask, page: RepairPage, row: TicketRow) -> list[Form]:
    """What may be said of a ticket: by those who answer for the repair, and by whoever brings the hotline's word."""
    ticket = row.ticket
    offers = [
        _answering(ask, page, ticket),
        ask.offer(ContestTicket(ticket=ticket, reason=ContestReason.DUPLICATE, words=SOMETHING), "ticket"),
        ask.offer(DecideContest(ticket=ticket, upheld=True, words=SOMETHING), "ticket"),
        ask.offer(replace(NOTHING_HEARD, ticket=ticket), "ticket"),
    ]
    return [form for form in offers if form is not None]


def _answering(ask: Ask, page: RepairPage, ticket: bytes) -> Form | None:
    """An answer, with the grounds that the record holds; before the work is done, an interim one."""
    final = replace(NOTHING_SAID, ticket=ticket)
    interim = replace(final, interim=True)
    rated = _rated(ask, page)
    choices = {**_grounds(ask, page, ticket, [account for account, _ in rated]), "rated_by": rated}
    fixed = ("ticket",) if ask.may(final) else ("ticket", "interim")
    found = ask.offer(interim, *fixed, choices=choices)
    if found is None or rated:
        return found
    return found.only(*(control.name for control in found.controls if control.name != "rated_by"))


def _grounds(
    ask: Ask, page: RepairPage, ticket: bytes, rated: list[bytes | str]
) -> dict[str, list[tuple[bytes | str, str]]]:
    """For each thing that is said, what the record holds to rest it on; a call of one's own is always possible."""
    held: dict[str, list[tuple[bytes | str, str]]] = {}
    for what, allowed in GROUNDS.items():
        grounds = [(value, ground) for value, several in allowed.items() for ground in several]
        here = [ground for value, ground in grounds if _holds(ask, page, ticket, what, value, ground, rated)]
        offered = [ground.value for ground in dict.fromkeys(here)]
        held[f"{what}_on"] = [(ground, ask.tongue.value("hotline", ground)) for ground in offered]
    return held


def _holds(
    ask: Ask, page: RepairPage, ticket: bytes, what: str, value: Said, ground: Ground, rated: list[bytes | str]
) -> bool:
    if ground is Ground.OWN_CALL:
        return True
    if ground is Ground.RATING:
        return bool(rated)
    if ground is not Ground.RECORD:
        return ground == page.case.closing
    said = {what: value, f"{what}_on": ground}
    return ask.may(replace(NOTHING_SAID, ticket=ticket, interim=True, **said))


def _rated(ask: Ask, page: RepairPage) -> list[tuple[bytes | str, str]]:
    """Who rated it, with their stars."""
    rows = ask.rows(ratings_views.ratings_of_case, case_id=page.case.case_id)
    return [(row.rated_by, f"{ask.name(row.rated_by)} · {row.stars}/5") for row in rows]


def takes_in(reader: Reader) -> bool:
    """Whether somebody brings tickets in, or answers them."""
    return not reader.roles.isdisjoint(PEOPLE)


@pages.page("/tickets")
def desk(
    ask: Ask,
    source: Label = "",
    number: Number = "",
    building: Level | None = None,
    floor: Level | None = None,
    state: TicketState | None = None,
) -> TicketsPage:
    if not ask.reader.account:
        raise WebError("web.sign_in")
    if not takes_in(ask.reader):
        raise WebError("web.not_for_you")
    bare = "".join(number.split())
    ticket = ticket_of(source, bare) if source and bare else b""
    known = ask.maybe(views.ticket, ticket=ticket) if ticket and ask.sees(views.ticket, ticket=ticket) else None
    listed = {each.value: _in_state(ask, each, each == state) for each in LISTED if state in (None, each)}
    latest = next((row.source for found in listed.values() for row in found.rows), "")
    return TicketsPage(
        source=source or latest,
        number=bare,
        building=building,
        floor=floor,
        asked=_found(ask, known) if known else None,
        forms=_incoming(ask, ticket, source, building, floor) if ticket else [],
        state=state,
        lists={name: [_found(ask, row) for row in found.rows] for name, found in listed.items()},
        more={name: found.next for name, found in listed.items()},
        live=(ANY,),
    )


def _incoming(ask: Ask, ticket: bytes, source: str, building: int | None, floor: int | None) -> list[Form]:
    """Make a case of it, hang it on one that is open there, or send it back; where the rules let it be done."""
    places = places_at(ask, building, floor) if ask.sees(views.open_tickets) else []
    near = [(each.case_id, _case(ask, each)) for each in open_at(ask, building, floor)] if places else []
    offers = []
    if places:
        sample = OpenTicket(ticket=ticket, source=source, place=places[0][0], category=Category.OTHER)
        offers.append(ask.offer(sample, "ticket", "source", choices={"place": places}))
    if near:
        linking = LinkTicket(ticket=ticket, source=source, case=near[0][0])
        offers.append(ask.offer(linking, "ticket", "source", choices={"case": near}))
    refusing = RefuseTicket(ticket=ticket, source=source, reason=RefusalReason.NOT_HERE, words=SOMETHING)
    offers.append(ask.offer(refusing, "ticket", "source"))
    kept = [form for form in offers if form is not None]
    without = ("principal",)  # whom it is for is chosen where their homes are: at the service desk
    return [form.only(*(each.name for each in form.controls if each.name not in without)) for form in kept]


def _case(ask: Ask, row: CardRow) -> str:
    """An open repair, as it can be told from others."""
    state, category = ask.tongue.value("repairs", row.state), ask.tongue.value("repairs", row.category)
    return f"{category} · {ask.tongue.value('places', row.place_kind)} · {state} · {ask.name(row.case_id)}"


def _in_state(ask: Ask, state: TicketState, further: bool) -> Listed[TicketRow]:
    """By their deadlines. Who serves everybody sees all, others what they brought in."""
    after = ask.after if further else ""
    if ask.sees(views.open_tickets):
        return ask.page(views.open_tickets, after, state=state, limit=SHOWN_MAX)
    own = ask.reader.organisation
    return ask.page(views.tickets_of_organisation, after, organisation=own, state=state, limit=SHOWN_MAX)


def _found(ask: Ask, row: TicketRow) -> Found:
    case = row.case_id
    return Found(row, ask.maybe(card, case_id=case) if case and ask.sees(card, case_id=case) else None)


pages.way("/tickets", "tickets", Place.RAIL, takes_in, rank=35)
