"""What other businesses may do with a case. They need repairs, and repairs know nothing of them.

Rules
- Whoever calls has found out who acts; a standing that they name (joined, outsider, gateway) is theirs to answer for.
  Everything else of a step holds as ever: the table, what others hold back, the clocks.
- What a neighbour does shows in the case's own history, by an event of repairs.

    hold(ctx, case, "quotes.approval", "finish_repair")        nobody finishes it now
    lift(ctx, case, "quotes.approval")
"""

from __future__ import annotations

from linlian.community import identity
from linlian.community.identity import NOBODY, Basis, OrganisationId
from linlian.community.repairs.rules import (
    HOLDS_MAX,
    NO_CASE,
    ActedEvent,
    Case,
    CaseEvent,
    Hold,
    Proofs,
    contract,
    named,
    require_case,
)
from linlian.community.repairs.rules_acting import is_outsider, step_for
from linlian.community.repairs.rules_acting import standing_in as find_standing
from linlian.community.repairs.rules_answering import (
    Notice,
    check_at_home,
    checked,
    confirmed,
    disputed,
    reopened,
    served,
)
from linlian.community.repairs.rules_clock import DUE, due_at, keep, resume_clocks
from linlian.community.repairs.rules_steps import STEPS, UNDONE, Standing, State
from linlian.community.repairs.rules_terms import DAY_MS, Clock, Party, PauseReason, Payer, Urgency
from linlian.community.repairs.rules_triage import RepairHandedOver, check_repairer
from linlian.kernel.contract import Content, Context, Id, Label, Millis, Refused, replace

PAUSE_DAYS_MAX = 60
EXTEND_DAYS_MAX = 90


@contract.event
class HoldPlaced(CaseEvent):
    """Another business holds it back, until it lifts what it named `hold`."""

    hold: Label


@contract.event
class HoldLifted(CaseEvent):
    hold: Label


@contract.event
class ClocksPaused(ActedEvent):
    """Arriving, finishing and replying wait, at the longest until then; approved by the signer in this standing."""

    reason: PauseReason
    until: Millis
    evidence: Content


@contract.event
class DeadlineMoved(ActedEvent):
    """A promise ends at another time: earlier by somebody's stricter rule, later by somebody else's approval."""

    clock: Clock
    due_at: Millis
    was: Millis


@contract.event
class AttributionSet(CaseEvent):
    """Who must have it repaired, and who bears the cost. `fixed`: contested or decided, so that triage leaves it."""

    party: Party
    payer: Payer
    fixed: bool


@contract.event
class RepairGivenBack(ActedEvent):
    """Not ours: to be triaged again. `responsible` is who had it, `to` who has it now, if that was decided with it."""

    responsible: Id
    to: OrganisationId | None = None
    words: Content | None = None


@contract.event
class RepairMerged(ActedEvent):
    """From now on another case, or a known fault, is followed in its place. `into` is no subject: one joins many."""

    into: Id


@contract.event
class RepairSplit(ActedEvent):
    """It stands for itself again, where it stood before."""

    was_in: Id
    state: State


def standing_in(ctx: Context, case_id: bytes, *standings: Standing) -> tuple[Standing, Basis]:
    """The first of these standings that the signer has in a case. Refused: unknown_case, `repairs.not_yours`."""
    return find_standing(ctx, case_id, require_case(ctx, case_id), standings)


def hold(ctx: Context, case_id: bytes, name: str, *steps: str) -> None:
    """Hold these steps back under a name of one's own, until `lift`. Again is as once. Only people's steps."""
    for step in steps:
        assert Standing.CLOCK not in STEPS[step].by, "a timer that is refused does not come again"
    case = require_case(ctx, case_id)
    others = tuple(other for other in case.holds if other.name != name)
    if len(others) >= HOLDS_MAX:
        raise Refused("repairs.too_many_holds", about=(case_id,), most=HOLDS_MAX)
    keep(ctx, case_id, case, replace(case, holds=(*others, Hold(name=name, steps=steps))))
    if len(others) == len(case.holds):
        ctx.emit(HoldPlaced(case=case_id, hold=name))


def lift(ctx: Context, case_id: bytes, name: str) -> None:
    """No longer hold back what was held under a name; nothing if nothing was."""
    case = require_case(ctx, case_id)
    others = tuple(other for other in case.holds if other.name != name)
    if others != case.holds:
        keep(ctx, case_id, case, replace(case, holds=others))
        ctx.emit(HoldLifted(case=case_id, hold=name))


