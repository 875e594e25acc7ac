"""What goes back, fails or is sent again: refunds of what was given, and the hops of a round that did not arrive."""

from __future__ import annotations

from dataclasses import dataclass, replace

from linlian.community.funds import ApproveRefund, DeclineRefund, EnterRefund
from linlian.community.funds import views as fund_views
from linlian.community.funds.views import FundRow, GiftRow, RefundRow
from linlian.community.programmes import views as plan_views
from linlian.community.programmes.views import CycleRow, ProgrammeRow
from linlian.community.transfers import views
from linlian.community.transfers.pages.kit import codes, failing, fund_of, pages
from linlian.community.transfers.rules_hops import SendMoney
from linlian.community.transfers.rules_paying import CancelPayment
from linlian.community.transfers.rules_returning import ReturnMoney, TakeBack
from linlian.community.transfers.views import HopRow, PaymentRow
from linlian.kernel.codec import Id
from linlian.web.ask import Ask
from linlian.web.forms import Form
from linlian.web.pages import Page

SHOWN = 40
AGAIN = ("failed", "returned")


@dataclass(frozen=True)
class RefundsPage(Page):
    """What was given to a fund and could go back, and what does; `gifts` are for those who may know the donors."""

    fund: FundRow
    gifts: list[tuple[GiftRow, Form | None]]
    refunds: list[tuple[RefundRow, list[Form]]]
    next: str


@dataclass(frozen=True)
class ReturnsPage(Page):
    """The hops of a round that can fail or come back, and the payments that are sent again or given up."""

    round: CycleRow
    programme: ProgrammeRow
    fund: FundRow
    organisations: dict[bytes, str]
    hops: list[tuple[HopRow, list[Form]]]
    payments: list[tuple[PaymentRow, list[Form]]]


@pages.page("/funds/{fund}/refunds")
def refunds(ask: Ask, fund: Id) -> RefundsPage:
    found = ask.page(fund_views.gifts_of_fund, ask.after, fund=fund, state="received", limit=SHOWN)
    rows = ask.rows(fund_views.refunds_of_fund, fund=fund, limit=SHOWN)
    return RefundsPage(
        fund=fund_of(ask, fund),
        gifts=[(gift, _refund(ask, gift)) for gift in found.rows if gift.refunded_minor < gift.amount_minor],
        refunds=[(row, _answers(ask, row)) for row in rows],
        next=found.next,
        live=(fund,),
    )


@pages.page("/rounds/{cycle}/returns")
def returns(ask: Ask, cycle: Id) -> ReturnsPage:
    row = ask.one(plan_views.cycle, cycle=cycle)
    hops = ask.rows(views.hops_of_cycle, cycle=cycle, limit=SHOWN)
    open_hops = [hop for hop in hops if hop.state not in AGAIN]
    payments = [
        each for state in AGAIN for each in ask.rows(views.payments_of_cycle, cycle=cycle, state=state, limit=SHOWN)
    ]
    return ReturnsPage(
        round=row,
        programme=ask.one(plan_views.programme, programme=row.programme),
        fund=fund_of(ask, row.fund),
        organisations=codes(ask),
        hops=[(hop, _of_hop(ask, hop)) for hop in open_hops],
        payments=[(each, _of_payment(ask, each)) for each in payments],
        live=(cycle,),
    )


def _refund(ask: Ask, gift: GiftRow) -> Form | None:
    return ask.offer(EnterRefund(gift=gift.gift, amount_minor=1), "gift")


def _answers(ask: Ask, row: RefundRow) -> list[Form]:
    if row.state != "entered":
        return []
    offers = [
        ask.offer(ApproveRefund(refund=row.refund), "refund"),
        ask.offer(DeclineRefund(refund=row.refund), "refund"),
    ]
    return [form for form in offers if form is not None]


def _of_hop(ask: Ask, hop: HopRow) -> list[Form]:
    """Said to have failed, sent back by whoever holds it, taken back by whoever sent it."""
    offers = [failing(ask, hop.hop)]
    if hop.returning_minor:
        taking = TakeBack(hop=hop.hop, amount_minor=hop.returning_minor)
        offers.append(ask.offer(taking, "hop", "amount_minor"))
    if hop.held_minor:
        offers.append(ask.offer(ReturnMoney(hop=hop.hop, amount_minor=hop.held_minor), "hop"))
    return [form for form in offers if form is not None]


def _of_payment(ask: Ask, payment: PaymentRow) -> list[Form]:
    send = SendMoney(cycle=payment.cycle, amount_minor=payment.amount_minor, payment=payment.payment)
    again = ask.offer(send, "cycle", "amount_minor", "payment")
    label = ask.tongue.text("transfers.send_again")
    offers = [
        again and replace(again.only("cycle", "amount_minor", "payment"), label=label),
        ask.offer(CancelPayment(payment=payment.payment), "payment"),
    ]
    return [form for form in offers if form]
