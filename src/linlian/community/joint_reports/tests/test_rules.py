"""Who joins, who is told, who may object; and that what is merged can be split."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from linlian.community import joint_reports
from linlian.community.identity import Basis, Role
from linlian.community.identity.rules_accounts import RegisterResident
from linlian.community.joint_reports.rules import (
    HOLD,
    CaseJoined,
    JoinCase,
    JointObjection,
    LeaveCase,
    ObjectJointly,
    ReportAdded,
    ReportDropped,
)
from linlian.community.joint_reports.rules_merging import CaseMerged, CaseSplit, MergeCase, SplitCase
from linlian.community.joint_reports.rules_telling import CheckJointly, JoinedTold, TellJoined
from linlian.community.places import Capacity, Right
from linlian.community.repairs.rules_answering import NoticeServed, RepairDisputed, RepairReopened
from linlian.community.repairs.rules_steps import Standing, State
from linlian.community.repairs.rules_terms import Category, Clock
from linlian.community.repairs.tests.scene import PROOF, TO_DONE, Scene, content, found_scene, hire, move_in, settle
from linlian.kernel.contract import Event


@pytest.fixture
def scene() -> Iterator[Scene]:
    scene = found_scene(joint_reports.contract)
    yield scene
    scene.town.check_invariants()


def crowd(scene: Scene, case_id: bytes) -> joint_reports.Crowd:
    return joint_reports.crowd(scene.town.state, case_id)


def crowded(scene: Scene, *names: str, state: State = State.REPORTED) -> bytes:
    """Cai's case of the stair, which these have joined."""
    case_id = scene.report("cai", place=scene.stair)
    for name in names:
        scene.do(name, JoinCase(case=case_id))
    if state is State.DONE:
        scene.take(case_id, *TO_DONE)
    return case_id


def check(case_id: bytes) -> CheckJointly:
    return CheckJointly(case=case_id, proofs=PROOF)


def told(events: list[Event]) -> list[tuple[bytes, State]]:
    return [(event.joined, event.state) for event in events if isinstance(event, JoinedTold)]


def test_thirty_join_and_one_objects(scene: Scene) -> None:
    names = [f"neighbour{number}" for number in range(30)]
    for name in names:
        settle(scene, name)
    case_id = crowded(scene, *names, state=State.DONE)
    assert (crowd(scene, case_id).people, crowd(scene, case_id).households) == (30, 0)
    scene.do("building_head", check(case_id))
    events = scene.town.advance(ms=1)
    assert told(events) == [(scene.account(name), State.CHECKED) for name in names]
    scene.town.advance(days=2)
    event = scene.do(names[17], ObjectJointly(case=case_id, words=content("it still drips")))
    dispute = event.the(RepairDisputed)
    assert (dispute.standing, dispute.basis) == (Standing.JOINED, Basis.OWN_KEY)
    assert (dispute.executor, dispute.responsible) == (scene.account("repairer"), scene.organisation("harmony"))
    assert event.the(JointObjection).joined == scene.account(names[17])
    scene.town.advance(days=3)
    assert scene.case(case_id).state is State.DISPUTED, "twenty-nine who say nothing outvote nobody"


def test_it_stands_when_none_of_them_objects_and_may_be_reopened_for_thirty_days(scene: Scene) -> None:
    case_id = crowded(scene, "anna", "bo", state=State.DONE)
    scene.do("building_head", check(case_id))
    scene.town.advance(days=3, hours=1)
    assert scene.case(case_id).state is State.CLOSED
    scene.town.advance(days=29)
    event = scene.do("bo", ObjectJointly(case=case_id)).the(RepairReopened)
    assert (event.standing, event.reopened_by) == (Standing.JOINED, scene.account("bo"))
    scene.take(case_id, *TO_DONE)
    scene.do("building_head", check(case_id))
    scene.town.advance(days=34)
    assert scene.refusal("bo", ObjectJointly(case=case_id)) == "repairs.too_late_to_reopen"


