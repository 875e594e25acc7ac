"""Hops: money leaves, passes on, arrives, fails and comes back, and is never in two places."""

from __future__ import annotations

from typing import Any

import pytest

from linlian.community.funds.rules_alerts import DeadlineMet, DeadlineMissed
from linlian.community.funds.rules_table import AlertKind
from linlian.community.identity.tests.village import organisation_id
from linlian.community.programmes.rules import Form
from linlian.community.transfers.rules_hops import ConfirmMoney, ReceiptSilent, SendMoney
from linlian.community.transfers.rules_receipts import ConfirmReceipt
from linlian.community.transfers.rules_returning import FailHop, ReturnMoney, TakeBack
from linlian.community.transfers.rules_table import HopState, PaymentState
from linlian.community.transfers.tests.counter import Counter


def test_money_goes_through_two_hands_to_a_recipient(counter: Counter) -> None:
    cycle, lines = counter.payable("anna", "bo")
    anna, bo = counter.approved(cycle, *lines)
    first = counter.through(cycle, 60_000, "bank")
    second = counter.send("teller", cycle, 60_000, continues=first, receiver=organisation_id("harmony"))
    counter.do("clerk", ConfirmMoney(hop=second, amount_minor=60_000))
    last = counter.pay(cycle, anna, "clerk", second)
    assert (counter.hop(first).held_minor, counter.hop(second).held_minor) == (0, 30_000)
    assert counter.hop(last).chain == tuple(organisation_id(name) for name in ("charity", "bank", "harmony"))
    counter.do("anna", ConfirmReceipt(hop=last, amount_minor=30_000))
    assert counter.books() == (500_000, 0, 60_000, 30_000)
    counter.pay(cycle, bo, "clerk", second)
    assert counter.hop(second).held_minor == 0


@pytest.mark.parametrize(
    ("name", "change", "code"),
    [
        ("teller", {"continues": bytes(16)}, "transfers.unknown_hop"),
        ("teller", {"amount_minor": 60_001}, "transfers.not_held"),
        ("teller", {"receiver": organisation_id("bank")}, "transfers.to_oneself"),
        ("teller", {"receiver": organisation_id("charity")}, "transfers.in_a_circle"),
        ("teller", {"receiver": None}, "transfers.name_one"),
        ("teller", {"payment": bytes(16)}, "transfers.name_one"),
        ("teller", {"receiver": None, "payment": bytes(16)}, "transfers.unknown_payment"),
        ("teller", {"receiver": bytes(16)}, "identity.organisation_not_active"),
        ("teller", {"cycle": bytes(16)}, "programmes.unknown_cycle"),
        ("clerk", {}, "funds.not_yours"),
        ("max", {}, "funds.not_yours"),
        ("anna", {}, "identity.role_missing"),
        ("max", {"continues": None}, "programmes.not_approved"),
        ("max", {"continues": None, "receiver": organisation_id("charity")}, "transfers.to_oneself"),
        ("teller", {"continues": None}, "funds.not_yours"),
    ],
)
def test_what_is_no_hop_is_refused(counter: Counter, name: str, change: dict[str, Any], code: str) -> None:
    cycle, lines = counter.payable("anna", "bo")
    counter.approved(cycle, *lines)
    first = counter.through(cycle, 60_000, "bank")
    usual = {
        "cycle": cycle,
        "amount_minor": 60_000,
        "continues": first,
        "receiver": organisation_id("harmony"),
        "payment": None,
    }
    assert counter.refusal(name, SendMoney(**{**usual, **change})) == code


