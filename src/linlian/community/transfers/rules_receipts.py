"""Receipts: on whose word it stands that a recipient has what they were to have.

Rules
- The recipient says so with their own key, or somebody who stands for them; or they said it to somebody outside, on
  the telephone or on paper that two people of different organisations saw. Each keeps its basis.
- A bank's statement line says that money was booked, and silence says nothing: neither confirms. A word replaces them.
"""

from __future__ import annotations

from linlian.community import funds
from linlian.community.funds import As, Minor, ProgrammeId
from linlian.community.identity import AccountId, Basis, OrganisationId, Sheet, second_signature
from linlian.community.programmes import CycleId, Form, RecipientId
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
from linlian.community.transfers.rules_acting import as_outsider, as_recipient
from linlian.community.transfers.rules_hops import stop_clocks
from linlian.community.transfers.rules_table import moved
from linlian.kernel.contract import Command, Content, Context, Event, Id, Refused, replace

sheets = contract.table("sheet", Sheet)
"""Keyed by the hop."""


class ConfirmReceipt(Command):
    hop: HopId
    amount_minor: Minor


class RecordCall(Command):
    """`recording` of the call, sealed."""

    hop: HopId
    recording: Content


class AttestReceipt(Command):
    """`paper` is the sheet that the recipient signed by hand; both witnesses name the same."""

    hop: HopId
    paper: Content


@contract.event
class ReceiptConfirmed(Event):
    """`standing`: as what whoever brought it in acted."""

    hop: HopId
    cycle: CycleId
    programme: ProgrammeId
    recipient: RecipientId
    payment: Id
    amount_minor: Minor
    form: Form
    confirmed_by: AccountId
    standing: As
    basis: Basis
    organisation: OrganisationId | None = None
    evidence: Content | None = None


@contract.event
class ReceiptAttested(Event):
    """The first of two signatures for a sheet."""

    hop: HopId
    recipient: RecipientId
    attested_by: AccountId
    organisation: OrganisationId
    paper: Content


@contract.command
def confirm_receipt(ctx: Context, cmd: ConfirmReceipt) -> None:
    """Say that one has received it, or that whom one stands for has."""
    hop = _for_recipient(ctx, cmd.hop)
    basis = as_recipient(ctx, cmd.hop, hop.recipient)
    if cmd.amount_minor != hop.amount_minor:
        raise Refused("transfers.wrong_sum", about=(cmd.hop,), amount_minor=hop.amount_minor)
    _confirm(ctx, cmd.hop, hop, As.RECIPIENT, basis)


@contract.command
def record_call(ctx: Context, cmd: RecordCall) -> None:
    """Put on record that the recipient said on the telephone that they have it, with the recording."""
    hop = _for_recipient(ctx, cmd.hop)
    organisation = as_outsider(ctx, cmd.hop, funds.require_fund(ctx, hop.fund), hop)
    _confirm(ctx, cmd.hop, hop, As.OUTSIDER, Basis.CALLBACK, organisation, cmd.recording)


@contract.command
def attest_receipt(ctx: Context, cmd: AttestReceipt) -> None:
    """Sign that the recipient signed this sheet by hand; the second signature confirms it."""
    hop = _for_recipient(ctx, cmd.hop)
    organisation = as_outsider(ctx, cmd.hop, funds.require_fund(ctx, hop.fund), hop)
    moved("confirm_hop", hop.state, (cmd.hop,))
    if second_signature(ctx, sheets, cmd.hop, cmd.paper, organisation, refused="transfers.same_organisation"):
        _confirm(ctx, cmd.hop, hop, As.OUTSIDER, Basis.WITNESSED_PAPER, organisation, cmd.paper)
        return
    ctx.emit(
        ReceiptAttested(
            hop=cmd.hop,
            recipient=hop.recipient,
            attested_by=ctx.signer,
            organisation=organisation,
            paper=cmd.paper,
        )
    )


def _for_recipient(ctx: Context, hop_id: bytes) -> Hop:
    hop = require_hop(ctx, hop_id)
    if hop.recipient == NOTHING:
        raise Refused("transfers.for_an_organisation", about=(hop_id,))
    return hop


def _confirm(
    ctx: Context,
    hop_id: bytes,
    hop: Hop,
    standing: As,
    basis: Basis,
    organisation: bytes | None = None,
    evidence: Content | None = None,
) -> None:
    state = moved("confirm_hop", hop.state, (hop_id,))
    hops.put(ctx, hop_id, replace(hop, state=state, basis=basis.value))
    payment = require_payment(ctx, hop.payment)
    payments.put(ctx, hop.payment, replace(payment, state=moved("receive_payment", payment.state, (hop.cycle,))))
    funds.deliver(ctx, hop.programme, hop.amount_minor)
    stop_clocks(ctx, hop_id)
    ctx.emit(
        ReceiptConfirmed(
            hop=hop_id,
            cycle=hop.cycle,
            programme=hop.programme,
            recipient=hop.recipient,
            payment=hop.payment,
            amount_minor=hop.amount_minor,
            form=hop.form,
            confirmed_by=ctx.signer,
            standing=standing,
            basis=basis,
            organisation=organisation,
            evidence=evidence,
        )
    )
