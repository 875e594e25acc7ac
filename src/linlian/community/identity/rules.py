"""Who is here and may act: organisations, their members, residents, devices, and those who stand for others.

Rules
- An account is one person, or one device, in one context (a home, a job, a vote); only the vault links them.
  A job's account ends with the job.
- A handler of any business begins by asking who acts: `acting` for an account, `require_role` for a role in an
  active organisation, `stands_for` for somebody who acts for another.
- What says how an act came about, its `Basis`, is kept apart for ever: a helper's yes is never counted as one's own.
- An account whose keys were replaced by a recovery may report and see, and for 72 hours nothing else (`Power`): by
  then whoever was robbed of it has heard. A handler that says nothing asks for everything.
- Nothing may lock an organisation or the community out. An organisation's `officers` are exactly those who can act
  now: an active account, a key, the role. The last of them cannot go.

    acting(ctx, Power.REPORT)                            # to report a leak
    require_role(ctx, Role.DISPATCHER)                   # to assign it
    basis = stands_for(ctx, case.reporter, Scope.CONFIRM)

The commands stand beside, in `rules_organisations`, `rules_invitations`, `rules_accounts`, `rules_keys` and
`rules_standing`, where those are who stand for others. What organisations decide together is the business `council`;
how a delegation comes about, `delegations`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, TypeAlias

from linlian.kernel.contract import (
    SYSTEM,
    Context,
    Contract,
    Count,
    Hash,
    Id,
    Label,
    Meta,
    Millis,
    Reader,
    Refused,
    Row,
    Subject,
    replace,
)

AccountId: TypeAlias = Annotated[Id, Subject("account")]
OrganisationId: TypeAlias = Annotated[Id, Subject("organisation")]

NOBODY = SYSTEM
"""Stands where a row names no account or organisation; nobody can sign for it."""

ORGANISATIONS_MAX = 64
OFFICERS_MAX = 16
ROLES_MAX = 8
KEYS_MAX = 8
DAY_MS = 24 * 3600 * 1000
RECOVERED_MS = 3 * DAY_MS
"""For so long after a recovery an account may report and see, and nothing else."""


class OrganisationKind(StrEnum):
    GOVERNMENT = "government"
    PROPERTY_COMPANY = "property_company"
    OWNERS_COMMITTEE = "owners_committee"
    SERVICE_PROVIDER = "service_provider"
    THIRD_PARTY = "third_party"


class OrganisationStatus(StrEnum):
    """proposed → admitted by vote → active once its first officer accepts; or declined, or removed by vote."""

    PROPOSED = "proposed"
    ADMITTED = "admitted"
    ACTIVE = "active"
    DECLINED = "declined"
    REMOVED = "removed"


class Role(StrEnum):
    OFFICER = "officer"
    CLERK = "clerk"
    DESK = "desk"
    DISPATCHER = "dispatcher"
    REPAIRER = "repairer"
    SUPERVISOR = "supervisor"
    AUDITOR = "auditor"
    GRID_WORKER = "grid_worker"
    COMMITTEE_MEMBER = "committee_member"
    BUILDING_HEAD = "building_head"
    GATEWAY = "gateway"
    DEVICE = "device"


class AccountKind(StrEnum):
    PERSON = "person"
    DEVICE = "device"


class AccountStatus(StrEnum):
    """invited → active ⇄ suspended; closed is final."""

    INVITED = "invited"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSED = "closed"


class Scope(StrEnum):
    """What a delegate may do for another."""

    REPORT = "report"
    SEE = "see"
    CONFIRM = "confirm"
    DECIDE = "decide"


class Basis(StrEnum):
    """How a person's act came about. Never merged, neither in display nor in statistics."""

    OWN_KEY = "own_key"
    HOUSEHOLD = "household"
    HELPER = "helper"
    CALLBACK = "callback"
    WITNESSED_PAPER = "witnessed_paper"
    SMS_LINK = "sms_link"
    BANK_LINE = "bank_line"
    SILENCE = "silence"


class Power(StrEnum):
    """What an act takes of whoever acts; no row and no command holds it.

    REPORT  report, object, ask to see, stop a recovery, mind one's own keys: nothing that gives or ends a right
    BIND    everything else: confirm, quote, vote, authorise, dispose
    """

    REPORT = "report"
    BIND = "bind"


