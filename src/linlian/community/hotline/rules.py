"""Hotline: what another system (a city's 12345, a ministry's, an insurer's) sends here, and what goes back to it.

Rules
- A ticket is known by SHA-256 of compose(source, its number there), so it comes in once. It becomes a case, or is
  linked to one; several may hang on one case.
- Its own times are promises too: whichever is earlier counts, the case's or the ticket's.
- What goes back is sealed words, and three things that are never merged: whether they were contacted, whether it is
  solved, whether they are satisfied; each yes, no or unknown, with its basis. Nothing goes back that the record does
  not hold: solved is what closed the case, on the basis on which it closed; satisfied is a rating, or a recorded call.
- Whoever holds that a ticket is wrongly theirs contests it, with the reason. The hotline's own word (to a contest, and
  after its call-back) is brought by somebody outside the case; a no of its call-back opens the case again.

    open_ticket | link_ticket | refuse_ticket
    → answer_ticket → bring_callback → (settled, or open again)
    → contest_ticket → decide_contest
"""

from __future__ import annotations

from enum import StrEnum

from linlian.community import calendars, identity, places, ratings, repairs
from linlian.community.identity import AccountId, OrganisationId, Role
from linlian.community.places import PlaceId
from linlian.community.repairs import (
    ENDED,
    NO_CASE,
    Case,
    CaseEvent,
    CaseId,
    Category,
    Clock,
    Photos,
    ReportRepair,
    Standing,
    State,
    Urgency,
)
from linlian.kernel.contract import (
    Command,
    Content,
    Context,
    Contract,
    Count,
    Event,
    Hash,
    Id,
    Label,
    Millis,
    Reader,
    Refused,
    Row,
    Rows,
    compose,
)
from linlian.kernel.crypto import sha256

contract = Contract(
    "hotline", needs=(identity.contract, calendars.contract, places.contract, repairs.contract, ratings.contract)
)

TAKES_IN = (Role.DESK, Role.DISPATCHER, Role.GATEWAY)


class TicketState(StrEnum):
    """open → answered → settled, or open again; open → contested → open or taken back; refused at the door."""

    OPEN = "open"
    CONTESTED = "contested"
    ANSWERED = "answered"
    SETTLED = "settled"
    TAKEN_BACK = "taken_back"
    REFUSED = "refused"


class RefusalReason(StrEnum):
    NOT_HERE = "not_here"
    NO_REPAIR = "no_repair"
    UNREADABLE = "unreadable"


class Ticket(Row):
    """Keyed by the ticket's hash. `case` is NO_CASE while it is refused; `reply_by` 0: it has no time of its own.

    rounds      how often it came back from a call-back; `contests` how often it was contested
    """

    source: Label
    state: TicketState
    case: Id
    organisation: Id
    reply_by: Millis = 0
    contest_by: Millis = 0
    contests: Count = 0
    rounds: Count = 0


tickets = contract.table("ticket", Ticket, refused="hotline.unknown_ticket")


class TicketCommand(Command):
    """A step with a ticket: SHA-256 of compose(source, its number there)."""

    ticket: Hash


class IncomingCommand(TicketCommand, kw_only=True):
    """A ticket that comes in. Its own times, if it has any, bring the case's promises forward; never back."""

    source: Label
    respond_by: Millis = 0
    finish_by: Millis = 0
    reply_by: Millis = 0


class OpenTicket(IncomingCommand, kw_only=True):
    """`principal`: whom it is for, if they have an account and may report there; `caller`: whom the hotline names, and
    how to reach them, sealed."""

    place: PlaceId
    category: Category
    urgency: Urgency | None = None
    principal: AccountId | None = None
    words: Content | None = None
    photos: Photos = ()
    caller: Content | None = None


class LinkTicket(IncomingCommand, kw_only=True):
    case: CaseId
    words: Content | None = None


class RefuseTicket(TicketCommand):
    source: Label
    reason: RefusalReason
    words: Content


class NoticeTicketLate(TicketCommand):
    pass


class TicketEvent(CaseEvent):
    """Something that happened to a ticket of a case."""

    ticket: Hash


@contract.event
class TicketLinked(TicketEvent):
    """A ticket hangs on a case from now on, which it opened or which was there."""

    source: Label
    organisation: OrganisationId
    opened: bool
    reply_by: Millis
    words: Content | None = None


@contract.event
class TicketRefused(Event):
    """It went back at the door, with the reason. `account` is who sent it back, and may look into the words again."""

    ticket: Hash
    source: Label
    account: AccountId
    organisation: OrganisationId
    reason: RefusalReason
    words: Content


@contract.event
class TicketLate(TicketEvent):
    """The ticket's own time for the answer has passed."""

    source: Label
    reply_by: Millis
    responsible: Id


@contract.command
def open_ticket(ctx: Context, cmd: OpenTicket) -> None:
    """Make a case of a ticket."""
    member = identity.require_role(ctx, *TAKES_IN)
    _check_new(ctx, cmd.ticket)
    report = ReportRepair(
        place=cmd.place,
        category=cmd.category,
        urgency=cmd.urgency,
        principal=cmd.principal,
        words=cmd.words,
        photos=cmd.photos,
        caller=cmd.caller,
        external=cmd.ticket,
    )
    _hang_on(ctx, cmd, repairs.report(ctx, report), member.organisation, opened=True)


@contract.command
def link_ticket(ctx: Context, cmd: LinkTicket) -> None:
    """Hang a ticket on a case that is there already."""
    member = identity.require_role(ctx, *TAKES_IN)
    _check_new(ctx, cmd.ticket)
    if repairs.require_case(ctx, cmd.case).state in ENDED:
        raise Refused("hotline.case_has_ended", about=(cmd.case,))
    _hang_on(ctx, cmd, cmd.case, member.organisation, opened=False, words=cmd.words)


