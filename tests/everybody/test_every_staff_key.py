"""A property company that holds every staff key cannot get a case counted as confirmed by the resident.

`harmony` holds the keys of all its people, hires whom it likes, owns `swift` besides, registers residents who are
nobody, and keeps their keys too. Each test is one way it might try; at the end nothing of it counts as confirmed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from linlian.community import answers
from linlian.community.answers.rules import AnswerByLink, AttestPaper, IssueLink, RecordCallback
from linlian.community.council.rules_recovery import RECOVERY_WAIT_MS, OpenRecovery
from linlian.community.council.tests.approving import approval
from linlian.community.delegations.rules import GrantDelegation, ProposeDelegation
from linlian.community.identity import Role, Scope
from linlian.community.places import Capacity, Right
from linlian.community.places.rules_occupancy import GrantOccupancy
from linlian.community.places.rules_signing import AcceptOccupancy, CountersignOccupancy
from linlian.community.repairs.rules import cases
from linlian.community.repairs.rules_answering import (
    CancelReason,
    CancelRepair,
    CheckRepair,
    ConfirmRepair,
    Notice,
    ReopenRepair,
    ServeNotice,
)
from linlian.community.repairs.rules_steps import State
from linlian.community.repairs.rules_terms import Category, Cause, Part
from linlian.community.repairs.rules_triage import AssignRepair, TriageRepair
from linlian.community.repairs.rules_working import AcceptRepair, ArriveOnSite, DiagnoseRepair, FinishRepair
from linlian.community.repairs.tests.scene import DAY, PROOF, Scene, content, found_scene, hire, settle
from linlian.kernel.contract import Command, Refused, compose
from linlian.kernel.crypto import SoftwareKey, sha256
from linlian.testing import Person

HARMONY = ("harmony_officer", "desk", "dispatcher", "repairer", "second", "clerk", "machine", "boss")
SWIFT = ("swift_officer", "swift_dispatcher", "swift_repairer", "swift_desk")
PUPPETS = ("puppet", "second_puppet")
THEIRS = (*HARMONY, *SWIFT, *PUPPETS)
TOKEN = bytes(32)


@pytest.fixture
def scene() -> Iterator[Scene]:
    scene = found_scene(answers.contract)
    hire(scene, "harmony", "machine", Role.GATEWAY)
    hire(scene, "harmony", "boss", Role.CLERK, Role.DESK, Role.DISPATCHER, Role.REPAIRER, Role.SUPERVISOR)
    hire(scene, "swift", "swift_desk", Role.DESK)
    for name in PUPPETS:
        settle(scene, name)
    yield scene
    for _, case in scene.town.rows(cases):
        assert case.closing in ("", "silence"), "nobody of theirs made it count"
        assert case.state is not State.CHECKED
    scene.town.check_invariants()


def everybody_tries(scene: Scene, command: Command) -> set[str]:
    """Each of theirs gives the command; the refusals. Raises AssertionError if one is accepted."""
    return {scene.refusal(who, command) for who in THEIRS}


def every_answer(scene: Scene, case_id: bytes) -> None:
    """All the ways to say that it is repaired, by all of theirs."""
    ways: tuple[Command, ...] = (
        ConfirmRepair(case=case_id),
        CheckRepair(case=case_id, proofs=PROOF),
        RecordCallback(case=case_id, repaired=True, recording=content("call")),
        AttestPaper(case=case_id, paper=content("sheet")),
        IssueLink(case=case_id, token_hash=sha256(compose(case_id, TOKEN))),
        AnswerByLink(case=case_id, token=TOKEN, repaired=True),
    )
    for way in ways:
        refused = everybody_tries(scene, way)
        assert refused <= {
            *("repairs.not_yours", "repairs.own_work", "repairs.needs_a_check", "repairs.no_right_to_confirm"),
            *("answers.not_outside", "identity.role_missing"),
        }, way
    assert scene.case(case_id).state is State.DONE


@pytest.mark.parametrize("reporter", ["anna", "desk", "boss", "swift_desk"])
def test_by_answering_for_a_home(scene: Scene, reporter: str) -> None:
    every_answer(scene, scene.in_state(State.DONE, name=reporter))


def test_by_taking_it_down_in_the_residents_name(scene: Scene) -> None:
    every_answer(scene, scene.in_state(State.DONE, name="desk", principal=scene.account("anna")))
    every_answer(scene, scene.in_state(State.DONE, name="desk", principal=scene.account("grandmother")))
    every_answer(scene, scene.in_state(State.DONE, name="desk", caller=content("a number")))


@pytest.mark.parametrize("reporter", ["desk", "puppet", "repairer"])
def test_by_answering_for_common_parts(scene: Scene, reporter: str) -> None:
    every_answer(scene, scene.in_state(State.DONE, name=reporter, place=scene.stair))


@pytest.mark.parametrize("reporter", ["anna", "desk"])
def test_by_having_another_of_its_companies_do_the_work(scene: Scene, reporter: str) -> None:
    case_id, swift = scene.report(name=reporter), scene.organisation("swift")
    scene.do("desk", TriageRepair(case=case_id, responsible=swift, executing=swift))
    scene.do("swift_dispatcher", AssignRepair(case=case_id, executor=scene.account("swift_repairer")))
    for step in (AcceptRepair, ArriveOnSite):
        scene.do("swift_repairer", step(case=case_id))
    scene.do("swift_repairer", DiagnoseRepair(case=case_id, cause=Cause.WORN))
    scene.do("swift_repairer", FinishRepair(case=case_id, proofs=PROOF))
    every_answer(scene, case_id)


def test_by_calling_a_home_a_common_part(scene: Scene) -> None:
    case_id = scene.report()
    scene.do("desk", TriageRepair(case=case_id, part=Part.COMMON))
    scene.take(case_id, "assign", "accept", "arrive_on_site", "diagnose", "finish")
    every_answer(scene, case_id)


def test_by_hiring_a_witness(scene: Scene) -> None:
    for role in (Role.GRID_WORKER, Role.BUILDING_HEAD, Role.COMMITTEE_MEMBER, Role.AUDITOR):
        with pytest.raises(Refused) as no:
            hire(scene, "harmony", f"hired_{role}", role)
        assert no.value.code == "identity.role_not_of_kind"


def test_by_silence_that_nobody_was_told_of(scene: Scene) -> None:
    case_id = scene.in_state(State.DONE)
    scene.town.advance(days=200)
    assert scene.case(case_id).state is State.DONE


def test_by_telling_an_app_that_nobody_has(scene: Scene) -> None:
    for caller in ({"principal": scene.account("grandmother")}, {"caller": content("a number")}):
        case_id = scene.in_state(State.DONE, name="desk", **caller)
        scene.do("desk", ServeNotice(case=case_id, how=Notice.APP))
        scene.do("desk", ServeNotice(case=case_id, how=Notice.PAPER, proof=content("door")))
        no_proof = ServeNotice(case=case_id, how=Notice.CALL)
        assert scene.refusal("desk", no_proof) == "repairs.notice_without_proof"
        scene.town.advance(days=60)
        assert scene.case(case_id).state is State.DONE


def test_a_silence_after_a_call_is_shown_as_silence(scene: Scene) -> None:
    case_id = scene.in_state(State.DONE, name="desk", principal=scene.account("grandmother"))
    scene.do("desk", ServeNotice(case=case_id, how=Notice.CALL, proof=content("recording")))
    scene.town.advance(days=8)
    assert scene.case(case_id).closing == "silence"


@pytest.mark.parametrize("lowered", [Category.OTHER, Category.POWER_FAULT])
def test_by_calling_a_danger_something_else(scene: Scene, lowered: Category) -> None:
    case_id = scene.report(category=Category.POWER_SPARKS)
    scene.do("desk", TriageRepair(case=case_id, category=lowered))
    scene.take(case_id, "assign", "accept", "arrive_on_site", "diagnose", "finish", "serve_notice")
    scene.town.advance(days=60)
    assert scene.case(case_id).state is State.DONE


def test_by_ending_and_opening_it_again(scene: Scene) -> None:
    case_id = scene.in_state(State.TRIAGED)
    withdrawn = CancelRepair(case=case_id, reason=CancelReason.WITHDRAWN)
    assert scene.refusal("desk", withdrawn) == "repairs.only_the_reporter_withdraws"
    scene.do("desk", CancelRepair(case=case_id, reason=CancelReason.NOTHING_FOUND))
    scene.do("desk", ReopenRepair(case=case_id))
    scene.take(case_id, "triage", "assign", "accept", "arrive_on_site", "diagnose", "finish", "serve_notice")
    every_answer(scene, case_id)
    scene.town.advance(days=60)
    assert scene.case(case_id).state is State.DONE, "after a reopening silence says nothing"


@pytest.mark.parametrize("capacity", [Capacity.OWNER, Capacity.TENANT, Capacity.CO_OWNER])
def test_by_moving_a_puppet_in(scene: Scene, capacity: Capacity) -> None:
    rights = (Right.REPORT, Right.CONFIRM)
    grant = GrantOccupancy(place=scene.flat, account=scene.account("puppet"), capacity=capacity, rights=rights)
    scene.do("clerk", grant)
    scene.do("puppet", AcceptOccupancy(place=scene.flat))
    sign = CountersignOccupancy(place=scene.flat, account=scene.account("puppet"))
    assert "accepted" not in everybody_tries(scene, sign)
    every_answer(scene, scene.in_state(State.DONE))
    every_answer(scene, scene.in_state(State.DONE, name="desk", category=Category.PESTS))


def test_by_a_helper_of_its_own_for_somebody_without_a_key(scene: Scene) -> None:
    def propose(delegate: str, witness: str) -> ProposeDelegation:
        return ProposeDelegation(
            principal=scene.account("grandmother"),
            delegate=scene.account(delegate),
            witness=scene.account(witness),
            scopes=(Scope.CONFIRM,),
            until=scene.town.time + DAY,
        )

    for delegate in ("puppet", "desk", "swift_desk"):
        for witness in ("second_puppet", "clerk", "swift_desk"):
            for desk in ("desk", "boss"):
                assert scene.refusal(desk, propose(delegate, witness)).startswith("delegations.")
    every_answer(scene, scene.in_state(State.DONE, name="desk", principal=scene.account("grandmother")))


@pytest.mark.parametrize("delegate", ["desk", "boss", "swift_desk"])
def test_by_a_delegation_that_the_resident_was_talked_into(scene: Scene, delegate: str) -> None:
    until = scene.town.time + 10 * DAY
    grant = GrantDelegation(delegate=scene.account(delegate), scopes=(Scope.CONFIRM,), until=until)
    assert scene.refusal("anna", grant).startswith("delegations.")
    every_answer(scene, scene.in_state(State.DONE))


def test_whoever_it_was_done_for_still_answers(scene: Scene) -> None:
    """The doors that are shut to the company are open to the resident: otherwise these tests would prove nothing."""
    case_id = scene.in_state(State.DONE)
    every_answer(scene, case_id)
    fields: dict[str, Any] = {"case": case_id}
    scene.do("anna", ConfirmRepair(**fields))
    assert scene.case(case_id).closing == "own_key"
    scene.do("anna", ReopenRepair(**fields))


@pytest.mark.parametrize("whose", ["anna", "grandmother"])
def test_by_recovering_the_residents_account(scene: Scene, whose: str) -> None:
    """Opened by the one company and approved by both: without committee or government the new key comes to nothing."""
    case_id = scene.in_state(State.DONE, name="desk", principal=scene.account(whose))
    theirs = SoftwareKey("ed25519", sha256(b"theirs"))
    opening = OpenRecovery(account=scene.account(whose), suite=theirs.suite, public_key=theirs.public_key)
    scene.do("desk", opening)
    for officer in ("harmony_officer", "swift_officer"):
        with suppress(Refused):
            scene.do(officer, approval(scene.town, scene.account(whose)))
    scene.town.advance(ms=RECOVERY_WAIT_MS)
    thief = Person("thief", scene.account(whose), theirs)
    assert scene.town.refusal(thief, ConfirmRepair(case=case_id)) == "kernel.key_not_in_force"
    every_answer(scene, case_id)
