"""Who may do what in which state: one table. The handlers ask it; they do not decide.

    STEPS["accept_repair"].cells[State.ASSIGNED]  ->  Cell(by=(EXECUTOR,), to=State.ACCEPTED)

A step that is not in the table is refused with `repairs.wrong_state`, one that is for somebody else with
`repairs.not_yours`. The README shows this very table; a test compares them.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple


class State(StrEnum):
    REPORTED = "reported"
    TRIAGED = "triaged"
    ASSIGNED = "assigned"
    ACCEPTED = "accepted"
    ON_SITE = "on_site"
    DIAGNOSED = "diagnosed"
    DONE = "done"
    DISPUTED = "disputed"
    DEFERRED = "deferred"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class Standing(StrEnum):
    """As what somebody acts in a case. One person may have several; each act is recorded with the one it used.

    REPORTER    whoever reported it, or stands for them
    OCCUPANT    whoever now has the right to confirm at the place
    WITNESS     in common parts: a grid worker, building head or committee member who is not of the organisation
                that does the work
    EXECUTOR    the repairer it is assigned to
    DESK        desk or dispatcher of the organisation that answers for it (before triage: of any)
    DISPATCHER  a dispatcher of that organisation
    CLOCK       a timer
    """

    REPORTER = "reporter"
    OCCUPANT = "occupant"
    WITNESS = "witness"
    EXECUTOR = "executor"
    DESK = "desk"
    DISPATCHER = "dispatcher"
    CLOCK = "clock"


class Cell(NamedTuple):
    """Who may, and what the state is then; None is the state before the deferral."""

    by: tuple[Standing, ...]
    to: State | None


class Step(NamedTuple):
    """A command's column of the table. `by` is everyone whom any cell names."""

    name: str
    by: tuple[Standing, ...]
    cells: dict[State, Cell]


WAITING = (State.REPORTED, State.TRIAGED, State.ASSIGNED)
AT_WORK = (State.ACCEPTED, State.ON_SITE, State.DIAGNOSED)
UNDONE = (*WAITING, *AT_WORK, State.DISPUTED, State.DEFERRED)
"""The states in which the finish deadline runs."""
ENDED = (State.CLOSED, State.CANCELLED)

_PLANNED = (State.TRIAGED, State.ASSIGNED, *AT_WORK)
_ANSWER = (Standing.REPORTER, Standing.OCCUPANT, Standing.WITNESS)
_BACK = None

TABLE: tuple[tuple[str, tuple[State, ...], tuple[Standing, ...], State | None], ...] = (
    # step               from                                   by                               to
    ("triage_repair", (*WAITING, *AT_WORK, State.DISPUTED), (Standing.DESK,), State.TRIAGED),
    ("assign_repair", (*_PLANNED, State.DISPUTED), (Standing.DISPATCHER,), State.ASSIGNED),
    ("accept_repair", (State.ASSIGNED,), (Standing.EXECUTOR,), State.ACCEPTED),
    ("arrive_on_site", (State.ACCEPTED, State.DISPUTED), (Standing.EXECUTOR,), State.ON_SITE),
    ("diagnose_repair", (State.ON_SITE, State.DIAGNOSED), (Standing.EXECUTOR,), State.DIAGNOSED),
    ("finish_repair", (State.DIAGNOSED,), (Standing.EXECUTOR,), State.DONE),
    ("confirm_repair", (State.DONE,), _ANSWER, State.CLOSED),
    ("dispute_repair", (State.DONE,), _ANSWER, State.DISPUTED),
    ("defer_repair", _PLANNED, (Standing.EXECUTOR, Standing.DISPATCHER), State.DEFERRED),
    ("resume_repair", (State.DEFERRED,), (Standing.EXECUTOR, Standing.DISPATCHER), _BACK),
    ("cancel_repair", UNDONE, (Standing.REPORTER,), State.CANCELLED),
    ("cancel_repair", (*_PLANNED, State.DEFERRED), (Standing.DESK,), State.CANCELLED),
    ("reopen_repair", ENDED, (*_ANSWER, Standing.DESK), State.REPORTED),
    ("wake_repair", (State.DEFERRED,), (Standing.CLOCK,), _BACK),
    ("close_unanswered", (State.DONE,), (Standing.CLOCK,), State.CLOSED),
)


def _columns() -> Iterator[Step]:
    for name in dict.fromkeys(row[0] for row in TABLE):
        cells: dict[State, Cell] = {}
        for step, states, by, to in TABLE:
            if step == name:
                for state in states:
                    cells[state] = Cell((*(cells[state].by if state in cells else ()), *by), to)
        by = tuple(dict.fromkeys(standing for cell in cells.values() for standing in cell.by))
        yield Step(name, by, cells)


STEPS = {step.name: step for step in _columns()}