def test_nobody_checks_or_closes_by_silence_past_those_who_joined(scene: Scene) -> None:
    case_id = crowded(scene, "anna", state=State.DONE)
    for step in ("check_repair", "serve_notice"):
        assert scene.refusal(*scene.command(step, case_id)) == "repairs.held"
    served = scene.do("desk", TellJoined(case=case_id)).the(NoticeServed)
    assert not served.counts
    assert told(scene.town.advance(ms=1)) == [(scene.account("anna"), State.DONE)]
    assert Clock.REPLY in scene.case(case_id).kept
    assert scene.refusal("desk", TellJoined(case=case_id)) == "joint_reports.told_already"
    scene.town.advance(days=30)
    assert scene.case(case_id).state is State.DONE, "silence closes nothing that others joined"
    scene.do("anna", ObjectJointly(case=case_id))
    scene.take(case_id, "arrive_on_site", "diagnose", "finish")
    scene.do("desk", TellJoined(case=case_id))
    assert scene.refusal("desk", check(case_id)) == "repairs.not_yours"


def test_what_no_longer_stands_is_told_to_nobody_more(scene: Scene) -> None:
    names = [f"neighbour{number}" for number in range(40)]
    for name in names:
        settle(scene, name)
    case_id = crowded(scene, *names, state=State.DONE)
    scene.do("building_head", check(case_id))
    scene.do("cai", scene.command("dispute_repair", case_id)[1])
    assert len(told(scene.town.advance(ms=1))) <= 32
    assert told(scene.town.advance(days=1)) == []


def test_without_a_crowd_it_is_checked_as_ever(scene: Scene) -> None:
    case_id = crowded(scene, "anna")
    assert any(hold.name == HOLD for hold in scene.case(case_id).holds)
    dropped = scene.do("anna", LeaveCase(case=case_id)).the(ReportDropped)
    assert (dropped.people, dropped.households) == (0, 0)
    assert scene.case(case_id).holds == ()
    scene.take(case_id, *TO_DONE)
    assert scene.refusal("building_head", check(case_id)) == "joint_reports.nobody_joined"
    assert scene.refusal("desk", TellJoined(case=case_id)) == "joint_reports.nobody_joined"
    scene.take(case_id, "check_repair")


@pytest.mark.parametrize("what", ["other", "left", "reporter", "executor"])
def test_nobody_objects_as_joined_who_is_not(scene: Scene, what: str) -> None:
    case_id = crowded(scene, "anna", state=State.DONE)
    if what == "left":
        scene.do("bo", JoinCase(case=case_id))
        scene.do("bo", LeaveCase(case=case_id))
    name = {"other": "bo", "left": "bo", "reporter": "cai", "executor": "repairer"}[what]
    assert scene.refusal(name, ObjectJointly(case=case_id)) == "joint_reports.not_joined"


def test_an_objection_comes_when_there_is_something_to_object_to(scene: Scene) -> None:
    case_id = crowded(scene, "anna")
    assert scene.refusal("anna", ObjectJointly(case=case_id)) == "repairs.wrong_state"


def test_each_keeps_the_basis_on_which_they_joined(scene: Scene) -> None:
    case_id = scene.report("cai", place=scene.stair)
    own = scene.do("bo", JoinCase(case=case_id, joined_words=content("I slipped"))).the(CaseJoined)
    assert (own.standing, own.basis) == (Standing.REPORTER, Basis.OWN_KEY)
    helped = scene.do("helper", JoinCase(case=case_id, principal=scene.account("anna"))).the(CaseJoined)
    assert (helped.joined, helped.basis) == (scene.account("anna"), Basis.HELPER)
    rang = scene.do("desk", JoinCase(case=case_id, principal=scene.account("grandmother"))).the(CaseJoined)
    assert (rang.joined, rang.standing) == (scene.account("grandmother"), Standing.DESK)
    scene.take(case_id, *TO_DONE)
    assert scene.refusal("desk", ObjectJointly(case=case_id, principal=rang.joined)) == "identity.not_delegate"
    objection = scene.do("helper", ObjectJointly(case=case_id, principal=helped.joined))
    assert objection.the(RepairDisputed).basis == helped.basis
    assert objection.the(JointObjection).joined == scene.account("anna")


def test_of_those_who_live_together_one_counts(scene: Scene) -> None:
    case_id = crowded(scene)
    at_home = JoinCase(case=case_id, home=scene.flat)
    counts = [scene.do(name, at_home).the(ReportAdded).households for name in ("anna", "bo")]
    assert counts == [1, 1]
    assert scene.refusal("helper", at_home) == "joint_reports.not_your_home"
    assert scene.refusal("helper", JoinCase(case=case_id, home=scene.stair)) == "joint_reports.not_your_home"
    added = scene.do("helper", JoinCase(case=case_id)).the(ReportAdded)
    assert (added.people, added.households) == (3, 1)
    assert scene.do("anna", LeaveCase(case=case_id)).the(ReportDropped).households == 1
    assert scene.do("bo", LeaveCase(case=case_id)).the(ReportDropped).households == 0
    other = scene.report("anna", place=scene.stair, category=Category.PESTS)
    added = scene.do("bo", JoinCase(case=other, home=scene.flat)).the(ReportAdded)
    assert (added.people, added.households) == (1, 0), "the reporter counts for both"


