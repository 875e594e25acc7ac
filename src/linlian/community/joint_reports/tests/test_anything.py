"""Whoever joins, leaves, merges, splits and objects, in whatever order: the counts hold, and so does the hold."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linlian.community import joint_reports
from linlian.community.joint_reports.rules import HOLD, JoinCase, LeaveCase, ObjectJointly
from linlian.community.joint_reports.rules_merging import MergeCase, SplitCase
from linlian.community.joint_reports.rules_telling import CheckJointly, TellJoined
from linlian.community.repairs.rules_steps import State
from linlian.community.repairs.rules_terms import Category
from linlian.community.repairs.tests.scene import DAY, HOUR, PROOF, Scene, found_scene
from linlian.community.repairs.tests.test_anything import go_on
from linlian.kernel.contract import Command, Refused

PEOPLE = ("anna", "bo", "cai", "helper")
cases = st.integers(0, 4)
joins = st.tuples(st.just("join"), cases, st.sampled_from(PEOPLE), st.booleans())
leaves = st.tuples(st.just("leave"), cases, st.sampled_from(PEOPLE))
objects = st.tuples(st.just("object"), cases, st.sampled_from(PEOPLE))
merges = st.tuples(st.just("merge"), cases, cases, st.sampled_from(("desk", "anna", "cai")))
splits = st.tuples(st.just("split"), cases, st.sampled_from(("desk", "anna", "cai")))
tells = st.tuples(st.just("tell"), cases)
checks = st.tuples(st.just("check"), cases)
onwards = st.tuples(st.just("onward"), cases, st.integers(1, 6))
waits = st.tuples(st.just("wait"), st.sampled_from((HOUR, 4 * DAY, 31 * DAY)))
actions = st.one_of(joins, joins, leaves, objects, merges, merges, splits, tells, checks, onwards, onwards, waits)


def meant(scene: Scene, known: list[bytes], what: str, how: list[Any]) -> tuple[str, Command]:
    case_id = known[how[0]]
    match what:
        case "join":
            return how[1], JoinCase(case=case_id, home=scene.flat if how[2] else None)
        case "leave":
            return how[1], LeaveCase(case=case_id)
        case "object":
            return how[1], ObjectJointly(case=case_id)
        case "merge":
            return how[2], MergeCase(case=case_id, into=known[how[1]])
        case "split":
            return how[1], SplitCase(case=case_id)
        case "tell":
            return "desk", TellJoined(case=case_id)
    return "building_head", CheckJointly(case=case_id, proofs=PROOF)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(actions, min_size=15, max_size=50))
def test_the_invariants_hold_whatever_people_try(tried: list[tuple[Any, ...]]) -> None:
    scene = found_scene(joint_reports.contract)
    kinds = tuple(Category)[-3:]
    known = [scene.report("cai", place=scene.stair, category=kind) for kind in kinds]
    known += [scene.report("anna", place=place, category=kinds[0]) for place in (scene.flat, scene.stair)]
    for what, *how in tried:
        if what == "wait":
            scene.town.advance(ms=how[0])
        elif what == "onward":
            go_on(scene, known, *how)
        else:
            try:
                scene.do(*meant(scene, known, what, how))
            except Refused:
                continue
    scene.town.check_invariants()
    for case_id in known:
        case, crowd = scene.case(case_id), joint_reports.crowd(scene.town.state, case_id)
        assert any(hold.name == HOLD for hold in case.holds) == (crowd.people > 0)
        assert crowd.households <= crowd.people
        merger = joint_reports.merger(scene.town.state, case_id)
        assert (case.state is State.MERGED) == (merger is not None)
        assert merger is None or merger.into == case.merged_into
