"""Who may report, confirm and work; and who may not, whatever they hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from linlian.community.council.rules import ProposeRemoval, RemovalProposed, Vote
from linlian.community.delegations.rules import GrantDelegation
from linlian.community.identity import Basis, Scope
from linlian.community.identity.rules_accounts import CloseAccount, SuspendAccount, SuspensionReason
from linlian.community.places import Capacity, Right
from linlian.community.places.rules_occupancy import EndOccupancy
from linlian.community.repairs.rules_answering import (
    CancelReason,
    CancelRepair,
    CheckRepair,
    ConfirmRepair,
    DisputeRepair,
    RepairChecked,
    RepairConfirmed,
)
from linlian.community.repairs.rules_reporting import RepairReported, ReportRepair
from linlian.community.repairs.rules_steps import Standing, State
from linlian.community.repairs.rules_terms import Category
from linlian.community.repairs.rules_triage import AssignRepair, RepairAssigned, TriageRepair
from linlian.community.repairs.rules_working import (
    AcceptRepair,
)
from linlian.community.repairs.tests.scene import DAY, PROOF, Scene, found_scene, move_in
from linlian.kernel.contract import Refused

NOT_YOURS = "repairs.not_yours"


@pytest.fixture
def scene() -> Iterator[Scene]:
    scene = found_scene()
    yield scene
    scene.town.check_invariants()


@pytest.fixture(scope="module")
def calm() -> Iterator[Scene]:
    """A scene for tests that open cases of their own and let no time pass."""
    scene = found_scene()
    yield scene
    scene.town.check_invariants()


@pytest.mark.parametrize(
    ("who", "whose", "where", "answer"),
    [
        ("anna", "", "flat", (Standing.REPORTER, Basis.OWN_KEY)),
        ("helper", "anna", "flat", (Standing.REPORTER, Basis.HELPER)),
        ("desk", "grandmother", "flat", (Standing.DESK, Basis.OWN_KEY)),
        ("desk", "", "flat", (Standing.DESK, Basis.OWN_KEY)),
        ("dispatcher", "anna", "flat", (Standing.DESK, Basis.OWN_KEY)),
        ("cai", "", "stair", (Standing.REPORTER, Basis.OWN_KEY)),
        ("desk", "cai", "stair", (Standing.DESK, Basis.OWN_KEY)),
        ("grid_worker", "", "stair", (Standing.REPORTER, Basis.OWN_KEY)),
        ("cai", "", "flat", "repairs.no_right_to_report"),
        ("repairer", "", "flat", "repairs.no_right_to_report"),
        ("helper", "", "flat", "repairs.no_right_to_report"),
        ("desk", "cai", "flat", "repairs.no_right_to_report"),
        ("bo", "anna", "flat", "identity.not_delegate"),
        ("repairer", "anna", "flat", "identity.not_delegate"),
    ],
)
def test_who_may_report_where_and_for_whom(calm: Scene, who: str, whose: str, where: str, answer: Any) -> None:
    place = calm.flat if where == "flat" else calm.stair
    principal = calm.account(whose) if whose else None
    command = ReportRepair(place=place, category=Category.DOOR_LOCK, principal=principal)
    if isinstance(answer, str):
        assert calm.refusal(who, command) == answer
    else:
        event = calm.do(who, command).the(RepairReported)
        assert (event.standing, event.basis) == answer
        assert event.reporter == calm.account(whose or who)


@pytest.mark.parametrize(
    ("where", "reporter", "who", "answer"),
    [
        ("flat", "anna", "anna", (Standing.REPORTER, Basis.OWN_KEY)),
        ("flat", "anna", "helper", (Standing.REPORTER, Basis.HELPER)),
        ("flat", "anna", "bo", (Standing.OCCUPANT, Basis.OWN_KEY)),
        ("flat", "desk", "anna", (Standing.OCCUPANT, Basis.OWN_KEY)),
        ("stair", "cai", "cai", "repairs.needs_a_check"),
        ("stair", "cai", "grid_worker", NOT_YOURS),
        ("stair", "grid_worker", "grid_worker", "repairs.needs_a_check"),
        ("flat", "anna", "cai", NOT_YOURS),
        ("flat", "anna", "building_head", NOT_YOURS),
        ("flat", "anna", "grid_worker", NOT_YOURS),
        ("flat", "anna", "street_officer", NOT_YOURS),
        ("flat", "anna", "swift_dispatcher", NOT_YOURS),
        ("stair", "cai", "anna", NOT_YOURS),
        ("stair", "repairer", "repairer", "repairs.own_work"),
        ("stair", "desk", "desk", "repairs.own_work"),
        ("flat", "desk", "desk", "repairs.own_work"),
        ("flat", "swift_dispatcher", "swift_dispatcher", "repairs.own_work"),
        ("flat", "street_desk", "street_desk", "repairs.no_right_to_confirm"),
    ],
)
def test_who_may_confirm(calm: Scene, where: str, reporter: str, who: str, answer: Any) -> None:
    place = calm.flat if where == "flat" else calm.stair
    case_id = calm.in_state(State.DONE, name=reporter, place=place)
    if isinstance(answer, str):
        assert calm.refusal(who, ConfirmRepair(case=case_id)) == answer
    else:
        event = calm.do(who, ConfirmRepair(case=case_id)).the(RepairConfirmed)
        assert (event.standing, event.basis) == answer
        assert calm.case(case_id).closing == answer[1]


@pytest.mark.parametrize(
    ("who", "answer"),
    [
        ("grid_worker", ""),
        ("building_head", ""),
        ("cai", NOT_YOURS),
        ("supervisor", NOT_YOURS),
        ("street_officer", NOT_YOURS),
        ("desk", NOT_YOURS),
        ("repairer", NOT_YOURS),
    ],
)
def test_who_may_check_common_parts(calm: Scene, who: str, answer: str) -> None:
    case_id = calm.in_state(State.DONE, name="cai", place=calm.stair)
    check = CheckRepair(case=case_id, proofs=PROOF)
    if answer:
        assert calm.refusal(who, check) == answer
    else:
        event = calm.do(who, check).the(RepairChecked)
        assert (event.standing, event.basis, event.checked_by) == (Standing.WITNESS, Basis.OWN_KEY, calm.account(who))
    at_home = CheckRepair(case=calm.in_state(State.DONE, category=Category.PESTS), proofs=PROOF)
    assert calm.refusal(who, at_home) == NOT_YOURS


def test_who_was_called_to_help_checks_nothing(calm: Scene) -> None:
    case_id = calm.in_state(State.DIAGNOSED, place=calm.stair)
    calm.take(case_id, "call_help", "note_help", "finish")
    check = CheckRepair(case=case_id, proofs=PROOF)
    assert calm.refusal("grid_worker", check) == NOT_YOURS
    calm.do("building_head", check)


def test_a_company_that_holds_every_staff_key_cannot_answer_for_the_resident(calm: Scene) -> None:
    case_id = calm.in_state(State.DONE)
    for who in ("harmony_officer", "desk", "dispatcher", "repairer", "second", "clerk"):
        assert calm.refusal(who, ConfirmRepair(case=case_id)) == NOT_YOURS
        assert calm.refusal(who, DisputeRepair(case=case_id)) == NOT_YOURS
    early = calm.in_state(State.TRIAGED)
    withdrawal = CancelRepair(case=early, reason=CancelReason.WITHDRAWN)
    assert calm.refusal("desk", withdrawal) == "repairs.only_the_reporter_withdraws"
    assert calm.refusal("repairer", withdrawal) == NOT_YOURS


def test_a_helper_answers_only_if_they_may_confirm(scene: Scene) -> None:
    case_id = scene.in_state(State.DONE)
    scopes, until = (Scope.REPORT,), scene.town.time + 10 * DAY
    scene.do("anna", GrantDelegation(delegate=scene.account("helper"), scopes=scopes, until=until))
    assert scene.refusal("helper", ConfirmRepair(case=case_id)) == NOT_YOURS
    other = scene.report(category=Category.PESTS)
    scene.do("helper", CancelRepair(case=other, reason=CancelReason.WITHDRAWN))


def test_a_successor_has_no_part_in_what_was_before_them(scene: Scene) -> None:
    case_id = scene.in_state(State.DONE)
    scene.do("bo", EndOccupancy(place=scene.flat, account=scene.account("bo")))
    move_in(scene, "cai", scene.flat, Capacity.TENANT, (Right.REPORT, Right.CONFIRM))
    assert scene.refusal("bo", ConfirmRepair(case=case_id)) == NOT_YOURS
    assert scene.refusal("cai", ConfirmRepair(case=case_id)) == NOT_YOURS
    scene.do("cai", ConfirmRepair(case=scene.in_state(State.DONE, category=Category.PESTS)))


def test_a_repairer_who_left_can_do_nothing_more(scene: Scene) -> None:
    case_id = scene.in_state(State.ASSIGNED)
    scene.do("harmony_officer", CloseAccount(account=scene.account("second")))
    assign = AssignRepair(case=case_id, executor=scene.account("second"))
    assert scene.refusal("dispatcher", assign) == "repairs.not_your_repairer"
    suspend = SuspendAccount(account=scene.account("repairer"), reason=SuspensionReason.OWN_WISH)
    scene.do("harmony_officer", suspend)
    with pytest.raises(Refused) as no:
        scene.do("repairer", AcceptRepair(case=case_id))
    assert (no.value.code, no.value.facts["because"]) == (NOT_YOURS, "identity.suspended")
    assert scene.refusal("dispatcher", scene.command("assign_repair", case_id)[1]) == "repairs.not_your_repairer"


@pytest.mark.parametrize("who", ["desk", "swift_repairer", "anna", "clerk"])
def test_only_the_organisations_own_repairers_are_assigned(calm: Scene, who: str) -> None:
    assign = AssignRepair(case=calm.in_state(State.TRIAGED), executor=calm.account(who))
    assert calm.refusal("dispatcher", assign) == "repairs.not_your_repairer"


def test_triage_hands_a_case_to_another_organisation(calm: Scene) -> None:
    case_id = calm.in_state(State.ON_SITE)
    nowhere = TriageRepair(case=case_id, responsible=b"x" * 16)
    assert calm.refusal("desk", nowhere) == "identity.organisation_not_active"
    calm.do("desk", TriageRepair(case=case_id, responsible=calm.organisation("swift")))
    assert calm.refusal("repairer", calm.command("diagnose_repair", case_id)[1]) == NOT_YOURS
    assert calm.refusal("desk", TriageRepair(case=case_id)) == NOT_YOURS
    calm.do("swift_dispatcher", AssignRepair(case=case_id, executor=calm.account("swift_repairer")))
    calm.do("swift_repairer", AcceptRepair(case=case_id))
    assert calm.refusal("desk", TriageRepair(case=case_id, responsible=bytes(16))) == NOT_YOURS


def test_any_desk_may_triage_what_a_removed_organisation_leaves_behind(scene: Scene) -> None:
    case_id = scene.in_state(State.TRIAGED)
    scene.do("desk", TriageRepair(case=case_id, responsible=scene.organisation("swift")))
    assert scene.refusal("desk", TriageRepair(case=case_id)) == NOT_YOURS
    removal = ProposeRemoval(organisation=scene.organisation("swift"))
    proposal = scene.do("harmony_officer", removal).the(RemovalProposed).proposal
    for officer in ("street_officer", "owners_officer"):
        scene.do(officer, Vote(proposal=proposal, in_favour=True))
    scene.do("desk", TriageRepair(case=case_id))
    assert scene.case(case_id).responsible == scene.organisation("harmony")


def test_whoever_is_replaced_sees_it_in_their_own_history(calm: Scene) -> None:
    case_id = calm.in_state(State.ACCEPTED)
    outcome = calm.do("dispatcher", AssignRepair(case=case_id, executor=calm.account("second")))
    assert outcome.the(RepairAssigned).replaced == calm.account("repairer")
    (subjects,) = outcome.block.receipts[outcome.index].subjects
    assert {case_id, calm.account("second"), calm.account("repairer")} == {*subjects}
    assert calm.refusal("repairer", calm.command("arrive_on_site", case_id)[1]) == NOT_YOURS


def test_an_unknown_case_or_reporter_is_said_so(calm: Scene) -> None:
    assert calm.refusal("anna", ConfirmRepair(case=b"x" * 16)) == "repairs.unknown_case"
    report = ReportRepair(place=calm.stair, category=Category.OTHER, principal=b"x" * 16)
    assert calm.refusal("desk", report) == "repairs.unknown_reporter"
    assert calm.refusal("anna", ReportRepair(place=b"x" * 16, category=Category.OTHER)) == "places.unknown"
