"""Accounts in use: residents without a key, devices, roles, suspension, closing.

Rules
- A resident without a key is registered at a desk; delegates act for them, until a recovery gives them a key.
- The holder of an account, or an officer of its organisation, may suspend or close it. A resident who is no member
  may be suspended, resumed or closed by officers of the government or the owners' committee, never by the company
  that serves them.
- A suspended account can do nothing, not even veto its recovery: that is for a key in wrong hands.
- The members of an organisation that was removed have no officer any more; for them the same officers stand in.
- Nothing here takes the last officer from an organisation.
- Whoever was just recovered may suspend their own account, but not close it.
"""

from __future__ import annotations

from enum import StrEnum

from linlian.community.identity.rules import (
    FRONT_OFFICE,
    HOSTS,
    NOBODY,
    Account,
    AccountId,
    AccountKind,
    AccountStatus,
    Member,
    OrganisationId,
    OrganisationKind,
    OrganisationStatus,
    Power,
    Role,
    Roles,
    accounts,
    acting,
    add_officer,
    check_open,
    check_roles,
    contract,
    drop_officer,
    invitations,
    members,
    organisations,
    require_account,
    require_active,
    require_office,
    require_role,
)
from linlian.community.identity.rules_invitations import end_invitation
from linlian.community.identity.rules_keys import KeyFields, end_all_keys, take_key
from linlian.kernel.contract import Command, Context, Event, Hash, Label, Refused, replace

GUARDIANS_OF_RESIDENTS = (OrganisationKind.GOVERNMENT, OrganisationKind.OWNERS_COMMITTEE)
DEVICE_OWNERS = (
    *(OrganisationKind.GOVERNMENT, OrganisationKind.PROPERTY_COMPANY),
    *(OrganisationKind.SERVICE_PROVIDER, OrganisationKind.THIRD_PARTY),
)


class SuspensionReason(StrEnum):
    LOST_KEY = "lost_key"
    OWN_WISH = "own_wish"
    MISUSE = "misuse"
    INVESTIGATION = "investigation"


class RegisterResident(Command):
    """A resident who has no key."""


class RegisterDevice(KeyFields):
    """A device of the signer's organisation. `code` is its public type or asset number."""

    key_for = "new"

    code: Label


class ChangeRoles(Command):
    account: AccountId
    roles: Roles


class SuspendAccount(Command):
    account: AccountId
    reason: SuspensionReason


class ResumeAccount(Command):
    account: AccountId


class CloseAccount(Command):
    account: AccountId


@contract.event
class ResidentRegistered(Event):
    """A resident without a key; the organisation is the one at whose desk it happened."""

    account: AccountId
    organisation: OrganisationId


@contract.event
class DeviceRegistered(Event):
    account: AccountId
    organisation: OrganisationId
    code: Label
    key: Hash


@contract.event
class RolesChanged(Event):
    account: AccountId
    organisation: OrganisationId
    roles: Roles


@contract.event
class AccountSuspended(Event):
    account: AccountId
    reason: SuspensionReason


@contract.event
class AccountResumed(Event):
    account: AccountId


@contract.event
class AccountClosed(Event):
    account: AccountId
    organisation: OrganisationId | None = None


@contract.command
def register_resident(ctx: Context, _: RegisterResident) -> None:
    """Open an account for somebody without a key."""
    host = require_office(ctx, HOSTS, *FRONT_OFFICE)
    account = ctx.new_id()
    accounts.create(ctx, account, Account(AccountKind.PERSON, AccountStatus.ACTIVE, (), ctx.time))
    ctx.emit(ResidentRegistered(account=account, organisation=host.organisation))


@contract.command
def register_device(ctx: Context, cmd: RegisterDevice) -> None:
    """A device of the signer's organisation, with its own key and the role `device`."""
    owner = require_office(ctx, DEVICE_OWNERS, Role.OFFICER, Role.CLERK)
    account = ctx.new_id()
    key = take_key(ctx, cmd, account)
    accounts.create(ctx, account, Account(AccountKind.DEVICE, AccountStatus.ACTIVE, (key,), ctx.time))
    members.create(ctx, account, Member(owner.organisation, (Role.DEVICE,), ctx.time))
    ctx.emit(DeviceRegistered(account=account, organisation=owner.organisation, code=cmd.code, key=key))


