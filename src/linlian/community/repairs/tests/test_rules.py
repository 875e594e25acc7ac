"""What repairs promise, each as one sentence: endings, deadlines, repeats."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from linlian.community.identity import Basis
from linlian.community.repairs.rules import NO_CASE
from linlian.community.repairs.rules_answering import (
    CancelReason,
    CancelRepair,
    ConfirmRepair,
    ReopenRepair,
    RepairCancelled,
)
from linlian.community.repairs.rules_clock import (
    OverdueNoticed,
    RepairClosedUnanswered,
    RepairResumed,
)
from linlian.community.repairs.rules_reporting import RepairReported, ReportRepair
from linlian.community.repairs.rules_steps import Standing, State
from linlian.community.repairs.rules_terms import (
    LIMITS,
    TERMS,
    WORKDAY,
    Category,
    Clock,
    Limits,
    Urgency,
    in_working_time,
    limits,
    urgency_of,
)
from linlian.community.repairs.rules_triage import TriageRepair
from linlian.community.repairs.rules_working import (
    DeferReason,
    DeferRepair,
    RepairAccepted,
    RepairFinished,
)
from linlian.community.repairs.tests.scene import DAY, HOUR, MINUTE, Scene, found_scene
from linlian.kernel.contract import Refused
from linlian.testing.town import START


@pytest.fixture
def scene() -> Iterator[Scene]:
    scene = found_scene()
    yield scene
    scene.town.check_invariants()


@pytest.fixture(scope="module")
def calm() -> Iterator[Scene]:
    """A scene for tests that open cases of their own and let no time pass."""
    scene = found_scene()
    yield scene
    scene.town.check_invariants()


def test_what_the_desk_cancels_the_resident_reopens(scene: Scene) -> None:
    case_id = scene.in_state(State.TRIAGED)
    cancelled = scene.do("desk", CancelRepair(case=case_id, reason=CancelReason.NOTHING_FOUND))
    assert cancelled.the(RepairCancelled).reporter == scene.account("anna")
    scene.do("anna", ReopenRepair(case=case_id))
    case = scene.case(case_id)
    assert (case.state, case.reopened, case.closed_at) == (State.REPORTED, 1, 0)
    assert case.respond_by == scene.town.time + LIMITS[Urgency.ORDINARY].respond * MINUTE
    scene.do("desk", TriageRepair(case=case_id))


def test_a_case_reopens_within_thirty_days_and_not_later(scene: Scene) -> None:
    case_id = scene.in_state(State.CLOSED)
    closed_at = scene.case(case_id).closed_at
    scene.town.advance(ms=closed_at + 30 * DAY - scene.town.time)
    assert scene.refusal("anna", ReopenRepair(case=case_id)) == "repairs.too_late_to_reopen"
    other = scene.in_state(State.CLOSED)
    scene.town.advance(ms=30 * DAY - 1)
    scene.do("anna", ReopenRepair(case=other))


def test_silence_closes_after_seven_days_and_is_no_confirmation(scene: Scene) -> None:
    case_id = scene.in_state(State.DONE)
    scene.take(case_id, "serve_notice")
    assert scene.town.advance(ms=7 * DAY - 1) == []
    (event,) = scene.town.advance(ms=1)
    assert isinstance(event, RepairClosedUnanswered)
    assert (event.basis, event.reporter) == (Basis.SILENCE, scene.account("anna"))
    assert scene.case(case_id).closing == "silence"
    assert scene.refusal("anna", ConfirmRepair(case=case_id)) == "repairs.wrong_state"


@pytest.mark.parametrize(
    ("category", "before"),
    [
        (Category.GAS_SMELL, ()),
        (Category.DOOR_LOCK, ("dispute", "arrive_on_site", "diagnose", "finish")),
        (
            Category.DOOR_LOCK,
            ("confirm", "reopen", "triage", "assign", "accept", "arrive_on_site", "diagnose", "finish"),
        ),
    ],
)
def test_silence_does_not_speak_for_life_nor_after_a_no(scene: Scene, category: Category, before: Any) -> None:
    case_id = scene.in_state(State.DONE, category=category)
    if before:
        scene.take(case_id, *before)
    scene.take(case_id, "serve_notice")
    scene.town.advance(days=60)
    assert scene.case(case_id).state is State.DONE
    scene.do("anna", ConfirmRepair(case=case_id))


# --- time ---


def test_deadlines_are_the_stricter_of_urgency_and_category() -> None:
    assert {*TERMS} == {*Category}
    assert {*LIMITS} == {*Urgency}
    assert limits(Category.LIFT_TRAPPED, Urgency.LIFE_SAFETY) == Limits(5, 20, 30, 30, 8 * 60)
    assert limits(Category.HEATING_COLD, Urgency.ORDINARY)[:4] == (4 * 60, 24 * 60, 0, 24 * 60)
    assert limits(Category.LIGHTING_COMMON, Urgency.ORDINARY)[:4] == (4 * 60, 48 * 60, 0, 48 * 60), "two natural days"
    assert limits(Category.LIGHTING_COMMON, Urgency.URGENT)[:4] == (30, 2 * 60, 0, 24 * 60)
    assert limits(Category.HEATING_COLD, Urgency.LIFE_SAFETY) == LIMITS[Urgency.LIFE_SAFETY]
    assert limits("boston311.graffiti", Urgency.ORDINARY) == LIMITS[Urgency.ORDINARY]
    for category in Category:
        for urgency in (urgency for urgency in Urgency if urgency_of(category, urgency) is urgency):
            given = limits(category, urgency)
            mixed = in_working_time(category, urgency) == (Clock.REPLY,)
            reply = given.reply // WORKDAY * 24 * 60 if mixed else given.reply
            assert 0 < given.respond <= given.arrive <= given.finish <= reply
            assert (given.safe > 0) == (urgency is Urgency.LIFE_SAFETY)
            assert given.safe <= given.finish


@pytest.mark.parametrize(
    ("category", "asked", "given"),
    [
        (Category.DOOR_LOCK, None, Urgency.ORDINARY),
        (Category.DOOR_LOCK, Urgency.MINOR, Urgency.ORDINARY),
        (Category.DOOR_LOCK, Urgency.LIFE_SAFETY, Urgency.LIFE_SAFETY),
        (Category.GAS_SMELL, Urgency.MINOR, Urgency.LIFE_SAFETY),
    ],
)
def test_nobody_asks_for_less_urgency_than_the_category_brings(
    category: Category, asked: Urgency | None, given: Urgency
) -> None:
    assert urgency_of(category, asked) is given


def test_each_deadline_is_noticed_once_when_it_passes(scene: Scene) -> None:
    case_id = scene.report(category=Category.WATER_LEAK)
    reported_at = scene.case(case_id).reported_at
    noticed = [event for event in scene.town.advance(days=30) if isinstance(event, OverdueNoticed)]
    assert [(event.clock, event.due_at - reported_at) for event in noticed] == [
        (Clock.RESPOND, 30 * MINUTE),
        (Clock.ARRIVE, 2 * HOUR),
        (Clock.FINISH, 1 * DAY),
        (Clock.REPLY, 2 * DAY),
    ]
    case = scene.case(case_id)
    assert Clock.RESPOND in case.late
    assert Clock.FINISH in case.late


def test_what_is_not_urgent_is_promised_in_working_time(scene: Scene) -> None:
    """Reported in the New Year's holiday of 2026, which ends with a Sunday that is worked: 4 January."""
    case = scene.case(scene.report())
    end_of_day = 18 * HOUR - 8 * HOUR  # it is ten at Greenwich when the office closes in Beijing
    fourth = calendar_day(4)
    assert case.respond_by == case.opened_at + 4 * HOUR
    assert case.arrive_by == fourth + 1 * DAY + end_of_day
    assert case.finish_by == fourth + 2 * DAY + end_of_day
    assert case.reply_by == fourth + 4 * DAY + end_of_day
    assert not case.assumed


