"""Whatever people try, in whatever order and at whatever time, the invariants hold."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linlian.community.repairs.rules_answering import CancelReason, CancelRepair
from linlian.community.repairs.rules_history import RecordHistory, Timeliness
from linlian.community.repairs.rules_reporting import ReportRepair
from linlian.community.repairs.rules_steps import STEPS, Standing, State
from linlian.community.repairs.rules_terms import Category, Urgency
from linlian.community.repairs.rules_triage import TriageRepair
from linlian.community.repairs.tests.scene import DAY, HOUR, Scene, content, found_scene
from linlian.kernel.contract import Command, Refused

PEOPLE = ("anna", "bo", "helper", "desk", "dispatcher", "repairer", "swift_dispatcher", "grid_worker", "clerk")
RIGHT = ("",) * len(PEOPLE)
"""Whoever may; as often as anybody else."""
CATEGORIES = (Category.DOOR_LOCK, Category.GAS_SMELL, Category.ROOF_LEAK)
ONWARD = {
    State.REPORTED: "triage_repair",
    State.TRIAGED: "assign_repair",
    State.ASSIGNED: "accept_repair",
    State.ACCEPTED: "arrive_on_site",
    State.ON_SITE: "diagnose_repair",
    State.DIAGNOSED: "finish_repair",
    State.DISPUTED: "arrive_on_site",
}
"""The step that usually comes next; where there is none, one of these is tried."""
ANSWERS = ("confirm_repair", "dispute_repair", "reopen_repair", "serve_notice", "check_repair")
DOORS = ("give_back", "hand_over", "tell_all", "pause_clocks", "resume_clocks", "merge_repair", "split_repair")
STEP_NAMES = tuple(name for name, step in STEPS.items() if step.by != (Standing.CLOCK,) and name not in DOORS)

reports = st.tuples(st.just("report"), st.sampled_from(CATEGORIES), st.booleans(), st.sampled_from(PEOPLE))
steps = st.tuples(st.just("step"), st.sampled_from(STEP_NAMES), st.integers(0, 9), st.sampled_from((*PEOPLE, *RIGHT)))
onwards = st.tuples(st.just("onward"), st.integers(0, 3), st.integers(1, 6))
triages = st.tuples(
    st.just("triage"), st.integers(0, 9), st.sampled_from(CATEGORIES), st.sampled_from((None, *Urgency))
)
cancels = st.tuples(st.just("cancel"), st.integers(0, 9), st.sampled_from(CancelReason))
records = st.tuples(st.just("record"), st.integers(0, 6), st.integers(0, 90), st.integers(0, 40))
waits = st.tuples(st.just("wait"), st.sampled_from((HOUR, DAY, 8 * DAY, 31 * DAY)))
kinds = (reports, steps, onwards, triages, cancels, records, waits)
often = (2, 2, 8, 1, 1, 2, 2)
actions = st.sampled_from([kind for kind, times in zip(kinds, often, strict=True) for _ in range(times)])
days = st.lists(actions.flatmap(lambda kind: kind), min_size=15, max_size=60)


def attempt(scene: Scene, known: list[bytes], action: tuple[Any, ...]) -> None:
    """Try one thing; a refusal is as good an answer as any other."""
    what, *how = action
    if what == "wait":
        scene.town.advance(ms=how[0])
        return
    if what == "onward":
        go_on(scene, known, *how)
        return
    who, command = meant(scene, known, what, how)
    try:
        outcome = scene.do(who, command)
    except Refused:
        return
    if what in ("report", "record"):
        known.append(outcome.events[0].case)  # type: ignore[attr-defined]


def go_on(scene: Scene, known: list[bytes], number: int, steps: int) -> None:
    """Take a case some steps along its usual way."""
    for _ in range(steps if known else 0):
        case_id = known[-1 - number % len(known)]
        name = ONWARD.get(scene.case(case_id).state, ANSWERS[number % len(ANSWERS)])
        attempt(scene, known, ("step", name, number, ""))


def meant(scene: Scene, known: list[bytes], what: str, how: list[Any]) -> tuple[str, Command]:
    """Who gives which command; cases are numbered from the youngest, and there may be none yet."""
    if what == "report":
        category, common, who = how
        return who, ReportRepair(place=scene.stair if common else scene.flat, category=category)
    if what == "record":
        number, reported, took = how
        reported_at = scene.town.time - (100 - reported) * DAY
        return "clerk", RecordHistory(
            source="elsewhere",
            external=bytes([number]) * 32,
            place=scene.flat,
            category=Category.DOOR_LOCK.value,
            reported_at=reported_at,
            closed_at=reported_at + took * DAY if took and took + reported < 100 else 0,
            timeliness=Timeliness.NOT_STATED,
            remainder=content("record"),
        )
    number = how[1] if what == "step" else how[0]
    case_id = known[-1 - number % len(known)] if known else bytes(16)
    if what == "triage":
        return "desk", TriageRepair(case=case_id, category=how[1], urgency=how[2])
    if what == "cancel":
        return "desk", CancelRepair(case=case_id, reason=how[1])
    who, command = scene.command(how[0], case_id)
    return how[2] or who, command


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(days)
def test_the_invariants_hold_whatever_people_try(tried: list[tuple[Any, ...]]) -> None:
    scene = found_scene()
    known = [scene.report(category=category) for category in CATEGORIES]
    for action in tried:
        attempt(scene, known, action)
    scene.town.check_invariants()
    scene.town.advance(days=100)
    scene.town.check_invariants()
