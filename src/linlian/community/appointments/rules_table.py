"""Who may do what with an appointment in which state: one table.

    STEPS["agree_window"].cells[State.PROPOSED]   ->  Cell(by=(As.OTHER_SIDE,), to=State.AGREED)

What is not in it is refused with `appointments.wrong_state`. The README shows this very table; a test compares them.
"""

from __future__ import annotations

from enum import StrEnum

from linlian.kernel.steps import Line, Steps


class State(StrEnum):
    PROPOSED = "proposed"
    AGREED = "agreed"
    KEPT = "kept"
    MISSED = "missed"
    NO_ACCESS = "no_access"
    CONTESTED = "contested"
    CANCELLED = "cancelled"
    LAPSED = "lapsed"


class As(StrEnum):
    """As what somebody acts.

    HOUSEHOLD   who reported it, or may confirm at the place; nobody of an organisation in the case
    WORKERS     the repairer whose case it is, or a dispatcher of the organisations in it
    OTHER_SIDE  the one that did not propose; or a desk that was told so on the telephone, with the recording, where
                whoever reported it cannot answer by themselves
    EXECUTOR    the repairer whose case it is now
    SUPERVISOR  of an organisation that is not in the case
    CLOCK       a timer
    """

    HOUSEHOLD = "household"
    WORKERS = "workers"
    OTHER_SIDE = "other_side"
    EXECUTOR = "executor"
    SUPERVISOR = "supervisor"
    CLOCK = "clock"


_S = State
_EITHER = (As.HOUSEHOLD, As.WORKERS)
TABLE: tuple[Line[State, As], ...] = (
    # step                from                      by                  to
    ("propose_windows", (_S.PROPOSED,), _EITHER, _S.PROPOSED),
    ("agree_window", (_S.PROPOSED,), (As.OTHER_SIDE,), _S.AGREED),
    ("move_appointment", (_S.AGREED,), _EITHER, _S.PROPOSED),
    ("cancel_appointment", (_S.PROPOSED, _S.AGREED), _EITHER, _S.CANCELLED),
    ("keep_appointment", (_S.AGREED, _S.MISSED), (As.EXECUTOR,), _S.KEPT),
    ("record_no_access", (_S.AGREED,), (As.EXECUTOR,), _S.NO_ACCESS),
    ("contest_no_access", (_S.NO_ACCESS,), (As.HOUSEHOLD,), _S.CONTESTED),
    ("judge_no_access", (_S.CONTESTED,), (As.SUPERVISOR,), None),
    ("end_window", (_S.AGREED,), (As.CLOCK,), None),
    ("lapse_proposal", (_S.PROPOSED,), (As.CLOCK,), _S.LAPSED),
)
STEPS = Steps(TABLE, refused="appointments.wrong_state")
PENDING = (_S.PROPOSED, _S.AGREED)
