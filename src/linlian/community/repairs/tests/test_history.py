"""Imported history: all there, once, marked, and judged by the same rules as what happens here."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import pytest

from linlian.community.repairs.rules import IMPORTED, NO_CASE, CaseEvent
from linlian.community.repairs.rules_answering import ReopenRepair
from linlian.community.repairs.rules_clock import next_alarm
from linlian.community.repairs.rules_history import HistoryRecorded, RecordHistory, Timeliness
from linlian.community.repairs.rules_steps import State
from linlian.community.repairs.rules_terms import Category, Clock
from linlian.community.repairs.rules_triage import TriageRepair
from linlian.community.repairs.tests.scene import DAY, HOUR, MINUTE, Scene, content, found_scene
from linlian.kernel.contract import Refused, compose

JULY = 1_309_500_000_000
"""2011-07-01."""


@pytest.fixture
def scene() -> Iterator[Scene]:
    scene = found_scene()
    yield scene
    scene.town.check_invariants()


def record(scene: Scene, number: str, **changes: Any) -> RecordHistory:
    """A street light, reported in July 2011 and closed in two hours."""
    fields: dict[str, Any] = {
        "source": "boston311",
        "external": sha256(compose("boston311", number)).digest(),
        "place": scene.stair,
        "category": "boston311.street_light_outages",
        "reported_at": JULY,
        "closed_at": JULY + 2 * HOUR,
        "target_at": JULY + 14 * DAY,
        "timeliness": Timeliness.ON_TIME,
        "remainder": content(number),
    }
    return RecordHistory(**(fields | changes))


def imported(scene: Scene, number: str, **changes: Any) -> bytes:
    case_id = scene.do("clerk", record(scene, number, **changes)).the(HistoryRecorded).case
    assert isinstance(case_id, bytes)
    return case_id


def test_a_past_case_is_marked_and_fires_no_timer(scene: Scene) -> None:
    outcome = scene.do("clerk", record(scene, "101", timeliness=Timeliness.OVERDUE))
    case = scene.case(outcome.the(HistoryRecorded).case)
    assert (case.imported, case.closing, case.state) == (True, IMPORTED, State.CLOSED)
    assert (Clock.FINISH in case.late, case.finish_by, case.instant) == (True, JULY + 14 * DAY, False)
    assert scene.occurred_at(outcome) == JULY
    assert outcome.block.header.time == scene.town.time
    imported(scene, "102", closed_at=0)
    assert not any(isinstance(event, CaseEvent) for event in scene.town.advance(days=400))
    scene.town.check_invariants()


def test_nothing_is_imported_twice(scene: Scene) -> None:
    case_id = imported(scene, "101")
    with pytest.raises(Refused) as no:
        scene.do("clerk", record(scene, "101", closed_at=0))
    assert (no.value.code, no.value.facts) == ("repairs.already_imported", {"case": case_id})


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"source": "water"}, "repairs.source_reserved"),
        ({"category": "boston311"}, "repairs.unknown_category"),
        ({"category": "zurich.graffiti"}, "repairs.unknown_category"),
        ({"category": "water.nonsense"}, "repairs.unknown_category"),
        ({"reported_at": 0}, "repairs.history_in_future"),
        ({"reported_at": JULY * 2}, "repairs.history_in_future"),
        ({"closed_at": JULY * 2}, "repairs.history_in_future"),
        ({"closed_at": JULY - 1}, "repairs.closed_before_reported"),
        ({"place": b"x" * 16}, "places.unknown"),
        ({"source": "Boston 311"}, "kernel.malformed"),
    ],
)
def test_a_record_that_makes_no_sense_is_refused(scene: Scene, changes: dict[str, Any], code: str) -> None:
    assert scene.refusal("clerk", record(scene, "101", **changes)) == code


def test_a_record_may_use_our_own_categories(scene: Scene) -> None:
    case_id = imported(scene, "101", category=Category.LIGHTING_COMMON.value)
    report = scene.report(place=scene.stair, category=Category.LIGHTING_COMMON)
    assert scene.case(case_id).category == scene.case(report).category


@pytest.mark.parametrize("who", ["desk", "repairer", "anna", "harmony_officer"])
def test_only_clerks_and_gateways_record_history(scene: Scene, who: str) -> None:
    assert scene.refusal(who, record(scene, "101")) == "identity.role_missing"


@pytest.mark.parametrize(("took", "instant"), [(0, True), (10 * MINUTE - 1, True), (10 * MINUTE, False), (None, False)])
def test_an_instant_end_is_found_in_history_too(scene: Scene, took: int | None, instant: bool) -> None:
    closed_at = 0 if took is None else JULY + took
    assert scene.case(imported(scene, "101", closed_at=closed_at)).instant is instant


def test_repeats_are_found_by_the_times_of_the_source(scene: Scene) -> None:
    first = imported(scene, "1")
    second = imported(scene, "2", reported_at=JULY + DAY, closed_at=0)
    third = imported(scene, "3", reported_at=JULY + 90 * DAY, closed_at=JULY + 91 * DAY)
    fourth = imported(scene, "4", reported_at=JULY + 121 * DAY, closed_at=JULY + 122 * DAY)
    fifth = imported(scene, "5", reported_at=JULY + 152 * DAY + 1, closed_at=0)
    expected = [NO_CASE, first, second, third, NO_CASE]
    assert [scene.case(each).repeat_of for each in (first, second, third, fourth, fifth)] == expected


def test_a_record_that_comes_in_late_neither_links_nor_is_linked_to(scene: Scene) -> None:
    later = imported(scene, "2", reported_at=JULY + 10 * DAY, closed_at=JULY + 11 * DAY)
    earlier = imported(scene, "1")
    last = imported(scene, "3", reported_at=JULY + 12 * DAY, closed_at=0)
    assert scene.case(earlier).repeat_of == NO_CASE
    assert scene.case(later).repeat_of == NO_CASE
    assert scene.case(last).repeat_of == later


def test_what_was_still_open_gets_its_clocks_when_it_is_triaged_here(scene: Scene) -> None:
    case_id = imported(scene, "101", closed_at=0)
    assert next_alarm(scene.case(case_id)) is None
    scene.do("desk", TriageRepair(case=case_id))
    case = scene.case(case_id)
    assert case.opened_at == scene.town.time
    assert case.respond_by == scene.town.time + 4 * HOUR
    scene.take(case_id, "assign", "accept", "arrive_on_site", "diagnose", "finish")
    scene.take(case_id, "check_repair")
    scene.town.advance(days=3)
    assert scene.case(case_id).closing == "own_key"
    scene.town.check_invariants()


def test_long_ended_history_is_not_reopened(scene: Scene) -> None:
    assert scene.refusal("desk", ReopenRepair(case=imported(scene, "101"))) == "repairs.too_late_to_reopen"
