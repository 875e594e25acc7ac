"""Whose word counts at either end of a hop: its sender, its receiver, the recipient, and whom the recipient told."""

from __future__ import annotations

from linlian.community import funds, identity, programmes
from linlian.community.funds import As, Fund
from linlian.community.identity import CALLERS, NOBODY, Basis, Scope
from linlian.community.programmes import Recipient
from linlian.community.transfers.rules import NOTHING, Hop
from linlian.kernel.contract import Context, Refused


def as_sender(ctx: Context, hop_id: bytes, fund: Fund, hop: Hop) -> None:
    """Of the organisation that sent it: of a first hop a manager of the fund."""
    if hop.continues == NOTHING:
        funds.as_manager(ctx, hop.fund, fund)
    else:
        funds.as_handler(ctx, hop_id, hop.sender, As.SENDER)


def as_recipient(ctx: Context, about: bytes, recipient_id: bytes) -> Basis:
    """On what basis the signer speaks for a recipient: own key, household, helper; or for an organisation."""
    recipient = programmes.recipient(ctx, recipient_id)
    assert recipient is not None, "what names a recipient was made for one"
    if recipient.organisation != NOBODY:
        funds.as_handler(ctx, about, recipient.organisation, As.RECIPIENT)
        return Basis.OWN_KEY
    identity.acting(ctx)
    if recipient.account == NOBODY:
        raise Refused("transfers.not_yours", about=(about,), needed=funds.called(As.RECIPIENT))
    return identity.stands_for(ctx, recipient.account, Scope.CONFIRM)


def as_outsider(ctx: Context, about: bytes, fund: Fund, hop: Hop) -> bytes:
    """Somebody of an organisation with no part in it, to whom the recipient said something; the organisation."""
    member = identity.require_role(ctx, *CALLERS)
    part = (fund.organisation, fund.approver, *hop.chain)
    ours = any(member.organisation == known for known in part)
    recipient = programmes.recipient(ctx, hop.recipient)
    if ours or _is_it(recipient, ctx.signer) or funds.is_interested(ctx, hop.fund, fund, ctx.signer):
        raise Refused("transfers.not_outside", about=(about,))
    return member.organisation


def _is_it(recipient: Recipient | None, account: bytes) -> bool:
    return recipient is not None and recipient.account == account
