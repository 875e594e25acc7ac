"""What does not arrive, and what comes back.

Rules
- What failed is back where it came from, and its payment is sent again or taken back.
- What an organisation holds, or a recipient received, can be sent back; it counts when its sender says it is there.
"""

from __future__ import annotations

from linlian.community import funds, programmes
from linlian.community.funds import As, Minor, ProgrammeId
from linlian.community.identity import NOBODY, Basis, OrganisationId
from linlian.community.programmes import CycleId, RecipientId
from linlian.community.transfers.rules import (
    NOTHING,
    Hop,
    HopId,
    contract,
    hops,
    payments,
    require_hop,
    require_payment,
)
from linlian.community.transfers.rules_acting import as_recipient, as_sender
from linlian.community.transfers.rules_hops import stop_clocks, watch_held
from linlian.community.transfers.rules_table import moved
from linlian.kernel.contract import Command, Context, Event, Id, Label, Refused, replace


class FailHop(Command):
    """`reason` names a thing in a list (`account_closed`), it is no place for words."""

    hop: HopId
    reason: Label


class ReturnMoney(Command):
    """By an organisation: of what it holds. By a recipient: all of it."""

    hop: HopId
    amount_minor: Minor


class TakeBack(Command):
    hop: HopId
    amount_minor: Minor


@contract.event
class HopFailed(Event):
    hop: HopId
    cycle: CycleId
    programme: ProgrammeId
    sender: OrganisationId
    amount_minor: Minor
    reason: Label
    recipient: RecipientId | None = None
    payment: Id | None = None


@contract.event
class MoneyReturned(Event):
    """It has been sent back; `basis` where a recipient did."""

    hop: HopId
    cycle: CycleId
    programme: ProgrammeId
    amount_minor: Minor
    receiver: OrganisationId | None = None
    recipient: RecipientId | None = None
    payment: Id | None = None
    basis: Basis | None = None


@contract.event
class MoneyTakenBack(Event):
    """It is where it came from."""

    hop: HopId
    cycle: CycleId
    programme: ProgrammeId
    sender: OrganisationId
    amount_minor: Minor
    recipient: RecipientId | None = None
    payment: Id | None = None


@contract.command
def fail_hop(ctx: Context, cmd: FailHop) -> None:
    """Say that what was sent did not arrive and is back."""
    hop = require_hop(ctx, cmd.hop)
    as_sender(ctx, cmd.hop, funds.require_fund(ctx, hop.fund), hop)
    state = moved("fail_hop", hop.state, (cmd.hop,))
    stop_clocks(ctx, cmd.hop)
    hops.put(ctx, cmd.hop, replace(hop, state=state, own_minor=0))
    _give_back(ctx, hop, hop.amount_minor, hop.own_minor)
    if hop.payment != NOTHING:
        _move_payment(ctx, hop, "fail_payment")
    ctx.emit(
        HopFailed(
            hop=cmd.hop,
            cycle=hop.cycle,
            programme=hop.programme,
            sender=hop.sender,
            amount_minor=hop.amount_minor,
            reason=cmd.reason,
            recipient=None if hop.recipient == NOTHING else hop.recipient,
            payment=None if hop.payment == NOTHING else hop.payment,
        )
    )


@contract.command
def return_money(ctx: Context, cmd: ReturnMoney) -> None:
    """Send back what one holds and does not pass on, or what one received."""
    hop = require_hop(ctx, cmd.hop)
    basis = None
    if hop.receiver != NOBODY:
        funds.as_handler(ctx, cmd.hop, hop.receiver, As.RECEIVER)
        state, most = moved("return_rest", hop.state, (cmd.hop,)), hop.held_minor
        hop = replace(hop, held_minor=max(hop.held_minor - cmd.amount_minor, 0))
    else:
        basis = as_recipient(ctx, cmd.hop, hop.recipient)
        state, most = moved("return_receipt", hop.state, (cmd.hop,)), hop.amount_minor
        if cmd.amount_minor != most:
            raise Refused("transfers.wrong_sum", about=(cmd.hop,), amount_minor=most)
        funds.deliver(ctx, hop.programme, -hop.amount_minor)
    if cmd.amount_minor > most:
        raise Refused("transfers.not_held", about=(cmd.hop,), held_minor=most)
    hop = replace(hop, state=state, returning_minor=hop.returning_minor + cmd.amount_minor)
    hops.put(ctx, cmd.hop, hop)
    if hop.receiver != NOBODY:
        watch_held(ctx, cmd.hop, hop)
    ctx.emit(
        MoneyReturned(
            hop=cmd.hop,
            cycle=hop.cycle,
            programme=hop.programme,
            amount_minor=cmd.amount_minor,
            receiver=None if hop.receiver == NOBODY else hop.receiver,
            recipient=None if hop.recipient == NOTHING else hop.recipient,
            payment=None if hop.payment == NOTHING else hop.payment,
            basis=basis,
        )
    )


@contract.command
def take_back_money(ctx: Context, cmd: TakeBack) -> None:
    """Say that what was sent back has arrived where it came from."""
    hop = require_hop(ctx, cmd.hop)
    as_sender(ctx, cmd.hop, funds.require_fund(ctx, hop.fund), hop)
    step = "take_back_receipt" if hop.receiver == NOBODY else "take_back_rest"
    state = moved(step, hop.state, (cmd.hop,))
    wrong = hop.receiver == NOBODY and cmd.amount_minor != hop.returning_minor
    if cmd.amount_minor > hop.returning_minor or wrong:
        raise Refused("transfers.wrong_sum", about=(cmd.hop,), amount_minor=hop.returning_minor)
    own = min(hop.own_minor, cmd.amount_minor)
    hop = replace(
        hop,
        state=state,
        returning_minor=hop.returning_minor - cmd.amount_minor,
        back_minor=hop.back_minor + cmd.amount_minor,
        own_minor=hop.own_minor - own,
    )
    hops.put(ctx, cmd.hop, hop)
    _give_back(ctx, hop, cmd.amount_minor, own)
    if hop.payment != NOTHING:
        _move_payment(ctx, hop, "return_payment")
    ctx.emit(
        MoneyTakenBack(
            hop=cmd.hop,
            cycle=hop.cycle,
            programme=hop.programme,
            sender=hop.sender,
            amount_minor=cmd.amount_minor,
            recipient=None if hop.recipient == NOTHING else hop.recipient,
            payment=None if hop.payment == NOTHING else hop.payment,
        )
    )


def _give_back(ctx: Context, hop: Hop, amount_minor: int, own: int) -> None:
    """Put money back where a hop took it from."""
    if hop.continues == NOTHING:
        programmes.count_sent(ctx, hop.cycle, -amount_minor)
        funds.take_back(ctx, hop.programme, amount_minor, own)
        return
    before = require_hop(ctx, hop.continues)
    before = replace(before, held_minor=before.held_minor + amount_minor)
    hops.put(ctx, hop.continues, before)
    watch_held(ctx, hop.continues, before)


def _move_payment(ctx: Context, hop: Hop, step: str) -> None:
    payment = require_payment(ctx, hop.payment)
    payments.put(ctx, hop.payment, replace(payment, state=moved(step, payment.state, (hop.cycle,))))
