"""What time does to a case: promises run out, deferrals and pauses end, silence closes.

One timer a case, `repairs.clock`, stands at the earliest thing that can happen next. `keep` writes a case and moves
the timer if that has changed; whatever the timer starts keeps the case again, and so sets the next one.

Promises are counted from the opening, some in working time by the community's standard calendar. A pause moves those
that are still to be kept: one in natural time by as long as it lasted, one in working time to where what was left of
it, rounded up to minutes, ends. Whether somebody accepts it, and whether it is safe, does not wait for anything.
"""

from __future__ import annotations

from linlian.community import calendars
from linlian.community.calendars import STANDARD
from linlian.community.identity import AccountId, Basis
from linlian.community.places import PlaceId
from linlian.community.repairs.rules import (
    Case,
    CaseCommand,
    CaseEvent,
    break_promise,
    cases,
    contract,
    escalate,
    keep_promise,
    named,
    require_case,
)
from linlian.community.repairs.rules_acting import step
from linlian.community.repairs.rules_held import hand_over
from linlian.community.repairs.rules_steps import ANSWERABLE, ENDED, STEPS, Standing, State
from linlian.community.repairs.rules_terms import DAY_MS, MINUTE_MS, Clock, Urgency, in_working_time, limits
from linlian.kernel.contract import Command, Context, Id, Millis, Reader, replace

SILENCE_MS = 7 * DAY_MS
OBJECTION_MS = 3 * DAY_MS
REVIEW_MS = 7 * DAY_MS

_STILL = (*ENDED, State.MERGED)
PAUSABLE = (Clock.ARRIVE, Clock.FINISH, Clock.REPLY)
DUE = {
    Clock.RESPOND: "respond_by",
    Clock.ARRIVE: "arrive_by",
    Clock.SAFE: "safe_by",
    Clock.FINISH: "finish_by",
    Clock.REPLY: "reply_by",
}
"""Promise → the field of a case that says when it ends."""


class NoticeOverdue(CaseCommand):
    clock: Clock


class AskForReview(CaseCommand):
    pass


class WakeRepair(CaseCommand):
    pass


class EndPause(CaseCommand):
    pass


class CloseChecked(CaseCommand):
    pass


class CloseUnanswered(CaseCommand):
    pass


@contract.event
class OverdueNoticed(CaseEvent):
    """The time of a promise has passed; with who had it then, for whoever looks after them."""

    clock: Clock
    due_at: Millis
    responsible: Id
    executor: Id


@contract.event
class ReviewDue(CaseEvent):
    """What was put off for long is to be looked at, by `review_by`."""

    review_by: Millis


@contract.event
class RepairResumed(CaseEvent):
    """By somebody, or by the clock when the date has come."""

    state: State
    standing: Standing


@contract.event
class ClocksResumed(CaseEvent):
    """The clocks stood still for `paused_ms`, since the opening for `paused_in_all_ms`; what is due has moved."""

    standing: Standing
    paused_ms: Millis
    paused_in_all_ms: Millis
    arrive_by: Millis
    finish_by: Millis
    reply_by: Millis


@contract.event
class CheckStood(CaseEvent):
    """A witness found it sound, and nobody objected for three days: confirmed with the witness's standing."""

    place: PlaceId
    standing: Standing
    basis: Basis
    checked_by: AccountId
    reporter: AccountId | None = None


@contract.event
class RepairClosedUnanswered(CaseEvent):
    """Closed because nobody said anything after a notice was served: never counted as a confirmation."""

    place: PlaceId
    basis: Basis
    reporter: AccountId | None = None


def keep(ctx: Context, case_id: bytes, before: Case | None, after: Case) -> Case:
    """Write a case, and set its timer if what can happen next has changed; the case as it was written."""
    after = hand_over(ctx, case_id, before, after)
    cases.put(ctx, case_id, after)
    alarm = next_alarm(after)
    if before is not None and next_alarm(before) == alarm:
        return after
    if alarm is None:
        ctx.unschedule("repairs.clock", case_id)
    else:
        due, what = alarm
        ctx.schedule("repairs.clock", case_id, due, _command(case_id, what))
    return after


