"""What goes wrong in the life of a fund, through all three businesses: each is refused, and what was right goes on.

A manager who is removed in the middle, a list approved twice, a hop before its money arrived or in a circle, a payment
to oneself. What each business refuses of its own inputs stands in the tests beside its rules.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from linlian.community.funds.rules_founding import ChangeManagers
from linlian.community.identity.tests.village import content, organisation_id
from linlian.community.programmes.rules_cycles import CancelCycle, EndCycle, SendBackCycle, SubmitCycle
from linlian.community.programmes.rules_table import CycleState
from linlian.community.transfers.rules_hops import ConfirmMoney, SendMoney
from linlian.community.transfers.rules_paying import CancelPayment, EnterPayments, PaymentLine
from linlian.community.transfers.rules_receipts import ConfirmReceipt
from linlian.community.transfers.rules_returning import FailHop
from linlian.community.transfers.rules_table import PaymentState
from linlian.community.transfers.tests.counter import Counter
from linlian.kernel.contract import Refused

STAGES = ("drafted", "submitted", "payable", "entered", "approved", "sent")


@pytest.mark.parametrize("stage", STAGES)
def test_a_manager_is_removed_in_the_middle_and_the_round_is_finished_by_another(counter: Counter, stage: str) -> None:
    """At each stage: from then on nothing is the removed manager's to do, and nothing of what they did is lost."""
    cycle = counter.cycle()
    line = counter.entitle(cycle)
    paying = EnterPayments(cycle=cycle, lines=(PaymentLine(entitlement=line, amount_minor=30_000),))
    hop, payment = bytes(16), bytes(16)
    steps: dict[str, Any] = {
        "drafted": lambda who: counter.do(who, SubmitCycle(cycle=cycle, notice=content("list"))),
        "submitted": lambda _: counter.do("ada", counter.approval(cycle)),
        "payable": lambda who: counter.do(who, paying),
        "entered": lambda _: counter.do("ada", counter.approving(cycle, payment)),
        "approved": lambda who: counter.send(who, cycle, 30_000, payment=payment),
        "sent": lambda _: counter.do("anna", ConfirmReceipt(hop=hop, amount_minor=30_000)),
    }
    who = "max"
    for name in STAGES:
        if name == stage:
            counter.do("ben", ChangeManagers(fund=counter.fund, managers=(counter.id("mia"),)))
            who = "mia"
            assert {counter.refusal("max", each) for each in of_a_manager(counter, cycle, paying, payment, hop)} == {
                "funds.not_yours"
            }
        done = steps[name](who)
        if name == "payable":
            payment = done.events[0].payment
        if name == "approved":
            hop = done
    assert counter.payment(payment).state is PaymentState.RECEIVED
    assert counter.books()[2:] == (30_000, 30_000)


def of_a_manager(counter: Counter, cycle: bytes, paying: EnterPayments, payment: bytes, hop: bytes) -> list[Any]:
    """All that a manager could try about a round that is there."""
    tried: list[Any] = [SubmitCycle(cycle=cycle), CancelCycle(cycle=cycle), EndCycle(cycle=cycle), paying]
    tried += [
        counter.income(),
        counter.plan(),
        SendMoney(cycle=cycle, amount_minor=1, receiver=organisation_id("bank")),
    ]
    if any(payment):
        tried += [CancelPayment(payment=payment), SendMoney(cycle=cycle, amount_minor=30_000, payment=payment)]
    if any(hop):
        tried.append(FailHop(hop=hop, reason="closed"))
    return tried


def test_a_list_is_approved_once_whoever_tries(counter: Counter) -> None:
    cycle, (line,) = counter.payable("anna")
    books = counter.round(cycle)
    for name in ("ada", "ben", "owners"):
        assert counter.refusal(name, counter.approval(cycle)) == "programmes.wrong_state"
        assert counter.refusal(name, SendBackCycle(cycle=cycle, words=content("no"))) == "programmes.wrong_state"
    assert counter.round(cycle) == books
    counter.approved(cycle, line)


