"""What was offered to whom and what became of it, what nobody on duty has in hand, and figures of both."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from linlian.community.handovers import audience
from linlian.community.handovers.rules import (
    HandoverAccepted,
    HandoverDeclined,
    HandoverOffered,
    HandoverWithdrawn,
    contract,
)
from linlian.community.repairs.views import requests
from linlian.community.repairs.views import views as repairs
from linlian.community.staff.views import attends
from linlian.community.staff.views import views as staff
from linlian.readmodel.view import Fact, Id, Limit, Millis, Reads, Rows, View

views = View(contract, needs=(staff, repairs))


class Answer(StrEnum):
    """What became of an offer. REPLACED: whoever made it asked somebody else."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    REPLACED = "replaced"


class OfferRow(NamedTuple):
    """A case that its holder wanted to hand over to a colleague or a team, for the organisation that does the work.

    note          the commitment of what was said with it; `answer_note` of what was said with a no
    answered_by   whoever accepted or declined
    """

    case_id: bytes
    number: int
    organisation: bytes
    holder: bytes
    colleague: bytes
    team: bytes
    note: bytes
    offered_at: int
    outcome: str = Answer.OPEN
    answered_by: bytes = b""
    answered_at: int = 0
    answer_note: bytes = b""


class HandedRow(NamedTuple):
    """An open repair, in whose hands it is, and to whom it is offered or was offered last (`offered_at` 0: to nobody).

    away_since   when its holder's last shift ended; 0 while they are there, or if they never had one
    """

    case_id: bytes
    state: str
    category: str
    urgency: str
    place_kind: str
    is_common: bool
    building: int
    floor: int
    finish_by: int
    holder: bytes
    away_since: int
    colleague: bytes
    team: bytes
    note: bytes
    offered_at: int
    outcome: str


class FiguresRow(NamedTuple):
    """Offers that were made in a time and what became of them, and shifts that ended by themselves with open work.

    waited_ms   how long those that were accepted had waited, all together
    left_open   shifts that ended so; `left_cases` is how much was held in them
    """

    offered: int
    accepted: int
    declined: int
    withdrawn: int
    waited_ms: int
    left_open: int
    left_cases: int


offers = views.table(
    "offer",
    OfferRow,
    key=2,
    indexes=("outcome, colleague", "outcome, team", "outcome, holder", "organisation, offered_at"),
)


@views.on(HandoverOffered)
def offered(db: Rows, event: HandoverOffered, fact: Fact) -> None:
    known = db.under(offers, event.case)
    if known and known[-1].outcome == Answer.OPEN:
        db.put(offers, known[-1]._replace(outcome=Answer.REPLACED, answered_at=fact.time))
    row = OfferRow(
        case_id=event.case,
        number=len(known),
        organisation=db.the(requests, event.case).executing,
        holder=event.holder,
        colleague=event.colleague or b"",
        team=event.team or b"",
        note=event.handover_note.commitment,
        offered_at=fact.time,
    )
    db.put(offers, row)


@views.on(HandoverAccepted)
def accepted(db: Rows, event: HandoverAccepted, fact: Fact) -> None:
    _answer(db, event.case, Answer.ACCEPTED, fact, event.colleague)


@views.on(HandoverDeclined)
def declined(db: Rows, event: HandoverDeclined, fact: Fact) -> None:
    note = b"" if event.handover_note is None else event.handover_note.commitment
    _answer(db, event.case, Answer.DECLINED, fact, event.colleague, note)


@views.on(HandoverWithdrawn)
def withdrawn(db: Rows, event: HandoverWithdrawn, fact: Fact) -> None:
    _answer(db, event.case, Answer.WITHDRAWN, fact)


def _answer(db: Rows, case_id: bytes, outcome: Answer, fact: Fact, who: bytes = b"", note: bytes = b"") -> None:
    last = db.under(offers, case_id)[-1]
    db.put(offers, last._replace(outcome=outcome, answered_by=who, answered_at=fact.time, answer_note=note))


_COLUMNS = """
    r.case_id, r.state, r.category, r.urgency, p.kind AS place_kind, p.is_common,
    COALESCE((SELECT b.number FROM places_within AS w JOIN places_place AS b ON b.place = w.holder
              WHERE w.place = r.place AND w.kind = 'building'), 0) AS building,
    COALESCE((SELECT f.number FROM places_within AS w JOIN places_place AS f ON f.place = w.holder
              WHERE w.place = r.place AND w.kind = 'floor'), 0) AS floor,
    r.finish_by, r.executor AS holder,
    CASE WHEN EXISTS (SELECT 1 FROM staff_shift AS d WHERE d.account = r.executor AND d.state = 'on_duty') THEN 0
         ELSE COALESCE((SELECT MAX(s.ended_at) FROM staff_shift AS s
                        WHERE s.account = r.executor AND s.state = 'ended'), 0)
    END AS away_since,
    COALESCE(o.colleague, :nothing) AS colleague, COALESCE(o.team, :nothing) AS team,
    COALESCE(o.note, :nothing) AS note, COALESCE(o.offered_at, 0) AS offered_at, COALESCE(o.outcome, '') AS outcome"""