def test_what_a_category_sets_is_natural_time(scene: Scene) -> None:
    case = scene.case(scene.report(category=Category.HEATING_COLD))
    assert (case.arrive_by, case.finish_by) == (case.opened_at + 1 * DAY, case.opened_at + 1 * DAY)


def test_a_year_that_nobody_published_is_assumed_and_said_to_be(scene: Scene) -> None:
    scene.town.advance(days=400)
    case = scene.case(scene.report())
    assert case.assumed
    assert case.finish_by > case.opened_at


def calendar_day(day: int) -> int:
    """Midnight at Greenwich of a day in January 2026."""
    return START + (day - 1) * DAY


def test_who_accepts_late_is_shown_as_late(scene: Scene) -> None:
    case_id = scene.in_state(State.ASSIGNED)
    scene.town.advance(hours=5)
    assert scene.take(case_id, "accept").the(RepairAccepted).late
    scene.take(case_id, "assign")
    assert not scene.take(case_id, "accept").the(RepairAccepted).late, "the first acceptance counts"


def test_a_reopened_case_has_new_deadlines_and_a_clean_slate(scene: Scene) -> None:
    case_id = scene.in_state(State.ASSIGNED)
    scene.town.advance(days=8)
    scene.take(case_id, "accept", "arrive_on_site", "diagnose", "finish", "confirm")
    assert Clock.FINISH in scene.case(case_id).late
    scene.take(case_id, "reopen")
    assert Clock.FINISH not in scene.case(case_id).late
    events = scene.town.advance(days=6)
    clocks = [event.clock for event in events if isinstance(event, OverdueNoticed)]
    assert clocks == [Clock.RESPOND, Clock.ARRIVE, Clock.FINISH]


