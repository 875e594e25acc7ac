"""Quotes: what a repair costs, who says yes to it, and who decides when it is contested that they are to pay.

Rules
- The organisation that does the work quotes; whoever triage put the cost on approves, by the total that they name, and
  with the basis on which they act. A quote never changes: another replaces it, and an approval is void with it.
- From the quote on nobody finishes the repair (`quotes.approval`) until it is approved or withdrawn. Going there and
  making it safe is never held back.
- What nobody approved is never billed: a bill names an approved quote and is not a cent higher.
- Under the guarantee of an earlier repair, or the builder's warranty, residents are not asked to pay at all.
- The one who would pay, or who was made responsible, may contest it. Then nothing is approved or billed until somebody
  outside decides. If nobody does in time, the work goes on, at the cost of whoever burdens the resident less
  (`rules_contests`).

    make_quote → approve_quote | refuse_quote → record_part … → make_bill        withdraw_quote, make_quote(replaces=…)
    contest_attribution → decide_attribution, or escalate_contest by timer
    publish_prices: a quote line above the list is flagged

Money is in cents, quantities in thousandths of a unit. This module holds the rows and what the parts share.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from linlian.community import calendars, identity, places, repairs
from linlian.community.identity import NOBODY
from linlian.community.quotes.rules_table import LIVE, ContestState, QuoteState
from linlian.community.repairs import CaseId, Party, Payer
from linlian.kernel.contract import (
    Command,
    Context,
    Contract,
    Count,
    Event,
    Fields,
    Id,
    Label,
    Meta,
    Millis,
    Reader,
    Refused,
    Row,
    compose,
)

NO_QUOTE = bytes(16)
APPROVAL_HOLD = "quotes.approval"
CONTEST_HOLD = "quotes.contest"
HELD = "finish_repair"
LINES_MAX = 32
PRICES_MAX = 64
VERSIONS_MAX = 32

contract = Contract("quotes", needs=(identity.contract, calendars.contract, places.contract, repairs.contract))

Cents = Annotated[int, Meta(ge=0, le=100_000_000)]
"""Of one unit: at most a million yuan."""
Milli = Annotated[int, Meta(ge=1, le=10_000_000)]
"""A quantity in thousandths: at most ten thousand units."""


class LineKind(StrEnum):
    LABOUR = "labour"
    PART = "part"
    OTHER = "other"


class Unit(StrEnum):
    PIECE = "piece"
    SET = "set"
    METRE = "metre"
    SQUARE_METRE = "square_metre"
    KILOGRAM = "kilogram"
    LITRE = "litre"
    HOUR = "hour"
    VISIT = "visit"


class Line(Fields):
    """One line of a quote or bill. `label` names a thing in a list (`tap.15mm`), it is no place for words."""

    kind: LineKind
    label: Label
    unit: Unit
    quantity_milli: Milli
    unit_cents: Cents


class PriceItem(Fields):
    label: Label
    unit: Unit
    unit_cents: Cents


class PriceStep(Fields):
    """A price that holds from `since` on."""

    since: Millis
    unit: Unit
    unit_cents: Cents


Lines = Annotated[tuple[Line, ...], Meta(min_length=1, max_length=LINES_MAX)]
Labels = Annotated[tuple[Label, ...], Meta(max_length=LINES_MAX)]


class Quote(Row):
    """Keyed by the quote's id.

    payer       as triage had decided when it was made
    pays_at     the home whose occupants or owners pay; NOBODY where an office does
    office      the organisation that pays, NOBODY where any of the payer's kinds may
    replaces    the one it took the place of
    """

    case: Id
    state: QuoteState
    organisation: Id
    made_by: Id
    made_at: Millis
    payer: Payer
    pays_at: Id
    office: Id
    lines: Lines
    total_cents: Count
    valid_until: Millis
    replaces: Id = NO_QUOTE
    approved_by: Id = NOBODY
    billed: bool = False
    billed_cents: Count = 0


class Current(Row):
    """The latest quote of a case. Keyed by the case."""

    quote: Id


class Used(Row):
    """How much of a part was used in a case. Keyed by case and label."""

    quantity_milli: Count


class Contest(Row):
    """The present or last contest of a case. Keyed by the case.

    party, payer            as triage had decided
    wants_party, wants_payer    who it should be, says whoever contests
    decide_by               an arbiter decides until then, or it escalates to the next `level`
    number                  how many there have been
    """

    state: ContestState
    by: Id
    organisation: Id
    party: Party
    payer: Payer
    wants_party: Party
    wants_payer: Payer
    opened_at: Millis
    decide_by: Millis
    level: Count = 0
    number: Count = 1
    decided_by: Id = NOBODY


class Price(Row):
    """What an organisation charges for a thing, from when on, rising. Keyed by organisation and label."""

    steps: Annotated[tuple[PriceStep, ...], Meta(min_length=1, max_length=VERSIONS_MAX)]


quotes = contract.table("quote", Quote, refused="quotes.unknown_quote")
currents = contract.table("current", Current)
used = contract.table("used", Used)
contests = contract.table("contest", Contest)
prices = contract.table("price", Price)


class CaseCommand(Command):
    case: CaseId


class CaseEvent(Event):
    case: CaseId


require_quote = quotes.require


def current_quote(reader: Reader, case_id: bytes) -> tuple[bytes, Quote] | None:
    """The quote that stands for a case, whether approved or not. A reopening changes nothing of it."""
    current = currents.get(reader, case_id)
    found = None if current is None else quotes.get(reader, current.quote)
    if current is None or found is None or found.state not in LIVE:
        return None
    return current.quote, found


def open_contest(reader: Reader, case_id: bytes) -> Contest | None:
    """The contest that nobody has decided, or None."""
    found = contests.get(reader, case_id)
    return found if found is not None and found.state in (ContestState.OPEN, ContestState.UNDECIDED) else None


def check_settled(reader: Reader, case_id: bytes) -> None:
    """Refuse what must not happen while an arbiter has their time: `quotes.contested`."""
    found = contests.get(reader, case_id)
    if found is not None and found.state is ContestState.OPEN:
        raise Refused("quotes.contested", about=(case_id,))


def amount_cents(line: Line) -> int:
    """What a line costs: whole cents, the rest is nobody's."""
    return line.quantity_milli * line.unit_cents // 1000


def check_total(case_id: bytes, lines: tuple[Line, ...], total_cents: int) -> None:
    """Whoever signs a total has added it up. Refused: `quotes.no_label`, `quotes.wrong_total`."""
    if any(line.label == "" for line in lines):
        raise Refused("quotes.no_label", about=(case_id,))
    total = sum(amount_cents(line) for line in lines)
    if total != total_cents:
        raise Refused("quotes.wrong_total", about=(case_id,), total_cents=total)


def used_milli(reader: Reader, case_id: bytes, label: str) -> int:
    """How much of a part was used in a case."""
    found = used.get(reader, compose(case_id, label))
    return 0 if found is None else found.quantity_milli


def note_used(ctx: Context, case_id: bytes, label: str, quantity_milli: int) -> int:
    """Add to what was used of a part; how much that is now."""
    total = used_milli(ctx, case_id, label) + quantity_milli
    used.put(ctx, compose(case_id, label), Used(total))
    return total
