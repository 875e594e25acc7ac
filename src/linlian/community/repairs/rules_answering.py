"""The answer of those for whom it was done, and ending a case otherwise.

    confirm_repair | dispute_repair        cancel_repair → reopen_repair

Nothing is counted as confirmed unless somebody outside the organisation that did the work has said so.
"""

from __future__ import annotations

from enum import StrEnum

from linlian.community import identity
from linlian.community.identity import NOBODY, AccountId
from linlian.community.places import PlaceId
from linlian.community.repairs.rules import ActedEvent, Case, CaseCommand, contract, named
from linlian.community.repairs.rules_acting import step
from linlian.community.repairs.rules_clock import keep
from linlian.community.repairs.rules_steps import STEPS, Standing
from linlian.community.repairs.rules_terms import DAY_MS, deadlines
from linlian.kernel.contract import Content, Context, Millis, Refused, replace

REOPEN_DAYS_MAX = 30


class CancelReason(StrEnum):
    WITHDRAWN = "withdrawn"
    DUPLICATE = "duplicate"
    NOT_OURS = "not_ours"
    NOTHING_FOUND = "nothing_found"


class ConfirmRepair(CaseCommand):
    pass


class DisputeRepair(CaseCommand):
    words: Content | None = None


class CancelRepair(CaseCommand):
    reason: CancelReason
    words: Content | None = None


class ReopenRepair(CaseCommand):
    words: Content | None = None


@contract.event
class RepairConfirmed(ActedEvent):
    """Closed because somebody said that it is repaired."""

    place: PlaceId
    confirmed_by: AccountId
    reporter: AccountId | None = None


@contract.event
class RepairDisputed(ActedEvent):
    disputed_by: AccountId
    words: Content | None = None


@contract.event
class RepairCancelled(ActedEvent):
    place: PlaceId
    reason: CancelReason
    reporter: AccountId | None = None
    words: Content | None = None


@contract.event
class RepairReopened(ActedEvent):
    place: PlaceId
    reopened_by: AccountId
    respond_by: Millis
    finish_by: Millis
    words: Content | None = None


@contract.command
def confirm_repair(ctx: Context, cmd: ConfirmRepair) -> None:
    """Say that it is repaired."""
    before, case, standing, basis = step(ctx, cmd.case, STEPS["confirm_repair"])
    _check_not_own_work(ctx, cmd.case, case)
    keep(ctx, cmd.case, before, replace(case, closed_at=ctx.time, closing=basis.value))
    ctx.emit(
        RepairConfirmed(
            case=cmd.case,
            standing=standing,
            basis=basis,
            place=case.place,
            confirmed_by=ctx.signer,
            reporter=named(case.reporter),
        )
    )


@contract.command
def dispute_repair(ctx: Context, cmd: DisputeRepair) -> None:
    """Say that it is not repaired. From now on silence closes nothing."""
    before, case, standing, basis = step(ctx, cmd.case, STEPS["dispute_repair"])
    keep(ctx, cmd.case, before, replace(case, done_at=0, disputes=case.disputes + 1))
    ctx.emit(RepairDisputed(case=cmd.case, standing=standing, basis=basis, disputed_by=ctx.signer, words=cmd.words))


@contract.command
def cancel_repair(ctx: Context, cmd: CancelRepair) -> None:
    """End it without a repair. Only the reporter's side withdraws; what a desk cancels, it can reopen."""
    before, case, standing, basis = step(ctx, cmd.case, STEPS["cancel_repair"])
    if cmd.reason is CancelReason.WITHDRAWN and standing is not Standing.REPORTER:
        raise Refused("repairs.only_the_reporter_withdraws", about=(cmd.case,))
    keep(ctx, cmd.case, before, replace(case, closed_at=ctx.time, deferred_until=0))
    ctx.emit(
        RepairCancelled(
            case=cmd.case,
            standing=standing,
            basis=basis,
            place=case.place,
            reason=cmd.reason,
            reporter=named(case.reporter),
            words=cmd.words,
        )
    )


@contract.command
def reopen_repair(ctx: Context, cmd: ReopenRepair) -> None:
    """Open an ended case again: back to the organisation that answered for it, with new deadlines."""
    before, case, standing, basis = step(ctx, cmd.case, STEPS["reopen_repair"])
    if ctx.time > case.closed_at + REOPEN_DAYS_MAX * DAY_MS:
        raise Refused("repairs.too_late_to_reopen", about=(cmd.case,), days_max=REOPEN_DAYS_MAX)
    case = _opened_again(case, ctx.time)
    keep(ctx, cmd.case, before, case)
    ctx.emit(
        RepairReopened(
            case=cmd.case,
            standing=standing,
            basis=basis,
            place=case.place,
            reopened_by=ctx.signer,
            respond_by=case.respond_by,
            finish_by=case.finish_by,
            words=cmd.words,
        )
    )


def _check_not_own_work(ctx: Context, case_id: bytes, case: Case) -> None:
    """Refuse everyone of the organisation that did the work; the executor is one of them."""
    member = identity.member(ctx, ctx.signer)
    if member is not None and member.organisation == case.responsible:
        raise Refused("repairs.own_work", about=(case_id,))


def _opened_again(case: Case, time: int) -> Case:
    respond_by, finish_by = deadlines(case.category, case.urgency, time)
    return replace(
        case,
        executor=NOBODY,
        opened_at=time,
        respond_by=respond_by,
        finish_by=finish_by,
        done_at=0,
        closed_at=0,
        closing="",
        responded=False,
        respond_late=False,
        finish_late=False,
        reopened=case.reopened + 1,
    )
