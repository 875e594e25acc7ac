"""Who is sent, what they are licensed to do, and who is on duty. What neighbours may ask."""

from linlian.community.staff import rules_duty, rules_licences
from linlian.community.staff.rules import Card, Trade, Trades, card, contract, trades_of
from linlian.community.staff.rules_duty import (
    Duty,
    ShiftId,
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
from linlian.community.staff.rules_teams import Team, TeamId, is_in_team, team

COMMANDS_IN = (rules_duty, rules_licences)

__all__ = [
    "Card",
    "Duty",
    "Licence",
    "LicenceKind",
    "ShiftId",
    "Team",
    "TeamId",
    "Trade",
    "Trades",
    "card",
    "contract",
    "duty",
    "has_licence",
    "hold",
    "holds",
    "is_in_team",
    "let_go",
    "licence",
    "on_duty",
    "organisation_has_licence",
    "team",
    "team_on_duty",
    "trades_of",
]
