"""The rows: each request as it stands now, and every step that it took, with both times.

What was imported stands among the rest, marked by `source`; whoever counts says whether it is to be counted.
"""

from __future__ import annotations

from typing import NamedTuple

from linlian.community.places import views as places
from linlian.community.repairs.rules import IMPORTED, contract
from linlian.community.repairs.rules_answering import (
    RepairCancelled,
    RepairConfirmed,
    RepairDisputed,
    RepairReopened,
)
from linlian.community.repairs.rules_clock import (
    Clock,
    OverdueNoticed,
    RepairClosedUnanswered,
    RepairResumed,
)
from linlian.community.repairs.rules_history import HistoryRecorded, Timeliness
from linlian.community.repairs.rules_reporting import RepairAssigned, RepairReported, RepairTriaged
from linlian.community.repairs.rules_steps import Standing, State
from linlian.community.repairs.rules_terms import urgency_of
from linlian.community.repairs.rules_working import (
    CauseFound,
    RepairAccepted,
    RepairDeferred,
    RepairerArrived,
    RepairFinished,
)
from linlian.readmodel.view import Fact, Rows, View

views = View(contract, needs=(places.views,))


class RequestRow(NamedTuple):
    """A repair as it stands now. Times are committed ones, in imported records their source's; 0 is not (yet).

    reported_as     the standing in which it was reported, and `reported_on` the basis
    opened_at       where its clocks begin: reporting, reopening, or the triage of an imported record
    timeliness      on_time once done in time, overdue once its deadline has passed, else not_stated; of an imported
                    record what the source says
    closing         on what basis it was closed (`imported`: we do not know), `closing_as` the closer's standing
    source          the other system's name, `external` the record's hash; empty for what was reported here
    """

    case_id: bytes
    state: str
    category: str
    urgency: str
    place: bytes
    reported_at: int
    reporter: bytes = b""
    reported_as: str = ""
    reported_on: str = ""
    responsible: bytes = b""
    executor: bytes = b""
    cause: str = ""
    repeat_of: bytes = b""
    opened_at: int = 0
    respond_by: int = 0
    finish_by: int = 0
    deferred_until: int = 0
    responded_at: int = 0
    done_at: int = 0
    closed_at: int = 0
    ended: bool = False
    closing: str = ""
    closing_as: str = ""
    respond_late: bool = False
    timeliness: str = Timeliness.NOT_STATED
    instant: bool = False
    disputes: int = 0
    reopened: int = 0
    source: str = ""
    external: bytes = b""


class StepRow(NamedTuple):
    """A step of a request: the event, the state it led to, and who took it as what and on what basis.

    `time` is when it was committed, `occurred_at` when it is said to have happened. `detail` is the cause, the reason
    or the deadline that the event speaks of.
    """

    case_id: bytes
    height: int
    receipt: int
    event: int
    type: str
    state: str
    time: int
    occurred_at: int
    actor: bytes
    standing: str
    basis: str
    detail: str
    offline: bool


requests = views.table(
    "request",
    RequestRow,
    indexes=(
        "ended, finish_by",
        "ended, respond_by",
        "instant, reported_at",
        # Everything that is counted by stands in the index itself, so that counting does not read the rows.
        "reported_at, source, state, category, urgency, timeliness, closing, cause, closing_as, closed_at",
        "place, reported_at",
        "reporter, reported_at",
        "executor, ended, finish_by",
        "repeat_of",
    ),
)
steps = views.table("step", StepRow, key=4, indexes=("type, time",))


@views.on(RepairReported)
def reported(db: Rows, event: RepairReported, fact: Fact) -> None:
    row = RequestRow(
        case_id=event.case,
        state=State.REPORTED,
        category=event.category,
        urgency=event.urgency,
        place=event.place,
        reporter=event.reporter,
        reported_as=event.standing,
        reported_on=event.basis,
        repeat_of=event.repeat_of or b"",
        reported_at=fact.time,
        opened_at=fact.time,
        respond_by=event.respond_by,
        finish_by=event.finish_by,
    )
    _keep(db, row, fact, event.standing, event.basis)


@views.on(HistoryRecorded)
def recorded(db: Rows, event: HistoryRecorded, fact: Fact) -> None:
    row = RequestRow(
        case_id=event.case,
        state=State.CLOSED if event.closed_at else State.REPORTED,
        ended=event.closed_at > 0,
        category=event.category,
        urgency=urgency_of(event.category, None),
        place=event.place,
        repeat_of=event.repeat_of or b"",
        reported_at=event.reported_at,
        finish_by=event.target_at,
        closed_at=event.closed_at,
        closing=IMPORTED if event.closed_at else "",
        timeliness=event.timeliness,
        instant=event.instant,
        source=event.source,
        external=event.external,
    )
    _keep(db, row, fact)


@views.on(RepairTriaged)
def triaged(db: Rows, event: RepairTriaged, fact: Fact) -> None:
    before = db.the(requests, event.case)
    row = before._replace(
        state=State.TRIAGED,
        category=event.category,
        urgency=event.urgency,
        responsible=event.responsible,
        executor=b"",
        opened_at=before.opened_at or fact.time,
        respond_by=event.respond_by,
        finish_by=event.finish_by,
    )
    if event.category != before.category:
        row = row._replace(repeat_of=event.repeat_of or b"")
    if before.opened_at == 0:
        row = row._replace(timeliness=_undecided(before))
    _keep(db, row, fact, Standing.DESK)


