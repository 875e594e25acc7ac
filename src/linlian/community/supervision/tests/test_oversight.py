"""A case that a supervisor outside wants to hear of."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from linlian.community.repairs.tests.scene import Scene
from linlian.community.supervision.rules_oversight import LiftOversight, OversightUnanswered, ProgressNoted
from linlian.community.supervision.tests.office import accepted, found_office, oversee, progress


@pytest.fixture
def scene() -> Iterator[Scene]:
    scene = found_office()
    yield scene
    scene.town.check_invariants()


def test_those_in_the_case_answer_and_whoever_ordered_it_lifts_it(scene: Scene) -> None:
    case_id = accepted(scene)
    scene.do("supervisor", oversee(scene, case_id))
    assert not scene.do("supervisor", progress(case_id)).the(ProgressNoted).answers
    answer = scene.do("dispatcher", progress(case_id)).the(ProgressNoted)
    assert (answer.answers, answer.late) == (True, False)
    assert not scene.do("repairer", progress(case_id)).the(ProgressNoted).answers, "it is answered already"
    assert scene.refusal("boss", LiftOversight(case=case_id)) == "supervision.overseen_by_another"
    scene.do("supervisor", LiftOversight(case=case_id))
    assert scene.refusal("dispatcher", progress(case_id)) == "supervision.not_overseen"


def test_that_no_answer_came_is_noticed_once_and_stays(scene: Scene) -> None:
    case_id = accepted(scene)
    scene.do("supervisor", oversee(scene, case_id, days=1))
    events = scene.town.advance(days=2)
    (missed,) = [event for event in events if isinstance(event, OversightUnanswered)]
    assert missed.responsible == scene.organisation("harmony")
    answer = scene.do("dispatcher", progress(case_id)).the(ProgressNoted)
    assert (answer.answers, answer.late) == (True, True)


def test_an_answer_in_time_is_noticed_by_no_timer_and_another_may_be_wanted(scene: Scene) -> None:
    case_id = accepted(scene)
    scene.do("supervisor", oversee(scene, case_id, days=1))
    scene.do("dispatcher", progress(case_id))
    assert not [event for event in scene.town.advance(days=2) if isinstance(event, OversightUnanswered)]
    scene.do("supervisor", oversee(scene, case_id, days=1))
    assert [event for event in scene.town.advance(days=2) if isinstance(event, OversightUnanswered)]


def test_only_a_supervisor_outside_orders_it_and_only_one_organisation(scene: Scene) -> None:
    case_id = accepted(scene)
    assert scene.refusal("boss", oversee(scene, case_id)) == "repairs.not_yours"
    assert scene.refusal("street_desk", oversee(scene, case_id)) == "repairs.not_yours"
    assert scene.refusal("supervisor", oversee(scene, scene.report())) == "supervision.nobody_answers_for_it"
    for days in (-1, 31):
        assert scene.refusal("supervisor", oversee(scene, case_id, days=days)) == "supervision.reply_out_of_range"
    scene.do("supervisor", oversee(scene, case_id))
    assert scene.refusal("chair", oversee(scene, case_id)) == "supervision.overseen_by_another"
    assert scene.refusal("swift_dispatcher", progress(case_id)) == "supervision.not_in_the_case"
