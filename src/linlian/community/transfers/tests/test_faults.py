"""A fault planted in a rule is caught: each of these does what the rules refuse, with the rule taken out.

First with the rule in its place, where it is refused; then without it, where all goes through, and the invariants, or
the kernel that writes no row outside its bounds, say so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from linlian.community.funds import rules_acting, rules_income, rules_money
from linlian.community.funds.rules import Receives, purse_of, purses, receives
from linlian.community.funds.rules_founding import DeclareInterest
from linlian.community.funds.rules_income import ApproveRefund
from linlian.community.funds.tests.treasury import LIMIT
from linlian.community.identity.tests.village import content, organisation_id
from linlian.community.programmes import rules as planned
from linlian.community.programmes import rules_cycles, rules_entitling
from linlian.community.programmes.rules import cycles
from linlian.community.programmes.rules_cycles import ApproveCycle
from linlian.community.programmes.rules_entitling import RegisterRecipient
from linlian.community.programmes.tests.rounds import mark
from linlian.community.transfers import rules_banking, rules_hops, rules_paying, rules_receipts, rules_returning
from linlian.community.transfers.rules import require_hop
from linlian.community.transfers.rules_banking import Match, MatchLine, matches
from linlian.community.transfers.rules_hops import SendMoney
from linlian.community.transfers.rules_paying import EnterPayments, PaymentLine
from linlian.community.transfers.rules_receipts import ConfirmReceipt
from linlian.community.transfers.rules_returning import FailHop
from linlian.community.transfers.rules_table import STEPS
from linlian.community.transfers.tests.counter import Counter
from linlian.kernel.codec import replace
from linlian.kernel.contract import Context, Refused, compose
from linlian.kernel.errors import Rejected

Act = Callable[[Counter], Any]
Patch = tuple[object, str, Any]


def used_in(module: object, name: str) -> Any:
    """The neighbour's front door as a module of rules has it."""
    return vars(module)[name]


def nothing(*_: Any, **__: Any) -> None:
    """A check that checks nothing."""


def enough(_ctx: Any, _fund_id: Any, _fund: Any, approved_by: Any, *_: Any, **__: Any) -> Any:
    """Whoever approves is enough."""
    return (*approved_by, _ctx.signer), True


def from_any_state(step: str, _state: Any, _about: Any) -> Any:
    """A table of steps that is not asked from which state they are taken."""
    return next(iter(STEPS[step].cells.values())).to


def own_payment_approved(counter: Counter) -> None:
    cycle, lines = counter.payable("anna")
    (payment,) = counter.enter(cycle, *lines)
    counter.do("max", counter.approving(cycle, payment))


def large_list_by_one(counter: Counter) -> None:
    cycle = counter.cycle()
    line = counter.entitle(cycle, amount_minor=LIMIT + 1)
    counter.submit(cycle)
    counter.do("ada", counter.approval(cycle))
    counter.enter(cycle, line)


def paid_twice(counter: Counter) -> None:
    cycle, (line,) = counter.payable("anna")
    for _ in range(2):
        counter.do("max", EnterPayments(cycle=cycle, lines=(PaymentLine(entitlement=line, amount_minor=30_000),)))


def paid_of_a_draft(counter: Counter) -> None:
    cycle = counter.cycle()
    line = counter.entitle(cycle)
    counter.do("max", EnterPayments(cycle=cycle, lines=(PaymentLine(entitlement=line, amount_minor=30_000),)))


def listed_twice(counter: Counter) -> None:
    cycle = counter.cycle()
    for _ in range(2):
        counter.entitle(cycle)


def over_the_budget(counter: Counter) -> None:
    counter.cycle(ceiling_minor=1_000_001)


def over_the_ceiling(counter: Counter) -> None:
    counter.entitle(counter.cycle(ceiling_minor=10_000))


def more_than_approved(counter: Counter) -> None:
    cycle, lines = counter.payable("anna")
    counter.approved(cycle, *lines)
    for _ in range(2):
        counter.through(cycle, 30_000)


def more_than_is_there(counter: Counter) -> None:
    cycle, lines = counter.payable("anna", programme=counter.start(purse="meals"))
    (payment,) = counter.approved(cycle, *lines)
    counter.pay(cycle, payment)


def in_a_circle(counter: Counter) -> None:
    cycle, lines = counter.payable("anna")
    counter.approved(cycle, *lines)
    counter.send("teller", cycle, 1, continues=counter.through(cycle, 30_000), receiver=organisation_id("charity"))


