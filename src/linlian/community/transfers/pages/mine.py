"""What is one's own: what I gave and where it went, what I may receive and what was sent to me or to whom I stand for;
what our organisation holds for others. What waits for a yes also stands where people arrive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup

from linlian.community.funds import views as fund_views
from linlian.community.funds.views import FundRow, GiftRow
from linlian.community.programmes import views as plan_views
from linlian.community.programmes.views import EntitlementRow, ProgrammeRow
from linlian.community.transfers import views
from linlian.community.transfers.pages.kit import codes, failing, fund_of, pages, shares, where_of
from linlian.community.transfers.rules_hops import ConfirmMoney, SendMoney
from linlian.community.transfers.rules_receipts import ConfirmReceipt
from linlian.community.transfers.rules_returning import ReturnMoney
from linlian.community.transfers.views import HopRow, PaymentRow, SumRow
from linlian.web.ask import Ask
from linlian.web.errors import WebError
from linlian.web.forms import Form
from linlian.web.pages import ANY, FirstPage, Page, Part, Where

SHOWN = 50
WAITS = ("sent", "banked", "silent")
"""States of what was sent and nobody has confirmed."""
PROGRAMMES_NAMED = 4


@dataclass(frozen=True)
class Given:
    """What somebody gave, and their share of where all that was given with it is now: with recipients, on its way,
    still here. `spent_for` are the programmes that most of it went to."""

    gift: GiftRow
    fund: FundRow
    programme: ProgrammeRow | None
    there_minor: int
    way_minor: int
    here_minor: int
    bar: Markup
    spent_for: list[ProgrammeRow]


@dataclass(frozen=True)
class Sent:
    """What was sent to somebody, and what the reader may say to it; `whose` where it is not their own. Of what an
    organisation holds, `onward` may be paid from it, and `under_way` was."""

    hop: HopRow
    fund: FundRow
    programme: ProgrammeRow
    forms: list[Form]
    onward: list[tuple[PaymentRow, Form]]
    under_way: list[tuple[HopRow, Form]]
    whose: bytes = b""


@dataclass(frozen=True)
class Due:
    """What somebody may receive."""

    row: EntitlementRow
    fund: FundRow
    programme: ProgrammeRow
    whose: bytes = b""


@dataclass(frozen=True)
class MoneyPage(Page):
    """One's own money on its way: what waits for a yes, what was sent before, what is to come, what one gave, and what
    one's organisation holds."""

    asks: list[Sent]
    sent: list[Sent]
    due: list[Due]
    given: list[Given]
    held: list[Sent]
    organisations: dict[bytes, str]


@dataclass(frozen=True, kw_only=True)
class WaitingPart(Part):
    """What was sent to the reader, or to whom they stand for, and waits for their yes."""

    asks: list[Sent]
    organisations: dict[bytes, str]


@pages.page("/me/money")
def money(ask: Ask) -> MoneyPage:
    me, ours = ask.reader.account, ask.reader.organisation
    if not me:
        raise WebError("web.sign_in")
    found = _all_sent(ask)
    dues = [(row, b"") for row in ask.rows(plan_views.entitlements_of, account=me, limit=SHOWN)]
    dues += [(row, row.account) for row in ask.rows(plan_views.entitlements_for, delegate=me, limit=SHOWN)]
    under_way = {(each.hop.cycle, each.hop.recipient) for each in found if each.hop.state not in ("failed", "returned")}
    held = ask.rows(views.hops_through, receiver=ours, limit=SHOWN) if ours else []
    return MoneyPage(
        asks=[each for each in found if _waits(each)],
        sent=[each for each in found if not _waits(each)],
        due=[
            _due(ask, row, whose)
            for row, whose in dues
            if row.state == "entered" and (row.cycle, row.recipient) not in under_way
        ],
        given=[_given(ask, row) for row in ask.rows(fund_views.gifts_of_donor, donor=me, limit=SHOWN)],
        held=[_sent(ask, row) for row in held],
        organisations=codes(ask),
        live=(ANY,),
    )


@pages.part(FirstPage, rank=5)
def waiting(ask: Ask, page: Page) -> WaitingPart | None:
    """Whoever has received something says so where they arrive."""
    if not ask.reader.account or ask.reader.organisation:
        return None
    asks = [each for each in _all_sent(ask, waits=True) if _waits(each)]
    return WaitingPart(where=Where.ASKS, asks=asks, organisations=codes(ask)) if asks else None