_OFFICE = (Role.OFFICER, Role.CLERK, Role.DESK)
_WORKS = (Role.DISPATCHER, Role.REPAIRER, Role.SUPERVISOR, Role.GATEWAY)
ROLES_OF: dict[OrganisationKind, tuple[Role, ...]] = {
    OrganisationKind.GOVERNMENT: (
        *(*_OFFICE, Role.DISPATCHER, Role.SUPERVISOR, Role.AUDITOR, Role.GATEWAY),
        *(Role.GRID_WORKER, Role.BUILDING_HEAD),
    ),
    OrganisationKind.PROPERTY_COMPANY: (*_OFFICE, *_WORKS),
    OrganisationKind.OWNERS_COMMITTEE: (
        *(*_OFFICE, Role.SUPERVISOR, Role.AUDITOR),
        *(Role.COMMITTEE_MEMBER, Role.BUILDING_HEAD),
    ),
    OrganisationKind.SERVICE_PROVIDER: (*_OFFICE, *_WORKS),
    OrganisationKind.THIRD_PARTY: (*_OFFICE, Role.AUDITOR, Role.GATEWAY),
}
"""Which roles an organisation of a kind can give to people. Nobody checks their own work: a property company has no
auditors. The role `device` is for devices alone."""

FRONT_OFFICE = _OFFICE
HOSTS = (OrganisationKind.GOVERNMENT, OrganisationKind.PROPERTY_COMPANY, OrganisationKind.OWNERS_COMMITTEE)
"""Who receives residents at a desk."""

PublicKey = Annotated[bytes, Meta(max_length=128)]
Roles = Annotated[tuple[Role, ...], Meta(max_length=ROLES_MAX)]
Scopes = Annotated[tuple[Scope, ...], Meta(max_length=len(Scope))]


class Community(Row):
    """The one row of the community: its active organisations, in the order in which they joined."""

    organisations: Annotated[tuple[Id, ...], Meta(max_length=ORGANISATIONS_MAX)]


class Organisation(Row):
    """`officers` are those who can act now: active, with a key, holding the role. `code` is a public short name."""

    kind: OrganisationKind
    status: OrganisationStatus
    code: Label
    officers: Annotated[tuple[Id, ...], Meta(max_length=OFFICERS_MAX)]
    since: Millis


class Account(Row):
    """`keys` are the ids of the keys that may sign for it; none means that delegates act.

    `suspended_by` is NOBODY while it is not suspended; `recovered_at` is 0 or the time of the last recovery;
    `invitations` counts the household invitations that a resident has open.
    """

    kind: AccountKind
    status: AccountStatus
    keys: Annotated[tuple[Hash, ...], Meta(max_length=KEYS_MAX)]
    since: Millis
    suspended_by: Id = NOBODY
    recovered_at: Millis = 0
    invitations: Count = 0


class Member(Row):
    """What an account is in its organisation. Keyed by the account: one account, one job."""

    organisation: Id
    roles: Roles
    since: Millis


class Invitation(Row):
    """A pending account, whose one key is the one-time key; `organisation` is NOBODY for residents."""

    inviter: Id
    organisation: Id
    roles: Roles
    until: Millis


contract = Contract("identity")
communities = contract.table("community", Community)
organisations = contract.table("organisation", Organisation, refused="identity.unknown_organisation")
accounts = contract.table("account", Account, refused="identity.unknown_account")
members = contract.table("member", Member)
invitations = contract.table("invitation", Invitation, refused="identity.no_invitation")

COMMUNITY = b""


# --- the front door: what neighbours ask ---


def account(reader: Reader, identifier: bytes) -> Account | None:
    """The account's row."""
    return accounts.get(reader, identifier)


def organisation(reader: Reader, identifier: bytes) -> Organisation | None:
    """The organisation's row, whatever its status."""
    return organisations.get(reader, identifier)


def member(reader: Reader, identifier: bytes) -> Member | None:
    """What an account is in its organisation; None for residents and for those who left."""
    return members.get(reader, identifier)


def acting(ctx: Context, power: Power = Power.BIND) -> Account:
    """The signer's account, which may act. Refused: unknown, not accepted, suspended, closed, its key ended; and, for
    whatever takes more than `Power.REPORT`, just recovered.
    """
    found = accounts.require(ctx, ctx.signer)
    check_open(ctx.signer, found)
    if ctx.key_id not in found.keys:  # ended earlier in this very block
        raise Refused("identity.key_ended", about=(ctx.signer,))
    if power is not Power.REPORT:
        check_settled(ctx, ctx.signer, found)
    return found


