"""Payments, hops, flows and the bank's statement as rows."""

from __future__ import annotations

from typing import NamedTuple

from linlian.community.funds.views import views as funds
from linlian.community.programmes.views import views as plans
from linlian.community.transfers.rules import contract
from linlian.readmodel.view import View

views = View(contract, needs=(funds, plans))


class PaymentRow(NamedTuple):
    """What is to be paid of an entitlement. `number`: its place in the programme's roll, from 1."""

    payment: bytes
    entitlement: bytes
    cycle: bytes
    programme: bytes
    recipient: bytes
    amount_minor: int
    state: str
    entered_by: bytes
    entered_at: int
    approvals: int = 0
    hop: bytes = b""
    number: int = 0


class RollRow(NamedTuple):
    """How many payments were entered for a programme."""

    programme: bytes
    payments: int


class HopRow(NamedTuple):
    """Money from one hand to the next. `receiver` is empty where it goes to a recipient; `account` is that one's.
    `sheet` is the paper that one witness has signed for, with the hash of its ciphertext; `said_in` the transaction in
    which somebody said that it arrived."""

    hop: bytes
    fund: bytes
    programme: bytes
    cycle: bytes
    continues: bytes
    sender: bytes
    receiver: bytes
    recipient: bytes
    account: bytes
    payment: bytes
    form: str
    amount_minor: int
    state: str
    sent_at: int
    held_minor: int = 0
    returning_minor: int = 0
    back_minor: int = 0
    basis: str = ""
    confirmed_at: int = 0
    reason: str = ""
    line: bytes = b""
    sheet: bytes = b""
    sheet_hash: bytes = b""
    said_in: bytes = b""


class FlowRow(NamedTuple):
    """All that went from one hand to the next for a programme; no `receiver`: to recipients.

    sent_minor      what left the sender and did not fail or come back
    arrived_minor   what of it is confirmed; `silent_minor` is only the bank's word, or nobody's
    """

    programme: bytes
    sender: bytes
    receiver: bytes
    sent_minor: int = 0
    arrived_minor: int = 0
    hops: int = 0
    failed: int = 0


class SumRow(NamedTuple):
    """What left a fund for a programme, and where it is now. `drafted_at`: when the programme was."""

    programme: bytes
    fund: bytes
    drafted_at: int
    out_minor: int = 0
    held_minor: int = 0
    on_the_way_minor: int = 0
    returning_minor: int = 0
    delivered_minor: int = 0
    receipts: int = 0
    pending: int = 0


class TotalRow(NamedTuple):
    """What left a fund for all its programmes, and where it is now."""

    fund: bytes
    out_minor: int = 0
    held_minor: int = 0
    on_the_way_minor: int = 0
    returning_minor: int = 0
    delivered_minor: int = 0
    receipts: int = 0
    pending: int = 0


class UnpaidRow(NamedTuple):
    """How many payments stand for a line of a list."""

    entitlement: bytes
    cycle: bytes
    number: int
    amount_minor: int
    payments: int = 0


class UnpaidLine(NamedTuple):
    """A line of a list that is due."""

    number: int
    entitlement: bytes
    amount_minor: int


class BasisRow(NamedTuple):
    """On whose word receipts of a programme stand; they are never added up."""

    programme: bytes
    basis: str
    receipts: int = 0
    amount_minor: int = 0


class MoveRow(NamedTuple):
    """One movement of money, as everybody may add it up: nobody's name, no recipient and no donor.

    kind    income, refund, sent (out of the fund), passed (on to another hand), arrived, delivered, failed, returned,
            back; `first`: it moved the fund's own balance
    """

    fund: bytes
    height: int
    receipt: int
    event: int
    time: int
    kind: str
    programme: bytes
    amount_minor: int
    first: bool


class HandRow(NamedTuple):
    """A movement between two organisations; `sender` is empty where it is the fund's own."""

    fund: bytes
    height: int
    receipt: int
    event: int
    time: int
    kind: str
    programme: bytes
    sender: bytes
    receiver: bytes
    amount_minor: int


class DayRow(NamedTuple):
    """What a hand (empty: the fund) paid to recipients for a programme on a day, less what failed or came back.

    day     days since 1970-01-01, UTC
    """

    programme: bytes
    day: int
    sender: bytes
    fund: bytes
    amount_minor: int = 0


class MomentRow(NamedTuple):
    """A step of a programme: what (`name`), in which transaction, of which round; -1 where there is no sum."""

    programme: bytes
    height: int
    receipt: int
    event: int
    time: int
    name: str
    item_id: bytes
    number: int = 0
    amount_minor: int = -1


class AwardRow(NamedTuple):
    """A line of a list under a name that leads to nothing else (`award`), and what of it has been received."""

    award: bytes
    fund: bytes
    programme: bytes
    cycle: bytes
    form: str
    to_organisation: bool
    amount_minor: int
    disbursed_minor: int = 0
    disbursed_at: int = 0


class PublicAward(NamedTuple):
    """The same as everybody sees it, of rounds in which enough receive that nobody is known by the sum."""

    award: bytes
    programme: bytes
    code: str
    form: str
    to_organisation: bool
    amount_minor: int
    awarded_at: int
    disbursed_minor: int
    disbursed_at: int


class LineRow(NamedTuple):
    """A line of a fund's bank statement; `matched` is the gift, hop or refund that it is, `line` a commitment to what
    stands in it."""

    fund: bytes
    mark: bytes
    amount_minor: int
    incoming: bool
    booked_at: int
    recorded_at: int
    matched: bytes = b""
    matched_at: int = 0
    line: bytes = b""


payments = views.table(
    "payment",
    PaymentRow,
    indexes=("cycle, state, entered_at, payment", "cycle, entered_at, payment", "programme, number, payment"),
)
rolls = views.table("roll", RollRow)
hops = views.table(
    "hop",
    HopRow,
    indexes=(
        "cycle, sent_at, hop",
        "programme, sent_at, hop",
        "account, sent_at, hop",
        "receiver, sent_at, hop",
        "continues, sent_at, hop",
        "fund, line, continues, sent_at, hop",
    ),
)
flows = views.table("flow", FlowRow, key=3)
sums = views.table("sum", SumRow, indexes=("fund, drafted_at, programme",))
totals = views.table("total", TotalRow)
unpaid = views.table("unpaid", UnpaidRow, indexes=("cycle, payments, number, entitlement",))
bases = views.table("basis", BasisRow, key=2)
moves = views.table("move", MoveRow, key=4)
hands = views.table("hand", HandRow, key=4)
days = views.table("day", DayRow, key=3, indexes=("fund, programme, day, sender",))
moments = views.table("moment", MomentRow, key=4)
awards = views.table("award", AwardRow, indexes=("fund, award",))
lines = views.table("line", LineRow, key=2, indexes=("fund, booked_at, mark", "fund, matched, booked_at, mark"))
