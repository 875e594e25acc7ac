"""The answer of those for whom it was done, and ending a case otherwise.

    serve_notice → confirm_repair | dispute_repair        cancel_repair → reopen_repair
    in common parts: check_repair, and three days in which everybody concerned may object

Nothing is counted as confirmed unless somebody outside every organisation in the case has said so. At home that is
whoever has the right to confirm there, or speaks for them; none of the people of a company that lives by such work
does, whichever company did it and whatever delegation they hold.
"""

from __future__ import annotations

from enum import StrEnum

from linlian.community import identity, places
from linlian.community.identity import NOBODY, AccountId, Basis, Scope
from linlian.community.places import PlaceId
from linlian.community.repairs.rules import (
    DISPUTE,
    ActedEvent,
    Case,
    CaseCommand,
    Photos,
    PromisedEvent,
    Proofs,
    contract,
    escalate,
    named,
    organisations_of,
)
from linlian.community.repairs.rules_acting import WORKING_KINDS, may_confirm, step
from linlian.community.repairs.rules_clock import keep, meet, resume_clocks, undeferred, with_promises
from linlian.community.repairs.rules_steps import STEPS, Standing
from linlian.community.repairs.rules_terms import DAY_MS, Clock
from linlian.kernel.contract import Content, Context, Id, Refused, replace

REOPEN_DAYS_MAX = 30


class CancelReason(StrEnum):
    WITHDRAWN = "withdrawn"
    DUPLICATE = "duplicate"
    NOT_OURS = "not_ours"
    NOTHING_FOUND = "nothing_found"


class Notice(StrEnum):
    """How somebody was told."""

    APP = "app"
    CALL = "call"
    PAPER = "paper"


class ServeNotice(CaseCommand):
    """`proof`: the recording of the call, or a photograph of the paper at the door; sealed."""

    how: Notice
    proof: Content | None = None


class CheckRepair(CaseCommand):
    """`proofs`: what the witness saw."""

    proofs: Proofs


class ConfirmRepair(CaseCommand):
    pass


class DisputeRepair(CaseCommand):
    words: Content | None = None
    photos: Photos = ()


class CancelRepair(CaseCommand):
    reason: CancelReason
    words: Content | None = None


class ReopenRepair(CaseCommand):
    words: Content | None = None


@contract.event
class NoticeServed(ActedEvent):
    """Those for whom it was done were told. `counts`: from now on silence may close it."""

    how: Notice
    counts: bool
    proof: Content | None = None


@contract.event
class RepairChecked(ActedEvent):
    """A witness found it sound: confirmed in three days, unless somebody objects."""

    checked_by: AccountId
    proofs: Proofs


@contract.event
class RepairConfirmed(ActedEvent):
    """Closed because somebody said that it is repaired."""

    place: PlaceId
    confirmed_by: AccountId
    reporter: AccountId | None = None


@contract.event
class RepairDisputed(ActedEvent):
    """It goes back to whoever has it, and to who looks after them: `responsible` is whose it is."""

    disputed_by: AccountId
    responsible: Id
    executor: Id
    words: Content | None = None
    photos: Photos = ()


@contract.event
class RepairCancelled(ActedEvent):
    place: PlaceId
    reason: CancelReason
    reporter: AccountId | None = None
    words: Content | None = None


@contract.event
class RepairReopened(PromisedEvent):
    place: PlaceId
    reopened_by: AccountId
    words: Content | None = None


@contract.command
def serve_notice(ctx: Context, cmd: ServeNotice) -> None:
    """Tell those for whom it was done that it is done, and how they were told. Only then does silence count."""
    before, case, standing, basis = step(ctx, cmd.case, STEPS["serve_notice"])
    if cmd.how is not Notice.APP and cmd.proof is None:
        raise Refused("repairs.notice_without_proof", about=(cmd.case,))
    served(
        ctx, cmd.case, before, case, standing, basis, cmd.how, cmd.how is Notice.CALL or _has_key(ctx, case), cmd.proof
    )


@contract.command
def check_repair(ctx: Context, cmd: CheckRepair) -> None:
    """In common parts: look at it, and say that it is sound. Everybody concerned has three days to object."""
    before, case, standing, basis = step(ctx, cmd.case, STEPS["check_repair"])
    checked(ctx, cmd.case, before, case, standing, basis, cmd.proofs)


@contract.command
def confirm_repair(ctx: Context, cmd: ConfirmRepair) -> None:
    """Say that it is repaired."""
    before, case, standing, basis = step(ctx, cmd.case, STEPS["confirm_repair"])
    _check_answers(ctx, cmd.case, case, case.reporter if standing is Standing.REPORTER else ctx.signer)
    confirmed(ctx, cmd.case, before, case, standing, basis)


@contract.command
def dispute_repair(ctx: Context, cmd: DisputeRepair) -> None:
    """Say that it is not repaired. From now on silence closes nothing."""
    before, case, standing, basis = step(ctx, cmd.case, STEPS["dispute_repair"])
    disputed(ctx, cmd.case, before, case, standing, basis, cmd.words, cmd.photos)


@contract.command
def cancel_repair(ctx: Context, cmd: CancelRepair) -> None:
    """End it without a repair. Only the reporter's side withdraws; what a desk cancels, it can reopen."""
    before, case, standing, basis = step(ctx, cmd.case, STEPS["cancel_repair"])
    if cmd.reason is CancelReason.WITHDRAWN and standing is not Standing.REPORTER:
        raise Refused("repairs.only_the_reporter_withdraws", about=(cmd.case,))
    case = undeferred(resume_clocks(ctx, cmd.case, case, standing))
    keep(ctx, cmd.case, before, replace(case, closed_at=ctx.time))
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
    reopened(ctx, cmd.case, before, case, standing, basis, cmd.words)


