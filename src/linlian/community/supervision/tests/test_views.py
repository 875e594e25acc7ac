"""What is asked for, returned, overseen and told further up is found again."""

from __future__ import annotations

from linlian.community.calendars.views import views as calendars_views
from linlian.community.delegations.views import views as delegations_views
from linlian.community.identity.views import views as identity_views
from linlian.community.places.views import views as places_views
from linlian.community.repairs import DISPUTE, UNATTENDED, Category, Clock, State
from linlian.community.repairs.tests.scene import Scene
from linlian.community.repairs.views import views as repairs_views
from linlian.community.staff.views import views as staff_views
from linlian.community.supervision import views as asked
from linlian.community.supervision.rules_ladder import Level, TakeNote
from linlian.community.supervision.rules_oversight import LiftOversight
from linlian.community.supervision.tests.office import (
    accepted,
    ask,
    back,
    decide,
    found_office,
    oversee,
    progress,
    rule,
)
from linlian.community.supervision.views import views
from linlian.testing.rows import reading

VIEWS = (identity_views, delegations_views, staff_views, calendars_views, places_views, repairs_views, views)


def test_each_time_more_time_was_asked_for_has_its_outcome() -> None:
    scene = found_office()
    case_id = accepted(scene)
    for granted in (False, True):
        scene.do("dispatcher", ask(scene, case_id))
        scene.do("supervisor", decide(case_id, granted=granted))
    scene.do("dispatcher", ask(scene, case_id))
    with reading(scene.town.blocks, *VIEWS) as db:
        assert [row.outcome for row in asked.extensions_of_case(db, case_id)] == ["denied", "granted", "open"]
        (waiting,) = asked.open_extensions(db)
        assert (waiting.case_id, waiting.until) == (case_id, ask(scene, case_id).until)
    scene.town.advance(days=10)
    with reading(scene.town.blocks, *VIEWS) as db:
        assert [row.outcome for row in asked.extensions_of_case(db, case_id)] == ["denied", "granted", "lapsed"]
        assert asked.open_extensions(db) == []


def test_returns_wait_are_late_and_are_decided() -> None:
    scene = found_office()
    moved, kept, waiting = accepted(scene), accepted(scene), accepted(scene)
    for case_id in (moved, kept, waiting):
        scene.do("desk", back(scene, case_id))
    scene.do("street_desk", rule(scene, moved, "swift"))
    scene.do("chair", rule(scene, kept, "harmony"))
    scene.town.advance(days=10)
    with reading(scene.town.blocks, *VIEWS) as db:
        rows = [asked.returns_of_case(db, case_id)[0] for case_id in (moved, kept, waiting)]
        assert [(row.outcome, row.late) for row in rows] == [("moved", False), ("kept", False), ("open", True)]
        assert rows[0].responsible == scene.organisation("swift")
        assert rows[1].arbiter == scene.organisation("owners")
        assert [row.case_id for row in asked.open_returns(db)] == [waiting]


def test_what_is_overseen_stands_with_its_answers_until_it_is_lifted() -> None:
    scene = found_office()
    late, answered = accepted(scene), accepted(scene)
    for case_id in (late, answered):
        scene.do("supervisor", oversee(scene, case_id, days=1))
    scene.do("dispatcher", progress(answered))
    scene.town.advance(days=2)
    street = scene.organisation("street")
    with reading(scene.town.blocks, *VIEWS) as db:
        assert {row.case_id for row in asked.oversights_of(db, street)} == {late, answered}
        assert [row.case_id for row in asked.oversights_of(db, street, late=True)] == [late]
        (note,) = asked.progress_of_case(db, answered)
        assert (note.answers, note.organisation) == (True, scene.organisation("harmony"))
    scene.do("supervisor", LiftOversight(case=late))
    with reading(scene.town.blocks, *VIEWS) as db:
        assert [row.case_id for row in asked.oversights_of(db, street)] == [answered]
        lifted = asked.oversight(db, late)
        assert lifted is not None
        assert lifted.lifted_at == scene.town.time


def told_to(scene: Scene, name: str, noted: bool | None = None) -> list[tuple[str, str]]:
    with reading(scene.town.blocks, *VIEWS) as db:
        rows = asked.escalations_to(db, scene.organisation(name), noted)
        return [(row.about, row.level) for row in rows]


def test_what_an_organisation_was_told_stands_until_it_is_made_good() -> None:
    scene = found_office()
    case_id = scene.in_state(State.ASSIGNED, category=Category.WATER_LEAK)
    scene.town.advance(hours=1, minutes=45)
    assert told_to(scene, "harmony") == [(Clock.RESPOND, Level.DISPATCHER), (Clock.RESPOND, Level.SUPERVISOR)]
    scene.do("boss", TakeNote(case=case_id, about=Clock.RESPOND))
    assert told_to(scene, "harmony", noted=False) == [(Clock.RESPOND, Level.DISPATCHER)]
    assert told_to(scene, "harmony", noted=True) == [(Clock.RESPOND, Level.SUPERVISOR)]
    scene.take(case_id, "accept")
    assert told_to(scene, "harmony") == [], "at once, though the timer has not come yet"
    scene.town.advance(days=2)
    assert told_to(scene, "street") == [(Clock.ARRIVE, Level.STREET), (Clock.FINISH, Level.STREET)]
    scene.take(case_id, "cancel")
    assert told_to(scene, "street") == []
    with reading(scene.town.blocks, *VIEWS) as db:
        rows = [row for row in asked.escalations_of_case(db, case_id) if row.about == Clock.RESPOND]
        assert [row.level for row in rows] == [Level.DISPATCHER, Level.SUPERVISOR]
        assert all(row.ended_at for row in rows)


def test_whatever_goes_up_has_a_name_and_is_found_by_it() -> None:
    assert {about.value for about in asked.About} == {*Clock, DISPUTE, UNATTENDED}
