"""Whatever people try, in whatever order: money is neither made nor lost, and no state is reached that is not told.

Every step is checked against all invariants; and what the events alone add up to is compared with the ledger's books.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linlian.community.funds import views as funds_views
from linlian.community.funds.rules import gifts, refunds
from linlian.community.funds.rules_alerts import lates
from linlian.community.funds.rules_income import (
    ApproveRefund,
    EnterRefund,
    GiftReceived,
    RefundApproved,
)
from linlian.community.funds.rules_table import STEPS as FUND_STEPS
from linlian.community.identity.tests.village import content, organisation_id
from linlian.community.identity.views import views as identity_views
from linlian.community.programmes import views as plans_views
from linlian.community.programmes.rules import cycles, entitlements, objections
from linlian.community.programmes.rules_cycles import CancelCycle, EndCycle, SendBackCycle
from linlian.community.programmes.rules_entitling import WithdrawEntitlement
from linlian.community.programmes.rules_objecting import AnswerObjection, ObjectToCycle
from linlian.community.programmes.rules_table import STEPS as PROGRAMME_STEPS
from linlian.community.transfers import views as ask
from linlian.community.transfers.rules import hops, payments
from linlian.community.transfers.rules_banking import MatchLine
from linlian.community.transfers.rules_hops import ConfirmMoney, MoneySent, SendMoney
from linlian.community.transfers.rules_paying import ApprovePayments, CancelPayment, EnterPayments, PaymentLine
from linlian.community.transfers.rules_receipts import ConfirmReceipt, ReceiptConfirmed, RecordCall
from linlian.community.transfers.rules_returning import (
    FailHop,
    HopFailed,
    MoneyReturned,
    MoneyTakenBack,
    ReturnMoney,
    TakeBack,
)
from linlian.community.transfers.rules_table import STEPS as TRANSFER_STEPS
from linlian.community.transfers.tests.counter import Counter
from linlian.kernel.contract import Command, Event, Refused
from linlian.kernel.errors import Rejected
from linlian.testing.rows import reading, table_rows

PEOPLE = ("max", "mia", "ada", "ben", "owners", "rita", "teller", "clerk", "anna", "bo", "dan")
ORGANISATIONS = ("bank", "harmony", "charity")
KINDS = (
    *(
        "receive",
        "refund",
        "pay_refund",
        "cycle",
        "entitle",
        "submit",
        "approve",
        "approve",
        "back",
        "object",
        "answer",
    ),
    *("pay", "pay", "agree", "agree", "agree", "cancel", "send", "send", "send", "last", "last", "last", "confirm"),
    *("confirm", "receipt", "receipt", "call", "fail", "return", "take", "line", "end", "withdraw", "answer"),
    "drop",
)
steps = st.tuples(
    st.sampled_from(KINDS),
    st.sampled_from(("", "", "", "", *PEOPLE)),
    st.integers(0, 7),
    st.integers(0, 7),
    st.sampled_from((1, 7_000, 30_000, 60_000, 100_001)),
)
waits = st.tuples(st.just("wait"), st.sampled_from((1, 12, 46)))
lives = st.lists(st.one_of(steps, steps, steps, steps, steps, steps, steps, waits), min_size=15, max_size=60)
STEPS = {
    (type(cell.to), before.value, cell.to.value)
    for table in (FUND_STEPS, PROGRAMME_STEPS, TRANSFER_STEPS)
    for step in table.values()
    for before, cell in step.cells.items()
    if cell.to is not None
}
"""From which state to which some step leads."""


def leads(was: StrEnum, state: StrEnum) -> bool:
    """Whether a step leads there, or (two timers of one moment) two do."""
    kind = type(state)
    between = [middle.value for middle in kind]
    return (kind, was.value, state.value) in STEPS or any(
        {(kind, was.value, each), (kind, each, state.value)} <= STEPS for each in between
    )


class Anything(Counter):
    """A counter with a programme whose lists hang out, and one list of each that is paid or nearly so."""

    def __init__(self) -> None:
        super().__init__()
        self.posting = self.start(notice_days=7)
        cycle, lines = self.payable("anna", "bo")
        self.approved(cycle, *lines)
        self.entitle(self.cycle(self.posting), "anna")


def pick(found: Iterator[tuple[bytes, Any]], number: int) -> tuple[bytes, Any]:
    """One of a table's rows, the latest for 0; nothing known where there is none."""
    rows = list(found)
    return rows[-1 - number % len(rows)] if rows else (bytes(16), None)


