"""Tickets and what was said to and by the hotline, as plain rows that can be sent back."""

from __future__ import annotations

from typing import NamedTuple

from linlian.community.hotline import audience
from linlian.community.hotline.rules import TicketLate, TicketLinked, TicketRefused, TicketState, contract
from linlian.community.hotline.rules_answering import CallbackBrought, Ground, Said, TicketAnswered
from linlian.community.hotline.rules_contesting import ContestDecided, ContestLapsed, TicketContested
from linlian.community.ratings.views import views as ratings
from linlian.community.repairs.views import views as repairs
from linlian.readmodel.view import Fact, Hash, Id, Label, Limit, Millis, Reads, Rows, View, where

views = View(contract, needs=(repairs, ratings))


class TicketRow(NamedTuple):
    """A ticket as it stands. `organisation` brought it in; `opened`: its case was made of it; `turn`: the time by which
    tickets are gone through, the deadline of their own or, without one, when they came."""

    ticket: bytes
    source: str
    state: str
    case_id: bytes
    organisation: bytes
    came_at: int
    turn: int
    opened: bool = False
    reply_by: int = 0
    contest_by: int = 0
    contests: int = 0
    rounds: int = 0
    answered_at: int = 0
    late: bool = False


class ReplyRow(NamedTuple):
    """What was said of a ticket, apart: by us (`answer`, `interim`) or by the hotline (`callback`). `words` is the
    commitment of the sealed text; whoever may open it gets it from the vault."""

    ticket: bytes
    height: int
    receipt: int
    event: int
    source: str
    brought_by: bytes
    case_id: bytes
    kind: str
    organisation: bytes
    contacted: str
    contacted_on: str
    solved: str
    solved_on: str
    satisfied: str
    satisfied_on: str
    words: bytes
    late: bool
    time: int


class SaidRow(NamedTuple):
    """How many answers for a source said this of this, resting on this; no two are ever merged."""

    source: str
    what: str
    said: str
    ground: str
    kind: str
    answers: int


tickets = views.table(
    "ticket",
    TicketRow,
    indexes=("case_id, came_at, ticket", "organisation, came_at, ticket", "state, turn, ticket"),
)
counts = views.table("said", SaidRow, key=5)
replies = views.table("reply", ReplyRow, key=4, indexes=("brought_by, time", "source, time"))


@views.on(TicketLinked)
def linked(db: Rows, event: TicketLinked, fact: Fact) -> None:
    row = TicketRow(
        ticket=event.ticket,
        source=event.source,
        state=TicketState.OPEN,
        case_id=event.case,
        organisation=event.organisation,
        came_at=fact.time,
        turn=event.reply_by or fact.time,
        opened=event.opened,
        reply_by=event.reply_by,
    )
    db.put(tickets, row)


@views.on(TicketRefused)
def refused(db: Rows, event: TicketRefused, fact: Fact) -> None:
    row = TicketRow(event.ticket, event.source, TicketState.REFUSED, b"", event.organisation, fact.time, fact.time)
    db.put(tickets, row)


@views.on(TicketLate)
def late(db: Rows, event: TicketLate, fact: Fact) -> None:
    db.change(tickets, event.ticket, late=True)


@views.on(TicketContested)
def contested(db: Rows, event: TicketContested, fact: Fact) -> None:
    row = db.the(tickets, event.ticket)
    contests = row.contests + 1
    db.put(tickets, row._replace(state=TicketState.CONTESTED, contest_by=event.contest_by, contests=contests))


@views.on(ContestDecided)
def contest_decided(db: Rows, event: ContestDecided, fact: Fact) -> None:
    state = TicketState.TAKEN_BACK if event.upheld else TicketState.OPEN
    db.change(tickets, event.ticket, state=state, contest_by=0)


@views.on(ContestLapsed)
def contest_lapsed(db: Rows, event: ContestLapsed, fact: Fact) -> None:
    db.change(tickets, event.ticket, state=TicketState.OPEN, contest_by=0)


@views.on(TicketAnswered)
def answered(db: Rows, event: TicketAnswered, fact: Fact) -> None:
    row = db.the(tickets, event.ticket)
    if not event.interim:
        late = row.late or event.late
        db.put(tickets, row._replace(state=TicketState.ANSWERED, answered_at=fact.time, late=late))
    reply = ReplyRow(
        ticket=event.ticket,
        height=fact.height,
        receipt=fact.receipt,
        event=fact.event,
        source=row.source,
        brought_by=row.organisation,
        case_id=event.case,
        kind="interim" if event.interim else "answer",
        organisation=event.organisation,
        contacted=event.contacted,
        contacted_on=event.contacted_on or "",
        solved=event.solved,
        solved_on=event.solved_on or "",
        satisfied=event.satisfied,
        satisfied_on=event.satisfied_on or "",
        words=event.words.commitment,
        late=event.late,
        time=fact.time,
    )
    _say(db, reply)


