"""Who joined which case, as rows: what they see of it, and what the desk sees of them."""

from __future__ import annotations

from typing import NamedTuple

from linlian.community.joint_reports import audience
from linlian.community.joint_reports.rules import (
    CaseJoined,
    CaseLeft,
    JointObjection,
    ReportAdded,
    ReportDropped,
    contract,
)
from linlian.community.joint_reports.rules_merging import CaseMerged, CaseSplit
from linlian.community.joint_reports.rules_telling import JoinedTold
from linlian.community.repairs.views import NOT_MERGED, requests
from linlian.community.repairs.views import views as repairs
from linlian.readmodel.view import Fact, Id, Label, Limit, Reads, Rows, View

views = View(contract, needs=(repairs,))


class JoiningRow(NamedTuple):
    """Somebody who joined a case: taken down by whom, on what basis. Times are 0 where it has not happened.

    direct      they joined; `merged` reports of theirs were merged into it
    told_state  what they were told last: that it is done, or that it was checked
    """

    case_id: bytes
    account: bytes
    standing: str
    basis: str
    direct: bool
    merged: int
    since: int
    left_at: int = 0
    told_state: str = ""
    told_at: int = 0
    objected_at: int = 0


class CrowdRow(NamedTuple):
    """How many joined a case, and of how many homes besides the reporter's."""

    case_id: bytes
    people: int
    households: int


class MergerRow(NamedTuple):
    """A report that was merged into another case, and (if it was) split again."""

    case_id: bytes
    merged_into: bytes
    merged_at: int
    merged_by: bytes
    standing: str
    basis: str
    split_at: int = 0
    split_by: bytes = b""


class FollowedRow(NamedTuple):
    """A case as those who joined it see it: what, where and how far; nobody's name."""

    case_id: bytes
    place: bytes
    category: str
    urgency: str
    state: str
    reported_at: int
    finish_by: int
    done_at: int
    checked_at: int
    closed_at: int
    people: int
    households: int
    since: int
    basis: str
    told_state: str
    told_at: int
    objected_at: int


class SimilarRow(NamedTuple):
    """An open case of a common part that one could join."""

    case_id: bytes
    place: bytes
    category: str
    urgency: str
    state: str
    reported_at: int
    finish_by: int
    people: int


joinings = views.table("joining", JoiningRow, key=2, indexes=("account, since, case_id",))
crowds = views.table("crowd", CrowdRow)
mergers = views.table("merger", MergerRow)


@views.on(ReportAdded)
def added(db: Rows, event: ReportAdded, fact: Fact) -> None:
    db.put(crowds, CrowdRow(event.case, event.people, event.households))


@views.on(ReportDropped)
def dropped(db: Rows, event: ReportDropped, fact: Fact) -> None:
    db.put(crowds, CrowdRow(event.case, event.people, event.households))


@views.on(CaseJoined)
def joined(db: Rows, event: CaseJoined, fact: Fact) -> None:
    before = _present(db, event.case, event.joined)
    row = JoiningRow(
        case_id=event.case,
        account=event.joined,
        standing=event.standing,
        basis=event.basis,
        direct=True,
        merged=before.merged if before else 0,
        since=before.since if before else fact.time,
    )
    db.put(joinings, row)


@views.on(CaseLeft)
def left(db: Rows, event: CaseLeft, fact: Fact) -> None:
    row = db.the(joinings, event.case, event.joined)
    db.put(joinings, _kept(row._replace(direct=False), fact))


@views.on(CaseMerged)
def merged(db: Rows, event: CaseMerged, fact: Fact) -> None:
    row = MergerRow(event.case, event.into, fact.time, fact.signer, event.standing, event.basis)
    db.put(mergers, row)
    if event.joined is None:
        return
    before = _present(db, event.into, event.joined)
    if before is not None:
        db.put(joinings, before._replace(merged=before.merged + 1))
        return
    report = db.the(requests, event.case)
    new = JoiningRow(
        case_id=event.into,
        account=event.joined,
        standing=report.reported_as,
        basis=report.reported_on,
        direct=False,
        merged=1,
        since=fact.time,
    )
    db.put(joinings, new)


@views.on(CaseSplit)
def split(db: Rows, event: CaseSplit, fact: Fact) -> None:
    db.change(mergers, event.case, split_at=fact.time, split_by=fact.signer)
    if event.joined is not None:
        row = db.the(joinings, event.was_in, event.joined)
        db.put(joinings, _kept(row._replace(merged=row.merged - 1), fact))


