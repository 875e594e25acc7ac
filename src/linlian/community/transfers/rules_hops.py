"""Hops: money leaves, passes from hand to hand, arrives, fails, comes back.

Rules
- A first hop is signed by a manager, any other by the organisation that the money arrived at; it names the hop that it
  continues. One that did not arrive, or has less than that, is refused. So is a way that goes in a circle.
- A hop to an organisation is confirmed by its receiver, to the last fen. What it holds is what arrived, less what it
  passed on or gave back.
- A hop that names a payment is the last one: to the recipient, for the whole payment, and of goods or services it is
  their delivery. Others together are never more than the payments that are approved.
"""

from __future__ import annotations

from linlian.community import funds, identity, programmes
from linlian.community.funds import TIMES, AlertKind, As, Due, Fund, Minor, ProgrammeId
from linlian.community.identity import NOBODY, Basis, OrganisationId
from linlian.community.programmes import Cycle, CycleId, Form, RecipientId
from linlian.community.transfers.rules import (
    CHAIN_MAX,
    NOTHING,
    Hop,
    HopId,
    Payment,
    contract,
    hops,
    payments,
    require_hop,
    require_payment,
)
from linlian.community.transfers.rules_table import HopState, moved
from linlian.kernel.contract import Command, Context, Event, Id, Refused, replace


class SendMoney(Command):
    """Without `continues` it leaves the fund. It goes to an organisation (`receiver`), or it is the last hop of a
    `payment`, to its recipient."""

    cycle: CycleId
    amount_minor: Minor
    continues: HopId | None = None
    receiver: OrganisationId | None = None
    payment: Id | None = None


class ConfirmMoney(Command):
    hop: HopId
    amount_minor: Minor


class FallSilent(Command):
    hop: HopId


@contract.event
class MoneySent(Event):
    """`receiver` where it goes to an organisation, `recipient` and `payment` where it is the last hop."""

    hop: HopId
    cycle: CycleId
    programme: ProgrammeId
    sender: OrganisationId
    amount_minor: Minor
    form: Form
    continues: HopId | None = None
    receiver: OrganisationId | None = None
    recipient: RecipientId | None = None
    payment: Id | None = None


@contract.event
class MoneyConfirmed(Event):
    hop: HopId
    cycle: CycleId
    programme: ProgrammeId
    receiver: OrganisationId
    amount_minor: Minor


@contract.event
class ReceiptSilent(Event):
    """Nobody has said that it arrived; `basis` is silence."""

    hop: HopId
    cycle: CycleId
    programme: ProgrammeId
    basis: Basis
    recipient: RecipientId | None = None


@contract.command
def send_money(ctx: Context, cmd: SendMoney) -> None:
    """Send money on, to an organisation or to the recipient of a payment."""
    cycle = programmes.require_cycle(ctx, cmd.cycle)
    fund = funds.require_fund(ctx, cycle.fund)
    if (cmd.receiver is None) == (cmd.payment is None):
        raise Refused("transfers.name_one", about=(cmd.cycle,))
    chain, sender = _source(ctx, cmd, cycle, fund)
    payment = None if cmd.payment is None else _last(ctx, cmd, cmd.payment)
    if cmd.receiver is not None:
        _check_receiver(ctx, cmd.cycle, chain, cmd.receiver)
    own = _draw(ctx, cmd, cycle)
    hop_id = ctx.new_id()
    entitlement = None if payment is None else programmes.require_entitlement(ctx, payment.entitlement)
    if entitlement is not None:
        _check_recipient(ctx, cmd.cycle, chain, entitlement.recipient)
    row = Hop(
        fund=cycle.fund,
        programme=cycle.programme,
        cycle=cmd.cycle,
        continues=cmd.continues or NOTHING,
        sender=sender,
        receiver=cmd.receiver or NOBODY,
        payment=cmd.payment or NOTHING,
        recipient=NOTHING if entitlement is None else entitlement.recipient,
        form=Form.MONEY if entitlement is None else entitlement.form,
        amount_minor=cmd.amount_minor,
        state=HopState.SENT,
        sent_by=ctx.signer,
        sent_at=ctx.time,
        chain=chain,
        own_minor=own,
    )
    hops.create(ctx, hop_id, row)
    if payment is not None and cmd.payment is not None:
        state = moved("send_payment", payment.state, (cmd.cycle,))
        payments.put(ctx, cmd.payment, replace(payment, state=state, hop=hop_id))
    _set_clocks(ctx, hop_id, row)
    ctx.emit(
        MoneySent(
            hop=hop_id,
            cycle=cmd.cycle,
            programme=cycle.programme,
            sender=sender,
            amount_minor=cmd.amount_minor,
            form=row.form,
            continues=cmd.continues,
            receiver=cmd.receiver,
            recipient=None if entitlement is None else entitlement.recipient,
            payment=cmd.payment,
        )
    )


@contract.command
def confirm_money(ctx: Context, cmd: ConfirmMoney) -> None:
    """Say for an organisation that money has arrived, to the last fen."""
    hop = require_hop(ctx, cmd.hop)
    if hop.receiver == NOBODY:
        raise Refused("transfers.for_a_recipient", about=(cmd.hop,))
    funds.as_handler(ctx, cmd.hop, hop.receiver, As.RECEIVER)
    state = moved("confirm_hop", hop.state, (cmd.hop,))
    if cmd.amount_minor != hop.amount_minor:
        raise Refused("transfers.wrong_sum", about=(cmd.hop,), amount_minor=hop.amount_minor)
    hop = replace(hop, state=state, held_minor=hop.amount_minor, basis=Basis.OWN_KEY.value)
    hops.put(ctx, cmd.hop, hop)
    funds.forget(ctx, AlertKind.HOP_UNCONFIRMED, cmd.hop)
    watch_held(ctx, cmd.hop, hop)
    ctx.emit(
        MoneyConfirmed(
            hop=cmd.hop,
            cycle=hop.cycle,
            programme=hop.programme,
            receiver=hop.receiver,
            amount_minor=hop.amount_minor,
        )
    )