def test_what_is_done_in_time_is_never_late(scene: Scene) -> None:
    case_id = scene.in_state(State.ACCEPTED)
    scene.town.advance(hours=5)
    scene.take(case_id, "arrive_on_site", "diagnose")
    assert not scene.take(case_id, "finish").the(RepairFinished).late
    scene.take(case_id, "serve_notice")
    assert not any(isinstance(event, OverdueNoticed) for event in scene.town.advance(days=6))
    case = scene.case(case_id)
    assert Clock.RESPOND not in case.late
    assert Clock.FINISH not in case.late


def test_after_a_dispute_the_finish_deadline_runs_on(scene: Scene) -> None:
    case_id = scene.in_state(State.DISPUTED)
    (event,) = scene.town.advance(days=6)
    assert isinstance(event, OverdueNoticed)
    assert event.due_at == scene.case(case_id).finish_by
    scene.take(case_id, "arrive_on_site", "diagnose")
    assert scene.take(case_id, "finish").the(RepairFinished).late


def test_a_deferral_ends_at_its_date_and_moves_no_deadline(scene: Scene) -> None:
    case_id = scene.in_state(State.ACCEPTED)
    until = scene.town.time + 7 * DAY
    scene.do("repairer", DeferRepair(case=case_id, until=until, reason=DeferReason.PARTS))
    *overdue, resumed = scene.town.advance(ms=7 * DAY)
    assert [event.clock for event in overdue if isinstance(event, OverdueNoticed)] == [Clock.ARRIVE, Clock.FINISH]
    assert isinstance(resumed, RepairResumed)
    assert (resumed.state, resumed.standing) == (State.ACCEPTED, Standing.CLOCK)
    assert scene.case(case_id).state is State.ACCEPTED


@pytest.mark.parametrize(
    ("category", "ahead", "code"),
    [
        (Category.DOOR_LOCK, 0, "repairs.until_out_of_range"),
        (Category.DOOR_LOCK, -DAY, "repairs.until_out_of_range"),
        (Category.DOOR_LOCK, 90 * DAY + 1, "repairs.until_out_of_range"),
        (Category.LIFT_TRAPPED, DAY, "repairs.life_safety_cannot_wait"),
    ],
)
def test_a_deferral_has_its_limits(calm: Scene, category: Category, ahead: int, code: str) -> None:
    case_id = calm.in_state(State.ASSIGNED, category=category)
    until = calm.town.time + 1 + ahead  # the command's own block takes a millisecond
    defer = DeferRepair(case=case_id, until=until, reason=DeferReason.WEATHER)
    assert calm.refusal("dispatcher", defer) == code


def test_a_change_of_urgency_counts_its_deadlines_from_the_report(scene: Scene) -> None:
    case_id = scene.report()
    scene.town.advance(hours=1)
    scene.do("desk", TriageRepair(case=case_id, urgency=Urgency.URGENT))
    case = scene.case(case_id)
    assert case.respond_by == case.reported_at + 30 * MINUTE
    assert [type(event) for event in scene.town.advance(ms=1)] == [OverdueNoticed]
    scene.do("desk", TriageRepair(case=case_id, urgency=Urgency.MINOR))
    assert scene.case(case_id).urgency is Urgency.ORDINARY
    assert Clock.RESPOND in scene.case(case_id).late, "a lower urgency does not undo what was late"


@pytest.mark.parametrize(
    ("category", "minutes", "instant"),
    [
        (Category.DOOR_LOCK, 9, True),
        (Category.DOOR_LOCK, 10, False),
        (Category.ROOF_LEAK, 29, True),
        (Category.ROOF_LEAK, 30, False),
    ],
)
def test_done_faster_than_work_is_possible_is_flagged(
    scene: Scene, category: Category, minutes: int, instant: bool
) -> None:
    case_id = scene.in_state(State.DIAGNOSED, category=category)
    finish_at = scene.case(case_id).reported_at + minutes * MINUTE
    scene.town.advance(ms=finish_at - scene.town.time - 1)  # the command's own block takes a millisecond
    assert scene.take(case_id, "finish").the(RepairFinished).instant is instant
    assert scene.case(case_id).instant is instant


