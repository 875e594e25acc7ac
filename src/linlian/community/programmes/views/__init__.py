"""Programmes, rounds, lists, objections and reports as rows, and what may be asked of them."""

from __future__ import annotations

from linlian.community.programmes.rules_cycles import (
    CycleApproved,
    CycleDrafted,
    CycleReleased,
    CycleReviewed,
    CycleSentBack,
    CycleSubmitted,
)
from linlian.community.programmes.rules_entitling import EntitlementEntered, EntitlementWithdrawn
from linlian.community.programmes.rules_objecting import ObjectionAnswered
from linlian.community.programmes.rules_reporting import ProgrammeAccounted, ReportFiled
from linlian.community.programmes.rules_running import ProgrammeApproved, ProgrammeDrafted, ProgrammeEnded
from linlian.community.programmes.views import following, queries
from linlian.community.programmes.views.queries import (
    cycle,
    entitlements_for,
    entitlements_of,
    list_of_cycle,
    objections_to,
    posted_lines,
    programme,
    programmes_of,
    published_cycle,
    published_cycles,
    register,
    reports_on,
)
from linlian.community.programmes.views.rows import (
    FEW,
    CycleRow,
    EntitlementRow,
    ObjectionRow,
    PostedLine,
    ProgrammeRow,
    PublicCycle,
    RecipientRow,
    ReportRow,
    cycles,
    entitlements,
    objections,
    programmes,
    recipients,
    reports,
    views,
)

DECLARED_IN = (following, queries)
"""Modules that declare something by being imported."""

__all__ = [
    "FEW",
    "CycleApproved",
    "CycleDrafted",
    "CycleReleased",
    "CycleReviewed",
    "CycleRow",
    "CycleSentBack",
    "CycleSubmitted",
    "EntitlementEntered",
    "EntitlementRow",
    "EntitlementWithdrawn",
    "ObjectionAnswered",
    "ObjectionRow",
    "PostedLine",
    "ProgrammeAccounted",
    "ProgrammeApproved",
    "ProgrammeDrafted",
    "ProgrammeEnded",
    "ProgrammeRow",
    "PublicCycle",
    "RecipientRow",
    "ReportFiled",
    "ReportRow",
    "cycle",
    "cycles",
    "entitlements",
    "entitlements_for",
    "entitlements_of",
    "list_of_cycle",
    "objections",
    "objections_to",
    "posted_lines",
    "programme",
    "programmes",
    "programmes_of",
    "published_cycle",
    "published_cycles",
    "recipients",
    "register",
    "reports",
    "reports_on",
    "views",
]
