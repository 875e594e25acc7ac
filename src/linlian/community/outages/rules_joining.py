"""Reports that belong to a known outage: joined to it, and taken back.

the reporter or the desk: join_outage → the outage is followed in the case's place
the same:                 leave_outage → the case goes on where it stood
"""

from __future__ import annotations

from linlian.community import joint_reports, repairs
from linlian.community.outages.rules import (
    OBJECTION_MS,
    Following,
    JoinOutage,
    LeaveOutage,
    LeaveReason,
    ObjectionsCounted,
    Outage,
    OutageJoined,
    OutageLeft,
    OutageState,
    contract,
    followings,
    outages,
    owns,
    pages,
    require_outage,
)
from linlian.community.outages.rules_ahead import is_of
from linlian.community.repairs import Case, Standing, Urgency
from linlian.kernel.contract import Context, Refused, replace


@contract.command
def join_outage(ctx: Context, cmd: JoinOutage) -> None:
    """This report is of that outage."""
    case, row = repairs.require_case(ctx, cmd.case), require_outage(ctx, cmd.outage)
    standing, basis = repairs.standing_in(ctx, cmd.case, Standing.REPORTER, Standing.DESK)
    _check_belongs(ctx, cmd, case, row)
    crowd = joint_reports.crowd(ctx, cmd.case)
    if crowd.people or crowd.merged:
        raise Refused("outages.others_follow", about=(cmd.case,))
    number = joint_reports.add(ctx, pages, cmd.outage, cmd.case)
    if number is None:
        raise Refused("outages.full", about=(cmd.outage,), most=joint_reports.LISTED_MAX)
    repairs.mark_known(ctx, cmd.case, cmd.outage, standing, basis)
    followings.put(ctx, cmd.case, Following(cmd.outage, number))
    outages.put(ctx, cmd.outage, replace(row, joined=row.joined + 1))
    ctx.emit(OutageJoined(case=cmd.case, outage=cmd.outage, standing=standing, basis=basis))


@contract.command
def leave_outage(ctx: Context, cmd: LeaveOutage) -> None:
    """Mine is still out, though it is said to be over; or it was something else."""
    repairs.require_case(ctx, cmd.case)
    found = followings.get(ctx, cmd.case)
    if found is None:
        raise Refused("outages.not_joined", about=(cmd.case,))
    standing, basis = repairs.standing_in(ctx, cmd.case, Standing.REPORTER, Standing.DESK)
    row = require_outage(ctx, found.outage)
    objection = cmd.reason is LeaveReason.STILL_OUT
    if objection:
        _check_objection(ctx, cmd, row, standing)
    repairs.unmark_merged(ctx, cmd.case, standing, basis)
    followings.delete(ctx, cmd.case)
    joint_reports.drop(ctx, pages, found.outage, found.page, cmd.case)
    outages.put(ctx, found.outage, replace(row, joined=row.joined - 1, objections=row.objections + objection))
    ctx.emit(
        OutageLeft(
            case=cmd.case,
            outage=found.outage,
            standing=standing,
            basis=basis,
            reason=cmd.reason,
            objection=objection,
            words=cmd.words,
        )
    )
    if objection:
        ctx.emit(ObjectionsCounted(outage=found.outage, objections=row.objections + 1))


def _check_belongs(ctx: Context, cmd: JoinOutage, case: Case, row: Outage) -> None:
    """The same thing, there, reported while it was out, and no danger to life."""
    if row.state is not OutageState.ANNOUNCED:
        raise Refused("outages.ended", about=(cmd.outage,), state=row.state.value)
    if case.urgency is Urgency.LIFE_SAFETY:
        raise Refused("outages.life_safety", about=(cmd.case,))
    if not is_of(case.category, row.utility):
        raise Refused("outages.something_else", about=(cmd.case,), utility=row.utility.value)
    if not owns(ctx, row, case.place):
        raise Refused("outages.elsewhere", about=(cmd.case,))
    if case.opened_at < row.starts:
        raise Refused("outages.before_it", about=(cmd.case,), starts=row.starts)


def _check_objection(ctx: Context, cmd: LeaveOutage, row: Outage, standing: Standing) -> None:
    """Only the reporter says so, on whatever basis, once it is said to be over, and within thirty days."""
    if standing is not Standing.REPORTER:
        raise Refused("outages.reporter_objects", about=(cmd.case,))
    if row.state is OutageState.ANNOUNCED:
        raise Refused("outages.not_over", about=(cmd.case,), until=row.until)
    if ctx.time > row.ended_at + OBJECTION_MS:
        raise Refused("outages.too_late", about=(cmd.case,), days_max=OBJECTION_MS // (24 * 3_600_000))
