"""All funds, and one fund: what came in, where it is, what is late, what the regulator asked. For everybody."""

from __future__ import annotations

from dataclasses import dataclass

from linlian.community.funds import (
    AnswerQuestion,
    ApproveRefund,
    AskQuestion,
    CloseFund,
    ConfirmFund,
    DeclineGift,
    DeclineRefund,
    Give,
    ReceiveGift,
)
from linlian.community.funds import views as fund_views
from linlian.community.funds.views import AccessRow, AlertRow, FundRow, GiftRow, PublicGift, QuestionRow, RefundRow
from linlian.community.programmes import DraftProgramme
from linlian.community.programmes import views as plan_views
from linlian.community.programmes.views import ProgrammeRow
from linlian.community.transfers import views
from linlian.community.transfers.pages.keeping import income, keeping, opening
from linlian.community.transfers.pages.kit import (
    DAY_MS,
    SOMETHING,
    River,
    Where,
    called,
    codes,
    fund_of,
    is_party,
    pages,
    plainly,
    river,
    where_of,
)
from linlian.community.transfers.views import HopRow, LineRow
from linlian.kernel.codec import Id
from linlian.readmodel.audience import Reader
from linlian.web.ask import Ask
from linlian.web.forms import Form
from linlian.web.pages import Page, Place
from linlian.web.river import Bank, Stream

SHOWN, GIFTS_SHOWN = 30, 12
PROGRAMMES_MAX = 100
PARTS_DRAWN = 4
PLAN = ("fund", "currency", "code", "purpose", "criteria", "budget_minor", "purse", "starts", "until", "notice_days")
"""What it is for and for whom, how much, from where, from when until when; an emergency comes last."""


@dataclass(frozen=True)
class FundsPage(Page):
    """Every fund that the public follows."""

    funds: list[FundRow]
    sums: dict[bytes, Where]
    organisations: dict[bytes, str]
    opening: Form | None
    next: str


@dataclass(frozen=True)
class Named:
    """A programme of a fund, and where its money is."""

    row: ProgrammeRow
    where: Where


@dataclass(frozen=True)
class FundPage(Page):
    """One fund. `party`: the reader sees all but who somebody is; `promised`, `refunds`, `lines`, `unbooked` and the
    records of alerts are for them."""

    fund: FundRow
    organisations: dict[bytes, str]
    where: Where
    here_minor: int
    river: River
    programmes: list[Named]
    gifts: list[PublicGift]
    next: str
    alerts: list[AlertRow]
    questions: list[QuestionRow]
    party: bool
    promised: list[tuple[GiftRow, list[Form]]]
    refunds: list[tuple[RefundRow, list[Form]]]
    lines: list[LineRow]
    unbooked: list[HopRow]
    answers: dict[bytes, list[Form]]
    giving: Form | None
    purses: list[str]
    lookers: list[AccessRow]
    forms: list[Form]
    keeping: list[Form]


@pages.page("/funds")
def funds(ask: Ask) -> FundsPage:
    found = ask.page(fund_views.all_funds, ask.after, limit=SHOWN)
    sums = {row.fund: where_in(ask, row.fund) for row in found.rows}
    return FundsPage(found.rows, sums, codes(ask), opening(ask), found.next, live=tuple(row.fund for row in found.rows))


@pages.page("/funds/{fund}")
def fund(ask: Ask, fund: Id) -> FundPage:
    row, party = fund_of(ask, fund), is_party(ask, fund)
    sums = {each.programme: each for each in ask.rows(views.sums_of_fund, fund=fund, limit=PROGRAMMES_MAX)}
    plans = ask.rows(plan_views.programmes_of, fund=fund, limit=PROGRAMMES_MAX)
    named = [Named(each, where_of(sums.get(each.programme))) for each in plans]
    gifts = ask.page(fund_views.published_gifts, ask.after, fund=fund, limit=GIFTS_SHOWN)
    where = where_in(ask, fund)
    here = row.in_minor - row.refunded_minor - where.out_minor
    books = ask.sees(views.statement, fund=fund)
    questions = ask.rows(fund_views.questions_of_fund, fund=fund, limit=SHOWN)
    return FundPage(
        fund=row,
        organisations=codes(ask),
        where=where,
        here_minor=here,
        river=_river(ask, row, named, where, here),
        programmes=named,
        gifts=gifts.rows,
        next=gifts.next,
        alerts=ask.rows(fund_views.published_alerts, fund=fund, unmet=True, limit=SHOWN),
        questions=questions,
        party=party,
        promised=[(each, _receiving(ask, each)) for each in _promised(ask, row)] if party else [],
        refunds=[(each, _refunding(ask, each)) for each in _refunds(ask, row)] if books else [],
        lines=ask.rows(views.unmatched_lines, fund=fund, limit=SHOWN) if books else [],
        unbooked=ask.rows(views.hops_without_line, fund=fund, limit=SHOWN) if party else [],
        answers={each.question: _answering(ask, each) for each in questions if not each.answered_at},
        giving=_giving(ask, row),
        purses=[called(ask, "purse", purse) for purse in row.purses.split(",")],
        lookers=[each for each in ask.rows(fund_views.accesses_of, fund=fund, limit=SHOWN) if each.access != "none"],
        forms=_forms(ask, row),
        keeping=keeping(ask, row),
        live=(fund, *(each.programme for each in plans)),
    )


def where_in(ask: Ask, fund: bytes) -> Where:
    """Where the money of a whole fund is."""
    return where_of(ask.maybe(views.total_of, fund=fund))


