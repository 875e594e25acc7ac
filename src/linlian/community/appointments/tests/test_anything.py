"""Whatever people try, in whatever order: nobody is in two places, and rows are the state."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linlian.community.appointments import views as ask
from linlian.community.appointments.rules import appointments, currents
from linlian.community.appointments.rules_agreeing import AgreeWindow, ProposeWindows
from linlian.community.appointments.rules_coming import KeepAppointment
from linlian.community.appointments.rules_pausing import PauseForAppointment
from linlian.community.appointments.rules_table import State
from linlian.community.appointments.tests.hall import Hall, cancel, contest, judge, move, no_access
from linlian.community.identity import NOBODY
from linlian.community.identity.views import views as identity_views
from linlian.community.places.views import views as places_views
from linlian.community.repairs.rules_steps import State as CaseState
from linlian.community.repairs.rules_triage import AssignRepair
from linlian.community.repairs.tests.scene import DAY, HOUR, MINUTE, content
from linlian.community.repairs.views import views as repairs_views
from linlian.kernel.contract import Command, Refused
from linlian.testing.rows import reading, table_rows

PEOPLE = ("anna", "bo", "helper", "cai", "desk", "dispatcher", "repairer", "second", "supervisor")
KINDS = {
    "propose": "dispatcher",
    "wish": "anna",
    "agree": "anna",
    "accept": "repairer",
    "move": "bo",
    "cancel": "dispatcher",
    "keep": "repairer",
    "nobody": "repairer",
    "contest": "anna",
    "judge": "supervisor",
    "pause": "supervisor",
    "reassign": "dispatcher",
    "arrive": "repairer",
}
actions = st.tuples(
    st.sampled_from((*KINDS, "agree", "agree", "propose")),
    st.integers(0, 2),
    st.sampled_from(("", "", "", *PEOPLE)),
    st.integers(-1, 60),
    st.booleans(),
)
waits = st.tuples(st.just("wait"), st.sampled_from((15 * MINUTE, HOUR, 5 * HOUR, DAY)))
lives = st.lists(st.one_of(actions, actions, actions, waits), min_size=10, max_size=60)


def meant(hall: Hall, case_id: bytes, kind: str, hours: int, yes: bool) -> Command:
    current = hall.scene.town.get(currents, case_id)
    appointment = NOBODY if current is None else current.appointment
    row = hall.scene.town.get(appointments, appointment)
    starts = row.windows[0].starts if row is not None else 0
    windows = (hall.window(hours), hall.window(hours + 3))
    who = hall.scene.account("second" if yes else "repairer")
    given: dict[str, Command] = {
        "propose": ProposeWindows(case=case_id, windows=windows),
        "wish": ProposeWindows(case=case_id, windows=windows),
        "agree": AgreeWindow(case=case_id, number=0, starts=starts),
        "accept": AgreeWindow(case=case_id, number=0, starts=starts),
        "move": move(case_id, *windows),
        "cancel": cancel(case_id),
        "keep": KeepAppointment(case=case_id),
        "nobody": no_access(case_id),
        "contest": contest(appointment),
        "judge": judge(appointment, yes),
        "pause": PauseForAppointment(case=case_id, until=hall.scene.town.time + DAY, evidence=content("call")),
        "reassign": AssignRepair(case=case_id, executor=who),
        "arrive": hall.scene.command("arrive_on_site", case_id)[1],
    }
    return given[kind]


def check_rows(hall: Hall) -> None:
    with reading(hall.scene.town.blocks, identity_views, places_views, repairs_views, ask.views) as db:
        found = {row.appointment: row for row in table_rows(db, ask.appointments)}
        kept = dict(hall.scene.town.rows(appointments))
        assert found.keys() == kept.keys()
        for appointment, row in kept.items():
            said = found[appointment]
            assert (said.state, said.case_id, said.moved) == (row.state, row.case, row.moved)
            assert row.state is not State.AGREED or (said.starts, said.ends) == (row.starts, row.ends)
        for name in ("repairer", "second"):
            agenda = ask.agenda(db, hall.scene.account(name), days=31)
            for one in agenda:
                others = [two for two in agenda if two.appointment != one.appointment]
                assert one.clashes == sum(two.starts < one.ends and one.starts < two.ends for two in others)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(lives)
def test_nobody_is_in_two_places_whatever_people_try(tried: list[tuple[Any, ...]]) -> None:
    hall = Hall()
    known = [hall.case(state) for state in (CaseState.ASSIGNED, CaseState.ACCEPTED, CaseState.DIAGNOSED)]
    for kind, *how in tried:
        if kind == "wait":
            hall.scene.town.advance(ms=how[0])
            continue
        number, who, hours, yes = how
        try:
            hall.scene.do(who or KINDS[kind], meant(hall, known[number], kind, hours, yes))
        except Refused:
            continue
    hall.scene.town.check_invariants()
    check_rows(hall)
    hall.scene.town.advance(days=5)
    hall.scene.town.check_invariants()
    assert not [row for _, row in hall.scene.town.rows(appointments) if row.state in (State.PROPOSED, State.AGREED)]
