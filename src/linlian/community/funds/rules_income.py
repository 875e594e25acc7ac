"""What comes in: gifts, promised with a key of one's own or taken in at the counter, and other income; and refunds.

Rules
- A gift is named or anonymous, free or for one programme. What is for one programme is spent on no other.
- A promise is no money: it counts once a manager says that it arrived.
- A refund is entered by a manager and paid when an approver says so, above the limit two; it is never more than was
  given and is still there.
"""

from __future__ import annotations

from linlian.community import identity
from linlian.community.funds.rules import (
    NOTHING,
    Currency,
    Fund,
    FundId,
    Gift,
    GiftId,
    Minor,
    ProgrammeId,
    Refund,
    Source,
    check_currency,
    check_purse,
    contract,
    gifts,
    purse_of,
    refunds,
    require_fund,
    require_pot,
)
from linlian.community.funds.rules_acting import approve, as_approver, as_manager
from linlian.community.funds.rules_money import pay_back, put_in
from linlian.community.funds.rules_table import GiftState, RefundState, moved
from linlian.community.identity import NOBODY, AccountId
from linlian.kernel.contract import Command, Content, Context, Event, Id, Label, Reader, Refused, replace


class Give(Command):
    """`programme`: for it alone; without one for whatever the sub-account is for. `public`: one's name may be said."""

    fund: FundId
    amount_minor: Minor
    currency: Currency
    purse: Label
    programme: ProgrammeId | None = None
    public: bool = False


class ReceiveGift(Command):
    gift: GiftId
    amount_minor: Minor


class DeclineGift(Command):
    gift: GiftId


class RecordIncome(Command):
    """`particulars`: from whom and how, sealed."""

    fund: FundId
    source: Source
    amount_minor: Minor
    currency: Currency
    purse: Label
    particulars: Content
    programme: ProgrammeId | None = None
    donor: AccountId | None = None
    public: bool = False


class EnterRefund(Command):
    gift: GiftId
    amount_minor: Minor


class ApproveRefund(Command):
    refund: Id


class DeclineRefund(Command):
    refund: Id


@contract.event
class GiftPromised(Event):
    gift: GiftId
    fund: FundId
    donor: AccountId
    amount_minor: Minor
    purse: Label
    programme: ProgrammeId | None = None
    public: bool = False


@contract.event
class GiftReceived(Event):
    """Money is in: what was promised, or what was recorded. `donor` is left out where no account gave it."""

    gift: GiftId
    fund: FundId
    source: Source
    amount_minor: Minor
    purse: Label
    recorded_by: AccountId
    programme: ProgrammeId | None = None
    donor: AccountId | None = None
    public: bool = False
    particulars: Content | None = None


@contract.event
class GiftDeclined(Event):
    gift: GiftId
    fund: FundId


@contract.event
class RefundEntered(Event):
    refund: Id
    gift: GiftId
    fund: FundId
    amount_minor: Minor
    entered_by: AccountId


@contract.event
class RefundApproved(Event):
    """`complete`: enough people have approved, and it is paid."""

    refund: Id
    gift: GiftId
    fund: FundId
    amount_minor: Minor
    approved_by: AccountId
    complete: bool = False


@contract.event
class RefundDeclined(Event):
    refund: Id
    gift: GiftId
    fund: FundId


@contract.command
def give(ctx: Context, cmd: Give) -> None:
    """Promise money to a fund, free or for one programme."""
    identity.acting(ctx)
    fund = require_fund(ctx, cmd.fund)
    programme_id = _check_target(ctx, cmd.fund, fund, cmd.currency, cmd.purse, cmd.programme)
    gift_id = ctx.new_id()
    row = Gift(
        fund=cmd.fund,
        source=Source.DONATION,
        programme=programme_id,
        purse=cmd.purse,
        donor=ctx.signer,
        amount_minor=cmd.amount_minor,
        public=cmd.public,
        state=GiftState.PROMISED,
        recorded_by=ctx.signer,
    )
    gifts.create(ctx, gift_id, row)
    ctx.emit(
        GiftPromised(
            gift=gift_id,
            fund=cmd.fund,
            donor=ctx.signer,
            amount_minor=cmd.amount_minor,
            purse=cmd.purse,
            programme=cmd.programme,
            public=cmd.public,
        )
    )


@contract.command
def receive_gift(ctx: Context, cmd: ReceiveGift) -> None:
    """Say that what was promised has arrived, to the last fen."""
    gift = require_gift(ctx, cmd.gift)
    fund = require_fund(ctx, gift.fund)
    as_manager(ctx, gift.fund, fund)
    state = moved("receive_gift", gift.state, (cmd.gift,))
    if cmd.amount_minor != gift.amount_minor:
        raise Refused("funds.wrong_sum", about=(cmd.gift,), amount_minor=gift.amount_minor)
    gifts.put(ctx, cmd.gift, replace(gift, state=state))
    put_in(ctx, gift.fund, gift.purse, gift.programme, gift.amount_minor)
    _tell_received(ctx, cmd.gift, gift, None)


@contract.command
def decline_gift(ctx: Context, cmd: DeclineGift) -> None:
    """Say that what was promised does not come, or is not taken."""
    gift = require_gift(ctx, cmd.gift)
    as_manager(ctx, gift.fund, require_fund(ctx, gift.fund))
    gifts.put(ctx, cmd.gift, replace(gift, state=moved("decline_gift", gift.state, (cmd.gift,))))
    ctx.emit(GiftDeclined(gift=cmd.gift, fund=gift.fund))