def with_promises(reader: Reader, case: Case, time: int) -> Case:
    """The case with the promises of its category and urgency, counted from `time`."""
    given, working = limits(case.category, case.urgency), in_working_time(case.category, case.urgency)
    ends, assumed = {}, False
    for clock, minutes in zip(DUE, given, strict=True):
        ends[DUE[clock]] = time + minutes * MINUTE_MS if minutes else 0
        if clock in working:
            due = calendars.due(reader, STANDARD, time, minutes)
            ends[DUE[clock]], assumed = due.at_ms, assumed or due.assumed
    endangered = case.endangered or case.urgency is Urgency.LIFE_SAFETY
    return replace(case, opened_at=time, assumed=assumed, endangered=endangered, **ends)


def due_at(case: Case, clock: Clock) -> int:
    """When a promise ends; 0 if there is no such promise."""
    if clock is Clock.REVIEW:
        return case.deferred_until + REVIEW_MS if case.asked else 0
    due = getattr(case, DUE[clock])
    assert isinstance(due, int)
    return due


def meet(case: Case, clock: Clock, time: int) -> tuple[Case, bool]:
    """A promise is kept now; and whether it comes late. The first time counts, until the case is opened again."""
    if clock in case.kept or due_at(case, clock) == 0:
        return case, False
    late = clock in case.late or time > due_at(case, clock)
    return keep_promise(break_promise(case, clock) if late else case, clock), late


def running(case: Case) -> list[tuple[int, str]]:
    """The promises that can still be missed, each with its end."""
    if case.state in _STILL or case.opened_at == 0:
        return []
    over = (*case.kept, *case.late)
    waiting: list[tuple[int, str]] = []
    if case.state not in ANSWERABLE:
        if Clock.RESPOND not in over:
            waiting.append((case.respond_by, Clock.RESPOND))
        if case.safe_by and Clock.SAFE not in over:
            waiting.append((case.safe_by, Clock.SAFE))
        if case.asked and Clock.REVIEW not in over:
            waiting.append((due_at(case, Clock.REVIEW), Clock.REVIEW))
        if not case.paused_at:
            if Clock.ARRIVE not in over:
                waiting.append((case.arrive_by, Clock.ARRIVE))
            if Clock.FINISH not in over:
                waiting.append((case.finish_by, Clock.FINISH))
    if not case.paused_at and Clock.REPLY not in over:
        waiting.append((case.reply_by, Clock.REPLY))
    return waiting


def next_alarm(case: Case) -> tuple[int, str] | None:
    """When the clock next has something to do in a case, and what; None if it has nothing."""
    waiting = running(case)
    if case.state is State.DEFERRED and not case.asked:
        waiting.append((case.deferred_until, "ask" if case.review else "wake"))
    if case.state is State.CHECKED:
        waiting.append((case.checked_at + OBJECTION_MS, "close_checked"))
    if case.state is State.DONE and case.notified_at and silence_counts(case):
        waiting.append((case.notified_at + SILENCE_MS, "close"))
    if case.paused_at:
        waiting.append((case.paused_until, "end_pause"))
    return min(waiting, default=None)


def silence_counts(case: Case) -> bool:
    """Whether saying nothing may close it: never if life was at risk, never once somebody said that it is not done."""
    return not case.endangered and case.disputes == 0 and case.reopened == 0


def undeferred(case: Case) -> Case:
    """The case with nothing left of its deferral."""
    late = tuple(clock for clock in case.late if clock is not Clock.REVIEW)
    return replace(case, deferred_until=0, review=False, asked=False, late=late)


