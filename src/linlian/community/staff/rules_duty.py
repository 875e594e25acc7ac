"""Shifts and duty: who may be sent now.

Rules
- Whoever forms an organisation's teams plans their shifts.
- A shift is one member of a team, from when until when, at most 24 hours. Its member begins it, at the earliest half an
  hour before, and ends it; nobody does that for them.
- At the planned end it ends by itself: as missed if nobody came, as ended with `forced` if they were still on duty.
- Somebody is on duty once at a time. Whoever holds open work does not end their duty by hand; those who give out work
  say so (`hold`, `let_go`). The planned end comes all the same, says how much was still held, and hands it on as left
  unattended (`rules_rosters`); so does work that comes to somebody who is away.

    plan_shift → begin_duty → end_duty, or a timer at the planned end
"""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from typing import Annotated, TypeAlias

from linlian.community import identity
from linlian.community.identity import AccountId
from linlian.community.staff.rules import DAY_MS, contract, employer
from linlian.community.staff.rules_rosters import LeftUnattended, enrol, keeps_shifts, rostered, rosters
from linlian.community.staff.rules_teams import TeamId, is_in_team, require_planner, teams
from linlian.kernel.contract import (
    Command,
    Context,
    Count,
    Event,
    Id,
    Millis,
    Reader,
    Refused,
    Row,
    Rows,
    Subject,
    compose,
    replace,
)

SHIFT_MS_MAX = DAY_MS
PLANNED_AHEAD_MS_MAX = 92 * DAY_MS
EARLY_MS_MAX = 30 * 60 * 1000

ShiftId: TypeAlias = Annotated[Id, Subject("shift")]


class ShiftState(StrEnum):
    """planned → on_duty → ended; or cancelled before, or missed."""

    PLANNED = "planned"
    ON_DUTY = "on_duty"
    ENDED = "ended"
    MISSED = "missed"
    CANCELLED = "cancelled"


class Shift(Row):
    team: Id
    account: Id
    starts: Millis
    until: Millis
    state: ShiftState = ShiftState.PLANNED


class Duty(Row):
    """The present or last duty, keyed by the account. `ended_at` is 0 while it lasts."""

    team: Id
    shift: Id
    since: Millis
    until: Millis
    ended_at: Millis = 0


class Holding(Row):
    """How much open work somebody holds, on duty or not. Keyed by the account."""

    open: Count


shifts = contract.table("shift", Shift, refused="staff.unknown_shift")
duties = contract.table("duty", Duty)
holdings = contract.table("holding", Holding)


class PlanShift(Command):
    team: TeamId
    account: AccountId
    starts: Millis
    until: Millis


class ExtendShift(Command):
    shift: ShiftId
    until: Millis


class CancelShift(Command):
    shift: ShiftId


class BeginDuty(Command):
    shift: ShiftId


class EndDuty(Command):
    """The signer's duty."""


class CloseShift(Command):
    shift: ShiftId


class ShiftEvent(Event, kw_only=True):
    shift: ShiftId
    team: TeamId
    account: AccountId


@contract.event
class ShiftPlanned(ShiftEvent):
    starts: Millis
    until: Millis


@contract.event
class ShiftExtended(ShiftEvent):
    until: Millis


@contract.event
class ShiftCancelled(ShiftEvent):
    pass


@contract.event
class ShiftMissed(ShiftEvent):
    """Nobody came."""


@contract.event
class DutyBegun(ShiftEvent):
    until: Millis


@contract.event
class DutyEnded(ShiftEvent):
    """`forced`: at the planned end, by itself. `held` is how much open work its member still holds."""

    forced: bool
    held: Count


