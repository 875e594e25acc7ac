"""Pages about shifts: one's own, with what one holds and what is offered; and what nobody on duty has in hand.

What may be done is not decided here: each command is tried on the rules, and what they would accept is offered. A form
that is about several cases is signed once for each that is chosen (`Form.for_each`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from linlian.community.handovers.rules import AcceptHandover, DeclineHandover, OfferRepair, WithdrawHandover
from linlian.community.handovers.views import Answer, FiguresRow, HandedRow, figures, held_by, offered_to, unattended
from linlian.community.repairs import State
from linlian.community.repairs.views import CrewRow, crew
from linlian.community.staff import BeginDuty, EndDuty, ShiftState
from linlian.community.staff.views import ShiftRow, shifts_of, teams_of
from linlian.kernel.contract import Command, Content
from linlian.readmodel.audience import Reader
from linlian.web.ask import Ask
from linlian.web.errors import WebError
from linlian.web.forms import Form
from linlian.web.pages import ANY, Page, Pages, Place

pages = Pages("handovers")

SOMETHING = Content(commitment=bytes(32), ciphertext_hash=bytes(32))
"""Stands for the note that is still to be sealed, when a command is tried."""
FIGURES_MS = 30 * 86_400_000
HELD_MAX = 64
WAITING = ("assigned", "disputed", "deferred")
"""States in which somebody has it and nobody works on it just now."""

pages.constants.update(KINDS={state.value: "waiting" if state in WAITING else "moving" for state in State})


@dataclass(frozen=True)
class ShiftPage(Page):
    """The reader's shift: when it is, what they have in hand, and what a colleague wants to hand over to them.

    begin, end     forms, where the rules would let them; `end` is None while they have anything in hand
    to_colleague   hands what is chosen over to somebody who is there, `to_team` to whoever comes next
    keep           takes back what they offered; `accept`, `decline` answer what was offered to them
    """

    duty: ShiftRow | None
    begin: list[tuple[ShiftRow, Form]]
    end: Form | None
    held: list[HandedRow]
    to_colleague: Form | None
    to_team: Form | None
    keep: Form | None
    offered: list[HandedRow]
    accept: Form | None
    decline: Form | None


@dataclass(frozen=True)
class UnattendedPage(Page):
    """What nobody on duty has in hand of the reader's organisation; how its people handed over in the last 30 days."""

    rows: list[HandedRow]
    next: str
    figures: FiguresRow
    waited_ms: int


@pages.page("/shift")
def shift(ask: Ask) -> ShiftPage:
    me = _require_staff(ask)
    own = ask.rows(shifts_of, account=me, since=ask.now)
    held = ask.rows(held_by, account=me, limit=HELD_MAX)
    offered = ask.rows(offered_to, account=me, limit=HELD_MAX)
    accept = _those(ask, offered, lambda case: AcceptHandover(case=case))
    decline = _those(ask, offered, lambda case: DeclineHandover(case=case))
    waiting = [row for row in held if row.outcome == Answer.OPEN]
    return ShiftPage(
        next((row for row in own if row.state == ShiftState.ON_DUTY), None),
        [(row, ask.form(BeginDuty, shift=row.shift)) for row in own if ask.may(BeginDuty(shift=row.shift))],
        ask.form(EndDuty) if ask.may(EndDuty()) else None,
        held,
        _to_colleague(ask, held),
        _to_team(ask, held),
        _form(ask, WithdrawHandover, waiting),
        offered,
        _form(ask, AcceptHandover, accept),
        _form(ask, DeclineHandover, decline),
        live=(me, *(row.case_id for row in (*held, *offered)[:20])),
    )


@pages.page("/handovers")
def handovers(ask: Ask) -> UnattendedPage:
    _require_staff(ask)
    if not dispatches(ask.reader):
        raise WebError("web.not_for_you")
    organisation = ask.reader.organisation
    found = ask.one(figures, organisation=organisation, since=max(0, ask.now - FIGURES_MS))
    waited = found.waited_ms // found.accepted if found.accepted else 0
    page = ask.page(unattended, ask.after, organisation=organisation, limit=HELD_MAX)
    return UnattendedPage(page.rows, page.next, found, waited, live=(ANY,))


def is_sent(reader: Reader) -> bool:
    """Whether somebody's day is a shift: they repair, or sit at the desk."""
    return not reader.roles.isdisjoint({"repairer", "desk"})


def dispatches(reader: Reader) -> bool:
    """Whether somebody's work is to see that repairs go on."""
    return reader.organisation != b"" and not reader.roles.isdisjoint({"dispatcher", "supervisor", "officer"})


pages.way("/shift", "shift", Place.RAIL, is_sent, rank=40)
pages.way("/handovers", "handovers", Place.RAIL, dispatches, rank=60)


def _require_staff(ask: Ask) -> bytes:
    if not ask.reader.account:
        raise WebError("web.sign_in")
    if not ask.reader.organisation:
        raise WebError("web.not_for_you")
    return ask.reader.account


def _to_colleague(ask: Ask, held: list[HandedRow]) -> Form | None:
    """To those who are there; the rules say of each case whether they may."""
    if not held:
        return None
    people = [row for row in ask.rows(crew, organisation=ask.reader.organisation) if _may(ask, held, row.account)]
    choices = [(row.account, _colleague(ask, row)) for row in people]
    return _offer(ask, held, "colleague", choices)


def _to_team(ask: Ask, held: list[HandedRow]) -> Form | None:
    if not held:
        return None
    own = ask.rows(teams_of, organisation=ask.reader.organisation)
    first = held[0].case_id
    sample = [row for row in own if ask.may(OfferRepair(case=first, team=row.team, handover_note=SOMETHING))]
    return _offer(ask, held, "team", [(row.team, row.code) for row in sample])


def _may(ask: Ask, held: list[HandedRow], colleague: bytes) -> bool:
    return any(ask.may(OfferRepair(case=row.case_id, colleague=colleague, handover_note=SOMETHING)) for row in held[:5])


def _offer(ask: Ask, held: list[HandedRow], to: str, choices: list[tuple[bytes, str]]) -> Form | None:
    if not choices:
        return None
    form = ask.form(OfferRepair, {"case": _labels(ask, held), to: choices})
    return form.only("case", to, "handover_note").demanding(to).for_each("case")


def _those(ask: Ask, rows: list[HandedRow], make: Callable[[bytes], Command]) -> list[HandedRow]:
    return [row for row in rows if ask.may(make(row.case_id))]


def _form(ask: Ask, command: type[Command], rows: list[HandedRow]) -> Form | None:
    return ask.form(command, {"case": _labels(ask, rows)}).for_each("case") if rows else None


def _labels(ask: Ask, rows: list[HandedRow]) -> list[tuple[bytes, str]]:
    return [(row.case_id, _label(ask, row)) for row in rows]


def _label(ask: Ask, row: HandedRow) -> str:
    """A case as people tell it from the next: what, and where."""
    where = [
        ask.tongue.text(f"handovers.place.{name}", number=number)
        for name, number in (("building", row.building), ("floor", row.floor))
        if number
    ]
    kind = [ask.tongue.value("places", row.place_kind)] if row.is_common or not where else []
    return " · ".join((ask.tongue.value("repairs", row.category), *where, *kind, ask.name(row.case_id)))


def _colleague(ask: Ask, row: CrewRow) -> str:
    return ask.tongue.text("handovers.colleague", who=ask.name(row.account), count=row.in_hand)
