"""What holds over all rows of identity after every command."""

from __future__ import annotations

from linlian.community.identity.rules import (
    NOBODY,
    AccountStatus,
    OrganisationStatus,
    Role,
    accounts,
    communities,
    contract,
    invitations,
    members,
    organisations,
)
from linlian.community.identity.rules_standing import circles, delegations, is_witnessed
from linlian.kernel.contract import Rows
from linlian.kernel.keys import KEYS


@contract.invariant
def every_organisation_can_act(rows: Rows) -> None:
    """The community lists its active organisations, at least one, each with an officer who can act."""
    ((_, community),) = rows(communities)
    listed = community.organisations
    active = [key for key, row in rows(organisations) if row.status is OrganisationStatus.ACTIVE]
    assert sorted(listed) == active, "the community lists exactly its active organisations"
    assert listed, "a community without organisations is locked out"
    for key, row in rows(organisations):
        assert row.officers or row.status is not OrganisationStatus.ACTIVE, f"{key.hex()} has no officer"


@contract.invariant
def officers_are_exactly_those_who_can_act(rows: Rows) -> None:
    """An organisation's officers are its members with that role, an active account, and a key."""
    known = dict(rows(accounts))
    able: dict[bytes, list[bytes]] = {key: [] for key, _ in rows(organisations)}
    for key, row in rows(members):
        account = known[key]
        assert account.status in (AccountStatus.ACTIVE, AccountStatus.SUSPENDED), "members have open accounts"
        if Role.OFFICER in row.roles and account.status is AccountStatus.ACTIVE:
            assert account.keys, "an officer has a key"
            able[row.organisation].append(key)
    for key, organisation in rows(organisations):
        assert sorted(organisation.officers) == able[key], f"officers of {key.hex()}"


@contract.invariant
def keys_in_force_are_listed_by_their_account(rows: Rows) -> None:
    """An account lists exactly its keys that have not ended; a closed one has none."""
    standing: dict[bytes, list[bytes]] = {}
    for key, row in rows(KEYS):
        if row.until_height == 0:
            standing.setdefault(row.account, []).append(key)
    for identifier, account in rows(accounts):
        assert sorted(account.keys) == standing.pop(identifier, []), f"keys of {identifier.hex()}"
        assert not account.keys or account.status is not AccountStatus.CLOSED, "a closed account has no key"
        assert (account.status is AccountStatus.SUSPENDED) == (account.suspended_by != NOBODY)
    assert not standing, "every key in force belongs to an account"


@contract.invariant
def invitations_are_the_pending_accounts(rows: Rows) -> None:
    """An account is `invited` exactly as long as its invitation is open; residents' open ones are counted."""
    known, opened = dict(rows(accounts)), dict(rows(invitations))
    pending = [key for key, row in known.items() if row.status is AccountStatus.INVITED]
    assert pending == list(opened), "pending accounts and open invitations"
    for identifier, row in known.items():
        of_theirs = sum(invitation.inviter == identifier for invitation in opened.values())
        assert row.invitations in (0, of_theirs), "the open invitations of a resident are counted"


@contract.invariant
def delegations_make_sense(rows: Rows) -> None:
    """Scopes, a time, a witness if another granted it; its principal lists whoever acts for them. Households agree."""
    known, around = dict(rows(accounts)), dict(rows(circles))
    listed = {(account, delegate) for account, circle in around.items() for delegate in circle.delegates}
    witnessed = {(key[1:17], key[18:34]) for key, row in rows(delegations) if is_witnessed(row)}
    assert witnessed == listed, "the delegates of each account"
    for key, row in rows(delegations):
        principal, delegate = key[1:17], key[18:34]
        assert principal != delegate
        assert {principal, delegate} <= {*known}
        assert row.scopes
        assert row.starts < row.until
        assert (row.granted_by == principal) == (row.witness == NOBODY), "a witness, or the principal's own key"
    for account, circle in around.items():
        assert account not in circle.household
        assert len({*circle.household}) == len(circle.household)
        assert all(account in around[other].household for other in circle.household), "both live together"
