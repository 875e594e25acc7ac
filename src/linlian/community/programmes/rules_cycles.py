"""Cycles: one round of a programme, its list, who approved it, how long it hung out, and when it is paid.

Rules
- A cycle's list is closed when it is submitted; what is approved is that list, its number and its sum, which whoever
  approves names. Sent back, it opens again and whoever approved has not.
- Where the programme says so, the list hangs out between the decision and the first payment. It is paid once the time
  is over and every objection is answered.
- An emergency is approved by one, hangs out nowhere, and is looked at afterwards by somebody else.
"""

from __future__ import annotations

from linlian.community import funds
from linlian.community.funds import DAY_MS, TIMES, AlertKind, Due, Minor, ProgrammeId
from linlian.community.identity import NOBODY, AccountId
from linlian.community.programmes.rules import (
    Cycle,
    CycleId,
    Programme,
    contract,
    cycles,
    programmes,
    require_cycle,
    require_programme,
)
from linlian.community.programmes.rules_running import check_span
from linlian.community.programmes.rules_table import CycleState, ProgrammeState, moved
from linlian.kernel.contract import SYSTEM, Command, Content, Context, Count, Event, Millis, Refused, replace


class DraftCycle(Command):
    programme: ProgrammeId
    ceiling_minor: Minor
    starts: Millis
    until: Millis


class SubmitCycle(Command):
    """`notice`: the list as it will hang out, with names masked."""

    cycle: CycleId
    notice: Content | None = None


class SendBackCycle(Command):
    cycle: CycleId
    words: Content


class ApproveCycle(Command):
    """Whoever approves names how many there are and what it comes to."""

    cycle: CycleId
    entitlements: Count
    entitled_minor: Minor


class ReleaseCycle(Command):
    """The notice is over."""

    cycle: CycleId


class CancelCycle(Command):
    cycle: CycleId


class EndCycle(Command):
    cycle: CycleId


class CloseCycle(Command):
    """Its time is over."""

    cycle: CycleId


class ReviewCycle(Command):
    """`sound`: it was right to pay it without waiting."""

    cycle: CycleId
    sound: bool
    words: Content


@contract.event
class CycleDrafted(Event):
    cycle: CycleId
    programme: ProgrammeId
    number: Count
    ceiling_minor: Minor
    starts: Millis
    until: Millis
    entered_by: AccountId


@contract.event
class CycleSubmitted(Event):
    cycle: CycleId
    programme: ProgrammeId
    entitlements: Count
    entitled_minor: Count
    submitted_by: AccountId
    notice: Content | None = None


@contract.event
class CycleSentBack(Event):
    cycle: CycleId
    programme: ProgrammeId
    words: Content | None = None


@contract.event
class CycleApproved(Event):
    """`complete`: enough people have. `posted_until`: the list hangs out until then; 0 where it does not."""

    cycle: CycleId
    programme: ProgrammeId
    approved_by: AccountId
    entitlements: Count
    entitled_minor: Minor
    complete: bool = False
    posted_until: Millis = 0


@contract.event
class CycleReleased(Event):
    cycle: CycleId
    programme: ProgrammeId


@contract.event
class CycleCancelled(Event):
    cycle: CycleId
    programme: ProgrammeId


@contract.event
class CycleEnded(Event):
    cycle: CycleId
    programme: ProgrammeId


@contract.event
class CycleReviewed(Event):
    cycle: CycleId
    programme: ProgrammeId
    reviewed_by: AccountId
    sound: bool
    words: Content


@contract.command
def draft_cycle(ctx: Context, cmd: DraftCycle) -> None:
    """Open a round of a programme: up to how much, from when until when."""
    row = require_programme(ctx, cmd.programme)
    funds.as_manager(ctx, row.fund, funds.require_fund(ctx, row.fund))
    if row.state is not ProgrammeState.RUNNING:
        raise Refused("programmes.not_running", about=(cmd.programme,), state=row.state.value)
    check_span(ctx, cmd.starts, cmd.until)
    _check_budget(cmd.programme, row, cmd.ceiling_minor)
    programmes.put(
        ctx, cmd.programme, replace(row, planned_minor=row.planned_minor + cmd.ceiling_minor, cycles=row.cycles + 1)
    )
    cycle_id = ctx.new_id()
    cycle = Cycle(
        programme=cmd.programme,
        fund=row.fund,
        state=CycleState.DRAFTED,
        ceiling_minor=cmd.ceiling_minor,
        starts=cmd.starts,
        until=cmd.until,
        entered_by=ctx.signer,
    )
    cycles.create(ctx, cycle_id, cycle)
    ctx.emit(
        CycleDrafted(
            cycle=cycle_id,
            programme=cmd.programme,
            number=row.cycles + 1,
            ceiling_minor=cmd.ceiling_minor,
            starts=cmd.starts,
            until=cmd.until,
            entered_by=ctx.signer,
        )
    )


