"""Staff as rows, and what may be asked about them."""

from linlian.community.staff.views import following
from linlian.community.staff.views.queries import (
    attends,
    card,
    cards_of,
    covered_by,
    licences_of,
    licences_running_out,
    licences_shown,
    members_of,
    on_duty,
    shifts_of,
    shifts_of_team,
    teams_of,
)
from linlian.community.staff.views.rows import (
    CardRow,
    LicenceRow,
    LicenceState,
    ShiftRow,
    ShownLicenceRow,
    TeamRow,
    cards,
    licences,
    members,
    rostered,
    shifts,
    views,
)

DECLARED_IN = (following,)
"""Modules that declare something by being imported."""

__all__ = [
    "CardRow",
    "LicenceRow",
    "LicenceState",
    "ShiftRow",
    "ShownLicenceRow",
    "TeamRow",
    "attends",
    "card",
    "cards",
    "cards_of",
    "covered_by",
    "licences",
    "licences_of",
    "licences_running_out",
    "licences_shown",
    "members",
    "members_of",
    "on_duty",
    "rostered",
    "shifts",
    "shifts_of",
    "shifts_of_team",
    "teams_of",
    "views",
]
