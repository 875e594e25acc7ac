"""One repair: how it stands, who sees to it, why it broke, everything that happened, and what the reader may do now.

What may be done is not decided here: each command is tried on the rules, and those that would be accepted are offered.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from linlian.community.identity.pages import organisation_choices
from linlian.community.repairs.pages.kit import KINDS, pages
from linlian.community.repairs.rules_answering import (
    CancelReason,
    CancelRepair,
    CheckRepair,
    ConfirmRepair,
    DisputeRepair,
    ReopenRepair,
)
from linlian.community.repairs.rules_steps import State
from linlian.community.repairs.rules_terms import Cause
from linlian.community.repairs.rules_triage import AssignRepair, TakeRepair, TriageRepair
from linlian.community.repairs.rules_working import (
    AcceptRepair,
    ArriveOnSite,
    DeferReason,
    DeferRepair,
    DiagnoseRepair,
    FinishRepair,
    MakeSafe,
    ResumeRepair,
)
from linlian.community.repairs.views.acting import acting_for
from linlian.community.repairs.views.cards import CardRow, MomentRow, card, moments
from linlian.community.repairs.views.desk import CrewRow, crew
from linlian.community.repairs.views.queries import request
from linlian.community.repairs.views.rows import RequestRow
from linlian.kernel.codec import Id
from linlian.kernel.contract import Command, Content
from linlian.web.ask import Ask
from linlian.web.forms import Form
from linlian.web.pages import Page

HOUR_MS = 3_600_000
SOMETHING = Content(commitment=bytes(32), ciphertext_hash=bytes(32))
"""Stands for what is still to be sealed, when a command is tried."""

ANSWERS = (ConfirmRepair, DisputeRepair)
"""What is asked of those for whom it was done: shown large, side by side."""

Sample = Callable[[Ask, bytes], Command]
OFFERS: tuple[tuple[type[Command], Sample], ...] = (
    (ConfirmRepair, lambda _, case: ConfirmRepair(case=case)),
    (DisputeRepair, lambda _, case: DisputeRepair(case=case)),
    (CheckRepair, lambda _, case: CheckRepair(case=case, proofs=(SOMETHING,))),
    (TriageRepair, lambda _, case: TriageRepair(case=case)),
    (TakeRepair, lambda _, case: TakeRepair(case=case)),
    (AcceptRepair, lambda _, case: AcceptRepair(case=case)),
    (ArriveOnSite, lambda _, case: ArriveOnSite(case=case)),
    (MakeSafe, lambda _, case: MakeSafe(case=case)),
    (DiagnoseRepair, lambda _, case: DiagnoseRepair(case=case, cause=Cause.NOT_FOUND)),
    (FinishRepair, lambda _, case: FinishRepair(case=case, proofs=(SOMETHING,))),
    (ResumeRepair, lambda _, case: ResumeRepair(case=case)),
    (DeferRepair, lambda ask, case: DeferRepair(case=case, until=ask.now + HOUR_MS, reason=DeferReason.ACCESS)),
    (CancelRepair, lambda _, case: CancelRepair(case=case, reason=CancelReason.NOTHING_FOUND)),
    (CancelRepair, lambda _, case: CancelRepair(case=case, reason=CancelReason.WITHDRAWN)),
    (ReopenRepair, lambda _, case: ReopenRepair(case=case)),
)
"""Command → a sample that the rules would accept if the command is open to the reader, in the order of a repair."""


AHEAD = (ArriveOnSite, DiagnoseRepair, FinishRepair)
"""What follows once it is in hand, in this order: whoever goes down without a network signs it there."""


@dataclass(frozen=True)
class Moment:
    """One line of the timeline; `item_id` is the transaction whose seal it bears."""

    item_id: bytes
    type: str
    fields: dict[str, Any]
    time: int
    occurred_at: int
    actor: bytes
    standing: str
    basis: str
    offline: bool


@dataclass(frozen=True)
class RepairPage(Page):
    """One repair as its reader may see it. `offers` are the forms of what they may do now, `answers` come first;
    `ahead` are those of the steps that follow, for hours without a network. `acts_for` is whom the reader answers for,
    if not for themselves."""

    case: RequestRow
    card: CardRow
    kind: str
    moments: list[Moment]
    answers: list[Form]
    offers: list[Form]
    ahead: list[Form]
    acts_for: bytes


@pages.page("/repairs/{case}")
def repair(ask: Ask, case: Id) -> RepairPage:
    found, shown = ask.one(request, case_id=case), ask.one(card, case_id=case)
    open_to = _offers(ask, found)
    answers = [form for kind, form in open_to if kind in ANSWERS]
    others = [form for kind, form in open_to if kind not in ANSWERS]
    lines = [_moment(row) for row in ask.rows(moments, case_id=case)]
    kind = KINDS.get(State(found.state), "")
    return RepairPage(
        found, shown, kind, lines, answers, others, _ahead(ask, open_to, case), _acts_for(ask, found), live=(case,)
    )


def _acts_for(ask: Ask, found: RequestRow) -> bytes:
    """The reporter, if the reader may act in their name; empty otherwise."""
    if ask.reader.account in (b"", found.reporter):
        return b""
    acting = ask.maybe(acting_for, delegate=ask.reader.account, principal=found.reporter)
    return found.reporter if acting is not None else b""


def _ahead(ask: Ask, open_to: list[tuple[type[Command], Form]], case: bytes) -> list[Form]:
    """The steps behind the one that the reader may take now."""
    now = {kind for kind, _ in open_to}
    if not now & {AcceptRepair, *AHEAD}:
        return []
    reached = max((number for number, kind in enumerate(AHEAD) if kind in now), default=-1)
    return [ask.form(kind, case=case) for kind in AHEAD[reached + 1 :]]


def _offers(ask: Ask, found: RequestRow) -> list[tuple[type[Command], Form]]:
    """The commands that the rules would accept from this reader now, as forms."""
    if not ask.reader.account:
        return []
    offered: list[tuple[type[Command], Form]] = []
    for kind, sample in OFFERS:
        if kind not in [known for known, _ in offered] and ask.may(sample(ask, found.case_id)):
            choices = _organisations(ask) if kind is TriageRepair else None
            offered.append((kind, ask.form(kind, choices, case=found.case_id)))
    people = _assignable(ask, found)
    if people:
        offered.append((AssignRepair, ask.form(AssignRepair, {"executor": people}, case=found.case_id)))
    return offered


def _organisations(ask: Ask) -> dict[str, list[tuple[bytes | str, str]]]:
    """Who may answer for a repair, and who may do the work."""
    named = organisation_choices(ask)
    return {"responsible": named, "executing": named}


def _assignable(ask: Ask, found: RequestRow) -> list[tuple[bytes, str]]:
    """The repairers to whom the reader may give it, those on duty with the least in hand first."""
    if "dispatcher" not in ask.reader.roles:
        return []
    return [
        (row.account, hand(ask, row))
        for row in ask.rows(crew, organisation=ask.reader.organisation)
        if ask.may(AssignRepair(case=found.case_id, executor=row.account))
    ]


def hand(ask: Ask, row: CrewRow) -> str:
    """A repairer as a dispatcher weighs them: who, what they know, whether they are here, what they have in hand."""
    trades = [ask.tongue.value("staff", trade) for trade in row.trades.split(",") if trade]
    here = ask.tongue.text("repairs.crew.on_duty" if row.on_duty else "repairs.crew.off_duty")
    in_hand = ask.tongue.text("repairs.crew.in_hand", count=row.in_hand)
    return " · ".join((ask.name(row.account), *trades, here, in_hand))


def _moment(row: MomentRow) -> Moment:
    """A line of the timeline. What neighbours did says as what and on what basis in its own fields."""
    fields = fields_of(row.fields)
    standing, basis = row.standing or fields.get("standing", ""), row.basis or fields.get("basis", "")
    return Moment(row.item_id, row.type, fields, row.time, row.occurred_at, row.actor, standing, basis, row.offline)


def fields_of(text: str) -> dict[str, Any]:
    """An event's fields as the read model keeps them: JSON, bytes in hex."""
    told: dict[str, Any] = json.loads(text)
    return told
