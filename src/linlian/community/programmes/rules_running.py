"""Programmes: what a fund's money is spent for, how much at most, from when until when, and who said yes.

Rules
- A programme is drafted by a manager and runs once approved. Its cycles together plan no more than its budget.
- One that runs for more than six months reports on the way, one for an emergency every five days.
- At its end a full account is due; until then the programme is not over.
"""

from __future__ import annotations

from typing import Annotated

from linlian.community import funds
from linlian.community.funds import DAY_MS, TIMES, AlertKind, Currency, Due, FundId, Minor, ProgrammeId
from linlian.community.identity import AccountId
from linlian.community.programmes.rules import Programme, contract, programmes, require_programme
from linlian.community.programmes.rules_reporting import end_reports, expect_report
from linlian.community.programmes.rules_table import ProgrammeState, moved
from linlian.kernel.contract import Command, Content, Context, Count, Event, Label, Meta, Millis, Refused, replace

NOTICE_DAYS_MAX = 60
SPAN_MS_MAX = 10 * 366 * DAY_MS

Days = Annotated[int, Meta(ge=0, le=NOTICE_DAYS_MAX)]


class DraftProgramme(Command):
    """`criteria`: who may receive, as data, sealed until it is approved; `purpose` in words."""

    fund: FundId
    code: Label
    purse: Label
    budget_minor: Minor
    currency: Currency
    starts: Millis
    until: Millis
    purpose: Content
    notice_days: Days = 0
    emergency: bool = False
    criteria: Content | None = None


class ApproveProgramme(Command):
    programme: ProgrammeId
    budget_minor: Minor


class CancelProgramme(Command):
    programme: ProgrammeId


class EndProgramme(Command):
    programme: ProgrammeId


class CloseProgramme(Command):
    """Its time is over."""

    programme: ProgrammeId


@contract.event
class ProgrammeDrafted(Event):
    programme: ProgrammeId
    fund: FundId
    code: Label
    purse: Label
    budget_minor: Minor
    starts: Millis
    until: Millis
    notice_days: Count
    emergency: bool
    entered_by: AccountId
    purpose: Content
    criteria: Content | None = None


@contract.event
class ProgrammeApproved(Event):
    """`complete`: enough people have, and it runs."""

    programme: ProgrammeId
    fund: FundId
    approved_by: AccountId
    budget_minor: Minor
    complete: bool = False


@contract.event
class ProgrammeCancelled(Event):
    programme: ProgrammeId
    fund: FundId


@contract.event
class ProgrammeEnded(Event):
    programme: ProgrammeId
    fund: FundId
    account_due: Millis


@contract.command
def draft_programme(ctx: Context, cmd: DraftProgramme) -> None:
    """Draft what money is to be spent for; it runs once it is approved."""
    fund = funds.require_fund(ctx, cmd.fund)
    funds.as_manager(ctx, cmd.fund, fund)
    funds.check_currency(cmd.fund, fund, cmd.currency)
    funds.check_purse(cmd.fund, fund, cmd.purse)
    check_span(ctx, cmd.starts, cmd.until)
    programme_id = ctx.new_id()
    row = Programme(
        fund=cmd.fund,
        state=ProgrammeState.DRAFTED,
        purse=cmd.purse,
        budget_minor=cmd.budget_minor,
        starts=cmd.starts,
        until=cmd.until,
        notice_days=cmd.notice_days,
        emergency=cmd.emergency,
        entered_by=ctx.signer,
    )
    programmes.create(ctx, programme_id, row)
    ctx.emit(
        ProgrammeDrafted(
            programme=programme_id,
            fund=cmd.fund,
            code=cmd.code,
            purse=cmd.purse,
            budget_minor=cmd.budget_minor,
            starts=cmd.starts,
            until=cmd.until,
            notice_days=cmd.notice_days,
            emergency=cmd.emergency,
            entered_by=ctx.signer,
            purpose=cmd.purpose,
            criteria=cmd.criteria,
        )
    )


@contract.command
def approve_programme(ctx: Context, cmd: ApproveProgramme) -> None:
    """Say yes to a programme and its budget; an emergency too is begun by two above the limit."""
    row = require_programme(ctx, cmd.programme)
    fund = funds.require_fund(ctx, row.fund)
    funds.as_approver(ctx, row.fund, fund, row.entered_by)
    state = moved("approve_programme", row.state, (cmd.programme,))
    if cmd.budget_minor != row.budget_minor:
        raise Refused("programmes.wrong_sum", about=(cmd.programme,), amount_minor=row.budget_minor)
    if row.until <= ctx.time:
        raise Refused("programmes.not_a_time", until=row.until)
    approved_by, complete = funds.approve(ctx, row.fund, fund, row.approved_by, row.budget_minor)
    row = replace(row, approved_by=approved_by)
    if complete:
        row = replace(row, state=state)
        funds.open_pot(ctx, cmd.programme, row.fund, row.purse)
        ctx.schedule("programmes.over", cmd.programme, row.until, CloseProgramme(programme=cmd.programme))
        expect_report(ctx, cmd.programme, row)
    programmes.put(ctx, cmd.programme, row)
    ctx.emit(
        ProgrammeApproved(
            programme=cmd.programme,
            fund=row.fund,
            approved_by=ctx.signer,
            budget_minor=row.budget_minor,
            complete=complete,
        )
    )


@contract.command
def cancel_programme(ctx: Context, cmd: CancelProgramme) -> None:
    """Give up a programme that nobody has begun."""
    row = require_programme(ctx, cmd.programme)
    funds.as_manager(ctx, row.fund, funds.require_fund(ctx, row.fund))
    programmes.put(ctx, cmd.programme, replace(row, state=moved("cancel_programme", row.state, (cmd.programme,))))
    ctx.emit(ProgrammeCancelled(programme=cmd.programme, fund=row.fund))


@contract.command
def end_programme(ctx: Context, cmd: EndProgramme) -> None:
    """End a programme before its time; what is under way is still paid."""
    row = require_programme(ctx, cmd.programme)
    funds.as_manager(ctx, row.fund, funds.require_fund(ctx, row.fund))
    ctx.unschedule("programmes.over", cmd.programme)
    _end(ctx, cmd.programme, row)


@contract.timer
def close_programme(ctx: Context, cmd: CloseProgramme) -> None:
    """The time of a programme is over; its full account is due within three months."""
    _end(ctx, cmd.programme, require_programme(ctx, cmd.programme))


def _end(ctx: Context, programme_id: bytes, row: Programme) -> None:
    programmes.put(ctx, programme_id, replace(row, state=moved("end_programme", row.state, (programme_id,))))
    funds.close_pot(ctx, programme_id)
    end_reports(ctx, programme_id)
    due = ctx.time + TIMES[AlertKind.ACCOUNT_DUE]
    funds.expect(ctx, Due(AlertKind.ACCOUNT_DUE, row.fund, programme_id, programme_id, due))
    ctx.emit(ProgrammeEnded(programme=programme_id, fund=row.fund, account_due=due))


def check_span(ctx: Context, starts: int, until: int) -> None:
    """Dates that can be meant: an end that is to come, after the beginning, within ten years of now."""
    if not ctx.time < until <= ctx.time + SPAN_MS_MAX or not starts < until or starts < ctx.time - SPAN_MS_MAX:
        raise Refused("programmes.not_a_time", until=until)