def test_the_flag_stays_when_the_work_is_done_again(scene: Scene) -> None:
    case_id = scene.in_state(State.DISPUTED)
    scene.town.advance(days=1)
    scene.take(case_id, "arrive_on_site", "diagnose")
    assert not scene.take(case_id, "finish").the(RepairFinished).instant
    assert scene.case(case_id).instant


def test_a_late_arrival_shows_both_times_and_a_conflict_goes_to_the_person(scene: Scene) -> None:
    case_id = scene.in_state(State.ACCEPTED)
    claimed = scene.town.time
    scene.town.advance(hours=20)
    offline = {"offline": True, "valid_until": scene.town.time + 40 * HOUR, "occurred_at": claimed}
    name, arrive = scene.command("arrive_on_site", case_id)
    outcome = scene.do(name, arrive, **offline)
    assert scene.occurred_at(outcome) == claimed
    assert outcome.block.header.time == scene.town.time > claimed
    with pytest.raises(Refused) as no:
        scene.do(name, arrive, **offline)
    assert no.value.code == "repairs.wrong_state"
    assert no.value.about == (case_id,)
    assert no.value.facts == {"state": "on_site", "step": "arrive_on_site"}


# --- repeats ---


def test_the_same_again_within_thirty_days_is_a_repeat(scene: Scene) -> None:
    first = scene.report()
    assert scene.case(first).repeat_of == NO_CASE
    scene.town.advance(days=40)
    second = scene.report(name="bo")
    assert scene.case(second).repeat_of == first, "still open"
    scene.take(second, "triage", "assign", "accept", "arrive_on_site", "diagnose", "finish", "confirm")
    scene.town.advance(ms=30 * DAY - 1)
    third = scene.report()
    assert scene.case(third).repeat_of == second
    scene.take(third, "cancel")
    scene.town.advance(ms=30 * DAY)
    assert scene.case(scene.report()).repeat_of == NO_CASE


def test_another_place_or_category_is_no_repeat(calm: Scene) -> None:
    calm.report(category=Category.WALL_DAMP)
    assert calm.case(calm.report(category=Category.WINDOW_BROKEN)).repeat_of == NO_CASE
    assert calm.case(calm.report(category=Category.WALL_DAMP, place=calm.stair)).repeat_of == NO_CASE


def test_the_earlier_case_shows_that_it_came_back(calm: Scene) -> None:
    first = calm.report(category=Category.ROOF_LEAK)
    report = ReportRepair(place=calm.flat, category=Category.ROOF_LEAK)
    outcome = calm.do("bo", report)
    assert outcome.the(RepairReported).repeat_of == first
    assert first in outcome.block.receipts[outcome.index].subjects[0]


def test_a_corrected_category_corrects_the_links(scene: Scene) -> None:
    leak = scene.report(category=Category.WATER_LEAK)
    damp = scene.report(category=Category.WALL_DAMP)
    wrong = scene.report(category=Category.WATER_LEAK)
    assert scene.case(wrong).repeat_of == leak
    scene.do("desk", TriageRepair(case=wrong, category=Category.WALL_DAMP))
    assert scene.case(wrong).repeat_of == damp
    assert scene.case(scene.report(category=Category.WATER_LEAK)).repeat_of == leak
    assert scene.case(scene.report(category=Category.WALL_DAMP)).repeat_of == wrong
    scene.town.check_invariants()


def test_a_correction_never_links_to_what_was_corrected_before(scene: Scene) -> None:
    first, second = scene.report(category=Category.WATER_LEAK), scene.report(category=Category.WATER_LEAK)
    scene.do("desk", TriageRepair(case=first, category=Category.WALL_DAMP))
    third = scene.report(category=Category.WATER_LEAK)
    assert scene.case(third).repeat_of == second
    scene.do("desk", TriageRepair(case=third, category=Category.OTHER))
    scene.do("desk", TriageRepair(case=second, category=Category.OTHER))
    assert scene.case(second).repeat_of == NO_CASE, "the third was reported after it"
    assert scene.case(scene.report(category=Category.WATER_LEAK)).repeat_of == NO_CASE
