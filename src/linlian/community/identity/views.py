"""Who is here, as rows: organisations, accounts with what they are in their organisation, and keys.

An account and its membership are one row, because an account has one job. What an organisation's removal does to its
members is not copied to them: whoever asks looks at both.
"""

from __future__ import annotations

from typing import NamedTuple

from linlian.community.identity import audience
from linlian.community.identity.rules import (
    AccountKind,
    AccountStatus,
    OrganisationKind,
    OrganisationStatus,
    contract,
)
from linlian.community.identity.rules_accounts import (
    AccountClosed,
    AccountResumed,
    AccountSuspended,
    DeviceRegistered,
    ResidentRegistered,
    RolesChanged,
)
from linlian.community.identity.rules_invitations import (
    InvitationEnded,
    MemberInvited,
    MemberJoined,
    ResidentInvited,
    ResidentJoined,
)
from linlian.community.identity.rules_keys import KeyAdded, KeyRevoked, KeyRotated, KeysReplaced
from linlian.community.identity.rules_organisations import (
    OperatorKeySet,
    OrganisationAdmitted,
    OrganisationDeclined,
    OrganisationJoined,
    OrganisationProposed,
    OrganisationRemoved,
)
from linlian.community.identity.rules_standing import HouseholdJoined, HouseholdParted
from linlian.readmodel.view import Fact, Id, Limit, Reads, Rows, View, where

views = View(contract)


class OrganisationRow(NamedTuple):
    """`since` is when it took its present status. One that was voted in is `proposed` until its officer is here."""

    organisation: bytes
    kind: str
    code: str
    status: str
    since: int


class AccountRow(NamedTuple):
    """`organisation` and `roles` (joined by commas) are empty for residents; `invited_until` once they are here.

    `opened_by` is who invited or registered it. `since` is when it took its present status; a closed account keeps
    the organisation and roles that it had.
    """

    account: bytes
    kind: str
    status: str
    organisation: bytes
    roles: str
    code: str
    opened_by: bytes
    invited_until: int
    reason: str
    since: int


class KeyRow(NamedTuple):
    """A key signs in the blocks from `from_height` to `until_height`, both included; 0 is no end."""

    account: bytes
    key_id: bytes
    from_height: int
    from_time: int
    until_height: int
    until_time: int


class HouseholdRow(NamedTuple):
    """One of two rows of a pair that lives together: `other` is told when the account is recovered."""

    account: bytes
    other: bytes
    since: int


organisations = views.table("organisation", OrganisationRow, indexes=("status, code",))
accounts = views.table("account", AccountRow, indexes=("organisation, since", "status, since", "opened_by, status"))
keys = views.table("key", KeyRow, key=2, indexes=("key_id",))
households = views.table("household", HouseholdRow, key=2)
views.leave_out(OperatorKeySet)


@views.on(OrganisationProposed)
def proposed(db: Rows, event: OrganisationProposed, fact: Fact) -> None:
    db.put(
        organisations,
        OrganisationRow(event.organisation, event.kind, event.code, OrganisationStatus.PROPOSED, fact.time),
    )


@views.on(OrganisationJoined)
def joined(db: Rows, event: OrganisationJoined, fact: Fact) -> None:
    row = OrganisationRow(event.organisation, event.kind, event.code, OrganisationStatus.ACTIVE, fact.time)
    db.put(organisations, row)
    _open(db, fact, event.officer, AccountStatus.ACTIVE, organisation=event.organisation, roles="officer")
    _begin_key(db, fact, event.officer, event.key)


@views.on(OrganisationAdmitted)
def admitted(db: Rows, event: OrganisationAdmitted, fact: Fact) -> None:
    db.change(organisations, event.organisation, status=OrganisationStatus.ADMITTED, since=fact.time)


@views.on(OrganisationDeclined)
def declined(db: Rows, event: OrganisationDeclined, fact: Fact) -> None:
    db.change(organisations, event.organisation, status=OrganisationStatus.DECLINED, since=fact.time)


@views.on(OrganisationRemoved)
def removed(db: Rows, event: OrganisationRemoved, fact: Fact) -> None:
    db.change(organisations, event.organisation, status=OrganisationStatus.REMOVED, since=fact.time)


