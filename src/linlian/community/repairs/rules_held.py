"""Which open cases somebody has in hand: one row a repairer, kept whenever a case is kept.

A case is in a repairer's hands from its assignment until it is done, given to another, put back or ended; what is
disputed is in their hands again. `staff` counts with us, so that nobody ends their duty with open cases, and knows who
is there to look after them. Nobody has more than `HELD_MAX`, so that whoever hands over can name them all.
"""

from __future__ import annotations

from typing import Annotated

from linlian.community import staff
from linlian.community.identity import NOBODY
from linlian.community.repairs.rules import UNATTENDED, Case, contract, escalate
from linlian.community.repairs.rules_steps import UNDONE, State
from linlian.kernel.contract import Context, Id, Meta, Reader, Refused, Row, replace

HELD_MAX = 64


class Held(Row):
    """Keyed by the repairer's account."""

    cases: Annotated[tuple[Id, ...], Meta(max_length=HELD_MAX)]


held = contract.table("held", Held)


def cases_held_by(reader: Reader, account: bytes) -> tuple[bytes, ...]:
    """The open cases that somebody has in hand, in the order in which they came; at most 64."""
    found = held.get(reader, account)
    return () if found is None else found.cases


def holder_of(case: Case | None) -> bytes:
    """In whose hands a case is, or NOBODY."""
    return case.executor if case is not None and case.state in UNDONE else NOBODY


def hand_over(ctx: Context, case_id: bytes, before: Case | None, after: Case) -> Case:
    """Keep the rows of whoever had the case and whoever has it now.

    An assignment to somebody who has their hands full is refused; a dispute is not: then it waits for the dispatcher.
    What somebody held in shifts and nobody holds now is made known (`UNATTENDED`), and so is what goes on after a
    deferral while whoever has it is away.
    """
    had, has = holder_of(before), holder_of(after)
    if had == has:
        goes_on = before is not None and before.state is State.DEFERRED and after.state is not State.DEFERRED
        if goes_on and has != NOBODY and not staff.attends(ctx, has, ctx.time):
            escalate(ctx, case_id, UNATTENDED)
        return after
    if has != NOBODY:
        taken = cases_held_by(ctx, has)
        if len(taken) >= HELD_MAX:
            if after.state is not State.DISPUTED:
                raise Refused("repairs.hands_full", about=(case_id,), most=HELD_MAX)
            return replace(after, executor=NOBODY)
        held.put(ctx, has, Held((*taken, case_id)))
        staff.hold(ctx, has)
    if had != NOBODY:
        staff.let_go(ctx, had)
        if has == NOBODY and after.state in UNDONE and staff.keeps_shifts(ctx, had):
            escalate(ctx, case_id, UNATTENDED)
        left = tuple(other for other in cases_held_by(ctx, had) if other != case_id)
        if left:
            held.put(ctx, had, Held(left))
        else:
            held.delete(ctx, had)
    return after
