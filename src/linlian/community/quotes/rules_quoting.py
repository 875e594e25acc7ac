"""The quote itself: made, approved or refused by whoever pays, withdrawn, replaced, expired."""

from __future__ import annotations

from linlian.community import repairs
from linlian.community.identity import NOBODY, AccountId, Basis, OrganisationId
from linlian.community.places import PlaceId
from linlian.community.quotes.rules import (
    APPROVAL_HOLD,
    HELD,
    NO_QUOTE,
    CaseCommand,
    CaseEvent,
    Current,
    Labels,
    Lines,
    Quote,
    check_settled,
    check_total,
    contract,
    current_quote,
    currents,
    quotes,
    require_quote,
)
from linlian.community.quotes.rules_paying import check_not_covered, home_of, maker, payer
from linlian.community.quotes.rules_prices import above_list
from linlian.community.quotes.rules_table import PAYERS, QuoteState, moved
from linlian.community.repairs import UNDONE, Case, Payer
from linlian.kernel.contract import Command, Content, Context, Count, Id, Label, Millis, Refused, replace

DAY_MS = 24 * 3600 * 1000
VALID_MIN_MS = 3600 * 1000
VALID_DAYS_MAX = 90


class MakeQuote(CaseCommand):
    """`pays_at`: the home that pays, where that is not the one where it is broken. `office`: which organisation pays,
    where one does. `replaces`: the quote that no longer holds."""

    lines: Lines
    total_cents: Count
    valid_until: Millis
    words: Content | None = None
    pays_at: PlaceId | None = None
    office: OrganisationId | None = None
    replaces: Id | None = None


class QuoteCommand(Command):
    quote: Id


class ApproveQuote(QuoteCommand):
    """`total_cents` is what the signer says yes to; `principal` whom they decide for; `authority` by which decision a
    fund pays."""

    total_cents: Count
    principal: AccountId | None = None
    authority: Label = ""


class RefuseQuote(QuoteCommand):
    principal: AccountId | None = None
    words: Content | None = None


class WithdrawQuote(QuoteCommand):
    pass


class ExpireQuote(QuoteCommand):
    pass


@contract.event
class QuoteMade(CaseEvent):
    """`above`: lines dearer than the organisation's own list; `unlisted`: things that are not on it.

    voided      somebody had approved the one that this replaces: their approval is void
    """

    quote: Id
    organisation: Id
    made_by: AccountId
    payer: Payer
    lines: Lines
    total_cents: Count
    valid_until: Millis
    pays_at: PlaceId | None = None
    office: OrganisationId | None = None
    replaces: Id | None = None
    voided: bool = False
    above: Labels = ()
    unlisted: Labels = ()
    words: Content | None = None


@contract.event
class QuoteApproved(CaseEvent):
    quote: Id
    approved_by: AccountId
    payer: Payer
    basis: Basis
    total_cents: Count
    principal: AccountId | None = None
    authority: Label = ""


@contract.event
class QuoteRefused(CaseEvent):
    quote: Id
    refused_by: AccountId
    payer: Payer
    basis: Basis
    principal: AccountId | None = None
    words: Content | None = None


@contract.event
class QuoteWithdrawn(CaseEvent):
    """Nobody pays for it. `voided`: somebody had approved it."""

    quote: Id
    voided: bool = False


@contract.event
class QuoteExpired(CaseEvent):
    quote: Id


@contract.event
class QuoteVoided(CaseEvent):
    """Somebody else is to pay than whom it was made for."""

    quote: Id
    voided: bool = False


