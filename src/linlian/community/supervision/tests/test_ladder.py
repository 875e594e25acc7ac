"""What is late goes up by itself, by whoever's calendar it is promised, until it is done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from linlian.community import calendars
from linlian.community.calendars import STANDARD
from linlian.community.identity import Role
from linlian.community.repairs import Category, Clock, PauseReason, State, Urgency
from linlian.community.repairs.rules_answering import DisputeRepair
from linlian.community.repairs.rules_triage import TriageRepair
from linlian.community.repairs.tests import neighbour as door
from linlian.community.repairs.tests.scene import DAY, HOUR, MINUTE, Scene, content
from linlian.community.supervision.rules_ladder import (
    DISPUTES,
    LADDERS,
    Escalated,
    EscalationEnded,
    Level,
    NoteTaken,
    TakeNote,
)
from linlian.community.supervision.tests.office import found_office
from linlian.testing.town import START


@pytest.fixture
def scene() -> Iterator[Scene]:
    scene = found_office()
    yield scene
    scene.town.check_invariants()


def told(events: list[Any], case_id: bytes, about: str) -> list[Escalated]:
    return [event for event in events if isinstance(event, Escalated) and (event.case, event.about) == (case_id, about)]


def test_an_urgent_one_goes_up_in_natural_time(scene: Scene) -> None:
    case_id = scene.in_state(State.ASSIGNED, category=Category.WATER_LEAK)
    due = scene.case(case_id).respond_by
    rungs = []
    for hours in (0, 1, 4, 24):
        events = scene.town.advance(ms=due + hours * HOUR + MINUTE - scene.town.time)
        rungs.append([(event.level, event.role) for event in told(events, case_id, Clock.RESPOND)])
    assert rungs == [
        [(Level.DISPATCHER, Role.DISPATCHER)],
        [(Level.SUPERVISOR, Role.SUPERVISOR)],
        [(Level.OFFICER, Role.OFFICER)],
        [(Level.STREET, Role.SUPERVISOR)],
    ]
    assert not told(scene.town.advance(days=20), case_id, Clock.RESPOND), "everybody knows"


def test_an_ordinary_one_goes_up_in_working_time(scene: Scene) -> None:
    """Missed on New Year's Day; nobody is told further up before people are at work again."""
    case_id = scene.in_state(State.ASSIGNED)
    since = scene.case(case_id).respond_by
    (first,) = told(scene.town.advance(days=2), case_id, Clock.RESPOND)
    assert (first.level, first.since) == (Level.DISPATCHER, since)
    second_at = calendars.due(scene.town.state, STANDARD, since, 60).at_ms
    assert second_at > since + DAY
    assert not told(scene.town.advance(ms=second_at - 1 - scene.town.time), case_id, Clock.RESPOND)
    (second,) = told(scene.town.advance(ms=1), case_id, Clock.RESPOND)
    assert second.level is Level.SUPERVISOR


def test_where_life_is_in_danger_everybody_is_told_at_once(scene: Scene) -> None:
    case_id = scene.report(category=Category.GAS_SMELL)
    events = told(scene.town.advance(minutes=6), case_id, Clock.RESPOND)
    assert [event.level for event in events] == list(Level)
    harmony = scene.organisation("harmony")
    assert [event.organisation for event in events] == [harmony, harmony, harmony, scene.organisation("street")]


def test_it_stops_once_the_promise_is_kept_and_only_then(scene: Scene) -> None:
    case_id = scene.in_state(State.ASSIGNED, category=Category.WATER_LEAK)
    scene.town.advance(minutes=31)
    noted = scene.do("dispatcher", TakeNote(case=case_id, about=Clock.RESPOND)).the(NoteTaken)
    assert (noted.level, noted.noted_by) == (Level.DISPATCHER, scene.account("dispatcher"))
    assert told(scene.town.advance(hours=1), case_id, Clock.RESPOND), "to take note is not to keep it"
    scene.take(case_id, "accept")
    events = scene.town.advance(hours=4)
    assert not told(events, case_id, Clock.RESPOND)
    (ended,) = [event for event in events if isinstance(event, EscalationEnded)]
    assert (ended.about, ended.told) == (Clock.RESPOND, 2)


