"""Programmes, rounds, lists, objections and reports as rows."""

from __future__ import annotations

from typing import NamedTuple

from linlian.community.funds.views import views as funds
from linlian.community.programmes.rules import contract
from linlian.readmodel.view import View

views = View(contract, needs=(funds,))
FEW = 5
"""Of fewer recipients than these the public learns no number and no sum of their own."""


class ProgrammeRow(NamedTuple):
    """A programme as it stands. `purpose`, `criteria`: commitments to what is sealed."""

    programme: bytes
    fund: bytes
    code: str
    state: str
    purse: str
    budget_minor: int
    starts: int
    until: int
    notice_days: int
    emergency: bool
    entered_by: bytes
    purpose: bytes
    criteria: bytes
    drafted_at: int
    approvals: int = 0
    approved_at: int = 0
    ended_at: int = 0
    account_due: int = 0
    accounted_at: int = 0
    planned_minor: int = 0
    cycles: int = 0
    reports: int = 0


class CycleRow(NamedTuple):
    """A round of a programme and its list in numbers."""

    cycle: bytes
    programme: bytes
    fund: bytes
    number: int
    state: str
    ceiling_minor: int
    starts: int
    until: int
    entered_by: bytes
    drafted_at: int
    entitlements: int = 0
    entitled_minor: int = 0
    approvals: int = 0
    approved_at: int = 0
    posted_until: int = 0
    notice: bytes = b""
    objections: int = 0
    reviewed_at: int = 0
    sound: bool = False


class PublicCycle(NamedTuple):
    """The same as everybody sees it. `few`: so few that their number and sum are not told."""

    number: int
    cycle: bytes
    programme: bytes
    state: str
    ceiling_minor: int
    starts: int
    until: int
    entitlements: int
    entitled_minor: int
    few: bool
    drafted_at: int
    approved_at: int
    posted_until: int
    notice: bytes
    objections: int
    reviewed_at: int


class RecipientRow(NamedTuple):
    """Somebody in a fund's register; who it is is sealed."""

    recipient: bytes
    fund: bytes
    account: bytes
    organisation: bytes
    particulars: bytes
    registered_at: int


class EntitlementRow(NamedTuple):
    """A line of a list."""

    entitlement: bytes
    cycle: bytes
    programme: bytes
    recipient: bytes
    account: bytes
    number: int
    form: str
    amount_minor: int
    quantity: int
    unit: str
    until: int
    state: str
    entered_at: int
    starts: int = 0


class PostedLine(NamedTuple):
    """A line of a list that hangs out."""

    number: int
    entitlement: bytes
    form: str
    amount_minor: int
    state: str


class ObjectionRow(NamedTuple):
    """An objection and its answer; the words of both are sealed."""

    objection: bytes
    cycle: bytes
    entitlement: bytes
    raised_by: bytes
    raised_at: int
    words: bytes
    state: str
    answered_at: int = 0
    answer: bytes = b""


class ReportRow(NamedTuple):
    """A report on a programme; number 0 is its full account."""

    programme: bytes
    number: int
    filed_at: int
    document: bytes
    left_minor: int = 0
    under_way_minor: int = 0


programmes = views.table("programme", ProgrammeRow, indexes=("fund, drafted_at, programme",))
cycles = views.table("cycle", CycleRow, indexes=("programme, number, cycle",))
recipients = views.table("recipient", RecipientRow, indexes=("account, recipient", "fund, registered_at, recipient"))
entitlements = views.table(
    "entitlement", EntitlementRow, indexes=("cycle, number, entitlement", "account, entered_at, entitlement")
)
objections = views.table("objection", ObjectionRow, indexes=("cycle, raised_at, objection",))
reports = views.table("report", ReportRow, key=2)
