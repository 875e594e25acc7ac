"""What may be asked about repairs.

Counts tell apart what was reported here (`live`) and what another system's records say (`imported`). The tables are
few and plain, so that anybody can count again: `SELECT state, COUNT(*) FROM repairs_request GROUP BY state`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, NamedTuple

from linlian.community.repairs import audience
from linlian.community.repairs.rules_steps import State
from linlian.community.repairs.rules_terms import Clock
from linlian.community.repairs.views.rows import NOT_MERGED, HelperRow, HolderRow, PauseRow, RequestRow, StepRow, views
from linlian.readmodel.stream import time_of
from linlian.readmodel.view import Id, Label, Limit, Meta, Millis, Reads, where

Minutes = Annotated[int, Meta(ge=1, le=525_600)]
END_OF_TIME = 2**53 - 1
"""The latest of all times that a record can hold."""


class Origin(StrEnum):
    """Reported here, or taken over from another system's records."""

    ALL = "all"
    LIVE = "live"
    IMPORTED = "imported"


class CountBy(StrEnum):
    """The columns of a request that are worth counting by."""

    STATE = "state"
    CATEGORY = "category"
    URGENCY = "urgency"
    TIMELINESS = "timeliness"
    CLOSING = "closing"
    CAUSE = "cause"
    SOURCE = "source"


class CountRow(NamedTuple):
    """How many requests have this value."""

    value: str
    live: int
    imported: int
    requests: int


class ShareRow(NamedTuple):
    """Of all requests, how many are closed, and how many of those in no more than the time asked about."""

    requests: int
    closed: int
    within: int
    within_per_mille: int


class RepeatRow(NamedTuple):
    """A request that repeats an earlier one of the same place and category."""

    case_id: bytes
    repeat_of: bytes
    place: bytes
    category: str
    reported_at: int
    earlier_reported_at: int
    earlier_closed_at: int
    source: str


class ClosingRow(NamedTuple):
    """How many closed requests were closed on this basis, by somebody of this standing."""

    closing: str
    closing_as: str
    requests: int


@views.query(seen_by=audience.CASE)
def request(db: Reads, case_id: Id) -> RequestRow | None:
    """One request as it stands now."""
    return db.one(RequestRow, "SELECT * FROM repairs_request WHERE case_id = :case_id", case_id=case_id)


@views.query(seen_by=audience.CASE)
def timeline(db: Reads, case_id: Id, limit: Limit = 100) -> list[StepRow]:
    """The steps of a request, in order."""
    sql = "SELECT * FROM repairs_step WHERE case_id = :case_id ORDER BY height, receipt, event LIMIT :limit"
    return db.all(StepRow, sql, case_id=case_id, limit=limit)


@views.query(seen_by=audience.RESPONSIBLE)
def open_requests(
    db: Reads,
    state: State | None = None,
    category: Label | None = None,
    responsible: Id | None = None,
    origin: Origin = Origin.ALL,
    limit: Limit = 100,
) -> list[RequestRow]:
    """Requests that are neither closed nor cancelled, the one to be finished first on top."""
    matching = where("ended = FALSE", *_ORIGINS[origin], state=state, category=category, responsible=responsible)
    sql = f"SELECT * FROM repairs_request{matching} ORDER BY finish_by, case_id LIMIT :limit"
    return db.all(RequestRow, sql, state=state, category=category, responsible=responsible, limit=limit)


@views.query(seen_by=audience.LISTS)
def overdue_requests(
    db: Reads, clock: Clock = Clock.FINISH, now: Millis = 0, origin: Origin = Origin.LIVE, limit: Limit = 100
) -> list[RequestRow]:
    """Requests of which a promise is not kept although the time for it has passed; the longest on top."""
    due, waiting = _DUE[clock]
    matching = where(
        "ended = FALSE",
        NOT_MERGED,
        "paused_at = 0",
        waiting,
        f"{due} > 0",
        f"{due} < :now",
        *_ORIGINS[origin],
    )
    sql = f"SELECT r.* FROM repairs_request AS r{matching} ORDER BY {due}, case_id LIMIT :limit"
    return db.all(RequestRow, sql, now=time_of(db, now), limit=limit)


