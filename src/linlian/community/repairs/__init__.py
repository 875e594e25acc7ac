"""What is broken, who sees to it, and whether it is repaired."""

from linlian.community.identity import NOBODY
from linlian.community.repairs import (
    rules_answering,
    rules_clock,
    rules_history,
    rules_invariants,
    rules_reporting,
    rules_working,
)
from linlian.community.repairs.rules import Case, CaseId, cases, contract
from linlian.community.repairs.rules_acting import standing_in
from linlian.community.repairs.rules_steps import STEPS, Standing, State
from linlian.community.repairs.rules_terms import Category, Urgency
from linlian.kernel.contract import Reader

COMMANDS_IN = (rules_reporting, rules_working, rules_answering, rules_clock, rules_history, rules_invariants)
"""Modules that declare something by being imported."""

__all__ = [
    "STEPS",
    "Case",
    "CaseId",
    "Category",
    "Standing",
    "State",
    "Urgency",
    "case",
    "cases",
    "contract",
    "organisations_of",
    "standing_in",
]


def case(reader: Reader, case_id: bytes) -> Case | None:
    """The case's row, or None."""
    return cases.get(reader, case_id)


def organisations_of(found: Case) -> tuple[bytes, ...]:
    """Every organisation in a case."""
    return () if found.responsible == NOBODY else (found.responsible,)
