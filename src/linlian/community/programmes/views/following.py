"""What each event does to the rows."""

from __future__ import annotations

from linlian.community.programmes.rules_cycles import (
    CycleApproved,
    CycleCancelled,
    CycleDrafted,
    CycleEnded,
    CycleReleased,
    CycleReviewed,
    CycleSentBack,
    CycleSubmitted,
)
from linlian.community.programmes.rules_entitling import (
    EntitlementEntered,
    EntitlementExpired,
    EntitlementWithdrawn,
    RecipientRegistered,
)
from linlian.community.programmes.rules_objecting import ObjectionAnswered, ObjectionRaised
from linlian.community.programmes.rules_reporting import ProgrammeAccounted, ReportFiled
from linlian.community.programmes.rules_running import (
    ProgrammeApproved,
    ProgrammeCancelled,
    ProgrammeDrafted,
    ProgrammeEnded,
)
from linlian.community.programmes.rules_table import CycleState, EntitlementState, ObjectionState, ProgrammeState
from linlian.community.programmes.views.rows import (
    CycleRow,
    EntitlementRow,
    ObjectionRow,
    ProgrammeRow,
    RecipientRow,
    ReportRow,
    cycles,
    entitlements,
    objections,
    programmes,
    recipients,
    reports,
    views,
)
from linlian.readmodel.view import Fact, Rows


@views.on(ProgrammeDrafted)
def drafted(db: Rows, event: ProgrammeDrafted, fact: Fact) -> None:
    row = ProgrammeRow(
        programme=event.programme,
        fund=event.fund,
        code=event.code,
        state=ProgrammeState.DRAFTED,
        purse=event.purse,
        budget_minor=event.budget_minor,
        starts=event.starts,
        until=event.until,
        notice_days=event.notice_days,
        emergency=event.emergency,
        entered_by=event.entered_by,
        purpose=event.purpose.commitment,
        criteria=event.criteria.commitment if event.criteria else b"",
        drafted_at=fact.time,
    )
    db.add(programmes, row)


@views.on(ProgrammeApproved)
def approved(db: Rows, event: ProgrammeApproved, fact: Fact) -> None:
    row = db.the(programmes, event.programme)
    db.change(programmes, event.programme, approvals=row.approvals + 1)
    if event.complete:
        db.change(programmes, event.programme, state=ProgrammeState.RUNNING, approved_at=fact.time)


@views.on(ProgrammeCancelled)
def programme_cancelled(db: Rows, event: ProgrammeCancelled, fact: Fact) -> None:
    db.change(programmes, event.programme, state=ProgrammeState.CANCELLED)


@views.on(ProgrammeEnded)
def programme_ended(db: Rows, event: ProgrammeEnded, fact: Fact) -> None:
    changes = {"ended_at": fact.time, "account_due": event.account_due}
    db.change(programmes, event.programme, state=ProgrammeState.ENDED, **changes)


@views.on(ProgrammeAccounted)
def accounted(db: Rows, event: ProgrammeAccounted, fact: Fact) -> None:
    db.change(programmes, event.programme, state=ProgrammeState.ACCOUNTED, accounted_at=fact.time)
    row = ReportRow(
        programme=event.programme,
        number=0,
        filed_at=fact.time,
        document=event.document.commitment,
        left_minor=event.left_minor,
        under_way_minor=event.under_way_minor,
    )
    db.add(reports, row)


@views.on(ReportFiled)
def reported(db: Rows, event: ReportFiled, fact: Fact) -> None:
    db.change(programmes, event.programme, reports=event.number)
    db.add(reports, ReportRow(event.programme, event.number, fact.time, event.document.commitment))


@views.on(CycleDrafted)
def cycle_drafted(db: Rows, event: CycleDrafted, fact: Fact) -> None:
    programme = db.the(programmes, event.programme)
    row = CycleRow(
        cycle=event.cycle,
        programme=event.programme,
        fund=programme.fund,
        number=event.number,
        state=CycleState.DRAFTED,
        ceiling_minor=event.ceiling_minor,
        starts=event.starts,
        until=event.until,
        entered_by=event.entered_by,
        drafted_at=fact.time,
    )
    db.add(cycles, row)
    planned = programme.planned_minor + event.ceiling_minor
    db.change(programmes, event.programme, planned_minor=planned, cycles=event.number)


@views.on(CycleSubmitted)
def submitted(db: Rows, event: CycleSubmitted, fact: Fact) -> None:
    notice = event.notice.commitment if event.notice else b""
    db.change(cycles, event.cycle, state=CycleState.SUBMITTED, notice=notice)


@views.on(CycleSentBack)
def sent_back(db: Rows, event: CycleSentBack, fact: Fact) -> None:
    db.change(cycles, event.cycle, state=CycleState.DRAFTED, approvals=0, approved_at=0, posted_until=0)