def _river(ask: Ask, row: FundRow, named: list[Named], where: Where, here: int) -> River:
    """What came in → the fund → its programmes and what is still here → where that is."""
    text = ask.tongue.text
    came = row.in_minor - row.refunded_minor
    banks = [Bank(text("transfers.came_in"), ask.sum(came, row.currency), 0, came, "other")]
    streams: list[Stream] = []
    spent = sorted((each for each in named if each.where.out_minor), key=lambda each: -each.where.out_minor)
    parts = [(each.row.code, each.where) for each in spent[:PARTS_DRAWN]]
    rest = _rest(where, [part for _, part in parts])
    if rest.out_minor:
        parts.append((text("transfers.others"), rest))
    ends = {
        "well": (text("transfers.confirmed"), where.delivered_minor),
        "moving": (text("transfers.on_the_way"), where.on_the_way_minor + where.returning_minor),
        "waiting": (text("transfers.held"), where.held_minor),
    }
    last: dict[str, int] = {}
    for name, part in parts:
        banks.append(Bank(name, ask.sum(part.out_minor, row.currency), 1, part.out_minor))
        streams.append(Stream(0, len(banks) - 1, part.out_minor, "moving"))
    if here > 0:
        banks.append(Bank(text("transfers.here"), ask.sum(here, row.currency), 1, here, "other"))
        streams.append(Stream(0, len(banks) - 1, here, "other"))
    for shade, (name, amount) in ends.items():
        if amount:
            last[shade] = len(banks)
            banks.append(Bank(name, ask.sum(amount, row.currency), 2, amount, shade))
    for number, (_, part) in enumerate(parts, 1):
        shares = {
            "well": part.delivered_minor,
            "moving": part.on_the_way_minor + part.returning_minor,
            "waiting": part.held_minor,
        }
        streams += [Stream(number, last[shade], amount, shade) for shade, amount in shares.items() if amount]
    return river(text("transfers.river"), banks, streams)


def _rest(whole: Where, parts: list[Where]) -> Where:
    """What is in none of the parts."""
    return Where(
        out_minor=whole.out_minor - sum(each.out_minor for each in parts),
        delivered_minor=whole.delivered_minor - sum(each.delivered_minor for each in parts),
        on_the_way_minor=whole.on_the_way_minor - sum(each.on_the_way_minor for each in parts),
        held_minor=whole.held_minor - sum(each.held_minor for each in parts),
        returning_minor=whole.returning_minor - sum(each.returning_minor for each in parts),
    )


def _promised(ask: Ask, row: FundRow) -> list[GiftRow]:
    return ask.rows(fund_views.gifts_of_fund, fund=row.fund, state="promised", limit=SHOWN)


def _refunds(ask: Ask, row: FundRow) -> list[RefundRow]:
    return ask.rows(fund_views.refunds_of_fund, fund=row.fund, state="entered", limit=SHOWN)


def _receiving(ask: Ask, gift: GiftRow) -> list[Form]:
    offers = [
        ask.offer(ReceiveGift(gift=gift.gift, amount_minor=gift.amount_minor), "gift", "amount_minor"),
        ask.offer(DeclineGift(gift=gift.gift), "gift"),
    ]
    return [form for form in offers if form is not None]


def _refunding(ask: Ask, refund: RefundRow) -> list[Form]:
    offers = [
        ask.offer(ApproveRefund(refund=refund.refund), "refund"),
        ask.offer(DeclineRefund(refund=refund.refund), "refund"),
    ]
    return [form for form in offers if form is not None]


def _answering(ask: Ask, question: QuestionRow) -> list[Form]:
    sample = AnswerQuestion(question=question.question, words=SOMETHING)
    found = ask.offer(sample, "question")
    return [] if found is None else [found]


def _giving(ask: Ask, row: FundRow) -> Form | None:
    purses = [(purse, called(ask, "purse", purse)) for purse in row.purses.split(",")]
    sample = Give(fund=row.fund, amount_minor=100, currency=row.currency, purse=purses[0][0])
    fixed = ("fund", "currency") if len(purses) > 1 else ("fund", "currency", "purse")
    found = ask.offer(sample, *fixed, choices={"purse": purses})
    return found and plainly(ask, found.only("fund", "amount_minor", "currency", "purse", "public"))


def _forms(ask: Ask, row: FundRow) -> list[Form]:
    """What the reader may do about the fund now: only what the rules would accept."""
    fund, purses = row.fund, [(purse, called(ask, "purse", purse)) for purse in row.purses.split(",")]
    plan = DraftProgramme(
        fund=fund,
        code="a",
        purse=purses[0][0],
        budget_minor=1,
        currency=row.currency,
        starts=ask.now,
        until=ask.now + 30 * DAY_MS,
        purpose=SOMETHING,
    )
    asking = AskQuestion(fund=fund, answer_by=ask.now + 7 * DAY_MS, words=SOMETHING)
    fixed = ("fund", "currency", "purse") if len(purses) == 1 else ("fund", "currency")
    drafted = ask.offer(plan, *fixed, choices={"purse": purses})
    asked = ask.offer(asking, "fund")
    offers = [
        ask.offer(ConfirmFund(fund=fund), "fund"),
        income(ask, row),
        drafted and plainly(ask, drafted, *PLAN),
        asked and plainly(ask, asked.only("fund", "answer_by", "words"), "fund", "words"),
        ask.offer(CloseFund(fund=fund), "fund"),
    ]
    return [form for form in offers if form]


def _works(reader: Reader) -> bool:
    return reader.organisation != b""


pages.way("/funds", "funds", Place.TOP, lambda reader: not _works(reader), rank=36)
pages.way("/funds", "funds", Place.RAIL, _works, rank=28)
