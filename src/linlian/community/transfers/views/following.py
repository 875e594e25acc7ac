"""What each event does to the rows."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from linlian.community.funds.views import GiftReceived, RefundApproved, gifts
from linlian.community.programmes.views import (
    EntitlementEntered,
    EntitlementWithdrawn,
    ObjectionAnswered,
    programmes,
    recipients,
)
from linlian.community.transfers.rules_banking import LineMatched, LineRecorded
from linlian.community.transfers.rules_hops import MoneyConfirmed, MoneySent, ReceiptSilent
from linlian.community.transfers.rules_paying import PaymentApproved, PaymentCancelled, PaymentEntered
from linlian.community.transfers.rules_receipts import ReceiptAttested, ReceiptConfirmed
from linlian.community.transfers.rules_returning import HopFailed, MoneyReturned, MoneyTakenBack
from linlian.community.transfers.rules_table import HopState, PaymentState
from linlian.community.transfers.views.rows import (
    AwardRow,
    BasisRow,
    DayRow,
    FlowRow,
    HandRow,
    HopRow,
    LineRow,
    MoveRow,
    PaymentRow,
    RollRow,
    SumRow,
    TotalRow,
    UnpaidRow,
    awards,
    bases,
    days,
    flows,
    hands,
    hops,
    lines,
    moves,
    payments,
    rolls,
    sums,
    totals,
    unpaid,
    views,
)
from linlian.readmodel.view import Fact, Rows

PAID = {"sent": 1, "passed": 1, "failed": -1, "back": -1}
"""What a movement to a recipient adds to what was paid."""
DAY_MS = 86_400_000


@views.on(ReceiptAttested)
def attested(db: Rows, event: ReceiptAttested, fact: Fact) -> None:
    db.change(hops, event.hop, sheet=event.paper.commitment, sheet_hash=event.paper.ciphertext_hash)


@views.on(GiftReceived)
def income(db: Rows, event: GiftReceived, fact: Fact) -> None:
    _move(db, event.fund, event.programme or b"", fact, "income", event.amount_minor, True)


@views.on(RefundApproved)
def refund(db: Rows, event: RefundApproved, fact: Fact) -> None:
    if event.complete:
        _move(db, event.fund, db.the(gifts, event.gift).programme, fact, "refund", event.amount_minor, True)


@views.on(EntitlementEntered)
def awarded(db: Rows, event: EntitlementEntered, fact: Fact) -> None:
    row = AwardRow(
        award=award_of(event.entitlement),
        fund=db.the(programmes, event.programme).fund,
        programme=event.programme,
        cycle=event.cycle,
        form=event.form,
        to_organisation=db.the(recipients, event.recipient).organisation != b"",
        amount_minor=event.amount_minor,
    )
    db.add(awards, row)
    db.add(unpaid, UnpaidRow(event.entitlement, event.cycle, event.number, event.amount_minor))


@views.on(EntitlementWithdrawn)
def award_withdrawn(db: Rows, event: EntitlementWithdrawn, fact: Fact) -> None:
    db.delete(awards, award_of(event.entitlement))
    db.delete(unpaid, event.entitlement)


@views.on(ObjectionAnswered)
def award_struck(db: Rows, event: ObjectionAnswered, fact: Fact) -> None:
    if event.upheld and event.entitlement is not None and fact.time:
        found = db.get(awards, award_of(event.entitlement))
        if found is not None and not found.disbursed_minor:
            db.delete(awards, found.award)
            db.delete(unpaid, event.entitlement)


@views.on(PaymentEntered)
def entered(db: Rows, event: PaymentEntered, fact: Fact) -> None:
    before = db.get(rolls, event.programme) or RollRow(event.programme, 0)
    db.put(rolls, before._replace(payments=before.payments + 1))
    row = PaymentRow(
        payment=event.payment,
        entitlement=event.entitlement,
        cycle=event.cycle,
        programme=event.programme,
        recipient=event.recipient,
        amount_minor=event.amount_minor,
        state=PaymentState.ENTERED,
        entered_by=event.entered_by,
        entered_at=fact.time,
        number=before.payments + 1,
    )
    db.add(payments, row)
    _stand(db, event.entitlement, 1)


@views.on(PaymentApproved)
def approved(db: Rows, event: PaymentApproved, fact: Fact) -> None:
    row = db.the(payments, event.payment)
    state = PaymentState.APPROVED if event.complete else row.state
    db.change(payments, event.payment, approvals=row.approvals + 1, state=state)


@views.on(PaymentCancelled)
def cancelled(db: Rows, event: PaymentCancelled, fact: Fact) -> None:
    row = db.change(payments, event.payment, state=PaymentState.CANCELLED)
    _stand(db, row.entitlement, -1)


@views.on(MoneySent)
def sent(db: Rows, event: MoneySent, fact: Fact) -> None:
    fund = db.the(programmes, event.programme).fund
    row = HopRow(
        hop=event.hop,
        fund=fund,
        programme=event.programme,
        cycle=event.cycle,
        continues=event.continues or b"",
        sender=event.sender,
        receiver=event.receiver or b"",
        recipient=event.recipient or b"",
        account=db.the(recipients, event.recipient).account if event.recipient else b"",
        payment=event.payment or b"",
        form=event.form,
        amount_minor=event.amount_minor,
        state=HopState.SENT,
        sent_at=fact.time,
    )
    db.add(hops, row)
    if event.payment is not None:
        db.change(payments, event.payment, state=PaymentState.SENT, hop=event.hop)
    _flow(db, row, sent_minor=event.amount_minor, hops=1)
    _sum(db, row, on_the_way_minor=event.amount_minor, pending=1 if row.recipient else 0)
    _leave(db, row, event.amount_minor)
    _move_hop(db, row, fact, "passed" if row.continues else "sent", event.amount_minor, not row.continues)


@views.on(MoneyConfirmed)
def confirmed(db: Rows, event: MoneyConfirmed, fact: Fact) -> None:
    row = db.change(
        hops,
        event.hop,
        state=HopState.CONFIRMED,
        held_minor=event.amount_minor,
        confirmed_at=fact.time,
        basis="own_key",
        said_in=fact.item_id,
    )
    _flow(db, row, arrived_minor=row.amount_minor)
    _sum(db, row, on_the_way_minor=-row.amount_minor, held_minor=row.amount_minor)
    _move_hop(db, row, fact, "arrived", row.amount_minor, False)


@views.on(ReceiptConfirmed)
def delivered(db: Rows, event: ReceiptConfirmed, fact: Fact) -> None:
    was = db.the(hops, event.hop)
    if was.basis:
        _basis(db, was.programme, was.basis, -1, -was.amount_minor)
    said: dict[str, Any] = {"basis": event.basis, "confirmed_at": fact.time, "said_in": fact.item_id}
    row = db.change(hops, event.hop, state=HopState.CONFIRMED, **said)
    db.change(payments, event.payment, state=PaymentState.RECEIVED)
    _basis(db, row.programme, event.basis, 1, row.amount_minor)
    _flow(db, row, arrived_minor=row.amount_minor)
    _sum(db, row, on_the_way_minor=-row.amount_minor, delivered_minor=row.amount_minor, receipts=1, pending=-1)
    _move_hop(db, row, fact, "delivered", row.amount_minor, False)
    _disburse(db, row, row.amount_minor, fact.time)


@views.on(ReceiptSilent)
def silent(db: Rows, event: ReceiptSilent, fact: Fact) -> None:
    was = db.the(hops, event.hop)
    row = db.change(hops, event.hop, state=HopState.SILENT, basis=was.basis or event.basis)
    if not was.basis:
        _basis(db, row.programme, event.basis, 1, row.amount_minor)


@views.on(HopFailed)
def failed(db: Rows, event: HopFailed, fact: Fact) -> None:
    was = db.the(hops, event.hop)
    if was.basis:
        _basis(db, was.programme, was.basis, -1, -was.amount_minor)
    row = db.change(hops, event.hop, state=HopState.FAILED, reason=event.reason, basis="")
    if event.payment is not None:
        db.change(payments, event.payment, state=PaymentState.FAILED)
    _flow(db, row, sent_minor=-row.amount_minor, failed=1)
    _sum(db, row, on_the_way_minor=-row.amount_minor, pending=-1 if row.recipient else 0)
    _leave(db, row, -row.amount_minor)
    _move_hop(db, row, fact, "failed", row.amount_minor, not row.continues)


@views.on(MoneyReturned)
def returned(db: Rows, event: MoneyReturned, fact: Fact) -> None:
    row, amount = db.the(hops, event.hop), event.amount_minor
    if event.recipient is not None:
        row = db.change(hops, event.hop, state=HopState.RETURNING, returning_minor=amount)
        _basis(db, row.programme, row.basis, -1, -amount)
        _sum(db, row, delivered_minor=-amount, receipts=-1, returning_minor=amount)
        _disburse(db, row, -amount, fact.time)
    else:
        left = {"held_minor": row.held_minor - amount, "returning_minor": row.returning_minor + amount}
        row = db.change(hops, event.hop, **left)
        _sum(db, row, held_minor=-amount, returning_minor=amount)
    _move_hop(db, row, fact, "returned", amount, False)


@views.on(MoneyTakenBack)
def taken_back(db: Rows, event: MoneyTakenBack, fact: Fact) -> None:
    row, amount = db.the(hops, event.hop), event.amount_minor
    changes = {"returning_minor": row.returning_minor - amount, "back_minor": row.back_minor + amount}
    row = db.change(hops, event.hop, **changes)
    if event.payment is not None:
        db.change(hops, event.hop, state=HopState.RETURNED)
        db.change(payments, event.payment, state=PaymentState.RETURNED)
    _flow(db, row, sent_minor=-amount, arrived_minor=-amount)
    _sum(db, row, returning_minor=-amount)
    _leave(db, row, -amount)
    _move_hop(db, row, fact, "back", amount, not row.continues)


@views.on(LineRecorded)
def line_recorded(db: Rows, event: LineRecorded, fact: Fact) -> None:
    row = LineRow(event.fund, event.mark, event.amount_minor, event.incoming, event.booked_at, fact.time)
    db.add(lines, row._replace(line=event.line.commitment))


@views.on(LineMatched)
def line_matched(db: Rows, event: LineMatched, fact: Fact) -> None:
    matched = event.gift or event.hop or event.refund or b""
    db.change(lines, event.fund, event.mark, matched=matched, matched_at=fact.time)
    if event.hop is not None:
        was = db.change(hops, event.hop, line=event.mark)
        if event.basis is not None:
            if was.basis:
                _basis(db, was.programme, was.basis, -1, -was.amount_minor)
            db.change(hops, event.hop, state=HopState.BANKED, basis=event.basis)
            _basis(db, was.programme, event.basis, 1, was.amount_minor)


def award_of(entitlement: bytes) -> bytes:
    """The public name of a line of a list: it leads to no recipient, round or payment."""
    return sha256(b"transfers.award" + entitlement).digest()[:16]


def _disburse(db: Rows, row: HopRow, amount_minor: int, time: int) -> None:
    key = award_of(db.the(payments, row.payment).entitlement)
    found = db.the(awards, key)
    db.change(awards, key, disbursed_minor=found.disbursed_minor + amount_minor, disbursed_at=time)


def _leave(db: Rows, row: HopRow, amount_minor: int) -> None:
    """Money leaves the fund, or the hand that holds it; negative where it comes back there."""
    if row.continues:
        before = db.the(hops, row.continues)
        db.change(hops, row.continues, held_minor=before.held_minor - amount_minor)
        _sum(db, row, held_minor=-amount_minor)
    else:
        _sum(db, row, out_minor=amount_minor)


def _stand(db: Rows, entitlement: bytes, more: int) -> None:
    found = db.get(unpaid, entitlement)
    if found is not None:
        db.put(unpaid, found._replace(payments=found.payments + more))


def _sum(db: Rows, row: HopRow, **more: int) -> None:
    found = db.get(sums, row.programme)
    if found is None:
        found = SumRow(row.programme, row.fund, db.the(programmes, row.programme).drafted_at)
    db.put(sums, found._replace(**{name: getattr(found, name) + value for name, value in more.items()}))
    total = db.get(totals, row.fund) or TotalRow(row.fund)
    db.put(totals, total._replace(**{name: getattr(total, name) + value for name, value in more.items()}))


def _flow(db: Rows, row: HopRow, **more: int) -> None:
    found = db.get(flows, row.programme, row.sender, row.receiver) or FlowRow(row.programme, row.sender, row.receiver)
    db.put(flows, found._replace(**{name: getattr(found, name) + value for name, value in more.items()}))


def _basis(db: Rows, programme_id: bytes, basis: str, more: int, amount_minor: int) -> None:
    found = db.get(bases, programme_id, basis) or BasisRow(programme_id, basis)
    db.put(bases, BasisRow(programme_id, basis, found.receipts + more, found.amount_minor + amount_minor))


def _move(db: Rows, fund_id: bytes, programme_id: bytes, fact: Fact, kind: str, amount_minor: int, first: bool) -> None:
    row = MoveRow(
        fund=fund_id,
        height=fact.height,
        receipt=fact.receipt,
        event=fact.event,
        time=fact.time,
        kind=kind,
        programme=programme_id,
        amount_minor=amount_minor,
        first=first,
    )
    db.add(moves, row)


def _move_hop(db: Rows, row: HopRow, fact: Fact, kind: str, amount_minor: int, first: bool) -> None:
    """A movement of a hop: what everybody may see of it, and by organisations, those to recipients added up by day."""
    _move(db, row.fund, row.programme, fact, kind, amount_minor, first)
    sender = row.sender if row.continues else b""
    if row.receiver and kind != "returned":
        moved = (row.fund, fact.height, fact.receipt, fact.event, fact.time, kind, row.programme)
        db.add(hands, HandRow(*moved, sender, row.receiver, amount_minor))
    elif kind in PAID:
        day = fact.time // DAY_MS
        found = db.get(days, row.programme, day, sender) or DayRow(row.programme, day, sender, row.fund)
        db.put(days, found._replace(amount_minor=found.amount_minor + PAID[kind] * amount_minor))
