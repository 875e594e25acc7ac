"""Delegations: somebody acts for another, for listed things, for a time, and it always shows.

Rules
- A person grants a delegation with their own key. It ends after at most 366 days and may be granted again.
- For somebody without a key a desk may propose one. It counts only once a witness has signed exactly what was
  proposed: somebody of the government or the owners' committee, not of the organisation that proposes, and not the
  delegate. A witness whom the company could have made up itself (any resident it registers) would be none.
- Whoever works for a property company or a service provider may be let report and see, never confirm or decide:
  those who serve a household must not be able to say "repaired" in its name.
- An account just recovered grants, witnesses and ends nothing (`identity.Power`); who was its delegate before stays.
- Who lives with an account, and who acts for it, hears of its recovery. Anybody may part from a household.
- It is ended by the principal, by the delegate, or, for a principal without a key, by a desk.
- The basis of what a delegate does is `household` or `helper`, never `own_key`.

    grant_delegation(delegate=son, scopes=(REPORT, CONFIRM), household=True, until=…)
"""

from __future__ import annotations

from linlian.community import identity
from linlian.community.identity import (
    Account,
    AccountId,
    AccountKind,
    Basis,
    Delegation,
    OrganisationId,
    OrganisationKind,
    Scope,
    Scopes,
    acting,
    delegation,
    is_in_force,
    require_office,
    set_delegation,
)
from linlian.kernel.contract import Command, Content, Context, Contract, Event, Millis, Refused, replace

DAY_MS = 24 * 3600 * 1000
DELEGATION_MS_MAX = 366 * DAY_MS
WITNESSES = (OrganisationKind.GOVERNMENT, OrganisationKind.OWNERS_COMMITTEE)
SERVING = (OrganisationKind.PROPERTY_COMPANY, OrganisationKind.SERVICE_PROVIDER)
SAYING = (Scope.CONFIRM, Scope.DECIDE)
"""What those who serve a household cannot do in its name."""

contract = Contract("delegations", needs=(identity.contract,))


class DelegationFields(Command, kw_only=True):
    """`household`: the delegate lives with the principal. `starts` 0: at once."""

    delegate: AccountId
    scopes: Scopes
    until: Millis
    starts: Millis = 0
    household: bool = False


class GrantDelegation(DelegationFields):
    """Let another act for the signer."""


class ProposeDelegation(DelegationFields):
    """For a principal without a key. `paper` is what was signed by hand, sealed."""

    principal: AccountId
    witness: AccountId
    paper: Content | None = None


class WitnessDelegation(Command):
    """Scopes and end are those of the proposal as the witness knows it: nobody signs what was changed behind them."""

    principal: AccountId
    delegate: AccountId
    scopes: Scopes
    until: Millis


class EndDelegation(Command):
    principal: AccountId
    delegate: AccountId


class PartHousehold(Command):
    """The signer and this account are no longer one household."""

    account: AccountId


@contract.event
class DelegationGranted(Event):
    """In force from `starts` until `until`. `witness` is named where the principal has no key."""

    principal: AccountId
    delegate: AccountId
    scopes: Scopes
    basis: Basis
    starts: Millis
    until: Millis
    witness: AccountId | None = None


@contract.event
class DelegationProposed(Event):
    """Not in force yet: `witness` has to sign it."""

    principal: AccountId
    delegate: AccountId
    organisation: OrganisationId
    witness: AccountId
    scopes: Scopes
    basis: Basis
    starts: Millis
    until: Millis
    paper: Content | None = None


@contract.event
class DelegationEnded(Event):
    principal: AccountId
    delegate: AccountId


@contract.command
def grant_delegation(ctx: Context, cmd: GrantDelegation) -> None:
    """Let another act for the signer; replaces what was granted to the same delegate before."""
    acting(ctx)
    row = _checked(ctx, ctx.signer, cmd)
    set_delegation(ctx, ctx.signer, cmd.delegate, row)
    _announce(ctx, ctx.signer, cmd.delegate, row)


@contract.command
def propose_delegation(ctx: Context, cmd: ProposeDelegation) -> None:
    """At a desk, for somebody without a key; counts once the witness has signed."""
    desk = require_office(ctx, identity.HOSTS, *identity.FRONT_OFFICE)
    principal = _person(ctx, cmd.principal)
    if principal.keys:
        raise Refused("delegations.principal_has_key", about=(cmd.principal,))
    _person(ctx, cmd.witness)
    if cmd.witness in (cmd.principal, cmd.delegate) or not _may_witness(ctx, cmd.witness, desk.organisation):
        raise Refused("delegations.witness_not_independent", about=(cmd.principal,))
    if _belongs(ctx, cmd.delegate, desk.organisation):
        raise Refused("delegations.delegate_not_independent", about=(cmd.principal,))
    before = delegation(ctx, cmd.principal, cmd.delegate)
    if before is not None and is_in_force(before, ctx.time):
        raise Refused("delegations.delegation_in_force", about=(cmd.principal,))
    row = replace(_checked(ctx, cmd.principal, cmd), witness=cmd.witness)
    set_delegation(ctx, cmd.principal, cmd.delegate, row)
    ctx.emit(
        DelegationProposed(
            principal=cmd.principal,
            delegate=cmd.delegate,
            organisation=desk.organisation,
            witness=cmd.witness,
            scopes=row.scopes,
            basis=row.basis,
            starts=row.starts,
            until=row.until,
            paper=cmd.paper,
        )
    )


