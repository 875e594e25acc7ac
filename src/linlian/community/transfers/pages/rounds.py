"""One round: its list while it hangs out, for whoever may object; with its payments for the parties of the fund."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from linlian.community.funds.views import FundRow
from linlian.community.programmes import (
    AnswerObjection,
    ApproveCycle,
    CancelCycle,
    EndCycle,
    ObjectToCycle,
    ReviewCycle,
    SendBackCycle,
    SubmitCycle,
)
from linlian.community.programmes import views as plan_views
from linlian.community.programmes.views import (
    CycleRow,
    EntitlementRow,
    ObjectionRow,
    PostedLine,
    ProgrammeRow,
    PublicCycle,
)
from linlian.community.transfers import views
from linlian.community.transfers.pages.kit import SOMETHING, called, codes, failing, fund_of, pages
from linlian.community.transfers.rules_hops import SendMoney
from linlian.community.transfers.rules_paying import (
    TOGETHER_MAX,
    ApprovePayments,
    CancelPayment,
    EnterPayments,
    PaymentLine,
)
from linlian.community.transfers.rules_receipts import AttestReceipt, RecordCall
from linlian.community.transfers.rules_returning import TakeBack
from linlian.community.transfers.views import HopRow, PaymentRow
from linlian.kernel.codec import Content, Id
from linlian.web.ask import Ask
from linlian.web.forms import Form
from linlian.web.pages import Page

SHOWN = 60
ORGANISATIONS_MAX = 64
WAITING = ("approved", "failed", "returned", "entered")


@dataclass(frozen=True)
class RoundPage(Page):
    """One round. `full`: the list as the fund's parties see it; others see `posted` while it hangs out."""

    programme: ProgrammeRow
    fund: FundRow
    public: PublicCycle
    full: CycleRow | None
    lines: list[EntitlementRow]
    units: dict[str, str]
    next: str
    posted: list[PostedLine]
    objections: list[tuple[ObjectionRow, Form | None]]
    payments: list[tuple[PaymentRow, list[Form]]]
    hops: list[tuple[HopRow, list[Form]]]
    organisations: dict[bytes, str]
    objecting: Form | None
    forms: list[Form]


@pages.page("/rounds/{cycle}", template="round")
def one_round(ask: Ask, cycle: Id) -> RoundPage:
    public = ask.one(plan_views.published_cycle, cycle=cycle)
    row = ask.one(plan_views.programme, programme=public.programme)
    key, fund = cycle, fund_of(ask, row.fund)
    party = ask.sees(plan_views.list_of_cycle, cycle=key)
    lines = ask.page(plan_views.list_of_cycle, ask.after, cycle=key, limit=SHOWN) if party else None
    payments = _payments(ask, key) if party else []
    names = codes(ask)
    return RoundPage(
        programme=row,
        fund=fund,
        public=public,
        full=ask.maybe(plan_views.cycle, cycle=key) if party else None,
        lines=[] if lines is None else lines.rows,
        units={row.unit: called(ask, "unit", row.unit) for row in lines.rows} if lines else {},
        next="" if lines is None else lines.next,
        posted=ask.rows(plan_views.posted_lines, cycle=key, limit=SHOWN) if ask.reader.account and not party else [],
        objections=_objections(ask, key) if party else [],
        payments=[(each, _paying(ask, each)) for each in payments],
        hops=_hops(ask, ask.rows(views.hops_of_cycle, cycle=key, limit=SHOWN)) if party else [],
        organisations=names,
        objecting=_objecting(ask, public),
        forms=_forms(ask, public, party, names),
        live=(key, row.programme),
    )


def _payments(ask: Ask, cycle: bytes) -> list[PaymentRow]:
    """Payments, those first with which something is to be done."""
    found: dict[bytes, PaymentRow] = {}
    for state in (*WAITING, None):
        rows = ask.rows(views.payments_of_cycle, cycle=cycle, state=state, limit=SHOWN)
        found |= {row.payment: row for row in rows if row.payment not in found}
    return list(found.values())[:SHOWN]


def _objections(ask: Ask, cycle: bytes) -> list[tuple[ObjectionRow, Form | None]]:
    found = []
    for each in ask.rows(plan_views.objections_to, cycle=cycle, limit=SHOWN):
        sample = AnswerObjection(objection=each.objection, upheld=False, words=SOMETHING)
        found.append((each, None if each.answered_at else ask.offer(sample, "objection")))
    return found


def _objecting(ask: Ask, public: PublicCycle) -> Form | None:
    found = ask.offer(ObjectToCycle(cycle=public.cycle, words=SOMETHING), "cycle")
    if found is None:
        return None
    posted = ask.rows(plan_views.posted_lines, cycle=public.cycle, limit=SHOWN)
    choices: list[tuple[bytes | str, str]] = [
        (line.entitlement, ask.tongue.text("transfers.line_of", number=line.number)) for line in posted
    ]
    return ask.form(ObjectToCycle, {"entitlement": choices}, cycle=public.cycle)


