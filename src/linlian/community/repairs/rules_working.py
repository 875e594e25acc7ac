"""The work itself, by the repairer it is assigned to.

accept_repair → arrive_on_site → (make_safe) → diagnose_repair → finish_repair

defer_repair ⇄ resume_repair; what is put off for long is looked at again by a date (review_repair)
"""

from __future__ import annotations

from enum import StrEnum

from linlian.community.repairs.rules import Case, CaseCommand, CaseEvent, Photos, Proofs, contract
from linlian.community.repairs.rules_acting import check_licence, step
from linlian.community.repairs.rules_clock import RepairResumed, keep, meet, resume_clocks, undeferred
from linlian.community.repairs.rules_steps import STEPS
from linlian.community.repairs.rules_terms import DAY_MS, Cause, Clock, Urgency, guarantee_ms, is_instant
from linlian.kernel.contract import Content, Context, Millis, Refused, replace

DEFER_DAYS_MAX = 90


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


class MakeSafe(CaseCommand):
    """`photos` show what was shut off, closed or cordoned off."""

    photos: Photos = ()
    words: Content | None = None


class DeferRepair(CaseCommand):
    """`review`: put off for long. It does not wake on the date, but is looked at again, and then put off anew."""

    until: Millis
    reason: DeferReason
    review: bool = False


class ReviewRepair(CaseCommand):
    """Looked at, and put off until another date; `words` say why it still has to wait."""

    until: Millis
    words: Content


class ResumeRepair(CaseCommand):
    pass


@contract.event
class RepairAccepted(CaseEvent):
    late: bool = False


@contract.event
class RepairerArrived(CaseEvent):
    late: bool = False


@contract.event
class MadeSafe(CaseEvent):
    """Nobody is in danger any more; nothing is repaired yet."""

    late: bool = False
    photos: Photos = ()
    words: Content | None = None


@contract.event
class CauseFound(CaseEvent):
    cause: Cause
    words: Content | None = None


@contract.event
class RepairFinished(CaseEvent):
    """`took_ms` since the opening, of which the clocks stood still for `paused_in_all_ms`. `late`: after its deadline.

    instant     in less time than such work takes
    """

    proofs: Proofs
    took_ms: Millis
    guaranteed_until: Millis
    paused_in_all_ms: Millis = 0
    instant: bool = False
    late: bool = False


@contract.event
class RepairDeferred(CaseEvent):
    until: Millis
    reason: DeferReason
    review: bool = False


@contract.event
class RepairReviewed(CaseEvent):
    until: Millis
    words: Content


@contract.command
def accept_repair(ctx: Context, cmd: AcceptRepair) -> None:
    """Take it on. The first acceptance keeps the promise to respond."""
    before, case, _, _ = step(ctx, cmd.case, STEPS["accept_repair"])
    check_licence(ctx, cmd.case, case, ctx.signer)
    case, late = meet(case, Clock.RESPOND, ctx.time)
    keep(ctx, cmd.case, before, case)
    ctx.emit(RepairAccepted(case=cmd.case, late=late))


@contract.command
def arrive_on_site(ctx: Context, cmd: ArriveOnSite) -> None:
    """Be there; after a dispute, be there again."""
    before, case, _, _ = step(ctx, cmd.case, STEPS["arrive_on_site"])
    case, late = meet(case, Clock.ARRIVE, ctx.time)
    keep(ctx, cmd.case, before, case)
    ctx.emit(RepairerArrived(case=cmd.case, late=late))


@contract.command
def make_safe(ctx: Context, cmd: MakeSafe) -> None:
    """See to it that nobody is in danger: shut off, let out, cordon off."""
    before, case, _, _ = step(ctx, cmd.case, STEPS["make_safe"])
    case, late = meet(case, Clock.SAFE, ctx.time)
    keep(ctx, cmd.case, before, replace(case, safe_at=ctx.time))
    ctx.emit(MadeSafe(case=cmd.case, late=late, photos=cmd.photos, words=cmd.words))


@contract.command
def diagnose_repair(ctx: Context, cmd: DiagnoseRepair) -> None:
    """Say what the cause is. A later finding follows an earlier one; both stay in the history."""
    before, case, _, _ = step(ctx, cmd.case, STEPS["diagnose_repair"])
    _check_safe(cmd.case, case)
    keep(ctx, cmd.case, before, case)
    ctx.emit(CauseFound(case=cmd.case, cause=cmd.cause, words=cmd.words))


@contract.command
def finish_repair(ctx: Context, cmd: FinishRepair) -> None:
    """Say that it is done, with photographs; now the resident is told and asked."""
    before, case, standing, _ = step(ctx, cmd.case, STEPS["finish_repair"])
    _check_safe(cmd.case, case)
    check_licence(ctx, cmd.case, case, ctx.signer)
    case, late = meet(resume_clocks(ctx, cmd.case, case, standing), Clock.FINISH, ctx.time)
    instant = is_instant(case.category, case.opened_at, ctx.time)
    guaranteed_until = ctx.time + guarantee_ms(case.category)
    case = replace(
        case, done_at=ctx.time, instant=case.instant or instant, guaranteed_until=guaranteed_until, notified_at=0
    )
    keep(ctx, cmd.case, before, case)
    ctx.emit(
        RepairFinished(
            case=cmd.case,
            proofs=cmd.proofs,
            took_ms=ctx.time - case.opened_at,
            guaranteed_until=guaranteed_until,
            paused_in_all_ms=case.paused_ms,
            instant=instant,
            late=late,
        )
    )


@contract.command
def defer_repair(ctx: Context, cmd: DeferRepair) -> None:
    """Put it off until a date, and say why. Its deadlines go on."""
    before, case, _, _ = step(ctx, cmd.case, STEPS["defer_repair"])
    if case.urgency is Urgency.LIFE_SAFETY:
        raise Refused("repairs.life_safety_cannot_wait", about=(cmd.case,))
    _check_date(ctx, cmd.case, cmd.until)
    case = replace(case, back=before.state, deferred_until=cmd.until, review=cmd.review)
    keep(ctx, cmd.case, before, case)
    ctx.emit(RepairDeferred(case=cmd.case, until=cmd.until, reason=cmd.reason, review=cmd.review))


@contract.command
def review_repair(ctx: Context, cmd: ReviewRepair) -> None:
    """Look again at what was put off for long, and put it off until another date."""
    before, case, _, _ = step(ctx, cmd.case, STEPS["review_repair"])
    if not before.review:
        raise Refused("repairs.not_for_review", about=(cmd.case,))
    _check_date(ctx, cmd.case, cmd.until)
    keep(ctx, cmd.case, before, replace(undeferred(case), deferred_until=cmd.until, review=True))
    ctx.emit(RepairReviewed(case=cmd.case, until=cmd.until, words=cmd.words))


@contract.command
def resume_repair(ctx: Context, cmd: ResumeRepair) -> None:
    """Go on before the date."""
    before, case, standing, _ = step(ctx, cmd.case, STEPS["resume_repair"])
    keep(ctx, cmd.case, before, undeferred(case))
    ctx.emit(RepairResumed(case=cmd.case, state=case.state, standing=standing))


def _check_safe(case_id: bytes, case: Case) -> None:
    if case.urgency is Urgency.LIFE_SAFETY and case.safe_at == 0:
        raise Refused("repairs.not_made_safe", about=(case_id,))


def _check_date(ctx: Context, case_id: bytes, until: int) -> None:
    if not ctx.time < until <= ctx.time + DEFER_DAYS_MAX * DAY_MS:
        raise Refused("repairs.until_out_of_range", about=(case_id,), days_max=DEFER_DAYS_MAX)
