"""What those who see to a repair do not decide for themselves, on its page; and what waits for an organisation.

More time that is asked for, a return, oversight with its answer, and who was told of what is late.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from linlian.community.identity import views as identity_views
from linlian.community.repairs import Clock
from linlian.community.repairs.pages import SOMETHING, RepairPage
from linlian.community.repairs.views import CardRow, card
from linlian.community.supervision import views
from linlian.community.supervision.rules_extending import AskExtension, DecideExtension, ExtensionReason
from linlian.community.supervision.rules_ladder import TakeNote
from linlian.community.supervision.rules_oversight import LiftOversight, NoteProgress, OverseeRepair
from linlian.community.supervision.rules_returning import DecideReturn, ReturnReason, ReturnRepair
from linlian.community.supervision.views import (
    Asked,
    EscalationRow,
    ExtensionRow,
    OversightRow,
    ProgressRow,
    ReturnRow,
)
from linlian.readmodel.audience import Reader
from linlian.web.ask import Ask, Listed
from linlian.web.errors import WebError
from linlian.web.forms import Form
from linlian.web.pages import ANY, Page, Pages, Part, Place, Where

pages = Pages("supervision")

DAY_MS = 86_400_000
SHOWN_MAX = 20
"""So many of each kind stand on the page, what is due first on top; the rest is behind a cursor."""
Kind = Literal["extensions", "returns", "oversights", "told"]
PEOPLE = frozenset({"desk", "dispatcher", "supervisor", "officer"})
KINDS = {Asked.OPEN: "waiting", Asked.GRANTED: "well", Asked.DENIED: "late", Asked.LAPSED: "late"}
pages.constants.update(KINDS={state.value: kind for state, kind in KINDS.items()})


@dataclass(frozen=True)
class Told:
    """A level that was told of what is late; `note` if the reader may say that they have seen it."""

    row: EscalationRow
    note: Form | None


@dataclass(frozen=True, kw_only=True)
class SupervisionPart(Part):
    """The last request for more time, the last return, the oversight with its notes, who was told of what is late, and
    what the reader may decide or ask for."""

    extension: ExtensionRow | None
    returned: ReturnRow | None
    oversight: OversightRow | None
    progress: list[ProgressRow]
    told: list[Told]
    answers: list[Form]
    forms: list[Form]


@dataclass(frozen=True)
class Waiting:
    """A repair in a list, with what is asked about it."""

    card: CardRow | None
    case_id: bytes
    about: str
    organisation: bytes
    due: int
    late: bool


@dataclass(frozen=True)
class EscalationsPage(Page):
    """What waits for somebody outside, what the reader's organisation oversees, and what people of the reader's roles
    were told of: those of `lists` that the reader sees, or `only` one of them, further down. `more`: cursors."""

    only: Kind | None
    lists: dict[Kind, list[Waiting]]
    more: dict[Kind, str]


@pages.part(RepairPage, rank=30)
def outside(ask: Ask, page: RepairPage) -> SupervisionPart | None:
    case = page.case.case_id
    if not ask.reader.account or not ask.sees(views.oversight, case_id=case):
        return None
    extension = next(reversed(ask.rows(views.extensions_of_case, case_id=case)), None)
    returned = next(reversed(ask.rows(views.returns_of_case, case_id=case)), None)
    overseen = ask.maybe(views.oversight, case_id=case)
    told = [_told(ask, row) for row in ask.rows(views.escalations_of_case, case_id=case)]
    answers = _answers(ask, case, extension, returned, overseen)
    offered = [form.command for form in answers]
    forms = [form for form in _forms(ask, case, overseen) if form.command not in offered]
    if not (extension or returned or overseen or told or forms):
        return None
    return SupervisionPart(
        extension=extension,
        returned=returned,
        oversight=overseen,
        progress=ask.rows(views.progress_of_case, case_id=case) if overseen else [],
        told=told,
        answers=answers,
        forms=forms,
        where=Where.ASKS if answers else Where.BESIDE,
    )


def _told(ask: Ask, row: EscalationRow) -> Told:
    ours = row.organisation == ask.reader.organisation != b"" and row.role in ask.reader.roles
    waits = ours and not row.noted_at and not row.ended_at
    return Told(row, ask.offer(TakeNote(case=row.case_id, about=row.about), "case", "about") if waits else None)


def _answers(
    ask: Ask, case: bytes, extension: ExtensionRow | None, returned: ReturnRow | None, overseen: OversightRow | None
) -> list[Form]:
    """What waits for the reader: a decision, or the answer to those who oversee it."""
    found = []
    if extension is not None and extension.outcome == Asked.OPEN:
        found.append(ask.offer(DecideExtension(case=case, granted=False), "case"))
    if returned is not None and returned.outcome == Asked.OPEN:
        sample = DecideReturn(case=case, responsible=returned.organisation, words=SOMETHING)
        found.append(ask.offer(sample, "case", choices={"responsible": _organisations(ask)}))
    if overseen is not None and not overseen.replied_at and not overseen.lifted_at and _works_on_it(ask, overseen):
        found.append(ask.offer(NoteProgress(case=case, words=SOMETHING), "case"))
    return [form for form in found if form is not None]


def _works_on_it(ask: Ask, overseen: OversightRow) -> bool:
    return ask.reader.organisation not in (b"", overseen.organisation)


def _forms(ask: Ask, case: bytes, overseen: OversightRow | None) -> list[Form]:
    """What people of an organisation may ask for, or say."""
    if ask.reader.roles.isdisjoint(PEOPLE | {"repairer"}):
        return []
    offers = [
        _asking(ask, case),
        ask.offer(
            ReturnRepair(case=case, reason=ReturnReason.NOT_OUR_DUTY, words=SOMETHING),
            "case",
            choices={"proposed": _organisations(ask)},
        ),
        ask.offer(OverseeRepair(case=case, reply_by=ask.now + DAY_MS, words=SOMETHING), "case"),
        ask.offer(NoteProgress(case=case, words=SOMETHING), "case") if overseen else None,
        ask.offer(LiftOversight(case=case), "case") if overseen else None,
    ]
    return [form for form in offers if form is not None]


def _asking(ask: Ask, case: bytes) -> Form | None:
    """More time, for the promises for which the rules would let it be asked."""
    about = [(clock, _sample(ask, case, clock)) for clock in (Clock.ARRIVE, Clock.FINISH, Clock.REPLY)]
    open_to = [(clock.value, ask.tongue.value("supervision", clock)) for clock, sample in about if ask.may(sample)]
    return ask.form(AskExtension, {"clock": open_to}, case=case) if open_to else None


def _sample(ask: Ask, case: bytes, clock: Clock) -> AskExtension:
    until = ask.now + 80 * DAY_MS
    return AskExtension(case=case, clock=clock, until=until, reason=ExtensionReason.PARTS, words=SOMETHING)


def _organisations(ask: Ask) -> list[tuple[bytes | str, str]]:
    """Whose it can be: each organisation by its code and kind."""
    rows = ask.rows(identity_views.organisations_by_status, status="active", limit=100)
    return [(row.organisation, f"{row.code} · {ask.tongue.value('identity', row.kind)}") for row in rows]


def hears(reader: Reader) -> bool:
    """Whether somebody is told of what is late, or decides what others may not."""
    return not reader.roles.isdisjoint(PEOPLE)


@pages.page("/escalations")
def escalations(ask: Ask, only: Kind | None = None) -> EscalationsPage:
    if not ask.reader.account:
        raise WebError("web.sign_in")
    if not hears(ask.reader):
        raise WebError("web.not_for_you")
    mine: tuple[Kind, ...] = ("oversights", "told")
    seen = ("extensions", "returns", *mine) if ask.sees(views.open_returns) else mine
    found = {kind: LISTS[kind](ask, ask.after if kind == only else "") for kind in seen if only in (None, kind)}
    return EscalationsPage(
        only,
        {kind: [_waiting(ask, row) for row in each.rows] for kind, each in found.items()},
        {kind: each.next for kind, each in found.items()},
        live=(ANY,),
    )


def _extensions(ask: Ask, after: str) -> Listed[ExtensionRow]:
    return ask.page(views.open_extensions, after, limit=SHOWN_MAX)


def _returns(ask: Ask, after: str) -> Listed[ReturnRow]:
    return ask.page(views.open_returns, after, limit=SHOWN_MAX)


def _oversights(ask: Ask, after: str) -> Listed[OversightRow]:
    return ask.page(views.oversights_of, after, organisation=ask.reader.organisation, limit=SHOWN_MAX)


def _told_to(ask: Ask, after: str) -> Listed[EscalationRow]:
    """What people of the reader's roles were told of and nobody of them took note of: each trouble once."""
    own = ask.reader.organisation
    found = ask.page(views.escalations_to, after, organisation=own, noted=False, limit=2 * SHOWN_MAX)
    once = {(row.case_id, row.about): row for row in found.rows if row.role in ask.reader.roles}
    return Listed([*once.values()], found.next)


LISTS: dict[Kind, Callable[[Ask, str], Listed[Any]]] = {
    "extensions": _extensions,
    "returns": _returns,
    "oversights": _oversights,
    "told": _told_to,
}


def _waiting(ask: Ask, row: ExtensionRow | ReturnRow | OversightRow | EscalationRow) -> Waiting:
    case = row.case_id
    shown = ask.maybe(card, case_id=case) if ask.sees(card, case_id=case) else None
    match row:
        case ExtensionRow():
            return Waiting(shown, case, row.clock, row.organisation, row.decide_by, late=False)
        case ReturnRow():
            return Waiting(shown, case, row.reason, row.organisation, row.decide_by, row.late)
        case OversightRow():
            return Waiting(shown, case, "", row.responsible, 0 if row.replied_at else row.reply_by, row.late)
        case EscalationRow():
            return Waiting(shown, case, row.about, b"", row.since, late=False)


pages.way("/escalations", "escalations", Place.RAIL, hears, rank=45)
