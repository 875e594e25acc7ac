"""One programme: the picture of its money, its rounds, what happened when and what is late. For everybody; its parties
see the hops, and act."""

from __future__ import annotations

from dataclasses import dataclass

from linlian.community.funds import Give
from linlian.community.funds import views as fund_views
from linlian.community.funds.views import AlertRow, FundRow
from linlian.community.programmes import (
    AccountFor,
    ApproveProgramme,
    CancelProgramme,
    DraftCycle,
    EndProgramme,
    FileReport,
)
from linlian.community.programmes import views as plan_views
from linlian.community.programmes.views import ProgrammeRow, PublicCycle
from linlian.community.transfers import views
from linlian.community.transfers.pages.kit import (
    DAY_MS,
    HANDS_MAX,
    SOMETHING,
    River,
    Where,
    codes,
    fund_of,
    is_party,
    pages,
    plainly,
    river,
    where_of,
)
from linlian.community.transfers.views import BasisRow, FlowRow, HopRow
from linlian.kernel.codec import Id
from linlian.web.ask import Ask
from linlian.web.forms import Form
from linlian.web.pages import Page
from linlian.web.river import Bank, Stream
from linlian.web.sheets import Sheet

SHOWN, MOMENTS_MAX = 40, 100
WELL = ("approved", "accounted", "round_approved", "round_released", "report")
"""Steps that somebody waited for."""


@dataclass(frozen=True)
class Moment:
    """Something that happened, or (`ahead`) will have to: a text by its name, and the transaction that it stands in."""

    time: int
    name: str
    kind: str
    number: int = 0
    amount_minor: int = -1
    ahead: bool = False
    item_id: bytes = b""


@dataclass(frozen=True)
class ProgrammePage(Page):
    """One programme. `hops` are for its parties; `party` says whether the reader is one."""

    programme: ProgrammeRow
    fund: FundRow
    organisations: dict[bytes, str]
    where: Where
    river: River
    flows: list[FlowRow]
    bases: list[BasisRow]
    cycles: list[PublicCycle]
    next: str
    course: list[Moment]
    alerts: list[AlertRow]
    party: bool
    hops: list[HopRow]
    giving: Form | None
    forms: list[Form]


@pages.page("/programmes/{programme}")
def programme(ask: Ask, programme: Id) -> ProgrammePage:
    row = ask.one(plan_views.programme, programme=programme)
    fund = fund_of(ask, row.fund)
    flows = ask.rows(views.flows_of, programme=programme)
    cycles = ask.page(plan_views.published_cycles, ask.after, programme=programme, limit=SHOWN)
    late = {"fund": row.fund, "programme": programme, "limit": SHOWN}
    alerts = ask.rows(fund_views.published_alerts, **late)
    names, where = codes(ask), where_of(ask.maybe(views.sum_of, programme=programme))
    party = is_party(ask, row.fund)
    return ProgrammePage(
        programme=row,
        fund=fund,
        organisations=names,
        where=where,
        river=_river(ask, fund, names, flows, where),
        flows=flows,
        bases=[each for each in ask.rows(views.receipts_by_basis, programme=programme) if each.receipts],
        cycles=cycles.rows,
        next=cycles.next,
        course=_course(ask, row, cycles.rows, alerts),
        alerts=ask.rows(fund_views.published_alerts, **late, unmet=True),
        party=party,
        hops=ask.rows(views.hops_of_programme, programme=programme, limit=SHOWN) if party else [],
        giving=_giving(ask, row, fund),
        forms=_forms(ask, row),
        live=(programme, row.fund),
    )


@pages.page("/programmes/{programme}/payments.csv")
def payments(ask: Ask, programme: Id) -> Sheet:
    """Every payment that was ever entered, for whoever checks that it is all: `linlian verify … --list`."""
    row, lines, after = ask.one(plan_views.programme, programme=programme), [], ""
    while True:
        found = ask.page(views.roll_of_programme, after, programme=programme, limit=1000)
        for each in found.rows:
            line: tuple[str | int, ...] = (each.number, each.payment.hex(), each.amount_minor)
            lines.append(line)
        after = found.next
        if not after:
            break
    return Sheet(f"{row.code}-payments.csv", ("number", "payment", "amount_minor"), lines)