@contract.command
def plan_shift(ctx: Context, cmd: PlanShift) -> None:
    """A member of the team will be on duty."""
    team = require_planner(ctx, cmd.team)
    if not is_in_team(ctx, cmd.team, cmd.account):
        raise Refused("staff.not_in_team", about=(cmd.team,))
    _check_times(ctx, cmd.starts, cmd.until)
    if cmd.starts > ctx.time + PLANNED_AHEAD_MS_MAX:
        raise Refused("staff.too_far_ahead", most_days=PLANNED_AHEAD_MS_MAX // DAY_MS)
    shift = ctx.new_id()
    shifts.create(ctx, shift, Shift(cmd.team, cmd.account, cmd.starts, cmd.until))
    teams.put(ctx, cmd.team, replace(team, shifts=team.shifts + 1))
    ctx.schedule("staff.shift", shift, cmd.until, CloseShift(shift=shift))
    ctx.emit(ShiftPlanned(shift=shift, team=cmd.team, account=cmd.account, starts=cmd.starts, until=cmd.until))


@contract.command
def extend_shift(ctx: Context, cmd: ExtendShift) -> None:
    """A shift lasts longer than planned."""
    found = _open_shift(ctx, cmd.shift)
    require_planner(ctx, found.team)
    if cmd.until <= found.until:
        raise Refused("staff.extended_by_nothing", until=found.until)
    _check_times(ctx, found.starts, cmd.until)
    shifts.put(ctx, cmd.shift, replace(found, until=cmd.until))
    row = duties.get(ctx, found.account)
    if row is not None and row.shift == cmd.shift:
        duties.put(ctx, found.account, replace(row, until=cmd.until))
    ctx.schedule("staff.shift", cmd.shift, cmd.until, CloseShift(shift=cmd.shift))
    ctx.emit(ShiftExtended(shift=cmd.shift, team=found.team, account=found.account, until=cmd.until))


@contract.command
def cancel_shift(ctx: Context, cmd: CancelShift) -> None:
    """A shift that nobody has begun does not take place."""
    found = _open_shift(ctx, cmd.shift)
    require_planner(ctx, found.team)
    if found.state is not ShiftState.PLANNED:
        raise Refused("staff.shift_begun", about=(cmd.shift,))
    _close(ctx, cmd.shift, found, ShiftState.CANCELLED)
    ctx.emit(ShiftCancelled(shift=cmd.shift, team=found.team, account=found.account))


@contract.command
def begin_duty(ctx: Context, cmd: BeginDuty) -> None:
    """Here I am."""
    identity.acting(ctx)
    found = _open_shift(ctx, cmd.shift)
    if found.account != ctx.signer:
        raise Refused("staff.not_your_shift", about=(cmd.shift,))
    if not is_in_team(ctx, found.team, ctx.signer):
        raise Refused("staff.not_in_team", about=(found.team,))
    if found.state is not ShiftState.PLANNED:
        raise Refused("staff.shift_begun", about=(cmd.shift,))
    if ctx.time < found.starts - EARLY_MS_MAX:
        raise Refused("staff.too_early", about=(cmd.shift,), starts=found.starts)
    if ctx.time >= found.until:
        raise Refused("staff.shift_over", about=(cmd.shift,), until=found.until)
    last = duties.get(ctx, ctx.signer)
    if last is not None and not last.ended_at:
        raise Refused("staff.already_on_duty", about=(ctx.signer,))
    shifts.put(ctx, cmd.shift, replace(found, state=ShiftState.ON_DUTY))
    duties.put(ctx, ctx.signer, Duty(found.team, cmd.shift, ctx.time, found.until))
    enrol(ctx, found.team, ctx.signer)
    ctx.emit(DutyBegun(shift=cmd.shift, team=found.team, account=ctx.signer, until=found.until))


@contract.command
def end_duty(ctx: Context, _: EndDuty) -> None:
    """I am going, and hold nothing that is still open."""
    identity.acting(ctx)
    row = duties.get(ctx, ctx.signer)
    if row is None or row.ended_at:
        raise Refused("staff.not_on_duty", about=(ctx.signer,))
    held = holds(ctx, ctx.signer)
    if held:
        raise Refused("staff.holds_open_work", about=(ctx.signer,), held=held)
    _end_duty(ctx, row, ctx.signer, forced=False)


@contract.timer
def close_shift(ctx: Context, cmd: CloseShift) -> None:
    """Its planned end has come."""
    found = _open_shift(ctx, cmd.shift)
    if found.state is ShiftState.ON_DUTY:
        row = duties.get(ctx, found.account)
        assert row is not None, "a shift under way is its member's duty"
        _end_duty(ctx, row, found.account, forced=True)
    else:
        _close(ctx, cmd.shift, found, ShiftState.MISSED)
        _note_missed(ctx, found)
        ctx.emit(ShiftMissed(shift=cmd.shift, team=found.team, account=found.account))


# --- the front door ---


def duty(reader: Reader, account: bytes) -> Duty | None:
    """Somebody's present or last duty."""
    return duties.get(reader, account)


def on_duty(reader: Reader, account: bytes, time: int) -> bool:
    """Whether somebody who works here now is on duty at a time; of the past, only the last duty is known."""
    row = duties.get(reader, account)
    there = row is not None and row.since <= time < (row.ended_at or row.until)
    return there and employer(reader, account) is not None


def team_on_duty(reader: Reader, identifier: bytes, time: int) -> tuple[bytes, ...]:
    """Those members of a team who are on duty for it at a time, in the team's order."""
    found = teams.get(reader, identifier)
    members = () if found is None else found.members
    rows = ((account, duties.get(reader, account)) for account in members)
    return tuple(a for a, row in rows if row is not None and row.team == identifier and on_duty(reader, a, time))


def attends(reader: Reader, account: bytes, time: int) -> bool:
    """Whether somebody looks after what they hold: they work here, and are on duty if they keep shifts."""
    if keeps_shifts(reader, account):
        return on_duty(reader, account, time)
    return employer(reader, account) is not None


def holds(reader: Reader, account: bytes) -> int:
    """How much open work somebody holds."""
    found = holdings.get(reader, account)
    return 0 if found is None else found.open


def hold(ctx: Context, account: bytes) -> None:
    """Somebody has one more thing to do before they can end their duty."""
    holdings.put(ctx, account, Holding(holds(ctx, account) + 1))
    _tell_unattended(ctx, account, left=False)


def let_go(ctx: Context, account: bytes) -> None:
    """One thing less: it is done, or another holds it now."""
    held = holds(ctx, account)
    assert held > 0, "what is let go was held"
    holdings.put(ctx, account, Holding(held - 1))


def _check_times(ctx: Context, starts: int, until: int) -> None:
    if until <= starts or until <= ctx.time:
        raise Refused("staff.shift_over", until=until)
    if until - starts > SHIFT_MS_MAX:
        raise Refused("staff.shift_too_long", most_hours=SHIFT_MS_MAX // (3600 * 1000))


def _open_shift(reader: Reader, identifier: bytes) -> Shift:
    found = shifts.require(reader, identifier)
    if found.state not in (ShiftState.PLANNED, ShiftState.ON_DUTY):
        raise Refused("staff.shift_closed", about=(identifier,), state=found.state)
    return found


def _end_duty(ctx: Context, row: Duty, account: bytes, forced: bool) -> None:
    found = _open_shift(ctx, row.shift)
    duties.put(ctx, account, replace(row, ended_at=ctx.time))
    _close(ctx, row.shift, found, ShiftState.ENDED)
    held = holds(ctx, account)
    if held:
        _tell_unattended(ctx, account, left=True)
    ctx.emit(DutyEnded(shift=row.shift, team=row.team, account=account, forced=forced, held=held))


def _note_missed(ctx: Context, found: Shift) -> None:
    """Whoever did not come keeps shifts all the same; nobody looks after what they hold, if nobody did before."""
    began, team = not keeps_shifts(ctx, found.account), teams.get(ctx, found.team)
    if team is not None and found.account in team.members:
        enrol(ctx, found.team, found.account)
        if began and holds(ctx, found.account):
            _tell_unattended(ctx, found.account, left=True)


def _tell_unattended(ctx: Context, account: bytes, left: bool) -> None:
    """Hand on that nobody looks after what somebody holds, unless they do."""
    if not attends(ctx, account, ctx.time):
        ctx.hand_on(account, LeftUnattended(account=account, since=ctx.time, left=left))


def _close(ctx: Context, identifier: bytes, found: Shift, state: ShiftState) -> None:
    shifts.put(ctx, identifier, replace(found, state=state))
    ctx.unschedule("staff.shift", identifier)
    row = teams.get(ctx, found.team)
    assert row is not None, "teams are never deleted"
    teams.put(ctx, found.team, replace(row, shifts=row.shifts - 1))


@contract.invariant
def rosters_count_the_teams(rows: Rows) -> None:
    """Whoever keeps shifts in a team is in it, and is counted once for each."""
    known, counted = dict(rows(teams)), Counter[bytes]()
    for key, _ in rows(rostered):
        team_id, account = key[1:17], key[18:]
        assert compose(team_id, account) == key
        assert account in known[team_id].members, key.hex()
        counted[account] += 1
    assert {account: row.teams for account, row in rows(rosters)} == dict(counted)


@contract.invariant
def shifts_and_duties_agree(rows: Rows) -> None:
    """Each shift under way is its member's duty, and teams count the shifts that are not closed."""
    known, counted = dict(rows(shifts)), dict.fromkeys((key for key, _ in rows(teams)), 0)
    under_way = {key: row.account for key, row in known.items() if row.state is ShiftState.ON_DUTY}
    assert under_way == {row.shift: account for account, row in rows(duties) if not row.ended_at}
    for row in known.values():
        assert row.starts < row.until <= row.starts + SHIFT_MS_MAX
        counted[row.team] += row.state in (ShiftState.PLANNED, ShiftState.ON_DUTY)
    for key, team_row in rows(teams):
        assert team_row.shifts == counted[key], f"shifts of {key.hex()}"
        assert len({*team_row.members}) == len(team_row.members)
