"""When somebody comes: proposed, agreed, moved, missed; and that nobody opened is no company's word alone."""

from __future__ import annotations

import pytest

from linlian.community.appointments.rules import Window
from linlian.community.appointments.rules_agreeing import (
    AppointmentMoved,
    ProposeWindows,
    Reason,
    WindowAgreed,
    WindowsProposed,
)
from linlian.community.appointments.rules_coming import (
    AppointmentKept,
    AppointmentLapsed,
    AppointmentMissed,
    KeepAppointment,
    NoAccessRecorded,
)
from linlian.community.appointments.rules_pausing import PauseForAppointment
from linlian.community.appointments.rules_table import As, State
from linlian.community.appointments.tests.hall import Hall, cancel, contest, judge, move, no_access
from linlian.community.identity import Basis
from linlian.community.repairs import PauseReason
from linlian.community.repairs.rules_doors import ClocksPaused
from linlian.community.repairs.rules_steps import State as CaseState
from linlian.community.repairs.rules_triage import AssignRepair
from linlian.community.repairs.tests.scene import DAY, HOUR, MINUTE, content


def test_one_side_proposes_and_the_other_agrees(hall: Hall) -> None:
    scene, case_id = hall.scene, hall.case()
    windows = (hall.window(24), hall.window(48), hall.window(72))
    hall.propose(case_id, *windows)
    assert scene.refusal("repairer", hall.agreement(case_id)) == "appointments.own_proposal"
    agreed = scene.do("bo", hall.agreement(case_id, 1)).the(WindowAgreed)
    assert (agreed.starts, agreed.ends) == (windows[1].starts, windows[1].ends)
    assert (agreed.side, agreed.basis, agreed.executor) == (As.HOUSEHOLD, Basis.OWN_KEY, scene.account("repairer"))
    assert hall.diary("repairer") == [(windows[1].starts, windows[1].ends)]


def test_the_household_proposes_too_and_a_helper_agrees_on_their_own_basis(hall: Hall) -> None:
    scene, case_id = hall.scene, hall.case()
    hall.propose(case_id, by="anna")
    assert scene.refusal("anna", hall.agreement(case_id)) == "appointments.own_proposal"
    hall.propose(case_id, hall.window(30))
    agreed = scene.do("helper", hall.agreement(case_id)).the(WindowAgreed)
    assert agreed.basis is Basis.HELPER


@pytest.mark.parametrize("who", ["cai", "second", "swift_dispatcher", "supervisor", "grid_worker", "harmony_officer"])
def test_nobody_else_makes_appointments(hall: Hall, who: str) -> None:
    case_id = hall.case()
    hall.propose(case_id)
    for command in (hall.agreement(case_id), cancel(case_id), move(case_id, hall.window(50))):
        assert hall.scene.refusal(who, command) == "repairs.not_yours"


def test_a_window_in_the_past_is_refused_by_whoever_and_whenever(hall: Hall) -> None:
    scene, case_id = hall.scene, hall.case()
    for hours in (-2, 0):
        past = ProposeWindows(case=case_id, windows=(hall.window(24), hall.window(hours)))
        assert scene.refusal("dispatcher", past) == "appointments.in_the_past"
        assert scene.refusal("anna", past) == "appointments.in_the_past"
    hall.propose(case_id, hall.window(2), hall.window(9))
    late = hall.agreement(case_id, 0)
    scene.town.advance(hours=3)
    assert scene.refusal("anna", late) == "appointments.in_the_past"
    scene.do("anna", hall.agreement(case_id, 1))
    assert scene.refusal("anna", move(case_id, hall.window(-1))) == "appointments.in_the_past"


@pytest.mark.parametrize(
    ("window", "code"),
    [
        ((24 * 61, 2 * HOUR), "appointments.too_far_ahead"),
        ((24, 14 * MINUTE), "appointments.wrong_length"),
        ((24, 8 * HOUR + 1), "appointments.wrong_length"),
        ((24, -HOUR), "appointments.wrong_length"),
    ],
)
def test_windows_are_windows(hall: Hall, window: tuple[int, int], code: str) -> None:
    hours, length = window
    starts = hall.scene.town.time + hours * HOUR
    wrong = (Window(starts=starts, ends=max(0, starts + length)),)
    assert hall.scene.refusal("anna", ProposeWindows(case=hall.case(), windows=wrong)) == code


