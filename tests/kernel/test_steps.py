"""A table of steps: who, from where, where to, and the one refusal it has."""

from __future__ import annotations

from enum import StrEnum

import pytest

from linlian.kernel.contract import Refused
from linlian.kernel.steps import STAYS, Cell, Line, Steps


class State(StrEnum):
    FREE = "free"
    LENT = "lent"
    GONE = "gone"


class As(StrEnum):
    OWNER = "owner"
    GUEST = "guest"
    CLOCK = "clock"


TABLE: tuple[Line[State, As], ...] = (
    ("lend", (State.FREE,), (As.OWNER,), State.LENT),
    ("paint", (State.FREE, State.LENT), (As.OWNER,), STAYS),
    ("give_back", (State.LENT,), (As.GUEST,), State.FREE),
    ("give_back", (State.LENT, State.GONE), (As.CLOCK, As.GUEST), State.FREE),
    ("judge", (State.GONE,), (As.OWNER,), None),
)
STEPS = Steps(TABLE, refused="parking.wrong_state")


def test_a_step_leads_where_its_line_says() -> None:
    assert STEPS.moved("lend", State.FREE, ()) is State.LENT
    assert [STEPS.moved("paint", state, ()) for state in (State.FREE, State.LENT)] == [State.FREE, State.LENT]
    assert STEPS["judge"].cells == {State.GONE: Cell((As.OWNER,), None)}
    assert STEPS.lines == TABLE
    assert list(STEPS) == ["lend", "paint", "give_back", "judge"]


def test_lines_of_one_step_come_together() -> None:
    step = STEPS["give_back"]
    assert step.cells[State.LENT].by == (As.GUEST, As.CLOCK, As.GUEST)
    assert step.cells[State.GONE].by == (As.CLOCK, As.GUEST)
    assert step.by == (As.GUEST, As.CLOCK)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("state", State)
def test_what_is_not_in_the_table_is_refused_with_its_code(step: str, state: State) -> None:
    allowed = {(name, each) for name, states, _, _ in TABLE for each in states}
    if (step, state) in allowed:
        assert STEPS.cell(step, state, (b"bay",)).by
        return
    with pytest.raises(Refused) as no:
        STEPS.cell(step, state, (b"bay",))
    assert (no.value.code, no.value.about, no.value.facts) == (
        "parking.wrong_state",
        (b"bay",),
        {"state": state.value, "step": step},
    )


def test_where_the_table_does_not_say_the_handler_does() -> None:
    assert STEPS.cell("judge", State.GONE, ()).to is None
    with pytest.raises(AssertionError, match="not for the table"):
        STEPS.moved("judge", State.GONE, ())
