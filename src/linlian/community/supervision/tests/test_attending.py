"""What nobody on duty has in hand is made known, level by level, and nothing that people try keeps it quiet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linlian.community import staff
from linlian.community.handovers.rules import AcceptHandover, DeclineHandover, WithdrawHandover
from linlian.community.handovers.tests.shift import Shifts, found_shifts, offer, on_duty, plan, swift_case
from linlian.community.identity import NOBODY
from linlian.community.identity.rules_accounts import SuspendAccount, SuspensionReason
from linlian.community.repairs import UNATTENDED, UNDONE, Category, Clock, Escalate, PauseReason, State, Urgency
from linlian.community.repairs.rules import cases
from linlian.community.repairs.rules_triage import AssignRepair, TriageRepair
from linlian.community.repairs.rules_working import DeferReason, DeferRepair, ResumeRepair
from linlian.community.repairs.tests import neighbour
from linlian.community.repairs.tests.scene import DAY, HOUR, MINUTE, TO_DONE, content
from linlian.community.repairs.tests.test_anything import ANSWERS, ONWARD
from linlian.community.staff import BeginDuty, EndDuty, LeftUnattended
from linlian.community.staff.rules_duty import CancelShift, ExtendShift, duties, shifts
from linlian.community.staff.rules_teams import ChangeTeam
from linlian.community.supervision.rules_attending import CASES_AT_ONCE
from linlian.community.supervision.rules_ladder import (
    UNATTENDED_LADDERS,
    Escalated,
    EscalationEnded,
    Level,
    TakeNote,
    climbs,
)
from linlian.kernel.contract import Command, Refused, compose
from linlian.kernel.timers import TIMERS


@pytest.fixture
def scene() -> Iterator[Shifts]:
    scene = found_shifts()
    yield scene
    scene.town.check_invariants()


def told(events: list[Any], case_id: bytes) -> list[Level]:
    return [
        event.level
        for event in events
        if isinstance(event, Escalated) and (event.case, event.about) == (case_id, UNATTENDED)
    ]


def held(scene: Shifts, state: State = State.ACCEPTED, hours: int = 2, **report: Any) -> bytes:
    """A case of the repairer, whose shift lasts two hours."""
    on_duty(scene, "repairer", hours)
    return scene.in_state(state, **report)


URGENT = Category.WATER_LEAK


def test_a_shift_that_ends_with_open_cases_goes_up_level_by_level(scene: Shifts) -> None:
    case_id = held(scene, category=URGENT)
    assert told(scene.town.advance(hours=1), case_id) == []
    rungs = [told(scene.town.advance(minutes=minutes), case_id) for minutes in (60, 29, 2, 90, 22 * 60)]
    assert rungs == [[Level.DISPATCHER], [], [Level.SUPERVISOR], [Level.OFFICER], [Level.STREET]]
    assert scene.case(case_id).executor == scene.account("repairer"), "it is theirs until somebody takes it"


def test_an_ordinary_one_waits_for_those_who_come_next(scene: Shifts) -> None:
    """Half an hour of working time, as the dispatcher's next shift has it; New Year's Day is none."""
    case_id = held(scene)
    assert told(scene.town.advance(hours=24), case_id) == []
    assert told(scene.town.advance(days=4), case_id)[:1] == [Level.DISPATCHER]


def test_where_life_is_at_risk_all_levels_hear_of_it_at_once(scene: Shifts) -> None:
    case_id = held(scene, State.ON_SITE, category=Category.GAS_SMELL)
    assert told(scene.town.advance(hours=1), case_id) == []
    assert told(scene.town.advance(hours=1), case_id) == list(Level)


def test_it_ends_once_a_colleague_accepts_and_not_before(scene: Shifts) -> None:
    case_id = held(scene, category=URGENT, hours=1)
    scene.do("repairer", offer(scene, case_id, team=scene.night))
    assert told(scene.town.advance(hours=2), case_id) == [Level.DISPATCHER, Level.SUPERVISOR], "an offer is no answer"
    scene.do("dispatcher", TakeNote(case=case_id, about=UNATTENDED))
    on_duty(scene, "late", team=scene.night)
    scene.do("late", AcceptHandover(case=case_id))
    events = scene.town.advance(hours=3)
    assert told(events, case_id) == []
    (ended,) = [event for event in events if isinstance(event, EscalationEnded)]
    assert (ended.about, ended.told) == (UNATTENDED, 2)


def test_it_ends_once_whoever_left_is_back(scene: Shifts) -> None:
    case_id = held(scene, category=URGENT, hours=1)
    assert told(scene.town.advance(hours=1), case_id) == [Level.DISPATCHER]
    on_duty(scene, "repairer")
    assert told(scene.town.advance(hours=7), case_id) == []
    assert told(scene.town.advance(hours=1), case_id) == [Level.DISPATCHER], "and begins anew when they leave again"


def test_it_is_not_put_off_by_passing_it_around(scene: Shifts) -> None:
    """Given to another who is away, taken back, given again: the levels go on from where they were."""
    on_duty(scene, "second", hours=1)
    case_id = held(scene, category=URGENT, hours=1)
    scene.town.advance(hours=1)
    since = scene.town.time
    for who in ("second", "repairer", None, "second"):
        executor = None if who is None else scene.account(who)
        scene.do("dispatcher", AssignRepair(case=case_id, executor=executor))
        scene.town.advance(minutes=5)
    climb = scene.town.get(climbs, compose(case_id, UNATTENDED))
    assert climb is not None
    assert (climb.began_at <= since, len(climb.told), climb.over) == (True, 1, False)
    assert told(scene.town.advance(minutes=15), case_id) == [Level.SUPERVISOR]


def test_what_is_given_to_somebody_who_is_away_goes_up_too(scene: Shifts) -> None:
    on_duty(scene, "repairer", hours=1)
    scene.town.advance(hours=2)
    case_id = scene.report(category=URGENT)
    scene.take(case_id, "triage", "assign")
    assert told(scene.town.advance(ms=1), case_id) == [Level.DISPATCHER]


def test_what_is_taken_from_somebody_and_given_to_nobody_goes_up_too(scene: Shifts) -> None:
    case_id = held(scene, category=URGENT, hours=9)
    scene.do("desk", TriageRepair(case=case_id))
    assert told(scene.town.advance(minutes=1), case_id) == [Level.DISPATCHER]
    scene.take(case_id, "assign")
    assert told(scene.town.advance(hours=4), case_id) == []


def test_a_dispute_that_finds_them_away_goes_up_too(scene: Shifts) -> None:
    case_id = held(scene, State.DONE, hours=1, category=URGENT)
    assert told(scene.town.advance(hours=5), case_id) == []
    scene.take(case_id, "dispute")
    assert told(scene.town.advance(ms=1), case_id) == [Level.DISPATCHER]


def test_what_is_put_off_waits_for_its_date_and_no_longer(scene: Shifts) -> None:
    case_id = held(scene, category=URGENT, hours=1)
    until = scene.town.time + 3 * DAY
    scene.do("repairer", DeferRepair(case=case_id, until=until, reason=DeferReason.PARTS))
    assert told(scene.town.advance(days=2), case_id) == []
    assert told(scene.town.advance(ms=until - scene.town.time), case_id), "the date has come, and nobody is there"


def test_what_is_taken_up_before_its_date_while_nobody_is_there_goes_up(scene: Shifts) -> None:
    case_id = held(scene, category=URGENT, hours=1)
    scene.do("repairer", DeferRepair(case=case_id, until=scene.town.time + 30 * DAY, reason=DeferReason.PARTS))
    scene.town.advance(hours=2)
    scene.do("dispatcher", ResumeRepair(case=case_id))
    assert told(scene.town.advance(ms=1), case_id), "from when they left"


def test_paused_clocks_hold_nothing_up(scene: Shifts) -> None:
    case_id = held(scene, category=URGENT, hours=1)
    until = scene.town.time + 10 * DAY
    evidence = content("a note")
    pause = neighbour.Pause(case=case_id, reason=PauseReason.PARTS, until=until, evidence=evidence)
    scene.do("dispatcher", pause)
    assert told(scene.town.advance(hours=2), case_id) == [Level.DISPATCHER, Level.SUPERVISOR]


def test_all_of_many_cases_go_up(scene: Shifts) -> None:
    on_duty(scene, "repairer", hours=1)
    many = [scene.in_state(State.ACCEPTED, category=URGENT) for _ in range(3 * CASES_AT_ONCE + 2)]
    events = scene.town.advance(hours=1)
    assert [told(events, case_id) for case_id in many] == [[Level.DISPATCHER]] * len(many)


def test_who_did_not_come_keeps_shifts_all_the_same(scene: Shifts) -> None:
    """Planned for the first time, and nobody came: what they had before is in the hands of nobody who is there."""
    case_id = scene.in_state(State.ACCEPTED, category=URGENT)
    plan(scene, scene.day, "repairer", hours=2)
    assert told(scene.town.advance(hours=1), case_id) == []
    assert told(scene.town.advance(hours=1), case_id) == [Level.DISPATCHER]


def test_who_keeps_no_shifts_is_never_told_on(scene: Shifts) -> None:
    """A contractor's people, and our own before their first shift: the promises alone watch over their work."""
    case_id = swift_case(scene)
    scene.do("swift_dispatcher", AssignRepair(case=case_id, executor=scene.account("swift_repairer")))
    ours = scene.in_state(State.ACCEPTED)
    scene.do("dispatcher", AssignRepair(case=ours))
    events = scene.town.advance(days=30)
    assert told(events, case_id) == told(events, ours) == []
    assert any(isinstance(event, Escalated) and event.about == Clock.FINISH for event in events)


