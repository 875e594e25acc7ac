"""The work itself, by the repairer it is assigned to.

accept_repair → arrive_on_site → diagnose_repair → finish_repair        defer_repair ⇄ resume_repair
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from linlian.community.repairs.rules import CaseCommand, CaseEvent, contract
from linlian.community.repairs.rules_acting import step
from linlian.community.repairs.rules_clock import RepairResumed, keep
from linlian.community.repairs.rules_steps import STEPS
from linlian.community.repairs.rules_terms import DAY_MS, Cause, Urgency, is_instant
from linlian.kernel.contract import Content, Context, Meta, Millis, Refused, replace

DEFER_DAYS_MAX = 90

Proofs = Annotated[tuple[Content, ...], Meta(min_length=1, max_length=8)]
"""Commitments to photographs of the finished work."""


class DeferReason(StrEnum):
    PARTS = "parts"
    ACCESS = "access"
    AGREED = "agreed"
    APPROVAL = "approval"
    WEATHER = "weather"


class AcceptRepair(CaseCommand):
    pass


class ArriveOnSite(CaseCommand):
    pass


class DiagnoseRepair(CaseCommand):
    cause: Cause
    words: Content | None = None


class FinishRepair(CaseCommand):
    proofs: Proofs


class DeferRepair(CaseCommand):
    until: Millis
    reason: DeferReason


class ResumeRepair(CaseCommand):
    pass


@contract.event
class RepairAccepted(CaseEvent):
    late: bool = False


@contract.event
class RepairerArrived(CaseEvent):
    pass


@contract.event
class CauseFound(CaseEvent):
    cause: Cause
    words: Content | None = None


@contract.event
class RepairFinished(CaseEvent):
    """`instant`: in less time than such work takes. `late`: after its deadline."""

    proofs: Proofs
    instant: bool = False
    late: bool = False


@contract.event
class RepairDeferred(CaseEvent):
    until: Millis
    reason: DeferReason


@contract.command
def accept_repair(ctx: Context, cmd: AcceptRepair) -> None:
    """Take it on. The first acceptance keeps the promise to respond."""
    before, case, _, _ = step(ctx, cmd.case, STEPS["accept_repair"])
    late = not case.responded and (case.respond_late or ctx.time > case.respond_by)
    keep(ctx, cmd.case, before, replace(case, responded=True, respond_late=case.respond_late or late))
    ctx.emit(RepairAccepted(case=cmd.case, late=late))


@contract.command
def arrive_on_site(ctx: Context, cmd: ArriveOnSite) -> None:
    """Be there; after a dispute, be there again."""
    before, case, _, _ = step(ctx, cmd.case, STEPS["arrive_on_site"])
    keep(ctx, cmd.case, before, case)
    ctx.emit(RepairerArrived(case=cmd.case))


@contract.command
def diagnose_repair(ctx: Context, cmd: DiagnoseRepair) -> None:
    """Say what the cause is. A later finding follows an earlier one; both stay in the history."""
    before, case, _, _ = step(ctx, cmd.case, STEPS["diagnose_repair"])
    keep(ctx, cmd.case, before, case)
    ctx.emit(CauseFound(case=cmd.case, cause=cmd.cause, words=cmd.words))


@contract.command
def finish_repair(ctx: Context, cmd: FinishRepair) -> None:
    """Say that it is done, with photographs; now the resident is asked."""
    before, case, _, _ = step(ctx, cmd.case, STEPS["finish_repair"])
    instant = is_instant(case.category, case.opened_at, ctx.time)
    late = case.finish_late or ctx.time > case.finish_by
    case = replace(case, done_at=ctx.time, instant=case.instant or instant, finish_late=late)
    keep(ctx, cmd.case, before, case)
    ctx.emit(RepairFinished(case=cmd.case, proofs=cmd.proofs, instant=instant, late=late))


@contract.command
def defer_repair(ctx: Context, cmd: DeferRepair) -> None:
    """Put it off until a date, and say why. Its deadlines go on."""
    before, case, _, _ = step(ctx, cmd.case, STEPS["defer_repair"])
    if case.urgency is Urgency.LIFE_SAFETY:
        raise Refused("repairs.life_safety_cannot_wait", about=(cmd.case,))
    if not ctx.time < cmd.until <= ctx.time + DEFER_DAYS_MAX * DAY_MS:
        raise Refused("repairs.until_out_of_range", about=(cmd.case,), days_max=DEFER_DAYS_MAX)
    keep(ctx, cmd.case, before, replace(case, back=before.state, deferred_until=cmd.until))
    ctx.emit(RepairDeferred(case=cmd.case, until=cmd.until, reason=cmd.reason))


@contract.command
def resume_repair(ctx: Context, cmd: ResumeRepair) -> None:
    """Go on before the date."""
    before, case, standing, _ = step(ctx, cmd.case, STEPS["resume_repair"])
    keep(ctx, cmd.case, before, replace(case, deferred_until=0))
    ctx.emit(RepairResumed(case=cmd.case, state=case.state, standing=standing))
