"""Who else sees the same fault. What neighbours may ask."""

from linlian.community.joint_reports import rules_invariants, rules_merging, rules_telling
from linlian.community.joint_reports.rules import Crowd, Joining, contract, crowd, joining
from linlian.community.joint_reports.rules_merging import Merger, merger
from linlian.community.joint_reports.rules_pages import LISTED_MAX, Page, add, drop, page, page_after

COMMANDS_IN = (rules_invariants, rules_merging, rules_telling)
"""Modules that declare something by being imported."""

__all__ = [
    "LISTED_MAX",
    "Crowd",
    "Joining",
    "Merger",
    "Page",
    "add",
    "contract",
    "crowd",
    "drop",
    "joining",
    "merger",
    "page",
    "page_after",
]