@views.on(JoinedTold)
def told(db: Rows, event: JoinedTold, fact: Fact) -> None:
    row = db.the(joinings, event.case, event.joined)
    db.put(joinings, row._replace(told_state=event.state, told_at=fact.time))


@views.on(JointObjection)
def objected(db: Rows, event: JointObjection, fact: Fact) -> None:
    row = db.the(joinings, event.case, event.joined)
    db.put(joinings, row._replace(objected_at=fact.time))


@views.query(seen_by=audience.CROWD)
def crowd(db: Reads, case_id: Id) -> CrowdRow | None:
    """How many joined a case."""
    return db.one(CrowdRow, "SELECT * FROM joint_reports_crowd WHERE case_id = :case_id", case_id=case_id)


@views.query(seen_by=audience.PEOPLE)
def joined_people(db: Reads, case_id: Id, limit: Limit = 100) -> list[JoiningRow]:
    """Who joined a case, or has left it, in the order of their accounts."""
    sql = "SELECT * FROM joint_reports_joining WHERE case_id = :case_id ORDER BY account LIMIT :limit"
    return db.all(JoiningRow, sql, case_id=case_id, limit=limit)


@views.query(seen_by=audience.OWN)
def followed_cases(db: Reads, account: Id, limit: Limit = 100) -> list[FollowedRow]:
    """Cases that somebody joined, as those who joined see them, the latest first."""
    sql = f"""
        SELECT {_FOLLOWED} FROM joint_reports_joining AS j
        JOIN repairs_request AS r ON r.case_id = j.case_id
        JOIN joint_reports_crowd AS c ON c.case_id = j.case_id
        WHERE j.account = :account AND j.left_at = 0
        ORDER BY j.since DESC, j.case_id DESC LIMIT :limit"""
    return db.all(FollowedRow, sql, account=account, limit=limit)


@views.query(seen_by=audience.PEOPLE)
def merger(db: Reads, case_id: Id) -> MergerRow | None:
    """Into what a report was merged last, by whom, and whether it was split again."""
    return db.one(MergerRow, "SELECT * FROM joint_reports_merger WHERE case_id = :case_id", case_id=case_id)


@views.query(seen_by=audience.NEAR)
def similar_requests(db: Reads, place: Id, category: Label, limit: Limit = 20) -> list[SimilarRow]:
    """Open cases of this category in common parts of the same building (or of the grounds), the latest first.

    For whoever is about to report: perhaps it is known, and they would rather join.
    """
    # The order is by an expression, so that the index of open repairs is read and not that of all by their dates.
    sql = f"""
        SELECT r.case_id, r.place, r.category, r.urgency, r.state, r.reported_at + 0 AS reported_at, r.finish_by,
               COALESCE(c.people, 0) AS people
        FROM repairs_request AS r JOIN places_place AS p ON p.place = r.place
        LEFT JOIN joint_reports_crowd AS c ON c.case_id = r.case_id
        WHERE r.ended = FALSE AND r.category = :category AND {NOT_MERGED} AND r.source = ''
          AND p.is_common AND EXISTS (
              SELECT 1 FROM places_within AS mine JOIN places_within AS near ON near.holder = mine.holder
              JOIN places_place AS h ON h.place = mine.holder
              WHERE mine.place = :place AND near.place = r.place AND (h.depth > 0 OR mine.steps = 0 OR near.steps = 0))
        ORDER BY reported_at DESC, r.case_id DESC LIMIT :limit"""
    return db.all(SimilarRow, sql, place=place, category=category, limit=limit)


def _present(db: Rows, case_id: bytes, account: bytes) -> JoiningRow | None:
    """The row of somebody who joined and has not left."""
    row = db.get(joinings, case_id, account)
    return row if row is not None and row.left_at == 0 else None


def _kept(row: JoiningRow, fact: Fact) -> JoiningRow:
    return row if row.direct or row.merged else row._replace(left_at=fact.time)


_FOLLOWED = """
    r.case_id, r.place, r.category, r.urgency, r.state, r.reported_at, r.finish_by, r.done_at, r.checked_at,
    r.closed_at, c.people, c.households, j.since, j.basis, j.told_state, j.told_at, j.objected_at"""
