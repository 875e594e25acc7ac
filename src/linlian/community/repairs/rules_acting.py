"""How a step is taken: find the case, find out as what the signer acts, look into the table.

The actor is checked before the state, so that somebody without business here hears `repairs.not_yours` and somebody
who comes too late (their command waited for a network, say) hears `repairs.wrong_state`. Both refusals stay in the
case's history; nothing is dropped.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from linlian.community import identity, places
from linlian.community.identity import NOBODY, Basis, OrganisationStatus, Role, Scope
from linlian.community.places import Right
from linlian.community.repairs.rules import Case, cases
from linlian.community.repairs.rules_steps import Standing, State, Step
from linlian.kernel.contract import SYSTEM, Context, Refused, replace


class Taken(NamedTuple):
    """A step that may be taken: the case before, the case moved on, and who moves it as what."""

    before: Case
    after: Case
    standing: Standing
    basis: Basis


def step(ctx: Context, case_id: bytes, step: Step) -> Taken:
    """Refused: `repairs.unknown_case`, `repairs.not_yours`, `repairs.wrong_state`."""
    case = cases.get(ctx, case_id)
    if case is None:
        raise Refused("repairs.unknown_case")
    cell = step.cells.get(case.state)
    standing, basis = standing_in(ctx, case_id, case, step.by if cell is None else cell.by)
    if cell is None:
        raise Refused("repairs.wrong_state", about=(case_id,), state=case.state.value, step=step.name)
    to = case.back if cell.to is None else cell.to
    return Taken(case, replace(case, state=to, back=to), standing, basis)


def standing_in(ctx: Context, case_id: bytes, case: Case, by: tuple[Standing, ...]) -> tuple[Standing, Basis]:
    """The first of these standings that the signer has. Refused: `repairs.not_yours`."""
    because = ""
    for standing in by:
        try:
            basis = _CHECKS[standing](ctx, case)
        except Refused as no:
            because = no.code
            continue
        if basis is not None:
            return standing, basis
    raise Refused("repairs.not_yours", about=(case_id,), needed=",".join(by), because=because)


def _as_reporter(ctx: Context, case: Case) -> Basis | None:
    identity.acting(ctx)
    scope = Scope.CONFIRM if case.state is State.DONE else Scope.REPORT
    return identity.stands_for(ctx, case.reporter, scope)


def _as_occupant(ctx: Context, case: Case) -> Basis | None:
    """Now, and when the case was opened: a successor has no part in what was before them."""
    identity.acting(ctx)
    times = (ctx.time, case.opened_at)
    there = all(places.may(ctx, ctx.signer, case.place, Right.CONFIRM, time) for time in times)
    return Basis.OWN_KEY if there else None


def _as_witness(ctx: Context, case: Case) -> Basis | None:
    member = identity.require_role(ctx, Role.GRID_WORKER, Role.BUILDING_HEAD, Role.COMMITTEE_MEMBER)
    place = places.place(ctx, case.place)
    common = place is not None and places.is_common(place)
    return Basis.OWN_KEY if common and member.organisation != case.responsible else None


def _as_executor(ctx: Context, case: Case) -> Basis | None:
    if ctx.signer != case.executor:
        return None
    identity.require_role(ctx, Role.REPAIRER)
    return Basis.OWN_KEY


def _as_desk(ctx: Context, case: Case) -> Basis | None:
    """Before triage any desk; then that of the responsible organisation, and any once that one is gone."""
    member = identity.require_role(ctx, Role.DESK, Role.DISPATCHER)
    if case.responsible in (NOBODY, member.organisation):
        return Basis.OWN_KEY
    found = identity.organisation(ctx, case.responsible)
    gone = found is None or found.status is not OrganisationStatus.ACTIVE
    return Basis.OWN_KEY if gone else None


def _as_dispatcher(ctx: Context, case: Case) -> Basis | None:
    member = identity.require_role(ctx, Role.DISPATCHER)
    return Basis.OWN_KEY if case.responsible in (NOBODY, member.organisation) else None


def _as_clock(ctx: Context, case: Case) -> Basis | None:
    return Basis.SILENCE if ctx.signer == SYSTEM else None


_CHECKS: dict[Standing, Callable[[Context, Case], Basis | None]] = {
    Standing.REPORTER: _as_reporter,
    Standing.OCCUPANT: _as_occupant,
    Standing.WITNESS: _as_witness,
    Standing.EXECUTOR: _as_executor,
    Standing.DESK: _as_desk,
    Standing.DISPATCHER: _as_dispatcher,
    Standing.CLOCK: _as_clock,
}
