"""What each event does to the rows."""

from __future__ import annotations

from linlian.community.funds.rules_alerts import DeadlineMet, DeadlineMissed
from linlian.community.funds.rules_asking import QuestionAnswered, QuestionAsked
from linlian.community.funds.rules_founding import (
    AccessGranted,
    FundClosed,
    FundConfirmed,
    FundOpened,
    InterestDeclared,
    ManagersChanged,
)
from linlian.community.funds.rules_income import (
    GiftDeclined,
    GiftPromised,
    GiftReceived,
    RefundApproved,
    RefundDeclined,
    RefundEntered,
)
from linlian.community.funds.rules_table import FundState, GiftState, QuestionState, RefundState
from linlian.community.funds.views.rows import (
    AccessRow,
    AlertRow,
    FundRow,
    GiftRow,
    ManagerRow,
    QuestionRow,
    RefundRow,
    accesses,
    alerts,
    funds,
    gifts,
    managers,
    questions,
    refunds,
    views,
)
from linlian.readmodel.view import Fact, Rows

views.leave_out(InterestDeclared)


@views.on(FundOpened)
def opened(db: Rows, event: FundOpened, fact: Fact) -> None:
    row = FundRow(
        fund=event.fund,
        kind=event.kind,
        code=event.code,
        state=FundState.PROPOSED,
        organisation=event.organisation,
        approver=event.approver,
        regulator=event.regulator,
        currency=event.currency,
        limit_minor=event.limit_minor,
        purses=",".join(event.purses),
        bank=event.bank.commitment,
        rules=event.rules.commitment,
        opened_at=fact.time,
    )
    db.add(funds, row)
    _name_managers(db, event.fund, event.managers)


@views.on(FundConfirmed)
def confirmed(db: Rows, event: FundConfirmed, fact: Fact) -> None:
    db.change(funds, event.fund, state=FundState.OPEN, confirmed_at=fact.time)


@views.on(FundClosed)
def closed(db: Rows, event: FundClosed, fact: Fact) -> None:
    db.change(funds, event.fund, state=FundState.CLOSED)


@views.on(ManagersChanged)
def managers_changed(db: Rows, event: ManagersChanged, fact: Fact) -> None:
    for row in db.under(managers, event.fund):
        db.delete(managers, event.fund, row.account)
    _name_managers(db, event.fund, event.managers)


@views.on(AccessGranted)
def access_granted(db: Rows, event: AccessGranted, fact: Fact) -> None:
    db.put(accesses, AccessRow(event.fund, event.organisation, event.access))


@views.on(GiftPromised)
def promised(db: Rows, event: GiftPromised, fact: Fact) -> None:
    row = GiftRow(
        gift=event.gift,
        fund=event.fund,
        source="donation",
        programme=event.programme or b"",
        purse=event.purse,
        donor=event.donor,
        amount_minor=event.amount_minor,
        public=event.public,
        state=GiftState.PROMISED,
        given_at=fact.time,
        received_at=0,
        said_in=fact.item_id,
    )
    db.add(gifts, row)
    fund = db.the(funds, event.fund)
    db.change(funds, event.fund, promised_minor=fund.promised_minor + event.amount_minor)


@views.on(GiftReceived)
def received(db: Rows, event: GiftReceived, fact: Fact) -> None:
    fund, was = db.the(funds, event.fund), db.get(gifts, event.gift)
    row = GiftRow(
        gift=event.gift,
        fund=event.fund,
        source=event.source,
        programme=event.programme or b"",
        purse=event.purse,
        donor=event.donor or b"",
        amount_minor=event.amount_minor,
        public=event.public,
        state=GiftState.RECEIVED,
        given_at=fact.time if was is None else was.given_at,
        received_at=fact.time,
        particulars=event.particulars.commitment if event.particulars else b"",
        said_in=fact.item_id,
    )
    db.put(gifts, row)
    db.change(
        funds,
        event.fund,
        in_minor=fund.in_minor + event.amount_minor,
        promised_minor=fund.promised_minor - (0 if was is None else was.amount_minor),
        gifts=fund.gifts + 1,
    )


@views.on(GiftDeclined)
def declined(db: Rows, event: GiftDeclined, fact: Fact) -> None:
    row = db.change(gifts, event.gift, state=GiftState.DECLINED)
    fund = db.the(funds, event.fund)
    db.change(funds, event.fund, promised_minor=fund.promised_minor - row.amount_minor)


@views.on(RefundEntered)
def refund_entered(db: Rows, event: RefundEntered, fact: Fact) -> None:
    row = RefundRow(
        refund=event.refund,
        gift=event.gift,
        fund=event.fund,
        amount_minor=event.amount_minor,
        state=RefundState.ENTERED,
        entered_by=event.entered_by,
        entered_at=fact.time,
    )
    db.add(refunds, row)


@views.on(RefundApproved)
def refund_approved(db: Rows, event: RefundApproved, fact: Fact) -> None:
    row = db.the(refunds, event.refund)
    db.change(refunds, event.refund, approvals=row.approvals + 1)
    if event.complete:
        db.change(refunds, event.refund, state=RefundState.PAID, ended_at=fact.time)
        gift, fund = db.the(gifts, event.gift), db.the(funds, event.fund)
        db.change(gifts, event.gift, refunded_minor=gift.refunded_minor + event.amount_minor)
        db.change(funds, event.fund, refunded_minor=fund.refunded_minor + event.amount_minor)


@views.on(RefundDeclined)
def refund_declined(db: Rows, event: RefundDeclined, fact: Fact) -> None:
    db.change(refunds, event.refund, state=RefundState.DECLINED, ended_at=fact.time)


@views.on(QuestionAsked)
def asked(db: Rows, event: QuestionAsked, fact: Fact) -> None:
    row = QuestionRow(
        question=event.question,
        fund=event.fund,
        programme=event.programme or b"",
        record=event.record or b"",
        asked_by=event.asked_by,
        asked_at=fact.time,
        answer_by=event.answer_by,
        words=event.words.commitment,
        state=QuestionState.ASKED,
    )
    db.add(questions, row)


@views.on(QuestionAnswered)
def answered(db: Rows, event: QuestionAnswered, fact: Fact) -> None:
    row = db.the(questions, event.question)._replace(
        state=QuestionState.ANSWERED, answered_at=fact.time, answer=event.words.commitment, late=event.late
    )
    db.put(questions, row)


@views.on(DeadlineMissed)
def missed(db: Rows, event: DeadlineMissed, fact: Fact) -> None:
    if db.get(questions, event.record) is not None:
        db.change(questions, event.record, state=QuestionState.LATE, late=True)
    row = AlertRow(event.kind, event.record, fact.time, event.fund, event.programme or b"", event.due)
    db.put(alerts, row)
    fund = db.the(funds, event.fund)
    db.change(funds, event.fund, late=fund.late + 1)


@views.on(DeadlineMet)
def met(db: Rows, event: DeadlineMet, fact: Fact) -> None:
    for row in db.under(alerts, event.kind, event.record):
        if not row.met_at:
            db.put(alerts, row._replace(met_at=fact.time))
            fund = db.the(funds, event.fund)
            db.change(funds, event.fund, late=fund.late - 1)


def _name_managers(db: Rows, fund_id: bytes, accounts: tuple[bytes, ...]) -> None:
    for account in accounts:
        db.put(managers, ManagerRow(fund_id, account, db.the(funds, fund_id).state))
