"""Payments, hops, flows and the bank's statement as rows, and what may be asked of them."""

from __future__ import annotations

from linlian.community.transfers.views import following, queries
from linlian.community.transfers.views.queries import (
    flows_of,
    hop,
    hops_of_cycle,
    hops_of_programme,
    hops_through,
    hops_to,
    hops_without_line,
    movements,
    payments_of_cycle,
    payments_to_pass_on,
    receipts_by_basis,
    statement,
    sum_of,
    sums_of_fund,
    unmatched_lines,
)
from linlian.community.transfers.views.rows import (
    BasisRow,
    FlowRow,
    HopRow,
    LineRow,
    MoveRow,
    PaymentRow,
    SumRow,
    bases,
    flows,
    hops,
    lines,
    moves,
    payments,
    sums,
    views,
)

DECLARED_IN = (following, queries)
"""Modules that declare something by being imported."""

__all__ = [
    "BasisRow",
    "FlowRow",
    "HopRow",
    "LineRow",
    "MoveRow",
    "PaymentRow",
    "SumRow",
    "bases",
    "flows",
    "flows_of",
    "hop",
    "hops",
    "hops_of_cycle",
    "hops_of_programme",
    "hops_through",
    "hops_to",
    "hops_without_line",
    "lines",
    "movements",
    "moves",
    "payments",
    "payments_of_cycle",
    "payments_to_pass_on",
    "receipts_by_basis",
    "statement",
    "sum_of",
    "sums",
    "sums_of_fund",
    "unmatched_lines",
    "views",
]