def test_what_was_seen_is_what_is_agreed_to(hall: Hall) -> None:
    """The proposal changed while somebody looked at it."""
    case_id = hall.case()
    hall.propose(case_id, hall.window(24))
    seen = hall.agreement(case_id)
    before = hall.id(case_id)
    hall.propose(case_id, hall.window(48))
    assert hall.scene.refusal("anna", seen) == "appointments.other_window"
    assert hall.id(case_id) == before, "another proposal is no other appointment"


def test_nobody_is_expected_where_nobody_has_the_case(hall: Hall) -> None:
    for state in (CaseState.REPORTED, CaseState.TRIAGED, CaseState.DONE, CaseState.CLOSED):
        command = ProposeWindows(case=hall.case(state), windows=(hall.window(),))
        assert hall.scene.refusal("anna", command) == "appointments.nobody_to_come"


def test_a_repairer_is_in_one_place_at_a_time(hall: Hall) -> None:
    scene = hall.scene
    first = hall.agreed(24)
    second = hall.case()
    busy = hall.row(first)
    hall.propose(
        second, Window(starts=busy.ends - 1, ends=busy.ends + HOUR), Window(starts=busy.ends, ends=busy.ends + HOUR)
    )
    assert scene.refusal("anna", hall.agreement(second, 0)) == "appointments.double_booked"
    scene.do("anna", hall.agreement(second, 1))
    scene.do("anna", cancel(first))
    third = hall.case()
    hall.propose(third, Window(starts=busy.starts, ends=busy.ends))
    scene.do("anna", hall.agreement(third))


def test_a_case_that_went_to_somebody_else_frees_the_diary(hall: Hall) -> None:
    scene, first = hall.scene, hall.agreed(24)
    busy = hall.row(first)
    scene.do("dispatcher", AssignRepair(case=first, executor=scene.account("second")))
    other = hall.case()
    hall.propose(other, Window(starts=busy.starts, ends=busy.ends))
    scene.do("anna", hall.agreement(other))
    missed = [event for event in hall.wait_until(busy.ends + MINUTE) if isinstance(event, AppointmentMissed)]
    whose = {event.case: event.executor for event in missed}
    assert whose == {first: scene.account("second"), other: scene.account("repairer")}


def test_it_is_moved_by_either_side_with_a_reason_and_agreed_anew(hall: Hall) -> None:
    scene, case_id = hall.scene, hall.agreed(24)
    was = hall.row(case_id)
    moved = scene.do("dispatcher", move(case_id, hall.window(48), reason=Reason.EMERGENCY)).the(AppointmentMoved)
    assert (moved.reason, moved.was_starts, moved.side) == (Reason.EMERGENCY, was.starts, As.WORKERS)
    assert hall.diary("repairer") == []
    assert scene.refusal("repairer", hall.agreement(case_id)) == "appointments.own_proposal"
    scene.do("anna", hall.agreement(case_id))
    assert not [e for e in hall.wait_until(was.ends + HOUR) if isinstance(e, AppointmentMissed)]
    scene.do("anna", move(case_id, hall.window(70)))
    assert hall.row(case_id).moved == 2
    assert scene.refusal("anna", hall.agreement(case_id)) == "appointments.own_proposal"


def test_a_proposal_that_nobody_answers_lapses(hall: Hall) -> None:
    case_id = hall.case()
    hall.propose(case_id, hall.window(2), hall.window(5))
    assert not [e for e in hall.scene.town.advance(hours=4) if isinstance(e, AppointmentLapsed)]
    assert [e for e in hall.scene.town.advance(hours=2) if isinstance(e, AppointmentLapsed)]
    hall.propose(case_id)