def paid_to_oneself(counter: Counter) -> None:
    cycle, lines = counter.payable("teller")
    (payment,) = counter.approved(cycle, *lines)
    counter.pay(cycle, payment, "teller", counter.through(cycle, 30_000))


def sent_before_it_arrived(counter: Counter) -> None:
    cycle, lines = counter.payable("anna")
    counter.approved(cycle, *lines)
    first = counter.through(cycle, 30_000, confirm=False)
    counter.send("teller", cycle, 30_000, continues=first, receiver=organisation_id("harmony"))


def passed_on_twice(counter: Counter) -> None:
    cycle, lines = counter.payable("anna")
    counter.approved(cycle, *lines)
    first = counter.through(cycle, 30_000)
    for _ in range(2):
        counter.send("teller", cycle, 30_000, continues=first, receiver=organisation_id("harmony"))


def confirmed_twice(counter: Counter) -> None:
    _, hop = counter.paid()
    counter.do("anna", ConfirmReceipt(hop=hop, amount_minor=30_000))


def failed_after_it_arrived(counter: Counter) -> None:
    _, hop = counter.paid()
    counter.do("max", FailHop(hop=hop, reason="closed"))


def refunded_twice(counter: Counter) -> None:
    gift = counter.receive(1_000)
    for refund in [counter.refund(gift, 1_000) for _ in range(2)]:
        counter.do("ada", ApproveRefund(refund=refund))


def insider_receives(counter: Counter) -> None:
    counter.do("rita", DeclareInterest(fund=counter.fund, mark=mark("max's sister")))
    counter.do("max", RegisterRecipient(fund=counter.fund, mark=mark("max's sister"), particulars=content("x")))


def line_matched_twice(counter: Counter) -> None:
    _, hop = counter.paid()
    for number in (1, 2):
        counter.do("max", counter.booking(number))
        counter.do("max", MatchLine(fund=counter.fund, mark=mark(f"line {number}"), hop=hop))


def approved_twice_by_one(counter: Counter) -> None:
    cycle = counter.cycle()
    counter.entitle(cycle, amount_minor=LIMIT + 1)
    counter.submit(cycle)
    for _ in range(2):
        counter.do("ada", counter.approval(cycle))


def own_list_approved(counter: Counter) -> None:
    cycle = counter.cycle()
    counter.entitle(cycle)
    counter.submit(cycle)
    counter.do("max", ApproveCycle(cycle=cycle, entitlements=1, entitled_minor=30_000))


def again_and_again(_ctx: Any, _fund_id: Any, fund: Any, approved_by: Any, amount: int, quick: bool = False) -> Any:
    now = (*approved_by, _ctx.signer)
    return now, quick or len(now) >= rules_acting.needed(fund, amount)


def no_check_sent(ctx: Context, cycle_id: bytes, amount_minor: int) -> None:
    row = planned.require_cycle(ctx, cycle_id)
    cycles.put(ctx, cycle_id, replace(row, sent_minor=row.sent_minor + amount_minor))


def no_check_there(ctx: Context, programme_id: bytes, amount_minor: int) -> int:
    rules_money._move_out(ctx, programme_id, amount_minor, 0)
    return 0


def note_anybody(ctx: Context, fund_id: bytes, fund: Any, who: bytes, recipient: bytes) -> None:
    receives.put(ctx, compose(fund_id, who), Receives(recipient))


def no_source(ctx: Context, cmd: SendMoney, cycle: Any, fund: Any) -> Any:
    """Whoever it is, whatever arrived."""
    if cmd.continues is None:
        return (fund.organisation,), fund.organisation
    before = require_hop(ctx, cmd.continues)
    return (*before.chain, before.receiver), before.receiver


def matched_unchecked(ctx: Context, cmd: MatchLine, fund_id: bytes, record: bytes, happened: bool) -> None:
    matches.put(ctx, record, Match(cmd.mark))


