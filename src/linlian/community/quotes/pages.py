"""What a repair costs and who pays, on its page: the quote, its lines, the parts, and the reader's yes or no."""

from __future__ import annotations

from dataclasses import dataclass

from linlian.community.quotes import views
from linlian.community.quotes.rules import Line, LineKind, Unit
from linlian.community.quotes.rules_billing import MakeBill, RecordPart
from linlian.community.quotes.rules_contests import ContestAttribution, DecideAttribution, DropContest
from linlian.community.quotes.rules_quoting import ApproveQuote, MakeQuote, RefuseQuote, WithdrawQuote
from linlian.community.quotes.rules_table import ContestState, QuoteState
from linlian.community.quotes.views import ContestRow, LineRow, PartRow, QuoteRow
from linlian.community.repairs import Party, Payer
from linlian.community.repairs.pages import SOMETHING, RepairPage
from linlian.web.ask import Ask
from linlian.web.forms import Form
from linlian.web.pages import Pages, Part, Where

pages = Pages("quotes")

DAY_MS = 86_400_000
KINDS = {
    QuoteState.WAITING: "waiting",
    QuoteState.APPROVED: "well",
    QuoteState.REFUSED: "late",
    QuoteState.EXPIRED: "late",
}
pages.constants.update(KINDS={state.value: kind for state, kind in KINDS.items()})
SAMPLE = Line(kind=LineKind.LABOUR, label="labour", unit=Unit.HOUR, quantity_milli=1000, unit_cents=0)
"""Stands for the lines of a quote, when a command is tried: work for nothing."""


@dataclass(frozen=True, kw_only=True)
class PricePart(Part):
    """The last quote of a repair with its lines (those of the bill once there is one), the parts that were used, the
    last contest of who pays, and what the reader may answer or do."""

    quote: QuoteRow | None
    lines: list[LineRow]
    used: list[PartRow]
    contest: ContestRow | None
    answers: list[Form]
    forms: list[Form]


@pages.part(RepairPage, rank=10)
def price(ask: Ask, page: RepairPage) -> PricePart | None:
    case = page.case.case_id
    if not ask.sees(views.quotes_of_case, case_id=case):
        return None
    quote = next(iter(ask.rows(views.quotes_of_case, case_id=case, limit=1)), None)
    lines: list[LineRow] = []
    if quote is not None:
        lines = ask.rows(views.lines_of_quote, case_id=case, quote=quote.quote)
    contests = ask.rows(views.contests_of_case, case_id=case)
    answers = _answers(ask, quote)
    forms = _forms(ask, page, quote)
    used = ask.rows(views.parts_of_case, case_id=case)
    if quote is None and not (contests or forms or used):
        return None
    return PricePart(
        quote=quote,
        lines=[line for line in lines if line.billed] or lines,
        used=used,
        contest=contests[-1] if contests else None,
        answers=answers,
        forms=forms,
        where=Where.ASKS if answers else Where.BESIDE,
    )


def _answers(ask: Ask, quote: QuoteRow | None) -> list[Form]:
    """Yes to this very total, or no."""
    if quote is None or quote.state != QuoteState.WAITING:
        return []
    number, total = quote.quote, quote.total_cents
    approving = ApproveQuote(quote=number, total_cents=total)
    by_decision = ApproveQuote(quote=number, total_cents=total, authority="0")
    said = ask.offer(approving, "quote", "total_cents")
    if said is not None:
        said = said.only("quote", "total_cents")
    elif ask.may(by_decision):  # a fund pays by a decision, which they name
        said = ask.form(ApproveQuote, quote=number, total_cents=total).only("quote", "total_cents", "authority")
    refusing = ask.offer(RefuseQuote(quote=number), "quote")
    return [form for form in (said, refusing and refusing.only("quote", "words")) if form is not None]


def _forms(ask: Ask, page: RepairPage, quote: QuoteRow | None) -> list[Form]:
    case = page.case.case_id
    quoting = MakeQuote(case=case, lines=(SAMPLE,), total_cents=0, valid_until=ask.now + 7 * DAY_MS)
    offers = [
        ask.offer(quoting, "case"),
        ask.offer(MakeBill(case=case, lines=(SAMPLE,), total_cents=0), "case"),
        ask.offer(RecordPart(case=case, label="part", unit=Unit.PIECE, quantity_milli=1000), "case"),
        ask.offer(WithdrawQuote(quote=quote.quote), "quote") if quote is not None else None,
        _contesting(ask, page),
        ask.offer(DropContest(case=case), "case"),
        _deciding(ask, page),
    ]
    return [form for form in offers if form is not None]


def _contesting(ask: Ask, page: RepairPage) -> Form | None:
    """Somebody else should pay: whoever is named in the sample, as long as it is another than now."""
    other = Payer.FEE if page.case.payer != Payer.FEE else Payer.OWNER
    sample = ContestAttribution(case=page.case.case_id, party=Party.PROPERTY, payer=other, words=SOMETHING)
    found = ask.offer(sample, "case")
    return None if found is None else found.only("case", "party", "payer", "words", "evidence")


def _deciding(ask: Ask, page: RepairPage) -> Form | None:
    case = page.case.case_id
    return ask.offer(DecideAttribution(case=case, party=Party.PROPERTY, payer=Payer.FEE, words=SOMETHING), "case")


pages.constants["UNDECIDED"] = (ContestState.OPEN.value, ContestState.UNDECIDED.value)