def unpaused(reader: Reader, case: Case, time: int) -> Case:
    """The case with its clocks going on: what is still to be kept moves by what it lost."""
    working = in_working_time(case.category, case.urgency)
    moved = {}
    for clock in PAUSABLE:
        due = due_at(case, clock)
        if not due or clock in case.kept or clock in case.late:
            continue
        if clock in working:
            left = calendars.working_ms(reader, STANDARD, case.paused_at, due).ms
            moved[DUE[clock]] = calendars.due(reader, STANDARD, time, -(-left // MINUTE_MS)).at_ms
        else:
            moved[DUE[clock]] = due + time - case.paused_at
    stood = time - case.paused_at
    return replace(case, paused_at=0, paused_until=0, paused_ms=case.paused_ms + stood, **moved)


def resume_clocks(ctx: Context, case_id: bytes, case: Case, standing: Standing) -> Case:
    """End the pause, if there is one, and say so; the case is not yet kept."""
    if not case.paused_at:
        return case
    after = unpaused(ctx, case, ctx.time)
    ctx.emit(
        ClocksResumed(
            case=case_id,
            standing=standing,
            paused_ms=ctx.time - case.paused_at,
            paused_in_all_ms=after.paused_ms,
            arrive_by=after.arrive_by,
            finish_by=after.finish_by,
            reply_by=after.reply_by,
        )
    )
    return after


def _command(case_id: bytes, what: str) -> Command:
    for name, kind in _TIMED.items():
        if what == name:
            return kind(case=case_id)
    return NoticeOverdue(case=case_id, clock=Clock(what))


_TIMED: dict[str, type[CaseCommand]] = {
    "wake": WakeRepair,
    "ask": AskForReview,
    "end_pause": EndPause,
    "close_checked": CloseChecked,
    "close": CloseUnanswered,
}


@contract.timer
def notice_overdue(ctx: Context, cmd: NoticeOverdue) -> None:
    """The time of a promise has passed."""
    case = require_case(ctx, cmd.case)
    keep(ctx, cmd.case, case, break_promise(case, cmd.clock))
    due = due_at(case, cmd.clock)
    ctx.emit(
        OverdueNoticed(case=cmd.case, clock=cmd.clock, due_at=due, responsible=case.responsible, executor=case.executor)
    )
    escalate(ctx, cmd.case, cmd.clock)


@contract.timer
def ask_for_review(ctx: Context, cmd: AskForReview) -> None:
    """The date has come on which what was put off for long is looked at."""
    before = require_case(ctx, cmd.case)
    case = replace(before, asked=True)
    keep(ctx, cmd.case, before, case)
    ctx.emit(ReviewDue(case=cmd.case, review_by=due_at(case, Clock.REVIEW)))


@contract.timer
def wake_repair(ctx: Context, cmd: WakeRepair) -> None:
    """The date of a deferral has come: back to the state before it."""
    before, case, standing, _ = step(ctx, cmd.case, STEPS["wake_repair"])
    keep(ctx, cmd.case, before, replace(case, deferred_until=0))
    ctx.emit(RepairResumed(case=cmd.case, state=case.state, standing=standing))


@contract.timer
def end_pause(ctx: Context, cmd: EndPause) -> None:
    """The longest that the clocks may stand still is over."""
    before = require_case(ctx, cmd.case)
    keep(ctx, cmd.case, before, resume_clocks(ctx, cmd.case, before, Standing.CLOCK))


@contract.timer
def close_checked(ctx: Context, cmd: CloseChecked) -> None:
    """Nobody has objected to what the witness found."""
    before, case, _, _ = step(ctx, cmd.case, STEPS["close_checked"])
    case, _ = meet(case, Clock.REPLY, ctx.time)
    keep(ctx, cmd.case, before, replace(case, closed_at=ctx.time, closing=Basis.OWN_KEY.value))
    ctx.emit(
        CheckStood(
            case=cmd.case,
            place=case.place,
            standing=Standing.WITNESS,
            basis=Basis.OWN_KEY,
            checked_by=case.checked_by,
            reporter=named(case.reporter),
        )
    )


@contract.timer
def close_unanswered(ctx: Context, cmd: CloseUnanswered) -> None:
    """Nobody has said anything for seven days since they were told."""
    before, case, _, basis = step(ctx, cmd.case, STEPS["close_unanswered"])
    keep(ctx, cmd.case, before, replace(case, closed_at=ctx.time, closing=basis.value))
    reporter = named(case.reporter)
    ctx.emit(RepairClosedUnanswered(case=cmd.case, place=case.place, basis=basis, reporter=reporter))
