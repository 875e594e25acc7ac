"""Outages as rows: what is out, where, until when, how well it was announced, and what belongs to it."""

from __future__ import annotations

from typing import NamedTuple

from linlian.community.outages import audience
from linlian.community.outages.rules import (
    CaseTold,
    EndReason,
    ObjectionsCounted,
    OutageEnded,
    OutageExtended,
    OutageJoined,
    OutageLapsed,
    OutageLeft,
    OutageOverran,
    OutagePublished,
    OutageState,
    contract,
)
from linlian.community.outages.rules_ahead import Utility
from linlian.community.repairs.views import views as repairs
from linlian.readmodel.stream import time_of
from linlian.readmodel.view import Fact, Id, Limit, Millis, Reads, Rows, View, where

views = View(contract, needs=(repairs,))


class OutageRow(NamedTuple):
    """An outage as it stands now. `late`: announced less than `hours_ahead` before it began. 0 is not (yet).

    labels      what people should know, separated by commas; `notice` commits to the sealed text
    reports     how many reports belong to it now; `objections`: of how many it was said that theirs was still out
    """

    outage: bytes
    state: str
    nature: str
    utility: str
    organisation: bytes
    starts: int
    until: int
    announced_at: int
    late: bool
    hours_ahead: int
    labels: str
    notice: bytes = b""
    overran: bool = False
    overran_ms: int = 0
    extended: int = 0
    extend_reason: str = ""
    ended_at: int = 0
    end_reason: str = ""
    reports: int = 0
    objections: int = 0


class WhereRow(NamedTuple):
    """A common part that an outage names."""

    place: bytes
    outage: bytes


class FollowerRow(NamedTuple):
    """A report that belongs, or belonged, to an outage."""

    case_id: bytes
    outage: bytes
    joined_at: int
    standing: str
    basis: str
    told_at: int = 0
    left_at: int = 0
    leave_reason: str = ""
    objection: bool = False


class NoticeRow(NamedTuple):
    """What hangs at a door."""

    outage: bytes
    nature: str
    utility: str
    organisation: bytes
    starts: int
    until: int
    labels: str
    notice: bytes
    extended: int
    overran: bool


outages = views.table(
    "outage", OutageRow, indexes=("state, until, outage", "starts, outage", "organisation, starts, outage")
)
named = views.table("place", WhereRow, key=2, indexes=("outage, place",))
followers = views.table("follower", FollowerRow, key=1, indexes=("outage, joined_at, case_id",))


@views.on(OutagePublished)
def published(db: Rows, event: OutagePublished, fact: Fact) -> None:
    row = OutageRow(
        outage=event.outage,
        state=OutageState.ANNOUNCED,
        nature=event.nature,
        utility=event.utility,
        organisation=event.organisation,
        starts=event.starts,
        until=event.until,
        announced_at=fact.time,
        late=event.late,
        hours_ahead=event.hours_ahead,
        labels=",".join(event.labels),
        notice=event.notice.commitment if event.notice else b"",
    )
    db.put(outages, row)
    for place in event.places:
        db.add(named, WhereRow(place, event.outage))


@views.on(OutageExtended)
def extended(db: Rows, event: OutageExtended, fact: Fact) -> None:
    row = db.the(outages, event.outage)
    notice = event.notice.commitment if event.notice else row.notice
    db.put(
        outages,
        row._replace(until=event.until, extended=row.extended + 1, extend_reason=event.reason, notice=notice),
    )


@views.on(OutageEnded)
def ended(db: Rows, event: OutageEnded, fact: Fact) -> None:
    row = db.the(outages, event.outage)
    state = OutageState.OVER if event.reason is EndReason.RESTORED else OutageState.CALLED_OFF
    notice = event.notice.commitment if event.notice else row.notice
    row = row._replace(state=state, ended_at=fact.time, end_reason=event.reason, notice=notice)
    db.put(outages, row._replace(overran_ms=event.overran_ms))


@views.on(OutageOverran)
def overran(db: Rows, event: OutageOverran, fact: Fact) -> None:
    db.change(outages, event.outage, overran=True)


@views.on(OutageLapsed)
def lapsed(db: Rows, event: OutageLapsed, fact: Fact) -> None:
    db.change(outages, event.outage, state=OutageState.LAPSED, ended_at=fact.time)


@views.on(OutageJoined)
def joined(db: Rows, event: OutageJoined, fact: Fact) -> None:
    db.put(followers, FollowerRow(event.case, event.outage, fact.time, event.standing, event.basis))
    row = db.the(outages, event.outage)
    db.put(outages, row._replace(reports=row.reports + 1))