def attempt(counter: Counter, kind: str, one: int, two: int, amount: int) -> tuple[str, Command]:
    """Who usually does such a thing, and a command for it; `one` and `two` say to which record."""
    town = counter.town
    cycle_id, cycle = pick(town.rows(cycles), one)
    line_id, _ = pick(town.rows(entitlements), two)
    payment_id, payment = pick(town.rows(payments), one)
    hop_id, hop = pick(town.rows(hops), two)
    gift_id, _ = pick(town.rows(gifts), one)
    where = payment.cycle if payment is not None else cycle_id
    left = hop.amount_minor if hop is not None else amount
    sends = {organisation_id("bank"): "teller", organisation_id("harmony"): "clerk"}
    holder = "max" if hop is None else sends.get(hop.receiver, "anna")
    sender = "max" if hop is None else sends.get(hop.sender, "max")
    receiver = organisation_id(ORGANISATIONS[two % len(ORGANISATIONS)])
    whole = payment.amount_minor if payment is not None else amount
    onward = hop_id if hop is not None and hop.held_minor and one % 3 else None
    given: dict[str, Any] = {
        "receive": ("max", counter.income(amount)),
        "refund": ("max", EnterRefund(gift=gift_id, amount_minor=amount)),
        "pay_refund": (("ada", "ben")[two % 2], ApproveRefund(refund=pick(town.rows(refunds), one)[0])),
        "back": ("ben", SendBackCycle(cycle=cycle_id, words=content("no"))),
        "object": ("dan", ObjectToCycle(cycle=cycle_id, words=content("no"), entitlement=line_id if two % 2 else None)),
        "answer": (
            "ada",
            AnswerObjection(objection=pick(town.rows(objections), one)[0], upheld=two % 2 == 0, words=content("so")),
        ),
        "pay": (
            "max",
            EnterPayments(cycle=cycle_id, lines=(PaymentLine(entitlement=line_id, amount_minor=amount),)),
        ),
        "agree": (
            ("ada", "ben")[two % 2],
            ApprovePayments(cycle=where, payments=(payment_id,), total_minor=whole),
        ),
        "cancel": ("max", CancelPayment(payment=payment_id)),
        "send": (
            holder if onward else "max",
            SendMoney(cycle=where, amount_minor=amount, receiver=receiver, continues=onward),
        ),
        "last": (
            holder if onward else "max",
            SendMoney(cycle=where, amount_minor=whole, payment=payment_id, continues=onward),
        ),
        "confirm": (holder, ConfirmMoney(hop=hop_id, amount_minor=left)),
        "receipt": (("anna", "bo")[one % 2], ConfirmReceipt(hop=hop_id, amount_minor=left)),
        "call": ("desk", RecordCall(hop=hop_id, recording=content("call"))),
        "fail": (sender, FailHop(hop=hop_id, reason="closed")),
        "return": (holder, ReturnMoney(hop=hop_id, amount_minor=min(amount, left))),
        "take": (sender, TakeBack(hop=hop_id, amount_minor=min(amount, left))),
        "end": ("max", EndCycle(cycle=cycle_id)),
        "withdraw": ("max", WithdrawEntitlement(entitlement=line_id)),
        "drop": ("max", CancelCycle(cycle=cycle_id)),
        "line": ("max", MatchLine(fund=counter.fund, mark=bytes(32), hop=hop_id)),
    }
    assert cycle is None or kind in given
    found: tuple[str, Command] = given[kind]
    return found