@contract.command
def record_income(ctx: Context, cmd: RecordIncome) -> None:
    """Record money that arrived without a promise: at the counter, from the common parts, as interest."""
    fund = require_fund(ctx, cmd.fund)
    as_manager(ctx, cmd.fund, fund)
    programme_id = _check_target(ctx, cmd.fund, fund, cmd.currency, cmd.purse, cmd.programme)
    if cmd.donor is not None:
        identity.require_account(ctx, cmd.donor)
    gift_id = ctx.new_id()
    row = Gift(
        fund=cmd.fund,
        source=cmd.source,
        programme=programme_id,
        purse=cmd.purse,
        donor=cmd.donor or NOBODY,
        amount_minor=cmd.amount_minor,
        public=cmd.public,
        state=GiftState.RECEIVED,
        recorded_by=ctx.signer,
    )
    gifts.create(ctx, gift_id, row)
    put_in(ctx, cmd.fund, cmd.purse, programme_id, cmd.amount_minor)
    _tell_received(ctx, gift_id, row, cmd.particulars)


@contract.command
def enter_refund(ctx: Context, cmd: EnterRefund) -> None:
    """Enter that money goes back to whoever gave it; an approver then says yes or no."""
    gift = require_gift(ctx, cmd.gift)
    fund = require_fund(ctx, gift.fund)
    as_manager(ctx, gift.fund, fund)
    _check_refundable(ctx, cmd.gift, gift, cmd.amount_minor)
    refund_id = ctx.new_id()
    row = Refund(cmd.gift, gift.fund, cmd.amount_minor, RefundState.ENTERED, ctx.signer)
    refunds.create(ctx, refund_id, row)
    ctx.emit(
        RefundEntered(
            refund=refund_id, gift=cmd.gift, fund=gift.fund, amount_minor=cmd.amount_minor, entered_by=ctx.signer
        )
    )


@contract.command
def approve_refund(ctx: Context, cmd: ApproveRefund) -> None:
    """Approve that money goes back; above the fund's limit the second approver does."""
    refund = require_refund(ctx, cmd.refund)
    fund, gift = require_fund(ctx, refund.fund), require_gift(ctx, refund.gift)
    as_approver(ctx, refund.fund, fund, refund.entered_by, gift.donor)
    state = moved("pay_refund", refund.state, (refund.gift,))
    approved_by, complete = approve(ctx, refund.fund, fund, refund.approved_by, refund.amount_minor)
    refund = replace(refund, approved_by=approved_by, state=state if complete else refund.state)
    refunds.put(ctx, cmd.refund, refund)
    if complete:
        _pay_back(ctx, refund, gift)
    ctx.emit(
        RefundApproved(
            refund=cmd.refund,
            gift=refund.gift,
            fund=refund.fund,
            amount_minor=refund.amount_minor,
            approved_by=ctx.signer,
            complete=complete,
        )
    )


@contract.command
def decline_refund(ctx: Context, cmd: DeclineRefund) -> None:
    """Say that money does not go back."""
    refund = require_refund(ctx, cmd.refund)
    as_approver(ctx, refund.fund, require_fund(ctx, refund.fund), refund.entered_by)
    refunds.put(ctx, cmd.refund, replace(refund, state=moved("decline_refund", refund.state, (refund.gift,))))
    ctx.emit(RefundDeclined(refund=cmd.refund, gift=refund.gift, fund=refund.fund))


require_gift = gifts.require
require_refund = refunds.require


def _check_target(
    reader: Reader, fund_id: bytes, fund: Fund, currency: str, purse: str, programme_id: bytes | None
) -> bytes:
    """The programme (or NOTHING) that money is for: of this fund and this sub-account, and still running."""
    check_currency(fund_id, fund, currency)
    check_purse(fund_id, fund, purse)
    if programme_id is None:
        return NOTHING
    pot = require_pot(reader, programme_id)
    if pot.fund != fund_id or pot.purse != purse:
        raise Refused("funds.other_fund", about=(fund_id,))
    if not pot.open:
        raise Refused("funds.not_running", about=(programme_id,))
    return programme_id


def _check_refundable(reader: Reader, gift_id: bytes, gift: Gift, amount_minor: int) -> None:
    """No more goes back than was given, and than is still there. Refused: `funds.not_received`, `funds.not_there`."""
    if gift.state is not GiftState.RECEIVED:
        raise Refused("funds.not_received", about=(gift_id,), state=gift.state.value)
    free = gift.programme == NOTHING
    there = (
        purse_of(reader, gift.fund, gift.purse).balance_minor if free else require_pot(reader, gift.programme).own_minor
    )
    most = min(gift.amount_minor - gift.refunded_minor, there)
    if amount_minor > most:
        raise Refused("funds.not_there", about=(gift_id,), most_minor=most)


def _pay_back(ctx: Context, refund: Refund, gift: Gift) -> None:
    _check_refundable(ctx, refund.gift, gift, refund.amount_minor)
    gifts.put(ctx, refund.gift, replace(gift, refunded_minor=gift.refunded_minor + refund.amount_minor))
    pay_back(ctx, refund.fund, gift.purse, gift.programme, refund.amount_minor)


def _tell_received(ctx: Context, gift_id: bytes, gift: Gift, particulars: Content | None) -> None:
    ctx.emit(
        GiftReceived(
            gift=gift_id,
            fund=gift.fund,
            source=gift.source,
            amount_minor=gift.amount_minor,
            purse=gift.purse,
            recorded_by=ctx.signer,
            programme=None if gift.programme == NOTHING else gift.programme,
            donor=None if gift.donor == NOBODY else gift.donor,
            public=gift.public,
            particulars=particulars,
        )
    )