def test_what_is_merged_from_a_home_counts_for_it(scene: Scene) -> None:
    main, leak = crowded(scene), scene.report("anna")
    scene.do("bo", JoinCase(case=main, home=scene.flat))
    added = scene.do("desk", MergeCase(case=leak, into=main)).the(ReportAdded)
    assert (added.people, added.households) == (2, 1)
    assert scene.do("bo", LeaveCase(case=main)).the(ReportDropped).households == 1
    assert scene.do("anna", SplitCase(case=leak)).the(ReportDropped).households == 0


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("cai", "joint_reports.joined_already"),
        ("anna", "joint_reports.joined_already"),
        ("desk", "joint_reports.staff_takes_down"),
        ("swift_repairer", "joint_reports.staff_takes_down"),
    ],
)
def test_nobody_joins_twice_and_staff_does_not_join(scene: Scene, name: str, code: str) -> None:
    case_id = crowded(scene, "anna")
    assert scene.refusal(name, JoinCase(case=case_id)) == code


@pytest.mark.parametrize("name", ["desk", "dispatcher", "repairer"])
def test_all_are_told_that_it_is_done_by_the_desk_a_dispatcher_or_whoever_did_it(scene: Scene, name: str) -> None:
    case_id = crowded(scene, "anna")
    scene.take(case_id, *TO_DONE)
    served = scene.do(name, TellJoined(case=case_id)).the(NoticeServed)
    assert not served.counts, "silence never closes what somebody joined"
    assert [account for account, _ in told(scene.town.advance(ms=1))] == [scene.account("anna")]


@pytest.mark.parametrize("name", ["second", "swift_repairer", "street_desk", "anna", "building_head"])
def test_nobody_else_tells_them(scene: Scene, name: str) -> None:
    case_id = crowded(scene, "anna")
    scene.take(case_id, *TO_DONE)
    assert scene.refusal(name, TellJoined(case=case_id)) == "repairs.not_yours"


def test_only_desks_take_down_who_rang(scene: Scene) -> None:
    case_id = crowded(scene)
    other = JoinCase(case=case_id, principal=scene.account("anna"))
    assert scene.refusal("bo", other) == "identity.not_delegate"
    assert scene.refusal("repairer", other) == "identity.role_missing"
    assert scene.refusal("desk", JoinCase(case=case_id, principal=bytes(15) + b"x")) == "repairs.unknown_reporter"
    assert scene.refusal("desk", JoinCase(case=bytes(15) + b"x")) == "repairs.unknown_case"


def test_a_home_is_nobody_elses_to_join(scene: Scene) -> None:
    assert scene.refusal("cai", JoinCase(case=scene.report("anna"))) == "joint_reports.not_common"


def test_what_is_over_is_not_joined(scene: Scene) -> None:
    closed, main = scene.in_state(State.CLOSED, place=scene.stair), scene.report("cai", place=scene.stair)
    assert scene.refusal("bo", JoinCase(case=closed)) == "joint_reports.ended"
    merged = scene.report("anna", place=scene.stair)
    scene.do("desk", MergeCase(case=merged, into=main))
    assert scene.refusal("bo", JoinCase(case=merged)) == "joint_reports.merged"


def test_a_crowd_has_an_end_and_all_of_it_is_told(scene: Scene) -> None:
    case_id = crowded(scene)
    for _ in range(joint_reports.LISTED_MAX):
        account = scene.do("desk", RegisterResident()).events[0].account  # type: ignore[attr-defined]
        scene.do("desk", JoinCase(case=case_id, principal=account))
    assert crowd(scene, case_id).people == joint_reports.LISTED_MAX == 256
    assert scene.refusal("anna", JoinCase(case=case_id)) == "joint_reports.full"
    scene.take(case_id, *TO_DONE)
    scene.do("building_head", check(case_id))
    accounts = [account for account, _ in told(scene.town.advance(hours=1))]
    assert len(accounts) == len(set(accounts)) == 256


