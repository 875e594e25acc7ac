"""What was told outside, as rows."""

from __future__ import annotations

from typing import NamedTuple

from linlian.community.answers import audience
from linlian.community.answers.rules import (
    CallbackRecorded,
    LinkAnswered,
    LinkIssued,
    PaperAttested,
    contract,
)
from linlian.community.repairs.views import views as repairs
from linlian.readmodel.view import Fact, Id, Limit, Reads, Rows, View

views = View(contract, needs=(repairs,))


class ToldRow(NamedTuple):
    """Something that was said outside, or signed or sent for it. `answered`: it closed the case, or sent it back."""

    case_id: bytes
    height: int
    receipt: int
    event: int
    basis: str
    answered: bool
    repaired: bool
    organisation: bytes
    actor: bytes
    time: int


told = views.table("told", ToldRow, key=4, indexes=("organisation, time", "basis, time"))


@views.on(CallbackRecorded)
def callback_recorded(db: Rows, event: CallbackRecorded, fact: Fact) -> None:
    _add(db, event, fact, "callback", True, event.repaired)


@views.on(PaperAttested)
def paper_attested(db: Rows, event: PaperAttested, fact: Fact) -> None:
    _add(db, event, fact, "witnessed_paper", event.complete, True)


@views.on(LinkIssued)
def link_issued(db: Rows, event: LinkIssued, fact: Fact) -> None:
    _add(db, event, fact, "sms_link", False, False)


@views.on(LinkAnswered)
def link_answered(db: Rows, event: LinkAnswered, fact: Fact) -> None:
    _add(db, event, fact, "sms_link", True, event.repaired)


@views.query(seen_by=audience.CASE)
def told_of_case(db: Reads, case_id: Id, limit: Limit = 100) -> list[ToldRow]:
    """What was told outside about a repair, in order."""
    sql = "SELECT * FROM answers_told WHERE case_id = :case_id ORDER BY height, receipt, event LIMIT :limit"
    return db.all(ToldRow, sql, case_id=case_id, limit=limit)


@views.query(seen_by=audience.TOLD)
def told_to_organisation(db: Reads, organisation: Id, limit: Limit = 100) -> list[ToldRow]:
    """What an organisation was told, the latest first."""
    sql = """
        SELECT * FROM answers_told WHERE organisation = :organisation
        ORDER BY time DESC, case_id DESC, height DESC, receipt DESC, event DESC LIMIT :limit"""
    return db.all(ToldRow, sql, organisation=organisation, limit=limit)


def _add(
    db: Rows,
    event: CallbackRecorded | PaperAttested | LinkIssued | LinkAnswered,
    fact: Fact,
    basis: str,
    answered: bool,
    repaired: bool,
) -> None:
    row = ToldRow(
        case_id=event.case,
        height=fact.height,
        receipt=fact.receipt,
        event=fact.event,
        basis=basis,
        answered=answered,
        repaired=repaired,
        organisation=event.organisation,
        actor=fact.signer,
        time=fact.time,
    )
    db.add(told, row)
