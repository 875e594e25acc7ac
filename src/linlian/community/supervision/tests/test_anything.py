"""Whatever people try to get from under a case: the invariants hold, and nobody judges themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linlian.community.identity import NOBODY
from linlian.community.repairs import UNDONE, Category, Clock
from linlian.community.repairs.rules import cases
from linlian.community.repairs.rules_steps import STEPS, Standing, State
from linlian.community.repairs.rules_triage import TriageRepair
from linlian.community.repairs.tests.scene import DAY, HOUR, Scene
from linlian.community.repairs.tests.test_anything import ANSWERS, DOORS, ONWARD
from linlian.community.supervision.rules_extending import ExtensionDecided
from linlian.community.supervision.rules_ladder import TakeNote, climbs
from linlian.community.supervision.rules_oversight import LiftOversight
from linlian.community.supervision.rules_returning import ReturnDecided, returns
from linlian.community.supervision.tests.office import ask, back, decide, found_office, oversee, progress, rule
from linlian.kernel.contract import Command, Event, Refused, compose

PEOPLE = (
    *("anna", "bo", "helper", "desk", "dispatcher", "repairer", "boss", "harmony_officer"),
    *("swift_desk", "swift_dispatcher", "street_desk", "supervisor", "chair"),
)
ORGANISATIONS = ("harmony", "swift", "street", "owners")
STEP_NAMES = tuple(name for name, step in STEPS.items() if step.by != (Standing.CLOCK,) and name not in DOORS)
MEANS = ("ask", "decide", "deny", "back", "rule", "oversee", "progress", "lift", "note", "hand_on")

means = st.tuples(st.sampled_from(MEANS), st.integers(0, 2), st.sampled_from(PEOPLE), st.sampled_from(ORGANISATIONS))
steps = st.tuples(st.just("step"), st.integers(0, 2), st.sampled_from(STEP_NAMES))
onwards = st.tuples(st.just("onward"), st.integers(0, 2), st.integers(1, 4))
waits = st.tuples(st.just("wait"), st.sampled_from((HOUR, 5 * HOUR, DAY, 8 * DAY)))
days = st.lists(st.one_of(means, means, means, onwards, steps, waits), min_size=10, max_size=45)


def meant(scene: Scene, what: str, case_id: bytes, organisation: str) -> Command:
    ways: dict[str, Callable[[], Command]] = {
        "ask": lambda: ask(scene, case_id),
        "decide": lambda: decide(case_id),
        "deny": lambda: decide(case_id, granted=False),
        "back": lambda: back(scene, case_id),
        "rule": lambda: rule(scene, case_id, organisation),
        "oversee": lambda: oversee(scene, case_id, days=1),
        "progress": lambda: progress(case_id),
        "lift": lambda: LiftOversight(case=case_id),
        "note": lambda: TakeNote(case=case_id, about=Clock.RESPOND),
        "hand_on": lambda: TriageRepair(case=case_id, responsible=scene.organisation(organisation)),
    }
    return ways[what]()


def attempt(scene: Scene, known: list[bytes], action: tuple[Any, ...]) -> list[Event]:
    """Try one thing; a refusal is as good an answer as any other."""
    what, number, *how = action
    if what == "wait":
        return scene.town.advance(ms=number)
    case_id = known[number]
    if what == "onward":
        for _ in range(how[0]):
            state = scene.case(case_id).state
            attempt(scene, known, ("step", number, ONWARD.get(state, ANSWERS[how[0] % len(ANSWERS)])))
        return []
    who, command = scene.command(how[0], case_id) if what == "step" else (how[0], meant(scene, what, case_id, how[1]))
    before = scene.case(case_id)
    try:
        outcome = scene.do(who, command)
    except Refused:
        return []
    for event in outcome.events:
        if isinstance(event, ExtensionDecided | ReturnDecided):
            assert who in ("anna", "bo", "supervisor", "street_desk", "chair"), "nobody who lives by such work decides"
            employer = {"supervisor": "street", "street_desk": "street", "chair": "owners"}.get(who)
            in_it = (before.responsible, before.executing, *before.helpers)
            assert employer is None or scene.organisation(employer) not in in_it, "nobody in the case decides"
    return outcome.events


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(days)
def test_the_invariants_hold_whatever_people_try(tried: list[tuple[Any, ...]]) -> None:
    scene = found_office()
    known = [scene.report(category=name) for name in (Category.DOOR_LOCK, Category.GAS_SMELL, Category.WATER_LEAK)]
    for action in tried:
        attempt(scene, known, action)
    scene.town.check_invariants()
    scene.town.advance(days=60)
    scene.town.check_invariants()
    for case_id, case in scene.town.rows(cases):
        if case.settled:
            found = scene.town.get(returns, case_id)
            assert found is not None, "an arbiter named them"
            assert case.responsible in found.named
        assert case.responsible != NOBODY or case.state in (State.REPORTED, State.CANCELLED, State.MERGED)
        for clock in case.late:
            if clock not in case.kept and case.state in UNDONE:
                assert scene.town.get(climbs, compose(case_id, clock)) is not None, "whatever is late goes up"
