"""Repairs as they stand on boards and in lists: what, where, how far, by when, and whose turn it is."""

from __future__ import annotations

from typing import NamedTuple

from linlian.community.repairs import audience
from linlian.community.repairs.views.rows import NOT_MERGED, views
from linlian.readmodel.audience import AUDITORS, own_organisation
from linlian.readmodel.view import Id, Limit, Millis, Reads

CARD = """
    SELECT r.case_id, r.state, r.category, r.urgency, p.kind AS place_kind, p.is_common,
           COALESCE((SELECT b.number FROM places_within AS w JOIN places_place AS b ON b.place = w.holder
                     WHERE w.place = r.place AND w.kind = 'building'), 0) AS building,
           COALESCE((SELECT f.number FROM places_within AS w JOIN places_place AS f ON f.place = w.holder
                     WHERE w.place = r.place AND w.kind = 'floor'), 0) AS floor,
           r.reported_at, r.reported_as, r.reported_on, r.executor, r.responsible, r.executing, r.cause,
           r.respond_by, r.finish_by, r.responded_at, r.done_at, r.closed_at, r.closing, r.closing_as, r.ended,
           r.paused_at, r.disputes, r.repeats, r.holds, r.timeliness
    FROM repairs_request AS r JOIN places_place AS p ON p.place = r.place"""


class CardRow(NamedTuple):
    """A repair in a list. `building` and `floor` are numbers as they stand in clear; 0 is none."""

    case_id: bytes
    state: str
    category: str
    urgency: str
    place_kind: str
    is_common: bool
    building: int
    floor: int
    reported_at: int
    reported_as: str
    reported_on: str
    executor: bytes
    responsible: bytes
    executing: bytes
    cause: str
    respond_by: int
    finish_by: int
    responded_at: int
    done_at: int
    closed_at: int
    closing: str
    closing_as: str
    ended: bool
    paused_at: int
    disputes: int
    repeats: bool
    holds: int
    timeliness: str


@views.query(seen_by=audience.CASE)
def card(db: Reads, case_id: Id) -> CardRow | None:
    """One repair as a card."""
    return db.one(CardRow, f"{CARD} WHERE r.case_id = :case_id", case_id=case_id)


@views.query(seen_by=own_organisation("organisation") | AUDITORS)
def board(db: Reads, organisation: Id, limit: Limit = 200) -> list[CardRow]:
    """Open repairs that an organisation answers for or does, and the untriaged ones; the most pressing first."""
    # As a CASE the condition chooses no index: open repairs are gone through in their order until there are enough.
    sql = f"""{CARD}
        WHERE r.ended = FALSE AND {NOT_MERGED} AND r.source = ''
          AND CASE WHEN r.responsible = :organisation OR r.executing = :organisation OR r.responsible = :nothing
                   THEN TRUE ELSE FALSE END
        ORDER BY finish_by, case_id LIMIT :limit"""
    return db.all(CardRow, sql, organisation=organisation, nothing=b"", limit=limit)


@views.query(seen_by=audience.OF_EXECUTOR)
def work_of(db: Reads, executor: Id, limit: Limit = 100) -> list[CardRow]:
    """What a repairer has in hand, the one to be finished first on top."""
    sql = f"""{CARD} WHERE r.executor = :executor AND r.ended = FALSE AND {NOT_MERGED}
        ORDER BY finish_by, case_id LIMIT :limit"""
    return db.all(CardRow, sql, executor=executor, limit=limit)


@views.query(seen_by=audience.OF_PERSON)
def reports_of(db: Reads, reporter: Id, since: Millis = 0, limit: Limit = 50) -> list[CardRow]:
    """What somebody reported or had reported in their name, the latest first."""
    sql = f"""{CARD} WHERE r.reporter = :reporter AND r.reported_at >= :since
        ORDER BY reported_at DESC, case_id DESC LIMIT :limit"""
    return db.all(CardRow, sql, reporter=reporter, since=since, limit=limit)


@views.query(seen_by=audience.OF_PLACE)
def reports_at(db: Reads, place: Id, since: Millis = 0, limit: Limit = 50) -> list[CardRow]:
    """What was reported at exactly this place, the latest first."""
    sql = f"""{CARD} WHERE r.place = :place AND r.reported_at >= :since
        ORDER BY reported_at DESC, case_id DESC LIMIT :limit"""
    return db.all(CardRow, sql, place=place, since=since, limit=limit)


class MomentRow(NamedTuple):
    """A step of a repair with its transaction and the event's own fields, for a timeline; `fields` is JSON."""

    item_id: bytes
    type: str
    state: str
    time: int
    occurred_at: int
    actor: bytes
    standing: str
    basis: str
    detail: str
    offline: bool
    fields: str
    height: int
    receipt: int
    event: int


@views.query(seen_by=audience.CASE)
def moments(db: Reads, case_id: Id, limit: Limit = 200) -> list[MomentRow]:
    """The steps of a repair, the latest first, refusals included."""
    sql = """
        SELECT * FROM (SELECT i.item_id, e.type, COALESCE(s.state, '') AS state, e.time, e.occurred_at,
               i.signer AS actor,
               COALESCE(s.standing, '') AS standing, COALESCE(s.basis, '') AS basis, COALESCE(s.detail, '') AS detail,
               i.offline, e.fields, e.height, e.receipt, e.event
        FROM ledger_subject AS l
        JOIN ledger_entry AS e ON e.height = l.height AND e.receipt = l.receipt AND e.event = l.event
        JOIN ledger_item AS i ON i.height = e.height AND i.receipt = e.receipt
        LEFT JOIN repairs_step AS s ON s.case_id = l.subject AND s.height = e.height AND s.receipt = e.receipt
             AND s.event = e.event
        WHERE l.subject = :case_id) AS told
        ORDER BY height DESC, receipt DESC, event DESC LIMIT :limit"""
    return db.all(MomentRow, sql, case_id=case_id, limit=limit)