def test_whom_the_planner_takes_out_of_the_team_keeps_no_shifts_any_more(scene: Shifts) -> None:
    case_id = held(scene, category=URGENT, hours=1)
    scene.do("dispatcher", ChangeTeam(team=scene.day, members=(scene.account("second"),)))
    assert told(scene.town.advance(hours=2), case_id) == []


def test_who_was_suspended_on_duty_is_told_on_at_the_planned_end(scene: Shifts) -> None:
    case_id = held(scene, category=URGENT, hours=1)
    suspend = SuspendAccount(account=scene.account("repairer"), reason=SuspensionReason.LOST_KEY)
    scene.do("harmony_officer", suspend)
    assert told(scene.town.advance(hours=1), case_id) == [Level.DISPATCHER]


def test_the_times_are_these(scene: Shifts) -> None:
    """In minutes from the moment in which nobody has it; of ordinary and minor ones in working time."""
    times = {
        urgency: (ladder.working, *(rung.minutes for rung in ladder.rungs))
        for urgency, ladder in UNATTENDED_LADDERS.items()
    }
    assert times == {
        Urgency.LIFE_SAFETY: (False, 0, 0, 0, 0),
        Urgency.URGENT: (False, 0, 30, 120, 1440),
        Urgency.ORDINARY: (True, 30, 120, 480, 1440),
        Urgency.MINOR: (True, 30, 120, 480, 1440),
    }


