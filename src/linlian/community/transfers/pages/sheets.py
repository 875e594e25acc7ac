"""Sheets of a round and a fund's statement: brought in by managers, and what of the bank is which record, for parties.

What is chosen here is compared and signed by `lists.js` (frontend/src/entries/lists.ts); the page says about what.
"""

from __future__ import annotations

from dataclasses import dataclass

from linlian.community.funds import views as fund_views
from linlian.community.funds.views import FundRow, PublicGift, RefundRow
from linlian.community.programmes import views as plan_views
from linlian.community.programmes.views import CycleRow, ProgrammeRow
from linlian.community.transfers import views
from linlian.community.transfers.pages.kit import fund_of, pages
from linlian.community.transfers.pages.taking import day_of
from linlian.community.transfers.rules_banking import MatchLine
from linlian.community.transfers.views import HopRow, LineRow
from linlian.kernel.codec import Id
from linlian.web.ask import Ask
from linlian.web.errors import WebError
from linlian.web.forms import Form
from linlian.web.pages import Page

SHOWN = 40
CHOICES_MAX = 200
FUNDS_MAX = 100
OPEN = {"recipients": "drafted", "payments": "payable"}
"""In which state of a round which sheet can change anything."""


@dataclass(frozen=True)
class SheetPage(Page):
    """A sheet for a round. `what` is recipients or payments; `manages`: the reader may bring one in, `open`: now."""

    what: str
    round: CycleRow
    programme: ProgrammeRow
    fund: FundRow
    manages: bool
    open: bool


@dataclass(frozen=True)
class Alone:
    """A line of the statement that is nothing's yet, and what it could be; `same`: how many records have its sum."""

    row: LineRow
    same: int
    forms: list[Form]


@dataclass(frozen=True)
class StatementPage(Page):
    """A fund's bank statement beside what the fund says: what is matched, and what stands alone on either side."""

    fund: FundRow
    manages: bool
    layouts: list[tuple[str, str]]
    lines: list[Alone]
    more_lines: bool
    hops: list[HopRow]
    gifts: list[PublicGift]
    refunds: list[RefundRow]
    booked: list[LineRow]
    next: str


@pages.page("/rounds/{cycle}/recipients", template="sheet")
def recipients_sheet(ask: Ask, cycle: Id) -> SheetPage:
    return _sheet(ask, cycle, "recipients")


@pages.page("/rounds/{cycle}/payments", template="sheet")
def payments_sheet(ask: Ask, cycle: Id) -> SheetPage:
    return _sheet(ask, cycle, "payments")


@pages.page("/funds/{fund}/statement")
def statement(ask: Ask, fund: Id) -> StatementPage:
    found = ask.page(views.statement, ask.after, fund=fund, limit=SHOWN)
    row, manages = fund_of(ask, fund), manages_fund(ask, fund)
    alone = ask.page(views.unmatched_lines, fund=fund, limit=SHOWN)
    whole = ask.sees(views.hops_without_line, fund=fund)
    hops = ask.rows(views.hops_without_line, fund=fund, limit=CHOICES_MAX) if whole else []
    gifts = ask.rows(views.gifts_without_line, fund=fund, limit=CHOICES_MAX)
    refunds = ask.rows(views.refunds_without_line, fund=fund, limit=CHOICES_MAX)
    choosing = _Choosing(ask, row, hops, gifts, refunds)
    return StatementPage(
        fund=row,
        manages=manages,
        layouts=list(ask.house.lists.layouts(ask.language)) if manages else [],
        lines=[choosing.alone(line, manages) for line in alone.rows],
        more_lines=alone.next != "",
        hops=hops[:SHOWN],
        gifts=gifts[:SHOWN],
        refunds=refunds[:SHOWN],
        booked=[line for line in found.rows if line.matched],
        next=found.next,
        live=(fund,),
    )


class _Choosing:
    """What a line could be: the records of the same sum and direction."""

    def __init__(self, ask: Ask, fund: FundRow, hops: list[HopRow], gifts: list[PublicGift], refunds: list[RefundRow]):
        self._ask, self._fund = ask, fund
        self._out = [("hop", hop.amount_minor, hop.hop, hop.sent_at, hop.recipient or hop.receiver) for hop in hops]
        self._out += [("refund", row.amount_minor, row.refund, row.ended_at, row.gift) for row in refunds]
        self._in = [("gift", gift.amount_minor, gift.gift, gift.received_at, gift.donor) for gift in gifts]

    def alone(self, line: LineRow, manages: bool) -> Alone:
        same = [each for each in (self._in if line.incoming else self._out) if each[1] == line.amount_minor]
        forms = [self._form(line, kind, same) for kind in ("hop", "gift", "refund")] if manages else []
        return Alone(line, len(same), [form for form in forms if form is not None])

    def _form(self, line: LineRow, kind: str, same: list[tuple[str, int, bytes, int, bytes]]) -> Form | None:
        fitting = [each for each in same if each[0] == kind]
        choices = [(key, self._said(at, who)) for _, _, key, at, who in fitting]
        if not fitting or not self._ask.may(MatchLine(fund=self._fund.fund, mark=line.mark, **{kind: fitting[0][2]})):
            return None
        form = self._ask.form(MatchLine, {kind: choices}, fund=self._fund.fund, mark=line.mark)
        return form.only("fund", "mark", kind).demanding(kind)

    def _said(self, at: int, who: bytes) -> str:
        name = self._ask.name(who) if any(who) else "—"
        return self._ask.tongue.text("transfers.of_day", day=day_of(self._ask, at), who=name)


def manages_fund(ask: Ask, fund: bytes) -> bool:
    """Whether the reader is one of its managers."""
    if not ask.reader.account:
        return False
    managed = ask.rows(fund_views.funds_managed, account=ask.reader.account, limit=FUNDS_MAX)
    return any(row.fund == fund for row in managed)


def _sheet(ask: Ask, cycle: bytes, what: str) -> SheetPage:
    if not ask.reader.account:
        raise WebError("web.sign_in")
    row = ask.one(plan_views.cycle, cycle=cycle)
    return SheetPage(
        what=what,
        round=row,
        programme=ask.one(plan_views.programme, programme=row.programme),
        fund=fund_of(ask, row.fund),
        manages=manages_fund(ask, row.fund),
        open=row.state == OPEN[what],
    )