def test_each_level_takes_note_for_itself_and_once(scene: Scene) -> None:
    case_id = scene.report(category=Category.GAS_SMELL)
    scene.town.advance(minutes=6)
    note = TakeNote(case=case_id, about=Clock.RESPOND)
    for who, level in (("supervisor", Level.STREET), ("boss", Level.SUPERVISOR), ("harmony_officer", Level.OFFICER)):
        assert scene.do(who, note).the(NoteTaken).level is level
        assert scene.refusal(who, note) == "supervision.nothing_to_note"
    for who in ("swift_dispatcher", "chair", "street_officer"):
        assert scene.refusal(who, note) == "supervision.nothing_to_note"
    assert scene.refusal("anna", note) == "identity.role_missing"
    assert scene.refusal("dispatcher", TakeNote(case=case_id, about=Clock.REPLY)) == "supervision.nothing_to_note"


def test_a_dispute_goes_to_the_unit_and_its_supervisor_and_up_while_nobody_comes(scene: Scene) -> None:
    case_id = scene.in_state(State.DONE, category=Category.WATER_LEAK)
    scene.do("anna", DisputeRepair(case=case_id))
    at_once = told(scene.town.advance(minutes=1), case_id, "dispute")
    assert [event.level for event in at_once] == [Level.DISPATCHER, Level.SUPERVISOR]
    assert [event.level for event in told(scene.town.advance(hours=4), case_id, "dispute")] == [Level.OFFICER]
    scene.take(case_id, "arrive_on_site")
    assert not told(scene.town.advance(days=2), case_id, "dispute")


def test_the_dispatcher_is_the_contractors_and_the_supervisor_of_who_answers_for_it(scene: Scene) -> None:
    case_id = scene.report(category=Category.WATER_LEAK)
    scene.do("desk", TriageRepair(case=case_id, executing=scene.organisation("swift")))
    events = told(scene.town.advance(days=2), case_id, Clock.RESPOND)
    assert [event.organisation for event in events] == [
        scene.organisation(name) for name in ("swift", "harmony", "harmony", "street")
    ]


def test_where_the_street_office_is_in_the_case_the_owners_committee_is_told(scene: Scene) -> None:
    case_id = scene.report(category=Category.WATER_LEAK)
    scene.do("street_desk", TriageRepair(case=case_id))
    events = told(scene.town.advance(days=2), case_id, Clock.RESPOND)
    assert events[-1].organisation == scene.organisation("owners")


def test_a_pause_keeps_it_from_going_further_up(scene: Scene) -> None:
    case_id = scene.in_state(State.ACCEPTED, category=Category.WATER_LEAK)
    scene.town.advance(hours=2, minutes=1)
    pause = door.Pause(
        case=case_id, reason=PauseReason.PARTS, until=scene.town.time + 2 * DAY, evidence=content("order")
    )
    scene.do("supervisor", pause)
    assert not told(scene.town.advance(days=1), case_id, Clock.ARRIVE)
    assert told(scene.town.advance(days=2), case_id, Clock.ARRIVE)


def test_what_is_opened_again_has_troubles_of_its_own(scene: Scene) -> None:
    case_id = scene.in_state(State.ASSIGNED, category=Category.WATER_LEAK)
    scene.town.advance(minutes=31)
    scene.take(case_id, "cancel", "reopen")
    events = scene.town.advance(minutes=45)
    assert [event.level for event in told(events, case_id, Clock.RESPOND)] == [Level.DISPATCHER]
    assert scene.town.time < START + DAY


def test_every_urgency_has_a_ladder_that_rises_to_the_street() -> None:
    tables = [*(table for _, table in LADDERS), DISPUTES]
    for table in tables:
        assert list(table) == list(Urgency)
        for ladder in table.values():
            minutes = [rung.minutes for rung in ladder.rungs]
            assert minutes == sorted(minutes)
            assert [rung.level for rung in ladder.rungs] == list(Level)
    assert [since for since, _ in LADDERS] == sorted({since for since, _ in LADDERS})
    assert LADDERS[0][0] == 0