# Whatever people try.

CREW = ("repairer", "second", "late")
CATEGORIES = (Category.DOOR_LOCK, Category.GAS_SMELL, Category.WATER_LEAK)
MEANS = (
    *("begin", "begin", "begin", "end", "cancel", "extend", "leave"),
    *("offer", "offer", "to_team", "accept", "accept", "decline", "withdraw"),
    *("assign", "assign", "list", "triage", "defer", "resume", "worse"),
)
means = st.tuples(st.sampled_from(MEANS), st.integers(0, 2), st.sampled_from(CREW), st.sampled_from(CREW))
onwards = st.tuples(st.just("onward"), st.integers(0, 2), st.integers(1, 4), st.just(""))
spans = st.sampled_from((MINUTE, HOUR, 3 * HOUR, 9 * HOUR, 2 * DAY))
waits = st.tuples(st.just("wait"), spans, st.just(0), st.just(""))
days = st.lists(st.one_of(means, means, means, onwards, waits), min_size=8, max_size=40)


def meant(scene: Shifts, what: str, case_id: bytes, who: str, other: str) -> tuple[str, Command]:
    now, account = scene.town.time, scene.account(other)
    last = next((key for key, row in scene.town.rows(shifts) if row.account == scene.account(who)), bytes(16))
    team = scene.night if who == "late" else scene.day
    ways: dict[str, Callable[[], tuple[str, Command]]] = {
        "begin": lambda: (who, BeginDuty(shift=plan(scene, team, who, hours=6))),
        "end": lambda: (who, EndDuty()),
        "cancel": lambda: ("dispatcher", CancelShift(shift=last)),
        "extend": lambda: ("dispatcher", ExtendShift(shift=last, until=now + 3 * HOUR)),
        "leave": lambda: ("dispatcher", ChangeTeam(team=scene.night, members=(account,))),
        "offer": lambda: (who, offer(scene, case_id, other)),
        "to_team": lambda: (who, offer(scene, case_id, team=scene.night)),
        "accept": lambda: (who, AcceptHandover(case=case_id)),
        "decline": lambda: (who, DeclineHandover(case=case_id)),
        "withdraw": lambda: (who, WithdrawHandover(case=case_id)),
        "assign": lambda: ("dispatcher", AssignRepair(case=case_id, executor=account)),
        "list": lambda: ("dispatcher", AssignRepair(case=case_id)),
        "triage": lambda: ("desk", TriageRepair(case=case_id)),
        "worse": lambda: ("desk", TriageRepair(case=case_id, urgency=Urgency.URGENT)),
        "defer": lambda: ("dispatcher", DeferRepair(case=case_id, until=now + DAY, reason=DeferReason.PARTS)),
        "resume": lambda: ("dispatcher", ResumeRepair(case=case_id)),
    }
    return ways[what]()