def _river(ask: Ask, fund: FundRow, names: dict[bytes, str], flows: list[FlowRow], where: Where) -> River:
    """The fund → the hands that it goes through → recipients, and what has not arrived yet."""
    text = ask.tongue.text
    shown = sorted((flow for flow in flows if flow.sent_minor), key=lambda flow: -flow.sent_minor)[: 3 * HANDS_MAX]
    banks = [
        Bank(
            names.get(fund.organisation, fund.code),
            ask.sum(where.out_minor, fund.currency),
            0,
            where.out_minor,
            "other",
        )
    ]
    at = {fund.organisation: 0}
    depth = _depths(fund.organisation, shown)
    for hand in sorted(depth, key=lambda each: depth[each]):
        if hand not in at and hand:
            arrives = sum(flow.sent_minor for flow in shown if flow.receiver == hand)
            at[hand] = len(banks)
            banks.append(
                Bank(names.get(hand, ask.name(hand)), ask.sum(arrives, fund.currency), depth[hand], arrives, "waiting")
            )
    last = max((bank.layer for bank in banks), default=0) + 1
    ends: dict[str, int] = {}
    held = {hand: _held(hand, shown) for hand in at if hand != fund.organisation}
    unsaid = sum(_open(flow) for flow in shown if not flow.receiver)
    for name, shade, amount in (
        ("transfers.confirmed", "well", where.delivered_minor),
        ("transfers.unconfirmed", "moving", unsaid),
        ("transfers.held", "waiting", sum(held.values())),
    ):
        if amount:
            ends[shade] = len(banks)
            banks.append(Bank(text(name), ask.sum(amount, fund.currency), last, amount, shade))
    streams: list[Stream] = []
    for flow in (flow for flow in shown if flow.sender in at):
        giver = at[flow.sender]
        if flow.receiver:
            told = text("transfers.stream", amount=ask.sum(flow.sent_minor, fund.currency))
            streams.append(Stream(giver, at[flow.receiver], flow.sent_minor, "moving", told))
            continue
        parts = (("well", min(flow.arrived_minor, where.delivered_minor)), ("moving", _open(flow)))
        streams += [Stream(giver, ends[shade], amount, shade) for shade, amount in parts if amount and shade in ends]
    streams += [Stream(at[hand], ends["waiting"], amount, "waiting") for hand, amount in held.items() if amount]
    return river(text("transfers.river"), banks, streams)


def _open(flow: FlowRow) -> int:
    """What of a flow nobody has confirmed."""
    return flow.sent_minor - flow.arrived_minor


def _held(hand: bytes, flows: list[FlowRow]) -> int:
    """What came to a hand, or is on its way there, and has not gone on."""
    came = sum(flow.sent_minor for flow in flows if flow.receiver == hand)
    return came - sum(flow.sent_minor for flow in flows if flow.sender == hand)


def _depths(first: bytes, flows: list[FlowRow]) -> dict[bytes, int]:
    """How many hands away from the fund each is, by the longest way; nothing goes in a circle."""
    depth = {first: 0}
    for _ in flows:
        for flow in flows:
            if flow.sender in depth and flow.receiver:
                depth[flow.receiver] = max(depth.get(flow.receiver, 0), depth[flow.sender] + 1)
    return depth


def _course(ask: Ask, row: ProgrammeRow, cycles: list[PublicCycle], alerts: list[AlertRow]) -> list[Moment]:
    """What happened when, the latest first, and what is still ahead."""
    told = [
        Moment(
            each.time,
            each.name,
            "well" if each.name in WELL else "",
            number=each.number,
            amount_minor=each.amount_minor,
            item_id=each.item_id,
        )
        for each in ask.rows(views.course_of, programme=row.programme, limit=MOMENTS_MAX)
    ]
    told += [Moment(alert.missed_at, alert.kind, "late") for alert in alerts]
    told += [Moment(alert.met_at, f"{alert.kind}_met", "well") for alert in alerts if alert.met_at]
    told += [
        Moment(cycle.posted_until, "round_posted", "", number=cycle.number, ahead=True)
        for cycle in cycles
        if cycle.posted_until > ask.now
    ]
    if row.state == "running":
        told.append(Moment(row.until, "until", "", ahead=True))
    if row.state == "ended":
        told.append(Moment(row.account_due, "account", "", ahead=True))
    return sorted(told, key=lambda moment: -moment.time)


def _giving(ask: Ask, row: ProgrammeRow, fund: FundRow) -> Form | None:
    """For this programme alone."""
    key, fixed = row.programme, ("fund", "currency", "purse", "programme")
    sample = Give(fund=row.fund, amount_minor=100, currency=fund.currency, purse=row.purse, programme=key)
    form = ask.offer(sample, *fixed)
    return form and plainly(ask, form.only(*fixed, "amount_minor", "public"))


def _forms(ask: Ask, row: ProgrammeRow) -> list[Form]:
    key, least = row.programme, min(1, row.budget_minor)
    until = min(ask.now + 30 * DAY_MS, max(row.until, ask.now + DAY_MS))
    plan = DraftCycle(programme=key, ceiling_minor=least, starts=ask.now, until=until)
    drafted = ask.offer(plan, "programme")
    offers = [
        ask.offer(ApproveProgramme(programme=key, budget_minor=row.budget_minor), "programme", "budget_minor"),
        drafted and plainly(ask, drafted),
        ask.offer(FileReport(programme=key, document=SOMETHING), "programme"),
        ask.offer(AccountFor(programme=key, document=SOMETHING), "programme"),
        ask.offer(CancelProgramme(programme=key), "programme"),
        ask.offer(EndProgramme(programme=key), "programme"),
    ]
    return [form for form in offers if form]
