"""How a step is taken: find the case, find out as what the signer acts, look into the table.

The actor is checked before the state, so that somebody without business here hears `repairs.not_yours` and somebody
who comes too late (their command waited for a network, say) hears `repairs.wrong_state`. Then comes what a neighbour
holds back (`repairs.held`). All these refusals stay in the case's history; nothing is dropped.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from linlian.community import identity, places, staff
from linlian.community.identity import NOBODY, Basis, OrganisationKind, OrganisationStatus, Power, Role, Scope
from linlian.community.places import Right
from linlian.community.repairs.rules import Case, organisations_of, require_case
from linlian.community.repairs.rules_steps import ANSWERABLE, NEIGHBOURS_FIND, STEPS, Standing, State
from linlian.community.repairs.rules_terms import terms_of
from linlian.kernel.contract import SYSTEM, Context, Refused, replace
from linlian.kernel.steps import Step

WORKING_KINDS = (OrganisationKind.PROPERTY_COMPANY, OrganisationKind.SERVICE_PROVIDER)
"""Organisations that live by such work. None of their people answers for a resident, whichever of them did it."""


class Taken(NamedTuple):
    """A step that may be taken: the case before, the case moved on, and who moves it as what."""

    before: Case
    after: Case
    standing: Standing
    basis: Basis


def step(ctx: Context, case_id: bytes, step: Step[Standing, State]) -> Taken:
    """Refused: `repairs.unknown_case`, `repairs.not_yours`, `repairs.wrong_state`, `repairs.held`."""
    case = require_case(ctx, case_id)
    cell = step.cells.get(case.state)
    standing, basis = standing_in(ctx, case_id, case, step.by if cell is None else cell.by)
    return Taken(case, _moved(case_id, case, step), standing, basis)


def step_for(
    ctx: Context, case_id: bytes, step: Step[Standing, State], standing: Standing, holder: str = ""
) -> tuple[Case, Case]:
    """The same for a standing that a neighbour has found: the case before and after.

    A hold is not in its own holder's way.
    """
    assert standing in step.by, f"{step.name} is not for {standing}"
    case = require_case(ctx, case_id)
    return case, _moved(case_id, case, step, holder)


def _moved(case_id: bytes, case: Case, step: Step[Standing, State], holder: str = "") -> Case:
    cell = STEPS.cell(step.name, case.state, (case_id,))
    for hold in case.holds:
        if step.name in hold.steps and hold.name != holder:
            raise Refused("repairs.held", about=(case_id,), hold=hold.name, step=step.name)
    if cell.to is case.state:
        return case
    to = case.back if cell.to is None else cell.to
    return replace(case, state=to, back=to)


def standing_in(ctx: Context, case_id: bytes, case: Case, by: tuple[Standing, ...]) -> tuple[Standing, Basis]:
    """The first of these standings that the signer has. Refused: `repairs.not_yours`."""
    because = ""
    for standing in by:
        if standing in NEIGHBOURS_FIND:
            continue
        try:
            basis = _CHECKS[standing](ctx, case)
        except Refused as no:
            because = no.code
            continue
        if basis is not None:
            return standing, basis
    raise Refused("repairs.not_yours", about=(case_id,), needed=",".join(by), because=because)


def check_licence(ctx: Context, case_id: bytes, case: Case, executor: bytes) -> None:
    """Refuse whoever, or whose organisation, lacks the licence that this kind of work takes: `repairs.no_licence`."""
    person, firm = terms_of(case.category).licences
    if firm is not None and not staff.organisation_has_licence(ctx, case.executing, firm, ctx.time):
        raise Refused("repairs.no_licence", about=(case_id,), licence=firm.value)
    if person is not None and not staff.has_licence(ctx, executor, person, ctx.time):
        raise Refused("repairs.no_licence", about=(case_id, executor), licence=person.value)


def is_outsider(ctx: Context, case: Case, account: bytes) -> bool:
    """Whether an account belongs to an organisation that has no part in a case and does not live by such work."""
    member = identity.member(ctx, account)
    if member is None or member.organisation in organisations_of(case):
        return False
    found = identity.organisation(ctx, member.organisation)
    return found is not None and found.status is OrganisationStatus.ACTIVE and found.kind not in WORKING_KINDS


def _as_reporter(ctx: Context, case: Case) -> Basis | None:
    """Whoever was just recovered may say that it is not repaired; a yes asks for more (`rules_answering`)."""
    identity.acting(ctx, Power.REPORT)
    scope = Scope.CONFIRM if case.state in ANSWERABLE else Scope.REPORT
    return identity.stands_for(ctx, case.reporter, scope, Power.REPORT)


def _as_occupant(ctx: Context, case: Case) -> Basis | None:
    """Now, and when the case was opened: a successor has no part in what was before them."""
    identity.acting(ctx, Power.REPORT)
    return Basis.OWN_KEY if may_confirm(ctx, ctx.signer, case) else None


def may_confirm(ctx: Context, account: bytes, case: Case) -> bool:
    """Whether somebody has the right to confirm at the place, now and already when the case was opened."""
    return places.may_in_matter(ctx, account, case.place, Right.CONFIRM, case.opened_at, ctx.time)


def _as_witness(ctx: Context, case: Case) -> Basis | None:
    identity.require_role(ctx, Role.GRID_WORKER, Role.BUILDING_HEAD, Role.COMMITTEE_MEMBER)
    place = places.place(ctx, case.place)
    common = place is not None and places.is_common(place)
    gains = identity.took_part(ctx, ctx.signer, case.reporter, ctx.time, True)
    return Basis.OWN_KEY if common and not gains and is_outsider(ctx, case, ctx.signer) else None


def _as_executor(ctx: Context, case: Case) -> Basis | None:
    if ctx.signer != case.executor or identity.took_part(ctx, ctx.signer, case.reporter, ctx.time):
        return None
    identity.require_role(ctx, Role.REPAIRER)
    return Basis.OWN_KEY


def _as_repairer(ctx: Context, case: Case) -> Basis | None:
    member = identity.require_role(ctx, Role.REPAIRER)
    ours = member.organisation == case.executing
    return Basis.OWN_KEY if ours and (case.team == NOBODY or staff.is_in_team(ctx, case.team, ctx.signer)) else None


def _as_assistant(ctx: Context, case: Case) -> Basis | None:
    member = identity.require_role(ctx, Role.REPAIRER, Role.DISPATCHER, Role.GRID_WORKER)
    return Basis.OWN_KEY if member.organisation in case.helpers else None


def _as_desk(ctx: Context, case: Case) -> Basis | None:
    """Before triage any desk; then that of the responsible organisation, and any once that one is gone."""
    member = identity.require_role(ctx, Role.DESK, Role.DISPATCHER)
    if case.responsible in (NOBODY, member.organisation):
        return Basis.OWN_KEY
    return None if identity.is_active(ctx, case.responsible) else Basis.OWN_KEY


def _as_dispatcher(ctx: Context, case: Case) -> Basis | None:
    """Before triage any, though there is nothing to do then but to wait for it."""
    member = identity.require_role(ctx, Role.DISPATCHER)
    ours = case.responsible == NOBODY or member.organisation in (case.responsible, case.executing)
    return Basis.OWN_KEY if ours else None


def _as_supervisor(ctx: Context, case: Case) -> Basis | None:
    identity.require_role(ctx, Role.SUPERVISOR)
    return Basis.OWN_KEY if is_outsider(ctx, case, ctx.signer) else None


def _as_clock(ctx: Context, case: Case) -> Basis | None:
    return Basis.SILENCE if ctx.signer == SYSTEM else None


_CHECKS: dict[Standing, Callable[[Context, Case], Basis | None]] = {
    Standing.REPORTER: _as_reporter,
    Standing.OCCUPANT: _as_occupant,
    Standing.WITNESS: _as_witness,
    Standing.EXECUTOR: _as_executor,
    Standing.REPAIRER: _as_repairer,
    Standing.ASSISTANT: _as_assistant,
    Standing.DESK: _as_desk,
    Standing.DISPATCHER: _as_dispatcher,
    Standing.SUPERVISOR: _as_supervisor,
    Standing.CLOCK: _as_clock,
}