_IN_HAND = "r.ended = FALSE AND r.state NOT IN ('done', 'checked', 'merged')"
_LAST = """handovers_offer AS o ON o.case_id = r.case_id AND o.holder = r.executor
    AND o.number = (SELECT MAX(l.number) FROM handovers_offer AS l WHERE l.case_id = r.case_id)"""
_HELD = f"""
    SELECT {_COLUMNS} FROM repairs_request AS r JOIN places_place AS p ON p.place = r.place LEFT JOIN {_LAST}"""


def _in_order(sql: str) -> str:
    """The one to be finished first on top."""
    return f"SELECT * FROM ({sql}) AS told ORDER BY finish_by, case_id LIMIT :limit"


@views.query(seen_by=audience.OF_PERSON)
def held_by(db: Reads, account: Id, limit: Limit = 100) -> list[HandedRow]:
    """What somebody has in hand, the one to be finished first on top, and to whom they offered it last."""
    sql = _in_order(f"{_HELD} WHERE r.executor = :account AND {_IN_HAND}")
    return db.all(HandedRow, sql, account=account, nothing=b"", limit=limit)


@views.query(seen_by=audience.OF_PERSON)
def offered_to(db: Reads, account: Id, limit: Limit = 100) -> list[HandedRow]:
    """What waits for somebody's yes, offered to them or to a team of theirs, the one to be finished first on top."""
    sql = _in_order(f"""
        SELECT {_COLUMNS} FROM handovers_offer AS o
        JOIN repairs_request AS r ON r.case_id = o.case_id AND r.executor = o.holder
        JOIN places_place AS p ON p.place = r.place
        WHERE o.outcome = 'open' AND {_IN_HAND} AND o.holder <> :account
          AND (o.colleague = :account
               OR o.team IN (SELECT m.team FROM staff_member AS m WHERE m.account = :account))""")
    return db.all(HandedRow, sql, account=account, nothing=b"", limit=limit)


@views.query(seen_by=audience.OF_CASE)
def handovers_of_case(db: Reads, case_id: Id, limit: Limit = 100) -> list[OfferRow]:
    """Each time that a case was offered to somebody else, and what became of it."""
    sql = "SELECT * FROM handovers_offer WHERE case_id = :case_id ORDER BY number LIMIT :limit"
    return db.all(OfferRow, sql, case_id=case_id, limit=limit)


@views.query(seen_by=audience.OF_ORGANISATION)
def unattended(db: Reads, organisation: Id, limit: Limit = 100) -> list[HandedRow]:
    """What nobody on duty has in hand of an organisation's work, the one to be finished first on top.

    Its holder is away, or it was taken from somebody and given to nobody. What is put off until a date is not there.
    """
    # As a CASE the condition chooses no index: open repairs are gone through in their order until there are enough.
    sql = _in_order(f"""{_HELD}
        WHERE {_IN_HAND} AND CASE WHEN r.executing <> :organisation OR r.state = 'deferred' THEN FALSE
                   WHEN r.executor = :nothing
                   THEN EXISTS (SELECT 1 FROM repairs_holder AS h
                                WHERE h.case_id = r.case_id AND h.since >= r.opened_at)
                   ELSE NOT {attends("r.executor")} END""")
    return db.all(HandedRow, sql, organisation=organisation, nothing=b"", limit=limit)


@views.query(seen_by=audience.OF_ORGANISATION)
def figures(db: Reads, organisation: Id, since: Millis = 0) -> FiguresRow | None:
    """How an organisation's people handed over since a time."""
    sql = """
        SELECT COUNT(*) AS offered, COALESCE(SUM(CASE WHEN o.outcome = 'accepted' THEN 1 ELSE 0 END), 0) AS accepted,
               COALESCE(SUM(CASE WHEN o.outcome = 'declined' THEN 1 ELSE 0 END), 0) AS declined,
               COALESCE(SUM(CASE WHEN o.outcome = 'withdrawn' THEN 1 ELSE 0 END), 0) AS withdrawn,
               COALESCE(SUM(CASE WHEN o.outcome = 'accepted' THEN o.answered_at - o.offered_at ELSE 0 END), 0)
                 AS waited_ms,
               (SELECT COUNT(*) FROM staff_shift AS s JOIN staff_team AS t ON t.team = s.team
                WHERE t.organisation = :organisation AND s.held > 0 AND s.ended_at >= :since) AS left_open,
               (SELECT COALESCE(SUM(s.held), 0) FROM staff_shift AS s JOIN staff_team AS t ON t.team = s.team
                WHERE t.organisation = :organisation AND s.held > 0 AND s.ended_at >= :since) AS left_cases
        FROM handovers_offer AS o WHERE o.organisation = :organisation AND o.offered_at >= :since"""
    return db.one(FiguresRow, sql, organisation=organisation, since=since)
