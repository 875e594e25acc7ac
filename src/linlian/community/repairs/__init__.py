"""What is broken, who sees to it, and whether it is repaired. What neighbours may ask, and do."""

from linlian.community.repairs import (
    rules_answering,
    rules_clock,
    rules_doors,
    rules_history,
    rules_invariants,
    rules_reporting,
    rules_triage,
    rules_working,
)
from linlian.community.repairs.rules import (
    DISPUTE,
    IMPORTED,
    NO_CASE,
    UNATTENDED,
    ActedEvent,
    Case,
    CaseCommand,
    CaseEvent,
    CaseId,
    Escalate,
    Photos,
    Proofs,
    cases,
    contract,
    organisations_of,
    require_case,
)
from linlian.community.repairs.rules_acting import WORKING_KINDS, is_outsider, may_confirm
from linlian.community.repairs.rules_answering import Notice, ServeNotice
from linlian.community.repairs.rules_clock import due_at
from linlian.community.repairs.rules_doors import (
    attribute,
    check_for,
    confirm_for,
    extend_deadline,
    give_back,
    hand_over,
    hold,
    lift,
    mark_known,
    mark_merged,
    object_to,
    pause_clock,
    reopen_for,
    resume_clock,
    serve_for,
    settle,
    standing_in,
    tighten_deadline,
    unmark_merged,
)
from linlian.community.repairs.rules_held import HELD_MAX, cases_held_by, holder_of
from linlian.community.repairs.rules_reporting import ReportRepair, report
from linlian.community.repairs.rules_steps import ANSWERABLE, ENDED, STEPS, UNDONE, Standing, State
from linlian.community.repairs.rules_terms import Category, Clock, Part, Party, PauseReason, Payer, Urgency, terms_of
from linlian.community.repairs.rules_triage import check_repairer
from linlian.kernel.contract import Reader

COMMANDS_IN = (
    *(rules_reporting, rules_triage, rules_working, rules_answering),
    *(rules_clock, rules_doors, rules_history, rules_invariants),
)
"""Modules that declare something by being imported."""


def case(reader: Reader, case_id: bytes) -> Case | None:
    """The case's row, or None."""
    return cases.get(reader, case_id)


__all__ = [
    "ANSWERABLE",
    "DISPUTE",
    "ENDED",
    "HELD_MAX",
    "IMPORTED",
    "NO_CASE",
    "STEPS",
    "UNATTENDED",
    "UNDONE",
    "WORKING_KINDS",
    "ActedEvent",
    "Case",
    "CaseCommand",
    "CaseEvent",
    "CaseId",
    "Category",
    "Clock",
    "Escalate",
    "Notice",
    "Part",
    "Party",
    "PauseReason",
    "Payer",
    "Photos",
    "Proofs",
    "ReportRepair",
    "ServeNotice",
    "Standing",
    "State",
    "Urgency",
    "attribute",
    "case",
    "cases_held_by",
    "check_for",
    "check_repairer",
    "confirm_for",
    "contract",
    "due_at",
    "extend_deadline",
    "give_back",
    "hand_over",
    "hold",
    "holder_of",
    "is_outsider",
    "lift",
    "mark_known",
    "mark_merged",
    "may_confirm",
    "object_to",
    "organisations_of",
    "pause_clock",
    "reopen_for",
    "report",
    "require_case",
    "resume_clock",
    "serve_for",
    "settle",
    "standing_in",
    "terms_of",
    "tighten_deadline",
    "unmark_merged",
]
