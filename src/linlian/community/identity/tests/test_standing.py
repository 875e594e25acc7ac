"""Who is around an account, and that whatever goes away leaves somebody who can act."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from linlian.community import council, delegations
from linlian.community.council.rules import ProposeRemoval, Vote, VoteCast
from linlian.community.delegations.rules import EndDelegation, GrantDelegation, PartHousehold
from linlian.community.identity import AccountStatus, OrganisationKind, Role, Scope, delegates_of, household_of
from linlian.community.identity import views as ask
from linlian.community.identity.rules_accounts import (
    ChangeRoles,
    CloseAccount,
    ResumeAccount,
    SuspendAccount,
    SuspensionReason,
)
from linlian.community.identity.rules_standing import (
    DELEGATES_MAX,
    HOUSEHOLD_MAX,
    HouseholdJoined,
    HouseholdParted,
)
from linlian.community.identity.tests.village import DAY_MS, Village, found_village, organisation_id
from linlian.kernel.contract import Command
from linlian.testing.rows import reading


@pytest.fixture
def village() -> Village:
    """A street office, a company with a repairer, a committee, a firm; Anna, and Bo at her home."""
    found = found_village(
        council.contract,
        delegations.contract,
        street=OrganisationKind.GOVERNMENT,
        harmony=OrganisationKind.PROPERTY_COMPANY,
        owners=OrganisationKind.OWNERS_COMMITTEE,
        swift=OrganisationKind.SERVICE_PROVIDER,
    )
    found.hire("harmony", "desk", Role.DESK)
    found.hire("swift", "fitter", Role.REPAIRER)
    found.settle("anna", invited_by="desk")
    found.settle("bo", invited_by="anna")
    return found


def household(village: Village, name: str) -> list[bytes]:
    """As the state knows it, and as the rows show it."""
    known = household_of(village.town.state, village.id(name))
    with reading(village.town.blocks, ask.views) as db:
        assert {row.other for row in ask.household_of(db, village.id(name))} == {*known}
    return list(known)


def test_a_household_is_whom_a_resident_invited_and_not_whom_a_desk_did(village: Village) -> None:
    assert household(village, "anna") == [village.id("bo")]
    assert household(village, "bo") == [village.id("anna")]
    assert household(village, "desk") == []


def test_a_full_household_forgets_whom_it_has_known_the_longest(village: Village) -> None:
    people = [f"guest {number}" for number in range(HOUSEHOLD_MAX)]
    for name in people:
        village.settle(name, invited_by="anna")
    assert household(village, "anna") == [village.id(name) for name in people]
    assert household(village, "bo") == []
    village.town.check_invariants()


def test_either_parts_from_the_other(village: Village) -> None:
    anna, bo = village.id("anna"), village.id("bo")
    outcome = village.do("bo", PartHousehold(account=anna))
    assert outcome.events == [HouseholdParted(account=bo, other=anna)]
    assert household(village, "anna") == household(village, "bo") == []
    assert village.refusal("anna", PartHousehold(account=bo)) == "delegations.not_your_household"
    joined = [event for block in village.town.blocks for event in village.town.events(block, 0)]
    assert HouseholdJoined(account=anna, other=bo) in joined


def test_an_account_has_eight_delegates_at_most_not_counting_those_that_are_over(village: Village) -> None:
    people = [f"neighbour {number}" for number in range(DELEGATES_MAX + 1)]
    for name in people:
        village.settle(name, invited_by="desk")

    def grant(name: str, days: int = 30) -> GrantDelegation:
        until = village.town.time + days * DAY_MS
        return GrantDelegation(delegate=village.id(name), scopes=(Scope.SEE,), until=until)

    *first, last = people
    for name in first:
        village.do("anna", grant(name, days=1 if name == first[0] else 30))
    assert village.refusal("anna", grant(last)) == "identity.too_many_delegates"
    village.do("anna", grant(first[1], days=40))
    village.town.advance(days=2)
    village.do("anna", grant(last))
    village.do("anna", EndDelegation(principal=village.id("anna"), delegate=village.id(first[2])))
    known = delegates_of(village.town.state, village.id("anna"), village.town.time)
    assert {*known} == {village.id(name) for name in people} - {village.id(first[0]), village.id(first[2])}
    village.town.check_invariants()


def remove(village: Village, organisation: str) -> None:
    proposal = village.do("street", ProposeRemoval(organisation=organisation_id(organisation))).the(VoteCast).proposal
    for voter in ("harmony", "owners"):
        village.do(voter, Vote(proposal=proposal, in_favour=True))


@pytest.mark.parametrize(
    ("who", "code"),
    [
        ("street", None),
        ("owners", None),
        ("harmony", "identity.wrong_kind_of_organisation"),
        ("swift", "identity.organisation_not_active"),
    ],
)
def test_the_members_of_a_removed_organisation_are_not_left_to_themselves(
    village: Village, who: str, code: str | None
) -> None:
    remove(village, "swift")
    suspend = SuspendAccount(account=village.id("fitter"), reason=SuspensionReason.LOST_KEY)
    if code is not None:
        assert village.refusal(who, suspend) == code
        return
    village.do(who, suspend)
    village.do(who, ResumeAccount(account=village.id("fitter")))
    village.do(who, CloseAccount(account=village.id("fitter")))
    assert village.account("fitter").status is AccountStatus.CLOSED
    village.town.check_invariants()


@pytest.mark.parametrize(
    ("first", "then", "code"),
    [
        # one officer goes, and the other then cannot
        ("suspended", "closes", "identity.last_officer"),
        ("suspended", "demoted", "identity.last_officer"),
        ("demoted", "suspended", "identity.last_officer"),
        ("demoted", "closes", "identity.last_officer"),
        ("closed", "suspended", "identity.last_officer"),
        ("closed", "demoted", "identity.last_officer"),
    ],
)
def test_of_two_officers_one_stays(village: Village, first: str, then: str, code: str) -> None:
    village.hire("swift", "second", Role.OFFICER)
    how: dict[str, Callable[[str], Command]] = {
        "suspended": lambda name: SuspendAccount(account=village.id(name), reason=SuspensionReason.OWN_WISH),
        "demoted": lambda name: ChangeRoles(account=village.id(name), roles=(Role.REPAIRER,)),
        "closed": lambda name: CloseAccount(account=village.id(name)),
    }
    how["closes"] = how["closed"]
    village.do("swift", how[first]("second"))
    assert village.refusal("swift", how[then]("swift")) == code
    if first == "suspended":
        village.do("swift", ResumeAccount(account=village.id("second")))
        village.do("swift", how[then]("swift"))
    village.town.check_invariants()


def test_organisations_leave_until_two_are_left(village: Village) -> None:
    remove(village, "swift")
    proposal = village.do("street", ProposeRemoval(organisation=organisation_id("harmony"))).the(VoteCast).proposal
    village.do("owners", Vote(proposal=proposal, in_favour=True))
    removal = ProposeRemoval(organisation=organisation_id("owners"))
    assert village.refusal("street", removal) == "identity.too_few_organisations"
