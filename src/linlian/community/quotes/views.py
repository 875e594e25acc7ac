"""Quotes, parts, bills, contests and prices as rows, and what may be asked of them."""

from __future__ import annotations

from typing import NamedTuple

from linlian.community.quotes import audience
from linlian.community.quotes.rules import Line, amount_cents, contract
from linlian.community.quotes.rules_billing import BillMade, PartUsed
from linlian.community.quotes.rules_contests import (
    AttributionContested,
    AttributionDecided,
    ContestDropped,
    ContestEscalated,
)
from linlian.community.quotes.rules_prices import PricesPublished
from linlian.community.quotes.rules_quoting import (
    QuoteApproved,
    QuoteExpired,
    QuoteMade,
    QuoteRefused,
    QuoteVoided,
    QuoteWithdrawn,
)
from linlian.community.quotes.rules_table import AT_HOME, ContestState, QuoteState
from linlian.community.repairs.views import requests
from linlian.community.repairs.views import views as repairs
from linlian.readmodel.stream import time_of
from linlian.readmodel.view import Fact, Id, Limit, Millis, Reads, Rows, View, where

views = View(contract, needs=(repairs,))


class QuoteRow(NamedTuple):
    """A quote as it stands now. `answered_as`: on what basis whoever paid said yes or no; `principal`: for whom.

    voided      it had been approved, and that is void
    above       how many of its lines are above the organisation's own list, `unlisted` are not on it
    """

    quote: bytes
    case_id: bytes
    state: str
    organisation: bytes
    made_by: bytes
    made_at: int
    payer: str
    pays_at: bytes
    office: bytes
    total_cents: int
    valid_until: int
    replaces: bytes
    above: int
    unlisted: int
    answered_by: bytes = b""
    answered_as: str = ""
    answered_at: int = 0
    principal: bytes = b""
    authority: str = ""
    voided: bool = False
    billed_cents: int = 0
    billed_at: int = 0


class LineRow(NamedTuple):
    """A line of a quote or (`billed`) of its latest bill. `above`: dearer than the organisation's own list."""

    quote: bytes
    billed: bool
    number: int
    case_id: bytes
    kind: str
    label: str
    unit: str
    quantity_milli: int
    unit_cents: int
    amount_cents: int
    above: bool = False
    unlisted: bool = False


class PartRow(NamedTuple):
    """A part that was used; `sealed`: what it is known by was put away."""

    case_id: bytes
    height: int
    receipt: int
    event: int
    time: int
    label: str
    unit: str
    quantity_milli: int
    used_milli: int
    used_by: bytes
    beyond: bool
    sealed: bool


class ContestRow(NamedTuple):
    """A contest of a case. `party`, `payer`: as it stands by it now, before a decision provisionally."""

    case_id: bytes
    number: int
    state: str
    contested_by: bytes
    acting: str
    basis: str
    was_party: str
    was_payer: str
    wants_party: str
    wants_payer: str
    party: str
    payer: str
    opened_at: int
    decide_by: int
    level: int = 0
    decided_by: bytes = b""
    decided_at: int = 0
    upheld: bool = False
    late: bool = False


class PriceRow(NamedTuple):
    """What an organisation charges for a thing from `since` on."""

    organisation: bytes
    label: str
    since: int
    unit: str
    unit_cents: int
    published_at: int


quotes = views.table(
    "quote",
    QuoteRow,
    indexes=("case_id, made_at, quote", "office, state, made_at, quote", "organisation, state, made_at, quote"),
)
lines = views.table("line", LineRow, key=3)
parts = views.table("part", PartRow, key=4)
contests = views.table("contest", ContestRow, key=2, indexes=("state, decide_by, case_id, number",))
prices = views.table("price", PriceRow, key=3)


@views.on(QuoteMade)
def made(db: Rows, event: QuoteMade, fact: Fact) -> None:
    if event.replaces is not None:
        db.change(quotes, event.replaces, state=QuoteState.REPLACED, voided=event.voided)
    where_it_is = db.the(requests, event.case).place if event.payer in AT_HOME else b""
    row = QuoteRow(
        quote=event.quote,
        case_id=event.case,
        state=QuoteState.WAITING,
        organisation=event.organisation,
        made_by=event.made_by,
        made_at=fact.time,
        payer=event.payer,
        pays_at=event.pays_at or where_it_is,
        office=event.office or b"",
        total_cents=event.total_cents,
        valid_until=event.valid_until,
        replaces=event.replaces or b"",
        above=len(event.above),
        unlisted=len(event.unlisted),
    )
    db.add(quotes, row)
    _put_lines(db, event, False, event.lines, event.above, event.unlisted)


