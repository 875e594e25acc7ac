"""Payments: what is entered of what was decided, and who approves it."""

from __future__ import annotations

import pytest

from linlian.community.funds.rules_founding import ChangeManagers
from linlian.community.funds.rules_table import DAY_MS
from linlian.community.funds.tests.treasury import LIMIT
from linlian.community.programmes.rules_cycles import EndCycle
from linlian.community.programmes.rules_entitling import EntitlementEntered
from linlian.community.programmes.tests.rounds import mark
from linlian.community.transfers.rules import roll_item, rolls
from linlian.community.transfers.rules_paying import (
    TOGETHER_MAX,
    ApprovePayments,
    CancelPayment,
    EnterPayments,
    PaymentEntered,
    PaymentLine,
)
from linlian.community.transfers.rules_returning import FailHop
from linlian.community.transfers.rules_table import PaymentState
from linlian.community.transfers.tests.counter import Counter
from linlian.kernel.codec import replace
from linlian.kernel.rolls import roll_of


def line(entitlement: bytes, amount_minor: int = 30_000) -> PaymentLine:
    return PaymentLine(entitlement=entitlement, amount_minor=amount_minor)


def test_nothing_is_paid_of_a_list_that_nobody_approved(counter: Counter) -> None:
    cycle = counter.cycle()
    entitlement = counter.entitle(cycle)
    enter = EnterPayments(cycle=cycle, lines=(line(entitlement),))
    assert counter.refusal("max", enter) == "programmes.not_payable"
    counter.submit(cycle)
    assert counter.refusal("max", enter) == "programmes.not_payable"
    counter.do("ada", counter.approval(cycle))
    assert counter.refusal("ada", enter) == "funds.not_yours"
    counter.do("max", enter)
    counter.do("max", EndCycle(cycle=cycle))
    assert counter.refusal("max", enter) == "programmes.not_payable"


def test_all_payments_together_are_never_more_than_the_entitlement(counter: Counter) -> None:
    cycle, (entitlement,) = counter.payable("anna")
    twice = EnterPayments(cycle=cycle, lines=(line(entitlement, 20_000), line(entitlement, 10_001)))
    assert counter.refusal("max", twice) == "programmes.over_entitlement"
    (first,) = counter.enter(cycle, entitlement, amount_minor=20_000)
    assert counter.refusal("max", EnterPayments(cycle=cycle, lines=(line(entitlement, 10_001),))) == (
        "programmes.over_entitlement"
    )
    counter.do("max", CancelPayment(payment=first))
    counter.enter(cycle, entitlement)


def test_a_row_of_a_sheet_is_one_payment_until_it_is_taken_back(counter: Counter) -> None:
    cycle, (entitlement,) = counter.payable("anna")
    row = PaymentLine(entitlement=entitlement, amount_minor=10_000, mark=mark("row 7"))
    (event,) = counter.do("max", EnterPayments(cycle=cycle, lines=(row,))).events
    assert isinstance(event, PaymentEntered)
    again = EnterPayments(cycle=cycle, lines=(row,))
    assert counter.refusal("max", again) == "transfers.payment_twice"
    other, (elsewhere,) = counter.payable("bo")
    counter.do("max", EnterPayments(cycle=other, lines=(replace(row, entitlement=elsewhere),)))
    counter.do("max", CancelPayment(payment=event.payment))
    counter.do("max", again)
    assert counter.refusal("max", again) == "transfers.payment_twice"


def test_nothing_is_paid_before_it_begins(counter: Counter) -> None:
    cycle = counter.cycle()
    entry = counter.entry(cycle, starts=counter.town.time + 10 * DAY_MS)
    assert counter.refusal("max", replace(entry, starts=entry.until)) == "programmes.not_a_time"
    entitlement = counter.do("max", entry).the(EntitlementEntered).entitlement
    counter.submit(cycle)
    counter.do("ada", counter.approval(cycle))
    enter = EnterPayments(cycle=cycle, lines=(line(entitlement, 1_000),))
    assert counter.refusal("max", enter) == "programmes.not_yet"
    counter.town.advance(days=11)
    counter.do("max", enter)


def test_an_expired_entitlement_is_not_paid(counter: Counter) -> None:
    cycle, (entitlement,) = counter.payable("anna")
    counter.town.advance(days=41)
    assert counter.refusal("max", EnterPayments(cycle=cycle, lines=(line(entitlement),))) == "programmes.not_entitled"