@contract.command
def change_roles(ctx: Context, cmd: ChangeRoles) -> None:
    """Give a member of the signer's organisation other roles."""
    officer = require_role(ctx, Role.OFFICER)
    found, changed = members.get(ctx, cmd.account), require_account(ctx, cmd.account)
    if found is None or found.organisation != officer.organisation:
        raise Refused("identity.not_your_member")
    if changed.kind is AccountKind.DEVICE:
        raise Refused("identity.not_a_person")
    check_roles(require_active(ctx, officer.organisation).kind, cmd.roles)
    members.put(ctx, cmd.account, replace(found, roles=cmd.roles))
    if Role.OFFICER not in cmd.roles:
        drop_officer(ctx, found.organisation, cmd.account)
    elif changed.status is AccountStatus.ACTIVE:
        add_officer(ctx, found.organisation, cmd.account)
    ctx.emit(RolesChanged(account=cmd.account, organisation=found.organisation, roles=cmd.roles))


@contract.command
def suspend_account(ctx: Context, cmd: SuspendAccount) -> None:
    """Let an account do nothing for now."""
    found = _authority_over(ctx, cmd.account, Power.REPORT)
    check_open(cmd.account, found)
    job = members.get(ctx, cmd.account)
    if job is not None:
        drop_officer(ctx, job.organisation, cmd.account)
    suspended = replace(found, status=AccountStatus.SUSPENDED, suspended_by=ctx.signer)
    accounts.put(ctx, cmd.account, suspended)
    ctx.emit(AccountSuspended(account=cmd.account, reason=cmd.reason))


@contract.command
def resume_account(ctx: Context, cmd: ResumeAccount) -> None:
    """Let a suspended account act again."""
    found = _authority_over(ctx, cmd.account)
    if found.status is not AccountStatus.SUSPENDED:
        raise Refused("identity.not_suspended", about=(cmd.account,))
    accounts.put(ctx, cmd.account, replace(found, status=AccountStatus.ACTIVE, suspended_by=NOBODY))
    job = members.get(ctx, cmd.account)
    if job is not None and Role.OFFICER in job.roles:
        add_officer(ctx, job.organisation, cmd.account)
    ctx.emit(AccountResumed(account=cmd.account))


@contract.command
def close_account(ctx: Context, cmd: CloseAccount) -> None:
    """End an account for ever: somebody leaves, a job is over, a device is scrapped, an invitation is taken back."""
    found = _authority_over(ctx, cmd.account)
    if found.status is AccountStatus.INVITED:
        end_invitation(ctx, cmd.account)
        return
    if found.status is AccountStatus.CLOSED:
        raise Refused("identity.account_closed", about=(cmd.account,))
    job = members.get(ctx, cmd.account)
    if job is not None:
        drop_officer(ctx, job.organisation, cmd.account)
        members.delete(ctx, cmd.account)
    end_all_keys(ctx, found)
    closed = replace(found, status=AccountStatus.CLOSED, keys=(), suspended_by=NOBODY)
    accounts.put(ctx, cmd.account, closed)
    ctx.emit(AccountClosed(account=cmd.account, organisation=None if job is None else job.organisation))


def _authority_over(ctx: Context, account: bytes, power: Power = Power.BIND) -> Account:
    """The account, if the signer may suspend, resume or close it. `power` is what it takes to do so to one's own."""
    acting(ctx, power if account == ctx.signer else Power.BIND)
    found = require_account(ctx, account)
    job, invited = members.get(ctx, account), invitations.get(ctx, account)
    if account == ctx.signer or (invited is not None and invited.inviter == ctx.signer):
        return found
    organisation = job.organisation if job is not None else invited.organisation if invited is not None else NOBODY
    employer = organisations.get(ctx, organisation)
    if employer is None or employer.status is OrganisationStatus.REMOVED:
        require_office(ctx, GUARDIANS_OF_RESIDENTS, Role.OFFICER)
    elif require_role(ctx, Role.OFFICER).organisation != organisation:
        raise Refused("identity.not_your_member")
    return found