@views.on(RepairAssigned)
def assigned(db: Rows, event: RepairAssigned, fact: Fact) -> None:
    row = db.the(requests, event.case)._replace(state=State.ASSIGNED, executor=event.executor)
    _keep(db, row, fact, Standing.DISPATCHER)


@views.on(RepairAccepted)
def accepted(db: Rows, event: RepairAccepted, fact: Fact) -> None:
    before = db.the(requests, event.case)
    row = before._replace(
        state=State.ACCEPTED,
        responded_at=before.responded_at or fact.time,
        respond_late=before.respond_late or event.late,
    )
    _keep(db, row, fact, Standing.EXECUTOR)


@views.on(RepairerArrived)
def arrived(db: Rows, event: RepairerArrived, fact: Fact) -> None:
    row = db.the(requests, event.case)._replace(state=State.ON_SITE)
    _keep(db, row, fact, Standing.EXECUTOR)


@views.on(CauseFound)
def cause_found(db: Rows, event: CauseFound, fact: Fact) -> None:
    row = db.the(requests, event.case)._replace(state=State.DIAGNOSED, cause=event.cause)
    _keep(db, row, fact, Standing.EXECUTOR, detail=event.cause)


@views.on(RepairFinished)
def finished(db: Rows, event: RepairFinished, fact: Fact) -> None:
    before = db.the(requests, event.case)
    row = before._replace(
        state=State.DONE,
        done_at=fact.time,
        instant=before.instant or event.instant,
        timeliness=Timeliness.OVERDUE if event.late else Timeliness.ON_TIME,
    )
    _keep(db, row, fact, Standing.EXECUTOR)


@views.on(RepairConfirmed)
def confirmed(db: Rows, event: RepairConfirmed, fact: Fact) -> None:
    row = db.the(requests, event.case)._replace(
        state=State.CLOSED,
        ended=True,
        closed_at=fact.time,
        closing=event.basis,
        closing_as=event.standing,
    )
    _keep(db, row, fact, event.standing, event.basis)


@views.on(RepairClosedUnanswered)
def closed_unanswered(db: Rows, event: RepairClosedUnanswered, fact: Fact) -> None:
    row = db.the(requests, event.case)._replace(
        state=State.CLOSED,
        ended=True,
        closed_at=fact.time,
        closing=event.basis,
        closing_as=Standing.CLOCK,
    )
    _keep(db, row, fact, Standing.CLOCK, event.basis)


@views.on(RepairDisputed)
def disputed(db: Rows, event: RepairDisputed, fact: Fact) -> None:
    before = db.the(requests, event.case)
    row = before._replace(
        state=State.DISPUTED,
        done_at=0,
        disputes=before.disputes + 1,
        timeliness=_undecided(before),
    )
    _keep(db, row, fact, event.standing, event.basis)


@views.on(RepairDeferred)
def deferred(db: Rows, event: RepairDeferred, fact: Fact) -> None:
    row = db.the(requests, event.case)._replace(state=State.DEFERRED, deferred_until=event.until)
    _keep(db, row, fact, detail=event.reason)


@views.on(RepairResumed)
def resumed(db: Rows, event: RepairResumed, fact: Fact) -> None:
    row = db.the(requests, event.case)._replace(state=event.state, deferred_until=0)
    _keep(db, row, fact, event.standing)


@views.on(RepairCancelled)
def cancelled(db: Rows, event: RepairCancelled, fact: Fact) -> None:
    row = db.the(requests, event.case)._replace(
        state=State.CANCELLED, ended=True, closed_at=fact.time, deferred_until=0, closing_as=event.standing
    )
    _keep(db, row, fact, event.standing, event.basis, event.reason)


@views.on(RepairReopened)
def reopened(db: Rows, event: RepairReopened, fact: Fact) -> None:
    before = db.the(requests, event.case)
    row = before._replace(
        state=State.REPORTED,
        ended=False,
        executor=b"",
        opened_at=fact.time,
        respond_by=event.respond_by,
        finish_by=event.finish_by,
        responded_at=0,
        done_at=0,
        closed_at=0,
        closing="",
        closing_as="",
        respond_late=False,
        timeliness=Timeliness.NOT_STATED,
        reopened=before.reopened + 1,
    )
    _keep(db, row, fact, event.standing, event.basis)


@views.on(OverdueNoticed)
def overdue(db: Rows, event: OverdueNoticed, fact: Fact) -> None:
    before = db.the(requests, event.case)
    if event.clock is Clock.RESPOND:
        row = before._replace(respond_late=True)
    else:
        row = before._replace(timeliness=Timeliness.OVERDUE)
    _keep(db, row, fact, Standing.CLOCK, detail=event.clock)


def _undecided(before: RequestRow) -> str:
    """What is late stays late; what was in time has to be done once more."""
    return Timeliness.OVERDUE if before.timeliness == Timeliness.OVERDUE else Timeliness.NOT_STATED


def _keep(db: Rows, row: RequestRow, fact: Fact, standing: str = "", basis: str = "", detail: str = "") -> None:
    """Put the request as it is now, and add the step that led there."""
    db.put(requests, row)
    step = StepRow(
        case_id=row.case_id,
        height=fact.height,
        receipt=fact.receipt,
        event=fact.event,
        type=fact.type,
        state=row.state,
        time=fact.time,
        occurred_at=fact.occurred_at,
        actor=fact.signer,
        standing=standing,
        basis=basis,
        detail=detail,
        offline=fact.offline,
    )
    db.add(steps, step)