def _all_sent(ask: Ask, waits: bool = False) -> list[Sent]:
    """To the reader, and to those who let them confirm."""
    me = ask.reader.account
    own = [_sent(ask, row) for row in ask.rows(views.hops_to, account=me, waits=waits, limit=SHOWN)]
    theirs = ask.rows(views.hops_for, delegate=me, waits=waits, limit=SHOWN)
    return own + [replace(_sent(ask, row), whose=row.account) for row in theirs]


def _waits(sent: Sent) -> bool:
    return bool(sent.forms) and sent.hop.state in WAITS


def _given(ask: Ask, gift: GiftRow) -> Given:
    """A share of a whole: whose money exactly went where nobody can say, for it lies together."""
    fund = fund_of(ask, gift.fund)
    programme = ask.maybe(plan_views.programme, programme=gift.programme) if gift.programme else None
    own = gift.programme != b""
    where = where_of(
        ask.maybe(views.sum_of, programme=gift.programme) if own else ask.maybe(views.total_of, fund=gift.fund)
    )
    out, there = where.out_minor, where.delivered_minor
    # Of a gift for one programme the whole is what that is to spend; the fund's own money does the rest of it.
    whole = max(1, out, programme.budget_minor if programme else fund.in_minor - fund.refunded_minor)
    kept = gift.amount_minor - gift.refunded_minor
    arrived = kept * there // whole
    way = kept * out // whole - arrived
    spent_for = [] if programme else _spent_for(ask, ask.rows(views.sums_of_fund, fund=gift.fund))
    bar = shares(ask, arrived, way, kept - arrived - way)
    return Given(gift, fund, programme, arrived, way, kept - arrived - way, bar, spent_for)


def _spent_for(ask: Ask, sums: Sequence[SumRow]) -> list[ProgrammeRow]:
    most = sorted((each for each in sums if each.out_minor), key=lambda each: -each.out_minor)[:PROGRAMMES_NAMED]
    return [ask.one(plan_views.programme, programme=each.programme) for each in most]


def _sent(ask: Ask, hop: HopRow) -> Sent:
    """Whoever it is for says that they have it, or sends it back; an organisation says that it arrived."""
    last = hop.recipient != b""
    confirm = ConfirmReceipt if last else ConfirmMoney
    back, whole = (hop.amount_minor, ("amount_minor",)) if last else (hop.held_minor, ())
    offers = [
        ask.offer(confirm(hop=hop.hop, amount_minor=hop.amount_minor), "hop", "amount_minor"),
        ask.offer(ReturnMoney(hop=hop.hop, amount_minor=back), "hop", *whole) if back else None,
    ]
    row = ask.one(plan_views.programme, programme=hop.programme)
    return Sent(
        hop,
        fund_of(ask, hop.fund),
        row,
        [form for form in offers if form is not None],
        [] if last or not hop.held_minor else _onward(ask, hop),
        [] if last or hop.state != "confirmed" else _under_way(ask, hop),
    )


def _onward(ask: Ask, hop: HopRow) -> list[tuple[PaymentRow, Form]]:
    """The payments that may be made from what one's organisation holds."""
    found = []
    for row in ask.rows(views.payments_to_pass_on, hop=hop.hop):
        sample = SendMoney(cycle=row.cycle, amount_minor=row.amount_minor, continues=hop.hop, payment=row.payment)
        form = ask.offer(sample, "cycle", "amount_minor", "continues", "payment")
        if form is not None:
            found.append((row, form.only("cycle", "amount_minor", "continues", "payment")))
    return found


def _under_way(ask: Ask, hop: HopRow) -> list[tuple[HopRow, Form]]:
    """What was sent on from it and nobody has confirmed: it may be said to have failed."""
    rows = [each for each in ask.rows(views.hops_behind, hop=hop.hop, limit=SHOWN) if each.state in WAITS]
    if not rows or failing(ask, rows[0].hop) is None:
        return []
    forms = [(each, failing(ask, each.hop, sure=True)) for each in rows]
    return [(each, form) for each, form in forms if form is not None]


def _due(ask: Ask, row: EntitlementRow, whose: bytes) -> Due:
    programme = ask.one(plan_views.programme, programme=row.programme)
    return Due(row, fund_of(ask, programme.fund), programme, whose)