# --- who came ---


def test_who_arrives_in_the_window_kept_it(hall: Hall) -> None:
    case_id = hall.agreed(5)
    hall.wait_until(hall.row(case_id).starts + MINUTE)
    hall.scene.take(case_id, "arrive_on_site")
    (kept,) = [e for e in hall.wait_until(hall.row(case_id).ends + MINUTE) if isinstance(e, AppointmentKept)]
    assert (kept.late_ms, kept.executor) == (0, hall.scene.account("repairer"))


def test_who_was_there_before_says_so_again(hall: Hall) -> None:
    """The second visit, with the parts: that the case says on site proves nothing."""
    scene = hall.scene
    case_id = hall.agreed(5, CaseState.DIAGNOSED)
    row = hall.row(case_id)
    assert scene.refusal("repairer", KeepAppointment(case=case_id)) == "appointments.too_early"
    assert scene.refusal("dispatcher", KeepAppointment(case=case_id)) == "repairs.not_yours"
    (missed,) = [e for e in hall.wait_until(row.ends + MINUTE) if isinstance(e, AppointmentMissed)]
    assert (missed.executor, missed.responsible) == (scene.account("repairer"), scene.organisation("harmony"))
    scene.town.advance(hours=1)
    kept = scene.do("repairer", KeepAppointment(case=case_id)).the(AppointmentKept)
    assert kept.late_ms == scene.town.time - row.ends > HOUR


def test_a_case_that_ended_before_the_window_was_not_missed(hall: Hall) -> None:
    cancelled, done = hall.agreed(24), hall.agreed(30)
    hall.scene.take(cancelled, "cancel")
    hall.scene.take(done, "arrive_on_site", "diagnose", "finish")
    hall.wait_until(hall.row(done).ends + MINUTE)
    assert (hall.row(cancelled).state, hall.row(done).state) == (State.LAPSED, State.KEPT)


# --- nobody opened ---


def test_nobody_opened_is_recorded_by_the_repairer_in_the_window(hall: Hall) -> None:
    scene, case_id = hall.scene, hall.agreed(5)
    row = hall.row(case_id)
    assert scene.refusal("repairer", no_access(case_id)) == "appointments.outside_window"
    hall.wait_until(row.starts + 9 * MINUTE)
    assert scene.refusal("repairer", no_access(case_id)) == "appointments.outside_window"
    hall.wait_until(row.starts + 11 * MINUTE)
    for who in ("dispatcher", "second", "anna"):
        assert scene.refusal(who, no_access(case_id)) == "repairs.not_yours"
    noted = scene.do("repairer", no_access(case_id)).the(NoAccessRecorded)
    assert noted.waited_ms >= 11 * MINUTE
    assert not [e for e in hall.wait_until(row.ends + HOUR) if isinstance(e, AppointmentMissed)]


def test_the_household_contests_and_somebody_outside_judges(hall: Hall) -> None:
    scene = hall.scene
    for stands, state in ((True, State.NO_ACCESS), (False, State.MISSED)):
        case_id = hall.agreed(5)
        appointment = hall.nobody_opens(case_id)
        assert scene.refusal("dispatcher", contest(appointment)) == "appointments.not_household"
        scene.do("bo", contest(appointment))
        for who in ("dispatcher", "desk", "anna", "grid_worker"):
            assert scene.refusal(who, judge(appointment, True)) == "repairs.not_yours"
        scene.do("supervisor", judge(appointment, stands))
        assert hall.row(case_id).state is state
        again = "appointments.judged_already" if stands else "appointments.wrong_state"
        assert scene.refusal("anna", contest(appointment)) == again


def test_there_are_three_days_to_contest(hall: Hall) -> None:
    appointment = hall.nobody_opens(hall.agreed(5))
    hall.scene.town.advance(days=3, minutes=1)
    assert hall.scene.refusal("anna", contest(appointment)) == "appointments.too_late_to_contest"