@views.on(MemberInvited)
def member_invited(db: Rows, event: MemberInvited, fact: Fact) -> None:
    _open(db, fact, event.account, AccountStatus.INVITED, event.organisation, ",".join(event.roles), event.until)


@views.on(ResidentInvited)
def resident_invited(db: Rows, event: ResidentInvited, fact: Fact) -> None:
    _open(db, fact, event.account, AccountStatus.INVITED, until=event.until)


@views.on(ResidentRegistered)
def registered(db: Rows, event: ResidentRegistered, fact: Fact) -> None:
    _open(db, fact, event.account, AccountStatus.ACTIVE)


@views.on(DeviceRegistered)
def device_registered(db: Rows, event: DeviceRegistered, fact: Fact) -> None:
    _open(db, fact, event.account, AccountStatus.ACTIVE, event.organisation, "device")
    db.change(accounts, event.account, kind=AccountKind.DEVICE, code=event.code)
    _begin_key(db, fact, event.account, event.key)


@views.on(MemberJoined)
def member_joined(db: Rows, event: MemberJoined, fact: Fact) -> None:
    _accept(db, fact, event.account, event.key)


@views.on(ResidentJoined)
def resident_joined(db: Rows, event: ResidentJoined, fact: Fact) -> None:
    _accept(db, fact, event.account, event.key)


@views.on(RolesChanged)
def roles_changed(db: Rows, event: RolesChanged, fact: Fact) -> None:
    db.change(accounts, event.account, roles=",".join(event.roles))


@views.on(AccountSuspended)
def suspended(db: Rows, event: AccountSuspended, fact: Fact) -> None:
    db.change(accounts, event.account, status=AccountStatus.SUSPENDED, reason=event.reason, since=fact.time)


@views.on(AccountResumed)
def resumed(db: Rows, event: AccountResumed, fact: Fact) -> None:
    db.change(accounts, event.account, status=AccountStatus.ACTIVE, reason="", since=fact.time)


@views.on(InvitationEnded)
def invitation_ended(db: Rows, event: InvitationEnded, fact: Fact) -> None:
    db.change(accounts, event.account, status=AccountStatus.CLOSED, invited_until=0, since=fact.time)


@views.on(AccountClosed)
def closed(db: Rows, event: AccountClosed, fact: Fact) -> None:
    db.change(accounts, event.account, status=AccountStatus.CLOSED, reason="", since=fact.time)
    _end_all_keys(db, fact, event.account)


@views.on(KeyAdded)
def key_added(db: Rows, event: KeyAdded, fact: Fact) -> None:
    _begin_key(db, fact, event.account, event.key)


@views.on(KeyRotated)
def key_rotated(db: Rows, event: KeyRotated, fact: Fact) -> None:
    _end_key(db, fact, event.account, event.replaces)
    _begin_key(db, fact, event.account, event.key)


@views.on(KeyRevoked)
def key_revoked(db: Rows, event: KeyRevoked, fact: Fact) -> None:
    _end_key(db, fact, event.account, event.key)


@views.on(KeysReplaced)
def keys_replaced(db: Rows, event: KeysReplaced, fact: Fact) -> None:
    _end_all_keys(db, fact, event.account)
    _begin_key(db, fact, event.account, event.key)
    if event.resumed:
        db.change(accounts, event.account, status=AccountStatus.ACTIVE, reason="", since=fact.time)


@views.on(HouseholdJoined)
def household_joined(db: Rows, event: HouseholdJoined, fact: Fact) -> None:
    db.put(households, HouseholdRow(event.account, event.other, fact.time))
    db.put(households, HouseholdRow(event.other, event.account, fact.time))


@views.on(HouseholdParted)
def household_parted(db: Rows, event: HouseholdParted, _: Fact) -> None:
    db.delete(households, event.account, event.other)
    db.delete(households, event.other, event.account)


def _open(
    db: Rows,
    fact: Fact,
    account: bytes,
    status: AccountStatus,
    organisation: bytes = b"",
    roles: str = "",
    until: int = 0,
) -> None:
    kind = AccountKind.PERSON
    db.put(
        accounts,
        AccountRow(account, kind, status, organisation, roles, "", fact.signer, until, "", fact.time),
    )


