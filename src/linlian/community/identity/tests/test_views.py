"""The rows of identity are the state of identity, account by account and key by key."""

from __future__ import annotations

from typing import Any

import pytest

from linlian.community.identity import AccountStatus, OrganisationKind, Role
from linlian.community.identity import rules as state
from linlian.community.identity import views as rows
from linlian.community.identity.rules_accounts import (
    ChangeRoles,
    CloseAccount,
    DeviceRegistered,
    RegisterDevice,
    ResumeAccount,
    SuspendAccount,
    SuspensionReason,
)
from linlian.community.identity.rules_invitations import INVITATION_MS, InviteMember, InviteResident
from linlian.community.identity.rules_keys import AddKey, RevokeKey, RotateKey
from linlian.community.identity.tests.village import Village, found_village, organisation_id, software_key
from linlian.kernel.keys import KEYS
from linlian.testing import Person
from linlian.testing.rows import reading, table_rows


@pytest.fixture(scope="module")
def village() -> Village:
    """A village in which everything has happened to somebody."""
    found = found_village(street=OrganisationKind.GOVERNMENT, harmony=OrganisationKind.PROPERTY_COMPANY)
    for name, role in {"desk": Role.DESK, "repairer": Role.REPAIRER, "leaver": Role.CLERK}.items():
        found.hire("harmony", name, role)
    found.do("harmony", ChangeRoles(account=found.id("repairer"), roles=(Role.REPAIRER, Role.SUPERVISOR)))
    found.settle("anna", invited_by="desk")
    found.settle("bo", invited_by="desk")
    found.settle_without_key("grandmother", registered_by="desk")
    device = found.do("harmony", RegisterDevice(code="pump-7", **found.key_of("pump")))
    found.people["pump"] = Person("pump", device.the(DeviceRegistered).account, software_key("pump"))
    found.do("anna", AddKey(**found.key_of("tablet")))
    found.do("anna", RotateKey(replaces=software_key("tablet").key_id, **found.key_of("phone")))
    found.do("anna", AddKey(**found.key_of("watch")))
    found.do("anna", RevokeKey(key=software_key("watch").key_id))
    found.do("street", SuspendAccount(account=found.id("bo"), reason=SuspensionReason.LOST_KEY))
    found.do("harmony", SuspendAccount(account=found.id("repairer"), reason=SuspensionReason.LOST_KEY))
    found.do("harmony", ResumeAccount(account=found.id("repairer")))
    found.do("harmony", CloseAccount(account=found.id("leaver")))
    found.invite("desk", "too late", InviteResident(**found.key_of("never used")))
    found.town.advance(ms=INVITATION_MS)
    found.invite("harmony", "pending", InviteMember(roles=(Role.CLERK,), **found.key_of("once pending")))
    return found


def test_every_account_is_what_it_is_in_the_state(village: Village) -> None:
    with reading(village.town.blocks, rows.views) as db:
        found = {row.account: row for row in table_rows(db, rows.accounts)}
    accounts: dict[bytes, Any] = dict(village.town.rows(state.accounts))
    assert found.keys() == accounts.keys()
    for key, account in accounts.items():
        row, job = found[key], village.town.get(state.members, key)
        assert (row.kind, row.status) == (account.kind, account.status)
        invitation = village.town.get(state.invitations, key)
        assert row.invited_until == (0 if invitation is None else invitation.until)
        if job is not None:
            assert (row.organisation, row.roles) == (job.organisation, ",".join(job.roles))
    assert found[village.id("bo")].reason == "lost_key"
    assert found[village.id("repairer")].reason == ""
    assert found[village.id("pump")].code == "pump-7"
    assert found[village.id("anna")].opened_by == village.id("desk")


def test_every_key_signs_in_the_blocks_in_which_it_does(village: Village) -> None:
    """All but the one-time keys of invitations, of which no event speaks."""
    with reading(village.town.blocks, rows.views) as db:
        found = {row.key_id: row for row in table_rows(db, rows.keys)}
    kept = dict(village.town.rows(KEYS))
    assert {row.account for row in found.values()} <= {key.account for key in kept.values()}
    for key_id, row in found.items():
        key = kept[key_id]
        assert (row.account, row.from_height, row.until_height) == (*(key.account, key.from_height, key.until_height),)
    once = {software_key(name).key_id for name in kept_names(village)}
    assert kept.keys() - found.keys() == once


def kept_names(village: Village) -> list[str]:
    invited = ("desk", "repairer", "leaver", "anna", "bo", "pending")
    return ["never used", *(f"once {name}" for name in invited)]


def test_the_keys_of_an_account_come_with_their_lifetimes(village: Village) -> None:
    with reading(village.town.blocks, rows.views) as db:
        keys = rows.keys_of(db, village.id("anna"))
        assert rows.keys_of(db, village.id("grandmother")) == []
    ends = [row.until_height for row in keys]
    assert [row.key_id for row in keys] == [software_key(name).key_id for name in ("anna", "tablet", "phone", "watch")]
    assert [end > 0 for end in ends] == [False, True, False, True]
    assert keys[1].until_height == keys[2].from_height - 1
    assert keys[1].until_time == keys[2].from_time


def test_people_are_listed_by_organisation_and_status(village: Village) -> None:
    harmony = organisation_id("harmony")
    with reading(village.town.blocks, rows.views) as db:
        staff = rows.members(db, harmony)
        assert {row.account for row in staff} == {
            village.id(name) for name in ("harmony", "desk", "repairer", "leaver", "pump", "pending")
        }
        closed = rows.members(db, harmony, status=AccountStatus.CLOSED)
        assert [row.account for row in closed] == [village.id("leaver")]
        assert [row.account for row in rows.open_invitations(db)] == [village.id("pending")]
        suspended = rows.accounts_by_status(db, status=AccountStatus.SUSPENDED)
        assert [row.account for row in suspended] == [village.id("bo")]
        assert rows.account(db, bytes(16)) is None
        kinds = [row.kind for row in rows.organisations_by_status(db)]
        assert kinds == [OrganisationKind.GOVERNMENT, OrganisationKind.PROPERTY_COMPANY]
