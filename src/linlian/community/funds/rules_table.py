"""Who takes which step in which state, and how long things may take: the tables. The handlers ask them.

    STEPS["confirm_fund"].cells[FundState.PROPOSED]  ->  Cell(by=(As.APPROVER,), to=FundState.OPEN)

What is not in the table is refused with `funds.wrong_state`, what is for somebody else with `funds.not_yours`. The
README shows this very table; a test compares them.
"""

from __future__ import annotations

from enum import StrEnum

from linlian.community.identity import Basis, OrganisationKind, Role
from linlian.kernel.steps import Line, Steps

DAY_MS = 24 * 3600 * 1000


class FundState(StrEnum):
    """proposed → open once the approving body says so → closed."""

    PROPOSED = "proposed"
    OPEN = "open"
    CLOSED = "closed"


class GiftState(StrEnum):
    """Money that somebody gives: promised with their own key → received, or declined."""

    PROMISED = "promised"
    RECEIVED = "received"
    DECLINED = "declined"


class RefundState(StrEnum):
    ENTERED = "entered"
    PAID = "paid"
    DECLINED = "declined"


class QuestionState(StrEnum):
    """`late`: the date has passed; it can still be answered, and stays marked."""

    ASKED = "asked"
    LATE = "late"
    ANSWERED = "answered"


class As(StrEnum):
    """As what somebody acts.

    MANAGER     one of the fund's managers, of the organisation that holds it
    APPROVER    of the fund's approving body, no manager, with no interest, and not whoever entered it
    REGULATOR   of the organisation that watches over the fund
    SENDER      of the organisation whose money it is on its way: of a first hop, a manager
    RECEIVER    of the organisation that it was sent to
    RECIPIENT   whom it is for, or who stands for them
    OUTSIDER    of an organisation with no part in it, to whom the recipient said it
    ANYBODY     whoever has an account
    CLOCK       a timer
    """

    MANAGER = "manager"
    APPROVER = "approver"
    REGULATOR = "regulator"
    SENDER = "sender"
    RECEIVER = "receiver"
    RECIPIENT = "recipient"
    OUTSIDER = "outsider"
    ANYBODY = "anybody"
    CLOCK = "clock"


_F = FundState
TABLE: tuple[Line[StrEnum, As], ...] = (
    # step, from, by, to
    ("confirm_fund", (_F.PROPOSED,), (As.APPROVER,), _F.OPEN),
    ("close_fund", (_F.OPEN,), (As.APPROVER,), _F.CLOSED),
    ("receive_gift", (GiftState.PROMISED,), (As.MANAGER,), GiftState.RECEIVED),
    ("decline_gift", (GiftState.PROMISED,), (As.MANAGER,), GiftState.DECLINED),
    ("pay_refund", (RefundState.ENTERED,), (As.APPROVER,), RefundState.PAID),
    ("decline_refund", (RefundState.ENTERED,), (As.APPROVER,), RefundState.DECLINED),
    ("answer_question", (QuestionState.ASKED, QuestionState.LATE), (As.MANAGER,), QuestionState.ANSWERED),
    ("miss_question", (QuestionState.ASKED,), (As.CLOCK,), QuestionState.LATE),
)
STEPS = Steps(TABLE, refused="funds.wrong_state")
moved = STEPS.moved


class AlertKind(StrEnum):
    """What was not done in time. Each is told to who holds the fund and to the regulator, and stands in public.

    HOP_UNCONFIRMED     an organisation has not said that money arrived
    HOP_STANDS_STILL    an organisation holds money that it does not pass on
    RECEIPT_UNCONFIRMED nobody has said that a recipient has it
    RECEIPT_SILENT      and nobody did for long; from now on the record calls it silence
    REPORT_DUE          a report on a running programme, at an interval that the law sets
    ACCOUNT_DUE         the full account of a programme that ended
    REVIEW_DUE          an emergency was paid and nobody has looked at it afterwards
    QUESTION_DUE        the regulator asked and was not answered
    OBJECTION_DUE       the notice is over and an objection is not answered
    """

    HOP_UNCONFIRMED = "hop_unconfirmed"
    HOP_STANDS_STILL = "hop_stands_still"
    RECEIPT_UNCONFIRMED = "receipt_unconfirmed"
    RECEIPT_SILENT = "receipt_silent"
    REPORT_DUE = "report_due"
    ACCOUNT_DUE = "account_due"
    REVIEW_DUE = "review_due"
    QUESTION_DUE = "question_due"
    OBJECTION_DUE = "objection_due"


TIMES: dict[AlertKind, int] = {
    AlertKind.HOP_UNCONFIRMED: 3 * DAY_MS,
    AlertKind.HOP_STANDS_STILL: 10 * DAY_MS,
    AlertKind.RECEIPT_UNCONFIRMED: 15 * DAY_MS,
    AlertKind.RECEIPT_SILENT: 45 * DAY_MS,
    AlertKind.REVIEW_DUE: 30 * DAY_MS,
    AlertKind.ACCOUNT_DUE: 89 * DAY_MS,
    AlertKind.REPORT_DUE: 89 * DAY_MS,
}
"""How long it may take. Charity Law 2023, article 79: a report at least every three months, a full account within
three months of the end; 89 days are the shortest three months there are, so nobody is late by the law and in time
here. The rest is the house's."""
EMERGENCY_REPORT_MS = 5 * DAY_MS
"""Article 72: every five days in an emergency."""
REPORTING_FROM_MS = 181 * DAY_MS
"""Programmes that run longer report on the way: article 79 says six months, the shortest of which are 181 days."""

APPROVING = (Role.OFFICER, Role.COMMITTEE_MEMBER, Role.SUPERVISOR)
WATCHING = (Role.OFFICER, Role.SUPERVISOR, Role.AUDITOR)
HANDLING = (Role.OFFICER, Role.CLERK, Role.DESK)
"""Who sends and confirms for an organisation that money goes through."""
REGULATORS = (OrganisationKind.GOVERNMENT, OrganisationKind.OWNERS_COMMITTEE, OrganisationKind.THIRD_PARTY)
WEAK = (Basis.BANK_LINE, Basis.SILENCE)
"""What stands on the record without anybody having said it; a word of somebody replaces it."""
NO_HUNDREDTHS = (
    *("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF"),
    *("XPF", "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND", "CLF", "UYW", "MRU", "MGA"),
)
"""Currencies of ISO 4217 whose unit has not a hundred parts: forms and pages show hundredths."""
