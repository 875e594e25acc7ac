"""What answers, clocks and neighbours do to the rows."""

from __future__ import annotations

from linlian.community.repairs.rules import named
from linlian.community.repairs.rules_answering import (
    NoticeServed,
    RepairCancelled,
    RepairChecked,
    RepairConfirmed,
    RepairDisputed,
    RepairReopened,
)
from linlian.community.repairs.rules_clock import (
    CheckStood,
    ClocksResumed,
    OverdueNoticed,
    RepairClosedUnanswered,
    RepairResumed,
    ReviewDue,
)
from linlian.community.repairs.rules_doors import (
    AttributionSet,
    ClocksPaused,
    DeadlineMoved,
    HoldLifted,
    HoldPlaced,
    RepairMerged,
    RepairSplit,
)
from linlian.community.repairs.rules_history import Timeliness
from linlian.community.repairs.rules_steps import Standing, State
from linlian.community.repairs.rules_working import RepairDeferred, RepairReviewed
from linlian.community.repairs.views.keeping import keep
from linlian.community.repairs.views.rows import (
    PauseRow,
    now_closed,
    now_missed,
    now_replied,
    pauses,
    requests,
    undecided,
    undeferred,
    views,
    with_due,
    with_promises,
)
from linlian.readmodel.view import Fact, Rows


@views.on(NoticeServed)
def notice_served(db: Rows, event: NoticeServed, fact: Fact) -> None:
    row = now_replied(db.the(requests, event.case), fact)
    if event.counts:
        row = row._replace(notified_at=row.notified_at or fact.time)
    keep(db, row, fact, event.standing, event.basis, event.how)


@views.on(RepairChecked)
def checked(db: Rows, event: RepairChecked, fact: Fact) -> None:
    row = db.the(requests, event.case)._replace(state=State.CHECKED, checked_at=fact.time, checked_by=event.checked_by)
    keep(db, row, fact, event.standing, event.basis)


@views.on(CheckStood)
def check_stood(db: Rows, event: CheckStood, fact: Fact) -> None:
    row = now_replied(now_closed(db.the(requests, event.case), fact, event.basis, event.standing), fact)
    keep(db, row, fact, event.standing, event.basis)


@views.on(RepairConfirmed)
def confirmed(db: Rows, event: RepairConfirmed, fact: Fact) -> None:
    row = now_replied(now_closed(db.the(requests, event.case), fact, event.basis, event.standing), fact)
    keep(db, row, fact, event.standing, event.basis)


@views.on(RepairClosedUnanswered)
def closed_unanswered(db: Rows, event: RepairClosedUnanswered, fact: Fact) -> None:
    row = now_closed(db.the(requests, event.case), fact, event.basis, Standing.CLOCK)
    keep(db, row, fact, Standing.CLOCK, event.basis)


@views.on(RepairDisputed)
def disputed(db: Rows, event: RepairDisputed, fact: Fact) -> None:
    before = db.the(requests, event.case)
    row = before._replace(
        state=State.DISPUTED,
        executor=named(event.executor) or b"",
        done_at=0,
        replied_at=0,
        notified_at=0,
        checked_at=0,
        checked_by=b"",
        guaranteed_until=0,
        disputes=before.disputes + 1,
        timeliness=undecided(before),
    )
    keep(db, row, fact, event.standing, event.basis)


@views.on(RepairDeferred)
def deferred(db: Rows, event: RepairDeferred, fact: Fact) -> None:
    row = db.the(requests, event.case)._replace(state=State.DEFERRED, deferred_until=event.until, review=event.review)
    keep(db, row, fact, detail=event.reason)


@views.on(ReviewDue)
def review_due(db: Rows, event: ReviewDue, fact: Fact) -> None:
    row = db.the(requests, event.case)._replace(review_by=event.review_by)
    keep(db, row, fact, Standing.CLOCK)


@views.on(RepairReviewed)
def reviewed(db: Rows, event: RepairReviewed, fact: Fact) -> None:
    row = undeferred(db.the(requests, event.case))._replace(deferred_until=event.until, review=True)
    keep(db, row, fact, Standing.DISPATCHER)


