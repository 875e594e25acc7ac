"""What happened to a programme, step by step, each with the transaction that it stands in: for everybody.

Nothing here leads to a person: lists, payments and hops are no steps of it, and rounds go by their numbers.
"""

from __future__ import annotations

from linlian.community.programmes.views import (
    CycleApproved,
    CycleDrafted,
    CycleReleased,
    CycleReviewed,
    CycleSentBack,
    CycleSubmitted,
    ProgrammeAccounted,
    ProgrammeApproved,
    ProgrammeDrafted,
    ProgrammeEnded,
    ReportFiled,
    cycles,
)
from linlian.community.transfers import audience
from linlian.community.transfers.views.rows import MomentRow, moments, views
from linlian.readmodel.view import Fact, Id, Limit, Reads, Rows


@views.query(seen_by=audience.PUBLISHED)
def course_of(db: Reads, programme: Id, limit: Limit = 100) -> list[MomentRow]:
    """What happened to a programme, the latest first."""
    sql = """
        SELECT * FROM transfers_moment WHERE programme = :programme
        ORDER BY height DESC, receipt DESC, event DESC LIMIT :limit"""
    return db.all(MomentRow, sql, programme=programme, limit=limit)


@views.on(ProgrammeDrafted)
def drafted(db: Rows, event: ProgrammeDrafted, fact: Fact) -> None:
    _add(db, event.programme, fact, "drafted", amount_minor=event.budget_minor)


@views.on(ProgrammeApproved)
def approved(db: Rows, event: ProgrammeApproved, fact: Fact) -> None:
    _add(db, event.programme, fact, "approved" if event.complete else "one_yes")


@views.on(ProgrammeEnded)
def ended(db: Rows, event: ProgrammeEnded, fact: Fact) -> None:
    _add(db, event.programme, fact, "ended")


@views.on(ProgrammeAccounted)
def accounted(db: Rows, event: ProgrammeAccounted, fact: Fact) -> None:
    _add(db, event.programme, fact, "accounted")


@views.on(ReportFiled)
def reported(db: Rows, event: ReportFiled, fact: Fact) -> None:
    _add(db, event.programme, fact, "report", event.number)


@views.on(CycleDrafted)
def opened(db: Rows, event: CycleDrafted, fact: Fact) -> None:
    _add(db, event.programme, fact, "round", event.number, event.ceiling_minor)


@views.on(CycleSubmitted)
def submitted(db: Rows, event: CycleSubmitted, fact: Fact) -> None:
    _add(db, event.programme, fact, "round_submitted", _number(db, event.cycle))


@views.on(CycleSentBack)
def sent_back(db: Rows, event: CycleSentBack, fact: Fact) -> None:
    _add(db, event.programme, fact, "round_sent_back", _number(db, event.cycle))


@views.on(CycleApproved)
def list_approved(db: Rows, event: CycleApproved, fact: Fact) -> None:
    _add(db, event.programme, fact, "round_approved" if event.complete else "round_one_yes", _number(db, event.cycle))


@views.on(CycleReleased)
def released(db: Rows, event: CycleReleased, fact: Fact) -> None:
    _add(db, event.programme, fact, "round_released", _number(db, event.cycle))


@views.on(CycleReviewed)
def reviewed(db: Rows, event: CycleReviewed, fact: Fact) -> None:
    _add(db, event.programme, fact, "round_reviewed", _number(db, event.cycle))


def _number(db: Rows, cycle: bytes) -> int:
    return db.the(cycles, cycle).number


def _add(db: Rows, programme: bytes, fact: Fact, name: str, number: int = 0, amount_minor: int = -1) -> None:
    row = MomentRow(
        programme, fact.height, fact.receipt, fact.event, fact.time, name, fact.item_id, number, amount_minor
    )
    db.add(moments, row)
