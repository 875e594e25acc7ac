"""What somebody may do for others who let them: where they may report, and what was reported for whom."""

from __future__ import annotations

from typing import NamedTuple

from linlian.community.repairs.views.cards import CARD, CardRow
from linlian.community.repairs.views.rows import views
from linlian.readmodel.audience import AUDITORS, oneself
from linlian.readmodel.stream import time_of
from linlian.readmodel.view import Id, Limit, Reads

ACTING = "d.delegate = :delegate AND d.state = 'granted' AND d.starts <= :now AND d.until > :now"


class TheirHomeRow(NamedTuple):
    """A home of somebody for whom one may report. `scopes` are all that they let one do; `building` and `floor` are
    numbers as they stand in clear, 0 is none."""

    principal: bytes
    place: bytes
    scopes: str
    place_kind: str
    building: int
    floor: int


class ActingRow(NamedTuple):
    """What somebody lets another do for them: scopes, joined by commas."""

    principal: bytes
    scopes: str


@views.query(seen_by=oneself("delegate") | AUDITORS)
def acting_for(db: Reads, delegate: Id, principal: Id) -> ActingRow | None:
    """What somebody now lets one do for them, if anything."""
    sql = f"SELECT d.principal, d.scopes FROM delegations_delegation AS d WHERE d.principal = :principal AND {ACTING}"
    return db.one(ActingRow, sql, delegate=delegate, principal=principal, now=time_of(db, 0))


@views.query(seen_by=oneself("delegate") | AUDITORS)
def reports_for(db: Reads, delegate: Id, limit: Limit = 50) -> list[CardRow]:
    """What those reported who now let somebody see their matters, the latest first."""
    sql = f"""{CARD} JOIN delegations_delegation AS d ON d.principal = r.reporter
        WHERE {ACTING} AND ',' || d.scopes || ',' LIKE '%,see,%'
        ORDER BY reported_at DESC, case_id DESC LIMIT :limit"""
    return db.all(CardRow, sql, delegate=delegate, now=time_of(db, 0), limit=limit)


@views.query(seen_by=oneself("delegate") | AUDITORS)
def homes_for(db: Reads, delegate: Id, limit: Limit = 50) -> list[TheirHomeRow]:
    """The homes of those who now let somebody report for them."""
    sql = f"""
        SELECT * FROM (
            SELECT d.principal, o.place, d.scopes, p.kind AS place_kind,
                   COALESCE((SELECT b.number FROM places_within AS w JOIN places_place AS b ON b.place = w.holder
                             WHERE w.place = o.place AND w.kind = 'building'), 0) AS building,
                   COALESCE((SELECT f.number FROM places_within AS w JOIN places_place AS f ON f.place = w.holder
                             WHERE w.place = o.place AND w.kind = 'floor'), 0) AS floor
            FROM delegations_delegation AS d JOIN places_occupancy AS o ON o.account = d.principal
            JOIN places_place AS p ON p.place = o.place
            WHERE {ACTING} AND ',' || d.scopes || ',' LIKE '%,report,%' AND ',' || o.rights || ',' LIKE '%,report,%'
              AND o.starts <= :now AND (o.until = 0 OR o.until > :now)) AS told
        ORDER BY principal, place LIMIT :limit"""
    return db.all(TheirHomeRow, sql, delegate=delegate, now=time_of(db, 0), limit=limit)
