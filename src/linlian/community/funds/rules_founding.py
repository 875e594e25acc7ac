"""How a fund comes to be: who holds it, who approves, who watches, who manages, and who else may look.

Rules
- A fund is opened by its holder and begins when its approving body confirms it. The regulator is neither the holder
  nor the approving body.
- The approving body names the managers; one that goes in the middle of a cycle leaves what they entered behind.
- Who has an interest is declared by managers or by the regulator and never taken back by the fund itself.
"""

from __future__ import annotations

from typing import Annotated

from linlian.community import identity
from linlian.community.funds.rules import (
    Access,
    AccessRow,
    Books,
    Currency,
    Fund,
    FundId,
    FundKind,
    Interest,
    Managers,
    Purses,
    accesses,
    books,
    books_of,
    contract,
    funds,
    interests,
    receives,
    require_fund,
)
from linlian.community.funds.rules_acting import as_approver, as_manager, as_regulator, is_interested, is_of
from linlian.community.funds.rules_table import NO_HUNDREDTHS, REGULATORS, FundState, moved
from linlian.community.identity import AccountId, OrganisationId, Role
from linlian.kernel.contract import (
    Command,
    Content,
    Context,
    Count,
    Event,
    Hash,
    Label,
    Meta,
    Reader,
    Refused,
    compose,
    replace,
)

Accounts = Annotated[tuple[AccountId, ...], Meta(max_length=8)]


class OpenFund(Command):
    """`bank`: the account's number, sealed; `rules`: what it is for and how it is run, sealed for whoever asks."""

    kind: FundKind
    code: Label
    approver: OrganisationId
    regulator: OrganisationId
    currency: Currency
    limit_minor: Count
    purses: Purses
    managers: Managers
    bank: Content
    rules: Content


class ConfirmFund(Command):
    fund: FundId


class ChangeManagers(Command):
    fund: FundId
    managers: Managers


class GrantAccess(Command):
    fund: FundId
    organisation: OrganisationId
    access: Access


class DeclareInterest(Command):
    """Of an account, of an organisation, or of whoever has this mark."""

    fund: FundId
    account: AccountId | None = None
    organisation: OrganisationId | None = None
    mark: Hash | None = None


class CloseFund(Command):
    fund: FundId


@contract.event
class FundOpened(Event):
    fund: FundId
    kind: FundKind
    code: Label
    organisation: OrganisationId
    approver: OrganisationId
    regulator: OrganisationId
    currency: Currency
    limit_minor: Count
    purses: Purses
    managers: Accounts
    bank: Content
    rules: Content
    opened_by: AccountId


@contract.event
class FundConfirmed(Event):
    fund: FundId
    confirmed_by: AccountId


@contract.event
class ManagersChanged(Event):
    fund: FundId
    managers: Accounts
    changed_by: AccountId


@contract.event
class AccessGranted(Event):
    fund: FundId
    organisation: OrganisationId
    access: Access


@contract.event
class InterestDeclared(Event):
    fund: FundId
    declared_by: AccountId
    account: AccountId | None = None
    organisation: OrganisationId | None = None
    mark: Hash | None = None


@contract.event
class FundClosed(Event):
    fund: FundId
    closed_by: AccountId


@contract.command
def open_fund(ctx: Context, cmd: OpenFund) -> None:
    """Open a fund for one's organisation; its approving body then confirms it."""
    member = identity.require_role(ctx, Role.OFFICER)
    for each in (cmd.approver, cmd.regulator):
        if not identity.is_active(ctx, each):
            raise Refused("funds.unknown_organisation")
    watcher = identity.require_active(ctx, cmd.regulator)
    if cmd.regulator in (member.organisation, cmd.approver) or watcher.kind not in REGULATORS:
        raise Refused("funds.own_regulator")
    if cmd.code == "" or "" in cmd.purses or len(dict.fromkeys(cmd.purses)) != len(cmd.purses):
        raise Refused("funds.purse_twice")
    if cmd.currency in NO_HUNDREDTHS:
        raise Refused("funds.no_hundredths", currency=cmd.currency)
    _check_managers(ctx, member.organisation, cmd.managers)
    fund_id = ctx.new_id()
    row = Fund(
        kind=cmd.kind,
        state=FundState.PROPOSED,
        organisation=member.organisation,
        approver=cmd.approver,
        regulator=cmd.regulator,
        currency=cmd.currency,
        limit_minor=cmd.limit_minor,
        purses=cmd.purses,
        managers=cmd.managers,
        bank=cmd.bank.commitment,
        opened_by=ctx.signer,
        opened_at=ctx.time,
    )
    funds.create(ctx, fund_id, row)
    books.put(ctx, fund_id, Books())
    ctx.emit(
        FundOpened(
            fund=fund_id,
            kind=cmd.kind,
            code=cmd.code,
            organisation=member.organisation,
            approver=cmd.approver,
            regulator=cmd.regulator,
            currency=cmd.currency,
            limit_minor=cmd.limit_minor,
            purses=cmd.purses,
            managers=cmd.managers,
            bank=cmd.bank,
            rules=cmd.rules,
            opened_by=ctx.signer,
        )
    )