def test_a_large_list_is_not_approved_twice_by_one(counter: Counter) -> None:
    cycle = counter.cycle()
    counter.entitle(cycle, amount_minor=100_001)
    counter.submit(cycle)
    counter.do("ada", counter.approval(cycle))
    assert counter.refusal("ada", counter.approval(cycle)) == "funds.approved_already"
    assert counter.round(cycle).state is CycleState.SUBMITTED
    counter.do("ben", counter.approval(cycle))
    assert counter.refusal("ben", counter.approval(cycle)) == "programmes.wrong_state"


@pytest.mark.parametrize(
    ("registered", "chain", "sender", "code"),
    [
        ({"name": "teller"}, ("bank",), "teller", "transfers.to_oneself"),
        ({"name": "its bank", "organisation": "bank"}, ("bank",), "teller", "transfers.to_oneself"),
        ({"name": "its bank", "organisation": "bank"}, ("bank", "harmony"), "clerk", "transfers.in_a_circle"),
        ({"name": "its bank", "organisation": "bank"}, ("harmony",), "clerk", ""),
        ({"name": "teller"}, ("harmony",), "clerk", ""),
        ({"name": "teller"}, ("bank",), "bank", ""),
    ],
)
def test_nobody_pays_themselves(
    counter: Counter, registered: dict[str, str], chain: tuple[str, ...], sender: str, code: str
) -> None:
    """Neither with their own key nor through the organisation that they are; somebody else's key may."""
    more = {"organisation": organisation_id(registered["organisation"])} if "organisation" in registered else {}
    counter.recipient(registered["name"], **more)
    cycle, lines = counter.payable(registered["name"])
    (payment,) = counter.approved(cycle, *lines)
    hop = counter.through(cycle, 30_000, chain[0])
    for before, after in pairwise(chain):
        signer = "teller" if before == "bank" else "clerk"
        hop = counter.send(signer, cycle, 30_000, continues=hop, receiver=organisation_id(after))
        counter.do(after, ConfirmMoney(hop=hop, amount_minor=30_000))
    send = SendMoney(cycle=cycle, amount_minor=30_000, continues=hop, payment=payment)
    if code:
        assert counter.refusal(sender, send) == code
        assert counter.payment(payment).state is PaymentState.APPROVED
        assert counter.hop(hop).held_minor == 30_000
    else:
        counter.do(sender, send)


@pytest.mark.parametrize("name", ["max", "mia", "charity", "ada", "owners"])
def test_no_one_of_the_fund_is_put_on_its_list(counter: Counter, name: str) -> None:
    """So that no payment to whoever enters or approves it can be written down at all."""
    with pytest.raises(Refused) as caught:
        counter.recipient(name)
    assert caught.value.code == "programmes.works_for_the_fund"


@pytest.mark.parametrize(
    ("confirmed", "change", "code"),
    [
        (False, {}, "transfers.not_arrived"),
        (True, {"amount_minor": 30_001}, "transfers.not_held"),
        (True, {"continues": bytes(16)}, "transfers.unknown_hop"),
        (True, {"receiver": organisation_id("bank")}, "transfers.to_oneself"),
        (True, {"receiver": organisation_id("charity")}, "transfers.in_a_circle"),
    ],
)
def test_a_hop_follows_money_that_is_there_and_goes_on(
    counter: Counter, confirmed: bool, change: dict[str, Any], code: str
) -> None:
    cycle, lines = counter.payable("anna")
    counter.approved(cycle, *lines)
    first = counter.through(cycle, 30_000, confirm=confirmed)
    usual = {"cycle": cycle, "amount_minor": 30_000, "continues": first, "receiver": organisation_id("harmony")}
    assert counter.refusal("teller", SendMoney(**{**usual, **change})) == code
