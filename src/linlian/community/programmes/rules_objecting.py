"""Objections while a list hangs out, and their answers.

Rules
- Anybody with an account may object to a line, which is then held, or to a list that somebody is missing from; each
  once to the same.
- An approver who had no part answers. Upheld, the line is struck; of a whole list, it opens again. Nothing of a list is
  paid while an objection waits for its answer.
"""

from __future__ import annotations

from linlian.community import funds
from linlian.community.funds import NOTHING, AlertKind
from linlian.community.identity import AccountId
from linlian.community.programmes.rules import (
    Cycle,
    CycleId,
    Objected,
    Objection,
    RecipientId,
    contract,
    cycles,
    entitlements,
    objected,
    objections,
    require_cycle,
    require_entitlement,
)
from linlian.community.programmes.rules_cycles import release, send_back
from linlian.community.programmes.rules_entitling import leave
from linlian.community.programmes.rules_table import CycleState, EntitlementState, ObjectionState, moved
from linlian.kernel.contract import Command, Content, Context, Event, Id, Refused, compose, replace


class ObjectToCycle(Command):
    cycle: CycleId
    words: Content
    entitlement: Id | None = None


class AnswerObjection(Command):
    objection: Id
    upheld: bool
    words: Content


@contract.event
class ObjectionRaised(Event):
    objection: Id
    cycle: CycleId
    raised_by: AccountId
    words: Content
    entitlement: Id | None = None
    recipient: RecipientId | None = None


@contract.event
class ObjectionAnswered(Event):
    objection: Id
    cycle: CycleId
    answered_by: AccountId
    upheld: bool
    words: Content
    entitlement: Id | None = None
    recipient: RecipientId | None = None


@contract.command
def object_to_cycle(ctx: Context, cmd: ObjectToCycle) -> None:
    """Object to a list that hangs out, or to one line of it."""
    funds.as_anybody(ctx)
    cycle = require_cycle(ctx, cmd.cycle)
    if cycle.state is not CycleState.POSTED:
        raise Refused("programmes.not_posted", about=(cmd.cycle,), state=cycle.state.value)
    once = compose(cmd.cycle, ctx.signer, cmd.entitlement or NOTHING)
    if objected.has(ctx, once):
        raise Refused("programmes.objected_already", about=(cmd.cycle,))
    recipient = None if cmd.entitlement is None else _hold(ctx, cmd.cycle, cmd.entitlement)
    objection_id = ctx.new_id()
    objected.put(ctx, once, Objected(objection_id))
    row = Objection(cmd.cycle, cmd.entitlement or NOTHING, ctx.signer, ObjectionState.OPEN)
    objections.create(ctx, objection_id, row)
    cycles.put(ctx, cmd.cycle, replace(cycle, objections=cycle.objections + 1))
    ctx.emit(
        ObjectionRaised(
            objection=objection_id,
            cycle=cmd.cycle,
            raised_by=ctx.signer,
            words=cmd.words,
            entitlement=cmd.entitlement,
            recipient=recipient,
        )
    )


@contract.command
def answer_objection(ctx: Context, cmd: AnswerObjection) -> None:
    """Answer an objection: upheld, the line is struck or the list opens again."""
    objection = objections.require(ctx, cmd.objection)
    cycle = require_cycle(ctx, objection.cycle)
    funds.as_approver(
        ctx, cycle.fund, funds.require_fund(ctx, cycle.fund), cycle.entered_by, cycle.submitted_by, objection.by
    )
    step = "uphold_objection" if cmd.upheld else "dismiss_objection"
    state = moved(step, objection.state, (objection.cycle,))
    objections.put(ctx, cmd.objection, replace(objection, state=state))
    cycle = replace(cycle, objections=cycle.objections - 1)
    cycles.put(ctx, objection.cycle, cycle)
    line = objection.entitlement
    recipient = None if line == NOTHING else _settle(ctx, line, cycle, cmd.upheld)
    ctx.emit(
        ObjectionAnswered(
            objection=cmd.objection,
            cycle=objection.cycle,
            answered_by=ctx.signer,
            upheld=cmd.upheld,
            words=cmd.words,
            entitlement=None if line == NOTHING else line,
            recipient=recipient,
        )
    )
    cycle = require_cycle(ctx, objection.cycle)
    if cycle.state is not CycleState.POSTED:
        return
    if line == NOTHING and cmd.upheld:
        funds.forget(ctx, AlertKind.OBJECTION_DUE, objection.cycle)
        send_back(ctx, objection.cycle, cycle, None)
    elif not cycle.objections and cycle.posted_until <= ctx.time:
        funds.forget(ctx, AlertKind.OBJECTION_DUE, objection.cycle)
        release(ctx, objection.cycle, cycle)


def _hold(ctx: Context, cycle_id: bytes, entitlement_id: bytes) -> bytes:
    """Hold a line of a list until the objection is answered; whose it is."""
    row = require_entitlement(ctx, entitlement_id)
    if row.cycle != cycle_id:
        raise Refused("programmes.unknown_entitlement")
    state = moved("hold_entitlement", row.state, (cycle_id,))
    entitlements.put(ctx, entitlement_id, replace(row, state=state))
    return row.recipient


def _settle(ctx: Context, entitlement_id: bytes, cycle: Cycle, upheld: bool) -> bytes:
    """Strike a line that was held, or let it stand again; whose it is. One that expired meanwhile stays so."""
    row = require_entitlement(ctx, entitlement_id)
    if row.state is EntitlementState.HELD and upheld:
        leave(ctx, entitlement_id, row, cycle, "strike_entitlement")
    elif row.state is EntitlementState.HELD:
        entitlements.put(ctx, entitlement_id, replace(row, state=moved("clear_entitlement", row.state, ())))
    return row.recipient
