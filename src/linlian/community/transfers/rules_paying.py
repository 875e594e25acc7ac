"""Payments: what is paid of an entitlement, entered by a manager and approved by others, before any money moves.

Rules
- Payments are entered of a cycle that is payable, for entitlements that stand: not held, not struck, not expired.
- Up to 40 are entered and approved together; each is a record of its own with its own approvals. Above the fund's limit
  two people approve; what counts is the single payment, and a list was approved as a whole before.
- All payments of an entitlement together are never more than it.
- A line of a spreadsheet has a mark, a keyed hash of what stands in it; the same line twice is one payment.
"""

from __future__ import annotations

from typing import Annotated

from linlian.community import funds, programmes
from linlian.community.funds import Minor, ProgrammeId
from linlian.community.identity import AccountId
from linlian.community.programmes import Cycle, CycleId, RecipientId
from linlian.community.transfers.rules import Payment, contract, payments, require_payment, roll_item, rolls
from linlian.community.transfers.rules_table import PaymentState, moved
from linlian.kernel.contract import (
    Command,
    Context,
    Event,
    Fields,
    Hash,
    Id,
    Meta,
    Reader,
    Refused,
    Row,
    compose,
    replace,
)
from linlian.kernel.rolls import enroll

TOGETHER_MAX = 40
"""Each costs six of the 256 rows that a command may write, and a mark one more."""


class PaymentLine(Fields):
    """`mark` where it is a line of a spreadsheet."""

    entitlement: Id
    amount_minor: Minor
    mark: Hash | None = None


class Marked(Row):
    """The payment that a line of a spreadsheet is. Keyed by cycle and mark."""

    payment: Id


marks = contract.table("marked", Marked)


class EnterPayments(Command):
    cycle: CycleId
    lines: Annotated[tuple[PaymentLine, ...], Meta(min_length=1, max_length=TOGETHER_MAX)]


class ApprovePayments(Command):
    """`total_minor`: what they come to, so that whoever signs has added it up."""

    cycle: CycleId
    payments: Annotated[tuple[Id, ...], Meta(min_length=1, max_length=TOGETHER_MAX)]
    total_minor: Minor


class CancelPayment(Command):
    payment: Id


@contract.event
class PaymentEntered(Event):
    payment: Id
    entitlement: Id
    cycle: CycleId
    programme: ProgrammeId
    recipient: RecipientId
    amount_minor: Minor
    entered_by: AccountId


@contract.event
class PaymentApproved(Event):
    """`complete`: enough people have."""

    payment: Id
    cycle: CycleId
    programme: ProgrammeId
    recipient: RecipientId
    amount_minor: Minor
    approved_by: AccountId
    complete: bool = False


@contract.event
class PaymentCancelled(Event):
    payment: Id
    cycle: CycleId
    programme: ProgrammeId
    recipient: RecipientId


@contract.command
def enter_payments(ctx: Context, cmd: EnterPayments) -> None:
    """Enter what is to be paid of a cycle."""
    cycle = programmes.require_cycle(ctx, cmd.cycle)
    funds.as_manager(ctx, cycle.fund, funds.require_fund(ctx, cycle.fund))
    entered = [_enter(ctx, cmd.cycle, cycle, line) for line in cmd.lines]
    enroll(ctx, rolls, cycle.programme, entered)


@contract.command
def approve_payments(ctx: Context, cmd: ApprovePayments) -> None:
    """Say yes to payments, each for itself; all or none of them."""
    cycle = programmes.require_cycle(ctx, cmd.cycle)
    fund, programme = funds.require_fund(ctx, cycle.fund), programmes.require_programme(ctx, cycle.programme)
    total = 0
    for payment_id in dict.fromkeys(cmd.payments):
        row = require_payment(ctx, payment_id)
        if row.cycle != cmd.cycle:
            raise Refused("transfers.unknown_payment")
        funds.as_approver(ctx, cycle.fund, fund, row.entered_by)
        state = moved("approve_payment", row.state, (cmd.cycle,))
        approved_by, complete = funds.approve(
            ctx, cycle.fund, fund, row.approved_by, row.amount_minor, quick=programme.emergency
        )
        row = replace(row, approved_by=approved_by, state=state if complete else row.state)
        payments.put(ctx, payment_id, row)
        total += row.amount_minor
        if complete:
            programmes.count_approved(ctx, cmd.cycle, row.amount_minor)
        ctx.emit(
            PaymentApproved(
                payment=payment_id,
                cycle=cmd.cycle,
                programme=cycle.programme,
                recipient=recipient_of(ctx, row),
                amount_minor=row.amount_minor,
                approved_by=ctx.signer,
                complete=complete,
            )
        )
    if total != cmd.total_minor:
        raise Refused("transfers.wrong_sum", about=(cmd.cycle,), amount_minor=total)


@contract.command
def cancel_payment(ctx: Context, cmd: CancelPayment) -> None:
    """Take back a payment whose money is not under way; the entitlement may be paid again."""
    row = require_payment(ctx, cmd.payment)
    cycle = programmes.require_cycle(ctx, row.cycle)
    funds.as_manager(ctx, cycle.fund, funds.require_fund(ctx, cycle.fund))
    state = moved("cancel_payment", row.state, (row.cycle,))
    if row.state is not PaymentState.ENTERED:
        programmes.count_approved(ctx, row.cycle, -row.amount_minor)
    payments.put(ctx, cmd.payment, replace(row, state=state))
    programmes.order(ctx, row.entitlement, -row.amount_minor)
    ctx.emit(
        PaymentCancelled(
            payment=cmd.payment, cycle=row.cycle, programme=cycle.programme, recipient=recipient_of(ctx, row)
        )
    )


def recipient_of(reader: Reader, row: Payment) -> bytes:
    """Whom a payment is for."""
    return programmes.require_entitlement(reader, row.entitlement).recipient


def _enter(ctx: Context, cycle_id: bytes, cycle: Cycle, line: PaymentLine) -> bytes:
    """Its line in the programme's roll."""
    entitlement = programmes.order(ctx, line.entitlement, line.amount_minor)
    if entitlement.cycle != cycle_id:
        raise Refused("transfers.other_cycle", about=(cycle_id,))
    payment_id = ctx.new_id()
    if line.mark is not None:
        _check_once(ctx, cycle_id, line.mark)
        marks.put(ctx, compose(cycle_id, line.mark), Marked(payment_id))
    row = Payment(line.entitlement, cycle_id, line.amount_minor, PaymentState.ENTERED, ctx.signer)
    payments.create(ctx, payment_id, row)
    ctx.emit(
        PaymentEntered(
            payment=payment_id,
            entitlement=line.entitlement,
            cycle=cycle_id,
            programme=cycle.programme,
            recipient=entitlement.recipient,
            amount_minor=line.amount_minor,
            entered_by=ctx.signer,
        )
    )
    return roll_item(payment_id, line.amount_minor)


def _check_once(reader: Reader, cycle_id: bytes, mark: bytes) -> None:
    """What was taken back may be entered again. Refused: `transfers.payment_twice`."""
    known = marks.get(reader, compose(cycle_id, mark))
    if known is not None and require_payment(reader, known.payment).state is not PaymentState.CANCELLED:
        raise Refused("transfers.payment_twice", about=(cycle_id,))
