"""What other businesses may do with a case, and what holds whoever does it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from linlian.community import repairs
from linlian.community.repairs import Clock, PauseReason, Standing
from linlian.community.repairs.rules_answering import ConfirmRepair, RepairDisputed
from linlian.community.repairs.rules_clock import ClocksResumed, OverdueNoticed
from linlian.community.repairs.rules_doors import DeadlineMoved, HoldPlaced, RepairGivenBack
from linlian.community.repairs.rules_steps import State
from linlian.community.repairs.rules_terms import Category
from linlian.community.repairs.rules_triage import AssignRepair
from linlian.community.repairs.rules_working import RepairFinished
from linlian.community.repairs.tests import neighbour as door
from linlian.community.repairs.tests.scene import DAY, HOUR, Scene, content, found_scene
from linlian.kernel.contract import Refused
from linlian.testing.town import START

NO_CASE = repairs.NO_CASE


@pytest.fixture
def scene() -> Iterator[Scene]:
    scene = found_scene()
    yield scene
    scene.town.check_invariants()


def pause(scene: Scene, case_id: bytes, days: int = 3, **more: PauseReason) -> door.Pause:
    reason = more.get("reason", PauseReason.PARTS)
    return door.Pause(case=case_id, reason=reason, until=scene.town.time + days * DAY, evidence=content("order"))


def test_what_is_held_back_waits_and_says_for_what(scene: Scene) -> None:
    case_id = scene.in_state(State.DIAGNOSED)
    hold = door.Hold(case=case_id, name="quotes.approval", step="finish_repair")
    assert scene.do("desk", hold).the(HoldPlaced).hold == "quotes.approval"
    assert scene.do("desk", hold).events == []
    with pytest.raises(Refused) as no:
        scene.take(case_id, "finish")
    assert (no.value.code, no.value.facts["hold"]) == ("repairs.held", "quotes.approval")
    scene.take(case_id, "diagnose")
    scene.do("desk", door.Lift(case=case_id, name="quotes.approval"))
    assert scene.do("desk", door.Lift(case=case_id, name="quotes.approval")).events == []
    scene.take(case_id, "finish")


def test_a_case_is_held_back_by_so_many_and_not_more(scene: Scene) -> None:
    case_id = scene.in_state(State.DIAGNOSED)
    for number in range(8):
        scene.do("desk", door.Hold(case=case_id, name=f"n{number}", step="finish_repair"))
    one_more = door.Hold(case=case_id, name="more", step="finish_repair")
    assert scene.refusal("desk", one_more) == "repairs.too_many_holds"


def test_a_pause_moves_what_is_still_due_by_as_long_as_it_lasted(scene: Scene) -> None:
    case_id = scene.in_state(State.ACCEPTED, category=Category.WATER_LEAK)
    before = scene.case(case_id)
    scene.do("dispatcher", pause(scene, case_id))
    paused_at = scene.town.time
    assert scene.town.advance(days=2) == []
    resumed = scene.do("dispatcher", door.Resume(case=case_id)).the(ClocksResumed)
    stood = scene.town.time - paused_at
    case = scene.case(case_id)
    assert (resumed.paused_ms, case.paused_ms, case.paused_at) == (stood, stood, 0)
    assert case.finish_by == before.finish_by + stood
    assert case.arrive_by == before.arrive_by + stood
    assert case.respond_by == before.respond_by, "nothing waits to be accepted"
    assert scene.refusal("dispatcher", door.Resume(case=case_id)) == "repairs.not_paused"


def test_a_pause_of_working_time_leaves_as_much_of_it_as_there_was(scene: Scene) -> None:
    """Paused in a holiday, with all 24 hours left; taken up on a Monday at nine: the third day ends at six."""
    case_id = scene.in_state(State.ACCEPTED)
    scene.do("dispatcher", pause(scene, case_id, days=20))
    monday_nine = START + 11 * DAY + HOUR
    scene.town.advance(ms=monday_nine - scene.town.time - 1)
    scene.do("dispatcher", door.Resume(case=case_id))
    case = scene.case(case_id)
    assert case.arrive_by == START + 12 * DAY + 10 * HOUR
    assert case.finish_by == START + 13 * DAY + 10 * HOUR


def test_a_pause_ends_by_itself_and_then_time_runs_out(scene: Scene) -> None:
    case_id = scene.in_state(State.ON_SITE, category=Category.WATER_LEAK)
    finish_by = scene.case(case_id).finish_by
    scene.do("dispatcher", pause(scene, case_id, days=10))
    events = scene.town.advance(days=11, hours=1)
    assert [type(event) for event in events] == [ClocksResumed, OverdueNoticed]
    (late,) = (event for event in events if isinstance(event, OverdueNoticed))
    assert late.clock is Clock.FINISH
    assert late.due_at == scene.case(case_id).finish_by
    assert abs(late.due_at - finish_by - 10 * DAY) <= 1, "the pause began with its own block, a millisecond later"


def test_what_is_finished_says_how_long_it_took_with_and_without_pauses(scene: Scene) -> None:
    case_id = scene.in_state(State.DIAGNOSED)
    scene.do("dispatcher", pause(scene, case_id))
    began = scene.town.time
    scene.town.advance(days=1)
    done = scene.take(case_id, "finish").the(RepairFinished)
    assert done.took_ms == scene.town.time - scene.case(case_id).opened_at
    assert done.paused_in_all_ms == scene.town.time - began
    assert not done.late


def test_whoever_does_the_work_approves_no_pause_and_life_does_not_wait(scene: Scene) -> None:
    case_id = scene.in_state(State.ACCEPTED)
    assert scene.refusal("repairer", pause(scene, case_id)) == "repairs.not_yours"
    assert scene.refusal("dispatcher", pause(scene, case_id, days=61)) == "repairs.pause_out_of_range"
    assert scene.refusal("dispatcher", pause(scene, case_id, days=0)) == "repairs.pause_out_of_range"
    scene.do("anna", pause(scene, case_id, reason=PauseReason.RESIDENT))
    assert scene.refusal("dispatcher", pause(scene, case_id)) == "repairs.paused"
    gas = scene.in_state(State.ACCEPTED, category=Category.GAS_SMELL)
    assert scene.refusal("dispatcher", pause(scene, gas)) == "repairs.life_safety_cannot_wait"


def test_the_stricter_deadline_counts(scene: Scene) -> None:
    case_id = scene.report()
    due = scene.town.time + HOUR
    moved = scene.do("desk", door.Tighten(case=case_id, clock=Clock.RESPOND, due=due)).the(DeadlineMoved)
    assert (moved.due_at, moved.standing) == (due, Standing.GATEWAY)
    assert scene.do("desk", door.Tighten(case=case_id, clock=Clock.RESPOND, due=due + 1)).events == []
    (late,) = scene.town.advance(hours=1, minutes=1)
    assert isinstance(late, OverdueNoticed)
    assert late.due_at == due


def test_an_extension_is_approved_from_outside_and_saves_nothing_that_is_late(scene: Scene) -> None:
    case_id = scene.in_state(State.ACCEPTED)
    due = scene.case(case_id).finish_by
    extend = door.Extend(case=case_id, clock=Clock.FINISH, due=due + DAY)
    assert scene.refusal("dispatcher", extend) == "repairs.not_yours"
    own = door.Extend(case=case_id, clock=Clock.FINISH, due=due + DAY, standing=Standing.DISPATCHER)
    assert scene.refusal("dispatcher", own) == "repairs.own_extension"
    far = door.Extend(case=case_id, clock=Clock.FINISH, due=due + 91 * DAY)
    assert scene.refusal("supervisor", far) == "repairs.extension_out_of_range"
    scene.do("supervisor", extend)
    assert scene.case(case_id).finish_by == due + DAY
    scene.town.advance(days=7)
    again = door.Extend(case=case_id, clock=Clock.FINISH, due=due + 9 * DAY)
    assert scene.refusal("supervisor", again) == "repairs.nothing_to_extend"
    gas = scene.in_state(State.ACCEPTED, category=Category.GAS_SMELL)
    never = door.Extend(case=gas, clock=Clock.FINISH, due=scene.town.time + DAY)
    assert scene.refusal("supervisor", never) == "repairs.life_safety_cannot_wait"


def test_what_is_given_back_is_anybodys_to_triage_and_its_promises_run_on(scene: Scene) -> None:
    case_id = scene.in_state(State.ACCEPTED)
    due = scene.case(case_id).finish_by
    assert scene.do("desk", door.GiveBack(case=case_id)).the(RepairGivenBack).responsible == scene.organisation(
        "harmony"
    )
    case = scene.case(case_id)
    assert (case.state, case.finish_by) == (State.REPORTED, due)
    assert repairs.cases_held_by(scene.town.state, scene.account("repairer")) == ()


def test_somebody_whose_report_was_joined_can_object(scene: Scene) -> None:
    case_id = scene.in_state(State.CHECKED)
    disputed = scene.do("cai", door.Object(case=case_id)).the(RepairDisputed)
    assert disputed.standing is Standing.JOINED
    assert disputed.responsible == scene.organisation("harmony")
    assert scene.case(case_id).state is State.DISPUTED
    assert scene.town.advance(days=6) != [], "the finish deadline runs on"
    assert scene.case(case_id).checked_by == bytes(16)


def test_an_answer_from_outside_closes_or_sends_back_and_keeps_its_basis(scene: Scene) -> None:
    closed = scene.in_state(State.DONE)
    scene.do("street_desk", door.SayRepaired(case=closed, repaired=True))
    assert (scene.case(closed).state, scene.case(closed).closing) == (State.CLOSED, "callback")
    scene.do("street_desk", door.Reopen(case=closed))
    assert (scene.case(closed).state, scene.case(closed).reopened) == (State.REPORTED, 1)
    sent_back = scene.in_state(State.DONE, category=Category.PESTS)
    scene.do("street_desk", door.SayRepaired(case=sent_back, repaired=False))
    assert scene.case(sent_back).state is State.DISPUTED


def test_a_case_joins_another_and_is_split_again_as_it_was(scene: Scene) -> None:
    main, other = scene.in_state(State.ACCEPTED), scene.in_state(State.ON_SITE)
    third = scene.report()
    assert scene.refusal("desk", door.Merge(case=main, into=main)) == "repairs.merge_itself"
    scene.do("desk", door.Merge(case=other, into=main))
    assert scene.case(other).merged_into == main
    assert scene.refusal("desk", door.Merge(case=third, into=other)) == "repairs.merge_of_merged"
    assert scene.refusal("repairer", scene.command("diagnose_repair", other)[1]) == "repairs.wrong_state"
    assert repairs.cases_held_by(scene.town.state, scene.account("repairer")) == (main,)
    scene.do("anna", door.Split(case=other))
    assert (scene.case(other).state, scene.case(other).merged_into) == (State.ON_SITE, NO_CASE)
    scene.take(other, "diagnose")


def test_what_a_repairer_has_in_hand_can_be_named(scene: Scene) -> None:
    first, second = scene.in_state(State.ASSIGNED), scene.in_state(State.DIAGNOSED)

    def held(name: str) -> tuple[bytes, ...]:
        return repairs.cases_held_by(scene.town.state, scene.account(name))

    assert held("repairer") == (first, second)
    scene.take(second, "finish")
    assert held("repairer") == (first,)
    scene.take(second, "dispute")
    assert held("repairer") == (first, second), "what is disputed is in their hands again"
    scene.do("dispatcher", AssignRepair(case=first, executor=scene.account("second")))
    assert (held("repairer"), held("second")) == ((second,), (first,))


def test_nobody_has_more_in_hand_than_can_be_named(scene: Scene) -> None:
    done = scene.in_state(State.DONE, category=Category.PESTS)
    for _ in range(repairs.HELD_MAX):
        scene.in_state(State.ASSIGNED, place=scene.stair)
    one_more = scene.in_state(State.TRIAGED)
    assert scene.refusal(*scene.command("assign_repair", one_more)) == "repairs.hands_full"
    disputed = scene.take(done, "dispute").the(RepairDisputed)
    assert (disputed.executor, scene.case(done).executor) == (bytes(16), bytes(16)), "it waits for the dispatcher"


def test_a_confirmation_passes_no_hold(scene: Scene) -> None:
    case_id = scene.in_state(State.DONE)
    scene.do("desk", door.Hold(case=case_id, name="quotes.final", step="confirm_repair"))
    assert scene.refusal("anna", ConfirmRepair(case=case_id)) == "repairs.held"
    assert scene.refusal("street_desk", door.SayRepaired(case=case_id, repaired=True)) == "repairs.held"
