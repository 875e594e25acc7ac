"""Contesting who must have it repaired, and who pays.

Rules
- Whoever would pay, or was made responsible at triage, contests and says who it should be instead. From then on triage
  changes neither (`repairs.attribute`), nothing is approved, billed or built in, and nobody finishes.
- An arbiter has three working days, by the standard calendar. They decide between whomever they find right, and that
  stands: for the case, for triage, for the guarantee and the warranty.
- If nobody decides in time it escalates by timer, three times, and the work goes on: until somebody decides, the cost
  stands with whichever of the two payers burdens the resident less. Silence of an office is never the resident's cost.
- A quote that was made for somebody else to pay is void with each of these.
- It can be dropped by whoever raised it; a case is contested three times at most.
"""

from __future__ import annotations

from linlian.community import calendars, identity, repairs
from linlian.community.calendars import STANDARD
from linlian.community.identity import NOBODY, AccountId, Basis, Power
from linlian.community.quotes.rules import (
    CONTEST_HOLD,
    HELD,
    CaseCommand,
    CaseEvent,
    Contest,
    contests,
    contract,
    current_quote,
)
from linlian.community.quotes.rules_paying import arbiter, named, payer
from linlian.community.quotes.rules_quoting import void_for_other_payer
from linlian.community.quotes.rules_table import As, ContestState, lower_burden, moved
from linlian.community.repairs import UNDONE, Case, Part, Party, Payer, State
from linlian.kernel.contract import Content, Context, Count, Id, Millis, Refused, replace

DECIDE_MINUTES = 3 * 8 * 60
"""Three working days."""
LEVELS_MAX = 3
CONTESTS_MAX = 3
CONTESTABLE = (*UNDONE, State.DONE, State.CHECKED)


class ContestAttribution(CaseCommand):
    """`party`, `payer`: who it should be instead. `evidence` sealed: a contract, a photograph."""

    party: Party
    payer: Payer
    words: Content
    evidence: Content | None = None
    principal: AccountId | None = None


class DecideAttribution(CaseCommand):
    """`words`: why."""

    party: Party
    payer: Payer
    words: Content


class DropContest(CaseCommand):
    pass


class EscalateContest(CaseCommand):
    pass


@contract.event
class AttributionContested(CaseEvent):
    """`assumed`: nobody has published whether some day until `decide_by` is worked."""

    contested_by: AccountId
    acting: As
    basis: Basis
    was_party: Party
    was_payer: Payer
    party: Party
    payer: Payer
    decide_by: Millis
    words: Content
    assumed: bool = False
    principal: AccountId | None = None
    evidence: Content | None = None


@contract.event
class AttributionDecided(CaseEvent):
    """`upheld`: as triage had it. `late`: after the time that an arbiter has."""

    decided_by: AccountId
    organisation: Id
    party: Party
    payer: Payer
    words: Content
    upheld: bool = False
    late: bool = False


@contract.event
class ContestEscalated(CaseEvent):
    """Nobody decided in time; until somebody does, `payer` bears the cost. `decide_by` 0: it escalates no further."""

    level: Count
    party: Party
    payer: Payer
    decide_by: Millis = 0
    assumed: bool = False


@contract.event
class ContestDropped(CaseEvent):
    dropped_by: AccountId


@contract.command
def contest_attribution(ctx: Context, cmd: ContestAttribution) -> None:
    """Say that somebody else must have it repaired, or pay for it."""
    case = repairs.require_case(ctx, cmd.case)
    acting, organisation, basis = _contestant(ctx, cmd, case)
    if case.state not in CONTESTABLE:
        raise Refused("quotes.case_over", about=(cmd.case,), state=case.state.value)
    if Payer.UNDECIDED in (case.payer, cmd.payer) or Party.UNDECIDED in (case.party, cmd.party):
        raise Refused("quotes.payer_undecided", about=(cmd.case,))
    if (cmd.party, cmd.payer) == (case.party, case.payer):
        raise Refused("quotes.nothing_contested", about=(cmd.case,))
    before = contests.get(ctx, cmd.case)
    if before is not None:
        moved("contest_attribution", before.state, (cmd.case,))
        if before.number >= CONTESTS_MAX:
            raise Refused("quotes.contested_enough", about=(cmd.case,), most=CONTESTS_MAX)
    due = calendars.due(ctx, STANDARD, ctx.time, DECIDE_MINUTES)
    row = Contest(
        state=ContestState.OPEN,
        by=ctx.signer,
        organisation=organisation,
        party=case.party,
        payer=case.payer,
        wants_party=cmd.party,
        wants_payer=cmd.payer,
        opened_at=ctx.time,
        decide_by=due.at_ms,
        number=1 if before is None else before.number + 1,
    )
    contests.put(ctx, cmd.case, row)
    ctx.schedule("quotes.contest", cmd.case, due.at_ms, EscalateContest(case=cmd.case))
    ctx.emit(
        AttributionContested(
            case=cmd.case,
            contested_by=ctx.signer,
            acting=acting,
            basis=basis,
            was_party=case.party,
            was_payer=case.payer,
            party=cmd.party,
            payer=cmd.payer,
            decide_by=due.at_ms,
            words=cmd.words,
            assumed=due.assumed,
            principal=cmd.principal,
            evidence=cmd.evidence,
        )
    )
    repairs.attribute(ctx, cmd.case, case.party, case.payer, fixed=True)
    repairs.hold(ctx, cmd.case, CONTEST_HOLD, HELD)