@views.on(RepairResumed)
def resumed(db: Rows, event: RepairResumed, fact: Fact) -> None:
    row = undeferred(db.the(requests, event.case))._replace(state=event.state)
    keep(db, row, fact, event.standing)


@views.on(ClocksPaused)
def clocks_paused(db: Rows, event: ClocksPaused, fact: Fact) -> None:
    db.put(pauses, PauseRow(event.case, fact.time, event.reason, event.until, fact.signer, event.standing))
    row = db.the(requests, event.case)._replace(paused_at=fact.time, paused_until=event.until)
    keep(db, row, fact, event.standing, event.basis, event.reason)


@views.on(ClocksResumed)
def clocks_resumed(db: Rows, event: ClocksResumed, fact: Fact) -> None:
    before = db.the(requests, event.case)
    db.change(pauses, event.case, before.paused_at, lasted_ms=event.paused_ms)
    row = before._replace(
        paused_at=0,
        paused_until=0,
        paused_ms=event.paused_in_all_ms,
        stretched_ms=before.stretched_ms + event.finish_by - before.finish_by,
        arrive_by=event.arrive_by,
        finish_by=event.finish_by,
        reply_by=event.reply_by,
    )
    keep(db, row, fact, event.standing)


@views.on(DeadlineMoved)
def deadline_moved(db: Rows, event: DeadlineMoved, fact: Fact) -> None:
    before = db.the(requests, event.case)
    keep(db, with_due(before, event.clock, event.due_at), fact, event.standing, event.basis, event.clock)


@views.on(HoldPlaced)
def hold_placed(db: Rows, event: HoldPlaced, fact: Fact) -> None:
    before = db.the(requests, event.case)
    keep(db, before._replace(holds=before.holds + 1), fact, detail=event.hold)


@views.on(HoldLifted)
def hold_lifted(db: Rows, event: HoldLifted, fact: Fact) -> None:
    before = db.the(requests, event.case)
    keep(db, before._replace(holds=before.holds - 1), fact, detail=event.hold)


@views.on(AttributionSet)
def attribution_set(db: Rows, event: AttributionSet, fact: Fact) -> None:
    row = db.the(requests, event.case)._replace(party=event.party, payer=event.payer, fixed=event.fixed)
    keep(db, row, fact, detail=event.payer)


@views.on(RepairMerged)
def merged(db: Rows, event: RepairMerged, fact: Fact) -> None:
    row = db.the(requests, event.case)._replace(state=State.MERGED, merged_into=event.into)
    keep(db, row, fact, event.standing, event.basis)


@views.on(RepairSplit)
def split(db: Rows, event: RepairSplit, fact: Fact) -> None:
    row = db.the(requests, event.case)._replace(state=event.state, merged_into=b"")
    keep(db, row, fact, event.standing, event.basis)


@views.on(RepairCancelled)
def cancelled(db: Rows, event: RepairCancelled, fact: Fact) -> None:
    row = undeferred(db.the(requests, event.case))._replace(
        state=State.CANCELLED, ended=True, listed=False, closed_at=fact.time, closing_as=event.standing
    )
    keep(db, row, fact, event.standing, event.basis, event.reason)


@views.on(RepairReopened)
def reopened(db: Rows, event: RepairReopened, fact: Fact) -> None:
    before = db.the(requests, event.case)
    row = before._replace(
        state=State.REPORTED,
        ended=False,
        executor=b"",
        listed=False,
        opened_at=fact.time,
        paused_ms=0,
        stretched_ms=0,
        responded_at=0,
        arrived_at=0,
        safe_at=0,
        done_at=0,
        took_ms=0,
        replied_at=0,
        notified_at=0,
        checked_at=0,
        checked_by=b"",
        closed_at=0,
        closing="",
        closing_as="",
        respond_late=False,
        arrive_late=False,
        safe_late=False,
        reply_late=False,
        timeliness=Timeliness.NOT_STATED,
        reopened=before.reopened + 1,
    )
    keep(db, with_promises(row, event), fact, event.standing, event.basis)


@views.on(OverdueNoticed)
def overdue(db: Rows, event: OverdueNoticed, fact: Fact) -> None:
    row = now_missed(db.the(requests, event.case), event.clock)
    keep(db, row, fact, Standing.CLOCK, detail=event.clock)