@contract.command
def confirm_fund(ctx: Context, cmd: ConfirmFund) -> None:
    """Let a fund begin, for its approving body."""
    fund = funds.require(ctx, cmd.fund)
    as_approver(ctx, cmd.fund, fund, fund.opened_by)
    funds.put(ctx, cmd.fund, replace(fund, state=moved("confirm_fund", fund.state, (cmd.fund,))))
    ctx.emit(FundConfirmed(fund=cmd.fund, confirmed_by=ctx.signer))


@contract.command
def change_managers(ctx: Context, cmd: ChangeManagers) -> None:
    """Name who manages a fund from now on. What those before them entered stays as it is."""
    fund = require_fund(ctx, cmd.fund)
    as_approver(ctx, cmd.fund, fund)
    _check_managers(ctx, fund.organisation, cmd.managers)
    for account in cmd.managers:
        if account == ctx.signer or receives.has(ctx, compose(cmd.fund, account)):
            raise Refused("funds.interested", about=(cmd.fund,))
    funds.put(ctx, cmd.fund, replace(fund, managers=cmd.managers))
    ctx.emit(ManagersChanged(fund=cmd.fund, managers=cmd.managers, changed_by=ctx.signer))


@contract.command
def grant_access(ctx: Context, cmd: GrantAccess) -> None:
    """Say what a third party may see of a fund; `none` takes it back."""
    fund = require_fund(ctx, cmd.fund)
    as_approver(ctx, cmd.fund, fund)
    if not identity.is_active(ctx, cmd.organisation):
        raise Refused("funds.unknown_organisation")
    accesses.put(ctx, compose(cmd.fund, cmd.organisation), AccessRow(cmd.access))
    ctx.emit(AccessGranted(fund=cmd.fund, organisation=cmd.organisation, access=cmd.access))


@contract.command
def declare_interest(ctx: Context, cmd: DeclareInterest) -> None:
    """Declare that somebody is close to those who run the fund: they neither receive from it nor approve for it."""
    fund = require_fund(ctx, cmd.fund)
    if is_of(ctx, fund.regulator):
        as_regulator(ctx, cmd.fund, fund)
    else:
        as_manager(ctx, cmd.fund, fund)
    named = tuple(each for each in (cmd.account, cmd.organisation, cmd.mark) if each is not None)
    if len(named) != 1:
        raise Refused("funds.name_one", about=(cmd.fund,))
    key = compose(cmd.fund, named[0])
    if receives.has(ctx, key):
        raise Refused("funds.receives_already", about=(cmd.fund,))
    if is_interested(ctx, cmd.fund, fund, named[0]):
        raise Refused("funds.declared_already", about=(cmd.fund,))
    interests.put(ctx, key, Interest(ctx.signer, ctx.time))
    ctx.emit(
        InterestDeclared(
            fund=cmd.fund, declared_by=ctx.signer, account=cmd.account, organisation=cmd.organisation, mark=cmd.mark
        )
    )


@contract.command
def close_fund(ctx: Context, cmd: CloseFund) -> None:
    """Close a fund in which nothing is left and nothing is under way."""
    fund = require_fund(ctx, cmd.fund)
    as_approver(ctx, cmd.fund, fund)
    account = books_of(ctx, cmd.fund)
    if account.in_minor != account.refunded_minor + account.delivered_minor or account.programmes:
        raise Refused("funds.not_empty", about=(cmd.fund,), programmes=account.programmes)
    funds.put(ctx, cmd.fund, replace(fund, state=moved("close_fund", fund.state, (cmd.fund,))))
    ctx.emit(FundClosed(fund=cmd.fund, closed_by=ctx.signer))


def _check_managers(reader: Reader, organisation: bytes, managers: tuple[bytes, ...]) -> None:
    """Each once, and all of the organisation that holds the fund."""
    for number, account in enumerate(managers):
        member = identity.member(reader, account)
        if member is None or member.organisation != organisation:
            raise Refused("funds.no_manager_of_ours")
        if any(account == before for before in managers[:number]):
            raise Refused("funds.manager_twice")