def test_a_contested_one_does_not_keep_another_from_being_made(hall: Hall) -> None:
    case_id = hall.agreed(5)
    first = hall.nobody_opens(case_id)
    hall.scene.do("anna", contest(first))
    hall.propose(case_id)
    hall.scene.do("supervisor", judge(first, False))
    assert hall.row(case_id).state is State.PROPOSED


# --- pauses ---


def pause(hall: Hall, case_id: bytes, days: int = 2, evidence: str = "") -> PauseForAppointment:
    until = hall.scene.town.time + days * DAY
    return PauseForAppointment(case=case_id, until=until, evidence=content(evidence) if evidence else None)


def test_an_appointment_alone_stops_no_clock(hall: Hall) -> None:
    for state in (State.MISSED, State.NO_ACCESS):
        assert hall.scene.case(hall.in_state(state)).paused_at == 0


def test_nobody_opened_lets_clocks_wait_if_household_or_supervisor_approve(hall: Hall) -> None:
    scene, case_id = hall.scene, hall.agreed(5)
    hall.nobody_opens(case_id)
    for who in ("dispatcher", "repairer", "desk", "harmony_officer"):
        assert scene.refusal(who, pause(hall, case_id)) == "repairs.own_pause"
    paused = scene.do("supervisor", pause(hall, case_id)).the(ClocksPaused)
    assert (paused.reason, paused.evidence) == (PauseReason.ACCESS, content("closed door"))


def test_what_is_contested_or_missed_is_no_ground(hall: Hall) -> None:
    scene = hall.scene
    contested = hall.in_state(State.CONTESTED)
    assert scene.refusal("supervisor", pause(hall, contested)) == "appointments.no_ground"
    scene.do("supervisor", judge(hall.id(contested), True))
    scene.do("supervisor", pause(hall, contested))
    missed = hall.in_state(State.MISSED)
    assert scene.refusal("supervisor", pause(hall, missed)) == "appointments.no_ground"
    assert scene.refusal("anna", pause(hall, hall.case())) == "appointments.no_ground"


def test_the_household_that_has_time_only_later_lets_clocks_wait_until_then(hall: Hall) -> None:
    scene, case_id = hall.scene, hall.case()
    late = 24 * 30
    hall.propose(case_id, hall.window(late), by="anna")
    scene.do("dispatcher", hall.agreement(case_id))
    assert scene.refusal("anna", pause(hall, case_id, 20)) == "appointments.evidence_missing"
    assert scene.refusal("anna", pause(hall, case_id, 31, "call")) == "appointments.no_ground"
    assert scene.do("anna", pause(hall, case_id, 29, "call")).the(ClocksPaused).reason is PauseReason.RESIDENT


def test_the_companys_own_late_windows_are_no_ground(hall: Hall) -> None:
    case_id = hall.agreed(24 * 30)
    assert hall.scene.refusal("anna", pause(hall, case_id, 20, "call")) == "appointments.no_ground"


# --- on the telephone ---


def test_a_desk_says_what_it_was_told_only_for_those_who_cannot(hall: Hall) -> None:
    scene = hall.scene
    case_id = hall.case()
    hall.propose(case_id)
    told = hall.agreement(case_id, recording=content("call"))
    assert scene.refusal("desk", told) == "appointments.can_answer"
    caller = scene.report("desk", caller=content("138"))
    scene.take(caller, "triage", "assign")
    hall.propose(caller, hall.window(50))
    assert scene.refusal("desk", hall.agreement(caller)) == "repairs.not_yours"
    agreed = scene.do("desk", hall.agreement(caller, recording=content("call"))).the(WindowAgreed)
    assert (agreed.side, agreed.basis) == (As.OTHER_SIDE, Basis.CALLBACK)


def test_the_side_that_proposes_stands_on_the_record(hall: Hall) -> None:
    case_id = hall.case()
    for who, side in (("anna", As.HOUSEHOLD), ("repairer", As.WORKERS)):
        event = hall.scene.do(who, ProposeWindows(case=case_id, windows=(hall.window(),))).the(WindowsProposed)
        assert event.side is side
