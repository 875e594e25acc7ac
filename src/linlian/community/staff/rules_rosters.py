"""Who keeps shifts, and who therefore has to be there to look after what they hold.

Rules
- Whoever has begun a shift of a team, or missed one, keeps shifts as long as they are in that team; its planner ends it
  by taking them out. Everybody else keeps none (a contractor's people, an organisation that plans none) and looks after
  their work all the time that they work here.
- What somebody holds who keeps shifts and is not on duty is looked after by nobody. It is handed on
  (`LeftUnattended`) to whoever above makes that known, at each moment at which it begins.

    begin_duty → keeps_shifts(account)        change_team without them, dissolve_team → they keep none
"""

from __future__ import annotations

from linlian.community.identity import AccountId
from linlian.community.staff.rules import contract
from linlian.kernel.contract import Command, Context, Count, Millis, Reader, Row, compose


class Roster(Row):
    """In how many teams somebody keeps shifts. Keyed by the account; in none there is no row."""

    teams: Count


class Rostered(Row):
    """Somebody keeps shifts in a team. Keyed by both."""

    since: Millis


rosters = contract.table("roster", Roster)
rostered = contract.table("rostered", Rostered)


class LeftUnattended(Command):
    """Handed on to whoever looks after open work: somebody holds some, keeps shifts, and is not on duty `since` then.

    `left`: they held it on duty, or without keeping shifts, until then. Otherwise it came to them while they were away.
    """

    account: AccountId
    since: Millis
    left: bool


def keeps_shifts(reader: Reader, account: bytes) -> bool:
    """Whether somebody is there in shifts, for any team that they are in."""
    return rosters.has(reader, account)


def enrol(ctx: Context, team: bytes, account: bytes) -> None:
    """From now on they keep shifts in this team. Again is as once."""
    key = compose(team, account)
    if not rostered.has(ctx, key):
        rostered.put(ctx, key, Rostered(ctx.time))
        rosters.put(ctx, account, Roster(_teams(ctx, account) + 1))


def strike(ctx: Context, team: bytes, account: bytes) -> None:
    """They are in this team no more, and keep no shifts in it; nothing if they kept none."""
    key = compose(team, account)
    if not rostered.has(ctx, key):
        return
    rostered.delete(ctx, key)
    left = _teams(ctx, account) - 1
    if left:
        rosters.put(ctx, account, Roster(left))
    else:
        rosters.delete(ctx, account)


def _teams(reader: Reader, account: bytes) -> int:
    found = rosters.get(reader, account)
    return 0 if found is None else found.teams