@contract.command
def witness_delegation(ctx: Context, cmd: WitnessDelegation) -> None:
    """The named witness signs: the principal did ask for this."""
    acting(ctx)
    found = delegation(ctx, cmd.principal, cmd.delegate)
    if found is None or found.witnessed_at or found.witness != ctx.signer or ctx.time >= found.until:
        raise Refused("delegations.nothing_to_witness")
    if (cmd.scopes, cmd.until) != (found.scopes, found.until):
        raise Refused("delegations.not_what_was_proposed", about=(cmd.principal,))
    if identity.require_account(ctx, cmd.principal).keys:
        raise Refused("delegations.principal_has_key", about=(cmd.principal,))
    found = replace(found, witnessed_at=ctx.time)
    set_delegation(ctx, cmd.principal, cmd.delegate, found)
    _announce(ctx, cmd.principal, cmd.delegate, found)


@contract.command
def end_delegation(ctx: Context, cmd: EndDelegation) -> None:
    """From now on the delegate acts for the principal no more."""
    acting(ctx)
    if delegation(ctx, cmd.principal, cmd.delegate) is None:
        raise Refused("delegations.no_delegation")
    if ctx.signer not in (cmd.principal, cmd.delegate):
        if identity.require_account(ctx, cmd.principal).keys:
            raise Refused("delegations.principal_has_key", about=(cmd.principal,))
        require_office(ctx, identity.HOSTS, *identity.FRONT_OFFICE)
    set_delegation(ctx, cmd.principal, cmd.delegate, None)
    ctx.emit(DelegationEnded(principal=cmd.principal, delegate=cmd.delegate))


@contract.command
def part_household(ctx: Context, cmd: PartHousehold) -> None:
    """From now on neither is told of the other's recovery."""
    acting(ctx)
    if cmd.account not in identity.household_of(ctx, ctx.signer):
        raise Refused("delegations.not_your_household", about=(ctx.signer,))
    identity.leave_household(ctx, ctx.signer, cmd.account)


def _checked(ctx: Context, principal: bytes, cmd: DelegationFields) -> Delegation:
    """The row that a command asks for, if it makes sense."""
    if cmd.delegate == principal:
        raise Refused("delegations.own_delegate", about=(principal,))
    _person(ctx, cmd.delegate)
    if not cmd.scopes or any(scope in cmd.scopes[:number] for number, scope in enumerate(cmd.scopes)):
        raise Refused("delegations.scopes_invalid", about=(principal,))
    if _employer_kind(ctx, cmd.delegate) in SERVING and any(scope in SAYING for scope in cmd.scopes):
        raise Refused("delegations.serves_households", about=(principal,))
    starts = max(cmd.starts, ctx.time)
    if cmd.until <= starts:
        raise Refused("delegations.delegation_over", about=(principal,))
    if cmd.until > ctx.time + DELEGATION_MS_MAX:
        raise Refused("delegations.delegation_too_long", about=(principal,), most_days=DELEGATION_MS_MAX // DAY_MS)
    basis = Basis.HOUSEHOLD if cmd.household else Basis.HELPER
    return Delegation(cmd.scopes, basis, starts, cmd.until, ctx.signer)


def _announce(ctx: Context, principal: bytes, delegate: bytes, row: Delegation) -> None:
    ctx.emit(
        DelegationGranted(
            principal=principal,
            delegate=delegate,
            scopes=row.scopes,
            basis=row.basis,
            starts=row.starts,
            until=row.until,
            witness=row.witness if row.witnessed_at else None,
        )
    )


def _person(ctx: Context, identifier: bytes) -> Account:
    found = identity.require_account(ctx, identifier)
    identity.check_open(identifier, found)
    if found.kind is not AccountKind.PERSON:
        raise Refused("delegations.not_a_person")
    return found


def _belongs(ctx: Context, account: bytes, organisation: bytes) -> bool:
    job = identity.member(ctx, account)
    return job is not None and job.organisation == organisation


def _may_witness(ctx: Context, account: bytes, proposer: bytes) -> bool:
    """Somebody of another organisation that answers to the residents or the public."""
    job = identity.member(ctx, account)
    if job is None or job.organisation == proposer:
        return False
    return identity.require_active(ctx, job.organisation).kind in WITNESSES


def _employer_kind(ctx: Context, account: bytes) -> OrganisationKind | None:
    job = identity.member(ctx, account)
    employer = None if job is None else identity.organisation(ctx, job.organisation)
    return None if employer is None else employer.kind