def test_a_hop_before_its_money_arrived_is_refused(counter: Counter) -> None:
    cycle, lines = counter.payable("anna")
    counter.approved(cycle, *lines)
    first = counter.through(cycle, 30_000, "bank", confirm=False)
    onward = SendMoney(cycle=cycle, amount_minor=1, continues=first, receiver=organisation_id("harmony"))
    assert counter.refusal("teller", onward) == "transfers.not_arrived"
    wrong = ConfirmMoney(hop=first, amount_minor=29_999)
    assert counter.refusal("teller", wrong) == "transfers.wrong_sum"
    assert counter.refusal("max", ConfirmMoney(hop=first, amount_minor=30_000)) == "funds.not_yours"
    counter.do("teller", ConfirmMoney(hop=first, amount_minor=30_000))
    assert counter.refusal("teller", ConfirmMoney(hop=first, amount_minor=30_000)) == "transfers.wrong_state"
    assert counter.refusal("anna", ConfirmReceipt(hop=first, amount_minor=1)) == "transfers.for_an_organisation"


def test_money_does_not_go_round_in_a_longer_circle(counter: Counter) -> None:
    cycle, lines = counter.payable("anna")
    counter.approved(cycle, *lines)
    first = counter.through(cycle, 30_000, "bank")
    second = counter.send("teller", cycle, 30_000, continues=first, receiver=organisation_id("harmony"))
    counter.do("clerk", ConfirmMoney(hop=second, amount_minor=30_000))
    back = SendMoney(cycle=cycle, amount_minor=30_000, continues=second, receiver=organisation_id("bank"))
    assert counter.refusal("clerk", back) == "transfers.in_a_circle"


def test_no_more_leaves_than_is_there(counter: Counter) -> None:
    counter.receive(1_000, programme=counter.programme)
    cycle, lines = counter.payable("anna", amount_minor=90_000, ceiling_minor=500_000)
    (payment,) = counter.approved(cycle, *lines)
    empty = counter.start(purse="meals")
    other, others = counter.payable("bo", programme=empty)
    (none,) = counter.approved(other, *others)
    send = SendMoney(cycle=other, amount_minor=30_000, payment=none)
    assert counter.refusal("max", send) == "funds.not_there"
    hop = counter.pay(cycle, payment)
    assert counter.hop(hop).own_minor == 1_000, "what was given for it alone goes first"
    counter.do("max", FailHop(hop=hop, reason="account_closed"))
    assert (counter.pot(counter.programme).own_minor, counter.balance()) == (1_000, 500_000)


def test_a_failed_payment_is_back_and_is_sent_again(counter: Counter) -> None:
    payment, hop = counter.paid(confirm=False)
    cycle = counter.payment(payment).cycle
    again = SendMoney(cycle=cycle, amount_minor=30_000, payment=payment)
    assert counter.refusal("max", again) == "transfers.wrong_state", "it is under way"
    assert counter.refusal("anna", FailHop(hop=hop, reason="x")) == "funds.not_yours"
    counter.do("mia", FailHop(hop=hop, reason="account_closed"))
    assert counter.payment(payment).state is PaymentState.FAILED
    assert counter.books()[2] == 0
    second = counter.pay(cycle, payment)
    counter.do("anna", ConfirmReceipt(hop=second, amount_minor=30_000))
    assert counter.refusal("anna", ConfirmReceipt(hop=hop, amount_minor=30_000)) == "transfers.wrong_state"
    assert counter.refusal("max", again) == "transfers.wrong_state", "it has arrived"


def test_a_failed_onward_hop_is_back_with_its_sender(counter: Counter) -> None:
    cycle, lines = counter.payable("anna")
    (payment,) = counter.approved(cycle, *lines)
    first = counter.through(cycle, 30_000)
    hop = counter.pay(cycle, payment, "teller", first)
    assert counter.refusal("max", FailHop(hop=hop, reason="x")) == "funds.not_yours"
    counter.do("bank", FailHop(hop=hop, reason="account_closed"))
    assert counter.hop(first).held_minor == 30_000
    counter.pay(cycle, payment, "teller", first)


