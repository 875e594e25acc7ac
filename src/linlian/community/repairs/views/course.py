"""What the events of the work do to the rows: from the report until it is done."""

from __future__ import annotations

from linlian.community.repairs.rules import IMPORTED
from linlian.community.repairs.rules_doors import RepairGivenBack
from linlian.community.repairs.rules_history import HistoryRecorded, Timeliness
from linlian.community.repairs.rules_reporting import RepairReported
from linlian.community.repairs.rules_steps import Standing, State
from linlian.community.repairs.rules_terms import urgency_of
from linlian.community.repairs.rules_triage import (
    HelpCalled,
    HelpNoted,
    RepairAssigned,
    RepairHandedOver,
    RepairTaken,
    RepairTriaged,
)
from linlian.community.repairs.rules_working import (
    CauseFound,
    MadeSafe,
    RepairAccepted,
    RepairerArrived,
    RepairFinished,
)
from linlian.community.repairs.views.keeping import keep
from linlian.community.repairs.views.repeating import link, unlink
from linlian.community.repairs.views.rows import (
    HelperRow,
    RequestRow,
    helpers,
    now_accepted,
    requests,
    undecided,
    views,
    with_promises,
)
from linlian.readmodel.view import Fact, Rows


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
        repeats=event.repeats,
        guaranteed=event.guaranteed,
        reported_at=fact.time,
        opened_at=fact.time,
    )
    link(db, row, event.repeats)
    keep(db, with_promises(row, event), fact, event.standing, event.basis)


@views.on(HistoryRecorded)
def recorded(db: Rows, event: HistoryRecorded, fact: Fact) -> None:
    row = RequestRow(
        case_id=event.case,
        state=State.CLOSED if event.closed_at else State.REPORTED,
        ended=event.closed_at > 0,
        category=event.category,
        urgency=urgency_of(event.category, None),
        place=event.place,
        repeats=event.repeats,
        reported_at=event.reported_at,
        finish_by=event.target_at,
        closed_at=event.closed_at,
        closing=IMPORTED if event.closed_at else "",
        timeliness=event.timeliness,
        instant=event.instant,
        source=event.source,
        external=event.external,
    )
    link(db, row, event.repeats)
    keep(db, row, fact)


@views.on(RepairTriaged)
def triaged(db: Rows, event: RepairTriaged, fact: Fact) -> None:
    before = db.the(requests, event.case)
    row = before._replace(
        state=State.TRIAGED,
        category=event.category,
        urgency=event.urgency,
        responsible=event.responsible,
        executing=event.executing,
        executor=b"",
        team=b"",
        listed=False,
        part=event.part,
        party=event.party,
        payer=event.payer,
        opened_at=before.opened_at or fact.time,
    )
    if before.opened_at == 0 or (event.category, event.urgency) != (before.category, before.urgency):
        row = row._replace(stretched_ms=0)
    if event.category != before.category:
        row = row._replace(repeats=event.repeats, guaranteed=event.guaranteed)
        unlink(db, before)
        link(db, row, event.repeats)
    if before.opened_at == 0:
        row = row._replace(timeliness=undecided(before))
    keep(db, with_promises(row, event), fact, event.standing, event.basis)


@views.on(RepairGivenBack)
def given_back(db: Rows, event: RepairGivenBack, fact: Fact) -> None:
    row = db.the(requests, event.case)._replace(
        state=State.REPORTED,
        responsible=event.to or b"",
        executing=event.to or b"",
        executor=b"",
        team=b"",
        listed=False,
    )
    keep(db, row, fact, event.standing, event.basis)


@views.on(RepairAssigned)
def assigned(db: Rows, event: RepairAssigned, fact: Fact) -> None:
    executor = event.executor or b""
    row = db.the(requests, event.case)._replace(
        state=State.ASSIGNED, executor=executor, team=event.team or b"", listed=not executor
    )
    keep(db, row, fact, Standing.DISPATCHER)


@views.on(RepairTaken)
def taken(db: Rows, event: RepairTaken, fact: Fact) -> None:
    row = now_accepted(db.the(requests, event.case), fact, event.late)
    keep(db, row._replace(executor=event.executor, listed=False), fact, Standing.REPAIRER)


@views.on(RepairAccepted)
def accepted(db: Rows, event: RepairAccepted, fact: Fact) -> None:
    keep(db, now_accepted(db.the(requests, event.case), fact, event.late), fact, Standing.EXECUTOR)


@views.on(RepairHandedOver)
def handed_over(db: Rows, event: RepairHandedOver, fact: Fact) -> None:
    keep(db, db.the(requests, event.case)._replace(executor=event.executor), fact, Standing.REPAIRER)


@views.on(HelpCalled)
def help_called(db: Rows, event: HelpCalled, fact: Fact) -> None:
    db.put(helpers, HelperRow(event.organisation, event.case, fact.time))
    keep(db, db.the(requests, event.case), fact, Standing.DISPATCHER)


@views.on(HelpNoted)
def help_noted(db: Rows, event: HelpNoted, fact: Fact) -> None:
    db.change(helpers, event.organisation, event.case, noted_at=fact.time)
    keep(db, db.the(requests, event.case), fact, Standing.ASSISTANT)


@views.on(RepairerArrived)
def arrived(db: Rows, event: RepairerArrived, fact: Fact) -> None:
    before = db.the(requests, event.case)
    row = before._replace(
        state=State.ON_SITE,
        arrived_at=before.arrived_at or fact.time,
        arrive_late=before.arrive_late or event.late,
    )
    keep(db, row, fact, Standing.EXECUTOR)


@views.on(MadeSafe)
def made_safe(db: Rows, event: MadeSafe, fact: Fact) -> None:
    before = db.the(requests, event.case)
    row = before._replace(safe_at=fact.time, safe_late=before.safe_late or event.late)
    keep(db, row, fact, Standing.EXECUTOR)


@views.on(CauseFound)
def cause_found(db: Rows, event: CauseFound, fact: Fact) -> None:
    row = db.the(requests, event.case)._replace(state=State.DIAGNOSED, cause=event.cause)
    keep(db, row, fact, Standing.EXECUTOR, detail=event.cause)


@views.on(RepairFinished)
def finished(db: Rows, event: RepairFinished, fact: Fact) -> None:
    before = db.the(requests, event.case)
    row = before._replace(
        state=State.DONE,
        done_at=fact.time,
        took_ms=event.took_ms,
        notified_at=0,
        guaranteed_until=event.guaranteed_until,
        instant=before.instant or event.instant,
        timeliness=Timeliness.OVERDUE if event.late else Timeliness.ON_TIME,
    )
    keep(db, row, fact, Standing.EXECUTOR)