FAULTS: list[tuple[str, Act, Patch]] = [
    (
        "nobody approves what they entered",
        own_payment_approved,
        (used_in(rules_paying, "funds"), "as_approver", nothing),
    ),
    ("nobody approves their own list", own_list_approved, (used_in(rules_cycles, "funds"), "as_approver", nothing)),
    ("two above the limit", large_list_by_one, (used_in(rules_cycles, "funds"), "approve", enough)),
    ("each approves once", approved_twice_by_one, (used_in(rules_cycles, "funds"), "approve", again_and_again)),
    ("no more than the entitlement", paid_twice, (planned, "_check_payable", nothing)),
    ("only of an approved list", paid_of_a_draft, (planned, "_check_payable", nothing)),
    ("each once on a list", listed_twice, (rules_entitling, "_check_entry", nothing)),
    ("no list above its ceiling", over_the_ceiling, (rules_entitling, "_check_entry", nothing)),
    ("no cycle above its budget", over_the_budget, (rules_cycles, "_check_budget", nothing)),
    ("no more than is approved", more_than_approved, (used_in(rules_hops, "programmes"), "count_sent", no_check_sent)),
    ("no more than is there", more_than_is_there, (used_in(rules_hops, "funds"), "take_out", no_check_there)),
    ("no circle", in_a_circle, (rules_hops, "_check_receiver", nothing)),
    ("no payment to oneself", paid_to_oneself, (rules_hops, "_check_recipient", nothing)),
    ("no hop before its money arrived", sent_before_it_arrived, (rules_hops, "_source", no_source)),
    ("no more than arrived", passed_on_twice, (rules_hops, "_source", no_source)),
    ("a receipt is confirmed once", confirmed_twice, (rules_receipts, "moved", from_any_state)),
    ("what arrived does not fail", failed_after_it_arrived, (rules_returning, "moved", from_any_state)),
    ("no refund twice", refunded_twice, (rules_income, "_check_refundable", nothing)),
    ("no insider receives", insider_receives, (used_in(rules_entitling, "funds"), "note_recipient", note_anybody)),
    ("a payment is one line", line_matched_twice, (rules_banking, "_check_free", matched_unchecked)),
]


def and_look(counter: Counter, act: Act) -> None:
    """Do it, and look at all that holds over the rows."""
    act(counter)
    counter.town.check_invariants()


@pytest.mark.parametrize(("act", "patch"), [fault[1:] for fault in FAULTS], ids=[fault[0] for fault in FAULTS])
def test_a_rule_that_is_taken_out_is_missed(act: Act, patch: Patch, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises((Refused, Rejected)):
        act(Counter())
    counter = Counter()
    monkeypatch.setattr(*patch)
    with pytest.raises(AssertionError):
        and_look(counter, act)


def sends_and_confirms(counter: Counter) -> None:
    counter.paid()


def sends_and_fails(counter: Counter) -> None:
    _, hop = counter.paid(confirm=False)
    counter.do("max", FailHop(hop=hop, reason="closed"))


def passes_on(counter: Counter) -> None:
    cycle, lines = counter.payable("anna")
    counter.approved(cycle, *lines)
    first = counter.through(cycle, 30_000)
    counter.send("teller", cycle, 30_000, continues=first, receiver=organisation_id("harmony"))


def refunds(counter: Counter) -> None:
    counter.do("ada", ApproveRefund(refund=counter.refund(counter.receive(1_000), 1_000)))


def gives_for_a_programme(counter: Counter) -> None:
    counter.receive(1_000, programme=counter.programme)


def free_of_nothing(ctx: Context, fund_id: bytes, purse: str, programme_id: bytes, amount_minor: int) -> None:
    """What is given for a programme lands in the sub-account."""
    held = purse_of(ctx, fund_id, purse)
    row = replace(held, balance_minor=held.balance_minor + amount_minor)
    purses.put(ctx, compose(fund_id, purse), row)


MISCOUNTS: list[tuple[str, Act, Patch]] = [
    ("what is delivered is not counted", sends_and_confirms, (used_in(rules_receipts, "funds"), "deliver", nothing)),
    ("what is sent is not taken", sends_and_confirms, (rules_hops, "_draw", lambda *_: 0)),
    ("what failed does not come back", sends_and_fails, (rules_returning, "_give_back", nothing)),
    ("what failed comes back elsewhere", sends_and_fails, (used_in(rules_returning, "funds"), "take_back", nothing)),
    ("what is passed on is still held", passes_on, (rules_hops, "_draw", lambda *_: 0)),
    ("what goes back stays", refunds, (rules_income, "pay_back", nothing)),
    ("what comes in is not counted", refunds, (rules_income, "put_in", nothing)),
    ("a restricted gift is spent freely", gives_for_a_programme, (rules_money, "fill", free_of_nothing)),
]


@pytest.mark.parametrize(("act", "patch"), [fault[1:] for fault in MISCOUNTS], ids=[fault[0] for fault in MISCOUNTS])
def test_money_that_is_miscounted_is_missed(act: Act, patch: Patch, monkeypatch: pytest.MonkeyPatch) -> None:
    and_look(Counter(), act)
    counter = Counter()
    monkeypatch.setattr(*patch)
    with pytest.raises((AssertionError, Refused)):
        and_look(counter, act)