def check_settled(ctx: Context, identifier: bytes, found: Account) -> None:
    """Refuse an account in the 72 hours after its recovery."""
    if is_just_recovered(found, ctx.time):
        until = found.recovered_at + RECOVERED_MS
        raise Refused("identity.just_recovered", about=(identifier,), until=until)


def is_just_recovered(found: Account, time: int) -> bool:
    """Whether an account's keys were replaced less than 72 hours before."""
    return found.recovered_at > 0 and time < found.recovered_at + RECOVERED_MS


def check_open(identifier: bytes, found: Account) -> None:
    """Refuse an account that is not active; the refusal stays in its history."""
    if found.status is AccountStatus.INVITED:
        raise Refused("identity.not_accepted", about=(identifier,))
    if found.status is AccountStatus.SUSPENDED:
        raise Refused("identity.suspended", about=(identifier,))
    if found.status is AccountStatus.CLOSED:
        raise Refused("identity.account_closed", about=(identifier,))


def require_role(ctx: Context, *roles: Role, power: Power = Power.BIND) -> Member:
    """The signer's membership in an active organisation with one of these roles."""
    return _employment(ctx, roles, power)[0]


def require_office(
    ctx: Context, kinds: tuple[OrganisationKind, ...], *roles: Role, power: Power = Power.BIND
) -> Member:
    """`require_role` in an organisation of one of these kinds."""
    found, employer = _employment(ctx, roles, power)
    if employer.kind not in kinds:
        raise Refused("identity.wrong_kind_of_organisation", about=(ctx.signer,), kinds=",".join(kinds))
    return found


def _employment(ctx: Context, roles: tuple[Role, ...], power: Power) -> tuple[Member, Organisation]:
    acting(ctx, power)
    found = members.get(ctx, ctx.signer)
    if found is None or not any(role in found.roles for role in roles):
        raise Refused("identity.role_missing", about=(ctx.signer,), roles=",".join(roles))
    return found, require_active(ctx, found.organisation)


def require_active(reader: Reader, identifier: bytes) -> Organisation:
    """The organisation, which must be active."""
    found = organisations.get(reader, identifier)
    if found is None or found.status is not OrganisationStatus.ACTIVE:
        raise Refused("identity.organisation_not_active")
    return found


def is_active(reader: Reader, identifier: bytes) -> bool:
    """Whether an organisation is (still) one of the community."""
    found = organisations.get(reader, identifier)
    return found is not None and found.status is OrganisationStatus.ACTIVE


# --- what the parts of this business share ---


require_account = accounts.require


def the_community(reader: Reader) -> Community:
    """The community's one row."""
    found = communities.get(reader, COMMUNITY)
    assert found is not None, "genesis founds the community"
    return found


def check_roles(kind: OrganisationKind, roles: tuple[Role, ...]) -> None:
    """Refuse no role, a role twice, or one that an organisation of this kind cannot give."""
    if not roles:
        raise Refused("identity.no_role")
    for number, role in enumerate(roles):
        if role in roles[:number]:
            raise Refused("identity.role_twice", role=role)
        if role not in ROLES_OF[kind]:
            raise Refused("identity.role_not_of_kind", role=role, kind=kind)


def add_officer(ctx: Context, identifier: bytes, officer: bytes) -> None:
    """Count an account among those who can act for its organisation."""
    found = organisations.get(ctx, identifier)
    assert found is not None, "members belong to organisations that exist"
    if officer in found.officers:
        return
    if len(found.officers) >= OFFICERS_MAX:
        raise Refused("identity.too_many_officers", most=OFFICERS_MAX)
    organisations.put(ctx, identifier, replace(found, officers=(*found.officers, officer)))


def drop_officer(ctx: Context, identifier: bytes, officer: bytes) -> None:
    """No longer count an account; refused for the last one of an active organisation."""
    found = organisations.get(ctx, identifier)
    assert found is not None, "members belong to organisations that exist"
    if officer not in found.officers:
        return
    left = tuple(other for other in found.officers if other != officer)
    if not left and found.status is OrganisationStatus.ACTIVE:
        raise Refused("identity.last_officer", about=(officer, identifier), organisation=found.code)
    organisations.put(ctx, identifier, replace(found, officers=left))
