"""Handovers: nobody leaves with open cases; a colleague takes them first.

Rules
- Whoever has a case in hand offers it to one colleague, who has to be there now, or to a team: then whoever of it
  comes on duty takes it. A note says how far it is, in sealed words, for those who work on it.
- Only their own acceptance puts it into their hands. Until then whoever had it has it, on duty or not, and its promises
  run on; that nobody on duty has it goes up by itself (`supervision`).
- Who keeps shifts accepts on duty. Who keeps none (a contractor, an organisation that plans none) accepts at any time,
  and is never asked to hand anything over.
- An offer counts as long as whoever made it has the case. A later one takes the place of an earlier one.

    offer_repair → accept_handover | decline_handover | withdraw_handover
"""

from __future__ import annotations

from linlian.community import identity, repairs, staff
from linlian.community.identity import NOBODY, AccountId
from linlian.community.repairs import Case, CaseCommand, CaseEvent, Standing
from linlian.community.staff import TeamId
from linlian.kernel.contract import Content, Context, Contract, Id, Millis, Reader, Refused, Row, Rows

contract = Contract("handovers", needs=(identity.contract, staff.contract, repairs.contract))


class Offer(Row):
    """Keyed by the case: who wants to hand it over, to a colleague or to a team; the other is NOBODY."""

    holder: Id
    colleague: Id
    team: Id
    offered_at: Millis


offers = contract.table("offer", Offer)


class OfferRepair(CaseCommand, kw_only=True):
    """To a colleague, or to a team. One command for each case: what is of one home names no other."""

    colleague: AccountId | None = None
    team: TeamId | None = None
    handover_note: Content


class AcceptHandover(CaseCommand):
    pass


class DeclineHandover(CaseCommand):
    handover_note: Content | None = None


class WithdrawHandover(CaseCommand):
    pass


@contract.event
class HandoverOffered(CaseEvent):
    """`holder` still has it; it is the colleague's, or somebody's of the team, once they accept."""

    holder: AccountId
    handover_note: Content
    colleague: AccountId | None = None
    team: Id | None = None


@contract.event
class HandoverAccepted(CaseEvent):
    """`colleague` has it from now on (`repairs.repair_handed_over`). The offer had waited for so long."""

    holder: AccountId
    colleague: AccountId
    waited_ms: Millis


@contract.event
class HandoverDeclined(CaseEvent):
    """It stays with `holder`, who has to find somebody else."""

    holder: AccountId
    colleague: AccountId
    handover_note: Content | None = None


@contract.event
class HandoverWithdrawn(CaseEvent):
    holder: AccountId


@contract.command
def offer_repair(ctx: Context, cmd: OfferRepair) -> None:
    """Ask a colleague, or a team, to take over what one has in hand."""
    identity.acting(ctx)
    case = repairs.require_case(ctx, cmd.case)
    repairs.standing_in(ctx, cmd.case, Standing.EXECUTOR)
    if repairs.holder_of(case) != ctx.signer:
        raise Refused("handovers.not_in_hand", about=(cmd.case,), state=case.state.value)
    if (cmd.colleague is None) == (cmd.team is None):
        raise Refused("handovers.name_one", about=(cmd.case,))
    if cmd.colleague is not None:
        _check_colleague(ctx, cmd.case, case, cmd.colleague)
    if cmd.team is not None:
        _check_team(ctx, cmd.case, case, cmd.team)
    offers.put(ctx, cmd.case, Offer(ctx.signer, cmd.colleague or NOBODY, cmd.team or NOBODY, ctx.time))
    ctx.emit(
        HandoverOffered(
            case=cmd.case,
            holder=ctx.signer,
            handover_note=cmd.handover_note,
            colleague=cmd.colleague,
            team=cmd.team,
        )
    )


@contract.command
def accept_handover(ctx: Context, cmd: AcceptHandover) -> None:
    """Take it over: from now on it is in the signer's hands."""
    identity.acting(ctx)
    offer = _require_offer(ctx, cmd.case)
    if not is_for(ctx, offer, ctx.signer):
        raise Refused("handovers.not_for_you", about=(cmd.case,))
    if not staff.attends(ctx, ctx.signer, ctx.time):
        raise Refused("handovers.begin_duty_first", about=(cmd.case,))
    offers.delete(ctx, cmd.case)
    repairs.hand_over(ctx, cmd.case)
    waited = ctx.time - offer.offered_at
    ctx.emit(HandoverAccepted(case=cmd.case, holder=offer.holder, colleague=ctx.signer, waited_ms=waited))


@contract.command
def decline_handover(ctx: Context, cmd: DeclineHandover) -> None:
    """Leave it with whoever has it. Whoever is asked as one of a team just does not take it."""
    identity.acting(ctx)
    offer = _require_offer(ctx, cmd.case)
    if offer.colleague != ctx.signer:
        raise Refused("handovers.not_for_you", about=(cmd.case,))
    offers.delete(ctx, cmd.case)
    ctx.emit(
        HandoverDeclined(case=cmd.case, holder=offer.holder, colleague=offer.colleague, handover_note=cmd.handover_note)
    )


@contract.command
def withdraw_handover(ctx: Context, cmd: WithdrawHandover) -> None:
    """Go on with it oneself after all."""
    identity.acting(ctx)
    offer = _require_offer(ctx, cmd.case)
    if offer.holder != ctx.signer:
        raise Refused("handovers.not_in_hand", about=(cmd.case,), state=repairs.require_case(ctx, cmd.case).state.value)
    offers.delete(ctx, cmd.case)
    ctx.emit(HandoverWithdrawn(case=cmd.case, holder=ctx.signer))


# --- the front door ---


def offer_of(reader: Reader, case_id: bytes) -> Offer | None:
    """The offer that counts: whoever made it still has the case in hand."""
    offer = offers.get(reader, case_id)
    return offer if offer is not None and repairs.holder_of(repairs.case(reader, case_id)) == offer.holder else None


def is_for(reader: Reader, offer: Offer, account: bytes) -> bool:
    """Whether somebody may answer an offer with their yes."""
    if offer.team != NOBODY:
        return account != offer.holder and staff.is_in_team(reader, offer.team, account)
    return account == offer.colleague


def _require_offer(ctx: Context, case_id: bytes) -> Offer:
    repairs.require_case(ctx, case_id)
    found = offer_of(ctx, case_id)
    if found is None:
        raise Refused("handovers.nothing_offered", about=(case_id,))
    return found


def _check_colleague(ctx: Context, case_id: bytes, case: Case, colleague: bytes) -> None:
    """Another repairer of those who do the work, who is there."""
    if colleague == ctx.signer:
        raise Refused("handovers.to_yourself", about=(case_id,))
    repairs.check_repairer(ctx, case_id, case, colleague)
    if not staff.attends(ctx, colleague, ctx.time):
        raise Refused("handovers.not_there", about=(case_id,))


def _check_team(ctx: Context, case_id: bytes, case: Case, identifier: bytes) -> None:
    """A team of those who do the work, in which there is somebody else."""
    found = staff.team(ctx, identifier)
    if found is None or found.organisation != case.executing or found.members in ((), (ctx.signer,)):
        raise Refused("handovers.no_such_team", about=(case_id,))


@contract.invariant
def offers_are_to_one(rows: Rows) -> None:
    """To a colleague or to a team, by somebody else."""
    for case_id, offer in rows(offers):
        assert (offer.colleague == NOBODY) != (offer.team == NOBODY), case_id.hex()
        assert offer.holder not in (NOBODY, offer.colleague), case_id.hex()
