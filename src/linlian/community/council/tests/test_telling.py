"""Who hears of a recovery and who can stop it; and that nobody is locked out for want of one."""

from __future__ import annotations

from typing import Any

import pytest

from linlian.community import council
from linlian.community.council.rules import ProposeOperatorKey, ProposeRemoval, VoteCast
from linlian.community.council.rules_recovery import (
    RECOVERY_WAIT_ALONE_MS,
    RECOVERY_WAIT_MS,
    RecoveryApproved,
    RecoveryCompleted,
    RecoveryOpened,
    VetoRecovery,
)
from linlian.community.council.tests.approving import approval
from linlian.community.council.tests.test_no_takeover import grant, open_for, recover, village
from linlian.community.delegations.rules import PartHousehold
from linlian.community.identity import RECOVERED_MS, AccountStatus, OrganisationKind, Role
from linlian.community.identity.rules_accounts import SuspendAccount, SuspensionReason
from linlian.community.identity.tests.village import Village, found_village, organisation_id, software_key
from linlian.kernel.codec import subject_fields
from linlian.kernel.contract import Event

__all__ = ["village"]


def test_household_delegates_and_employer_hear_of_every_step(village: Village) -> None:
    village.do("anna", grant(village, "son"))
    told = (village.id("bo"), village.id("son"))
    opened = village.do("desk", open_for(village, "anna")).the(RecoveryOpened)
    approved = [village.do(name, approval(village.town, village.id("anna"))).the(RecoveryApproved) for name in "ab"]
    (done,) = [e for e in village.town.advance(ms=RECOVERY_WAIT_MS) if isinstance(e, RecoveryCompleted)]
    assert [event.told for event in (opened, *approved, done)] == [told] * 4
    assert done.until == village.account("anna").recovered_at + RECOVERED_MS
    of_officer = village.do("desk", open_for(village, "c", "other")).the(RecoveryOpened)
    assert of_officer.employer == organisation_id("c")


def test_each_step_stands_in_the_history_of_whoever_is_told(village: Village) -> None:
    village.do("anna", grant(village, "son"))
    before = {name: history_size(village, name) for name in ("anna", "bo", "son", "witness")}
    recover(village, "anna")
    grown = {name: history_size(village, name) - before[name] for name in before}
    assert grown == {"anna": 5, "bo": 4, "son": 4, "witness": 0}, "opened, approved twice, done; and the key for Anna"


def history_size(village: Village, name: str) -> int:
    """How many events of the ledger name a person as a subject."""
    town = village.town
    found = 0
    for block in town.blocks:
        for index in range(len(block.receipts)):
            found += sum(village.id(name) in subjects(event) for event in town.events(block, index))
    return found


def subjects(event: Event) -> list[bytes]:
    named: list[bytes] = []
    for field, many in subject_fields(type(event)):
        value: Any = getattr(event, field)
        named += value if many else [value]
    return named


@pytest.mark.parametrize("ended", ["by Bo", "by Anna", "delegation over"])
def test_who_has_left_is_not_told(village: Village, ended: str) -> None:
    village.do("anna", grant(village, "son"))
    if ended == "by Bo":
        village.do("bo", PartHousehold(account=village.id("anna")))
    elif ended == "by Anna":
        village.do("anna", PartHousehold(account=village.id("bo")))
        assert village.refusal("anna", PartHousehold(account=village.id("bo"))) == "delegations.not_your_household"
    else:
        village.town.advance(days=31)
    told = village.do("desk", open_for(village, "anna")).the(RecoveryOpened).told
    assert told == ((village.id("bo"),) if ended == "delegation over" else (village.id("son"),))
    village.town.check_invariants()


@pytest.mark.parametrize(
    ("who", "code"),
    [
        ("bo", "identity.role_missing"),
        ("a", None),
        ("b", None),
        ("officer", None),
        ("c", None),
        ("d", "council.no_veto"),
        ("desk", "identity.role_missing"),
    ],
)
def test_who_may_veto_the_recovery_of_an_officer(village: Village, who: str, code: str | None) -> None:
    village.hire("c", "second", Role.OFFICER)
    village.do("desk", open_for(village, "second"))
    for officer in "ab":
        village.do(officer, approval(village.town, village.id("second")))
    veto = VetoRecovery(account=village.id("second"))
    if code is None:
        village.do(who, veto)
    else:
        assert village.refusal(who, veto) == code


@pytest.mark.parametrize(
    ("by", "after"),
    [("anna", AccountStatus.ACTIVE), ("a", AccountStatus.SUSPENDED)],
)
def test_a_recovery_ends_the_suspension_that_the_robbed_asked_for_and_no_other(
    village: Village, by: str, after: AccountStatus
) -> None:
    village.do(by, SuspendAccount(account=village.id("anna"), reason=SuspensionReason.LOST_KEY))
    recover(village, "anna")
    assert village.account("anna").status is after
    village.town.check_invariants()


def test_two_organisations_with_one_officer_each_are_not_locked_out() -> None:
    """The other one alone may bring back a lost officer, but only after 14 days in which the officer hears of it."""
    village = found_village(council.contract, a=OrganisationKind.GOVERNMENT, b=OrganisationKind.PROPERTY_COMPANY)
    village.do("a", open_for(village, "b"))
    due = village.do("a", approval(village.town, village.id("b"))).the(RecoveryApproved).due
    assert due == village.town.time + RECOVERY_WAIT_ALONE_MS
    events = village.town.advance(ms=RECOVERY_WAIT_ALONE_MS)
    assert any(isinstance(event, RecoveryCompleted) for event in events)
    new = village.with_key("b", "new")
    assert village.refusal(new, ProposeRemoval(organisation=organisation_id("a"))) == "identity.just_recovered"
    village.town.advance(ms=RECOVERED_MS)
    village.do(new, ProposeOperatorKey(operator_key=software_key("x").public_key)).the(VoteCast)


def test_where_two_can_approve_one_is_never_enough(village: Village) -> None:
    for approvers in ("a", "b", "d"):
        village.do("desk", open_for(village, "c", f"new {approvers}"))
        due = village.do(approvers, approval(village.town, village.id("c"))).the(RecoveryApproved).due
        assert due == 0
        village.do("c", VetoRecovery(account=village.id("c")))


def test_an_organisation_that_is_alone_takes_over_no_resident() -> None:
    """Nothing is locked out by it: whoever keeps the only desk can invite the resident anew."""
    village = found_village(council.contract, b=OrganisationKind.PROPERTY_COMPANY)
    village.settle("anna", invited_by="b")
    village.do("b", open_for(village, "anna"))
    assert village.do("b", approval(village.town, village.id("anna"))).the(RecoveryApproved).due == 0
    assert village.refusal("b", approval(village.town, village.id("anna"))) == "council.same_organisation"