@views.on(OutageLeft)
def left(db: Rows, event: OutageLeft, fact: Fact) -> None:
    db.change(followers, event.case, left_at=fact.time, leave_reason=event.reason, objection=event.objection)
    row = db.the(outages, event.outage)
    db.put(outages, row._replace(reports=row.reports - 1))


@views.on(ObjectionsCounted)
def counted(db: Rows, event: ObjectionsCounted, fact: Fact) -> None:
    db.change(outages, event.outage, objections=event.objections)


@views.on(CaseTold)
def told(db: Rows, event: CaseTold, fact: Fact) -> None:
    db.change(followers, event.case, told_at=fact.time)


@views.query(seen_by=audience.PUBLIC)
def outage(db: Reads, outage: Id) -> OutageRow | None:
    """One outage as it stands now."""
    return db.one(OutageRow, "SELECT * FROM outages_outage WHERE outage = :outage", outage=outage)


@views.query(seen_by=audience.PUBLIC)
def known_outages(db: Reads, utility: Utility | None = None, limit: Limit = 100) -> list[OutageRow]:
    """Outages that are announced and not over, whether they have begun or not; the one to end first on top."""
    matching = where("state = 'announced'", utility=utility)
    sql = f"SELECT * FROM outages_outage{matching} ORDER BY until, outage LIMIT :limit"
    return db.all(OutageRow, sql, utility=utility, limit=limit)


@views.query(seen_by=audience.PUBLIC)
def outage_places(db: Reads, outage: Id, limit: Limit = 64) -> list[WhereRow]:
    """The common parts that an outage names."""
    sql = "SELECT * FROM outages_place WHERE outage = :outage ORDER BY place LIMIT :limit"
    return db.all(WhereRow, sql, outage=outage, limit=limit)


@views.query(seen_by=audience.OF_PLACE)
def outages_of_place(db: Reads, place: Id, utility: Utility | None = None, limit: Limit = 100) -> list[OutageRow]:
    """What is out at a place now or will be, because it, or what holds it, is named; the one to end first on top."""
    matching = where("o.state = 'announced'", "w.place = :place", utility=utility)
    sql = f"""
        SELECT DISTINCT o.* FROM places_within AS w JOIN outages_place AS p ON p.place = w.holder
        JOIN outages_outage AS o ON o.outage = p.outage{matching} ORDER BY o.until, o.outage LIMIT :limit"""
    return db.all(OutageRow, sql, place=place, utility=utility, limit=limit)


@views.query(seen_by=audience.OF_PLACE)
def notices_for_door(db: Reads, place: Id, days: Limit = 7, now: Millis = 0, limit: Limit = 100) -> list[NoticeRow]:
    """What is to hang at a door: what is out there, or will be within some days; the one to begin first on top."""
    sql = """
        SELECT DISTINCT o.outage, o.nature, o.utility, o.organisation, o.starts, o.until, o.labels,
               o.notice, o.extended, o.overran
        FROM places_within AS w JOIN outages_place AS p ON p.place = w.holder
        JOIN outages_outage AS o ON o.outage = p.outage
        WHERE w.place = :place AND o.state = 'announced' AND o.starts < :before
        ORDER BY o.starts, o.outage LIMIT :limit"""
    before = time_of(db, now) + days * 24 * 3_600_000
    return db.all(NoticeRow, sql, place=place, before=before, limit=limit)


@views.query(seen_by=audience.PUBLIC)
def outage_history(
    db: Reads, organisation: Id | None = None, since: Millis = 0, ended: bool | None = None, limit: Limit = 100
) -> list[OutageRow]:
    """Outages of an organisation, or of all, that began since then, or those of them that are over or not; the latest
    first."""
    over = [] if ended is None else ["ended_at > 0" if ended else "ended_at = 0"]
    matching = where("starts >= :since", *over, organisation=organisation)
    sql = f"SELECT * FROM outages_outage{matching} ORDER BY starts DESC, outage DESC LIMIT :limit"
    return db.all(OutageRow, sql, organisation=organisation, since=since, limit=limit)


@views.query(seen_by=audience.CASES)
def outage_reports(db: Reads, outage: Id, limit: Limit = 100) -> list[FollowerRow]:
    """Reports that belong, or belonged, to an outage, in the order in which they were joined."""
    sql = "SELECT * FROM outages_follower WHERE outage = :outage ORDER BY joined_at, case_id LIMIT :limit"
    return db.all(FollowerRow, sql, outage=outage, limit=limit)


@views.query(seen_by=audience.OF_CASE)
def outage_of_case(db: Reads, case_id: Id) -> FollowerRow | None:
    """To which outage a report belongs, or belonged last."""
    return db.one(FollowerRow, "SELECT * FROM outages_follower WHERE case_id = :case_id", case_id=case_id)
