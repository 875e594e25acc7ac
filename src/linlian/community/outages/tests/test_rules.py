"""Who publishes what, how long ahead; which reports belong to it; and whose is still out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from linlian.community import outages, places
from linlian.community.identity import Basis
from linlian.community.joint_reports.rules import JoinCase
from linlian.community.outages.rules import (
    CaseTold,
    EndOutage,
    EndReason,
    ExtendOutage,
    ExtendReason,
    JoinOutage,
    LeaveOutage,
    LeaveReason,
    Nature,
    ObjectionsCounted,
    OutageEnded,
    OutageExtended,
    OutageJoined,
    OutageLapsed,
    OutageLeft,
    OutageOverran,
    OutagePublished,
    OutageState,
)
from linlian.community.outages.rules_ahead import Utility, hours_ahead
from linlian.community.outages.tests.scene import another_building, command, found_outages, no_water, publish
from linlian.community.repairs.rules_clock import OverdueNoticed
from linlian.community.repairs.rules_steps import Standing, State
from linlian.community.repairs.rules_terms import Category
from linlian.community.repairs.tests.scene import DAY, HOUR, Scene, content

RESTORED = EndReason.RESTORED
STILL_OUT, NOT_THIS = LeaveReason.STILL_OUT, LeaveReason.NOT_THIS


@pytest.fixture
def founded() -> Iterator[tuple[Scene, bytes]]:
    scene, building = found_outages()
    yield scene, building
    scene.town.check_invariants()


def row(scene: Scene, identifier: bytes) -> outages.Outage:
    found = outages.outage(scene.town.state, identifier)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("utility", "day", "hours"),
    [
        (Utility.WATER, 19940930, 24),
        (Utility.WATER, 20260101, 24),
        (Utility.POWER, 19960831, 24),
        (Utility.POWER, 19960901, 168),
        (Utility.GAS, 20110228, 24),
        (Utility.GAS, 20110301, 48),
        (Utility.LIFT, 20260101, 24),
    ],
)
def test_what_is_planned_is_announced_ahead_by_the_line_in_force(utility: Utility, day: int, hours: int) -> None:
    assert hours_ahead(utility, places.day_start(day)) == hours


@pytest.mark.parametrize(
    ("utility", "ahead", "late"),
    [(Utility.WATER, 25, False), (Utility.WATER, 23, True), (Utility.POWER, 25, True), (Utility.POWER, 169, False)],
)
def test_what_is_announced_too_late_stands_and_says_so(
    founded: tuple[Scene, bytes], utility: Utility, ahead: int, late: bool
) -> None:
    scene, building = founded
    starts = scene.town.time + ahead * HOUR
    event = scene.do(
        "desk",
        command(scene, building, nature=Nature.PLANNED, utility=utility, starts=starts, hours=ahead + 8),
    ).the(OutagePublished)
    assert event.late is late
    assert row(scene, event.outage).late is late


@pytest.mark.parametrize("who", ["anna", "repairer", "clerk", "swift_dispatcher", "building_head"])
def test_only_desks_of_the_company_and_the_government_publish(founded: tuple[Scene, bytes], who: str) -> None:
    scene, building = founded
    refusal = scene.refusal(who, command(scene, building))
    assert refusal in ("identity.role_missing", "identity.wrong_kind_of_organisation")
    publish(scene, building, who="street_desk")


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"hours": 0}, "outages.window_out_of_range"),
        ({"hours": 31 * 24}, "outages.window_out_of_range"),
        ({"starts": HOUR}, "outages.fault_to_come"),
        ({"nature": Nature.PLANNED, "starts": -HOUR}, "outages.planned_out_of_range"),
        ({"nature": Nature.PLANNED, "starts": 181 * DAY, "hours": 182 * 24}, "outages.planned_out_of_range"),
    ],
)
def test_a_window_is_one(founded: tuple[Scene, bytes], more: dict[str, Any], code: str) -> None:
    scene, building = founded
    if "starts" in more:
        more = {**more, "starts": scene.town.time + more["starts"]}
    assert scene.refusal("desk", command(scene, building, **more)) == code


def test_it_names_common_parts_each_once_and_no_home(founded: tuple[Scene, bytes]) -> None:
    scene, building = founded
    assert scene.refusal("desk", command(scene, building, scene.flat)) == "outages.no_homes"
    assert scene.refusal("desk", command(scene, building, building)) == "outages.place_twice"
    assert scene.refusal("desk", command(scene, bytes(15) + b"x")) == "places.unknown"


def test_a_report_joins_it_keeps_its_own_and_says_that_it_is_still_out(founded: tuple[Scene, bytes]) -> None:
    scene, building = founded
    known, case_id = publish(scene, building), no_water(scene)
    before = scene.case(case_id)
    joined = scene.do("anna", JoinOutage(outage=known, case=case_id)).the(OutageJoined)
    assert (joined.standing, joined.basis) == (Standing.REPORTER, Basis.OWN_KEY)
    assert (scene.case(case_id).state, scene.case(case_id).merged_into) == (State.MERGED, known)
    assert not any(isinstance(event, OverdueNoticed) for event in scene.town.advance(hours=6))
    early = LeaveOutage(case=case_id, reason=STILL_OUT)
    assert scene.refusal("anna", early) == "outages.not_over"
    scene.do("desk", EndOutage(outage=known, reason=RESTORED))
    (told,) = (event for event in scene.town.advance(ms=1) if isinstance(event, CaseTold))
    assert (told.case, told.state) == (case_id, OutageState.OVER)
    assert scene.refusal("desk", early) == "outages.reporter_objects"
    outcome = scene.do("anna", LeaveOutage(case=case_id, reason=STILL_OUT, words=content("not a drop")))
    assert outcome.the(OutageLeft).objection
    assert outcome.the(ObjectionsCounted).objections == row(scene, known).objections == 1
    assert scene.case(case_id) == before, "it goes on where it stood"
    late = [event for event in scene.town.advance(ms=1) if isinstance(event, OverdueNoticed)]
    assert late, "its promises never stopped"
    assert scene.refusal("anna", early) == "outages.not_joined"


def test_a_helper_says_so_on_their_own_basis(founded: tuple[Scene, bytes]) -> None:
    scene, building = founded
    known, case_id = publish(scene, building), no_water(scene)
    scene.do("desk", JoinOutage(outage=known, case=case_id))
    scene.do("desk", EndOutage(outage=known, reason=RESTORED))
    left = scene.do("helper", LeaveOutage(case=case_id, reason=STILL_OUT)).the(OutageLeft)
    assert (left.standing, left.basis) == (Standing.REPORTER, Basis.HELPER)


def test_after_thirty_days_one_reports_anew(founded: tuple[Scene, bytes]) -> None:
    scene, building = founded
    known, case_id = publish(scene, building), no_water(scene)
    scene.do("desk", JoinOutage(outage=known, case=case_id))
    scene.do("desk", EndOutage(outage=known, reason=RESTORED))
    scene.town.advance(days=31)
    assert scene.refusal("anna", LeaveOutage(case=case_id, reason=STILL_OUT)) == "outages.too_late"
    left = scene.do("anna", LeaveOutage(case=case_id, reason=NOT_THIS)).the(OutageLeft)
    assert not left.objection
    assert row(scene, known).objections == 0


def test_only_what_is_of_it_joins_it(founded: tuple[Scene, bytes]) -> None:
    scene, building = founded
    earlier = no_water(scene)
    community = places.require_place(scene.town.state, building).path[-1]
    elsewhere = another_building(scene, community)
    known, other = publish(scene, building), publish(scene, elsewhere)
    case_id = no_water(scene)
    table = [
        (no_water(scene, place=scene.stair), known, ""),
        (scene.report(category=Category.POWER_FAULT), known, "outages.something_else"),
        (scene.report(category=Category.GAS_SMELL), known, "outages.life_safety"),
        (case_id, other, "outages.elsewhere"),
        (earlier, known, "outages.before_it"),
        (case_id, bytes(15) + b"x", "outages.unknown"),
    ]
    for report, outage, code in table:
        joining = JoinOutage(outage=outage, case=report)
        if code:
            assert scene.refusal("desk", joining) == code
        else:
            scene.do("desk", joining)
            assert scene.refusal("desk", joining) == "repairs.wrong_state"
    assert scene.refusal("bo", JoinOutage(outage=known, case=case_id)) == "repairs.not_yours"
    followed = no_water(scene, "cai", place=scene.stair)
    scene.do("bo", JoinCase(case=followed))
    assert scene.refusal("desk", JoinOutage(outage=known, case=followed)) == "outages.others_follow"
    scene.do("desk", EndOutage(outage=known, reason=RESTORED))
    assert scene.refusal("desk", JoinOutage(outage=known, case=case_id)) == "outages.ended"


def test_what_lasts_longer_is_extended_with_a_reason_and_that_it_overran_stays(founded: tuple[Scene, bytes]) -> None:
    scene, building = founded
    known = publish(scene, building)
    until = row(scene, known).until
    (overran,) = scene.town.advance(hours=9)
    assert isinstance(overran, OutageOverran)
    assert overran.organisation == scene.organisation("harmony")
    too_soon = ExtendOutage(outage=known, until=scene.town.time, reason=ExtendReason.PARTS)
    assert scene.refusal("desk", too_soon) == "outages.extended_out_of_range"
    more = ExtendOutage(outage=known, until=scene.town.time + 3 * HOUR, reason=ExtendReason.PARTS)
    assert scene.refusal("street_desk", more) == "outages.not_yours"
    event = scene.do("desk", more).the(OutageExtended)
    assert (event.was, event.reason) == (until, ExtendReason.PARTS)
    scene.town.advance(hours=1)
    ended = scene.do("dispatcher", EndOutage(outage=known, reason=RESTORED)).the(OutageEnded)
    assert ended.overran_ms == 0
    assert row(scene, known).overran
    assert scene.refusal("desk", more) == "outages.ended"
    assert scene.town.advance(days=30) == []


def test_what_nobody_speaks_of_any_more_lapses_and_its_reports_are_told(founded: tuple[Scene, bytes]) -> None:
    scene, building = founded
    known, case_id = publish(scene, building), no_water(scene)
    scene.do("anna", JoinOutage(outage=known, case=case_id))
    kinds = [type(event) for event in scene.town.advance(days=8)]
    assert kinds == [OutageOverran, OutageLapsed, CaseTold]
    assert row(scene, known).state is OutageState.LAPSED
    scene.do("anna", LeaveOutage(case=case_id, reason=STILL_OUT))


def test_what_has_not_begun_is_called_off_and_what_has_is_restored(founded: tuple[Scene, bytes]) -> None:
    scene, building = founded
    starts = scene.town.time + 30 * HOUR
    planned = publish(scene, building, nature=Nature.PLANNED, starts=starts, hours=40)
    assert scene.refusal("desk", EndOutage(outage=planned, reason=RESTORED)) == "outages.not_begun"
    off = EndOutage(outage=planned, reason=EndReason.CALLED_OFF)
    scene.do("desk", off)
    assert row(scene, planned).state is OutageState.CALLED_OFF
    assert scene.refusal("desk", off) == "outages.ended"
    begun = publish(scene, building)
    assert scene.refusal("desk", EndOutage(outage=begun, reason=EndReason.CALLED_OFF)) == "outages.begun"
    scene.do("desk", EndOutage(outage=begun, reason=EndReason.MISTAKEN))


def test_an_outage_has_room_for_so_many_reports_and_tells_them_all(founded: tuple[Scene, bytes]) -> None:
    scene, building = founded
    known = publish(scene, building, hours=100)
    reports = [no_water(scene, place=scene.stair) for _ in range(257)]
    for case_id in reports[:256]:
        scene.do("desk", JoinOutage(outage=known, case=case_id))
    assert scene.refusal("desk", JoinOutage(outage=known, case=reports[256])) == "outages.full"
    scene.do("desk", EndOutage(outage=known, reason=RESTORED))
    told = [event.case for event in scene.town.advance(ms=1000) if isinstance(event, CaseTold)]
    assert told == reports[:256]
