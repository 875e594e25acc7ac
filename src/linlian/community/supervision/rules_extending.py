"""More time: asked for by whoever answers for a case, given by somebody who gains nothing by it.

A supervisor outside the case decides, or those to whom it was promised: the reporter, by their own key or by a delegate
who may decide for them, or an occupant. What was missed stays missed, and where life is at risk nothing is put off.
"""

from __future__ import annotations

from enum import StrEnum

from linlian.community import identity, repairs
from linlian.community.identity import AccountId, OrganisationId, Scope
from linlian.community.repairs import (
    UNDONE,
    WORKING_KINDS,
    ActedEvent,
    CaseCommand,
    CaseEvent,
    Clock,
    Standing,
    Urgency,
    due_at,
    organisations_of,
)
from linlian.community.supervision.rules import DECIDED_WITHIN, after, contract, kind_of, require_answered_for
from linlian.kernel.contract import Content, Context, Count, Id, Millis, Refused, Row, replace

ASKED_MAX = 3
"""How often more time is asked for a case, until it is opened again."""
NOT_EXTENDED = (Clock.RESPOND, Clock.SAFE, Clock.REVIEW)
"""Somebody is always there to accept, and nothing is more urgent than to make it safe."""
PROMISED = (Standing.REPORTER, Standing.OCCUPANT)


class ExtensionReason(StrEnum):
    PARTS = "parts"
    CONTRACTOR = "contractor"
    WEATHER = "weather"
    APPROVAL = "approval"
    HIDDEN_DAMAGE = "hidden_damage"
    OTHER = "other"


class Extension(Row):
    """What was last asked for in a case. Keyed by the case; `open` until it is decided or has lapsed."""

    clock: Clock
    until: Millis
    asked_by: Id
    organisation: Id
    opened_at: Millis
    decide_by: Millis
    asked: Count
    open: bool = True


extensions = contract.table("extension", Extension)


class AskExtension(CaseCommand):
    clock: Clock
    until: Millis
    reason: ExtensionReason
    words: Content


class DecideExtension(CaseCommand):
    granted: bool
    words: Content | None = None


class LapseExtension(CaseCommand):
    pass


@contract.event
class ExtensionAsked(CaseEvent):
    """More time is asked for; without an answer by `decide_by` it is not given."""

    clock: Clock
    until: Millis
    reason: ExtensionReason
    organisation: OrganisationId
    decide_by: Millis
    words: Content


@contract.event
class ExtensionDecided(ActedEvent):
    """The promise itself moves by an event of repairs, in the same receipt."""

    clock: Clock
    until: Millis
    granted: bool
    decided_by: AccountId
    words: Content | None = None


@contract.event
class ExtensionLapsed(CaseEvent):
    """Nobody decided in time: the promise stays as it was."""

    clock: Clock
    until: Millis


@contract.command
def ask_extension(ctx: Context, cmd: AskExtension) -> None:
    """Ask for more time, with the reason; somebody outside decides."""
    identity.acting(ctx)
    case = require_answered_for(ctx, cmd.case)
    repairs.standing_in(ctx, cmd.case, Standing.DESK, Standing.DISPATCHER)
    member = identity.member(ctx, ctx.signer)
    assert member is not None, "a desk is a member"
    if case.urgency is Urgency.LIFE_SAFETY:
        raise Refused("repairs.life_safety_cannot_wait", about=(cmd.case,))
    due = due_at(case, cmd.clock)
    over = cmd.clock in (*case.kept, *case.late, *NOT_EXTENDED)
    if case.state not in UNDONE or over or due <= ctx.time:
        raise Refused("repairs.nothing_to_extend", about=(cmd.case,), clock=cmd.clock.value)
    if cmd.until <= due:
        raise Refused("supervision.not_later", about=(cmd.case,), due_at=due)
    last = extensions.get(ctx, cmd.case)
    if last is not None and last.opened_at != case.opened_at:
        last = None
    if last is not None and last.open:
        raise Refused("supervision.already_asked", about=(cmd.case,), decide_by=last.decide_by)
    asked = 1 if last is None else last.asked + 1
    if asked > ASKED_MAX:
        raise Refused("supervision.asked_too_often", about=(cmd.case,), most=ASKED_MAX)
    decide_by = min(after(ctx, ctx.time, DECIDED_WITHIN[case.urgency]), due)
    row = Extension(cmd.clock, cmd.until, ctx.signer, member.organisation, case.opened_at, decide_by, asked)
    extensions.put(ctx, cmd.case, row)
    ctx.schedule("supervision.extension", cmd.case, decide_by, LapseExtension(case=cmd.case))
    ctx.emit(
        ExtensionAsked(
            case=cmd.case,
            clock=cmd.clock,
            until=cmd.until,
            reason=cmd.reason,
            organisation=member.organisation,
            decide_by=decide_by,
            words=cmd.words,
        )
    )


@contract.command
def decide_extension(ctx: Context, cmd: DecideExtension) -> None:
    """Give more time, or refuse it."""
    identity.acting(ctx)
    case, row = repairs.require_case(ctx, cmd.case), extensions.get(ctx, cmd.case)
    standing, basis = repairs.standing_in(ctx, cmd.case, Standing.SUPERVISOR, *PROMISED)
    if standing is Standing.REPORTER:
        basis = identity.stands_for(ctx, case.reporter, Scope.DECIDE)
    member = identity.member(ctx, ctx.signer)
    if member is not None:
        kind = kind_of(ctx, member.organisation)
        if kind in WORKING_KINDS or member.organisation in organisations_of(case):
            raise Refused("repairs.own_extension", about=(cmd.case,))
    if row is None or not row.open or row.opened_at != case.opened_at:
        raise Refused("supervision.nothing_asked", about=(cmd.case,))
    if cmd.granted:
        repairs.extend_deadline(ctx, cmd.case, row.clock, row.until, standing, basis)
    extensions.put(ctx, cmd.case, replace(row, open=False))
    ctx.unschedule("supervision.extension", cmd.case)
    ctx.emit(
        ExtensionDecided(
            case=cmd.case,
            standing=standing,
            basis=basis,
            clock=row.clock,
            until=row.until,
            granted=cmd.granted,
            decided_by=ctx.signer,
            words=cmd.words,
        )
    )


@contract.timer
def lapse_extension(ctx: Context, cmd: LapseExtension) -> None:
    """Nobody has decided in time."""
    row = extensions.get(ctx, cmd.case)
    assert row is not None, "the timer is set with the row"
    extensions.put(ctx, cmd.case, replace(row, open=False))
    ctx.emit(ExtensionLapsed(case=cmd.case, clock=row.clock, until=row.until))
