"""Funds, gifts, refunds, questions and what is late as rows, and what may be asked of them."""

from __future__ import annotations

from linlian.community.funds.rules_income import GiftReceived, RefundApproved
from linlian.community.funds.views import following, queries
from linlian.community.funds.views.queries import (
    accesses_of,
    alerts_of_fund,
    all_funds,
    candidates,
    fund,
    funds_managed,
    funds_watched,
    gifts_of_donor,
    gifts_of_fund,
    managers_of,
    published_alerts,
    published_gifts,
    questions_of_fund,
    refunds_of_fund,
)
from linlian.community.funds.views.rows import (
    AccessRow,
    AlertRow,
    CandidateRow,
    FundRow,
    GiftRow,
    ManagerRow,
    PublicGift,
    QuestionRow,
    RefundRow,
    accesses,
    alerts,
    funds,
    gifts,
    managers,
    questions,
    refunds,
    views,
)

DECLARED_IN = (following, queries)
"""Modules that declare something by being imported."""

__all__ = [
    "AccessRow",
    "AlertRow",
    "CandidateRow",
    "FundRow",
    "GiftReceived",
    "GiftRow",
    "ManagerRow",
    "PublicGift",
    "QuestionRow",
    "RefundApproved",
    "RefundRow",
    "accesses",
    "accesses_of",
    "alerts",
    "alerts_of_fund",
    "all_funds",
    "candidates",
    "fund",
    "funds",
    "funds_managed",
    "funds_watched",
    "gifts",
    "gifts_of_donor",
    "gifts_of_fund",
    "managers",
    "managers_of",
    "published_alerts",
    "published_gifts",
    "questions",
    "questions_of_fund",
    "refunds",
    "refunds_of_fund",
    "views",
]