@views.query(seen_by=audience.OF_PLACE)
def requests_of_place(
    db: Reads, place: Id, inside: bool = True, since: Millis = 0, limit: Limit = 100
) -> list[RequestRow]:
    """Requests at a place and (unless `inside` is false) at all that stands in it, the latest first."""
    steps = "" if inside else " AND w.steps = 0"
    sql = f"""
        SELECT r.* FROM places_within AS w JOIN repairs_request AS r ON r.place = w.place
        WHERE w.holder = :place{steps} AND r.reported_at >= :since
        ORDER BY r.reported_at DESC, r.case_id DESC LIMIT :limit"""
    return db.all(RequestRow, sql, place=place, since=since, limit=limit)


@views.query(seen_by=audience.OF_PERSON)
def requests_of_person(db: Reads, reporter: Id, since: Millis = 0, limit: Limit = 100) -> list[RequestRow]:
    """Requests that somebody reported or had reported in their name, the latest first."""
    matching = where("reported_at >= :since", reporter=reporter)
    sql = f"SELECT * FROM repairs_request{matching} ORDER BY reported_at DESC, case_id DESC LIMIT :limit"
    return db.all(RequestRow, sql, reporter=reporter, since=since, limit=limit)


@views.query(seen_by=audience.OF_EXECUTOR)
def requests_of_executor(db: Reads, executor: Id, ended: bool | None = False, limit: Limit = 100) -> list[RequestRow]:
    """Requests that a repairer has in hand (or, with `ended`, had), the one to be finished first on top."""
    matching = where(executor=executor, ended=ended)
    sql = f"SELECT * FROM repairs_request{matching} ORDER BY finish_by, case_id LIMIT :limit"
    return db.all(RequestRow, sql, executor=executor, ended=ended, limit=limit)


@views.query(seen_by=audience.EXECUTING)
def listed_requests(db: Reads, executing: Id, limit: Limit = 100) -> list[RequestRow]:
    """Requests on an organisation's list, for a repairer to take; the one to be finished first on top."""
    matching = where("listed = TRUE", "state = 'assigned'", executing=executing)
    sql = f"SELECT * FROM repairs_request{matching} ORDER BY finish_by, case_id LIMIT :limit"
    return db.all(RequestRow, sql, executing=executing, limit=limit)


@views.query(seen_by=audience.LISTS)
def joined_requests(db: Reads, into: Id, limit: Limit = 100) -> list[RequestRow]:
    """Requests that were joined to this one, in the order in which they were reported."""
    sql = "SELECT * FROM repairs_request WHERE merged_into = :into ORDER BY reported_at, case_id LIMIT :limit"
    return db.all(RequestRow, sql, into=into, limit=limit)


@views.query(seen_by=audience.HELPING)
def helped_requests(db: Reads, organisation: Id, limit: Limit = 100) -> list[HelperRow]:
    """Requests with which an organisation was called to help."""
    sql = "SELECT * FROM repairs_helper WHERE organisation = :organisation ORDER BY case_id LIMIT :limit"
    return db.all(HelperRow, sql, organisation=organisation, limit=limit)


@views.query(seen_by=audience.CASE)
def holders(db: Reads, case_id: Id, limit: Limit = 100) -> list[HolderRow]:
    """In whose hands a request was, one after another, since when and until when."""
    sql = "SELECT * FROM repairs_holder WHERE case_id = :case_id ORDER BY number LIMIT :limit"
    return db.all(HolderRow, sql, case_id=case_id, limit=limit)


@views.query(seen_by=audience.CASE)
def pauses(db: Reads, case_id: Id, limit: Limit = 100) -> list[PauseRow]:
    """When and why the clocks of a request stood still, and who approved it."""
    sql = "SELECT * FROM repairs_pause WHERE case_id = :case_id ORDER BY began_at LIMIT :limit"
    return db.all(PauseRow, sql, case_id=case_id, limit=limit)