def _accept(db: Rows, fact: Fact, account: bytes, key: bytes) -> None:
    db.change(accounts, account, status=AccountStatus.ACTIVE, invited_until=0, since=fact.time)
    _begin_key(db, fact, account, key)


def _begin_key(db: Rows, fact: Fact, account: bytes, key: bytes) -> None:
    db.put(keys, KeyRow(account, key, fact.height + 1, fact.time, 0, 0))


def _end_key(db: Rows, fact: Fact, account: bytes, key: bytes) -> None:
    db.change(keys, account, key, until_height=fact.height, until_time=fact.time)


def _end_all_keys(db: Rows, fact: Fact, account: bytes) -> None:
    for row in db.under(keys, account):
        if row.until_height == 0:
            _end_key(db, fact, account, row.key_id)


@views.query(seen_by=audience.ORGANISATIONS)
def organisations_by_status(
    db: Reads,
    status: OrganisationStatus | None = None,
    kind: OrganisationKind | None = None,
    limit: Limit = 100,
) -> list[OrganisationRow]:
    """Organisations, in the order in which they took their status."""
    matching = where(status=status, kind=kind)
    sql = f"SELECT * FROM identity_organisation{matching} ORDER BY since, organisation LIMIT :limit"
    return db.all(OrganisationRow, sql, status=status, kind=kind, limit=limit)


@views.query(seen_by=audience.MEMBERS)
def members(db: Reads, organisation: Id, status: AccountStatus | None = None, limit: Limit = 100) -> list[AccountRow]:
    """An organisation's people and devices, present and former."""
    matching = where(organisation=organisation, status=status)
    sql = f"SELECT * FROM identity_account{matching} ORDER BY since, account LIMIT :limit"
    return db.all(AccountRow, sql, organisation=organisation, status=status, limit=limit)


@views.query(seen_by=audience.ACCOUNTS)
def accounts_by_status(
    db: Reads, status: AccountStatus | None = None, kind: AccountKind | None = None, limit: Limit = 100
) -> list[AccountRow]:
    """Accounts, in the order in which they took their status."""
    matching = where(status=status, kind=kind)
    sql = f"SELECT * FROM identity_account{matching} ORDER BY since, account LIMIT :limit"
    return db.all(AccountRow, sql, status=status, kind=kind, limit=limit)


@views.query(seen_by=audience.ACCOUNT)
def account(db: Reads, account: Id) -> AccountRow | None:
    """One account."""
    return db.one(AccountRow, "SELECT * FROM identity_account WHERE account = :account", account=account)


@views.query(seen_by=audience.ACCOUNTS)
def open_invitations(db: Reads, limit: Limit = 100) -> list[AccountRow]:
    """Invitations that nobody has accepted yet, the one that ends first on top."""
    sql = "SELECT * FROM identity_account WHERE status = 'invited' ORDER BY invited_until, account LIMIT :limit"
    return db.all(AccountRow, sql, limit=limit)


@views.query(seen_by=audience.INVITER)
def invited_by(db: Reads, inviter: Id, limit: Limit = 100) -> list[AccountRow]:
    """Whom somebody has invited and who has not accepted yet, the one that ends first on top."""
    sql = """
        SELECT * FROM identity_account WHERE opened_by = :inviter AND status = 'invited'
        ORDER BY invited_until, account LIMIT :limit"""
    return db.all(AccountRow, sql, inviter=inviter, limit=limit)


@views.query(seen_by=audience.HOUSEHOLD)
def household_of(db: Reads, account: Id, limit: Limit = 100) -> list[HouseholdRow]:
    """Whom an account is known to live with."""
    sql = "SELECT * FROM identity_household WHERE account = :account ORDER BY since, other LIMIT :limit"
    return db.all(HouseholdRow, sql, account=account, limit=limit)


@views.query(seen_by=audience.KEYS)
def keys_of(db: Reads, account: Id, limit: Limit = 100) -> list[KeyRow]:
    """The keys that sign or signed for an account, and in which blocks."""
    sql = "SELECT * FROM identity_key WHERE account = :account ORDER BY from_height, key_id LIMIT :limit"
    return db.all(KeyRow, sql, account=account, limit=limit)
