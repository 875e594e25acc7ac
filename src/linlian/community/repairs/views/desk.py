"""What a desk, a dispatcher and a supervisor ask while they work: places by number, what is open near them, who is
free, and what has gone wrong.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, NamedTuple

from linlian.community.repairs import audience
from linlian.community.repairs.rules_terms import Category
from linlian.community.repairs.views.cards import CARD, CardRow
from linlian.community.repairs.views.rows import NOT_MERGED, views
from linlian.readmodel.stream import time_of
from linlian.readmodel.view import Id, Limit, Meta, Millis, Reads

Number = Annotated[int, Meta(ge=-99, le=9999)]
"""The number of a building or floor."""


class Concern(StrEnum):
    """Why somebody should look at it: late, disputed, or done in a common part and looked at by nobody."""

    LATE = "late"
    DISPUTED = "disputed"
    TO_CHECK = "to_check"


class SpotRow(NamedTuple):
    """A place where something can be broken: `building` and `floor` are numbers, `holder` the building's identifier;
    `waiting` is how much is open there."""

    place: bytes
    kind: str
    number: int
    is_common: bool
    holder: bytes
    building: int
    floor: int
    waiting: int


class ComingRow(NamedTuple):
    """Who carries out a repair, and for whom they work. Of duty nothing is told once the repair is over."""

    account: bytes
    organisation: bytes
    code: str
    keeps_shifts: bool
    on_duty: bool


class CrewRow(NamedTuple):
    """A repairer: trades by their card (joined by commas), whether they are on duty, and what they have in hand."""

    account: bytes
    trades: str
    on_duty: bool
    in_hand: int


_OPEN = f"r.ended = FALSE AND {NOT_MERGED} AND r.source = ''"
_CONCERNS = {
    Concern.LATE: "r.paused_at = 0 AND r.done_at = 0 AND r.finish_by > 0 AND r.finish_by < :now",
    Concern.DISPUTED: "r.state = 'disputed'",
    Concern.TO_CHECK: "r.state = 'done' AND p.is_common",
}


@views.query(seen_by=audience.LISTS)
def spots(db: Reads, building: Number, floor: Number | None = None, limit: Limit = 200) -> list[SpotRow]:
    """The homes and common parts of the building with this number, or of one of its floors."""
    only = "" if floor is None else " AND f.number = :floor"
    sql = f"""
        SELECT * FROM (SELECT p.place, p.kind, p.number, p.is_common, b.place AS holder, b.number AS building,
               COALESCE(f.number, 0) AS floor,
               (SELECT COUNT(*) FROM repairs_request AS r WHERE r.place = p.place AND {_OPEN}) AS waiting
        FROM places_building_size AS s JOIN places_place AS b ON b.place = s.building
        JOIN places_within AS w ON w.holder = b.place
        JOIN places_place AS p ON p.place = w.place
        LEFT JOIN places_within AS wf ON wf.place = p.place AND wf.kind = 'floor'
        LEFT JOIN places_place AS f ON f.place = wf.holder
        WHERE s.number = :building AND p.status = 'in_use'
          AND p.kind NOT IN ('building', 'section', 'floor'){only}) AS told
        ORDER BY floor, kind, number, place LIMIT :limit"""
    return db.all(SpotRow, sql, building=building, floor=floor, limit=limit)


@views.query(seen_by=audience.LISTS)
def open_within(db: Reads, holder: Id, category: Category | None = None, limit: Limit = 100) -> list[CardRow]:
    """What is open at a place and in all that stands in it, the one to be finished first on top."""
    only = "" if category is None else " AND r.category = :category"
    sql = f"""{CARD} WHERE {_OPEN}{only}
          AND r.place IN (SELECT w.place FROM places_within AS w WHERE w.holder = :holder)
        ORDER BY finish_by, case_id LIMIT :limit"""
    return db.all(CardRow, sql, holder=holder, category=category, limit=limit)


@views.query(seen_by=audience.LISTS)
def reported_since(db: Reads, since: Millis, limit: Limit = 100) -> list[CardRow]:
    """What was reported since a time, the latest first."""
    sql = f"""{CARD} WHERE r.reported_at >= :since AND r.source = ''
        ORDER BY reported_at DESC, case_id DESC LIMIT :limit"""
    return db.all(CardRow, sql, since=since, limit=limit)


@views.query(seen_by=audience.OVERSIGHT)
def concerns(db: Reads, concern: Concern, common: bool = True, now: Millis = 0, limit: Limit = 100) -> list[CardRow]:
    """Open repairs that somebody should look at, the longest due first; only those of common parts, or all."""
    only = " AND p.is_common" if common else ""
    at = time_of(db, now) if concern is Concern.LATE else None
    sql = f"""{CARD} WHERE {_OPEN} AND {_CONCERNS[concern]}{only} ORDER BY finish_by, case_id LIMIT :limit"""
    return db.all(CardRow, sql, now=at, limit=limit)


@views.query(seen_by=audience.CREW)
def crew(db: Reads, organisation: Id, limit: Limit = 200) -> list[CrewRow]:
    """An organisation's repairers: those on duty first, and of these whoever has least in hand."""
    sql = """
        SELECT account, trades, on_duty, in_hand FROM (
            SELECT a.account, COALESCE(c.trades, '') AS trades,
                   EXISTS (SELECT 1 FROM staff_shift AS s WHERE s.account = a.account AND s.state = 'on_duty')
                     AS on_duty,
                   (SELECT COUNT(*) FROM repairs_request AS r WHERE r.executor = a.account AND r.ended = FALSE)
                     AS in_hand
            FROM identity_account AS a LEFT JOIN staff_card AS c ON c.account = a.account
            WHERE a.organisation = :organisation AND a.status = 'active'
              AND ',' || a.roles || ',' LIKE '%,repairer,%') AS told
        ORDER BY on_duty DESC, in_hand, account LIMIT :limit"""
    return db.all(CrewRow, sql, organisation=organisation, limit=limit)


@views.query(seen_by=audience.CASE)
def coming(db: Reads, case_id: Id) -> ComingRow | None:
    """Who carries out a repair, their employer, and whether they are on duty now."""
    sql = """
        SELECT r.executor AS account, a.organisation, o.code,
               r.ended = FALSE AND EXISTS (SELECT 1 FROM staff_rostered AS k WHERE k.account = r.executor)
                 AS keeps_shifts,
               r.ended = FALSE AND EXISTS (
                 SELECT 1 FROM staff_shift AS s WHERE s.account = r.executor AND s.state = 'on_duty') AS on_duty
        FROM repairs_request AS r JOIN identity_account AS a ON a.account = r.executor
        JOIN identity_organisation AS o ON o.organisation = a.organisation WHERE r.case_id = :case_id"""
    return db.one(ComingRow, sql, case_id=case_id)
