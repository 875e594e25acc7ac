"""Who may do what in which state, as one table that handlers ask and do not decide.

    TABLE: tuple[Line[BayState, As], ...] = (
        # step, from, by, to
        ("lend_bay", (BayState.FREE,), (As.OWNER,), BayState.LENT),
        ("paint_bay", (BayState.FREE, BayState.LENT), (As.OWNER,), STAYS),
    )
    STEPS = Steps(TABLE, refused="parking.wrong_state")

    STEPS["lend_bay"].cells[BayState.FREE]         ->  Cell(by=(As.OWNER,), to=BayState.LENT)
    STEPS.moved("lend_bay", bay.state, (bay_id,))  ->  BayState.LENT, or refused with `parking.wrong_state`

Rules
- Who somebody is, and whether they may, the handler finds out first: a stranger hears that, not in which state it is.
- A step that stands in several lines is for whoever any of them names.
- The README of the business shows its tables line by line; `tests/everybody/test_steps.py` compares them.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum, StrEnum
from typing import Generic, NamedTuple, TypeAlias, TypeVar

from linlian.kernel.errors import Refused

By = TypeVar("By", bound=StrEnum)
State = TypeVar("State", bound=StrEnum)


class Then(Enum):
    """What a line may say in place of a state."""

    STAYS = "stays"


STAYS = Then.STAYS
"""The state remains whichever it is."""

Line: TypeAlias = tuple[str, tuple[State, ...], tuple[By, ...], State | Then | None]
"""A step, the states from which it is taken, as what, and the state that follows: None is not for the table to say."""


class Cell(NamedTuple, Generic[By, State]):
    """Who may, and what the state is then; None is not for the table to say."""

    by: tuple[By, ...]
    to: State | None


class Step(NamedTuple, Generic[By, State]):
    """A column of the table. `by` is everyone whom any cell names."""

    name: str
    by: tuple[By, ...]
    cells: dict[State, Cell[By, State]]


class Steps(dict[str, Step[By, State]], Generic[By, State]):
    """The table by the names of its steps. `lines` are as they were written.

    `refused`: the business's own code for a step that is not taken from a state; its facts are `state` and `step`.
    """

    def __init__(self, lines: Iterable[Line[State, By]], *, refused: str):
        super().__init__()
        self.lines = tuple(lines)
        self.refused = refused
        for name in dict.fromkeys(line[0] for line in self.lines):
            self[name] = _step(name, [line for line in self.lines if line[0] == name])

    def cell(self, step: str, state: State, about: tuple[bytes, ...]) -> Cell[By, State]:
        """Who takes a step from a state and where to. Refused with the table's code; it goes on record with `about`."""
        found = self[step].cells.get(state)
        if found is None:
            raise Refused(self.refused, about=about, state=state.value, step=step)
        return found

    def moved(self, step: str, state: State, about: tuple[bytes, ...]) -> State:
        """The state after a step of which the table says it. Refused with the table's code."""
        to = self.cell(step, state, about).to
        assert to is not None, f"{step}: what follows is not for the table to say"
        return to


def _step(name: str, lines: list[Line[State, By]]) -> Step[By, State]:
    cells: dict[State, Cell[By, State]] = {}
    for _, states, by, to in lines:
        for state in states:
            before = cells[state].by if state in cells else ()
            cells[state] = Cell((*before, *by), state if isinstance(to, Then) else to)
    return Step(name, tuple(dict.fromkeys(by for cell in cells.values() for by in cell.by)), cells)