@contract.command
def decide_attribution(ctx: Context, cmd: DecideAttribution) -> None:
    """Decide who must have it repaired and who pays, as somebody outside."""
    identity.acting(ctx)
    row, case = _contest(ctx, cmd.case), repairs.require_case(ctx, cmd.case)
    member = arbiter(ctx, cmd.case, case, row, cmd.payer)
    state = moved("decide_attribution", row.state, (cmd.case,))
    if cmd.payer is Payer.UNDECIDED or cmd.party is Party.UNDECIDED:
        raise Refused("quotes.payer_undecided", about=(cmd.case,))
    contests.put(ctx, cmd.case, replace(row, state=ContestState(state), decided_by=ctx.signer))
    ctx.unschedule("quotes.contest", cmd.case)
    ctx.emit(
        AttributionDecided(
            case=cmd.case,
            decided_by=ctx.signer,
            organisation=member.organisation,
            party=cmd.party,
            payer=cmd.payer,
            words=cmd.words,
            upheld=(cmd.party, cmd.payer) == (row.party, row.payer),
            late=row.level > 0,
        )
    )
    _stand(ctx, cmd.case, cmd.party, cmd.payer, fixed=True)


@contract.command
def drop_contest(ctx: Context, cmd: DropContest) -> None:
    """Contest it no longer: as triage had it, and for triage to change."""
    identity.acting(ctx, Power.REPORT)
    row = _contest(ctx, cmd.case)
    if ctx.signer != row.by:
        raise Refused("quotes.not_contestant", about=(cmd.case,))
    state = moved("drop_contest", row.state, (cmd.case,))
    contests.put(ctx, cmd.case, replace(row, state=ContestState(state)))
    ctx.unschedule("quotes.contest", cmd.case)
    ctx.emit(ContestDropped(case=cmd.case, dropped_by=ctx.signer))
    _stand(ctx, cmd.case, row.party, row.payer, fixed=False)


@contract.timer
def escalate_contest(ctx: Context, cmd: EscalateContest) -> None:
    """Nobody decided in time: whoever looks after arbiters hears of it, and the work goes on."""
    row = _contest(ctx, cmd.case)
    state = moved("escalate_contest", row.state, (cmd.case,))
    level, decide_by, assumed = row.level + 1, 0, False
    if level < LEVELS_MAX:
        decide_by, assumed = calendars.due(ctx, STANDARD, ctx.time, DECIDE_MINUTES)
        ctx.schedule("quotes.contest", cmd.case, decide_by, EscalateContest(case=cmd.case))
    whom = lower_burden(row.payer, row.wants_payer)
    party = row.party if whom is row.payer else row.wants_party
    contests.put(ctx, cmd.case, replace(row, state=ContestState(state), level=level, decide_by=decide_by))
    ctx.emit(
        ContestEscalated(case=cmd.case, level=level, party=party, payer=whom, decide_by=decide_by, assumed=assumed)
    )
    _stand(ctx, cmd.case, party, whom, fixed=True)


def _stand(ctx: Context, case_id: bytes, party: Party, whom: Payer, fixed: bool) -> None:
    """From now on this is who, and nobody waits for the contest any more."""
    void_for_other_payer(ctx, case_id, whom)
    repairs.attribute(ctx, case_id, party, whom, fixed)
    repairs.lift(ctx, case_id, CONTEST_HOLD)


def _contest(ctx: Context, case_id: bytes) -> Contest:
    found = contests.get(ctx, case_id)
    if found is None:
        raise Refused("quotes.no_contest", about=(case_id,))
    return found


def _contestant(ctx: Context, cmd: ContestAttribution, case: Case) -> tuple[As, bytes, Basis]:
    """As what the signer contests, for which organisation, on what basis. It takes no more than to report."""
    identity.acting(ctx, Power.REPORT)
    organisation = named(ctx, case, Power.REPORT)
    if organisation is not None:
        return As.NAMED, organisation, Basis.OWN_KEY
    found = current_quote(ctx, cmd.case)
    pays_at, office = (case.place, NOBODY) if found is None else (found[1].pays_at, found[1].office)
    if found is None and case.part is Part.NEIGHBOUR:
        pays_at = NOBODY  # nobody has said yet whose home pays
    basis = payer(ctx, cmd.case, case, case.payer, pays_at, office, cmd.principal, Power.REPORT)
    member = identity.member(ctx, ctx.signer)
    return As.PAYER, NOBODY if member is None else member.organisation, basis