def make(counter: Anything, kind: str, one: int, amount: int) -> bool:
    """What the shortcuts do; whether it was one of those."""
    cycle_id, _ = pick(counter.town.rows(cycles), one)
    if kind == "cycle":
        counter.cycle(counter.posting if one % 2 else b"", ceiling_minor=100_000 + amount)
    elif kind == "entitle":
        counter.entitle(cycle_id, ("anna", "bo", "grandmother")[one % 3], amount)
    elif kind == "submit":
        counter.submit(cycle_id)
    elif kind == "approve":
        counter.do(("ada", "ben")[one % 2], counter.approval(pick(counter.town.rows(cycles), one // 2)[0]))
    else:
        return False
    return True


def added_up(events: list[Event]) -> tuple[int, int, int, int]:
    """In, refunded, out and delivered: from the events alone, as whoever follows the ledger would add them up."""
    came = back = out = there = 0
    first: dict[bytes, bool] = {}
    for event in events:
        if isinstance(event, GiftReceived):
            came += event.amount_minor
        elif isinstance(event, RefundApproved) and event.complete:
            back += event.amount_minor
        elif isinstance(event, MoneySent):
            first[event.hop] = event.continues is None
            out += event.amount_minor if first[event.hop] else 0
        elif isinstance(event, HopFailed | MoneyTakenBack) and first[event.hop]:
            out -= event.amount_minor
        elif isinstance(event, ReceiptConfirmed):
            there += event.amount_minor
        elif isinstance(event, MoneyReturned) and event.recipient is not None:
            there -= event.amount_minor
    return came, back, out, there


def states(counter: Counter) -> dict[bytes, StrEnum]:
    tables = (cycles, entitlements, payments, hops, gifts, refunds, objections)
    return {table.key(key): row.state for table in tables for key, row in counter.town.rows(table)}


def check_rows(counter: Counter) -> None:
    """Every row reads as the record is, and what everybody may add up comes to the books."""
    town = counter.town
    with reading(town.blocks, identity_views, funds_views.views, plans_views.views, ask.views) as db:
        read = {row.hop: row for row in table_rows(db, ask.hops)}
        for hop_id, hop in town.rows(hops):
            row = read[hop_id]
            held = (hop.state, hop.held_minor, hop.returning_minor, hop.back_minor)
            assert (row.state, row.held_minor, row.returning_minor, row.back_minor) == held
        paid = {row.payment: row for row in table_rows(db, ask.payments)}
        assert {key: row.state for key, row in town.rows(payments)} == {key: row.state for key, row in paid.items()}
        rounds = {row.cycle: row for row in table_rows(db, plans_views.cycles)}
        for cycle_id, cycle in town.rows(cycles):
            round_ = rounds[cycle_id]
            told = (round_.state, round_.entitlements, round_.entitled_minor, round_.approvals)
            assert told == (cycle.state, cycle.entitlements, cycle.entitled_minor, len(cycle.approved_by))
        lists = {row.entitlement: row.state for row in table_rows(db, plans_views.entitlements)}
        assert lists == {key: row.state for key, row in town.rows(entitlements)}
        came, back, out, there = counter.books()
        (fund,) = table_rows(db, funds_views.funds)
        assert (fund.in_minor, fund.refunded_minor) == (came, back)
        sums = table_rows(db, ask.sums)
        assert (sum(row.out_minor for row in sums), sum(row.delivered_minor for row in sums)) == (out, there)
        for row in sums:
            where = row.held_minor + row.on_the_way_minor + row.returning_minor + row.delivered_minor
            assert row.out_minor == where
            assert row.pending == len(
                [
                    hop
                    for hop in read.values()
                    if hop.programme == row.programme and hop.recipient and hop.state in ("sent", "banked", "silent")
                ]
            )
        moves = table_rows(db, ask.moves)
        signs = {"income": 1, "refund": -1, "sent": -1, "failed": 1, "back": 1}
        kept = sum(signs[move.kind] * move.amount_minor for move in moves if move.first)
        assert kept == came - back - out
        alerts = [row for row in table_rows(db, funds_views.alerts) if not row.met_at]
        assert len(alerts) == len(list(town.rows(lates))) == fund.late


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(lives)
def test_money_is_neither_made_nor_lost_whatever_people_try(tried: list[tuple[Any, ...]]) -> None:
    counter = Anything()
    before = states(counter)
    for kind, *how in tried:
        try:
            if kind == "wait":
                counter.town.advance(days=how[0])
            elif not make(counter, kind, how[1], how[3]):
                who, one, two, amount = how
                usual, command = attempt(counter, kind, one, two, amount)
                counter.do(who or usual, command)
        except (Refused, Rejected):
            continue
        counter.town.check_invariants()
        after = states(counter)
        for key, state in after.items():
            was = before.get(key, state)
            assert was is state or leads(was, state), (kind, was, state)
        before = after
    town = counter.town
    events = [
        event for block in town.blocks for index in range(len(block.items)) for event in town.events(block, index)
    ]
    assert added_up(events) == counter.books()