@views.on(CallbackBrought)
def called_back(db: Rows, event: CallbackBrought, fact: Fact) -> None:
    row = db.the(tickets, event.ticket)
    if event.open_again:
        turn = event.reply_by or fact.time
        again = row._replace(state=TicketState.OPEN, reply_by=event.reply_by, turn=turn, late=False)
        row = again._replace(rounds=row.rounds + 1)
    else:
        row = row._replace(state=TicketState.SETTLED)
    db.put(tickets, row)
    said = {"contacted": event.contacted, "solved": event.solved, "satisfied": event.satisfied}
    on = {f"{what}_on": "" if value is Said.UNKNOWN else Ground.CALLBACK.value for what, value in said.items()}
    reply = ReplyRow(
        ticket=event.ticket,
        height=fact.height,
        receipt=fact.receipt,
        event=fact.event,
        source=row.source,
        brought_by=row.organisation,
        case_id=event.case,
        kind="callback",
        organisation=event.organisation,
        contacted=event.contacted,
        contacted_on=on["contacted_on"],
        solved=event.solved,
        solved_on=on["solved_on"],
        satisfied=event.satisfied,
        satisfied_on=on["satisfied_on"],
        words=event.words.commitment,
        late=False,
        time=fact.time,
    )
    _say(db, reply)


@views.query(seen_by=audience.LISTS)
def ticket(db: Reads, ticket: Hash) -> TicketRow | None:
    """A ticket as it stands."""
    return db.one(TicketRow, "SELECT * FROM hotline_ticket WHERE ticket = :ticket", ticket=ticket)


@views.query(seen_by=audience.OF_CASE)
def tickets_of_case(db: Reads, case_id: Id, limit: Limit = 100) -> list[TicketRow]:
    """The tickets that hang on a case, in the order in which they came."""
    sql = "SELECT * FROM hotline_ticket WHERE case_id = :case_id ORDER BY came_at, ticket LIMIT :limit"
    return db.all(TicketRow, sql, case_id=case_id, limit=limit)


@views.query(seen_by=audience.OF_ORGANISATION)
def tickets_of_organisation(
    db: Reads, organisation: Id, state: TicketState | None = None, limit: Limit = 100
) -> list[TicketRow]:
    """The tickets that an organisation brought in, or those in a state, the latest first."""
    matching = where(organisation=organisation, state=state)
    sql = f"SELECT * FROM hotline_ticket{matching} ORDER BY came_at DESC, ticket DESC LIMIT :limit"
    return db.all(TicketRow, sql, organisation=organisation, state=state, limit=limit)


@views.query(seen_by=audience.LISTS)
def open_tickets(db: Reads, state: TicketState = TicketState.OPEN, limit: Limit = 100) -> list[TicketRow]:
    """The tickets in a state, the one to be answered first on top; those without a deadline by when they came."""
    sql = "SELECT * FROM hotline_ticket WHERE state = :state ORDER BY turn, ticket LIMIT :limit"
    return db.all(TicketRow, sql, state=state, limit=limit)


@views.query(seen_by=audience.OF_CASE)
def replies_of_case(db: Reads, case_id: Id, ticket: Hash, limit: Limit = 100) -> list[ReplyRow]:
    """What was said of a ticket of a case, in order."""
    sql = """
        SELECT * FROM hotline_reply WHERE ticket = :ticket AND case_id = :case_id
        ORDER BY height, receipt, event LIMIT :limit"""
    return db.all(ReplyRow, sql, case_id=case_id, ticket=ticket, limit=limit)


@views.query(seen_by=audience.OF_ORGANISATION)
def replies_for(
    db: Reads, organisation: Id, source: Label | None = None, since: Millis = 0, limit: Limit = 100
) -> list[ReplyRow]:
    """What goes back for the tickets that an organisation brought in, from `since` on, in order: to be sent on."""
    matching = where("brought_by = :organisation", "time >= :since", source=source)
    sql = f"SELECT * FROM hotline_reply{matching} ORDER BY time, ticket, height, receipt, event LIMIT :limit"
    return db.all(ReplyRow, sql, organisation=organisation, source=source, since=since, limit=limit)


@views.query(seen_by=audience.LISTS)
def said_counts(db: Reads, source: Label | None = None, limit: Limit = 100) -> list[SaidRow]:
    """What was said of contacted, solved and satisfied, each with what it rests on, and how often."""
    sql = f"SELECT * FROM hotline_said{where(source=source)} ORDER BY source, what, said, ground, kind LIMIT :limit"
    return db.all(SaidRow, sql, source=source, limit=limit)


def _say(db: Rows, reply: ReplyRow) -> None:
    """Add a reply, and count each of the three things for itself."""
    db.add(replies, reply)
    said = (
        ("contacted", reply.contacted, reply.contacted_on),
        ("solved", reply.solved, reply.solved_on),
        ("satisfied", reply.satisfied, reply.satisfied_on),
    )
    for what, value, ground in said:
        before = db.get(counts, reply.source, what, value, ground, reply.kind)
        answers = 1 if before is None else before.answers + 1
        db.put(counts, SaidRow(reply.source, what, value, ground, reply.kind, answers))
