"""What is one's own: what I gave and where it went, what I may receive and what was sent to me; what our organisation
holds for others."""

from __future__ import annotations

from dataclasses import dataclass

from linlian.community.funds import views as fund_views
from linlian.community.funds.views import FundRow, GiftRow
from linlian.community.programmes import views as plan_views
from linlian.community.programmes.views import EntitlementRow, ProgrammeRow
from linlian.community.transfers import views
from linlian.community.transfers.pages.kit import codes, fund_of, pages, where_of
from linlian.community.transfers.rules_hops import ConfirmMoney, SendMoney
from linlian.community.transfers.rules_receipts import ConfirmReceipt
from linlian.community.transfers.rules_returning import ReturnMoney
from linlian.community.transfers.views import HopRow, PaymentRow
from linlian.web.ask import Ask
from linlian.web.forms import Form
from linlian.web.pages import ANY, Page

SHOWN = 50


@dataclass(frozen=True)
class Given:
    """What somebody gave, and how far all that was given with it has come; `share` is in tenths of a per cent."""

    gift: GiftRow
    fund: FundRow
    programme: ProgrammeRow | None
    spent: int
    delivered: int


@dataclass(frozen=True)
class Sent:
    """What was sent to somebody, and what they may say to it."""

    hop: HopRow
    fund: FundRow
    programme: ProgrammeRow
    forms: list[Form]
    onward: list[tuple[PaymentRow, Form]]


@dataclass(frozen=True)
class Due:
    """What somebody may receive."""

    row: EntitlementRow
    fund: FundRow
    programme: ProgrammeRow


@dataclass(frozen=True)
class MoneyPage(Page):
    """One's own money on its way: given, to be received, sent; and what one's organisation holds."""

    given: list[Given]
    sent: list[Sent]
    due: list[Due]
    held: list[Sent]
    organisations: dict[bytes, str]


@pages.page("/me/money")
def money(ask: Ask) -> MoneyPage:
    me = ask.reader.account
    gifts = ask.rows(fund_views.gifts_of_donor, donor=me, limit=SHOWN)
    hops = ask.rows(views.hops_to, account=me, limit=SHOWN)
    dues = ask.rows(plan_views.entitlements_of, account=me, limit=SHOWN)
    under_way = {(row.cycle, row.recipient) for row in hops if row.state not in ("failed", "returned")}
    ours = ask.reader.organisation
    held = ask.rows(views.hops_through, receiver=ours, limit=SHOWN) if ours else []
    return MoneyPage(
        given=[_given(ask, row) for row in gifts],
        sent=[_sent(ask, row) for row in hops],
        due=[_due(ask, row) for row in dues if row.state == "entered" and (row.cycle, row.recipient) not in under_way],
        held=[_sent(ask, row) for row in held],
        organisations=codes(ask),
        live=(ANY,),
    )


def _given(ask: Ask, gift: GiftRow) -> Given:
    fund = fund_of(ask, gift.fund)
    programme = ask.maybe(plan_views.programme, programme=gift.programme) if gift.programme else None
    own = gift.programme != b""
    where = where_of(
        ask.maybe(views.sum_of, programme=gift.programme) if own else ask.maybe(views.total_of, fund=gift.fund)
    )
    out, there = where.out_minor, where.delivered_minor
    came = max(1, fund.in_minor - fund.refunded_minor) if not gift.programme else max(1, out)
    return Given(gift, fund, programme, 1000 * out // came, 1000 * there // came)


def _sent(ask: Ask, hop: HopRow) -> Sent:
    """Whoever it is for says that they have it, or sends it back; an organisation says that it arrived."""
    last = hop.recipient != b""
    confirm = ConfirmReceipt if last else ConfirmMoney
    back = hop.amount_minor if last else hop.held_minor
    offers = [
        ask.offer(confirm(hop=hop.hop, amount_minor=hop.amount_minor), "hop", "amount_minor"),
        ask.offer(ReturnMoney(hop=hop.hop, amount_minor=back), "hop", "amount_minor") if back else None,
    ]
    row = ask.one(plan_views.programme, programme=hop.programme)
    onward = [] if last or not hop.held_minor else _onward(ask, hop)
    return Sent(hop, fund_of(ask, hop.fund), row, [form for form in offers if form is not None], onward)


def _onward(ask: Ask, hop: HopRow) -> list[tuple[PaymentRow, Form]]:
    """The payments that may be made from what one's organisation holds."""
    found = []
    for row in ask.rows(views.payments_to_pass_on, hop=hop.hop):
        sample = SendMoney(cycle=row.cycle, amount_minor=row.amount_minor, continues=hop.hop, payment=row.payment)
        form = ask.offer(sample, "cycle", "amount_minor", "continues", "payment")
        if form is not None:
            found.append((row, form.only("cycle", "amount_minor", "continues", "payment")))
    return found


def _due(ask: Ask, row: EntitlementRow) -> Due:
    programme = ask.one(plan_views.programme, programme=row.programme)
    return Due(row, fund_of(ask, programme.fund), programme)
