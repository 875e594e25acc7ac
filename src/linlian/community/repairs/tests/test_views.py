"""The rows of repairs are the state of repairs, and every count is exact, by the query and by anybody's own SQL."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings

from linlian.community.identity import NOBODY, Basis
from linlian.community.identity.views import views as identity_views
from linlian.community.places.views import views as places_views
from linlian.community.repairs.rules import Case, cases
from linlian.community.repairs.rules_history import Timeliness
from linlian.community.repairs.rules_steps import Standing, State
from linlian.community.repairs.rules_terms import Category, Clock, PauseReason
from linlian.community.repairs.rules_triage import AssignRepair, TriageRepair
from linlian.community.repairs.tests import neighbour
from linlian.community.repairs.tests.scene import DAY, HOUR, MINUTE, PATHS, Scene, content, found_scene
from linlian.community.repairs.tests.test_anything import CATEGORIES, attempt, days
from linlian.community.repairs.tests.test_history import JULY, imported
from linlian.community.repairs.views import queries as ask
from linlian.community.repairs.views import rows, views
from linlian.community.repairs.views.queries import CountBy, Origin
from linlian.community.repairs.views.rows import RequestRow
from linlian.kernel.codec import decode_plain
from linlian.readmodel.view import Reads
from linlian.testing.rows import reading, table_rows

VIEWS = (identity_views, places_views, views)


class Pair(NamedTuple):
    value: str
    requests: int


SEEN_ON_THE_LEDGER = {"holds", "kept", "late"}
"""Fields of a case that a row tells in another way."""


def as_case(row: RequestRow) -> dict[str, Any]:
    """What a row says of the fields of a case; `back` and `urgency`'s past are the ledger's own business."""
    same = {name: getattr(row, name) for name in Case.__struct_fields__ if name in RequestRow._fields}
    empty = {name: NOBODY for name, value in same.items() if value == b""}
    return {
        **{name: value for name, value in same.items() if name not in SEEN_ON_THE_LEDGER},
        **empty,
        "reported_as": row.reported_as or Standing.GATEWAY,
        "imported": row.source != "",
        "asked": row.review_by > 0,
    }


def promises(row: RequestRow) -> tuple[set[Clock], set[Clock]]:
    """The promises that a row says were kept, and those that it says were missed."""
    kept = {Clock.RESPOND: row.responded_at, Clock.ARRIVE: row.arrived_at, Clock.FINISH: row.done_at}
    late = {
        Clock.RESPOND: row.respond_late,
        Clock.ARRIVE: row.arrive_late,
        Clock.SAFE: row.safe_late,
        Clock.FINISH: row.timeliness == Timeliness.OVERDUE,
        Clock.REPLY: row.reply_late,
        Clock.REVIEW: row.review_late,
    }
    return {clock for clock, at in kept.items() if at}, {clock for clock, missed in late.items() if missed}


def check_rows(scene: Scene) -> None:
    """Each request is its case, and its last step led to where it is."""
    with reading(scene.town.blocks, *VIEWS) as db:
        found = {row.case_id: row for row in table_rows(db, rows.requests)}
        kept = dict(scene.town.rows(cases))
        assert found.keys() == kept.keys()
        for case_id, case in kept.items():
            said = as_case(found[case_id])
            assert said == {name: getattr(case, name) for name in said}
            kept_promises, missed = promises(found[case_id])
            assert missed == {*case.late}
            assert kept_promises == {*case.kept} - {Clock.SAFE, Clock.REPLY}
            assert found[case_id].holds == len(case.holds)
            assert found[case_id].ended == (case.state in (State.CLOSED, State.CANCELLED))
            assert ask.timeline(db, case_id, limit=1000)[-1].state == case.state


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(days)
def test_rows_are_the_state_whatever_people_try(tried: list[tuple[Any, ...]]) -> None:
    scene = found_scene()
    known = [scene.report(category=category) for category in CATEGORIES]
    for action in tried:
        attempt(scene, known, action)
    check_rows(scene)
    scene.town.advance(days=100)
    check_rows(scene)


@dataclass
class Seen:
    scene: Scene
    db: Reads
    cases: dict[State, bytes]
    imported: list[bytes]


@pytest.fixture(scope="module")
def seen() -> Iterator[Seen]:
    """A case in each state, some closed otherwise, some overdue, and eight imported ones."""
    scene = found_scene()
    by_state = {state: scene.in_state(state, place=scene.stair, category=Category.LIFT_FAULT) for state in PATHS}
    by_state[State.CLOSED] = scene.in_state(State.CLOSED, category=Category.WINDOW_BROKEN)
    helped = scene.in_state(State.DONE, category=Category.DOOR_LOCK)
    scene.do("helper", scene.command("confirm_repair", helped)[1])
    witnessed = scene.in_state(State.DONE, place=scene.stair, category=Category.ROOF_LEAK)
    scene.do("grid_worker", scene.command("check_repair", witnessed)[1])
    scene.take(scene.in_state(State.DONE, category=Category.PESTS), "serve_notice")
    took = (0, 9 * MINUTE, 10 * MINUTE, 10 * MINUTE + 1, 2 * HOUR, DAY)
    past = [imported(scene, str(n), reported_at=JULY + n * 40 * DAY, closed_at=JULY + n * 40 * DAY + span)
            for n, span in enumerate(took)]  # fmt: skip
    past.append(imported(scene, "open", reported_at=JULY + 220 * DAY, closed_at=0, timeliness=Timeliness.OVERDUE))
    past.append(
        imported(scene, "other", category="boston311.graffiti", place=scene.flat, timeliness=Timeliness.OVERDUE)
    )
    scene.town.advance(days=8)
    scene.report(category=Category.WALL_DAMP)
    with reading(scene.town.blocks, *VIEWS) as db:
        yield Seen(scene, db, by_state, past)


def test_every_value_that_is_counted_is_counted_exactly(seen: Seen) -> None:
    kept = [case for _, case in seen.scene.town.rows(cases)]
    requests = table_rows(seen.db, rows.requests)
    assert len(kept) == len(requests) == len(PATHS) + 1 + 5 + 8
    for by in CountBy:
        counted = ask.counts(seen.db, by)
        plain = f"SELECT {by} AS value, COUNT(*) AS requests FROM repairs_request GROUP BY {by}"
        assert {(row.value, row.requests) for row in counted} == set(seen.db.all(Pair, plain))
        assert Counter({row.value: row.live for row in counted if row.live}) == Counter(
            getattr(row, by) for row in requests if not row.source
        )
        assert all(row.requests == row.live + row.imported for row in counted)
    states = {row.value: row.requests for row in ask.counts(seen.db)}
    assert states == Counter(case.state.value for case in kept)
    overdue = {row.value: row for row in ask.counts(seen.db, CountBy.TIMELINESS)}["overdue"]
    assert overdue.live == sum(Clock.FINISH in case.late for case in kept if not case.imported)
    assert overdue.imported == 2


def test_counts_are_of_what_was_reported_in_a_time(seen: Seen) -> None:
    first = ask.counts(seen.db, CountBy.SOURCE, since=JULY, before=JULY + 40 * DAY)
    assert [(row.value, row.requests) for row in first] == [("boston311", 2)]
    live = ask.counts(seen.db, CountBy.SOURCE, since=JULY + 1000 * DAY)
    assert [(row.value, row.imported) for row in live] == [("", 0)]


def test_no_two_ways_of_closing_are_merged(seen: Seen) -> None:
    found = {(row.closing, row.closing_as): row.requests for row in ask.closings(seen.db)}
    kept = Counter(case.closing for _, case in seen.scene.town.rows(cases) if case.state is State.CLOSED)
    assert found["own_key", "reporter"] == 1
    assert found["own_key", "witness"] == 3
    assert found["helper", "reporter"] == 1
    assert found["silence", "clock"] == kept[Basis.SILENCE] > 0
    assert found["imported", ""] == 7
    assert sum(found.values()) == sum(kept.values())


def test_what_was_closed_within_some_minutes_is_a_share_of_all(seen: Seen) -> None:
    share = ask.closed_within(seen.db, minutes=10, source="boston311")
    assert share == (8, 7, 3, 375)
    assert ask.closed_within(seen.db, minutes=11, source="boston311") == (8, 7, 4, 500)
    assert ask.closed_within(seen.db, source="nowhere") == (0, 0, 0, 0)


def test_instant_ones_and_repeats_are_found(seen: Seen) -> None:
    kept = dict(seen.scene.town.rows(cases))
    instant = {row.case_id for row in ask.instant_requests(seen.db, limit=1000)}
    assert instant == {key for key, case in kept.items() if case.instant}
    assert set(seen.imported[:2]) <= instant
    repeated = {row.case_id: row for row in ask.repeats(seen.db, limit=1000)}
    assert repeated.keys() == {key for key, case in kept.items() if case.repeat_of != NOBODY}
    assert all(kept[row.case_id].repeat_of == row.repeat_of for row in repeated.values())
    one = next(iter(repeated.values()))
    assert [row.case_id for row in ask.repeats(seen.db, of=one.repeat_of)] == [one.case_id]


def test_open_ones_come_by_their_deadline(seen: Seen) -> None:
    kept = dict(seen.scene.town.rows(cases))
    found = ask.open_requests(seen.db, limit=1000)
    assert {row.case_id for row in found} == {
        key for key, case in kept.items() if case.state not in (State.CLOSED, State.CANCELLED)
    }
    assert found == sorted(found, key=lambda row: (row.finish_by, row.case_id))
    triaged = ask.open_requests(seen.db, state=State.TRIAGED)
    assert [row.case_id for row in triaged] == [seen.cases[State.TRIAGED]]
    harmony = ask.open_requests(seen.db, responsible=seen.scene.organisation("harmony"), origin=Origin.LIVE)
    assert {row.state for row in harmony} >= {"triaged", "assigned", "disputed"}
    assert [row.source for row in ask.open_requests(seen.db, origin=Origin.IMPORTED)] == ["boston311"]


def test_overdue_ones_are_those_whose_time_has_passed(seen: Seen) -> None:
    town = seen.scene.town
    kept = {key: case for key, case in town.rows(cases) if not case.imported}
    late = {row.case_id for row in ask.overdue_requests(seen.db, limit=1000)}
    waiting = (State.CLOSED, State.CANCELLED, State.DONE, State.CHECKED, State.MERGED)
    assert late == {key for key, case in kept.items() if Clock.FINISH in case.late and case.state not in waiting}
    assert ask.overdue_requests(seen.db, now=town.time - 20 * DAY) == []
    unanswered = {row.case_id for row in ask.overdue_requests(seen.db, Clock.RESPOND, limit=1000)}
    assert unanswered == {
        key
        for key, case in kept.items()
        if Clock.RESPOND in case.late and Clock.RESPOND not in case.kept and case.closed_at == 0
    }
    imported_late = ask.overdue_requests(seen.db, origin=Origin.IMPORTED)
    assert [row.timeliness for row in imported_late] == ["overdue"]


def test_requests_are_found_by_place_person_and_repairer(seen: Seen) -> None:
    scene, kept = seen.scene, dict(seen.scene.town.rows(cases))
    building = seen.db.one(Holder, "SELECT parent FROM places_place WHERE place = :place", place=scene.flat)
    assert building is not None
    at_flat = {row.case_id for row in ask.requests_of_place(seen.db, scene.flat, limit=1000)}
    assert at_flat == {key for key, case in kept.items() if case.place == scene.flat}
    assert len(ask.requests_of_place(seen.db, building.parent, limit=1000)) == len(kept)
    assert ask.requests_of_place(seen.db, building.parent, inside=False) == []
    mine = {row.case_id for row in ask.requests_of_person(seen.db, scene.account("anna"), limit=1000)}
    assert mine == {key for key, case in kept.items() if case.reporter == scene.account("anna")}
    executor = scene.account("repairer")
    for ended in (False, True):
        found = {row.case_id for row in ask.requests_of_executor(seen.db, executor, ended=ended, limit=1000)}
        done = (State.CLOSED, State.CANCELLED)
        assert found == {k for k, case in kept.items() if case.executor == executor and (case.state in done) == ended}


class Holder(NamedTuple):
    parent: bytes


def test_a_timeline_is_the_history_of_the_case(seen: Seen) -> None:
    """Step for step what the receipts say, with both times, as what and on what basis."""
    case_id = seen.cases[State.CLOSED]
    entries = [
        (block.header.height, index, event, *decode_plain(receipt.entries[event])[1:3])
        for block in seen.scene.town.blocks
        for index, receipt in enumerate(block.receipts)
        for event, named in enumerate(receipt.subjects)
        if case_id in named and decode_plain(receipt.entries[event])[3]["case"] == case_id
    ]
    steps = ask.timeline(seen.db, case_id)
    assert [(s.height, s.receipt, s.event, s.type, s.occurred_at) for s in steps] == entries
    assert [step.state for step in steps] == [
        *("reported", "triaged", "assigned", "accepted", "on_site", "diagnosed", "done", "closed")
    ]
    assert (steps[-1].standing, steps[-1].basis, steps[-1].actor) == (
        *("reporter", "own_key", seen.scene.account("anna")),
    )
    assert steps[5].detail == "worn"


def test_a_claimed_time_is_shown_beside_the_committed_one() -> None:
    scene = found_scene()
    case_id = scene.report()
    claimed = scene.town.time - 2 * HOUR
    scene.do("desk", TriageRepair(case=case_id), occurred_at=claimed)
    past = imported(scene, "1")
    with reading(scene.town.blocks, *VIEWS) as db:
        told = ask.timeline(db, case_id)[1]
        recorded = ask.timeline(db, past)[0]
    assert (told.time, told.occurred_at) == (scene.town.time - 1, claimed)
    assert (recorded.time, recorded.occurred_at) == (scene.town.time, JULY)


def test_lists_helpers_joined_ones_and_pauses_are_found() -> None:
    scene = found_scene()
    listed, joined, main = scene.in_state(State.TRIAGED), scene.report(), scene.in_state(State.ACCEPTED)
    scene.do("dispatcher", AssignRepair(case=listed))
    scene.do("desk", neighbour.Merge(case=joined, into=main))
    scene.take(main, "call_help", "note_help")
    until, reason = scene.town.time + 3 * DAY, PauseReason.PARTS
    scene.do("dispatcher", neighbour.Pause(case=main, reason=reason, until=until, evidence=content("order")))
    paused_at = scene.town.time
    scene.town.advance(days=4)
    with reading(scene.town.blocks, *VIEWS) as db:
        assert [row.case_id for row in ask.listed_requests(db, scene.organisation("harmony"))] == [listed]
        assert [row.case_id for row in ask.joined_requests(db, main)] == [joined]
        (helped,) = ask.helped_requests(db, scene.organisation("street"))
        assert (helped.case_id, helped.called_at < helped.noted_at) == (main, True)
        (pause,) = ask.pauses(db, main)
        assert (pause.began_at, pause.reason, pause.approved_by) == (paused_at, "parts", scene.account("dispatcher"))
        assert pause.lasted_ms == until - paused_at == scene.case(main).paused_ms
