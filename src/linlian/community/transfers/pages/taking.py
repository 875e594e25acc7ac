"""Lists to take home as CSV or for Excel: a round's list and payments and the books for the parties, gifts and
programmes for everybody.

Rules
- A list shows what its query shows to the reader; nobody's name stands in any of them, for who somebody is is sealed.
- The reference of a line of a list is what a sheet of payments names it by; that of a payment is what the bank's line
  may quote, and then it is found again by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeAlias

from linlian.community.funds import views as fund_views
from linlian.community.programmes import views as plan_views
from linlian.community.transfers import views
from linlian.community.transfers.pages.kit import fund_of, pages
from linlian.kernel.codec import Id
from linlian.web.ask import Ask
from linlian.web.sheets import Sheet

Line: TypeAlias = tuple[str | int | Decimal, ...]
QUOTED_CHARS = 10
"""Of a payment's identifier: what fits into a bank's remark (`imports.money.matching`)."""
PAGE = 1_000


@pages.page("/rounds/{cycle}/recipients.csv")
def recipients_csv(ask: Ask, cycle: Id) -> Sheet:
    """A round's list, line by line."""
    return _recipients(ask, cycle, "csv")


@pages.page("/rounds/{cycle}/recipients.xlsx")
def recipients_xlsx(ask: Ask, cycle: Id) -> Sheet:
    """A round's list, line by line, for Excel."""
    return _recipients(ask, cycle, "xlsx")


@pages.page("/sheets/recipients.xlsx")
def template_of_recipients(ask: Ask) -> Sheet:
    """An empty sheet of recipients, with the headings that are known."""
    names = ("name", "id_number", "home", "phone", "account", "bank", "amount", "starts", "until", "form")
    return Sheet("recipients.xlsx", _heads(ask, (*names, "quantity", "unit")), [])


@pages.page("/rounds/{cycle}/payments.csv")
def payments_csv(ask: Ask, cycle: Id) -> Sheet:
    """A round's payments."""
    return _payments(ask, cycle, "csv")


@pages.page("/rounds/{cycle}/payments.xlsx")
def payments_xlsx(ask: Ask, cycle: Id) -> Sheet:
    """A round's payments, for Excel."""
    return _payments(ask, cycle, "xlsx")


@pages.page("/funds/{fund}/statement.csv")
def statement_csv(ask: Ask, fund: Id) -> Sheet:
    """The bank's lines, and which record each is."""
    return _statement(ask, fund, "csv")


@pages.page("/funds/{fund}/statement.xlsx")
def statement_xlsx(ask: Ask, fund: Id) -> Sheet:
    """The bank's lines, and which record each is, for Excel."""
    return _statement(ask, fund, "xlsx")


@pages.page("/funds/{fund}/gifts.csv")
def gifts_csv(ask: Ask, fund: Id) -> Sheet:
    """What came in; donors only where they may be named."""
    return _gifts(ask, fund, "csv")


@pages.page("/funds/{fund}/gifts.xlsx")
def gifts_xlsx(ask: Ask, fund: Id) -> Sheet:
    """What came in, for Excel."""
    return _gifts(ask, fund, "xlsx")


@pages.page("/funds/{fund}/programmes.csv")
def programmes_csv(ask: Ask, fund: Id) -> Sheet:
    """A fund's programmes, and where the money of each is."""
    return _programmes(ask, fund, "csv")


@pages.page("/funds/{fund}/programmes.xlsx")
def programmes_xlsx(ask: Ask, fund: Id) -> Sheet:
    """A fund's programmes, and where the money of each is, for Excel."""
    return _programmes(ask, fund, "xlsx")


def _recipients(ask: Ask, cycle: bytes, kind: str) -> Sheet:
    row = ask.one(plan_views.cycle, cycle=cycle)
    plan = ask.one(plan_views.programme, programme=row.programme)
    lines: list[Line] = [
        (
            each.number,
            each.entitlement.hex(),
            each.recipient.hex(),
            ask.tongue.value("programmes", each.form),
            sum_of(each.amount_minor),
            each.quantity or "",
            each.unit,
            day_of(ask, each.starts),
            day_of(ask, each.until),
            ask.tongue.value("programmes", each.state),
        )
        for each in _all(ask, plan_views.list_of_cycle, cycle=cycle)
    ]
    head = ("number", "reference", "recipient", "form", "amount", "quantity", "unit", "starts", "until", "state")
    return Sheet(f"{plan.code}-{row.number}-recipients.{kind}", _heads(ask, head), lines)


