"""What is broken, who sees to it, and whether it is repaired."""

from linlian.community.repairs import (
    rules_answering,
    rules_clock,
    rules_history,
    rules_invariants,
    rules_reporting,
    rules_working,
)
from linlian.community.repairs.rules import Case, CaseId, cases, contract
from linlian.community.repairs.rules_steps import STEPS, Standing, State
from linlian.community.repairs.rules_terms import Category, Urgency

COMMANDS_IN = (rules_reporting, rules_working, rules_answering, rules_clock, rules_history, rules_invariants)
"""Modules that declare something by being imported."""

__all__ = ["STEPS", "Case", "CaseId", "Category", "Standing", "State", "Urgency", "cases", "contract"]
