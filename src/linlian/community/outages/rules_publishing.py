"""Publishing an outage, extending it, ending it; and what the clock says when nobody does."""

from __future__ import annotations

from linlian.community import identity, joint_reports, places
from linlian.community.outages.rules import (
    DESKS,
    LAPSE_MS,
    OBJECTION_MS,
    PLANNED_AHEAD_MS_MAX,
    PUBLISHERS,
    WINDOW_MS_MAX,
    CaseTold,
    EndOutage,
    EndReason,
    ExtendOutage,
    Nature,
    Outage,
    OutageEnded,
    OutageExtended,
    OutageLapsed,
    OutageOverran,
    OutagePublished,
    OutageState,
    PublishOutage,
    TellCases,
    WatchOutage,
    contract,
    outages,
    pages,
    require_outage,
    tell_cases,
    watch,
)
from linlian.community.outages.rules_ahead import HOUR_MS, hours_ahead
from linlian.kernel.contract import Context, Refused, replace


@contract.command
def publish_outage(ctx: Context, cmd: PublishOutage) -> None:
    """Say what is out, where, from when until when."""
    member = identity.require_office(ctx, PUBLISHERS, *DESKS)
    starts = cmd.starts or ctx.time
    _check_places(ctx, cmd.places)
    _check_window(ctx, cmd.nature, starts, cmd.until)
    ahead = hours_ahead(cmd.utility, starts) if cmd.nature is Nature.PLANNED else 0
    late = starts < ctx.time + ahead * HOUR_MS and cmd.nature is Nature.PLANNED
    identifier = ctx.new_id()
    row = Outage(
        state=OutageState.ANNOUNCED,
        nature=cmd.nature,
        utility=cmd.utility,
        organisation=member.organisation,
        places=cmd.places,
        starts=starts,
        until=cmd.until,
        announced_at=ctx.time,
        late=late,
    )
    outages.create(ctx, identifier, row)
    watch(ctx, identifier, cmd.until)
    ctx.emit(
        OutagePublished(
            outage=identifier,
            organisation=member.organisation,
            nature=cmd.nature,
            utility=cmd.utility,
            places=cmd.places,
            starts=starts,
            until=cmd.until,
            late=late,
            hours_ahead=ahead,
            labels=cmd.labels,
            notice=cmd.notice,
        )
    )


@contract.command
def extend_outage(ctx: Context, cmd: ExtendOutage) -> None:
    """It lasts longer than was promised, and why. That it overran stays."""
    row = _require_own(ctx, cmd.outage)
    if not max(row.until, ctx.time) < cmd.until <= ctx.time + WINDOW_MS_MAX:
        raise Refused("outages.extended_out_of_range", about=(cmd.outage,), until=row.until)
    outages.put(ctx, cmd.outage, replace(row, until=cmd.until, extended=row.extended + 1))
    watch(ctx, cmd.outage, cmd.until)
    ctx.emit(
        OutageExtended(outage=cmd.outage, until=cmd.until, was=row.until, reason=cmd.reason, notice=cmd.notice),
    )


@contract.command
def end_outage(ctx: Context, cmd: EndOutage) -> None:
    """It is over: all is as it was, it does not take place, or it never was."""
    row = _require_own(ctx, cmd.outage)
    begun = row.starts <= ctx.time
    if cmd.reason is EndReason.RESTORED and not begun:
        raise Refused("outages.not_begun", about=(cmd.outage,), starts=row.starts)
    if cmd.reason is EndReason.CALLED_OFF and begun:
        raise Refused("outages.begun", about=(cmd.outage,))
    state = OutageState.OVER if cmd.reason is EndReason.RESTORED else OutageState.CALLED_OFF
    outages.put(ctx, cmd.outage, replace(row, state=state, ended_at=ctx.time))
    ctx.unschedule("outages.watch", cmd.outage)
    overran = max(0, ctx.time - row.until)
    ctx.emit(OutageEnded(outage=cmd.outage, reason=cmd.reason, overran_ms=overran, notice=cmd.notice))
    tell_cases(ctx, cmd.outage)


@contract.timer
def watch_outage(ctx: Context, cmd: WatchOutage) -> None:
    """The promised time has come; or a week after it, in which nobody said anything."""
    row = require_outage(ctx, cmd.outage)
    if ctx.time < row.until + LAPSE_MS:
        outages.put(ctx, cmd.outage, replace(row, overran=True))
        watch(ctx, cmd.outage, row.until + LAPSE_MS)
        ctx.emit(OutageOverran(outage=cmd.outage, organisation=row.organisation, until=row.until))
        return
    outages.put(ctx, cmd.outage, replace(row, state=OutageState.LAPSED, overran=True, ended_at=ctx.time))
    ctx.emit(OutageLapsed(outage=cmd.outage, organisation=row.organisation))
    tell_cases(ctx, cmd.outage)


@contract.timer
def tell_page(ctx: Context, cmd: TellCases) -> None:
    """Tell the cases on one page; the next page comes with the next block."""
    row = require_outage(ctx, cmd.outage)
    until = row.ended_at + OBJECTION_MS
    for case in joint_reports.page(ctx, pages, cmd.outage, cmd.page):
        ctx.emit(CaseTold(case=case, outage=cmd.outage, state=row.state, objections_until=until))
    tell_cases(ctx, cmd.outage, cmd.page)


def _check_places(ctx: Context, named: tuple[bytes, ...]) -> None:
    """Common parts in use, each once: whose home it is would be public."""
    for number, identifier in enumerate(named):
        if identifier in named[:number]:
            raise Refused("outages.place_twice", about=(identifier,))
        if not places.is_common(places.require_place(ctx, identifier)):
            raise Refused("outages.no_homes")


def _check_window(ctx: Context, nature: Nature, starts: int, until: int) -> None:
    if not max(starts, ctx.time) < until <= starts + WINDOW_MS_MAX:
        raise Refused("outages.window_out_of_range", days_max=WINDOW_MS_MAX // (24 * HOUR_MS))
    if nature is Nature.FAULT and starts > ctx.time:
        raise Refused("outages.fault_to_come")
    if nature is Nature.PLANNED and not ctx.time <= starts <= ctx.time + PLANNED_AHEAD_MS_MAX:
        raise Refused("outages.planned_out_of_range", days_max=PLANNED_AHEAD_MS_MAX // (24 * HOUR_MS))


def _require_own(ctx: Context, identifier: bytes) -> Outage:
    """An outage that is not over, of the signer's organisation."""
    row = require_outage(ctx, identifier)
    member = identity.require_role(ctx, *DESKS)
    if member.organisation != row.organisation:
        raise Refused("outages.not_yours", about=(identifier,))
    if row.state is not OutageState.ANNOUNCED:
        raise Refused("outages.ended", about=(identifier,), state=row.state.value)
    return row