@contract.command
def submit_cycle(ctx: Context, cmd: SubmitCycle) -> None:
    """Close a cycle's list and ask for approval."""
    cycle = require_cycle(ctx, cmd.cycle)
    funds.as_manager(ctx, cycle.fund, funds.require_fund(ctx, cycle.fund))
    state = moved("submit_cycle", cycle.state, (cmd.cycle,))
    if not cycle.entitlements:
        raise Refused("programmes.empty_cycle", about=(cmd.cycle,))
    if require_programme(ctx, cycle.programme).notice_days and cmd.notice is None:
        raise Refused("programmes.notice_missing", about=(cmd.cycle,))
    cycles.put(ctx, cmd.cycle, replace(cycle, state=state, submitted_by=ctx.signer))
    ctx.emit(
        CycleSubmitted(
            cycle=cmd.cycle,
            programme=cycle.programme,
            entitlements=cycle.entitlements,
            entitled_minor=cycle.entitled_minor,
            submitted_by=ctx.signer,
            notice=cmd.notice,
        )
    )


@contract.command
def send_back_cycle(ctx: Context, cmd: SendBackCycle) -> None:
    """Say that a list is not right as it is: it opens again, and nobody has approved it."""
    cycle = require_cycle(ctx, cmd.cycle)
    funds.as_approver(ctx, cycle.fund, funds.require_fund(ctx, cycle.fund), cycle.entered_by, cycle.submitted_by)
    send_back(ctx, cmd.cycle, cycle, cmd.words)


@contract.command
def approve_cycle(ctx: Context, cmd: ApproveCycle) -> None:
    """Say yes to a list: so many people, so much money."""
    cycle = require_cycle(ctx, cmd.cycle)
    fund, programme = funds.require_fund(ctx, cycle.fund), require_programme(ctx, cycle.programme)
    funds.as_approver(ctx, cycle.fund, fund, cycle.entered_by, cycle.submitted_by)
    posts = programme.notice_days > 0 and not programme.emergency
    state = moved("post_cycle" if posts else "approve_cycle", cycle.state, (cmd.cycle,))
    if (cmd.entitlements, cmd.entitled_minor) != (cycle.entitlements, cycle.entitled_minor):
        raise Refused("programmes.wrong_sum", about=(cmd.cycle,), amount_minor=cycle.entitled_minor)
    approved_by, complete = funds.approve(
        ctx, cycle.fund, fund, cycle.approved_by, cycle.entitled_minor, quick=programme.emergency
    )
    posted_until = ctx.time + programme.notice_days * DAY_MS if posts and complete else 0
    cycle = replace(cycle, approved_by=approved_by, posted_until=posted_until, state=state if complete else cycle.state)
    cycles.put(ctx, cmd.cycle, cycle)
    if complete:
        _begin(ctx, cmd.cycle, cycle, programme)
    ctx.emit(
        CycleApproved(
            cycle=cmd.cycle,
            programme=cycle.programme,
            approved_by=ctx.signer,
            entitlements=cycle.entitlements,
            entitled_minor=cycle.entitled_minor,
            complete=complete,
            posted_until=posted_until,
        )
    )


@contract.timer
def release_cycle(ctx: Context, cmd: ReleaseCycle) -> None:
    """The notice has hung out for its time: it is paid, unless an objection still waits for its answer."""
    cycle = require_cycle(ctx, cmd.cycle)
    if cycle.objections:
        funds.miss(ctx, Due(AlertKind.OBJECTION_DUE, cycle.fund, cycle.programme, cmd.cycle, ctx.time))
    else:
        release(ctx, cmd.cycle, cycle)


@contract.command
def cancel_cycle(ctx: Context, cmd: CancelCycle) -> None:
    """Give up a cycle that nobody has approved; its programme may plan that money again."""
    cycle = require_cycle(ctx, cmd.cycle)
    funds.as_manager(ctx, cycle.fund, funds.require_fund(ctx, cycle.fund))
    cycles.put(ctx, cmd.cycle, replace(cycle, state=moved("cancel_cycle", cycle.state, (cmd.cycle,))))
    row = require_programme(ctx, cycle.programme)
    programmes.put(ctx, cycle.programme, replace(row, planned_minor=row.planned_minor - cycle.ceiling_minor))
    ctx.emit(CycleCancelled(cycle=cmd.cycle, programme=cycle.programme))


