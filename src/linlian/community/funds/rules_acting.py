"""Who may act for a fund: as manager, approver, regulator; and who has an interest in it.

Each of these refuses with `funds.not_yours` whoever has no business here, and with the reason whoever has but may not:
`funds.manager_approves`, `funds.own_entry`, `funds.approved_already`, `funds.interested`.
"""

from __future__ import annotations

from linlian.community import identity
from linlian.community.funds.rules import Fund, Receives, interests, receives
from linlian.community.funds.rules_table import APPROVING, HANDLING, WATCHING, As
from linlian.community.identity import Power, Role
from linlian.kernel.contract import Context, Reader, Refused, compose


def as_manager(ctx: Context, fund_id: bytes, fund: Fund) -> None:
    """One of the fund's managers, who still works for the organisation that holds it."""
    identity.acting(ctx)
    member = identity.member(ctx, ctx.signer)
    ours = member is not None and member.organisation == fund.organisation
    if not ours or not any(ctx.signer == known for known in fund.managers):
        raise Refused("funds.not_yours", about=(fund_id,), needed=called(As.MANAGER))
    identity.require_active(ctx, fund.organisation)


def as_approver(ctx: Context, fund_id: bytes, fund: Fund, *entered_by: bytes) -> None:
    """Of the approving body: no manager, not whoever entered it, with no interest in what the fund does."""
    _of_organisation(ctx, fund_id, fund.approver, As.APPROVER, APPROVING)
    if any(ctx.signer == known for known in fund.managers):
        raise Refused("funds.manager_approves", about=(fund_id,))
    if any(ctx.signer == known for known in entered_by):
        raise Refused("funds.own_entry", about=(fund_id,))
    if is_interested(ctx, fund_id, fund, ctx.signer) or is_recipient(ctx, fund_id, ctx.signer):
        raise Refused("funds.interested", about=(fund_id,))


def as_regulator(ctx: Context, fund_id: bytes, fund: Fund) -> None:
    """Of the organisation that watches over the fund."""
    _of_organisation(ctx, fund_id, fund.regulator, As.REGULATOR, WATCHING)


def approve(
    ctx: Context, fund_id: bytes, fund: Fund, approved_by: tuple[bytes, ...], amount_minor: int, quick: bool = False
) -> tuple[tuple[bytes, ...], bool]:
    """Those who have approved, the signer among them, and whether they are enough: two above the fund's limit.

    `quick`: in an emergency one is. Refused: `funds.approved_already`.
    """
    if any(ctx.signer == known for known in approved_by):
        raise Refused("funds.approved_already", about=(fund_id,))
    now = (*approved_by, ctx.signer)
    return now, quick or len(now) >= needed(fund, amount_minor)


def needed(fund: Fund, amount_minor: int) -> int:
    """How many people approve a sum."""
    return 2 if amount_minor > fund.limit_minor else 1


def is_interested(reader: Reader, fund_id: bytes, fund: Fund, who: bytes) -> bool:
    """Whether an account, organisation or mark is the fund's own, or has an interest in it that was declared."""
    own = any(who == known for known in (fund.organisation, *fund.managers))
    return own or interests.has(reader, compose(fund_id, who))


def is_recipient(reader: Reader, fund_id: bytes, who: bytes) -> bool:
    """Whether somebody is known to the fund as a recipient."""
    return receives.has(reader, compose(fund_id, who))


def note_recipient(ctx: Context, fund_id: bytes, fund: Fund, who: bytes, recipient: bytes) -> None:
    """Whoever this is receives from the fund from now on, and has no say in it. Refused: `funds.interested`,
    `funds.recipient_twice`."""
    if is_interested(ctx, fund_id, fund, who):
        raise Refused("funds.interested", about=(fund_id,))
    if is_recipient(ctx, fund_id, who):
        raise Refused("funds.recipient_twice", about=(fund_id,))
    receives.put(ctx, compose(fund_id, who), Receives(recipient))


def as_handler(ctx: Context, hop_id: bytes, organisation: bytes, needed_as: As) -> None:
    """Of an organisation that money goes through: its officer, clerk or desk."""
    _of_organisation(ctx, hop_id, organisation, needed_as, HANDLING)


def as_anybody(ctx: Context) -> None:
    """Whoever has an account; to object takes no more than to report."""
    identity.acting(ctx, Power.REPORT)


def called(standing: As) -> str:
    """What a standing is called in a refusal: the name of a text of this business, whoever refuses."""
    return f"funds.{standing.value}"


def is_of(ctx: Context, organisation: bytes) -> bool:
    """Whether the signer works for an organisation."""
    member = identity.member(ctx, ctx.signer)
    return member is not None and member.organisation == organisation


def _of_organisation(ctx: Context, about: bytes, organisation: bytes, needed_as: As, roles: tuple[Role, ...]) -> None:
    member = identity.require_role(ctx, *roles)
    if member.organisation != organisation:
        raise Refused("funds.not_yours", about=(about,), needed=called(needed_as))