def served(
    ctx: Context,
    case_id: bytes,
    before: Case,
    case: Case,
    standing: Standing,
    basis: Basis,
    how: Notice,
    counts: bool,
    proof: Content | None,
) -> None:
    """Note that those for whom it was done were told. `counts`: from now on silence may close it."""
    case, _ = meet(case, Clock.REPLY, ctx.time)
    if counts and case.notified_at == 0:
        case = replace(case, notified_at=ctx.time)
    keep(ctx, case_id, before, case)
    ctx.emit(NoticeServed(case=case_id, standing=standing, basis=basis, how=how, counts=counts, proof=proof))


def checked(
    ctx: Context, case_id: bytes, before: Case, case: Case, standing: Standing, basis: Basis, proofs: Proofs
) -> None:
    """A witness has found it sound."""
    keep(ctx, case_id, before, replace(case, checked_at=ctx.time, checked_by=ctx.signer))
    ctx.emit(RepairChecked(case=case_id, standing=standing, basis=basis, checked_by=ctx.signer, proofs=proofs))


def confirmed(ctx: Context, case_id: bytes, before: Case, case: Case, standing: Standing, basis: Basis) -> None:
    """Close a case because somebody said that it is repaired."""
    case, _ = meet(case, Clock.REPLY, ctx.time)
    keep(ctx, case_id, before, replace(case, closed_at=ctx.time, closing=basis.value))
    ctx.emit(
        RepairConfirmed(
            case=case_id,
            standing=standing,
            basis=basis,
            place=case.place,
            confirmed_by=ctx.signer,
            reporter=named(case.reporter),
        )
    )


def disputed(
    ctx: Context,
    case_id: bytes,
    before: Case,
    case: Case,
    standing: Standing,
    basis: Basis,
    words: Content | None,
    photos: Photos = (),
) -> None:
    """Send a case back, because somebody said that it is not repaired. What was promised runs on."""
    kept = tuple(clock for clock in case.kept if clock not in (Clock.FINISH, Clock.REPLY))
    case = replace(case, kept=kept, done_at=0, notified_at=0, checked_at=0, checked_by=NOBODY, guaranteed_until=0)
    case = keep(ctx, case_id, before, replace(case, disputes=case.disputes + 1))
    ctx.emit(
        RepairDisputed(
            case=case_id,
            standing=standing,
            basis=basis,
            disputed_by=ctx.signer,
            responsible=case.responsible,
            executor=case.executor,
            words=words,
            photos=photos,
        )
    )
    escalate(ctx, case_id, DISPUTE)


def reopened(
    ctx: Context, case_id: bytes, before: Case, case: Case, standing: Standing, basis: Basis, words: Content | None
) -> None:
    """Open an ended case again. Refused: `repairs.too_late_to_reopen`."""
    if ctx.time > case.closed_at + REOPEN_DAYS_MAX * DAY_MS:
        raise Refused("repairs.too_late_to_reopen", about=(case_id,), days_max=REOPEN_DAYS_MAX)
    case = _opened_again(ctx, case)
    keep(ctx, case_id, before, case)
    ctx.emit(
        RepairReopened(
            case=case_id,
            standing=standing,
            basis=basis,
            place=case.place,
            reopened_by=ctx.signer,
            respond_by=case.respond_by,
            arrive_by=case.arrive_by,
            safe_by=case.safe_by,
            finish_by=case.finish_by,
            reply_by=case.reply_by,
            assumed=case.assumed,
            words=words,
        )
    )


def _check_answers(ctx: Context, case_id: bytes, case: Case, whose: bytes) -> None:
    """Whether the signer may say, for themselves or for `whose`, that a home's repair is done."""
    member = identity.member(ctx, ctx.signer)
    if member is not None:
        employer = identity.organisation(ctx, member.organisation)
        works = employer is not None and employer.kind in WORKING_KINDS
        if works or member.organisation in organisations_of(case):
            raise Refused("repairs.own_work", about=(case_id,))
    check_at_home(ctx, case_id, case)
    if not may_confirm(ctx, whose, case):
        raise Refused("repairs.no_right_to_confirm", about=(case_id,))
    identity.acting(ctx)
    identity.stands_for(ctx, whose, Scope.CONFIRM)


def check_at_home(ctx: Context, case_id: bytes, case: Case) -> None:
    """In common parts nobody's yes closes a case: a witness looks. Refused: `repairs.needs_a_check`."""
    place = places.place(ctx, case.place)
    if place is None or places.is_common(place):
        raise Refused("repairs.needs_a_check", about=(case_id,))


def _has_key(ctx: Context, case: Case) -> bool:
    """Whether whoever reported it can answer by themselves; whoever was only written down by staff cannot."""
    account = identity.account(ctx, case.reporter)
    return account is not None and len(account.keys) > 0 and identity.member(ctx, case.reporter) is None


def _opened_again(ctx: Context, case: Case) -> Case:
    case = replace(
        case,
        executor=NOBODY,
        settled=False,
        kept=(),
        late=(),
        paused_ms=0,
        safe_at=0,
        done_at=0,
        notified_at=0,
        checked_at=0,
        checked_by=NOBODY,
        closed_at=0,
        closing="",
        reopened=case.reopened + 1,
    )
    return with_promises(ctx, case, ctx.time)
