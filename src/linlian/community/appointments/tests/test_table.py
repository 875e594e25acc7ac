"""Every step of the table tried on an appointment in every state."""

from __future__ import annotations

import pytest

from linlian.community.appointments.rules_coming import KeepAppointment
from linlian.community.appointments.rules_table import STEPS, As, State
from linlian.community.appointments.tests.hall import Hall, cancel, contest, judge, move, no_access
from linlian.community.repairs.tests.scene import MINUTE
from linlian.kernel.contract import Command

BY_PEOPLE = [name for name, step in STEPS.items() if step.by != (As.CLOCK,) and name != "propose_windows"]


def command(hall: Hall, step: str, case_id: bytes) -> tuple[str, Command]:
    """Somebody who may take a step, and a command that only the table can refuse."""
    return {
        "agree_window": ("anna", hall.agreement(case_id)),
        "move_appointment": ("anna", move(case_id, hall.window(60))),
        "cancel_appointment": ("anna", cancel(case_id)),
        "keep_appointment": ("repairer", KeepAppointment(case=case_id)),
        "record_no_access": ("repairer", no_access(case_id)),
        "contest_no_access": ("anna", contest(hall.id(case_id))),
        "judge_no_access": ("supervisor", judge(hall.id(case_id), True)),
    }[step]


@pytest.mark.parametrize("state", [state for state in State if state is not State.LAPSED])
@pytest.mark.parametrize("step", BY_PEOPLE)
def test_a_step_is_taken_where_the_table_has_it_and_nowhere_else(hall: Hall, step: str, state: State) -> None:
    case_id = hall.in_state(state)
    if state is State.AGREED and step in ("keep_appointment", "record_no_access"):
        hall.wait_until(hall.row(case_id).starts + 15 * MINUTE)
    who, wanted = command(hall, step, case_id)
    cell = STEPS[step].cells.get(state)
    if cell is None:
        assert hall.scene.refusal(who, wanted) == "appointments.wrong_state"
        assert hall.row(case_id).state is state
    else:
        hall.scene.do(who, wanted)
        assert hall.row(case_id).state is (cell.to or State.NO_ACCESS)


def test_what_lapsed_or_never_was_takes_no_step(hall: Hall) -> None:
    lapsed, never = hall.in_state(State.LAPSED), hall.case()
    assert hall.scene.refusal("anna", cancel(lapsed)) == "appointments.wrong_state"
    assert hall.scene.refusal("anna", cancel(never)) == "appointments.none"
    assert hall.scene.refusal("supervisor", judge(bytes(16), True)) == "appointments.unknown"
