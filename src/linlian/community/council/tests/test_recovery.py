"""Recovery of an account through the officers of several organisations."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from linlian.community import council
from linlian.community.council.rules_recovery import (
    RECOVERY_OPEN_MS,
    RECOVERY_WAIT_MS,
    ApproveRecovery,
    OpenRecovery,
    RecoveryApproved,
    RecoveryCompleted,
    RecoveryLapsed,
    VetoRecovery,
)
from linlian.community.council.rules_trusted import NameOfficers
from linlian.community.council.tests.approving import approval
from linlian.community.identity import OrganisationKind, Role
from linlian.community.identity.rules_accounts import CloseAccount, SuspendAccount, SuspensionReason
from linlian.community.identity.rules_keys import AddKey
from linlian.community.identity.tests.village import Village, found_village, software_key
from linlian.kernel.contract import Command, Event


@pytest.fixture
def village() -> Village:
    """A government office with a desk, four other organisations, and Anna, who will lose her telephone."""
    kinds = dict(zip("abcde", OrganisationKind, strict=True))
    found = found_village(council.contract, **kinds)
    found.hire("a", "desk", Role.DESK)
    found.settle("anna", invited_by="desk")
    found.settle_without_key("grandmother", registered_by="desk")
    return found


def opening(village: Village, who: str = "anna", label: str = "new") -> OpenRecovery:
    return OpenRecovery(account=village.id(who), **village.key_of(label))


def approve(village: Village, who: str = "anna") -> ApproveRecovery:
    return approval(village.town, village.id(who))


def veto(village: Village, who: str = "anna") -> VetoRecovery:
    return VetoRecovery(account=village.id(who))


def completed(events: list[Event]) -> list[bytes]:
    return [event.account for event in events if isinstance(event, RecoveryCompleted)]


@pytest.mark.parametrize("who", ["anna", "grandmother"])
def test_two_organisations_and_three_days_give_a_new_key(village: Village, who: str) -> None:
    old = village.account(who).keys
    village.do("desk", opening(village, who))
    assert village.do("a", approve(village, who)).the(RecoveryApproved).due == 0
    village.do("b", approve(village, who))
    assert village.town.advance(ms=RECOVERY_WAIT_MS - 1) == []
    events = village.town.advance(ms=1)
    assert completed(events) == [village.id(who)]
    assert village.account(who).keys == (software_key("new").key_id,) != old
    assert village.account(who).recovered_at == village.town.time
    if old:
        assert village.refusal(who, AddKey(**village.key_of("x"))) == "kernel.key_not_in_force"
    village.do(village.with_key(who, "new"), AddKey(**village.key_of("x")))
    village.town.check_invariants()


@pytest.mark.parametrize("who", ["anna", "a", "b"])
def test_it_can_be_stopped_by_the_account_and_by_those_who_approved(village: Village, who: str) -> None:
    village.do("desk", opening(village))
    village.do("a", approve(village))
    village.do("b", approve(village))
    village.do(who, veto(village))
    assert village.town.state.timers.next_due() is None
    assert village.refusal("a", approve(village)) == "council.no_recovery"
    village.do("anna", AddKey(**village.key_of("x")))


def test_a_thief_with_a_suspended_key_cannot_stop_it(village: Village) -> None:
    village.do("c", SuspendAccount(account=village.id("anna"), reason=SuspensionReason.LOST_KEY))
    village.do("desk", opening(village))
    assert village.refusal("anna", veto(village)) == "identity.suspended"


Make = Callable[[Village], Command]
REFUSED: list[tuple[str, str, Make, str]] = [
    ("twice open", "desk", opening, "council.recovery_open"),
    ("by a resident", "anna", opening, "identity.role_missing"),
    ("at no desk", "d", lambda v: opening(v, "grandmother"), "identity.wrong_kind_of_organisation"),
    ("with a known key", "desk", lambda v: opening(v, "grandmother", "anna"), "identity.key_taken"),
    ("approved by a desk", "desk", approve, "identity.role_missing"),
    ("approved where none is", "a", lambda v: approve(v, "grandmother"), "council.no_recovery"),
    ("vetoed by a stranger", "c", veto, "council.no_veto"),
    ("vetoed by a desk", "desk", veto, "identity.role_missing"),
    ("naming one", "anna", lambda v: NameOfficers(officers=(v.id("a"),), needed=1), "council.needed_impossible"),
    (
        *("naming too few", "anna"),
        *(lambda v: NameOfficers(officers=(v.id("a"), v.id("b")), needed=3), "council.needed_impossible"),
    ),
    (
        *("naming one twice", "anna"),
        *(lambda v: NameOfficers(officers=(v.id("a"),) * 2, needed=2), "council.named_twice"),
    ),
    (
        *("naming a desk", "anna"),
        *(lambda v: NameOfficers(officers=(v.id("a"), v.id("desk")), needed=2), "council.not_an_officer"),
    ),
]


@pytest.mark.parametrize(("case", "who", "make", "code"), REFUSED, ids=[case for case, *_ in REFUSED])
def test_a_recovery_is_refused(village: Village, case: str, who: str, make: Make, code: str) -> None:
    village.do("desk", opening(village))
    village.do("a", approve(village))
    assert village.refusal(who, make(village)) == code, case


def test_two_officers_of_one_organisation_are_one_approval(village: Village) -> None:
    village.hire("a", "second", Role.OFFICER)
    village.do("desk", opening(village))
    village.do("a", approve(village))
    assert village.refusal("second", approve(village)) == "council.same_organisation"


def test_companies_alone_give_nobody_a_new_key(village: Village) -> None:
    """A company, a provider and a third party: the second of them is refused, until the committee has approved."""
    village.do("desk", opening(village))
    village.do("b", approve(village))
    assert village.refusal("d", approve(village)) == "council.needs_independent"
    assert village.refusal("e", approve(village)) == "council.needs_independent"
    assert village.do("c", approve(village)).the(RecoveryApproved).due > 0


def test_of_those_named_one_is_independent(village: Village) -> None:
    named = tuple(village.id(name) for name in "bde")
    assert village.refusal("anna", NameOfficers(officers=named, needed=2)) == "council.needs_independent"
    village.do("anna", NameOfficers(officers=(*named, village.id("a")), needed=2))
    village.do("desk", opening(village))
    village.do("b", approve(village))
    assert village.refusal("d", approve(village)) == "council.needs_independent"
    assert village.do("a", approve(village)).the(RecoveryApproved).due > 0


def test_an_officer_does_not_recover_themselves(village: Village) -> None:
    assert village.refusal("b", opening(village, "b")) == "council.own_recovery"
    village.do("desk", opening(village, "b"))
    assert village.refusal("b", approve(village, "b")) == "council.own_recovery"


def test_what_enough_have_approved_needs_no_more(village: Village) -> None:
    village.do("desk", opening(village))
    village.do("a", approve(village))
    village.do("b", approve(village))
    assert village.refusal("c", approve(village)) == "council.already_approved"


def test_those_whom_the_account_named_approve_and_nobody_else(village: Village) -> None:
    named = tuple(village.id(name) for name in "abc")
    village.do("anna", NameOfficers(officers=named, needed=3))
    village.do("desk", opening(village))
    assert village.refusal("d", approve(village)) == "council.not_named"
    dues = [village.do(name, approve(village)).the(RecoveryApproved).due for name in "abc"]
    assert [due > 0 for due in dues] == [False, False, True]


def test_a_choice_that_can_no_longer_be_met_locks_nobody_out(village: Village) -> None:
    village.hire("b", "second", Role.OFFICER)
    named = (village.id("a"), village.id("b"))
    village.do("anna", NameOfficers(officers=named, needed=2))
    village.do("b", CloseAccount(account=village.id("b")))
    village.do("desk", opening(village))
    village.do("c", approve(village))
    village.do("second", approve(village))
    assert completed(village.town.advance(ms=RECOVERY_WAIT_MS)) == [village.id("anna")]


def test_what_nobody_approves_lapses(village: Village) -> None:
    village.do("desk", opening(village))
    village.do("a", approve(village))
    assert RecoveryLapsed(account=village.id("anna")) in village.town.advance(ms=RECOVERY_OPEN_MS)
    assert village.refusal("b", approve(village)) == "council.no_recovery"


@pytest.mark.parametrize("meanwhile", ["closed", "key taken"])
def test_what_can_no_longer_be_done_lapses(village: Village, meanwhile: str) -> None:
    village.do("desk", opening(village))
    village.do("a", approve(village))
    village.do("b", approve(village))
    if meanwhile == "closed":
        village.do("anna", CloseAccount(account=village.id("anna")))
    else:
        village.do("desk", AddKey(**village.key_of("new")))
    events = village.town.advance(ms=RECOVERY_WAIT_MS)
    assert events == [RecoveryLapsed(account=village.id("anna"))]
    village.town.check_invariants()


def test_an_approval_is_of_the_key_that_was_seen_and_of_no_other(village: Village) -> None:
    """The recovery that an officer looked at is stopped and opened again with another key before they sign."""
    village.do("desk", opening(village))
    seen = approve(village)
    village.do("anna", veto(village))
    village.do("desk", opening(village, label="another"))
    assert village.refusal("a", seen) == "council.other_key"
    village.do("a", approve(village))
    village.do("b", approve(village))
    village.town.advance(ms=RECOVERY_WAIT_MS)
    assert village.account("anna").keys == (software_key("another").key_id,)
