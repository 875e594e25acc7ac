"""What goes back to the hotline, and what it says when it has rung them back."""

from __future__ import annotations

from enum import StrEnum

from linlian.community import identity, ratings, repairs
from linlian.community.hotline.rules import (
    TicketCommand,
    TicketEvent,
    TicketState,
    await_reply,
    check_outside,
    contract,
    followed,
    require_ticket,
    tickets,
    tighten,
)
from linlian.community.identity import AccountId, Basis, OrganisationId
from linlian.community.repairs import ANSWERABLE, ENDED, Case, Clock, Standing, State
from linlian.kernel.contract import Content, Context, Id, Millis, Refused, replace

SATISFIED_STARS = 4
DISSATISFIED_STARS = 2


class Said(StrEnum):
    """UNKNOWN: nobody has said so, either way."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Ground(StrEnum):
    """What a yes or no rests on: the bases of repairs, as they are, and besides them

    RECORD      the record of the case: they were told, or it is not closed as repaired
    RATING      their own rating: four stars or five are satisfied, one or two are not
    OWN_CALL    a call of those who answer, with its recording, sealed; it proves that they recorded it, no more
    """

    OWN_KEY = "own_key"
    HOUSEHOLD = "household"
    HELPER = "helper"
    CALLBACK = "callback"
    WITNESSED_PAPER = "witnessed_paper"
    SMS_LINK = "sms_link"
    SILENCE = "silence"
    RECORD = "record"
    RATING = "rating"
    OWN_CALL = "own_call"


_CLOSINGS = tuple(ground for ground in Ground if ground.value in tuple(Basis))
_CALLED = (Ground.OWN_CALL,)
GROUNDS: dict[str, dict[Said, tuple[Ground, ...]]] = {
    "contacted": {Said.YES: (Ground.RECORD, *_CALLED), Said.NO: _CALLED},
    "solved": {Said.YES: _CLOSINGS, Said.NO: (Ground.RECORD, *_CALLED)},
    "satisfied": {Said.YES: (Ground.RATING, *_CALLED), Said.NO: (Ground.RATING, *_CALLED)},
}
"""What each yes and no may rest on; unknown rests on nothing."""


class AnswerTicket(TicketCommand, kw_only=True):
    """`interim`: how far it is; the ticket stays open. Each yes or no has its ground (`GROUNDS`), and unknown has none.

    recording   of one's own call, where something rests on it; sealed
    rated_by    whose rating it rests on, if not the reporter's
    """

    words: Content
    contacted: Said
    solved: Said
    satisfied: Said
    contacted_on: Ground | None = None
    solved_on: Ground | None = None
    satisfied_on: Ground | None = None
    recording: Content | None = None
    rated_by: AccountId | None = None
    interim: bool = False


class BringCallback(TicketCommand, kw_only=True):
    """What they said to the hotline. If it is not solved, `respond_by` and so on are the ticket's new times."""

    words: Content
    contacted: Said
    solved: Said
    satisfied: Said
    respond_by: Millis = 0
    finish_by: Millis = 0
    reply_by: Millis = 0


@contract.event
class TicketAnswered(TicketEvent, kw_only=True):
    """What went back. `late`: after the ticket's own time."""

    organisation: OrganisationId
    words: Content
    contacted: Said
    solved: Said
    satisfied: Said
    contacted_on: Ground | None = None
    solved_on: Ground | None = None
    satisfied_on: Ground | None = None
    recording: Content | None = None
    interim: bool
    late: bool


@contract.event
class CallbackBrought(TicketEvent, kw_only=True):
    """What the hotline heard. `open_again`: the ticket is; `followed` is the case that it sent back or opened again,
    where another is followed in its place, and no subject."""

    organisation: OrganisationId
    words: Content
    contacted: Said
    solved: Said
    satisfied: Said
    open_again: bool
    reply_by: Millis
    followed: Id


