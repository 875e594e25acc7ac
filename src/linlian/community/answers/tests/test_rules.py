"""Who may bring an answer, and what it is worth."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from linlian.community import answers
from linlian.community.answers.rules import AnswerByLink, AttestPaper, IssueLink, PaperAttested, RecordCallback
from linlian.community.identity import Role
from linlian.community.repairs.rules_answering import (
    CheckRepair,
    DisputeRepair,
    ReopenRepair,
    RepairConfirmed,
    RepairDisputed,
)
from linlian.community.repairs.rules_steps import Standing, State
from linlian.community.repairs.rules_terms import Category
from linlian.community.repairs.rules_triage import CallHelp
from linlian.community.repairs.tests.scene import PROOF, Scene, content, found_scene, hire
from linlian.kernel.contract import compose
from linlian.kernel.crypto import sha256

TOKEN = bytes(range(32))


@pytest.fixture
def scene() -> Iterator[Scene]:
    scene = found_scene(answers.contract)
    hire(scene, "street", "machine", Role.GATEWAY)
    hire(scene, "street", "second_machine", Role.GATEWAY)
    hire(scene, "harmony", "own_machine", Role.GATEWAY)
    hire(scene, "owners", "owners_desk", Role.DESK)
    yield scene
    scene.town.check_invariants()


def callback(case_id: bytes, repaired: bool = True) -> RecordCallback:
    return RecordCallback(case=case_id, repaired=repaired, recording=content("call"))


def link(case_id: bytes, token: bytes = TOKEN) -> IssueLink:
    return IssueLink(case=case_id, token_hash=sha256(compose(case_id, token)))


def test_a_call_back_closes_or_sends_back_and_keeps_its_basis(scene: Scene) -> None:
    yes, no = scene.in_state(State.DONE), scene.in_state(State.DONE, category=Category.PESTS)
    event = scene.do("street_desk", callback(yes)).the(RepairConfirmed)
    assert (event.standing, event.basis, scene.case(yes).closing) == (Standing.OUTSIDER, "callback", "callback")
    sent_back = scene.do("street_desk", callback(no, repaired=False)).the(RepairDisputed)
    assert sent_back.responsible == scene.organisation("harmony")
    assert scene.refusal("street_desk", callback(yes)) == "repairs.wrong_state"


@pytest.mark.parametrize("who", ["desk", "dispatcher", "clerk", "swift_dispatcher", "repairer", "harmony_officer"])
def test_nobody_who_lives_by_such_work_rings_back(scene: Scene, who: str) -> None:
    case_id = scene.in_state(State.DONE)
    assert scene.refusal(who, callback(case_id)) in ("answers.not_outside", "identity.role_missing")


def test_whoever_helped_is_not_outside(scene: Scene) -> None:
    case_id = scene.in_state(State.DIAGNOSED)
    scene.do("dispatcher", CallHelp(case=case_id, organisation=scene.organisation("street")))
    scene.take(case_id, "finish")
    assert scene.refusal("street_desk", callback(case_id)) == "answers.not_outside"


def test_common_parts_are_looked_at_whoever_says_yes(scene: Scene) -> None:
    case_id = scene.in_state(State.DONE, place=scene.stair)
    assert scene.refusal("street_desk", callback(case_id)) == "repairs.needs_a_check"
    scene.do("building_head", CheckRepair(case=case_id, proofs=PROOF))
    scene.do("street_desk", callback(case_id, repaired=False))
    assert scene.case(case_id).state is State.DISPUTED


def test_paper_takes_two_of_different_organisations_for_the_same_sheet(scene: Scene) -> None:
    case_id = scene.in_state(State.DONE)
    sheet = AttestPaper(case=case_id, paper=content("sheet"))
    assert scene.refusal("desk", sheet) == "answers.not_outside"
    assert not scene.do("street_desk", sheet).the(PaperAttested).complete
    assert scene.refusal("street_desk", sheet) == "answers.same_organisation"
    other = AttestPaper(case=case_id, paper=content("another sheet"))
    assert not scene.do("owners_desk", other).the(PaperAttested).complete, "another sheet begins anew"
    assert scene.do("street_desk", other).the(PaperAttested).complete
    assert scene.case(case_id).closing == "witnessed_paper"


def test_paper_from_before_the_work_was_done_or_done_again_says_nothing(scene: Scene) -> None:
    case_id = scene.in_state(State.DIAGNOSED)
    sheet = AttestPaper(case=case_id, paper=content("sheet"))
    assert scene.refusal("street_desk", sheet) == "answers.too_early_for_paper"
    scene.take(case_id, "finish")
    scene.do("street_desk", sheet)
    scene.do("anna", DisputeRepair(case=case_id))
    assert scene.refusal("owners_desk", sheet) == "answers.too_early_for_paper"
    scene.take(case_id, "arrive_on_site", "diagnose", "finish")
    assert not scene.do("owners_desk", sheet).the(PaperAttested).complete, "the first signature was for the first time"
    assert scene.case(case_id).state is State.DONE
    assert scene.do("street_desk", sheet).the(PaperAttested).complete


def test_a_link_counts_from_its_machine_with_its_token_once(scene: Scene) -> None:
    case_id = scene.report()

    scene.do("machine", link(case_id))
    scene.take(case_id, "triage", "assign", "accept", "arrive_on_site", "diagnose", "finish")
    answer = AnswerByLink(case=case_id, token=TOKEN, repaired=True)
    assert scene.refusal("second_machine", answer) == "answers.no_link"
    wrong = AnswerByLink(case=case_id, token=bytes(32), repaired=True)
    assert scene.refusal("machine", wrong) == "answers.wrong_token"
    assert scene.refusal("machine", link(case_id)) == "answers.too_late_for_a_link"
    event = scene.do("machine", answer).the(RepairConfirmed)
    assert (event.standing, event.basis) == (Standing.GATEWAY, "sms_link")
    scene.do("anna", ReopenRepair(case=case_id))
    scene.take(case_id, "triage", "assign", "accept", "arrive_on_site", "diagnose", "finish")
    assert scene.refusal("machine", answer) == "answers.no_link"


def test_a_token_of_one_case_is_none_of_another(scene: Scene) -> None:
    case_id, other = scene.report(), scene.report(category=Category.PESTS)
    scene.do("machine", IssueLink(case=case_id, token_hash=sha256(compose(other, TOKEN))))
    scene.take(case_id, "triage", "assign", "accept", "arrive_on_site", "diagnose", "finish")
    answer = AnswerByLink(case=case_id, token=TOKEN, repaired=True)
    assert scene.refusal("machine", answer) == "answers.wrong_token"


def test_a_companys_own_machine_issues_no_link(scene: Scene) -> None:
    case_id = scene.in_state(State.TRIAGED)
    assert scene.refusal("own_machine", link(case_id)) == "answers.not_outside"


def test_a_link_says_no_as_well(scene: Scene) -> None:
    case_id = scene.report()
    scene.do("machine", link(case_id))
    scene.take(case_id, "triage", "assign", "accept", "arrive_on_site", "diagnose", "finish")
    scene.do("machine", AnswerByLink(case=case_id, token=TOKEN, repaired=False))
    assert scene.case(case_id).state is State.DISPUTED
