"""Who takes which step of a programme, a cycle, an entitlement and an objection in which state: the table.

    STEPS["approve_cycle"].cells[CycleState.SUBMITTED]  ->  Cell(by=(As.APPROVER,), to=CycleState.PAYABLE)

What is not in the table is refused with `programmes.wrong_state`. The README shows this very table, and a test compares
them.
"""

from __future__ import annotations

from enum import StrEnum

from linlian.community.funds import As
from linlian.kernel.steps import Line, Steps


class ProgrammeState(StrEnum):
    """drafted → running → ended → accounted for; one that was only drafted may be cancelled."""

    DRAFTED = "drafted"
    RUNNING = "running"
    ENDED = "ended"
    ACCOUNTED = "accounted"
    CANCELLED = "cancelled"


class CycleState(StrEnum):
    """drafted → submitted → (posted →) payable → over. Sent back, it is drafted again."""

    DRAFTED = "drafted"
    SUBMITTED = "submitted"
    POSTED = "posted"
    PAYABLE = "payable"
    OVER = "over"
    CANCELLED = "cancelled"


class EntitlementState(StrEnum):
    """What somebody may receive. It has no approval of its own: it is approved as its cycle is, or not at all."""

    ENTERED = "entered"
    HELD = "held"
    STRUCK = "struck"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class ObjectionState(StrEnum):
    OPEN = "open"
    UPHELD = "upheld"
    DISMISSED = "dismissed"


_P, _C, _E = ProgrammeState, CycleState, EntitlementState
TABLE: tuple[Line[StrEnum, As], ...] = (
    # step, from, by, to
    ("approve_programme", (_P.DRAFTED,), (As.APPROVER,), _P.RUNNING),
    ("cancel_programme", (_P.DRAFTED,), (As.MANAGER, As.APPROVER), _P.CANCELLED),
    ("end_programme", (_P.RUNNING,), (As.MANAGER, As.CLOCK), _P.ENDED),
    ("account_for", (_P.ENDED,), (As.MANAGER,), _P.ACCOUNTED),
    ("submit_cycle", (_C.DRAFTED,), (As.MANAGER,), _C.SUBMITTED),
    ("send_back_cycle", (_C.SUBMITTED, _C.POSTED), (As.APPROVER,), _C.DRAFTED),
    ("approve_cycle", (_C.SUBMITTED,), (As.APPROVER,), _C.PAYABLE),
    ("post_cycle", (_C.SUBMITTED,), (As.APPROVER,), _C.POSTED),
    ("release_cycle", (_C.POSTED,), (As.CLOCK, As.APPROVER), _C.PAYABLE),
    ("end_cycle", (_C.PAYABLE,), (As.MANAGER, As.CLOCK), _C.OVER),
    ("cancel_cycle", (_C.DRAFTED, _C.SUBMITTED), (As.MANAGER,), _C.CANCELLED),
    ("withdraw_entitlement", (_E.ENTERED,), (As.MANAGER,), _E.WITHDRAWN),
    ("hold_entitlement", (_E.ENTERED,), (As.ANYBODY,), _E.HELD),
    ("clear_entitlement", (_E.HELD,), (As.APPROVER,), _E.ENTERED),
    ("strike_entitlement", (_E.HELD,), (As.APPROVER,), _E.STRUCK),
    ("expire_entitlement", (_E.ENTERED, _E.HELD), (As.CLOCK,), _E.EXPIRED),
    ("uphold_objection", (ObjectionState.OPEN,), (As.APPROVER,), ObjectionState.UPHELD),
    ("dismiss_objection", (ObjectionState.OPEN,), (As.APPROVER,), ObjectionState.DISMISSED),
)
STEPS = Steps(TABLE, refused="programmes.wrong_state")
moved = STEPS.moved