@views.on(QuoteApproved)
def approved(db: Rows, event: QuoteApproved, fact: Fact) -> None:
    db.change(
        quotes,
        event.quote,
        state=QuoteState.APPROVED,
        answered_by=event.approved_by,
        answered_as=event.basis,
        answered_at=fact.time,
        principal=event.principal or b"",
        authority=event.authority,
    )


@views.on(QuoteRefused)
def refused(db: Rows, event: QuoteRefused, fact: Fact) -> None:
    db.change(
        quotes,
        event.quote,
        state=QuoteState.REFUSED,
        answered_by=event.refused_by,
        answered_as=event.basis,
        answered_at=fact.time,
        principal=event.principal or b"",
    )


@views.on(QuoteWithdrawn)
def withdrawn(db: Rows, event: QuoteWithdrawn, fact: Fact) -> None:
    db.change(quotes, event.quote, state=QuoteState.WITHDRAWN, voided=event.voided)


@views.on(QuoteVoided)
def voided(db: Rows, event: QuoteVoided, fact: Fact) -> None:
    db.change(quotes, event.quote, state=QuoteState.VOID, voided=event.voided)


@views.on(QuoteExpired)
def expired(db: Rows, event: QuoteExpired, fact: Fact) -> None:
    db.change(quotes, event.quote, state=QuoteState.EXPIRED)


@views.on(BillMade)
def billed(db: Rows, event: BillMade, fact: Fact) -> None:
    db.change(quotes, event.quote, billed_cents=event.total_cents, billed_at=fact.time)
    for line in db.under(lines, event.quote, True):
        db.delete(lines, event.quote, True, line.number)
    _put_lines(db, event, True, event.lines)


@views.on(PartUsed)
def part_used(db: Rows, event: PartUsed, fact: Fact) -> None:
    row = PartRow(
        case_id=event.case,
        height=fact.height,
        receipt=fact.receipt,
        event=fact.event,
        time=fact.time,
        label=event.label,
        unit=event.unit,
        quantity_milli=event.quantity_milli,
        used_milli=event.used_milli,
        used_by=event.used_by,
        beyond=event.beyond,
        sealed=event.serial is not None,
    )
    db.add(parts, row)


@views.on(PricesPublished)
def prices_published(db: Rows, event: PricesPublished, fact: Fact) -> None:
    for item in event.items:
        db.add(prices, PriceRow(event.organisation, item.label, event.since, item.unit, item.unit_cents, fact.time))


@views.on(AttributionContested)
def contested(db: Rows, event: AttributionContested, fact: Fact) -> None:
    row = ContestRow(
        case_id=event.case,
        number=len(db.under(contests, event.case)) + 1,
        state=ContestState.OPEN,
        contested_by=event.contested_by,
        acting=event.acting,
        basis=event.basis,
        was_party=event.was_party,
        was_payer=event.was_payer,
        wants_party=event.party,
        wants_payer=event.payer,
        party=event.was_party,
        payer=event.was_payer,
        opened_at=fact.time,
        decide_by=event.decide_by,
    )
    db.add(contests, row)


@views.on(ContestEscalated)
def escalated(db: Rows, event: ContestEscalated, fact: Fact) -> None:
    row = db.under(contests, event.case)[-1]._replace(
        state=ContestState.UNDECIDED,
        level=event.level,
        party=event.party,
        payer=event.payer,
        decide_by=event.decide_by,
    )
    db.put(contests, row)


@views.on(AttributionDecided)
def decided(db: Rows, event: AttributionDecided, fact: Fact) -> None:
    row = db.under(contests, event.case)[-1]._replace(
        state=ContestState.DECIDED,
        party=event.party,
        payer=event.payer,
        decided_by=event.decided_by,
        decided_at=fact.time,
        upheld=event.upheld,
        late=event.late,
    )
    db.put(contests, row)


@views.on(ContestDropped)
def dropped(db: Rows, event: ContestDropped, fact: Fact) -> None:
    row = db.under(contests, event.case)[-1]
    db.put(contests, row._replace(state=ContestState.DROPPED, party=row.was_party, payer=row.was_payer))


@views.query(seen_by=audience.CASE)
def quotes_of_case(db: Reads, case_id: Id, limit: Limit = 100) -> list[QuoteRow]:
    """The quotes of a repair, the latest first."""
    sql = "SELECT * FROM quotes_quote WHERE case_id = :case_id ORDER BY made_at DESC, quote DESC LIMIT :limit"
    return db.all(QuoteRow, sql, case_id=case_id, limit=limit)