@contract.command
def make_quote(ctx: Context, cmd: MakeQuote) -> None:
    """Say what the repair costs whoever triage put it on. Nobody finishes it until they approved."""
    case = _quotable(ctx, cmd.case)
    organisation = maker(ctx, cmd.case, case)
    whom = _payable(ctx, cmd.case, case)
    check_total(cmd.case, cmd.lines, cmd.total_cents)
    if not ctx.time + VALID_MIN_MS <= cmd.valid_until <= ctx.time + VALID_DAYS_MAX * DAY_MS:
        raise Refused("quotes.valid_out_of_range", about=(cmd.case,), days_max=VALID_DAYS_MAX)
    pays_at = home_of(ctx, cmd.case, case, whom, cmd.pays_at)
    office = cmd.office if PAYERS[whom].kinds and cmd.office is not None else NOBODY
    if PAYERS[whom].office and office == NOBODY:
        raise Refused("quotes.name_the_office", about=(cmd.case,), payer=whom.value)
    before = _replace_current(ctx, cmd)
    quote_id = ctx.new_id()
    quote = Quote(
        case=cmd.case,
        state=QuoteState.WAITING,
        organisation=organisation,
        made_by=ctx.signer,
        made_at=ctx.time,
        payer=whom,
        pays_at=pays_at,
        office=office,
        lines=cmd.lines,
        total_cents=cmd.total_cents,
        valid_until=cmd.valid_until,
        replaces=cmd.replaces or NO_QUOTE,
    )
    quotes.put(ctx, quote_id, quote)
    currents.put(ctx, cmd.case, Current(quote_id))
    ctx.schedule("quotes.expire", quote_id, cmd.valid_until, ExpireQuote(quote=quote_id))
    above, unlisted = above_list(ctx, organisation, cmd.lines)
    ctx.emit(
        QuoteMade(
            case=cmd.case,
            quote=quote_id,
            organisation=organisation,
            made_by=ctx.signer,
            payer=whom,
            lines=cmd.lines,
            total_cents=cmd.total_cents,
            valid_until=cmd.valid_until,
            pays_at=pays_at if pays_at not in (NOBODY, case.place) else None,
            office=None if office == NOBODY else office,
            replaces=cmd.replaces,
            voided=before is not None and before.state is QuoteState.APPROVED,
            above=above,
            unlisted=unlisted,
            words=cmd.words,
        )
    )
    repairs.hold(ctx, cmd.case, APPROVAL_HOLD, HELD)


@contract.command
def approve_quote(ctx: Context, cmd: ApproveQuote) -> None:
    """Say yes, to this quote and this total, as whoever pays."""
    quote, case, basis = _answer(ctx, cmd.quote, "approve_quote", cmd.principal)
    if cmd.total_cents != quote.total_cents:
        raise Refused("quotes.other_total", about=(quote.case,), total_cents=quote.total_cents)
    if case.state not in UNDONE:
        raise Refused("quotes.case_over", about=(quote.case,), state=case.state.value)
    if case.payer is not quote.payer:
        raise Refused("quotes.payer_changed", about=(quote.case,), payer=case.payer.value)
    check_settled(ctx, quote.case)
    if quote.payer is Payer.FUND and not cmd.authority:
        raise Refused("quotes.no_authority", about=(quote.case,))
    ctx.unschedule("quotes.expire", cmd.quote)
    quotes.put(ctx, cmd.quote, replace(quote, state=QuoteState.APPROVED, approved_by=ctx.signer))
    ctx.emit(
        QuoteApproved(
            case=quote.case,
            quote=cmd.quote,
            approved_by=ctx.signer,
            payer=quote.payer,
            basis=basis,
            total_cents=quote.total_cents,
            principal=cmd.principal,
            authority=cmd.authority,
        )
    )
    repairs.lift(ctx, quote.case, APPROVAL_HOLD)


@contract.command
def refuse_quote(ctx: Context, cmd: RefuseQuote) -> None:
    """Say no. The repair still waits: for another quote, or until the quote is withdrawn."""
    quote, _, basis = _answer(ctx, cmd.quote, "refuse_quote", cmd.principal)
    ctx.unschedule("quotes.expire", cmd.quote)
    quotes.put(ctx, cmd.quote, replace(quote, state=QuoteState.REFUSED))
    ctx.emit(
        QuoteRefused(
            case=quote.case,
            quote=cmd.quote,
            refused_by=ctx.signer,
            payer=quote.payer,
            basis=basis,
            principal=cmd.principal,
            words=cmd.words,
        )
    )


