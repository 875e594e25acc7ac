"""What hangs at a door, what is known, what was; and who learns which outage is a home's."""

from __future__ import annotations

from linlian.community.calendars.views import views as calendars_views
from linlian.community.delegations.views import views as delegations_views
from linlian.community.identity.views import views as identity_views
from linlian.community.joint_reports.views import views as joint_views
from linlian.community.outages import audience
from linlian.community.outages import views as asked
from linlian.community.outages.rules import (
    EndOutage,
    EndReason,
    ExtendOutage,
    ExtendReason,
    JoinOutage,
    LeaveOutage,
    LeaveReason,
    Nature,
    OutageLabel,
    OutageState,
)
from linlian.community.outages.rules_ahead import Utility
from linlian.community.outages.tests.scene import another_building, found_outages, no_water, publish
from linlian.community.outages.views import views
from linlian.community.places import require_place
from linlian.community.places.views import views as places_views
from linlian.community.repairs.tests.scene import DAY, HOUR, content
from linlian.community.repairs.views import views as repairs_views
from linlian.readmodel.audience import OUTSIDER, Reader
from linlian.testing.rows import reading

VIEWS = (identity_views, delegations_views, calendars_views, places_views, repairs_views, joint_views, views)


def test_what_is_out_is_found_at_every_place_in_it() -> None:
    scene, building = found_outages()
    elsewhere = another_building(scene, require_place(scene.town.state, building).path[-1])
    now = publish(scene, building, scene.stair, labels=(OutageLabel.STORE_WATER, OutageLabel.PARTLY))
    later = publish(
        scene, building, nature=Nature.PLANNED, utility=Utility.POWER, starts=scene.town.time + 9 * DAY, hours=10 * 24
    )
    other = publish(scene, elsewhere, who="street_desk")
    with reading(scene.town.blocks, *VIEWS) as db:
        assert [row.outage for row in asked.outages_of_place(db, scene.flat)] == [now, later]
        assert [row.outage for row in asked.outages_of_place(db, scene.stair, Utility.POWER)] == [later]
        assert [row.outage for row in asked.outages_of_place(db, elsewhere)] == [other]
        (notice,) = asked.notices_for_door(db, scene.flat)
        assert (notice.outage, notice.labels) == (now, "store_water,partly")
        assert [row.outage for row in asked.notices_for_door(db, building, days=10)] == [now, later]
        assert {row.outage for row in asked.known_outages(db)} == {now, later, other}
        harmony = asked.outage_history(db, scene.organisation("harmony"))
        assert [(row.outage, row.late) for row in harmony] == [(later, False), (now, False)]


def test_the_row_follows_what_happens_to_it() -> None:
    scene, building = found_outages()
    known = publish(scene, building, notice=content("first"))
    mine, other = no_water(scene), no_water(scene, "cai", place=scene.stair)
    for name, case_id in (("anna", mine), ("cai", other)):
        scene.do(name, JoinOutage(outage=known, case=case_id))
    scene.town.advance(hours=9)
    until = scene.town.time + HOUR
    scene.do("desk", ExtendOutage(outage=known, until=until, reason=ExtendReason.WEATHER, notice=content("second")))
    scene.town.advance(hours=2)
    scene.do("desk", EndOutage(outage=known, reason=EndReason.RESTORED))
    scene.town.advance(ms=1)
    scene.do("anna", LeaveOutage(case=mine, reason=LeaveReason.STILL_OUT))
    with reading(scene.town.blocks, *VIEWS) as db:
        row = asked.outage(db, known)
        assert row is not None
        assert (row.state, row.overran, row.extended, row.extend_reason) == (OutageState.OVER, True, 1, "weather")
        assert HOUR <= row.overran_ms < 2 * HOUR
        assert (row.reports, row.objections, row.notice) == (1, 1, content("second").commitment)
        reports = {report.case_id: report for report in asked.outage_reports(db, known)}
        assert reports[mine].objection
        assert reports[other].told_at == reports[mine].told_at >= row.ended_at
        assert asked.outage_of_case(db, other) == reports[other]
        assert asked.known_outages(db) == []
        assert asked.notices_for_door(db, scene.stair) == []


def test_everybody_sees_what_is_out_and_nobody_which_of_it_is_a_strangers_home() -> None:
    scene, building = found_outages()
    publish(scene, building)
    anna, cai = Reader(account=scene.account("anna")), Reader(account=scene.account("cai"))
    with reading(scene.town.blocks, *VIEWS) as db:
        for reader in (anna, cai, OUTSIDER):
            assert audience.OF_PLACE.sees(db, reader, {"place": scene.stair})
            assert audience.OF_PLACE.sees(db, reader, {"place": scene.flat}) == (reader is anna)
            assert not audience.CASES.sees(db, reader, {})
