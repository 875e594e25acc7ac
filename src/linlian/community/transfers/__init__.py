"""What is paid, hand to hand, until whoever it is for has it. What neighbours may ask."""

from linlian.community.transfers import (
    rules_banking,
    rules_hops,
    rules_invariants,
    rules_paying,
    rules_receipts,
    rules_returning,
)
from linlian.community.transfers.rules import HopId, contract, require_hop
from linlian.community.transfers.rules_table import HopState, PaymentState

COMMANDS_IN = (rules_paying, rules_hops, rules_returning, rules_receipts, rules_banking, rules_invariants)
"""Modules that declare something by being imported."""

__all__ = ["HopId", "HopState", "PaymentState", "contract", "require_hop"]
