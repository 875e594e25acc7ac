"""Oversight: a supervisor outside the case wants an answer by a time, and looks at it until it is lifted.

Those in the case note how far they are, in sealed words; a note is the answer. That none came in time is noticed and
told. Ending the case does not end the oversight: whoever ordered it lifts it.
"""

from __future__ import annotations

from linlian.community import identity, repairs
from linlian.community.identity import AccountId, OrganisationId, Role
from linlian.community.repairs import CaseCommand, CaseEvent, Standing, organisations_of
from linlian.community.supervision.rules import contract, require_answered_for
from linlian.kernel.contract import Content, Context, Id, Millis, Refused, Row, replace

DAY_MS = 24 * 3600 * 1000
REPLY_DAYS_MAX = 30


class Oversight(Row):
    """Who oversees a case, and by when they want an answer. Keyed by the case, until it is lifted."""

    organisation: Id
    ordered_by: Id
    since: Millis
    reply_by: Millis
    replied_at: Millis = 0
    late: bool = False


oversights = contract.table("oversight", Oversight)


class OverseeRepair(CaseCommand):
    reply_by: Millis
    words: Content


class NoteProgress(CaseCommand):
    words: Content


class LiftOversight(CaseCommand):
    words: Content | None = None


class NoticeUnanswered(CaseCommand):
    pass


@contract.event
class OversightOrdered(CaseEvent):
    """A case is overseen, or a new answer is wanted of it."""

    organisation: OrganisationId
    responsible: OrganisationId
    ordered_by: AccountId
    reply_by: Millis
    words: Content


@contract.event
class ProgressNoted(CaseEvent):
    """How far it is. `answers`: it is the answer that was wanted; `late`: it came after its time."""

    organisation: OrganisationId
    words: Content
    answers: bool
    late: bool


@contract.event
class OversightUnanswered(CaseEvent):
    """The time for an answer has passed."""

    organisation: OrganisationId
    responsible: OrganisationId
    reply_by: Millis


@contract.event
class OversightLifted(CaseEvent):
    organisation: OrganisationId
    words: Content | None = None


@contract.command
def oversee_repair(ctx: Context, cmd: OverseeRepair) -> None:
    """Put a case under oversight, with a time for the answer; again: want another one."""
    case = require_answered_for(ctx, cmd.case)
    repairs.standing_in(ctx, cmd.case, Standing.SUPERVISOR)
    member = identity.require_role(ctx, Role.SUPERVISOR)
    before = oversights.get(ctx, cmd.case)
    if before is not None and before.organisation != member.organisation:
        raise Refused("supervision.overseen_by_another", about=(cmd.case,))
    if not ctx.time < cmd.reply_by <= ctx.time + REPLY_DAYS_MAX * DAY_MS:
        raise Refused("supervision.reply_out_of_range", about=(cmd.case,), days_max=REPLY_DAYS_MAX)
    since = ctx.time if before is None else before.since
    oversights.put(ctx, cmd.case, Oversight(member.organisation, ctx.signer, since, cmd.reply_by))
    ctx.schedule("supervision.reply", cmd.case, cmd.reply_by, NoticeUnanswered(case=cmd.case))
    ctx.emit(
        OversightOrdered(
            case=cmd.case,
            organisation=member.organisation,
            responsible=case.responsible,
            ordered_by=ctx.signer,
            reply_by=cmd.reply_by,
            words=cmd.words,
        )
    )


@contract.command
def note_progress(ctx: Context, cmd: NoteProgress) -> None:
    """Say how far it is: those in the case to those who oversee it, or these themselves."""
    case, row = repairs.require_case(ctx, cmd.case), _require_oversight(ctx, cmd.case)
    member = identity.require_role(ctx, Role.DESK, Role.DISPATCHER, Role.SUPERVISOR, Role.REPAIRER, Role.OFFICER)
    ours = member.organisation in organisations_of(case)
    if not ours and member.organisation != row.organisation:
        raise Refused("supervision.not_in_the_case", about=(cmd.case,))
    answers = ours and row.replied_at == 0
    if answers:
        oversights.put(ctx, cmd.case, replace(row, replied_at=ctx.time))
        ctx.unschedule("supervision.reply", cmd.case)
    late = answers and ctx.time > row.reply_by
    ctx.emit(
        ProgressNoted(
            case=cmd.case, organisation=member.organisation, words=cmd.words, answers=answers, late=late or row.late
        )
    )


@contract.command
def lift_oversight(ctx: Context, cmd: LiftOversight) -> None:
    """End the oversight; a supervisor of those who ordered it."""
    row = _require_oversight(ctx, cmd.case)
    member = identity.require_role(ctx, Role.SUPERVISOR)
    if member.organisation != row.organisation:
        raise Refused("supervision.overseen_by_another", about=(cmd.case,))
    oversights.delete(ctx, cmd.case)
    ctx.unschedule("supervision.reply", cmd.case)
    ctx.emit(OversightLifted(case=cmd.case, organisation=member.organisation, words=cmd.words))


@contract.timer
def notice_unanswered(ctx: Context, cmd: NoticeUnanswered) -> None:
    """The time for an answer has passed."""
    row, case = oversights.get(ctx, cmd.case), repairs.require_case(ctx, cmd.case)
    assert row is not None, "the timer goes with the row"
    oversights.put(ctx, cmd.case, replace(row, late=True))
    ctx.emit(
        OversightUnanswered(
            case=cmd.case, organisation=row.organisation, responsible=case.responsible, reply_by=row.reply_by
        )
    )


def _require_oversight(ctx: Context, case_id: bytes) -> Oversight:
    found = oversights.get(ctx, case_id)
    if found is None:
        raise Refused("supervision.not_overseen", about=(case_id,))
    return found
