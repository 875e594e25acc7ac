"""What has to be done until when, and what happens when it is not: an event for who holds the fund and who watches.

expect(ctx, Due(AlertKind.REVIEW_DUE, fund, programme, cycle, due))     # a timer
forget(ctx, AlertKind.REVIEW_DUE, cycle)                                # it was done; told if it was late
"""

from __future__ import annotations

from typing import NamedTuple

from linlian.community.funds.rules import NOTHING, FundId, ProgrammeId, contract, funds
from linlian.community.funds.rules_table import AlertKind
from linlian.community.identity import OrganisationId
from linlian.kernel.contract import Command, Context, Event, Id, Millis, Row, compose


class Due(NamedTuple):
    """That something about a record is to be done until a time."""

    kind: AlertKind
    fund: bytes
    programme: bytes
    record: bytes
    due: int


class Late(Row):
    """That a time has passed. Keyed by kind and record; gone once it is done."""

    fund: Id
    programme: Id
    missed_at: Millis


lates = contract.table("late", Late)


class MissDeadline(Command):
    kind: AlertKind
    fund: FundId
    programme: Id
    record: Id
    due: Millis


@contract.event
class DeadlineMissed(Event):
    """`record`: the hop, cycle, programme or question that it is about."""

    kind: AlertKind
    fund: FundId
    organisation: OrganisationId
    regulator: OrganisationId
    record: Id
    due: Millis
    programme: ProgrammeId | None = None


@contract.event
class DeadlineMet(Event):
    """What was late has been done."""

    kind: AlertKind
    fund: FundId
    record: Id
    programme: ProgrammeId | None = None


@contract.timer
def miss_deadline(ctx: Context, cmd: MissDeadline) -> None:
    """Nobody did it in time."""
    miss(ctx, Due(cmd.kind, cmd.fund, cmd.programme, cmd.record, cmd.due))


def expect(ctx: Context, due: Due) -> None:
    """Set the timer; one of the same kind and record is replaced."""
    command = MissDeadline(kind=due.kind, fund=due.fund, programme=due.programme, record=due.record, due=due.due)
    ctx.schedule(f"funds.{due.kind.value}", due.record, due.due, command)


def forget(ctx: Context, kind: AlertKind, record: bytes) -> None:
    """It was done. Where it was late, that is told too."""
    ctx.unschedule(f"funds.{kind.value}", record)
    key = compose(kind.value, record)
    late = lates.get(ctx, key)
    if late is None:
        return
    lates.delete(ctx, key)
    ctx.emit(DeadlineMet(kind=kind, fund=late.fund, record=record, programme=_some(late.programme)))


def miss(ctx: Context, due: Due) -> None:
    """Tell that a time has passed: in the fund's history, its holder's and the regulator's."""
    fund = funds.get(ctx, due.fund)
    assert fund is not None, "funds are never deleted"
    lates.put(ctx, compose(due.kind.value, due.record), Late(due.fund, due.programme, ctx.time))
    ctx.emit(
        DeadlineMissed(
            kind=due.kind,
            fund=due.fund,
            organisation=fund.organisation,
            regulator=fund.regulator,
            record=due.record,
            due=due.due,
            programme=_some(due.programme),
        )
    )


def _some(programme_id: bytes) -> bytes | None:
    return None if programme_id == NOTHING else programme_id
