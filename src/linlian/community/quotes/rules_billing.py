"""What was used, and what it cost in the end.

Rules
- The repairer records each part as it is used, with what it is known by (a serial number) sealed. While a quote waits,
  or its payer is contested, no part is used: then payable work has not begun.
- A bill is made when the work is done, once, for the quote that was approved: not a cent higher, and with no part that
  was not recorded. A second bill corrects the first downward. No resident is billed while a contest is undecided.
"""

from __future__ import annotations

from linlian.community import identity, repairs
from linlian.community.identity import AccountId
from linlian.community.quotes.rules import (
    CaseCommand,
    CaseEvent,
    Line,
    LineKind,
    Lines,
    Milli,
    Quote,
    Unit,
    check_settled,
    check_total,
    contract,
    current_quote,
    note_used,
    open_contest,
    quotes,
    used_milli,
)
from linlian.community.quotes.rules_paying import maker
from linlian.community.quotes.rules_table import AT_HOME, QuoteState, moved
from linlian.community.repairs import Case, Standing, State
from linlian.kernel.contract import Content, Context, Count, Id, Label, Refused, replace

AT_WORK = (State.ON_SITE, State.DIAGNOSED)
FINISHED = (State.DONE, State.CHECKED, State.CLOSED)


class RecordPart(CaseCommand):
    """`serial`: what this very piece is known by, sealed."""

    label: Label
    unit: Unit
    quantity_milli: Milli
    serial: Content | None = None


class MakeBill(CaseCommand):
    lines: Lines
    total_cents: Count
    words: Content | None = None


@contract.event
class PartUsed(CaseEvent):
    """`beyond`: more than was quoted, or nothing that was quoted. In all `used_milli` of it so far."""

    label: Label
    unit: Unit
    quantity_milli: Milli
    used_milli: Count
    used_by: AccountId
    beyond: bool = False
    serial: Content | None = None


@contract.event
class BillMade(CaseEvent):
    """`corrected`: it takes the place of a higher one."""

    quote: Id
    billed_by: AccountId
    lines: Lines
    total_cents: Count
    quoted_cents: Count
    corrected: bool = False
    words: Content | None = None


@contract.command
def record_part(ctx: Context, cmd: RecordPart) -> None:
    """Put on record that a part was used."""
    identity.acting(ctx)
    repairs.standing_in(ctx, cmd.case, Standing.EXECUTOR)
    case = repairs.require_case(ctx, cmd.case)
    if case.state not in AT_WORK:
        raise Refused("quotes.not_at_work", about=(cmd.case,), state=case.state.value)
    if cmd.label == "":
        raise Refused("quotes.no_label", about=(cmd.case,))
    check_settled(ctx, cmd.case)
    found = current_quote(ctx, cmd.case)
    if found is not None and found[1].state is not QuoteState.APPROVED:
        raise Refused("quotes.not_approved", about=(cmd.case,), state=found[1].state.value)
    total = note_used(ctx, cmd.case, cmd.label, cmd.quantity_milli)
    ctx.emit(
        PartUsed(
            case=cmd.case,
            label=cmd.label,
            unit=cmd.unit,
            quantity_milli=cmd.quantity_milli,
            used_milli=total,
            used_by=ctx.signer,
            beyond=found is not None and total > _parts(found[1].lines, cmd.label),
            serial=cmd.serial,
        )
    )


@contract.command
def make_bill(ctx: Context, cmd: MakeBill) -> None:
    """Say what it cost in the end, to whoever approved what it would cost."""
    case = repairs.require_case(ctx, cmd.case)
    maker(ctx, cmd.case, case)
    if case.state not in FINISHED:
        raise Refused("quotes.not_finished", about=(cmd.case,), state=case.state.value)
    quote_id, quote = _approved(ctx, cmd.case, case)
    check_total(cmd.case, cmd.lines, cmd.total_cents)
    if cmd.total_cents > quote.total_cents:
        over = cmd.total_cents - quote.total_cents
        raise Refused("quotes.bill_exceeds_quote", about=(cmd.case,), over_cents=over, quoted_cents=quote.total_cents)
    if quote.billed and cmd.total_cents >= quote.billed_cents:
        raise Refused("quotes.bill_not_lower", about=(cmd.case,), total_cents=quote.billed_cents)
    for label in dict.fromkeys(line.label for line in cmd.lines if line.kind is LineKind.PART):
        recorded = used_milli(ctx, cmd.case, label)
        if _parts(cmd.lines, label) > recorded:
            raise Refused("quotes.part_not_used", about=(cmd.case,), label=label, used_milli=recorded)
    quotes.put(ctx, quote_id, replace(quote, billed=True, billed_cents=cmd.total_cents))
    ctx.emit(
        BillMade(
            case=cmd.case,
            quote=quote_id,
            billed_by=ctx.signer,
            lines=cmd.lines,
            total_cents=cmd.total_cents,
            quoted_cents=quote.total_cents,
            corrected=quote.billed,
            words=cmd.words,
        )
    )


def _approved(ctx: Context, case_id: bytes, case: Case) -> tuple[bytes, Quote]:
    """The quote that may be billed."""
    found = current_quote(ctx, case_id)
    if found is None:
        raise Refused("quotes.nothing_approved", about=(case_id,))
    moved("make_bill", found[1].state, (case_id,))
    check_settled(ctx, case_id)
    if found[1].payer in AT_HOME and open_contest(ctx, case_id) is not None:
        raise Refused("quotes.contested", about=(case_id,))
    if case.payer is not found[1].payer:
        raise Refused("quotes.payer_changed", about=(case_id,), payer=case.payer.value)
    return found


def _parts(lines: tuple[Line, ...], label: str) -> int:
    """How much of a part these lines name."""
    return sum(line.quantity_milli for line in lines if line.label == label and line.kind is LineKind.PART)