@contract.command
def end_cycle(ctx: Context, cmd: EndCycle) -> None:
    """End a cycle before its time: no more payments are entered; those that are approved are still sent."""
    cycle = require_cycle(ctx, cmd.cycle)
    funds.as_manager(ctx, cycle.fund, funds.require_fund(ctx, cycle.fund))
    ctx.unschedule("programmes.cycle_over", cmd.cycle)
    _end_cycle(ctx, cmd.cycle, cycle)


@contract.timer
def close_cycle(ctx: Context, cmd: CloseCycle) -> None:
    """The time of a cycle is over."""
    _end_cycle(ctx, cmd.cycle, require_cycle(ctx, cmd.cycle))


@contract.command
def review_cycle(ctx: Context, cmd: ReviewCycle) -> None:
    """Look at an emergency afterwards: somebody who had not approved it, or the regulator."""
    cycle = require_cycle(ctx, cmd.cycle)
    fund = funds.require_fund(ctx, cycle.fund)
    if not require_programme(ctx, cycle.programme).emergency or not cycle.approved_by or cycle.reviewed_by != NOBODY:
        raise Refused("programmes.nothing_to_review", about=(cmd.cycle,))
    if funds.is_of(ctx, fund.regulator):
        funds.as_regulator(ctx, cycle.fund, fund)
    else:
        funds.as_approver(ctx, cycle.fund, fund, cycle.entered_by, cycle.submitted_by, *cycle.approved_by)
    funds.forget(ctx, AlertKind.REVIEW_DUE, cmd.cycle)
    cycles.put(ctx, cmd.cycle, replace(cycle, reviewed_by=ctx.signer))
    ctx.emit(
        CycleReviewed(
            cycle=cmd.cycle, programme=cycle.programme, reviewed_by=ctx.signer, sound=cmd.sound, words=cmd.words
        )
    )


def send_back(ctx: Context, cycle_id: bytes, cycle: Cycle, words: Content | None) -> None:
    """Open a list again; whoever approved it has not."""
    state = moved("send_back_cycle", cycle.state, (cycle_id,))
    ctx.unschedule("programmes.notice_over", cycle_id)
    ctx.unschedule("programmes.cycle_over", cycle_id)
    cycles.put(ctx, cycle_id, replace(cycle, state=state, approved_by=(), posted_until=0, submitted_by=NOBODY))
    ctx.emit(CycleSentBack(cycle=cycle_id, programme=cycle.programme, words=words))


def release(ctx: Context, cycle_id: bytes, cycle: Cycle) -> None:
    """From now on payments may be entered."""
    cycles.put(ctx, cycle_id, replace(cycle, state=moved("release_cycle", cycle.state, (cycle_id,))))
    ctx.emit(CycleReleased(cycle=cycle_id, programme=cycle.programme))


def _begin(ctx: Context, cycle_id: bytes, cycle: Cycle, programme: Programme) -> None:
    """Set the clocks of a cycle that was approved."""
    if cycle.posted_until:
        ctx.schedule("programmes.notice_over", cycle_id, cycle.posted_until, ReleaseCycle(cycle=cycle_id))
    ctx.schedule("programmes.cycle_over", cycle_id, max(cycle.until, cycle.posted_until), CloseCycle(cycle=cycle_id))
    if programme.emergency:
        due = ctx.time + TIMES[AlertKind.REVIEW_DUE]
        funds.expect(ctx, Due(AlertKind.REVIEW_DUE, cycle.fund, cycle.programme, cycle_id, due))


def _check_budget(programme_id: bytes, row: Programme, ceiling_minor: int) -> None:
    left = row.budget_minor - row.planned_minor
    if ceiling_minor > left:
        raise Refused("programmes.over_budget", about=(programme_id,), left_minor=left)


def _end_cycle(ctx: Context, cycle_id: bytes, cycle: Cycle) -> None:
    """One whose objections are still open waits for them; it ends when they are answered."""
    if ctx.signer == SYSTEM and cycle.state is CycleState.POSTED:
        ctx.schedule("programmes.cycle_over", cycle_id, ctx.time + DAY_MS, CloseCycle(cycle=cycle_id))
        return
    cycles.put(ctx, cycle_id, replace(cycle, state=moved("end_cycle", cycle.state, (cycle_id,))))
    ctx.emit(CycleEnded(cycle=cycle_id, programme=cycle.programme))