def test_an_entitlement_of_another_cycle_is_not_paid(counter: Counter) -> None:
    cycle, _ = counter.payable("anna")
    other, (entitlement,) = counter.payable("bo")
    assert counter.refusal("max", EnterPayments(cycle=cycle, lines=(line(entitlement),))) == "transfers.other_cycle"
    (payment,) = counter.enter(other, entitlement)
    approve = ApprovePayments(cycle=cycle, payments=(payment,), total_minor=30_000)
    assert counter.refusal("ada", approve) == "transfers.unknown_payment"


def test_whoever_approves_is_somebody_else_and_names_the_sum(counter: Counter) -> None:
    cycle, lines = counter.payable("anna", "bo")
    found = counter.enter(cycle, *lines)
    for name, code in (("max", "identity.role_missing"), ("mia", "identity.role_missing"), ("rita", "funds.not_yours")):
        assert counter.refusal(name, counter.approving(cycle, *found)) == code
    wrong = ApprovePayments(cycle=cycle, payments=tuple(found), total_minor=59_999)
    assert counter.refusal("ada", wrong) == "transfers.wrong_sum"
    counter.do("ada", counter.approving(cycle, *found))
    assert {counter.payment(each).state for each in found} == {PaymentState.APPROVED}
    assert counter.refusal("ben", counter.approving(cycle, found[0])) == "transfers.wrong_state"


def test_above_the_limit_two_different_people_approve(counter: Counter) -> None:
    cycle, lines = counter.payable("anna", amount_minor=LIMIT + 1)
    found = counter.enter(cycle, *lines)
    counter.do("ada", counter.approving(cycle, *found))
    assert counter.payment(found[0]).state is PaymentState.ENTERED
    assert counter.refusal("ada", counter.approving(cycle, *found)) == "funds.approved_already"
    counter.do("ben", counter.approving(cycle, *found))
    assert counter.payment(found[0]).state is PaymentState.APPROVED


def test_what_a_removed_manager_entered_goes_on(counter: Counter) -> None:
    cycle, lines = counter.payable("anna")
    found = counter.enter(cycle, *lines)
    counter.do("ada", ChangeManagers(fund=counter.fund, managers=(counter.id("mia"),)))
    counter.do("ben", counter.approving(cycle, *found))
    assert counter.refusal("max", CancelPayment(payment=found[0])) == "funds.not_yours"
    counter.do("mia", CancelPayment(payment=found[0]))


@pytest.mark.parametrize("failed", [False, True])
def test_what_is_not_under_way_can_be_taken_back(counter: Counter, failed: bool) -> None:
    cycle, lines = counter.payable("anna")
    (payment,) = counter.approved(cycle, *lines)
    if failed:
        hop = counter.pay(cycle, payment)
        assert counter.refusal("max", CancelPayment(payment=payment)) == "transfers.wrong_state"
        counter.do("max", FailHop(hop=hop, reason="account_closed"))
    counter.do("max", CancelPayment(payment=payment))
    assert counter.refusal("max", CancelPayment(payment=payment)) == "transfers.wrong_state"
    assert counter.refusal("max", CancelPayment(payment=bytes(16))) == "transfers.unknown_payment"


def test_a_payment_is_not_taken_back_while_its_money_is_elsewhere(counter: Counter) -> None:
    cycle, lines = counter.payable("anna")
    (payment,) = counter.approved(cycle, *lines)
    counter.through(cycle, 30_000)
    assert counter.refusal("max", CancelPayment(payment=payment)) == "programmes.already_sent"


@pytest.mark.parametrize(("together", "marked"), [(TOGETHER_MAX, False), (30, True)])
def test_many_payments_fit_in_one_command_with_their_roll_and_marks(
    counter: Counter, together: int, marked: bool
) -> None:
    names = [f"person {number}" for number in range(together)]
    cycle, lines = counter.payable(*names, amount_minor=1_000)
    told = tuple(
        PaymentLine(entitlement=line, amount_minor=1_000, mark=mark(line.hex()) if marked else None) for line in lines
    )
    done = counter.do("max", EnterPayments(cycle=cycle, lines=told))
    found = [event.payment for event in done.events if isinstance(event, PaymentEntered)]
    assert len(found) == together
    counter.do("ada", counter.approving(cycle, *found))
    roll = counter.town.get(rolls, counter.programme)
    assert roll == roll_of(rolls.key(counter.programme), [roll_item(payment, 1_000) for payment in found])