def _payments(ask: Ask, cycle: bytes, kind: str) -> Sheet:
    row = ask.one(plan_views.cycle, cycle=cycle)
    plan = ask.one(plan_views.programme, programme=row.programme)
    lines: list[Line] = [
        (
            each.payment.hex()[:QUOTED_CHARS],
            each.entitlement.hex(),
            each.recipient.hex(),
            sum_of(each.amount_minor),
            ask.tongue.value("transfers", each.state),
            day_of(ask, each.entered_at),
            each.approvals,
            each.payment.hex(),
        )
        for each in _all(ask, views.payments_of_cycle, cycle=cycle)
    ]
    head = ("quote", "reference", "recipient", "amount", "state", "entered", "approvals", "payment")
    return Sheet(f"{plan.code}-{row.number}-payments.{kind}", _heads(ask, head), lines)


def _statement(ask: Ask, fund: bytes, kind: str) -> Sheet:
    row, text = fund_of(ask, fund), ask.tongue.text
    lines: list[Line] = [
        (
            day_of(ask, each.booked_at),
            text("transfers.came_in" if each.incoming else "transfers.went_out"),
            sum_of(each.amount_minor),
            row.currency,
            text("transfers.matched" if each.matched else "transfers.not_matched"),
            each.matched.hex(),
            each.mark.hex(),
        )
        for each in _all(ask, views.statement, fund=fund)
    ]
    head = ("booked", "direction", "amount", "currency", "matched", "record", "mark")
    return Sheet(f"{row.code}-statement.{kind}", _heads(ask, head), lines)


def _gifts(ask: Ask, fund: bytes, kind: str) -> Sheet:
    row = fund_of(ask, fund)
    lines: list[Line] = [
        (
            day_of(ask, each.received_at),
            ask.tongue.value("funds", each.source),
            sum_of(each.amount_minor),
            sum_of(each.refunded_minor),
            row.currency,
            each.purse,
            each.programme.hex(),
            ask.name(each.donor) if each.donor else ask.tongue.text("transfers.unnamed"),
            each.gift.hex(),
        )
        for each in _all(ask, fund_views.published_gifts, fund=fund)
    ]
    head = ("received", "source", "amount", "refunded", "currency", "purse", "programme", "donor", "gift")
    return Sheet(f"{row.code}-gifts.{kind}", _heads(ask, head), lines)


def _programmes(ask: Ask, fund: bytes, kind: str) -> Sheet:
    row, sums = fund_of(ask, fund), {each.programme: each for each in _all(ask, views.sums_of_fund, fund=fund)}
    lines: list[Line] = []
    for each in _all(ask, plan_views.programmes_of, fund=fund):
        found = sums.get(each.programme) or views.SumRow(each.programme, fund, 0)
        money = (each.budget_minor, found.out_minor, found.delivered_minor, found.held_minor, found.on_the_way_minor)
        lines.append(
            (
                each.code,
                ask.tongue.value("programmes", each.state),
                *(sum_of(minor) for minor in money),
                row.currency,
                day_of(ask, each.starts),
                day_of(ask, each.until),
                each.programme.hex(),
            )
        )
    names = ("code", "state", "budget", "out", "delivered", "held", "on_the_way", "currency", "starts", "until")
    return Sheet(f"{row.code}-programmes.{kind}", _heads(ask, (*names, "programme")), lines)


def _heads(ask: Ask, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(ask.tongue.text(f"transfers.head_{name}") for name in names)


def _all(ask: Ask, query: Callable[..., list[Any]], **values: Any) -> list[Any]:
    rows, after = [], ""
    while True:
        found = ask.page(query, after, **values, limit=PAGE)
        rows += found.rows
        after = found.next
        if not after:
            return rows


def sum_of(minor: int) -> Decimal:
    """Hundredths as a sum with two decimals."""
    return Decimal(minor).scaleb(-2)


def day_of(ask: Ask, at: int) -> str:
    """A day in the community's time; "" where none is said."""
    if not at:
        return ""
    return datetime.fromtimestamp((at + ask.house.offset_minutes(at) * 60_000) // 1000, UTC).date().isoformat()