def test_what_an_organisation_gives_back_counts_when_it_is_there(counter: Counter) -> None:
    cycle, lines = counter.payable("anna")
    counter.approved(cycle, *lines)
    first = counter.through(cycle, 30_000)
    assert counter.refusal("teller", ReturnMoney(hop=first, amount_minor=30_001)) == "transfers.not_held"
    assert counter.refusal("max", ReturnMoney(hop=first, amount_minor=1)) == "funds.not_yours"
    counter.do("teller", ReturnMoney(hop=first, amount_minor=10_000))
    assert counter.balance() == 470_000
    assert counter.refusal("max", TakeBack(hop=first, amount_minor=10_001)) == "transfers.wrong_sum"
    assert counter.refusal("teller", TakeBack(hop=first, amount_minor=10_000)) == "funds.not_yours"
    counter.do("max", TakeBack(hop=first, amount_minor=10_000))
    assert (counter.balance(), counter.hop(first).held_minor) == (480_000, 20_000)


def test_what_a_recipient_gives_back_can_be_paid_again(counter: Counter) -> None:
    payment, hop = counter.paid()
    assert counter.refusal("anna", ReturnMoney(hop=hop, amount_minor=1)) == "transfers.wrong_sum"
    assert counter.refusal("bo", ReturnMoney(hop=hop, amount_minor=30_000)) == "identity.not_delegate"
    counter.do("anna", ReturnMoney(hop=hop, amount_minor=30_000))
    assert counter.books()[2:] == (30_000, 0)
    counter.do("max", TakeBack(hop=hop, amount_minor=30_000))
    assert (counter.hop(hop).state, counter.payment(payment).state) == (HopState.RETURNED, PaymentState.RETURNED)
    counter.pay(counter.payment(payment).cycle, payment)


def test_money_that_stands_still_is_an_event_and_so_is_its_going_on(counter: Counter) -> None:
    cycle, lines = counter.payable("anna")
    (payment,) = counter.approved(cycle, *lines)
    first = counter.through(cycle, 30_000, confirm=False)
    (missed,) = [event for event in counter.town.advance(days=4) if isinstance(event, DeadlineMissed)]
    assert (missed.kind, missed.record) == (AlertKind.HOP_UNCONFIRMED, first)
    done = counter.do("teller", ConfirmMoney(hop=first, amount_minor=30_000))
    assert done.the(DeadlineMet).kind is AlertKind.HOP_UNCONFIRMED
    (missed,) = [event for event in counter.town.advance(days=11) if isinstance(event, DeadlineMissed)]
    assert missed.kind is AlertKind.HOP_STANDS_STILL
    outcome = counter.do("teller", SendMoney(cycle=cycle, amount_minor=30_000, continues=first, payment=payment))
    assert outcome.the(DeadlineMet).kind is AlertKind.HOP_STANDS_STILL


def test_a_receipt_that_nobody_confirms_is_late_then_silent_and_can_still_be_confirmed(counter: Counter) -> None:
    payment, hop = counter.paid(confirm=False)
    events = counter.town.advance(days=46)
    kinds = [event.kind for event in events if isinstance(event, DeadlineMissed)]
    assert kinds == [AlertKind.RECEIPT_UNCONFIRMED]
    assert [event.hop for event in events if isinstance(event, ReceiptSilent)] == [hop]
    assert (counter.hop(hop).state, counter.hop(hop).basis) == (HopState.SILENT, "silence")
    assert counter.payment(payment).state is PaymentState.SENT
    assert counter.books()[3] == 0, "silence delivers nothing"
    counter.do("anna", ConfirmReceipt(hop=hop, amount_minor=30_000))
    assert counter.hop(hop).basis == "own_key"


def test_meals_are_delivered_by_whoever_was_paid_for_them(counter: Counter) -> None:
    cycle = counter.cycle()
    line = counter.entitle(cycle, "anna", form=Form.SERVICE, quantity=20, unit="meal")
    counter.approve(cycle)
    (payment,) = counter.approved(cycle, line)
    first = counter.through(cycle, 30_000, "harmony")
    hop = counter.pay(cycle, payment, "clerk", first)
    assert counter.hop(hop).form is Form.SERVICE
    counter.do("anna", ConfirmReceipt(hop=hop, amount_minor=30_000))