@contract.command
def answer_ticket(ctx: Context, cmd: AnswerTicket) -> None:
    """Answer the hotline, with no more than the record holds."""
    identity.acting(ctx)
    ticket = require_ticket(ctx, cmd.ticket, TicketState.OPEN)
    case_id, case = followed(ctx, ticket)
    repairs.standing_in(ctx, case_id, Standing.DESK)
    if not cmd.interim and case.state not in (*ANSWERABLE, *ENDED):
        raise Refused("hotline.too_early_to_answer", about=(case_id,), state=case.state.value)
    _check_said(ctx, case_id, case, cmd)
    if not cmd.interim:
        tickets.put(ctx, cmd.ticket, replace(ticket, state=TicketState.ANSWERED))
        ctx.unschedule("hotline.reply", cmd.ticket)
    ctx.emit(
        TicketAnswered(
            case=ticket.case,
            ticket=cmd.ticket,
            organisation=case.responsible,
            words=cmd.words,
            contacted=cmd.contacted,
            solved=cmd.solved,
            satisfied=cmd.satisfied,
            contacted_on=cmd.contacted_on,
            solved_on=cmd.solved_on,
            satisfied_on=cmd.satisfied_on,
            recording=cmd.recording,
            interim=cmd.interim,
            late=0 < ticket.reply_by < ctx.time,
        )
    )


@contract.command
def bring_callback(ctx: Context, cmd: BringCallback) -> None:
    """Bring what the hotline heard when it rang them back; if it is not solved, it goes on."""
    ticket = require_ticket(ctx, cmd.ticket, TicketState.ANSWERED, TicketState.SETTLED)
    case_id, case = followed(ctx, ticket)
    standing = check_outside(ctx, case_id, case)
    again = cmd.solved is Said.NO
    if again:
        if case.state in ENDED:
            repairs.reopen_for(ctx, case_id, standing, Basis.CALLBACK, cmd.words)
        elif case.state in ANSWERABLE:
            repairs.object_to(ctx, case_id, standing, Basis.CALLBACK, cmd.words)
        tighten(ctx, case_id, standing, (cmd.respond_by, cmd.finish_by, cmd.reply_by))
        row = replace(ticket, state=TicketState.OPEN, reply_by=cmd.reply_by, rounds=ticket.rounds + 1)
        await_reply(ctx, cmd.ticket, cmd.reply_by)
    else:
        row = replace(ticket, state=TicketState.SETTLED)
    tickets.put(ctx, cmd.ticket, row)
    ctx.emit(
        CallbackBrought(
            case=ticket.case,
            ticket=cmd.ticket,
            organisation=_organisation(ctx),
            words=cmd.words,
            contacted=cmd.contacted,
            solved=cmd.solved,
            satisfied=cmd.satisfied,
            open_again=again,
            reply_by=row.reply_by if again else 0,
            followed=case_id,
        )
    )


def _check_said(ctx: Context, case_id: bytes, case: Case, cmd: AnswerTicket) -> None:
    """Whether the record holds what is said. Refused: `hotline.no_ground`, `hotline.not_on_the_record`."""
    said = (
        ("contacted", cmd.contacted, cmd.contacted_on),
        ("solved", cmd.solved, cmd.solved_on),
        ("satisfied", cmd.satisfied, cmd.satisfied_on),
    )
    for what, value, ground in said:
        if value is Said.UNKNOWN and ground is None:
            continue
        if ground is None or ground not in GROUNDS[what].get(value, ()):
            raise Refused("hotline.no_ground", about=(case_id,), what=what)
        if not _holds(ctx, case_id, case, cmd, what, value, ground):
            raise Refused("hotline.not_on_the_record", about=(case_id,), what=what)


def _holds(ctx: Context, case_id: bytes, case: Case, cmd: AnswerTicket, what: str, value: Said, ground: Ground) -> bool:
    """Whether a ground is there."""
    if ground is Ground.OWN_CALL:
        return cmd.recording is not None
    if ground is Ground.RATING:
        rating = ratings.rating_of(ctx, case_id, cmd.rated_by or case.reporter)
        stars = 0 if rating is None else rating.stars
        return stars >= SATISFIED_STARS if value is Said.YES else 0 < stars <= DISSATISFIED_STARS
    if ground is Ground.RECORD:
        return Clock.REPLY in case.kept if what == "contacted" else case.state is not State.CLOSED
    return case.state is State.CLOSED and case.closing == ground


def _organisation(ctx: Context) -> bytes:
    from_here = identity.member(ctx, ctx.signer)
    assert from_here is not None, "whoever is outside belongs to an organisation"
    return from_here.organisation
