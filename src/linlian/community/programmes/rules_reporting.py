"""Reports on a programme that runs, and its full account at the end.

Rules
- A report names nothing but its document: its figures are the ledger's at that moment, and stand beside it.
- One that runs for more than six months reports on the way, one for an emergency every five days.
- A programme is over when its full account is filed, which also says what is under way still.
"""

from __future__ import annotations

from linlian.community import funds
from linlian.community.funds import (
    EMERGENCY_REPORT_MS,
    REPORTING_FROM_MS,
    TIMES,
    AlertKind,
    Due,
    FundId,
    ProgrammeId,
)
from linlian.community.identity import AccountId
from linlian.community.programmes.rules import Programme, contract, programmes, require_programme
from linlian.community.programmes.rules_table import ProgrammeState, moved
from linlian.kernel.contract import Command, Content, Context, Count, Event, Refused, replace


class FileReport(Command):
    programme: ProgrammeId
    document: Content


class AccountFor(Command):
    programme: ProgrammeId
    document: Content


class MissReport(Command):
    programme: ProgrammeId


@contract.event
class ReportFiled(Event):
    programme: ProgrammeId
    fund: FundId
    number: Count
    filed_by: AccountId
    document: Content


@contract.event
class ProgrammeAccounted(Event):
    """`left_minor`: given for it alone and still there; `under_way_minor`: left and with no recipient yet."""

    programme: ProgrammeId
    fund: FundId
    filed_by: AccountId
    left_minor: Count
    under_way_minor: Count
    document: Content


@contract.command
def file_report(ctx: Context, cmd: FileReport) -> None:
    """Report on a programme that runs; the next report has its time from now."""
    row = require_programme(ctx, cmd.programme)
    funds.as_manager(ctx, row.fund, funds.require_fund(ctx, row.fund))
    if row.state is not ProgrammeState.RUNNING:
        raise Refused("programmes.not_running", about=(cmd.programme,), state=row.state.value)
    programmes.put(ctx, cmd.programme, replace(row, reports=row.reports + 1))
    funds.forget(ctx, AlertKind.REPORT_DUE, cmd.programme)
    expect_report(ctx, cmd.programme, row)
    ctx.emit(
        ReportFiled(
            programme=cmd.programme,
            fund=row.fund,
            number=row.reports + 1,
            filed_by=ctx.signer,
            document=cmd.document,
        )
    )


@contract.command
def account_for(ctx: Context, cmd: AccountFor) -> None:
    """File the full account of a programme that ended."""
    row = require_programme(ctx, cmd.programme)
    funds.as_manager(ctx, row.fund, funds.require_fund(ctx, row.fund))
    state = moved("account_for", row.state, (cmd.programme,))
    programmes.put(ctx, cmd.programme, replace(row, state=state))
    funds.forget(ctx, AlertKind.ACCOUNT_DUE, cmd.programme)
    pot = funds.require_pot(ctx, cmd.programme)
    funds.count_accounted(ctx, row.fund)
    ctx.emit(
        ProgrammeAccounted(
            programme=cmd.programme,
            fund=row.fund,
            filed_by=ctx.signer,
            left_minor=pot.own_minor,
            under_way_minor=pot.out_minor - pot.delivered_minor,
            document=cmd.document,
        )
    )


@contract.timer
def miss_report(ctx: Context, cmd: MissReport) -> None:
    """Nobody reported in time; the next report has its time from now."""
    row = require_programme(ctx, cmd.programme)
    funds.miss(ctx, Due(AlertKind.REPORT_DUE, row.fund, cmd.programme, cmd.programme, ctx.time))
    expect_report(ctx, cmd.programme, row)


def expect_report(ctx: Context, programme_id: bytes, row: Programme) -> None:
    """The next report of a programme that runs for long enough, or for an emergency."""
    if not row.emergency and row.until - row.starts <= REPORTING_FROM_MS:
        return
    every = EMERGENCY_REPORT_MS if row.emergency else TIMES[AlertKind.REPORT_DUE]
    ctx.schedule("programmes.report", programme_id, ctx.time + every, MissReport(programme=programme_id))


def end_reports(ctx: Context, programme_id: bytes) -> None:
    """No more reports; the full account takes their place."""
    ctx.unschedule("programmes.report", programme_id)
    funds.forget(ctx, AlertKind.REPORT_DUE, programme_id)
