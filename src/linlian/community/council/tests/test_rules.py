"""Council: majorities to the vote, releases, the key of the checkpoints, and recoveries that are no takeovers."""

from __future__ import annotations

from hashlib import sha256

import pytest

from linlian.community import council
from linlian.community.council.rules import (
    PROPOSAL_MS,
    AdmissionProposed,
    Matter,
    ProposalClosed,
    ProposalStatus,
    ProposeAdmission,
    ProposeOperatorKey,
    ProposeRelease,
    ProposeRemoval,
    ReleaseScheduled,
    Vote,
    VoteCast,
    proposals,
)
from linlian.community.identity import AccountStatus, OrganisationKind, OrganisationStatus, Role
from linlian.community.identity.rules import organisations
from linlian.community.identity.rules_accounts import CloseAccount
from linlian.community.identity.rules_invitations import INVITATION_MS, AcceptInvitation, InviteMember
from linlian.community.identity.tests.village import Village, found_village, organisation_id, software_key
from linlian.kernel.operator import current_operator
from linlian.kernel.release import KEY, RELEASES
from linlian.testing import Outcome, Person

KINDS = list(OrganisationKind)


def village_of(count: int) -> Village:
    """Organisations a, b, c, … each with an officer of that name."""
    kinds = {name: KINDS[number % len(KINDS)] for number, name in enumerate("abcdefghijk"[:count])}
    return found_village(council.contract, **kinds)


def release(village: Village, ahead: int = 1000) -> ProposeRelease:
    digest = sha256(b"release").digest()
    return ProposeRelease(number=2, source_hash=digest, at_height=village.town.state.height + ahead)


def proposal_of(outcome: Outcome) -> bytes:
    found = outcome.the(VoteCast).proposal
    assert isinstance(found, bytes)
    return found


def status(village: Village, proposal: bytes) -> ProposalStatus:
    found = village.town.get(proposals, proposal)
    assert found is not None
    return found.status


def admission(village: Village, label: str = "newcomer") -> ProposeAdmission:
    return ProposeAdmission(kind=OrganisationKind.THIRD_PARTY, code=label, **village.key_of(f"once {label}"))


def propose_newcomer(village: Village, by: str = "a") -> bytes:
    """Propose one organisation more; its officer, once invited, goes by the name `newcomer`."""
    outcome = village.do(by, admission(village))
    officer = outcome.the(AdmissionProposed).officer
    village.people["newcomer"] = Person("newcomer", officer, software_key("once newcomer"))
    return proposal_of(outcome)


@pytest.mark.parametrize(
    ("organisations_count", "votes", "expected"),
    [
        (1, "", ProposalStatus.PASSED),
        (2, "", ProposalStatus.OPEN),
        (2, "y", ProposalStatus.PASSED),
        (2, "n", ProposalStatus.REJECTED),
        (3, "y", ProposalStatus.PASSED),
        (3, "n", ProposalStatus.OPEN),
        (3, "nn", ProposalStatus.REJECTED),
        (4, "y", ProposalStatus.OPEN),
        (4, "yy", ProposalStatus.PASSED),
        (4, "nn", ProposalStatus.REJECTED),
        (5, "yy", ProposalStatus.PASSED),
        (5, "ynn", ProposalStatus.OPEN),
        (5, "nny", ProposalStatus.OPEN),
        (5, "nnyy", ProposalStatus.PASSED),
        (5, "nnn", ProposalStatus.REJECTED),
    ],
)
def test_more_than_half_of_the_organisations_decide(
    organisations_count: int, votes: str, expected: ProposalStatus
) -> None:
    village = village_of(organisations_count)
    proposal = proposal_of(village.do("a", release(village)))
    for voter, what in zip("bcdef", votes, strict=False):
        village.do(voter, Vote(proposal=proposal, in_favour=what == "y"))
    assert status(village, proposal) is expected
    village.town.check_invariants()


def test_a_later_vote_replaces_an_earlier_one() -> None:
    village = village_of(5)
    proposal = proposal_of(village.do("a", release(village)))
    for voter, what in [("b", True), ("b", False), ("a", False), ("b", True), ("a", True)]:
        village.do(voter, Vote(proposal=proposal, in_favour=what))
    assert status(village, proposal) is ProposalStatus.OPEN
    village.do("c", Vote(proposal=proposal, in_favour=True))
    assert status(village, proposal) is ProposalStatus.PASSED
    assert village.refusal("d", Vote(proposal=proposal)) == "council.proposal_closed"


def test_two_officers_of_one_organisation_have_one_vote() -> None:
    village = village_of(3)
    village.hire("a", "second", Role.OFFICER)
    proposal = proposal_of(village.do("a", release(village)))
    village.do("second", Vote(proposal=proposal, in_favour=True))
    assert status(village, proposal) is ProposalStatus.OPEN


def test_a_proposal_lapses_after_fourteen_days() -> None:
    village = village_of(4)
    proposal = proposal_of(village.do("a", release(village)))
    village.do("b", Vote(proposal=proposal, in_favour=True))
    events = village.town.advance(ms=PROPOSAL_MS)
    assert ProposalClosed(proposal=proposal, matter=Matter.RELEASE, status=ProposalStatus.LAPSED) in events
    assert village.refusal("c", Vote(proposal=proposal, in_favour=True)) == "council.proposal_closed"


