"""Invitations: how a person comes by an account.

Rules
- An invitation is a pending account with a one-time key, whose secret half is handed over on paper or on a screen.
  Its holder signs the acceptance, which brings the key to be used from then on; the one-time key ends with it. A
  secret that had to be revealed could be stolen by whoever sees it on its way into a block. This one never is.
- Officers invite members, with roles that their kind of organisation can give. Who receives residents at a desk
  invites residents; a resident may have 4 invitations open for their own household, which whoever accepts belongs to.
- An invitation is open for 14 days. Then its account closes, and an organisation that waited for it is declined.

    invite_resident (a fresh key, printed as a code) → accept_invitation (signed by it, with the telephone's own key)
"""

from __future__ import annotations

from linlian.community.identity.rules import (
    DAY_MS,
    FRONT_OFFICE,
    HOSTS,
    NOBODY,
    Account,
    AccountId,
    AccountKind,
    AccountStatus,
    Invitation,
    Member,
    OrganisationId,
    OrganisationStatus,
    Role,
    Roles,
    accounts,
    acting,
    add_officer,
    check_roles,
    contract,
    invitations,
    members,
    organisations,
    require_account,
    require_active,
    require_office,
    require_role,
)
from linlian.community.identity.rules_keys import KeyFields, end_all_keys, take_key
from linlian.community.identity.rules_organisations import activate_organisation, decline_organisation
from linlian.community.identity.rules_standing import join_household
from linlian.kernel.contract import Command, Context, Event, Hash, Millis, Refused, replace

INVITATION_MS = 14 * DAY_MS
HOUSEHOLD_INVITATIONS_MAX = 4


class InviteMember(KeyFields):
    """The key is the one-time key of the invitation."""

    key_for = "new"
    roles: Roles


class InviteResident(KeyFields):
    """The key is the one-time key of the invitation."""

    key_for = "new"


class AcceptInvitation(KeyFields):
    """Signed by the invitation's one-time key; the key it carries takes that one's place."""

    key_for = "signer"


class ExpireInvitation(Command):
    account: AccountId


@contract.event
class MemberInvited(Event):
    account: AccountId
    organisation: OrganisationId
    roles: Roles
    until: Millis


@contract.event
class ResidentInvited(Event):
    account: AccountId
    inviter: AccountId
    until: Millis


@contract.event
class InvitationEnded(Event):
    """Withdrawn or expired, without having been accepted."""

    account: AccountId


@contract.event
class MemberJoined(Event):
    account: AccountId
    organisation: OrganisationId
    roles: Roles
    key: Hash


@contract.event
class ResidentJoined(Event):
    account: AccountId
    key: Hash


@contract.command
def invite_member(ctx: Context, cmd: InviteMember) -> None:
    """Invite somebody into the signer's organisation."""
    inviter = require_role(ctx, Role.OFFICER)
    check_roles(require_active(ctx, inviter.organisation).kind, cmd.roles)
    invite_into(ctx, cmd, inviter.organisation, cmd.roles, ctx.time + INVITATION_MS)


@contract.command
def invite_resident(ctx: Context, cmd: InviteResident) -> None:
    """Invite a resident: from a desk, or as a resident for one's own household."""
    found = acting(ctx)
    if members.has(ctx, ctx.signer):
        require_office(ctx, HOSTS, *FRONT_OFFICE)
    elif found.invitations >= HOUSEHOLD_INVITATIONS_MAX:
        most = HOUSEHOLD_INVITATIONS_MAX
        raise Refused("identity.too_many_invitations", about=(ctx.signer,), most=most)
    else:
        accounts.put(ctx, ctx.signer, replace(found, invitations=found.invitations + 1))
    until = ctx.time + INVITATION_MS
    account = _open(ctx, cmd, NOBODY, (), until)
    ctx.emit(ResidentInvited(account=account, inviter=ctx.signer, until=until))


@contract.command
def accept_invitation(ctx: Context, cmd: AcceptInvitation) -> None:
    """The pending account becomes active under a key of its own."""
    pending, found = require_account(ctx, ctx.signer), invitations.get(ctx, ctx.signer)
    if found is None:
        raise Refused("identity.no_invitation", about=(ctx.signer,))
    if ctx.time >= found.until:
        raise Refused("identity.invitation_expired", about=(ctx.signer,))
    end_all_keys(ctx, pending)
    key = take_key(ctx, cmd, ctx.signer)
    active = replace(pending, status=AccountStatus.ACTIVE, keys=(key,), since=ctx.time)
    accounts.put(ctx, ctx.signer, active)
    _forget(ctx, ctx.signer, found)
    if found.organisation == NOBODY:
        ctx.emit(ResidentJoined(account=ctx.signer, key=key))
        if not members.has(ctx, found.inviter):
            join_household(ctx, found.inviter, ctx.signer)
    else:
        _join(ctx, found, key)


@contract.timer
def expire_invitation(ctx: Context, cmd: ExpireInvitation) -> None:
    """Nobody accepted in time."""
    end_invitation(ctx, cmd.account)


def invite_into(ctx: Context, cmd: KeyFields, organisation: bytes, roles: tuple[Role, ...], until: int) -> bytes:
    """A pending account for a member, with the command's key as its one-time key; the account's id."""
    account = _open(ctx, cmd, organisation, roles, until)
    ctx.emit(MemberInvited(account=account, organisation=organisation, roles=roles, until=until))
    return account


def end_invitation(ctx: Context, account: bytes) -> None:
    """Close a pending account. An organisation that waited for it as its first officer is declined."""
    found = invitations.require(ctx, account)
    _forget(ctx, account, found)
    pending = require_account(ctx, account)
    end_all_keys(ctx, pending)
    accounts.put(ctx, account, replace(pending, status=AccountStatus.CLOSED, keys=()))
    ctx.emit(InvitationEnded(account=account))
    if found.organisation != NOBODY:
        decline_organisation(ctx, found.organisation)


def _open(ctx: Context, cmd: KeyFields, organisation: bytes, roles: tuple[Role, ...], until: int) -> bytes:
    account = ctx.new_id()
    key = take_key(ctx, cmd, account)
    accounts.create(ctx, account, Account(AccountKind.PERSON, AccountStatus.INVITED, (key,), ctx.time))
    invitations.create(ctx, account, Invitation(ctx.signer, organisation, roles, until))
    ctx.schedule("identity.invitation", account, until, ExpireInvitation(account=account))
    return account


def _join(ctx: Context, found: Invitation, key: bytes) -> None:
    """Become a member; the first officer of an admitted organisation makes it active."""
    row = organisations.get(ctx, found.organisation)
    assert row is not None, "invitations name organisations that exist"
    if row.status is OrganisationStatus.PROPOSED:
        raise Refused("identity.not_admitted_yet", about=(found.organisation,))
    members.create(ctx, ctx.signer, Member(found.organisation, found.roles, ctx.time))
    if row.status is OrganisationStatus.ADMITTED:
        activate_organisation(ctx, found.organisation, ctx.signer, key)
        return
    require_active(ctx, found.organisation)
    if Role.OFFICER in found.roles:
        add_officer(ctx, found.organisation, ctx.signer)
    joined = MemberJoined(account=ctx.signer, organisation=found.organisation, roles=found.roles, key=key)
    ctx.emit(joined)


def _forget(ctx: Context, account: bytes, found: Invitation) -> None:
    invitations.delete(ctx, account)
    ctx.unschedule("identity.invitation", account)
    inviter = require_account(ctx, found.inviter)
    if inviter.invitations:
        accounts.put(ctx, found.inviter, replace(inviter, invitations=inviter.invitations - 1))