def test_merging_makes_the_reporter_one_who_joined_and_splitting_gives_all_back(scene: Scene) -> None:
    main, other = scene.report("cai", place=scene.stair), scene.in_state(State.ON_SITE, place=scene.stair)
    before = scene.case(other)
    merged = scene.do("desk", MergeCase(case=other, into=main)).the(CaseMerged)
    assert (merged.joined, merged.standing) == (scene.account("anna"), Standing.DESK)
    assert (crowd(scene, main).people, crowd(scene, main).merged) == (1, 1)
    assert scene.refusal("anna", LeaveCase(case=main)) == "joint_reports.not_joined", "hers is merged: she splits it"
    split = scene.do("anna", SplitCase(case=other)).the(CaseSplit)
    assert (split.joined, split.standing) == (scene.account("anna"), Standing.REPORTER)
    assert scene.case(other) == before
    assert crowd(scene, main) == joint_reports.Crowd()
    assert scene.refusal("anna", SplitCase(case=other)) == "joint_reports.not_merged"


def test_two_of_hers_are_merged_and_she_stays_until_both_are_split(scene: Scene) -> None:
    main = scene.report("cai", place=scene.stair)
    first, second = (
        scene.report("anna", place=scene.stair, category=kind) for kind in (Category.PESTS, Category.OTHER)
    )
    for case_id in (first, second):
        scene.do("anna", MergeCase(case=case_id, into=main))
    scene.do("anna", SplitCase(case=first))
    assert (crowd(scene, main).people, crowd(scene, main).merged) == (1, 1)
    scene.take(main, *TO_DONE)
    scene.do("anna", ObjectJointly(case=main))
    scene.do("anna", JoinCase(case=main))
    scene.do("desk", SplitCase(case=second))
    assert (crowd(scene, main).people, crowd(scene, main).merged) == (1, 0)
    scene.do("anna", LeaveCase(case=main))
    assert crowd(scene, main).people == 0


def test_what_is_merged_is_merged_no_further(scene: Scene) -> None:
    main, merged, third = (scene.report("cai", place=scene.stair, category=kind) for kind in tuple(Category)[-3:])
    scene.do("desk", MergeCase(case=merged, into=main))
    assert scene.refusal("desk", MergeCase(case=third, into=merged)) == "repairs.merge_of_merged"
    assert scene.refusal("desk", MergeCase(case=main, into=third)) == "joint_reports.others_follow"
    assert scene.refusal("desk", MergeCase(case=third, into=third)) == "repairs.merge_itself"
    assert crowd(scene, main).people == 0, "both are Cai's"
    joined = crowded(scene, "anna")
    assert scene.refusal("desk", MergeCase(case=joined, into=main)) == "joint_reports.others_follow"
    assert scene.refusal("bo", MergeCase(case=third, into=main)) == "repairs.not_yours"


def test_nobody_comes_to_see_a_strangers_home_by_merging(scene: Scene) -> None:
    """A leak at home is merged into the pipe of all, not into another's home, nor into what was before one came."""
    home, stair = scene.report("anna"), scene.report("cai", place=scene.stair)
    assert scene.refusal("desk", MergeCase(case=stair, into=home)) == "joint_reports.strangers_home"
    later = scene.report("bo", category=Category.PESTS)
    scene.do("desk", MergeCase(case=later, into=home))
    settle(scene, "successor")
    move_in(scene, "successor", scene.flat, Capacity.TENANT, (Right.REPORT,))
    new = scene.report("successor", category=Category.OTHER)
    assert scene.refusal("desk", MergeCase(case=new, into=home)) == "joint_reports.strangers_home"
    scene.do("desk", MergeCase(case=new, into=stair))
    assert crowd(scene, stair).people == 1


def test_a_caller_whom_a_desk_wrote_down_joins_nothing(scene: Scene) -> None:
    main = crowded(scene)
    rang = scene.report("desk", place=scene.stair, caller=content("telephone"))
    assert scene.do("desk", MergeCase(case=rang, into=main)).the(CaseMerged).joined is None
    assert (crowd(scene, main).people, crowd(scene, main).merged) == (0, 1)
    scene.do("desk", SplitCase(case=rang))


def test_a_committee_member_joins_like_anybody(scene: Scene) -> None:
    hire(scene, "owners", "member", Role.COMMITTEE_MEMBER)
    case_id = crowded(scene, "member")
    assert crowd(scene, case_id).people == 1
