"""Not ours: said by whoever has a case, decided by an arbiter outside it.

Until the arbiter has decided, whoever has it has it, and its promises run. An arbiter who is late is noted, and decides
all the same: somebody must answer for a case. What endangers life is made safe first.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from linlian.community import identity, repairs
from linlian.community.identity import (
    NOBODY,
    AccountId,
    Basis,
    OrganisationId,
    OrganisationKind,
    Role,
)
from linlian.community.repairs import Case, CaseCommand, CaseEvent, Standing, State, Urgency
from linlian.community.supervision.rules import DECIDED_WITHIN, after, contract, outside, require_answered_for
from linlian.kernel.contract import Content, Context, Id, Meta, Millis, Refused, Row, replace

RETURNS_MAX = 2
"""How often a case is returned, by whomever, until it is opened again."""
ARBITERS = (OrganisationKind.GOVERNMENT, OrganisationKind.OWNERS_COMMITTEE)


class ReturnReason(StrEnum):
    NOT_OUR_AREA = "not_our_area"
    NOT_OUR_DUTY = "not_our_duty"
    UNDER_WARRANTY = "under_warranty"
    UTILITY = "utility"
    PRIVATE = "private"
    WRONG_PLACE = "wrong_place"


class Return(Row):
    """The last return of a case. Keyed by the case; `open` until it is decided.

    returned    by whom it was returned, since the opening
    named       whom arbiters named since then: they return it no more
    """

    organisation: Id
    opened_at: Millis
    decide_by: Millis
    returned: Annotated[tuple[Id, ...], Meta(max_length=RETURNS_MAX)]
    named: Annotated[tuple[Id, ...], Meta(max_length=RETURNS_MAX)] = ()
    open: bool = True


returns = contract.table("return", Return)


class ReturnRepair(CaseCommand):
    """`proposed`: whose it is instead, as far as one knows."""

    reason: ReturnReason
    words: Content
    proposed: OrganisationId | None = None


class DecideReturn(CaseCommand):
    """`responsible`: who answers for it from now on; the same as before: the return is rejected."""

    responsible: OrganisationId
    words: Content


class NoticeUndecided(CaseCommand):
    pass


@contract.event
class RepairReturned(CaseEvent):
    """An organisation holds that it is not theirs. It has the case until `arbiter` (or another outside) has decided."""

    organisation: OrganisationId
    reason: ReturnReason
    decide_by: Millis
    words: Content
    proposed: Id | None = None
    arbiter: OrganisationId | None = None


@contract.event
class ReturnDecided(CaseEvent):
    """Who answers for it is settled. `moved`: it went to another, and is triaged again."""

    returned_by: OrganisationId
    responsible: OrganisationId
    decided_by: AccountId
    arbiter: OrganisationId
    moved: bool
    words: Content


@contract.event
class ReturnUndecided(CaseEvent):
    """The arbiter's time has passed; it is still to be decided."""

    organisation: OrganisationId
    decide_by: Millis
    arbiter: OrganisationId | None = None


@contract.command
def return_repair(ctx: Context, cmd: ReturnRepair) -> None:
    """Say that it is not one's own, with the reason; an arbiter decides."""
    case = require_answered_for(ctx, cmd.case)
    member = identity.require_role(ctx, Role.DESK, Role.DISPATCHER, Role.SUPERVISOR)
    if member.organisation != case.responsible:
        raise Refused("supervision.not_yours_to_return", about=(cmd.case,))
    if case.state not in _RETURNABLE:
        raise Refused("repairs.wrong_state", about=(cmd.case,), state=case.state.value, step="give_back")
    if case.urgency is Urgency.LIFE_SAFETY and not case.safe_at:
        raise Refused("supervision.first_make_it_safe", about=(cmd.case,))
    last = _since_opening(ctx, cmd.case, case)
    if last is not None and last.open:
        raise Refused("supervision.already_returned", about=(cmd.case,), decide_by=last.decide_by)
    if last is not None and member.organisation in last.named:
        raise Refused("supervision.decided_already", about=(cmd.case,))
    if last is not None and len(last.returned) >= RETURNS_MAX:
        raise Refused("supervision.returned_too_often", about=(cmd.case,), most=RETURNS_MAX)
    returned, named = ((), ()) if last is None else (last.returned, last.named)
    decide_by = after(ctx, ctx.time, DECIDED_WITHIN[case.urgency])
    row = Return(member.organisation, case.opened_at, decide_by, (*returned, member.organisation), named)
    returns.put(ctx, cmd.case, row)
    ctx.schedule("supervision.return", cmd.case, decide_by, NoticeUndecided(case=cmd.case))
    ctx.emit(
        RepairReturned(
            case=cmd.case,
            organisation=member.organisation,
            reason=cmd.reason,
            decide_by=decide_by,
            words=cmd.words,
            proposed=cmd.proposed,
            arbiter=_arbiter(ctx, case),
        )
    )


@contract.command
def decide_return(ctx: Context, cmd: DecideReturn) -> None:
    """As arbiter outside the case: say who answers for it."""
    case, row = repairs.require_case(ctx, cmd.case), returns.get(ctx, cmd.case)
    member = identity.require_office(ctx, ARBITERS, Role.DESK, Role.SUPERVISOR)
    if not repairs.is_outsider(ctx, case, ctx.signer):
        raise Refused("supervision.arbiter_in_the_case", about=(cmd.case,))
    if row is None or not row.open or row.opened_at != case.opened_at:
        raise Refused("supervision.nothing_returned", about=(cmd.case,))
    moved = repairs.settle(ctx, cmd.case, cmd.responsible, Standing.SUPERVISOR, Basis.OWN_KEY, cmd.words)
    named = tuple(dict.fromkeys((*row.named, cmd.responsible)))
    returns.put(ctx, cmd.case, replace(row, open=False, named=named))
    ctx.unschedule("supervision.return", cmd.case)
    ctx.emit(
        ReturnDecided(
            case=cmd.case,
            returned_by=row.organisation,
            responsible=cmd.responsible,
            decided_by=ctx.signer,
            arbiter=member.organisation,
            moved=moved,
            words=cmd.words,
        )
    )


@contract.timer
def notice_undecided(ctx: Context, cmd: NoticeUndecided) -> None:
    """The arbiter's time has passed."""
    case, row = repairs.require_case(ctx, cmd.case), returns.get(ctx, cmd.case)
    assert row is not None, "the timer is set with the row"
    if row.open and row.opened_at == case.opened_at and case.state in _RETURNABLE:
        event = ReturnUndecided(case=cmd.case, organisation=row.organisation, decide_by=row.decide_by)
        ctx.emit(replace(event, arbiter=_arbiter(ctx, case)))


def _since_opening(ctx: Context, case_id: bytes, case: Case) -> Return | None:
    found = returns.get(ctx, case_id)
    return found if found is not None and found.opened_at == case.opened_at else None


def _arbiter(ctx: Context, case: Case) -> bytes | None:
    found = outside(ctx, case, *ARBITERS)
    return None if found == NOBODY else found


_RETURNABLE = (
    *(State.TRIAGED, State.ASSIGNED, State.ACCEPTED, State.ON_SITE, State.DIAGNOSED),
    State.DISPUTED,
)
"""Where `give_back` of repairs leads away from."""