def pause_clock(
    ctx: Context,
    case_id: bytes,
    standing: Standing,
    basis: Basis,
    reason: PauseReason,
    until: int,
    evidence: Content,
) -> None:
    """Let arriving, finishing and replying wait, approved by the signer in `standing`; who does the work may not.

    Refused: `repairs.own_pause`, `repairs.paused`, `repairs.life_safety_cannot_wait`, `repairs.pause_out_of_range`.
    """
    before, case = step_for(ctx, case_id, STEPS["pause_clocks"], standing)
    if ctx.signer == case.executor:
        raise Refused("repairs.own_pause", about=(case_id,))
    if case.urgency is Urgency.LIFE_SAFETY:
        raise Refused("repairs.life_safety_cannot_wait", about=(case_id,))
    if case.paused_at:
        raise Refused("repairs.paused", about=(case_id,))
    if not ctx.time < until <= ctx.time + PAUSE_DAYS_MAX * DAY_MS:
        raise Refused("repairs.pause_out_of_range", about=(case_id,), days_max=PAUSE_DAYS_MAX)
    keep(ctx, case_id, before, replace(case, paused_at=ctx.time, paused_until=until))
    ctx.emit(ClocksPaused(case=case_id, standing=standing, basis=basis, reason=reason, until=until, evidence=evidence))


def resume_clock(ctx: Context, case_id: bytes, standing: Standing) -> None:
    """End the pause before its time. Refused: `repairs.not_paused`."""
    before, case = step_for(ctx, case_id, STEPS["resume_clocks"], standing)
    if not case.paused_at:
        raise Refused("repairs.not_paused", about=(case_id,))
    keep(ctx, case_id, before, resume_clocks(ctx, case_id, case, standing))


def tighten_deadline(
    ctx: Context, case_id: bytes, clock: Clock, due: int, standing: Standing, basis: Basis = Basis.OWN_KEY
) -> bool:
    """The stricter rule counts: bring a promise forward to `due`; False, and nothing, if it ends earlier already."""
    case = require_case(ctx, case_id)
    if clock in case.kept or clock in case.late or not due < due_at(case, clock):
        return False
    _move(ctx, case_id, case, clock, due, standing, basis)
    return True


def extend_deadline(
    ctx: Context, case_id: bytes, clock: Clock, due: int, standing: Standing, basis: Basis = Basis.OWN_KEY
) -> None:
    """Put a promise off, approved by the signer in `standing`; neither executor nor anybody of theirs approves.

    What was missed stays missed. Refused: `repairs.own_extension`, `repairs.nothing_to_extend`,
    `repairs.extension_out_of_range`, `repairs.life_safety_cannot_wait`.
    """
    case = require_case(ctx, case_id)
    if standing not in (Standing.SUPERVISOR, Standing.REPORTER, Standing.OCCUPANT):
        raise Refused("repairs.own_extension", about=(case_id,))
    if case.urgency is Urgency.LIFE_SAFETY:
        raise Refused("repairs.life_safety_cannot_wait", about=(case_id,))
    if case.state not in UNDONE or clock in case.kept or clock in case.late or not due_at(case, clock):
        raise Refused("repairs.nothing_to_extend", about=(case_id,), clock=clock.value)
    if not due_at(case, clock) < due <= due_at(case, clock) + EXTEND_DAYS_MAX * DAY_MS:
        raise Refused("repairs.extension_out_of_range", about=(case_id,), days_max=EXTEND_DAYS_MAX)
    _move(ctx, case_id, case, clock, due, standing, basis)


def hand_over(ctx: Context, case_id: bytes) -> None:
    """The signer takes it from whoever has it in hand, who offered it; a neighbour has found out that they did.

    Refused: `repairs.not_your_repairer`, `repairs.no_licence`, `repairs.hands_full`.
    """
    before, case = step_for(ctx, case_id, STEPS["hand_over"], Standing.REPAIRER)
    assert before.executor != NOBODY, "somebody offered it"
    check_repairer(ctx, case_id, case, ctx.signer)
    keep(ctx, case_id, before, replace(case, executor=ctx.signer))
    ctx.emit(RepairHandedOver(case=case_id, executor=ctx.signer, replaced=before.executor))


def give_back(
    ctx: Context,
    case_id: bytes,
    standing: Standing,
    basis: Basis = Basis.OWN_KEY,
    words: Content | None = None,
    to: bytes = NOBODY,
) -> None:
    """Not ours: back to triage, by the desk of `to` or by any, whoever decided so. Its promises run on."""
    before, case = step_for(ctx, case_id, STEPS["give_back"], standing)
    case = resume_clocks(ctx, case_id, case, standing)
    case = replace(case, responsible=to, settled=to != NOBODY, executing=to, executor=NOBODY, team=NOBODY)
    keep(ctx, case_id, before, case)
    ctx.emit(
        RepairGivenBack(
            case=case_id,
            standing=standing,
            basis=basis,
            responsible=before.responsible,
            to=named(to),
            words=words,
        )
    )


def settle(
    ctx: Context,
    case_id: bytes,
    organisation: bytes,
    standing: Standing,
    basis: Basis = Basis.OWN_KEY,
    words: Content | None = None,
) -> bool:
    """An arbiter says who answers for it; until it is opened again, triage hands it to no other.

    True if it moved: then it is triaged again there. Refused: `identity.organisation_not_active`.
    """
    identity.require_active(ctx, organisation)
    case = require_case(ctx, case_id)
    if organisation != case.responsible:
        give_back(ctx, case_id, standing, basis, words, organisation)
        return True
    keep(ctx, case_id, case, replace(case, settled=True))
    return False


