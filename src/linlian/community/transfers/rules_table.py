"""Who takes which step of a payment and of a hop in which state: the table.

    STEPS["fail_hop"].cells[HopState.SENT]  ->  Cell(by=(As.SENDER,), to=HopState.FAILED)

What is not in the table is refused with `transfers.wrong_state`. The README shows this very table, and a test compares
them.
"""

from __future__ import annotations

from enum import StrEnum

from linlian.community.funds import As
from linlian.kernel.steps import Line, Steps


class PaymentState(StrEnum):
    """entered → approved → sent → received. What failed or came back is sent again or cancelled, which is final."""

    ENTERED = "entered"
    APPROVED = "approved"
    SENT = "sent"
    RECEIVED = "received"
    FAILED = "failed"
    RETURNED = "returned"
    CANCELLED = "cancelled"


class HopState(StrEnum):
    """sent → confirmed. `banked`: a bank's statement has it; `silent`: nobody said anything; both can be confirmed."""

    SENT = "sent"
    BANKED = "banked"
    SILENT = "silent"
    CONFIRMED = "confirmed"
    RETURNING = "returning"
    RETURNED = "returned"
    FAILED = "failed"


_Y, _H = PaymentState, HopState
ON_ITS_WAY = (_H.SENT, _H.BANKED, _H.SILENT)
"""A hop that left and that nobody has confirmed."""
TABLE: tuple[Line[StrEnum, As], ...] = (
    # step, from, by, to
    ("approve_payment", (_Y.ENTERED,), (As.APPROVER,), _Y.APPROVED),
    ("cancel_payment", (_Y.ENTERED, _Y.APPROVED, _Y.FAILED, _Y.RETURNED), (As.MANAGER,), _Y.CANCELLED),
    ("send_payment", (_Y.APPROVED, _Y.FAILED, _Y.RETURNED), (As.SENDER,), _Y.SENT),
    ("receive_payment", (_Y.SENT,), (As.RECIPIENT, As.OUTSIDER), _Y.RECEIVED),
    ("fail_payment", (_Y.SENT,), (As.SENDER,), _Y.FAILED),
    ("return_payment", (_Y.RECEIVED,), (As.SENDER,), _Y.RETURNED),
    ("confirm_hop", ON_ITS_WAY, (As.RECEIVER, As.RECIPIENT, As.OUTSIDER), _H.CONFIRMED),
    ("fail_hop", ON_ITS_WAY, (As.SENDER,), _H.FAILED),
    ("bank_hop", (_H.SENT, _H.SILENT), (As.MANAGER,), _H.BANKED),
    ("silence_hop", (_H.SENT, _H.BANKED), (As.CLOCK,), _H.SILENT),
    ("return_rest", (_H.CONFIRMED,), (As.RECEIVER,), _H.CONFIRMED),
    ("return_receipt", (_H.CONFIRMED,), (As.RECIPIENT,), _H.RETURNING),
    ("take_back_rest", (_H.CONFIRMED,), (As.SENDER,), _H.CONFIRMED),
    ("take_back_receipt", (_H.RETURNING,), (As.SENDER,), _H.RETURNED),
)
STEPS = Steps(TABLE, refused="transfers.wrong_state")
moved = STEPS.moved