@contract.command
def withdraw_quote(ctx: Context, cmd: WithdrawQuote) -> None:
    """Take it back: whatever is done now is done without charge, until another is made and approved."""
    quote = require_quote(ctx, cmd.quote)
    maker(ctx, quote.case, repairs.require_case(ctx, quote.case))
    state = moved("withdraw_quote", quote.state, (quote.case,))
    if quote.billed:
        raise Refused("quotes.billed", about=(quote.case,))
    ctx.unschedule("quotes.expire", cmd.quote)
    quotes.put(ctx, cmd.quote, replace(quote, state=QuoteState(state)))
    ctx.emit(QuoteWithdrawn(case=quote.case, quote=cmd.quote, voided=quote.state is QuoteState.APPROVED))
    repairs.lift(ctx, quote.case, APPROVAL_HOLD)


@contract.timer
def expire_quote(ctx: Context, cmd: ExpireQuote) -> None:
    """Nobody answered while it was valid."""
    quote = require_quote(ctx, cmd.quote)
    state = moved("expire_quote", quote.state, (quote.case,))
    quotes.put(ctx, cmd.quote, replace(quote, state=QuoteState(state)))
    ctx.emit(QuoteExpired(case=quote.case, quote=cmd.quote))


def void_for_other_payer(ctx: Context, case_id: bytes, whom: Payer) -> None:
    """What was made for somebody else to pay holds no longer; who pays now is asked anew, or nobody is."""
    found = current_quote(ctx, case_id)
    if found is None or found[1].payer is whom:
        return
    quote_id, quote = found
    state = moved("void_quote", quote.state, (case_id,))
    ctx.unschedule("quotes.expire", quote_id)
    quotes.put(ctx, quote_id, replace(quote, state=QuoteState(state)))
    ctx.emit(QuoteVoided(case=case_id, quote=quote_id, voided=quote.state is QuoteState.APPROVED))
    repairs.lift(ctx, case_id, APPROVAL_HOLD)


def _quotable(ctx: Context, case_id: bytes) -> Case:
    case = repairs.require_case(ctx, case_id)
    if case.state not in UNDONE:
        raise Refused("quotes.case_over", about=(case_id,), state=case.state.value)
    return case


def _payable(ctx: Context, case_id: bytes, case: Case) -> Payer:
    """Who is to be asked. Refused where that costs nobody anything, or nobody has decided it."""
    check_settled(ctx, case_id)
    if case.payer is Payer.UNDECIDED:
        raise Refused("quotes.payer_undecided", about=(case_id,))
    if case.payer not in PAYERS:
        raise Refused("quotes.covered", about=(case_id,), payer=case.payer.value)
    check_not_covered(ctx, case_id, case, case.payer)
    return case.payer


def _replace_current(ctx: Context, cmd: MakeQuote) -> Quote | None:
    """The quote that the new one replaces. Refused: `quotes.already_quoted`, `quotes.not_the_latest`."""
    found = current_quote(ctx, cmd.case)
    if found is None or found[1].billed:
        if cmd.replaces is not None:
            raise Refused("quotes.not_the_latest", about=(cmd.case,))
        return None
    quote_id, quote = found
    if cmd.replaces is None:
        raise Refused("quotes.already_quoted", about=(cmd.case,), quote=quote_id, state=quote.state.value)
    if cmd.replaces != quote_id:
        raise Refused("quotes.not_the_latest", about=(cmd.case,))
    state = moved("replace_quote", quote.state, (cmd.case,))
    ctx.unschedule("quotes.expire", quote_id)
    quotes.put(ctx, quote_id, replace(quote, state=QuoteState(state)))
    return quote


def _answer(ctx: Context, quote_id: bytes, step: str, principal: bytes | None) -> tuple[Quote, Case, Basis]:
    """Who answers is found out before the state, so that whoever may not learns nothing of it."""
    quote = require_quote(ctx, quote_id)
    case = repairs.require_case(ctx, quote.case)
    basis = payer(ctx, quote.case, case, quote.payer, quote.pays_at, quote.office, principal)
    moved(step, quote.state, (quote.case,))
    return quote, case, basis
