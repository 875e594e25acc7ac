"""What time does to a case: deadlines run out, deferrals end, silence closes.

One timer a case, `repairs.clock`, stands at the earliest thing that can happen next. `keep` writes a case and moves
the timer if that has changed; whatever the timer starts keeps the case again, and so sets the next one.
"""

from __future__ import annotations

from enum import StrEnum

from linlian.community.identity import AccountId, Basis
from linlian.community.places import PlaceId
from linlian.community.repairs.rules import Case, CaseCommand, CaseEvent, cases, contract, named
from linlian.community.repairs.rules_acting import step
from linlian.community.repairs.rules_steps import STEPS, UNDONE, Standing, State
from linlian.community.repairs.rules_terms import DAY_MS, Urgency
from linlian.kernel.contract import Command, Context, Millis, Refused, replace

SILENCE_MS = 7 * DAY_MS


class Clock(StrEnum):
    """A promise that can run out: that somebody accepts it, and that it is done."""

    RESPOND = "respond"
    FINISH = "finish"


class NoticeOverdue(CaseCommand):
    clock: Clock


class WakeRepair(CaseCommand):
    pass


class CloseUnanswered(CaseCommand):
    pass


@contract.event
class OverdueNoticed(CaseEvent):
    clock: Clock
    due_at: Millis


@contract.event
class RepairResumed(CaseEvent):
    """By somebody, or by the clock when the date has come."""

    state: State
    standing: Standing


@contract.event
class RepairClosedUnanswered(CaseEvent):
    """Closed because nobody said anything: never counted as a confirmation."""

    place: PlaceId
    basis: Basis
    reporter: AccountId | None = None


def keep(ctx: Context, case_id: bytes, before: Case | None, after: Case) -> None:
    """Write a case, and set its timer if what can happen next has changed."""
    cases.put(ctx, case_id, after)
    alarm = next_alarm(after)
    if before is not None and next_alarm(before) == alarm:
        return
    if alarm is None:
        ctx.unschedule("repairs.clock", case_id)
    else:
        due, what = alarm
        ctx.schedule("repairs.clock", case_id, due, _command(case_id, what))


def next_alarm(case: Case) -> tuple[int, str] | None:
    """When the clock next has something to do in a case, and what; None if it has nothing."""
    if case.state is State.DONE:
        return (case.done_at + SILENCE_MS, "close") if silence_counts(case) else None
    if case.state not in UNDONE or case.opened_at == 0:
        return None
    waiting: list[tuple[int, str]] = []
    if case.state is State.DEFERRED:
        waiting.append((case.deferred_until, "wake"))
    if not case.responded and not case.respond_late:
        waiting.append((case.respond_by, Clock.RESPOND.value))
    if not case.finish_late:
        waiting.append((case.finish_by, Clock.FINISH.value))
    return min(waiting, default=None)


def silence_counts(case: Case) -> bool:
    """Whether saying nothing may close it: never at risk of life, never once somebody said that it is not done."""
    return case.urgency is not Urgency.LIFE_SAFETY and case.disputes == 0 and case.reopened == 0


def _command(case_id: bytes, what: str) -> Command:
    if what == "wake":
        return WakeRepair(case=case_id)
    if what == "close":
        return CloseUnanswered(case=case_id)
    return NoticeOverdue(case=case_id, clock=Clock(what))


@contract.timer
def notice_overdue(ctx: Context, cmd: NoticeOverdue) -> None:
    """A deadline has passed."""
    case = cases.get(ctx, cmd.case)
    if case is None:
        raise Refused("repairs.unknown_case")
    if cmd.clock is Clock.RESPOND:
        due_at, late = case.respond_by, replace(case, respond_late=True)
    else:
        due_at, late = case.finish_by, replace(case, finish_late=True)
    keep(ctx, cmd.case, case, late)
    ctx.emit(OverdueNoticed(case=cmd.case, clock=cmd.clock, due_at=due_at))


@contract.timer
def wake_repair(ctx: Context, cmd: WakeRepair) -> None:
    """The date of a deferral has come: back to the state before it."""
    before, case, standing, _ = step(ctx, cmd.case, STEPS["wake_repair"])
    keep(ctx, cmd.case, before, replace(case, deferred_until=0))
    ctx.emit(RepairResumed(case=cmd.case, state=case.state, standing=standing))


@contract.timer
def close_unanswered(ctx: Context, cmd: CloseUnanswered) -> None:
    """Nobody has said anything for seven days."""
    before, case, _, basis = step(ctx, cmd.case, STEPS["close_unanswered"])
    keep(ctx, cmd.case, before, replace(case, closed_at=ctx.time, closing=basis.value))
    reporter = named(case.reporter)
    ctx.emit(RepairClosedUnanswered(case=cmd.case, place=case.place, basis=basis, reporter=reporter))