@views.on(CycleApproved)
def cycle_approved(db: Rows, event: CycleApproved, fact: Fact) -> None:
    row = db.the(cycles, event.cycle)
    db.change(cycles, event.cycle, approvals=row.approvals + 1, posted_until=event.posted_until)
    if event.complete:
        state = CycleState.POSTED if event.posted_until else CycleState.PAYABLE
        db.change(cycles, event.cycle, state=state, approved_at=fact.time)


@views.on(CycleReleased)
def released(db: Rows, event: CycleReleased, fact: Fact) -> None:
    db.change(cycles, event.cycle, state=CycleState.PAYABLE)


@views.on(CycleCancelled)
def cycle_cancelled(db: Rows, event: CycleCancelled, fact: Fact) -> None:
    row = db.change(cycles, event.cycle, state=CycleState.CANCELLED)
    programme = db.the(programmes, event.programme)
    db.change(programmes, event.programme, planned_minor=programme.planned_minor - row.ceiling_minor)


@views.on(CycleEnded)
def cycle_ended(db: Rows, event: CycleEnded, fact: Fact) -> None:
    db.change(cycles, event.cycle, state=CycleState.OVER)


@views.on(CycleReviewed)
def reviewed(db: Rows, event: CycleReviewed, fact: Fact) -> None:
    db.change(cycles, event.cycle, reviewed_at=fact.time, sound=event.sound)


@views.on(RecipientRegistered)
def registered(db: Rows, event: RecipientRegistered, fact: Fact) -> None:
    row = RecipientRow(
        recipient=event.recipient,
        fund=event.fund,
        account=event.account or b"",
        organisation=event.organisation or b"",
        particulars=event.particulars.commitment,
        registered_at=fact.time,
    )
    db.add(recipients, row)


@views.on(EntitlementEntered)
def entitled(db: Rows, event: EntitlementEntered, fact: Fact) -> None:
    row = EntitlementRow(
        entitlement=event.entitlement,
        cycle=event.cycle,
        programme=event.programme,
        recipient=event.recipient,
        account=db.the(recipients, event.recipient).account,
        number=event.number,
        form=event.form,
        amount_minor=event.amount_minor,
        quantity=event.quantity,
        unit=event.unit,
        until=event.until,
        state=EntitlementState.ENTERED,
        entered_at=fact.time,
        starts=event.starts,
    )
    db.add(entitlements, row)
    _count(db, event.cycle, 1, event.amount_minor)


@views.on(EntitlementWithdrawn)
def withdrawn(db: Rows, event: EntitlementWithdrawn, fact: Fact) -> None:
    row = db.change(entitlements, event.entitlement, state=EntitlementState.WITHDRAWN)
    _count(db, event.cycle, -1, -row.amount_minor)


@views.on(EntitlementExpired)
def expired(db: Rows, event: EntitlementExpired, fact: Fact) -> None:
    db.change(entitlements, event.entitlement, state=EntitlementState.EXPIRED)


@views.on(ObjectionRaised)
def objected(db: Rows, event: ObjectionRaised, fact: Fact) -> None:
    row = ObjectionRow(
        objection=event.objection,
        cycle=event.cycle,
        entitlement=event.entitlement or b"",
        raised_by=event.raised_by,
        raised_at=fact.time,
        words=event.words.commitment,
        state=ObjectionState.OPEN,
    )
    db.add(objections, row)
    if event.entitlement is not None:
        db.change(entitlements, event.entitlement, state=EntitlementState.HELD)
    cycle = db.the(cycles, event.cycle)
    db.change(cycles, event.cycle, objections=cycle.objections + 1)


@views.on(ObjectionAnswered)
def objection_answered(db: Rows, event: ObjectionAnswered, fact: Fact) -> None:
    state = ObjectionState.UPHELD if event.upheld else ObjectionState.DISMISSED
    row = db.the(objections, event.objection)
    db.put(objections, row._replace(state=state, answered_at=fact.time, answer=event.words.commitment))
    line = db.get(entitlements, event.entitlement) if event.entitlement is not None else None
    if line is not None and line.state == EntitlementState.HELD:
        then = EntitlementState.STRUCK if event.upheld else EntitlementState.ENTERED
        db.change(entitlements, line.entitlement, state=then)
        if event.upheld:
            _count(db, event.cycle, -1, -line.amount_minor)


def _count(db: Rows, cycle_id: bytes, more: int, amount_minor: int) -> None:
    row = db.the(cycles, cycle_id)
    db.change(cycles, cycle_id, entitlements=row.entitlements + more, entitled_minor=row.entitled_minor + amount_minor)