@views.query(seen_by=audience.LISTS)
def counts(
    db: Reads, by: CountBy = CountBy.STATE, since: Millis = 0, before: Millis = END_OF_TIME, limit: Limit = 1000
) -> list[CountRow]:
    """Requests reported from `since` and before `before`, counted by one of their columns, the most frequent first."""
    sql = f"""
        SELECT {by} AS value, COUNT(*) FILTER (WHERE source = '') AS live,
               COUNT(*) FILTER (WHERE source <> '') AS imported, COUNT(*) AS requests
        FROM repairs_request{_REPORTED} GROUP BY {by} ORDER BY requests DESC, value LIMIT :limit"""
    return db.all(CountRow, sql, since=since, before=before, limit=limit)


@views.query(seen_by=audience.LISTS)
def closings(db: Reads, since: Millis = 0, before: Millis = END_OF_TIME) -> list[ClosingRow]:
    """Closed requests by the basis on which and the standing in which they were closed; no two are ever merged."""
    sql = f"""
        SELECT closing, closing_as, COUNT(*) AS requests FROM repairs_request{_REPORTED} AND state = 'closed'
        GROUP BY closing, closing_as ORDER BY requests DESC, closing, closing_as"""
    return db.all(ClosingRow, sql, since=since, before=before)


@views.query(seen_by=audience.LISTS)
def closed_within(
    db: Reads,
    minutes: Minutes = 10,
    since: Millis = 0,
    before: Millis = END_OF_TIME,
    source: Label | None = None,
) -> ShareRow | None:
    """How many requests were closed within some minutes of their report; per mille of all, rounded down."""
    within = "state = 'closed' AND closed_at - reported_at <= :span_ms"
    only = "" if source is None else " AND source = :source"
    sql = f"""
        SELECT requests, closed, within,
               CASE requests WHEN 0 THEN 0 ELSE 1000 * within / requests END AS within_per_mille
        FROM (SELECT COUNT(*) AS requests, COUNT(*) FILTER (WHERE state = 'closed') AS closed,
                     COUNT(*) FILTER (WHERE {within}) AS within
              FROM repairs_request{_REPORTED}{only}) AS counted"""
    return db.one(ShareRow, sql, since=since, before=before, source=source, span_ms=minutes * 60_000)


@views.query(seen_by=audience.LISTS)
def instant_requests(db: Reads, since: Millis = 0, source: Label | None = None, limit: Limit = 100) -> list[RequestRow]:
    """Requests that were done in less time than such work takes, the latest first."""
    matching = where("instant", "reported_at >= :since", source=source)
    sql = f"SELECT * FROM repairs_request{matching} ORDER BY reported_at DESC, case_id DESC LIMIT :limit"
    return db.all(RequestRow, sql, since=since, source=source, limit=limit)


@views.query(seen_by=audience.LISTS)
def repeats(
    db: Reads, of: Id | None = None, since: Millis = 0, source: Label | None = None, limit: Limit = 100
) -> list[RepeatRow]:
    """Requests that repeat an earlier one, the latest first; with `of`, those that repeat just that one."""
    conditions = ["r.reported_at >= :since"]
    conditions += ["l.repeat_of = :of"] if of is not None else []
    conditions += ["r.source = :source"] if source is not None else []
    sql = f"""
        SELECT r.case_id, l.repeat_of, r.place, r.category, r.reported_at,
               e.reported_at AS earlier_reported_at, e.closed_at AS earlier_closed_at, r.source
        FROM repairs_request AS r JOIN repairs_repeat AS l ON l.case_id = r.case_id
        JOIN repairs_request AS e ON e.case_id = l.repeat_of
        {where(*conditions)} ORDER BY r.reported_at DESC, r.case_id DESC LIMIT :limit"""
    return db.all(RepeatRow, sql, of=of, since=since, source=source, limit=limit)


_REPORTED = where("reported_at >= :since", "reported_at < :before")
_DUE = {
    Clock.RESPOND: ("respond_by", "responded_at = 0"),
    Clock.ARRIVE: ("arrive_by", "arrived_at = 0"),
    Clock.SAFE: ("safe_by", "safe_at = 0"),
    Clock.FINISH: ("finish_by", "done_at = 0"),
    Clock.REPLY: ("reply_by", "replied_at = 0"),
    Clock.REVIEW: ("review_by", "review_by > 0"),
}
_ORIGINS = {Origin.ALL: (), Origin.LIVE: ("source = ''",), Origin.IMPORTED: ("source <> ''",)}
