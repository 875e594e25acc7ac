"""The work: safe before anything else, and what is put off for long is looked at again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from linlian.community.repairs.rules_clock import OverdueNoticed, RepairResumed, ReviewDue
from linlian.community.repairs.rules_steps import State
from linlian.community.repairs.rules_terms import Category, Clock, Urgency
from linlian.community.repairs.rules_triage import RepairTaken, TakeRepair, TriageRepair
from linlian.community.repairs.rules_working import DeferReason, DeferRepair, MadeSafe, ReviewRepair
from linlian.community.repairs.tests.scene import DAY, MINUTE, Scene, content, found_scene


@pytest.fixture
def scene() -> Iterator[Scene]:
    scene = found_scene()
    yield scene
    scene.town.check_invariants()


def test_what_endangers_life_is_made_safe_before_anything_else(scene: Scene) -> None:
    case_id = scene.in_state(State.ON_SITE, category=Category.GAS_SMELL)
    assert scene.refusal(*scene.command("diagnose_repair", case_id)) == "repairs.not_made_safe"
    assert not scene.take(case_id, "make_safe").the(MadeSafe).late
    assert scene.case(case_id).kept == (Clock.RESPOND, Clock.ARRIVE, Clock.SAFE)
    scene.take(case_id, "diagnose", "finish")


def test_a_danger_that_is_found_late_must_be_made_safe_too(scene: Scene) -> None:
    case_id = scene.report()
    scene.do("desk", TriageRepair(case=case_id, urgency=Urgency.LIFE_SAFETY))
    scene.take(case_id, "assign", "accept", "arrive_on_site")
    assert scene.refusal(*scene.command("diagnose_repair", case_id)) == "repairs.not_made_safe"


def test_who_makes_it_safe_late_is_shown_as_late(scene: Scene) -> None:
    case_id = scene.in_state(State.ON_SITE, category=Category.GAS_SMELL)
    (noticed,) = scene.town.advance(minutes=40)
    assert isinstance(noticed, OverdueNoticed)
    assert (noticed.clock, noticed.due_at) == (Clock.SAFE, scene.case(case_id).opened_at + 30 * MINUTE)
    assert (noticed.responsible, noticed.executor) == (scene.organisation("harmony"), scene.account("repairer"))
    assert scene.take(case_id, "make_safe").the(MadeSafe).late


def test_opened_again_it_must_be_made_safe_again(scene: Scene) -> None:
    case_id = scene.in_state(State.CLOSED, category=Category.GAS_SMELL)
    scene.take(case_id, "reopen", "triage", "assign", "accept", "arrive_on_site")
    assert scene.refusal(*scene.command("diagnose_repair", case_id)) == "repairs.not_made_safe"


def put_off(scene: Scene, days: int = 30) -> bytes:
    case_id = scene.in_state(State.ACCEPTED)
    until = scene.town.time + days * DAY
    scene.do("dispatcher", DeferRepair(case=case_id, until=until, reason=DeferReason.APPROVAL, review=True))
    return case_id


def test_what_is_put_off_for_long_asks_to_be_looked_at_and_does_not_wake(scene: Scene) -> None:
    case_id = put_off(scene)
    events = scene.town.advance(days=45)
    assert not any(isinstance(event, RepairResumed) for event in events)
    (asked,) = (event for event in events if isinstance(event, ReviewDue))
    late = [event for event in events if isinstance(event, OverdueNoticed) and event.clock is Clock.REVIEW]
    assert [event.due_at for event in late] == [asked.review_by]
    assert scene.case(case_id).state is State.DEFERRED


def test_whoever_looks_in_time_puts_it_off_anew(scene: Scene) -> None:
    case_id = put_off(scene)
    scene.town.advance(days=33)
    until = scene.town.time + 60 * DAY
    scene.do("dispatcher", ReviewRepair(case=case_id, until=until, words=content("road works")))
    events = scene.town.advance(ms=until - scene.town.time - 1)
    assert not any(isinstance(event, OverdueNoticed) and event.clock is Clock.REVIEW for event in events)
    assert [type(event) for event in scene.town.advance(ms=1)] == [ReviewDue]
    far = ReviewRepair(case=case_id, until=scene.town.time + 91 * DAY, words=content("never"))
    assert scene.refusal("dispatcher", far) == "repairs.until_out_of_range"
    scene.take(case_id, "resume", "arrive_on_site")
    assert Clock.REVIEW not in scene.case(case_id).late


def test_a_short_deferral_is_not_reviewed(scene: Scene) -> None:
    case_id = scene.in_state(State.DEFERRED)
    review = ReviewRepair(case=case_id, until=scene.town.time + 9 * DAY, words=content("why"))
    assert scene.refusal("dispatcher", review) == "repairs.not_for_review"


def test_what_is_taken_from_the_list_is_accepted(scene: Scene) -> None:
    case_id = scene.in_state(State.TRIAGED)
    scene.town.advance(hours=5)
    taken = scene.do("second", TakeRepair(case=case_id)).the(RepairTaken)
    assert (taken.executor, taken.late) == (scene.account("second"), True)
    assert scene.case(case_id).state is State.ACCEPTED
    given = scene.in_state(State.ASSIGNED)
    assert scene.refusal("second", TakeRepair(case=given)) == "repairs.with_somebody"
