"""Whatever is published, extended, ended, joined and left, in whatever order and at whatever time: it agrees."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linlian.community import joint_reports, outages
from linlian.community.joint_reports.rules import JoinCase
from linlian.community.joint_reports.rules_merging import MergeCase, SplitCase
from linlian.community.outages.rules import (
    EndOutage,
    EndReason,
    ExtendOutage,
    ExtendReason,
    JoinOutage,
    LeaveOutage,
    LeaveReason,
    Nature,
)
from linlian.community.outages.tests.scene import found_outages, no_water, publish
from linlian.community.repairs.rules_steps import State
from linlian.community.repairs.tests.scene import DAY, HOUR, Scene
from linlian.community.repairs.tests.test_anything import go_on
from linlian.kernel.contract import Command, Refused

two = st.integers(0, 1)
four = st.integers(0, 3)
publishes = st.tuples(st.just("publish"), two, st.sampled_from(Nature))
extends = st.tuples(st.just("extend"), two, st.integers(1, 200))
ends = st.tuples(st.just("end"), two, st.sampled_from(EndReason))
joins = st.tuples(st.just("join"), two, four, st.sampled_from(("desk", "anna", "cai")))
leaves = st.tuples(st.just("leave"), four, st.sampled_from(LeaveReason), st.sampled_from(("desk", "anna", "cai")))
follows = st.tuples(st.just("follow"), four, st.sampled_from(("bo", "helper")))
merges = st.tuples(st.just("merge"), four, four)
splits = st.tuples(st.just("split"), four)
onwards = st.tuples(st.just("onward"), four, st.integers(1, 6))
waits = st.tuples(st.just("wait"), st.sampled_from((HOUR, DAY, 8 * DAY, 31 * DAY)))
actions = st.one_of(
    publishes, extends, ends, joins, joins, joins, leaves, leaves, follows, merges, splits, onwards, waits
)


def attempt(scene: Scene, building: bytes, known: list[bytes], reports: list[bytes], what: str, how: list[Any]) -> None:
    if what == "publish":
        starts = scene.town.time + (HOUR if how[1] is Nature.PLANNED else 0)
        known[how[0]] = publish(scene, (building, scene.stair)[how[0]], nature=how[1], starts=starts)
        return
    commands: dict[str, tuple[str, Any]] = {
        "extend": ("desk", lambda: ExtendOutage(outage=known[how[0]], until=scene.town.time + how[1] * HOUR,
                                                reason=ExtendReason.PARTS)),
        "end": ("desk", lambda: EndOutage(outage=known[how[0]], reason=how[1])),
        "join": (how[-1], lambda: JoinOutage(outage=known[how[0]], case=reports[how[1]])),
        "leave": (how[-1], lambda: LeaveOutage(case=reports[how[0]], reason=how[1])),
        "follow": (how[-1], lambda: JoinCase(case=reports[how[0]])),
        "merge": ("desk", lambda: MergeCase(case=reports[how[0]], into=reports[how[1]])),
        "split": ("desk", lambda: SplitCase(case=reports[how[0]])),
    }  # fmt: skip
    who, make = commands[what]
    made: Command = make()
    scene.do(who, made)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(actions, min_size=15, max_size=50))
def test_the_invariants_hold_whatever_people_try(tried: list[tuple[Any, ...]]) -> None:
    scene, building = found_outages()
    known = [publish(scene, building), publish(scene, scene.stair)]
    reports = [no_water(scene), *(no_water(scene, name, place=scene.stair) for name in ("anna", "cai", "cai"))]
    for what, *how in tried:
        if what == "wait":
            scene.town.advance(ms=how[0])
        elif what == "onward":
            go_on(scene, reports, *how)
        else:
            try:
                attempt(scene, building, known, reports, what, how)
            except Refused:
                continue
    scene.town.check_invariants()
    for case_id in reports:
        case, state = scene.case(case_id), scene.town.state
        follows, merged = outages.following(state, case_id), joint_reports.merger(state, case_id)
        assert (case.state is State.MERGED) == (follows is not None or merged is not None)
        assert follows is None or merged is None
        assert follows is None or follows.outage == case.merged_into
    scene.town.advance(days=100)
    scene.town.check_invariants()
