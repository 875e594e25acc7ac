"""Who may quote, pay, contest and decide: found anew at each step, and never somebody on both sides.

Rules
- At home the payer is whoever has the right to pay there, now and already when the case was opened; where the owner
  bears the cost, an owner. Somebody who is trusted to decide (`Scope.DECIDE`) acts for them, on a basis of their own.
- Nobody who lives by such work, or belongs to an organisation in the case, approves for a resident.
- An office pays by its officer; of no organisation that does the work, answers for it or helps.
"""

from __future__ import annotations

from linlian.community import identity, places, repairs
from linlian.community.identity import NOBODY, Basis, Member, OrganisationKind, Power, Role, Scope
from linlian.community.places import Right
from linlian.community.quotes.rules import Contest, contests
from linlian.community.quotes.rules_table import ARBITERS, AT_HOME, PAYERS, ContestState, warranty_until
from linlian.community.repairs import NO_CASE, WORKING_KINDS, Case, Part, Payer
from linlian.kernel.contract import Context, Reader, Refused

_OWNERS = (places.Capacity.OWNER, places.Capacity.CO_OWNER)
FRONT = (Role.OFFICER, Role.DESK, Role.DISPATCHER)


def maker(ctx: Context, case_id: bytes, case: Case) -> bytes:
    """The executing organisation, which the signer acts for. Refused: `quotes.not_executing`."""
    member = identity.require_role(ctx, *FRONT, Role.REPAIRER)
    front = any(role in FRONT for role in member.roles)
    if member.organisation != case.executing or not (front or ctx.signer == case.executor):
        raise Refused("quotes.not_executing", about=(case_id,))
    return member.organisation


def payer(
    ctx: Context,
    case_id: bytes,
    case: Case,
    whom: Payer,
    pays_at: bytes,
    office: bytes,
    principal: bytes | None = None,
    power: Power = Power.BIND,
) -> Basis:
    """On what basis the signer is who pays. Refused: `quotes.not_payer`, `quotes.own_work`, and what identity says."""
    identity.acting(ctx, power)
    rule = PAYERS.get(whom)
    if rule is None:
        raise Refused("quotes.not_payer", about=(case_id,), payer=whom.value)
    if rule.kinds:
        member = identity.require_office(ctx, rule.kinds, Role.OFFICER, power=power)
        if member.organisation in repairs.organisations_of(case):
            raise Refused("quotes.own_work", about=(case_id,))
        if office not in (NOBODY, member.organisation) or (rule.office and office == NOBODY):
            raise Refused("quotes.not_payer", about=(case_id,), payer=whom.value)
        return Basis.OWN_KEY
    _check_free(ctx, case_id, case)
    whose = principal or ctx.signer
    if not may_pay(ctx, whose, pays_at, rule.owner, case.opened_at):
        raise Refused("quotes.not_payer", about=(case_id,), payer=whom.value)
    return identity.stands_for(ctx, whose, Scope.DECIDE, power)


def may_pay(ctx: Context, account: bytes, place: bytes, owner: bool, began: int) -> bool:
    """Whether somebody may say that a home pays for what began then."""
    if not places.may_in_matter(ctx, account, place, Right.PAY, began, ctx.time):
        return False
    row = places.occupancy(ctx, account, place)
    return not owner or (row is not None and row.capacity in _OWNERS)


def named(ctx: Context, case: Case, power: Power) -> bytes | None:
    """The organisation that triage made responsible, if the signer speaks for it."""
    try:
        member = identity.require_role(ctx, *FRONT, power=power)
    except Refused:
        return None
    return member.organisation if member.organisation == case.responsible else None


def arbiter(ctx: Context, case_id: bytes, case: Case, contest: Contest, decided: Payer) -> Member:
    """Whoever may decide a contest. Refused: `quotes.not_arbiter`, `quotes.own_fund`."""
    member = identity.require_role(ctx, Role.SUPERVISOR, Role.OFFICER, Role.COMMITTEE_MEMBER)
    kind = identity.require_active(ctx, member.organisation).kind
    fits = any(role in ARBITERS.get(kind, ()) for role in member.roles)
    in_it = member.organisation == contest.organisation or ctx.signer == contest.by
    if not fits or in_it or not repairs.is_outsider(ctx, case, ctx.signer):
        raise Refused("quotes.not_arbiter", about=(case_id,))
    if kind is OrganisationKind.OWNERS_COMMITTEE and Payer.FUND in (contest.payer, contest.wants_payer, decided):
        raise Refused("quotes.own_fund", about=(case_id,))
    return member


def home_of(ctx: Context, case_id: bytes, case: Case, whom: Payer, asked: bytes | None) -> bytes:
    """The home that pays: where it is, unless that is common or a neighbour's. Refused: `quotes.whose_home`."""
    if whom not in AT_HOME:
        return NOBODY
    place = case.place if asked is None else asked
    elsewhere = case.part is Part.NEIGHBOUR or not _is_home(ctx, case.place)
    if not _is_home(ctx, place) or elsewhere == (place == case.place):
        raise Refused("quotes.whose_home", about=(case_id,), part=case.part.value)
    return place


def check_not_covered(ctx: Context, case_id: bytes, case: Case, whom: Payer) -> None:
    """What costs a resident nothing is not quoted to them, unless an arbiter put it on them.

    Refused: `quotes.under_guarantee`, `quotes.under_warranty`.
    """
    contest = contests.get(ctx, case_id)
    if whom not in AT_HOME or (contest is not None and contest.state is ContestState.DECIDED):
        return
    if case.guarantee_of != NO_CASE or (case.reopened and ctx.time < case.guaranteed_until):
        raise Refused("quotes.under_guarantee", about=(case_id,))
    until = warranty_of(ctx, case)
    if until and ctx.time < places.day_start(until):
        raise Refused("quotes.under_warranty", about=(case_id,), until=places.day_start(until))


def warranty_of(reader: Reader, case: Case) -> int:
    """The first day on which the builder no longer answers for what is broken; 0 if they never did."""
    handover = places.handover_of(reader, places.require_place(reader, case.place))
    return warranty_until(repairs.terms_of(case.category).warranty, handover)


def _is_home(reader: Reader, place: bytes) -> bool:
    return places.require_place(reader, place).kind in places.UNITS


def _check_free(ctx: Context, case_id: bytes, case: Case) -> None:
    """None of those who do such work says yes for a resident, whatever delegation they hold."""
    member = identity.member(ctx, ctx.signer)
    if member is None:
        return
    employer = identity.organisation(ctx, member.organisation)
    works = employer is not None and employer.kind in WORKING_KINDS
    if works or member.organisation in repairs.organisations_of(case):
        raise Refused("quotes.own_work", about=(case_id,))