def test_a_release_is_scheduled_by_the_deciding_vote() -> None:
    village = village_of(3)
    proposal = proposal_of(village.do("a", release(village)))
    outcome = village.do("b", Vote(proposal=proposal, in_favour=True))
    planned = village.town.get(RELEASES, KEY)
    assert planned is not None
    assert (planned.next_number, planned.next_height) == (2, outcome.the(ReleaseScheduled).at_height)
    assert village.town.advance(ms=PROPOSAL_MS) == [], "what was decided does not lapse"


def test_a_release_voted_too_late_is_refused_and_says_why() -> None:
    village = village_of(2)
    proposal = proposal_of(village.do("a", release(village, ahead=2)))
    village.do("a", Vote(proposal=proposal, in_favour=True))
    assert village.refusal("b", Vote(proposal=proposal, in_favour=True)) == "kernel.release_in_the_past"
    village.do("b", Vote(proposal=proposal))
    assert status(village, proposal) is ProposalStatus.REJECTED


def test_the_key_of_the_checkpoints_changes_by_vote() -> None:
    village = village_of(3)
    key = software_key("new operator").public_key
    assert village.refusal("a", ProposeOperatorKey(operator_key=b"\xff" * 32)) == "identity.operator_key_invalid"
    proposal = proposal_of(village.do("a", ProposeOperatorKey(operator_key=key)))
    village.do("c", Vote(proposal=proposal, in_favour=True))
    operator = current_operator(village.town.state)
    assert operator is not None
    assert operator.public_key == key


def test_an_admitted_organisation_counts_once_its_officer_is_there() -> None:
    village = village_of(2)
    proposal = propose_newcomer(village)
    assert village.refusal("newcomer", AcceptInvitation(**village.key_of("x"))) == "identity.not_admitted_yet"
    village.do("b", Vote(proposal=proposal, in_favour=True))
    second = proposal_of(village.do("a", release(village)))
    village.do("b", Vote(proposal=second, in_favour=True))
    assert status(village, second) is ProposalStatus.PASSED, "two of two: the third is not there yet"
    village.accept("newcomer")
    third = proposal_of(village.do("newcomer", release(village)))
    village.do("a", Vote(proposal=third, in_favour=False))
    assert status(village, third) is ProposalStatus.OPEN, "three now have a vote"
    village.town.check_invariants()


@pytest.mark.parametrize("end", ["rejected", "lapsed", "not accepted"])
def test_an_organisation_that_does_not_come_leaves_nothing_open(end: str) -> None:
    village = village_of(2)
    proposal = propose_newcomer(village)
    if end == "lapsed":
        village.town.advance(ms=PROPOSAL_MS)
    else:
        village.do("b", Vote(proposal=proposal, in_favour=end == "not accepted"))
        village.town.advance(ms=PROPOSAL_MS + INVITATION_MS)
    found = [row.status for _, row in village.town.rows(organisations) if row.code == "newcomer"]
    assert found == [OrganisationStatus.DECLINED]
    assert village.account("newcomer").status is AccountStatus.CLOSED
    assert village.refusal("newcomer", AcceptInvitation(**village.key_of("x"))) == "kernel.key_not_in_force"
    village.town.check_invariants()


def removal(name: str) -> ProposeRemoval:
    return ProposeRemoval(organisation=organisation_id(name))


@pytest.mark.parametrize(
    ("organisations_count", "name", "code"),
    [
        (1, "a", "identity.last_organisation"),
        (2, "b", "identity.too_few_organisations"),
        (3, "nobody", "identity.organisation_not_active"),
    ],
)
def test_nobody_removes_so_many_that_the_rest_cannot_vote(organisations_count: int, name: str, code: str) -> None:
    assert village_of(organisations_count).refusal("a", removal(name)) == code


def test_of_two_removals_the_one_that_goes_too_far_is_refused() -> None:
    village = village_of(3)
    first, second = (proposal_of(village.do("a", removal(name))) for name in "bc")
    village.do("c", Vote(proposal=first, in_favour=True))
    assert village.organisation("b").status is OrganisationStatus.REMOVED
    assert village.refusal("b", Vote(proposal=second)) == "identity.organisation_not_active"
    assert village.refusal("c", Vote(proposal=second, in_favour=True)) == "identity.too_few_organisations"
    village.town.check_invariants()


def test_the_votes_of_a_removed_organisation_do_not_count() -> None:
    village = village_of(5)
    proposal = proposal_of(village.do("b", release(village)))
    village.do("a", Vote(proposal=proposal, in_favour=True))
    gone = proposal_of(village.do("a", removal("b")))
    for voter in "cd":
        village.do(voter, Vote(proposal=gone, in_favour=True))
    village.do("c", Vote(proposal=proposal, in_favour=True))
    assert status(village, proposal) is ProposalStatus.OPEN, "two of four are not more than half"
    village.do("d", Vote(proposal=proposal, in_favour=True))
    assert status(village, proposal) is ProposalStatus.PASSED


def test_a_removed_organisations_people_have_no_roles() -> None:
    village = village_of(3)
    village.hire("b", "clerk", Role.CLERK)
    village.invite("b", "late", InviteMember(roles=(Role.CLERK,), **village.key_of("once late")))
    gone = proposal_of(village.do("a", removal("b")))
    village.do("c", Vote(proposal=gone, in_favour=True))
    assert village.refusal("b", release(village)) == "identity.organisation_not_active"
    assert village.refusal("late", AcceptInvitation(**village.key_of("late"))) == "identity.organisation_not_active"
    village.do("clerk", CloseAccount(account=village.id("clerk")))
    village.town.check_invariants()