@contract.command
def refuse_ticket(ctx: Context, cmd: RefuseTicket) -> None:
    """Send a ticket back at the door. If the hotline insists, it is opened or linked all the same."""
    member = identity.require_role(ctx, *TAKES_IN)
    known = tickets.get(ctx, cmd.ticket)
    if known is not None:
        _refuse_known(known)
    row = Ticket(cmd.source, TicketState.REFUSED, NO_CASE, member.organisation)
    tickets.put(ctx, cmd.ticket, row)
    ctx.emit(
        TicketRefused(
            ticket=cmd.ticket,
            source=cmd.source,
            account=ctx.signer,
            organisation=member.organisation,
            reason=cmd.reason,
            words=cmd.words,
        )
    )


@contract.timer
def notice_ticket_late(ctx: Context, cmd: NoticeTicketLate) -> None:
    """The ticket's own time for the answer has passed."""
    ticket = tickets.get(ctx, cmd.ticket)
    assert ticket is not None, "the timer is set with the row"
    _, case = followed(ctx, ticket)
    ctx.emit(
        TicketLate(
            case=ticket.case,
            ticket=cmd.ticket,
            source=ticket.source,
            reply_by=ticket.reply_by,
            responsible=case.responsible,
        )
    )


def ticket_of(source: str, number: str) -> bytes:
    """By which a ticket is known here: the hash of where it comes from and its number there."""
    return sha256(compose(source, number))


def require_ticket(reader: Reader, ticket: bytes, *states: TicketState) -> Ticket:
    """The ticket's row, in one of these states. Refused: `hotline.unknown_ticket`, `hotline.wrong_state`."""
    found = tickets.require(reader, ticket)
    if found.state not in states:
        about = () if found.case == NO_CASE else (found.case,)
        raise Refused("hotline.wrong_state", about=about, state=found.state.value)
    return found


def followed(reader: Reader, ticket: Ticket) -> tuple[bytes, Case]:
    """The case that a ticket is about: its own, or the one that is followed in its place (an outage is no case)."""
    case = repairs.require_case(reader, ticket.case)
    main = repairs.case(reader, case.merged_into) if case.state is State.MERGED else None
    return (ticket.case, case) if main is None else (case.merged_into, main)


def check_outside(ctx: Context, case_id: bytes, case: Case) -> Standing:
    """The hotline's own word is brought by its machine, or by a desk, outside the case; as which it counts.

    Refused: `hotline.not_outside`.
    """
    member = identity.require_role(ctx, *TAKES_IN, Role.CLERK, Role.SUPERVISOR)
    if not repairs.is_outsider(ctx, case, ctx.signer):
        raise Refused("hotline.not_outside", about=(case_id,))
    return Standing.GATEWAY if Role.GATEWAY in member.roles else Standing.OUTSIDER


def tighten(ctx: Context, case_id: bytes, standing: Standing, times: tuple[int, int, int]) -> None:
    """Bring promises forward to a ticket's own times for accepting, finishing and answering; 0 is none.

    Refused: `hotline.time_has_passed`.
    """
    for clock, due in zip((Clock.RESPOND, Clock.FINISH, Clock.REPLY), times, strict=True):
        if due and due <= ctx.time:
            raise Refused("hotline.time_has_passed", about=(case_id,), clock=clock.value)
        if due:
            repairs.tighten_deadline(ctx, case_id, clock, due, standing)


def await_reply(ctx: Context, ticket: bytes, reply_by: int) -> None:
    """Set the timer of the answer, if there is a time for it."""
    if reply_by:
        ctx.schedule("hotline.reply", ticket, reply_by, NoticeTicketLate(ticket=ticket))


def _check_new(ctx: Context, ticket: bytes) -> None:
    known = tickets.get(ctx, ticket)
    if known is not None and known.state is not TicketState.REFUSED:
        _refuse_known(known)


def _refuse_known(known: Ticket) -> None:
    about = () if known.case == NO_CASE else (known.case,)
    raise Refused("hotline.already_known", about=about, state=known.state.value)


def _hang_on(
    ctx: Context, cmd: IncomingCommand, case_id: bytes, organisation: bytes, opened: bool, words: Content | None = None
) -> None:
    member = identity.member(ctx, ctx.signer)
    machine = member is not None and Role.GATEWAY in member.roles
    ticket = Ticket(cmd.source, TicketState.OPEN, case_id, organisation, cmd.reply_by)
    target, _ = followed(ctx, ticket)
    standing = Standing.GATEWAY if machine else Standing.DESK
    tighten(ctx, target, standing, (cmd.respond_by, cmd.finish_by, cmd.reply_by))
    tickets.put(ctx, cmd.ticket, ticket)
    await_reply(ctx, cmd.ticket, cmd.reply_by)
    ctx.emit(
        TicketLinked(
            case=case_id,
            ticket=cmd.ticket,
            source=cmd.source,
            organisation=organisation,
            opened=opened,
            reply_by=cmd.reply_by,
            words=words,
        )
    )


@contract.invariant
def tickets_hang_on_cases(rows: Rows) -> None:
    for key, ticket in rows(tickets):
        assert (ticket.case == NO_CASE) == (ticket.state is TicketState.REFUSED), key.hex()
        assert (ticket.contest_by > 0) == (ticket.state is TicketState.CONTESTED), key.hex()
        assert ticket.contests > 0 or ticket.state is not TicketState.CONTESTED, key.hex()