def _paying(ask: Ask, payment: PaymentRow) -> list[Form]:
    """What may be done with one payment: sent to its recipient, said to have failed, taken back."""
    send = SendMoney(cycle=payment.cycle, amount_minor=payment.amount_minor, payment=payment.payment)
    sent = ask.offer(send, "cycle", "amount_minor", "payment")
    offers = [
        sent and sent.only("cycle", "amount_minor", "payment"),
        failing(ask, payment.hop) if payment.state == "sent" else None,
        ask.offer(CancelPayment(payment=payment.payment), "payment"),
    ]
    return [form for form in offers if form]


def _hops(ask: Ask, rows: list[HopRow]) -> list[tuple[HopRow, list[Form]]]:
    """With what may be said of each: that it came back, that its recipient said so on the telephone or on paper."""
    waits = next((row for row in rows if row.recipient and row.state in ("sent", "banked", "silent")), None)
    calls = waits is not None and ask.may(RecordCall(hop=waits.hop, recording=SOMETHING))
    return [(row, _of_hop(ask, row, calls)) for row in rows]


def _of_hop(ask: Ask, row: HopRow, calls: bool) -> list[Form]:
    if row.returning_minor:
        back = ask.offer(TakeBack(hop=row.hop, amount_minor=row.returning_minor), "hop", "amount_minor")
        return [back] if back else []
    if not (calls and row.recipient and row.state in ("sent", "banked", "silent")):
        return []
    same: dict[str, Any] = {"paper": Content(commitment=row.sheet, ciphertext_hash=row.sheet_hash)} if row.sheet else {}
    return [ask.form(RecordCall, hop=row.hop), ask.form(AttestReceipt, hop=row.hop, **same)]


def _forms(
    ask: Ask,
    public: PublicCycle,
    party: bool,
    names: dict[bytes, str],
) -> list[Form]:
    """What may be done with the whole round now."""
    if not party:
        return []
    key = public.cycle
    row = ask.one(plan_views.cycle, cycle=key)
    approval = ApproveCycle(cycle=key, entitlements=row.entitlements, entitled_minor=max(1, row.entitled_minor))
    submitted = ask.offer(SubmitCycle(cycle=key, notice=SOMETHING), "cycle")
    offers = [
        ask.offer(approval, "cycle", "entitlements", "entitled_minor"),
        submitted,
        ask.offer(SendBackCycle(cycle=key, words=SOMETHING), "cycle"),
        _entering(ask, key),
        _approving(ask, key),
        _through(ask, key, names),
        ask.offer(ReviewCycle(cycle=key, sound=True, words=SOMETHING), "cycle"),
        ask.offer(CancelCycle(cycle=key), "cycle"),
        ask.offer(EndCycle(cycle=key), "cycle"),
    ]
    return [form for form in offers if form is not None]


def _entering(ask: Ask, cycle: bytes) -> Form | None:
    """All that is due and for which no payment stands, up to forty together."""
    due = ask.rows(views.lines_to_pay, cycle=cycle, limit=TOGETHER_MAX)
    if not due:
        return None
    told = tuple(PaymentLine(entitlement=each.entitlement, amount_minor=each.amount_minor) for each in due)
    if not ask.may(EnterPayments(cycle=cycle, lines=told)):
        return None
    form = ask.form(EnterPayments, cycle=cycle, lines=told)
    return replace(form, label=ask.tongue.text("transfers.enter_all", count=len(due)))


def _approving(ask: Ask, cycle: bytes) -> Form | None:
    """Those that wait, up to forty in one signature that names their sum."""
    waiting = ask.rows(views.payments_of_cycle, cycle=cycle, state="entered", limit=TOGETHER_MAX)
    if not waiting:
        return None
    total = sum(each.amount_minor for each in waiting)
    sample = ApprovePayments(cycle=cycle, payments=tuple(each.payment for each in waiting), total_minor=total)
    return ask.offer(sample, "cycle", "payments", "total_minor")


def _through(ask: Ask, cycle: bytes, names: dict[bytes, str]) -> Form | None:
    """Money for approved payments may go by way of an organisation."""
    ready = ask.rows(views.payments_of_cycle, cycle=cycle, state="approved", limit=1)
    others = [key for key in names if key != ask.reader.organisation][:ORGANISATIONS_MAX]
    if not ready or not others:
        return None
    if not any(ask.may(SendMoney(cycle=cycle, amount_minor=1, receiver=other)) for other in others[:2]):
        return None
    choices: list[tuple[bytes | str, str]] = [(key, names[key]) for key in others]
    form = ask.form(SendMoney, {"receiver": choices}, cycle=cycle).only("cycle", "amount_minor", "receiver")
    return replace(form.demanding("receiver"), label=ask.tongue.text("transfers.send_through"))