def attempt(scene: Shifts, known: list[bytes], action: tuple[Any, ...]) -> None:
    """Try one thing; a refusal is as good an answer as any other."""
    what, number, *how = action
    if what == "wait":
        wait(scene, number)
        return
    case_id = known[number]
    commands = [what] * how[0] if what == "onward" else [what]
    for _ in commands:
        try:
            if what == "onward":
                step = ONWARD.get(scene.case(case_id).state, ANSWERS[how[0] % len(ANSWERS)])
                who, command = scene.command(step, case_id)
                executor = scene.case(case_id).executor
                found = next((name for name in CREW if scene.account(name) == executor), who)
                scene.do(found if who == "repairer" else who, command)
            else:
                scene.do(*meant(scene, what, case_id, *how))
        except Refused:
            continue


def wait(scene: Shifts, ms: int) -> None:
    """Let time pass, and look after every block."""
    until = scene.town.time + ms
    while (due := scene.town.state.timers.next_due()) is not None and due <= until:
        scene.town.advance(ms=max(0, due - scene.town.time))
        check_somebody_knows(scene)
    scene.town.advance(ms=until - scene.town.time)


def check_somebody_knows(scene: Shifts) -> None:
    """Each open case of whoever keeps shifts is in hands that are there, or its way up is under way."""
    reader = scene.town.state
    for case_id, case in scene.town.rows(cases):
        if case.state not in UNDONE or case.executor == NOBODY or not staff.keeps_shifts(reader, case.executor):
            continue
        duty = scene.town.get(duties, case.executor)
        if duty is not None and not duty.ended_at:
            continue
        assert goes_up(scene, case_id) or is_handed_on(scene, case_id, case.executor), (
            f"{case_id.hex()} is {case.state}, and nobody who is there has it or will hear of it"
        )


def goes_up(scene: Shifts, case_id: bytes) -> bool:
    """Its next level is told by a timer, or all have been told, since this opening."""
    key = compose(case_id, UNATTENDED)
    climb = scene.town.get(climbs, key)
    if climb is None or climb.over or climb.opened_at != scene.case(case_id).opened_at:
        return False
    return len(climb.told) == len(Level) or scene.town.get(TIMERS, compose("supervision.climb", key)) is not None


def is_handed_on(scene: Shifts, case_id: bytes, executor: bytes) -> bool:
    """It begins with the next block."""
    names = scene.town.rulebook.command_names
    handed = ((names[LeftUnattended], executor), (names[Escalate], compose(case_id, UNATTENDED)))
    return any(scene.town.get(TIMERS, compose(name, record)) is not None for name, record in handed)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(days)
def test_somebody_there_has_it_or_somebody_hears_of_it_at_every_time(tried: list[tuple[Any, ...]]) -> None:
    scene = found_shifts()
    known = [scene.report(category=name) for name in CATEGORIES]
    for number, case_id in enumerate(known):
        scene.take(case_id, *TO_DONE[: number + 1])
    for action in tried:
        attempt(scene, known, action)
        check_somebody_knows(scene)
    scene.town.check_invariants()
    wait(scene, DAY)
    scene.town.check_invariants()