def attribute(ctx: Context, case_id: bytes, party: Party, payer: Payer, fixed: bool) -> None:
    """Set party and payer as an arbiter decided, or as they stand until one does; whoever calls found out who may."""
    case = require_case(ctx, case_id)
    after = replace(case, party=party, payer=payer, fixed=fixed)
    if after != case:
        keep(ctx, case_id, case, after)
        ctx.emit(AttributionSet(case=case_id, party=party, payer=payer, fixed=fixed))


def confirm_for(ctx: Context, case_id: bytes, standing: Standing, basis: Basis) -> None:
    """Close it because those for whom it was done said so to the signer: `outsider` or `gateway`, on that basis.

    Only at home, and only somebody outside brings it. Refused: `repairs.own_work`, `repairs.needs_a_check`.
    """
    assert standing in (Standing.OUTSIDER, Standing.GATEWAY)
    assert basis is not Basis.OWN_KEY
    before, case = step_for(ctx, case_id, STEPS["confirm_repair"], standing)
    gains = identity.took_part(ctx, ctx.signer, case.reporter, ctx.time, True)
    if gains or not is_outsider(ctx, case, ctx.signer):
        raise Refused("repairs.own_work", about=(case_id,))
    check_at_home(ctx, case_id, case)
    confirmed(ctx, case_id, before, case, standing, basis)


def serve_for(ctx: Context, case_id: bytes, standing: Standing, basis: Basis, holder: str) -> None:
    """Tell the reporter that it is done, by a neighbour that holds `serve_notice` back under the name `holder`.

    Whoever did the work may say so too. Such a notice keeps the promise of a reply, and never lets silence close: the
    neighbour knows of others concerned.
    """
    before, case = step_for(ctx, case_id, STEPS["tell_all"], standing, holder)
    served(ctx, case_id, before, case, standing, basis, Notice.APP, False, None)


def check_for(ctx: Context, case_id: bytes, basis: Basis, proofs: Proofs, holder: str) -> None:
    """The signer, a witness, found it sound; by a neighbour that holds `check_repair` back under the name `holder`."""
    before, case = step_for(ctx, case_id, STEPS["check_repair"], Standing.WITNESS, holder)
    checked(ctx, case_id, before, case, Standing.WITNESS, basis, proofs)


def object_to(ctx: Context, case_id: bytes, standing: Standing, basis: Basis, words: Content | None = None) -> None:
    """A dispute by somebody whose standing a neighbour has found: whose report was joined, or who told an outsider."""
    before, case = step_for(ctx, case_id, STEPS["dispute_repair"], standing)
    disputed(ctx, case_id, before, case, standing, basis, words)


def reopen_for(ctx: Context, case_id: bytes, standing: Standing, basis: Basis, words: Content | None = None) -> None:
    """Open it again because somebody outside heard that it is not repaired."""
    before, case = step_for(ctx, case_id, STEPS["reopen_repair"], standing)
    reopened(ctx, case_id, before, case, standing, basis, words)


def mark_merged(
    ctx: Context, case_id: bytes, into: bytes, standing: Standing = Standing.DESK, basis: Basis = Basis.OWN_KEY
) -> None:
    """From now on `into` is followed in its place. Refused: `repairs.merge_itself`, `repairs.merge_of_merged`."""
    main = require_case(ctx, into)
    if into == case_id:
        raise Refused("repairs.merge_itself", about=(case_id,))
    if main.merged_into != NO_CASE or main.state not in UNDONE:
        raise Refused("repairs.merge_of_merged", about=(case_id,), state=main.state.value)
    mark_known(ctx, case_id, into, standing, basis)


def mark_known(
    ctx: Context, case_id: bytes, known: bytes, standing: Standing = Standing.DESK, basis: Basis = Basis.OWN_KEY
) -> None:
    """From now on something that a neighbour keeps under `known`, an outage, is followed in its place."""
    before, case = step_for(ctx, case_id, STEPS["merge_repair"], standing)
    case = resume_clocks(ctx, case_id, case, standing)
    keep(ctx, case_id, before, replace(case, back=before.state, merged_into=known))
    ctx.emit(RepairMerged(case=case_id, standing=standing, basis=basis, into=known))


def unmark_merged(
    ctx: Context, case_id: bytes, standing: Standing = Standing.DESK, basis: Basis = Basis.OWN_KEY
) -> None:
    """It stands for itself again, in the state that it had; its promises never stopped."""
    before, case = step_for(ctx, case_id, STEPS["split_repair"], standing)
    keep(ctx, case_id, before, replace(case, merged_into=NO_CASE))
    ctx.emit(RepairSplit(case=case_id, standing=standing, basis=basis, was_in=before.merged_into, state=case.state))


def _move(ctx: Context, case_id: bytes, case: Case, clock: Clock, due: int, standing: Standing, basis: Basis) -> None:
    was = due_at(case, clock)
    keep(ctx, case_id, case, replace(case, **{DUE[clock]: due}))
    ctx.emit(DeadlineMoved(case=case_id, standing=standing, basis=basis, clock=clock, due_at=due, was=was))
