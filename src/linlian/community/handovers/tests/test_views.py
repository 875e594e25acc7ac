"""What somebody has in hand, what waits for their yes, what nobody on duty has, and who may see that."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from linlian.community.calendars.views import views as calendars_views
from linlian.community.delegations.views import views as delegations_views
from linlian.community.handovers import audience
from linlian.community.handovers import views as asked
from linlian.community.handovers.rules import AcceptHandover, DeclineHandover, WithdrawHandover
from linlian.community.handovers.tests.shift import Shifts, found_shifts, offer, on_duty, swift_case
from linlian.community.handovers.views import Answer, views
from linlian.community.identity import OrganisationKind, Role
from linlian.community.identity.views import views as identity_views
from linlian.community.places.views import views as places_views
from linlian.community.repairs import Category, State
from linlian.community.repairs.rules_triage import AssignRepair, TriageRepair
from linlian.community.repairs.rules_working import DeferReason, DeferRepair
from linlian.community.repairs.tests.scene import DAY, HOUR
from linlian.community.repairs.views import views as repairs_views
from linlian.community.repairs.views.queries import holders
from linlian.community.staff.views import views as staff_views
from linlian.community.supervision import views as told
from linlian.readmodel.audience import OUTSIDER, Audience, Reader
from linlian.testing.rows import reading

VIEWS = (
    *(identity_views, delegations_views, staff_views, calendars_views, places_views, repairs_views, views),
    told.views,
)


@pytest.fixture
def scene() -> Iterator[Shifts]:
    scene = found_shifts()
    yield scene
    scene.town.check_invariants()


def test_each_offer_and_each_answer_has_its_row(scene: Shifts) -> None:
    on_duty(scene, "second")
    case_id = scene.in_state(State.ACCEPTED)
    scene.do("repairer", offer(scene, case_id, team=scene.night))
    scene.do("repairer", offer(scene, case_id, "second"))
    scene.do("second", DeclineHandover(case=case_id))
    scene.do("repairer", offer(scene, case_id, "second"))
    scene.do("repairer", WithdrawHandover(case=case_id))
    scene.do("repairer", offer(scene, case_id, "second"))
    scene.do("second", AcceptHandover(case=case_id))
    scene.take(case_id, "assign")
    with reading(scene.town.blocks, *VIEWS) as db:
        rows = asked.handovers_of_case(db, case_id)
        assert [row.outcome for row in rows] == ["replaced", "declined", "withdrawn", "accepted"]
        assert {row.answered_by for row in rows} == {b"", scene.account("second")}
        repairer, second = scene.account("repairer"), scene.account("second")
        hands = holders(db, case_id)
        assert [row.account for row in hands] == [repairer, second, repairer]
        assert [row.until for row in hands] == [hands[1].since, hands[2].since, 0], "from hand to hand, and no gap"
        figures = asked.figures(db, scene.organisation("harmony"))
        assert figures is not None
        assert figures[:4] == (4, 1, 1, 1)
        assert figures.waited_ms == 1
        assert asked.figures(db, scene.organisation("harmony"), since=scene.town.time) == asked.FiguresRow(*(0,) * 7)


def test_whoever_is_asked_sees_it_until_it_is_answered_or_no_longer_theirs_to_give(scene: Shifts) -> None:
    on_duty(scene, "second")
    by_name, by_team, gone, done = (scene.in_state(State.DIAGNOSED) for _ in range(4))
    for case_id in (by_name, gone, done):
        scene.do("repairer", offer(scene, case_id, "second"))
    scene.do("repairer", offer(scene, by_team, team=scene.night))
    scene.do("dispatcher", AssignRepair(case=gone, executor=scene.account("late")))
    scene.take(done, "finish")
    second, late, repairer = (scene.account(name) for name in ("second", "late", "repairer"))
    with reading(scene.town.blocks, *VIEWS) as db:
        assert {row.case_id for row in asked.offered_to(db, second)} == {by_name, by_team}, "by name, and in the team"
        (row,) = asked.offered_to(db, late)
        assert (row.case_id, row.holder, row.team, row.outcome) == (by_team, repairer, scene.night, Answer.OPEN)
        assert asked.offered_to(db, repairer) == []
        mine = {row.case_id: row for row in asked.held_by(db, repairer)}
        assert mine.keys() == {by_name, by_team}
        assert (mine[by_name].colleague, mine[by_name].outcome) == (second, Answer.OPEN)
        (other,) = asked.held_by(db, late)
        assert (other.case_id, other.offered_at) == (gone, 0), "what the repairer offered is no offer of theirs"
    scene.do("second", AcceptHandover(case=by_name))
    with reading(scene.town.blocks, *VIEWS) as db:
        assert [row.case_id for row in asked.offered_to(db, second)] == [by_team]
        assert [row.case_id for row in asked.held_by(db, second)] == [by_name]


def test_what_nobody_on_duty_has_is_listed_and_what_somebody_has_is_not(scene: Shifts) -> None:
    on_duty(scene, "repairer", hours=1)
    left = scene.in_state(State.ACCEPTED, category=Category.WATER_LEAK)
    taken_away = scene.in_state(State.ACCEPTED)
    scene.do("desk", TriageRepair(case=taken_away))
    put_off = scene.in_state(State.ACCEPTED)
    scene.do("repairer", DeferRepair(case=put_off, until=scene.town.time + DAY, reason=DeferReason.PARTS))
    never_given, finished = scene.in_state(State.TRIAGED), scene.in_state(State.DONE)
    contractors = swift_case(scene)
    scene.do("swift_dispatcher", AssignRepair(case=contractors, executor=scene.account("swift_repairer")))
    harmony = scene.organisation("harmony")
    with reading(scene.town.blocks, *VIEWS) as db:
        assert [row.case_id for row in asked.unattended(db, harmony)] == [taken_away], "the repairer is there"
    ends = scene.town.time
    scene.town.advance(hours=1)
    with reading(scene.town.blocks, *VIEWS) as db:
        rows = {row.case_id: row for row in asked.unattended(db, harmony)}
        assert rows.keys() == {left, taken_away}
        assert {put_off, never_given, finished, contractors}.isdisjoint(rows)
        assert ends - HOUR < rows[left].away_since <= scene.town.time
        assert asked.unattended(db, scene.organisation("swift")) == []
        figures = asked.figures(db, harmony)
        assert figures is not None
        assert (figures.left_open, figures.left_cases) == (1, 2), "with what is put off"
        assert {(row.case_id, row.about) for row in told.escalations_to(db, harmony)} >= {(left, "unattended")}
    on_duty(scene, "repairer")
    with reading(scene.town.blocks, *VIEWS) as db:
        assert [row.case_id for row in asked.unattended(db, harmony)] == [taken_away]
        assert (left, "unattended") not in {(row.case_id, row.about) for row in told.escalations_to(db, harmony)}


def readers(scene: Shifts) -> dict[str, Reader]:
    def member(name: str, organisation: str, kind: OrganisationKind, role: Role) -> Reader:
        return Reader(scene.account(name), scene.organisation(organisation), kind, frozenset({role}))

    company, provider = OrganisationKind.PROPERTY_COMPANY, OrganisationKind.SERVICE_PROVIDER
    return {
        "repairer": member("repairer", "harmony", company, Role.REPAIRER),
        "second": member("second", "harmony", company, Role.REPAIRER),
        "boss": member("boss", "harmony", company, Role.SUPERVISOR),
        "swift_repairer": member("swift_repairer", "swift", provider, Role.REPAIRER),
        "supervisor": member("supervisor", "street", OrganisationKind.GOVERNMENT, Role.SUPERVISOR),
        "grid_worker": member("grid_worker", "street", OrganisationKind.GOVERNMENT, Role.GRID_WORKER),
        "anna": Reader(scene.account("anna")),
        "cai": Reader(scene.account("cai")),
        "auditor": Reader(b"a" * 16, audits=True),
        "outsider": OUTSIDER,
    }


SEES = (
    # audience                 who may
    (audience.OF_PERSON, "repairer second boss auditor"),
    (audience.OF_ORGANISATION, "repairer second boss supervisor auditor"),
    (audience.OF_CASE, "repairer second boss supervisor anna auditor"),
)


@pytest.mark.parametrize(("who_may", "names"), SEES, ids=["person", "organisation", "case"])
def test_who_may_see_it(scene: Shifts, who_may: Audience, names: str) -> None:
    case_id = scene.in_state(State.ACCEPTED)
    values: dict[str, Any] = {"account": scene.account("repairer"), "organisation": scene.organisation("harmony")}
    with reading(scene.town.blocks, *VIEWS) as db:
        seen = {name for name, one in readers(scene).items() if who_may.sees(db, one, {**values, "case_id": case_id})}
    assert seen == {*names.split()}
