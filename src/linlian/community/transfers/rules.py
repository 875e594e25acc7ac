"""Transfers: what is paid of a programme, hand to hand, until whoever it is for has it.

Rules
- A payment is entered by a manager and approved by others before any money moves. All payments of an entitlement
  together are never more than it.
- Money leaves by hops. Each is signed by its sender, confirmed by its receiver, and names the hop that it continues:
  one that did not happen, or more than arrived, is refused. So what an intermediary still holds is always known.
- A receipt keeps its basis for ever: own key, household, helper, call-back, paper, bank statement, silence; none counts
  as another.
- What the bank says stands beside what the fund says, line by line.

    enter_payments, approve_payments → send_money, confirm_money → send_money … → confirm_receipt
    fail_hop, or return_money, take_back_money → send_money again, or cancel_payment
    record_line, match_line

This module holds the rows and what the parts share.
"""

from __future__ import annotations

from typing import Annotated, TypeAlias

from linlian.community import funds, identity, programmes
from linlian.community.funds import Approvals, Minor
from linlian.community.programmes import Form
from linlian.community.transfers.rules_table import HopState, PaymentState
from linlian.kernel.contract import Contract, Count, Id, Label, Meta, Millis, Row, Subject, compose
from linlian.kernel.rolls import Roll

HopId: TypeAlias = Annotated[Id, Subject("hop")]

NOTHING = funds.NOTHING
CHAIN_MAX = 8
"""How many organisations money may go through."""
Chain = Annotated[tuple[Id, ...], Meta(max_length=CHAIN_MAX + 1)]

contract = Contract("transfers", needs=(identity.contract, funds.contract, programmes.contract))


class Payment(Row):
    """`hop`: its last hop, whether it arrived or failed."""

    entitlement: Id
    cycle: Id
    amount_minor: Minor
    state: PaymentState
    entered_by: Id
    approved_by: Approvals = ()
    hop: Id = NOTHING


class Hop(Row):
    """Money on its way from one hand to the next.

    sender, receiver    organisations; `receiver` is NOBODY where it goes to a recipient
    chain               the organisations that it came through, the fund's first
    held_minor          arrived and neither passed on nor on its way back
    returning_minor     sent back and not yet taken back
    back_minor          taken back by its sender
    own_minor           of a first hop: how much was given for the programme alone and would go back there
    """

    fund: Id
    programme: Id
    cycle: Id
    continues: Id
    sender: Id
    receiver: Id
    payment: Id
    recipient: Id
    form: Form
    amount_minor: Minor
    state: HopState
    sent_by: Id
    sent_at: Millis
    chain: Chain
    held_minor: Count = 0
    returning_minor: Count = 0
    back_minor: Count = 0
    own_minor: Count = 0
    basis: Label = ""


payments = contract.table("payment", Payment, refused="transfers.unknown_payment")
hops = contract.table("hop", Hop, refused="transfers.unknown_hop")


rolls = contract.table("roll", Roll)
"""All payments that were ever entered for a programme, as `roll_item`. Keyed by the programme."""

require_payment = payments.require
require_hop = hops.require


def roll_item(payment_id: bytes, amount_minor: int) -> bytes:
    """What stands in the programme's roll for a payment: `compose(payment, amount)`."""
    return compose(payment_id, amount_minor)
