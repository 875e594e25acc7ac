"""Teams: who works together, on what, and where.

Rules
- A team belongs to one organisation: members, trades, and the places that it covers. Officers, clerks and dispatchers
  form it and change it, and plan its shifts.
- Whoever works there no more is in none of its teams, even while the team still lists them.
- It is dissolved once no shift of it is left.

    form_team → change_team … → dissolve_team
"""

from __future__ import annotations

from typing import Annotated, TypeAlias

from linlian.community import identity
from linlian.community.identity import AccountId, OrganisationId, Role
from linlian.community.staff.rules import OFFICE, Trades, check_trades, contract, employer, require_colleague
from linlian.community.staff.rules_rosters import strike
from linlian.kernel.contract import (
    Command,
    Context,
    Count,
    Event,
    Id,
    Label,
    Meta,
    Reader,
    Refused,
    Row,
    Subject,
    replace,
)

PLANNERS = (*OFFICE, Role.DISPATCHER)
MEMBERS_MAX = 32
COVERED_MAX = 32

TeamId: TypeAlias = Annotated[Id, Subject("team")]
Members = Annotated[tuple[AccountId, ...], Meta(max_length=MEMBERS_MAX)]
Covered = Annotated[tuple[Id, ...], Meta(max_length=COVERED_MAX)]


class Team(Row):
    """`places` are ids of `places`; none are all. `shifts` counts those that are planned or under way."""

    organisation: Id
    code: Label
    members: Annotated[tuple[Id, ...], Meta(max_length=MEMBERS_MAX)]
    trades: Trades
    places: Covered
    shifts: Count = 0
    dissolved: bool = False


teams = contract.table("team", Team)


class TeamFields(Command, kw_only=True):
    members: Members
    trades: Trades = ()
    places: Covered = ()


class FormTeam(TeamFields):
    """`code` is a public short name."""

    code: Label


class ChangeTeam(TeamFields):
    """Members, trades and places as they shall be from now on."""

    team: TeamId


class DissolveTeam(Command):
    team: TeamId


@contract.event
class TeamFormed(Event):
    team: TeamId
    organisation: OrganisationId
    code: Label
    members: Members
    trades: Trades
    places: Covered


@contract.event
class TeamChanged(Event):
    team: TeamId
    members: Members
    trades: Trades
    places: Covered


@contract.event
class TeamDissolved(Event):
    team: TeamId


@contract.command
def form_team(ctx: Context, cmd: FormTeam) -> None:
    """Put members of the signer's organisation together."""
    organisation = identity.require_role(ctx, *PLANNERS).organisation
    _check_team(ctx, cmd, organisation)
    team = ctx.new_id()
    teams.create(ctx, team, Team(organisation, cmd.code, cmd.members, cmd.trades, cmd.places))
    ctx.emit(
        TeamFormed(
            team=team,
            organisation=organisation,
            code=cmd.code,
            members=cmd.members,
            trades=cmd.trades,
            places=cmd.places,
        )
    )


@contract.command
def change_team(ctx: Context, cmd: ChangeTeam) -> None:
    """Other members, trades or places. Whoever is taken out ends the shift they are on, begins no other, and keeps
    no shifts in it from now on."""
    found = require_planner(ctx, cmd.team)
    _check_team(ctx, cmd, found.organisation)
    _strike(ctx, cmd.team, tuple(member for member in found.members if member not in cmd.members))
    teams.put(ctx, cmd.team, replace(found, members=cmd.members, trades=cmd.trades, places=cmd.places))
    ctx.emit(TeamChanged(team=cmd.team, members=cmd.members, trades=cmd.trades, places=cmd.places))


@contract.command
def dissolve_team(ctx: Context, cmd: DissolveTeam) -> None:
    """End a team that has no shift left."""
    found = require_planner(ctx, cmd.team)
    if found.shifts:
        raise Refused("staff.team_has_shifts", about=(cmd.team,), shifts=found.shifts)
    _strike(ctx, cmd.team, found.members)
    teams.put(ctx, cmd.team, replace(found, members=(), dissolved=True))
    ctx.emit(TeamDissolved(team=cmd.team))


def team(reader: Reader, identifier: bytes) -> Team | None:
    """The team's row, dissolved or not."""
    return teams.get(reader, identifier)


def is_in_team(reader: Reader, identifier: bytes, account: bytes) -> bool:
    """Whether somebody is a member of a team and works for its organisation now."""
    found = teams.get(reader, identifier)
    return found is not None and account in found.members and employer(reader, account) == found.organisation


def require_planner(ctx: Context, identifier: bytes) -> Team:
    """A team in use of the organisation for which the signer plans."""
    organisation = identity.require_role(ctx, *PLANNERS).organisation
    found = teams.get(ctx, identifier)
    if found is None or found.dissolved or found.organisation != organisation:
        raise Refused("staff.unknown_team")
    return found


def _strike(ctx: Context, identifier: bytes, members: tuple[bytes, ...]) -> None:
    for member in members:
        strike(ctx, identifier, member)


def _check_team(ctx: Context, cmd: TeamFields, organisation: bytes) -> None:
    if not cmd.members:
        raise Refused("staff.nobody_in_team")
    for number, member in enumerate(cmd.members):
        if member in cmd.members[:number]:
            raise Refused("staff.member_twice", about=(member,))
        require_colleague(ctx, member, organisation)
    check_trades(cmd.trades)