@views.query(seen_by=audience.CASE)
def lines_of_quote(db: Reads, case_id: Id, quote: Id, limit: Limit = 100) -> list[LineRow]:
    """What stands in a quote of a repair, and in its bill."""
    sql = """
        SELECT * FROM quotes_line WHERE quote = :quote AND case_id = :case_id
        ORDER BY billed, number LIMIT :limit"""
    return db.all(LineRow, sql, case_id=case_id, quote=quote, limit=limit)


@views.query(seen_by=audience.CASE)
def parts_of_case(db: Reads, case_id: Id, limit: Limit = 100) -> list[PartRow]:
    """The parts that were used in a repair, in order."""
    sql = "SELECT * FROM quotes_part WHERE case_id = :case_id ORDER BY height, receipt, event LIMIT :limit"
    return db.all(PartRow, sql, case_id=case_id, limit=limit)


@views.query(seen_by=audience.CASE)
def contests_of_case(db: Reads, case_id: Id, limit: Limit = 100) -> list[ContestRow]:
    """How it was contested who pays for a repair, in order."""
    sql = "SELECT * FROM quotes_contest WHERE case_id = :case_id ORDER BY number LIMIT :limit"
    return db.all(ContestRow, sql, case_id=case_id, limit=limit)


@views.query(seen_by=audience.LISTS)
def contests_to_decide(db: Reads, state: ContestState = ContestState.OPEN, limit: Limit = 100) -> list[ContestRow]:
    """Contests in a state, those to be decided first on top."""
    sql = "SELECT * FROM quotes_contest WHERE state = :state ORDER BY decide_by, case_id, number LIMIT :limit"
    return db.all(ContestRow, sql, state=state, limit=limit)


@views.query(seen_by=audience.OFFICE)
def quotes_for_office(
    db: Reads, office: Id, state: QuoteState = QuoteState.WAITING, limit: Limit = 100
) -> list[QuoteRow]:
    """Quotes that an organisation is asked to pay, the oldest first."""
    matching = where(office=office, state=state)
    sql = f"SELECT * FROM quotes_quote{matching} ORDER BY made_at, quote LIMIT :limit"
    return db.all(QuoteRow, sql, office=office, state=state, limit=limit)


@views.query(seen_by=audience.EXECUTING)
def quotes_by_organisation(
    db: Reads, organisation: Id, state: QuoteState = QuoteState.WAITING, limit: Limit = 100
) -> list[QuoteRow]:
    """Quotes that an organisation made, the oldest first."""
    matching = where(organisation=organisation, state=state)
    sql = f"SELECT * FROM quotes_quote{matching} ORDER BY made_at, quote LIMIT :limit"
    return db.all(QuoteRow, sql, organisation=organisation, state=state, limit=limit)


@views.query(seen_by=audience.PUBLISHED)
def price_list(db: Reads, organisation: Id, now: Millis = 0, limit: Limit = 100) -> list[PriceRow]:
    """What an organisation says in public that it charges at a time."""
    sql = """
        SELECT p.* FROM quotes_price AS p WHERE p.organisation = :organisation AND p.since <= :now
          AND NOT EXISTS (SELECT 1 FROM quotes_price AS q WHERE q.organisation = p.organisation
                          AND q.label = p.label AND q.since > p.since AND q.since <= :now)
        ORDER BY p.label, p.since LIMIT :limit"""
    return db.all(PriceRow, sql, organisation=organisation, now=time_of(db, now), limit=limit)


@views.query(seen_by=audience.PUBLISHED)
def price_history(db: Reads, organisation: Id, limit: Limit = 500) -> list[PriceRow]:
    """Every price that an organisation has published, thing by thing, the oldest first."""
    sql = "SELECT * FROM quotes_price WHERE organisation = :organisation ORDER BY label, since LIMIT :limit"
    return db.all(PriceRow, sql, organisation=organisation, limit=limit)


def _put_lines(
    db: Rows,
    event: QuoteMade | BillMade,
    billed: bool,
    told: tuple[Line, ...],
    above: tuple[str, ...] = (),
    unlisted: tuple[str, ...] = (),
) -> None:
    for number, line in enumerate(told):
        row = LineRow(
            quote=event.quote,
            billed=billed,
            number=number,
            case_id=event.case,
            kind=line.kind,
            label=line.label,
            unit=line.unit,
            quantity_milli=line.quantity_milli,
            unit_cents=line.unit_cents,
            amount_cents=amount_cents(line),
            above=line.label in above,
            unlisted=line.label in unlisted,
        )
        db.put(lines, row)
