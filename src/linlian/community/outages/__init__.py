"""What is known to be out, and the reports that belong to it. What neighbours may ask."""

from linlian.community.outages import rules_invariants, rules_joining, rules_publishing
from linlian.community.outages.rules import (
    Following,
    Nature,
    Outage,
    OutageId,
    OutageState,
    contract,
    following,
    outage,
    owns,
)
from linlian.community.outages.rules_ahead import Utility

COMMANDS_IN = (rules_invariants, rules_joining, rules_publishing)
"""Modules that declare something by being imported."""

__all__ = [
    "Following",
    "Nature",
    "Outage",
    "OutageId",
    "OutageState",
    "Utility",
    "contract",
    "following",
    "outage",
    "owns",
]
