"""Who is sent, what they are licensed to do, and who is on duty. What neighbours may ask."""

from linlian.community.staff import rules_duty, rules_licences
from linlian.community.staff.rules import Card, Trade, Trades, card, contract, trades_of
from linlian.community.staff.rules_duty import (
    BeginDuty,
    Duty,
    EndDuty,
    ShiftId,
    ShiftState,
    attends,
    duty,
    hold,
    holds,
    let_go,
    on_duty,
    team_on_duty,
)
from linlian.community.staff.rules_licences import (
    Licence,
    LicenceKind,
    has_licence,
    licence,
    organisation_has_licence,
)
from linlian.community.staff.rules_rosters import LeftUnattended, keeps_shifts
from linlian.community.staff.rules_teams import Team, TeamId, is_in_team, team

COMMANDS_IN = (rules_duty, rules_licences)

__all__ = [
    "BeginDuty",
    "Card",
    "Duty",
    "EndDuty",
    "LeftUnattended",
    "Licence",
    "LicenceKind",
    "ShiftId",
    "ShiftState",
    "Team",
    "TeamId",
    "Trade",
    "Trades",
    "attends",
    "card",
    "contract",
    "duty",
    "has_licence",
    "hold",
    "holds",
    "is_in_team",
    "keeps_shifts",
    "let_go",
    "licence",
    "on_duty",
    "organisation_has_licence",
    "team",
    "team_on_duty",
    "trades_of",
]
