"""Agendas and visits, as rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from linlian.community.appointments import views as ask
from linlian.community.appointments.rules import Window
from linlian.community.appointments.rules_coming import KeepAppointment
from linlian.community.appointments.rules_table import State
from linlian.community.appointments.tests.hall import Hall
from linlian.community.identity.views import views as identity_views
from linlian.community.places.views import views as places_views
from linlian.community.repairs.rules_triage import AssignRepair
from linlian.community.repairs.tests.scene import DAY, HOUR, MINUTE
from linlian.community.repairs.views import views as repairs_views
from linlian.readmodel.view import Reads
from linlian.testing.rows import reading


@contextmanager
def asked(hall: Hall) -> Iterator[Reads]:
    with reading(hall.scene.town.blocks, identity_views, places_views, repairs_views, ask.views) as db:
        yield db


def test_a_repairers_day(hall: Hall) -> None:
    today, tomorrow, later = hall.agreed(3), hall.agreed(25), hall.agreed(60)
    repairer, now = hall.scene.account("repairer"), hall.scene.town.time
    with asked(hall) as db:
        assert [row.case_id for row in ask.agenda(db, repairer)] == [today]
        assert [row.case_id for row in ask.agenda(db, repairer, since=now + DAY)] == [tomorrow]
        week = ask.agenda(db, repairer, days=7)
        assert [row.case_id for row in week] == [today, tomorrow, later]
        assert {row.place for row in week} == {hall.scene.flat}
        assert [row.clashes for row in week] == [0, 0, 0]
        assert ask.agenda(db, hall.scene.account("second"), days=7) == []


def test_a_case_that_was_handed_on_shows_where_it_clashes(hall: Hall) -> None:
    """Booked with one, assigned to another who is expected elsewhere then: flagged in their agenda."""
    scene, first = hall.scene, hall.agreed(24)
    busy = hall.row(first)
    other = hall.case()
    scene.do("dispatcher", AssignRepair(case=other, executor=scene.account("second")))
    hall.propose(other, Window(starts=busy.starts + HOUR, ends=busy.ends + HOUR))
    scene.do("anna", hall.agreement(other))
    scene.do("dispatcher", AssignRepair(case=first, executor=scene.account("second")))
    with asked(hall) as db:
        agenda = ask.agenda(db, scene.account("second"), days=2)
        assert [(row.case_id, row.clashes) for row in agenda] == [(first, 1), (other, 1)]


def test_a_home_sees_who_comes_next(hall: Hall) -> None:
    agreed, proposed = hall.agreed(30), hall.case()
    hall.propose(proposed, hall.window(20), hall.window(50))
    elsewhere = hall.case(place=hall.scene.stair)
    hall.propose(elsewhere)
    with asked(hall) as db:
        visits = ask.next_visits(db, hall.scene.flat)
        assert [(row.case_id, row.state) for row in visits] == [(proposed, State.PROPOSED), (agreed, State.AGREED)]
        assert ask.next_visits(db, hall.scene.flat, since=hall.scene.town.time + 1) == []
        assert len(ask.windows_of_case(db, proposed)) == 2
        assert ask.windows_of_case(db, agreed) == []


def test_what_was_missed_is_found_and_how_late_they_came(hall: Hall) -> None:
    missed = hall.in_state(State.MISSED)
    late = hall.in_state(State.MISSED)
    hall.scene.town.advance(minutes=30)
    hall.scene.do("repairer", KeepAppointment(case=late))
    with asked(hall) as db:
        assert [row.case_id for row in ask.appointments_that(db)] == [missed]
        (kept,) = ask.appointments_of_case(db, late)
        assert (kept.state, kept.agreed_as) == (State.KEPT, "own_key")
        assert kept.late_ms > 30 * MINUTE
