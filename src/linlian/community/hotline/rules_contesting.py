"""Wrongly ours: said to the hotline by whoever answers for the case, answered by the hotline. The promises run on."""

from __future__ import annotations

from enum import StrEnum

from linlian.community import calendars, identity, repairs
from linlian.community.calendars import STANDARD
from linlian.community.hotline.rules import (
    TicketCommand,
    TicketEvent,
    TicketState,
    check_outside,
    contract,
    followed,
    require_ticket,
    tickets,
)
from linlian.community.identity import OrganisationId, Role
from linlian.community.repairs import Standing
from linlian.kernel.contract import Content, Context, Millis, Refused, replace

CONTESTS_MAX = 2
CONTEST_MIN = 8 * 60
"""Working minutes in which the hotline answers a contest; without an answer the ticket stays."""


class ContestReason(StrEnum):
    NOT_OUR_AREA = "not_our_area"
    NOT_OUR_DUTY = "not_our_duty"
    DUPLICATE = "duplicate"
    NOT_REACHABLE = "not_reachable"
    ALREADY_SOLVED = "already_solved"


class ContestTicket(TicketCommand):
    reason: ContestReason
    words: Content


class DecideContest(TicketCommand):
    """`upheld`: the hotline takes the ticket back. The case remains, with the promises that were made."""

    upheld: bool
    words: Content


class LapseContest(TicketCommand):
    pass


@contract.event
class TicketContested(TicketEvent):
    organisation: OrganisationId
    reason: ContestReason
    contest_by: Millis
    words: Content


@contract.event
class ContestDecided(TicketEvent):
    organisation: OrganisationId
    upheld: bool
    words: Content


@contract.event
class ContestLapsed(TicketEvent):
    """The hotline did not answer in time: the ticket stays."""


@contract.command
def contest_ticket(ctx: Context, cmd: ContestTicket) -> None:
    """Send a ticket back to the hotline with the reason, and wait for its word."""
    ticket = require_ticket(ctx, cmd.ticket, TicketState.OPEN)
    case_id, _ = followed(ctx, ticket)
    repairs.standing_in(ctx, case_id, Standing.DESK)
    if ticket.contests >= CONTESTS_MAX:
        raise Refused("hotline.contested_too_often", about=(case_id,), most=CONTESTS_MAX)
    contest_by = calendars.due(ctx, STANDARD, ctx.time, CONTEST_MIN).at_ms
    row = replace(ticket, state=TicketState.CONTESTED, contest_by=contest_by, contests=ticket.contests + 1)
    tickets.put(ctx, cmd.ticket, row)
    ctx.schedule("hotline.contest", cmd.ticket, contest_by, LapseContest(ticket=cmd.ticket))
    member = identity.require_role(ctx, Role.DESK, Role.DISPATCHER)
    ctx.emit(
        TicketContested(
            case=ticket.case,
            ticket=cmd.ticket,
            organisation=member.organisation,
            reason=cmd.reason,
            contest_by=contest_by,
            words=cmd.words,
        )
    )


@contract.command
def decide_contest(ctx: Context, cmd: DecideContest) -> None:
    """Bring the hotline's word: it takes the ticket back, or it does not."""
    ticket = require_ticket(ctx, cmd.ticket, TicketState.CONTESTED)
    case_id, case = followed(ctx, ticket)
    check_outside(ctx, case_id, case)
    state = TicketState.TAKEN_BACK if cmd.upheld else TicketState.OPEN
    tickets.put(ctx, cmd.ticket, replace(ticket, state=state, contest_by=0))
    ctx.unschedule("hotline.contest", cmd.ticket)
    if cmd.upheld:
        ctx.unschedule("hotline.reply", cmd.ticket)
    member = identity.member(ctx, ctx.signer)
    assert member is not None, "whoever is outside belongs to an organisation"
    ctx.emit(
        ContestDecided(
            case=ticket.case,
            ticket=cmd.ticket,
            organisation=member.organisation,
            upheld=cmd.upheld,
            words=cmd.words,
        )
    )


@contract.timer
def lapse_contest(ctx: Context, cmd: LapseContest) -> None:
    """The hotline has not answered in time."""
    ticket = require_ticket(ctx, cmd.ticket, TicketState.CONTESTED)
    tickets.put(ctx, cmd.ticket, replace(ticket, state=TicketState.OPEN, contest_by=0))
    ctx.emit(ContestLapsed(case=ticket.case, ticket=cmd.ticket))