@contract.timer
def fall_silent(ctx: Context, cmd: FallSilent) -> None:
    """Nobody has said for long that it arrived. It may still be confirmed."""
    hop = require_hop(ctx, cmd.hop)
    state = moved("silence_hop", hop.state, (cmd.hop,))
    basis = hop.basis or Basis.SILENCE.value
    hops.put(ctx, cmd.hop, replace(hop, state=state, basis=basis))
    ctx.emit(
        ReceiptSilent(
            hop=cmd.hop,
            cycle=hop.cycle,
            programme=hop.programme,
            basis=Basis.SILENCE,
            recipient=None if hop.recipient == NOTHING else hop.recipient,
        )
    )


def stop_clocks(ctx: Context, hop_id: bytes) -> None:
    """It has arrived, or it never will."""
    funds.forget(ctx, AlertKind.HOP_UNCONFIRMED, hop_id)
    funds.forget(ctx, AlertKind.RECEIPT_UNCONFIRMED, hop_id)
    ctx.unschedule("transfers.silence", hop_id)


def _set_clocks(ctx: Context, hop_id: bytes, hop: Hop) -> None:
    last = hop.payment != NOTHING
    kind = AlertKind.RECEIPT_UNCONFIRMED if last else AlertKind.HOP_UNCONFIRMED
    funds.expect(ctx, Due(kind, hop.fund, hop.programme, hop_id, ctx.time + TIMES[kind]))
    if last:
        silent = ctx.time + TIMES[AlertKind.RECEIPT_SILENT]
        ctx.schedule("transfers.silence", hop_id, silent, FallSilent(hop=hop_id))


def watch_held(ctx: Context, hop_id: bytes, hop: Hop) -> None:
    """Something moved: what an organisation still holds has its time anew."""
    kind = AlertKind.HOP_STANDS_STILL
    funds.forget(ctx, kind, hop_id)
    if hop.held_minor:
        funds.expect(ctx, Due(kind, hop.fund, hop.programme, hop_id, ctx.time + TIMES[kind]))


def _source(ctx: Context, cmd: SendMoney, cycle: Cycle, fund: Fund) -> tuple[tuple[bytes, ...], bytes]:
    """Through which organisations the money came, and whose it is to send: the fund's, or where it arrived."""
    if cmd.continues is None:
        funds.as_manager(ctx, cycle.fund, fund)
        return (fund.organisation,), fund.organisation
    before = hops.get(ctx, cmd.continues)
    if before is None or before.cycle != cmd.cycle:
        raise Refused("transfers.unknown_hop")
    funds.as_handler(ctx, cmd.continues, before.receiver, As.SENDER)
    if before.state is not HopState.CONFIRMED:
        raise Refused("transfers.not_arrived", about=(cmd.continues,), state=before.state.value)
    if cmd.amount_minor > before.held_minor:
        raise Refused("transfers.not_held", about=(cmd.continues,), held_minor=before.held_minor)
    if len(before.chain) >= CHAIN_MAX:
        raise Refused("transfers.too_many_hops", about=(cmd.continues,), most=CHAIN_MAX)
    return (*before.chain, before.receiver), before.receiver


def _last(ctx: Context, cmd: SendMoney, payment_id: bytes) -> Payment:
    """The payment whose last hop this is: of this cycle, approved, and paid whole."""
    payment = require_payment(ctx, payment_id)
    if payment.cycle != cmd.cycle:
        raise Refused("transfers.unknown_payment")
    moved("send_payment", payment.state, (cmd.cycle,))
    if cmd.amount_minor != payment.amount_minor:
        raise Refused("transfers.wrong_sum", about=(cmd.cycle,), amount_minor=payment.amount_minor)
    return payment


def _check_receiver(ctx: Context, cycle_id: bytes, chain: tuple[bytes, ...], receiver: bytes) -> None:
    """No circle: nobody sends it to themselves or to where it has been."""
    identity.require_active(ctx, receiver)
    if receiver == chain[-1]:
        raise Refused("transfers.to_oneself", about=(cycle_id,))
    if any(receiver == known for known in chain):
        raise Refused("transfers.in_a_circle", about=(cycle_id,))


def _check_recipient(ctx: Context, cycle_id: bytes, chain: tuple[bytes, ...], recipient_id: bytes) -> None:
    """Nobody pays themselves, nor an organisation that the money has come through."""
    recipient = programmes.recipient(ctx, recipient_id)
    assert recipient is not None, "an entitlement is made for one"
    if recipient.account == ctx.signer or recipient.organisation == chain[-1]:
        raise Refused("transfers.to_oneself", about=(cycle_id,))
    if any(recipient.organisation == known for known in chain):
        raise Refused("transfers.in_a_circle", about=(cycle_id,))


def _draw(ctx: Context, cmd: SendMoney, cycle: Cycle) -> int:
    """Take the money from where it is; how much of it was given for the programme alone. What leaves the fund is never
    more than what is approved."""
    if cmd.continues is not None:
        before = require_hop(ctx, cmd.continues)
        before = replace(before, held_minor=before.held_minor - cmd.amount_minor)
        hops.put(ctx, cmd.continues, before)
        watch_held(ctx, cmd.continues, before)
        return 0
    programmes.count_sent(ctx, cmd.cycle, cmd.amount_minor)
    return funds.take_out(ctx, cycle.programme, cmd.amount_minor)
