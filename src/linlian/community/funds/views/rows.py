"""Funds, gifts, refunds, questions and what is late as rows."""

from __future__ import annotations

from typing import NamedTuple

from linlian.community.funds.rules import contract
from linlian.community.identity.views import views as identity
from linlian.readmodel.view import View

views = View(contract, needs=(identity,))


class FundRow(NamedTuple):
    """A fund and what has come in. `bank` and `rules`: commitments to what is sealed."""

    fund: bytes
    kind: str
    code: str
    state: str
    organisation: bytes
    approver: bytes
    regulator: bytes
    currency: str
    limit_minor: int
    purses: str
    bank: bytes
    rules: bytes
    opened_at: int
    confirmed_at: int = 0
    in_minor: int = 0
    refunded_minor: int = 0
    promised_minor: int = 0
    gifts: int = 0
    late: int = 0


class ManagerRow(NamedTuple):
    """Who manages a fund now. `state` is that of the fund when they were named."""

    fund: bytes
    account: bytes
    state: str


class AccessRow(NamedTuple):
    """What an organisation may see of a fund."""

    fund: bytes
    organisation: bytes
    access: str


class CandidateRow(NamedTuple):
    """Somebody of the organisations that hold a fund and approve for it; `roles` joined by commas."""

    fund: bytes
    account: bytes
    organisation: bytes
    roles: str


class GiftRow(NamedTuple):
    """Income of a fund. `public`: the donor may be named; `said_in`: the transaction that said so last."""

    gift: bytes
    fund: bytes
    source: str
    programme: bytes
    purse: str
    donor: bytes
    amount_minor: int
    public: bool
    state: str
    given_at: int
    received_at: int
    refunded_minor: int = 0
    particulars: bytes = b""
    said_in: bytes = b""


class PublicGift(NamedTuple):
    """Income as everybody sees it; the donor only where they may be named."""

    received_at: int
    gift: bytes
    source: str
    programme: bytes
    purse: str
    amount_minor: int
    refunded_minor: int
    donor: bytes


class RefundRow(NamedTuple):
    """Money that goes back, or does not."""

    refund: bytes
    gift: bytes
    fund: bytes
    amount_minor: int
    state: str
    entered_by: bytes
    entered_at: int
    approvals: int = 0
    ended_at: int = 0


class QuestionRow(NamedTuple):
    """What the regulator asked; the words are sealed."""

    question: bytes
    fund: bytes
    programme: bytes
    record: bytes
    asked_by: bytes
    asked_at: int
    answer_by: int
    words: bytes
    state: str
    answered_at: int = 0
    answer: bytes = b""
    late: bool = False


class AlertRow(NamedTuple):
    """What was not done in time, and when it was done after all (0: not yet)."""

    kind: str
    record: bytes
    missed_at: int
    fund: bytes
    programme: bytes
    due: int
    met_at: int = 0


funds = views.table(
    "fund",
    FundRow,
    indexes=(
        "opened_at, fund",
        "organisation, opened_at, fund",
        "regulator, opened_at, fund",
        "approver, opened_at, fund",
    ),
)
managers = views.table("manager", ManagerRow, key=2, indexes=("account, fund",))
accesses = views.table("access", AccessRow, key=2)
gifts = views.table(
    "gift",
    GiftRow,
    indexes=("fund, state, given_at, gift", "fund, given_at, gift", "donor, given_at, gift", "fund, received_at, gift"),
)
refunds = views.table("refund", RefundRow, indexes=("fund, entered_at, refund", "fund, state, entered_at, refund"))
questions = views.table("question", QuestionRow, indexes=("fund, asked_at, question",))
alerts = views.table(
    "alert",
    AlertRow,
    key=3,
    indexes=(
        "fund, missed_at, kind, record",
        "fund, met_at, missed_at, kind, record",
        "fund, programme, missed_at, kind, record",
        "fund, programme, met_at, missed_at, kind, record",
    ),
)
