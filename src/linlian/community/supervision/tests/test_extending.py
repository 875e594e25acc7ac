"""Who gives more time, and that nobody gives it to themselves."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from linlian.community.delegations.rules import GrantDelegation
from linlian.community.identity import Basis, Scope
from linlian.community.repairs import Category, Clock, Standing, State, Urgency
from linlian.community.repairs.rules_answering import ReopenRepair
from linlian.community.repairs.rules_doors import DeadlineMoved
from linlian.community.repairs.rules_triage import CallHelp, TriageRepair
from linlian.community.repairs.tests.scene import DAY, HOUR, Scene
from linlian.community.supervision.rules_extending import ExtensionAsked, ExtensionDecided, ExtensionLapsed
from linlian.community.supervision.rules_ladder import Escalated
from linlian.community.supervision.tests.office import accepted, ask, decide, found_office


@pytest.fixture
def scene() -> Iterator[Scene]:
    scene = found_office()
    yield scene
    scene.town.check_invariants()


@pytest.mark.parametrize(
    ("who", "standing"),
    [
        ("supervisor", Standing.SUPERVISOR),
        ("chair", Standing.SUPERVISOR),
        ("anna", Standing.REPORTER),
        ("bo", Standing.OCCUPANT),
    ],
)
def test_somebody_outside_or_to_whom_it_was_promised_gives_more_time(
    scene: Scene, who: str, standing: Standing
) -> None:
    case_id = accepted(scene)
    wanted = ask(scene, case_id)
    asked = scene.do("dispatcher", wanted).the(ExtensionAsked)
    assert asked.organisation == scene.organisation("harmony")
    outcome = scene.do(who, decide(case_id))
    decided, moved = outcome.the(ExtensionDecided), outcome.the(DeadlineMoved)
    assert (decided.standing, decided.basis, decided.granted) == (standing, Basis.OWN_KEY, True)
    assert (moved.due_at, scene.case(case_id).finish_by) == (wanted.until, wanted.until)


@pytest.mark.parametrize(
    "who", ["desk", "dispatcher", "boss", "harmony_officer", "repairer", "swift_dispatcher", "clerk", "street_desk"]
)
def test_nobody_who_lives_by_such_work_gives_it(scene: Scene, who: str) -> None:
    case_id = accepted(scene)
    scene.do("desk", ask(scene, case_id))
    assert scene.refusal(who, decide(case_id)) in ("repairs.not_yours", "identity.role_missing")


def test_what_a_desk_reported_in_its_own_name_it_does_not_put_off(scene: Scene) -> None:
    case_id = scene.report("desk")
    scene.take(case_id, "triage", "assign", "accept")
    scene.do("dispatcher", ask(scene, case_id))
    assert scene.refusal("desk", decide(case_id)) == "repairs.own_extension"


def test_a_contractors_promise_is_not_put_off_by_who_hired_them(scene: Scene) -> None:
    case_id = scene.report()
    scene.do("desk", TriageRepair(case=case_id, executing=scene.organisation("swift")))
    scene.do("swift_dispatcher", ask(scene, case_id))
    assert scene.refusal("boss", decide(case_id)) == "repairs.not_yours"
    scene.do("supervisor", decide(case_id))


def test_who_was_called_to_help_is_not_outside(scene: Scene) -> None:
    case_id = accepted(scene)
    scene.do("dispatcher", ask(scene, case_id))
    scene.do("dispatcher", CallHelp(case=case_id, organisation=scene.organisation("street")))
    assert scene.refusal("supervisor", decide(case_id)) == "repairs.not_yours"
    scene.do("chair", decide(case_id))


def test_a_helper_gives_more_time_only_with_the_scope_to_decide(scene: Scene) -> None:
    case_id = accepted(scene)
    scene.do("dispatcher", ask(scene, case_id))
    assert scene.refusal("helper", decide(case_id)) == "identity.not_delegate"
    scopes = (Scope.REPORT, Scope.CONFIRM, Scope.DECIDE)
    until = scene.town.time + 30 * DAY
    scene.do("anna", GrantDelegation(delegate=scene.account("helper"), scopes=scopes, until=until))
    assert scene.do("helper", decide(case_id)).the(ExtensionDecided).basis is Basis.HELPER


def test_without_an_answer_in_time_it_is_not_given(scene: Scene) -> None:
    case_id = accepted(scene)
    due = scene.case(case_id).finish_by
    decide_by = scene.do("dispatcher", ask(scene, case_id)).the(ExtensionAsked).decide_by
    assert scene.refusal("dispatcher", ask(scene, case_id)) == "supervision.already_asked"
    events = scene.town.advance(ms=decide_by - scene.town.time)
    assert [event for event in events if isinstance(event, ExtensionLapsed)]
    assert scene.case(case_id).finish_by == due
    assert scene.refusal("supervisor", decide(case_id)) == "supervision.nothing_asked"


def test_it_lapses_with_the_promise_at_the_latest(scene: Scene) -> None:
    case_id = scene.in_state(State.ACCEPTED, category=Category.WATER_LEAK)
    scene.town.advance(hours=23)
    asked = scene.do("dispatcher", ask(scene, case_id)).the(ExtensionAsked)
    assert asked.decide_by == scene.case(case_id).finish_by < scene.town.time + 2 * HOUR
    events = scene.town.advance(hours=1)
    assert {type(event) for event in events} >= {ExtensionLapsed, Escalated}


def test_a_no_leaves_it_and_one_may_ask_three_times(scene: Scene) -> None:
    case_id = accepted(scene)
    due = scene.case(case_id).finish_by
    for _ in range(3):
        scene.do("dispatcher", ask(scene, case_id))
        assert not scene.do("supervisor", decide(case_id, granted=False)).the(ExtensionDecided).granted
    assert scene.refusal("dispatcher", ask(scene, case_id)) == "supervision.asked_too_often"
    assert scene.case(case_id).finish_by == due
    scene.take(case_id, "arrive_on_site", "diagnose", "finish", "confirm")
    scene.do("anna", ReopenRepair(case=case_id))
    scene.take(case_id, "triage", "assign", "accept")
    scene.do("dispatcher", ask(scene, case_id))


def test_what_cannot_be_put_off_is_not_asked_for(scene: Scene) -> None:
    reported, case_id = scene.report(), accepted(scene)
    gas = scene.in_state(State.ACCEPTED, category=Category.GAS_SMELL)
    assert scene.refusal("dispatcher", ask(scene, reported)) == "supervision.nobody_answers_for_it"
    assert scene.refusal("dispatcher", ask(scene, gas)) == "repairs.life_safety_cannot_wait"
    assert scene.case(gas).urgency is Urgency.LIFE_SAFETY
    for clock in (Clock.RESPOND, Clock.SAFE, Clock.REVIEW):
        assert scene.refusal("dispatcher", ask(scene, case_id, clock=clock)) == "repairs.nothing_to_extend"
    assert scene.refusal("dispatcher", ask(scene, case_id, days=0)) == "supervision.not_later"
    assert scene.refusal("anna", ask(scene, case_id)) == "repairs.not_yours"
    scene.do("dispatcher", ask(scene, case_id, days=91))
    assert scene.refusal("supervisor", decide(case_id)) == "repairs.extension_out_of_range"
    scene.town.advance(days=30)
    assert scene.refusal("dispatcher", ask(scene, case_id)) == "repairs.nothing_to_extend", "what was missed is missed"
