"""On whose word a receipt stands; and the bank's statement beside it."""

from __future__ import annotations

from typing import Any

import pytest

from linlian.community.identity import Basis
from linlian.community.identity.tests.village import content, organisation_id
from linlian.community.programmes.tests.rounds import mark
from linlian.community.transfers.rules_banking import LineMatched, MatchLine
from linlian.community.transfers.rules_receipts import (
    AttestReceipt,
    ConfirmReceipt,
    ReceiptConfirmed,
    RecordCall,
)
from linlian.community.transfers.rules_returning import FailHop
from linlian.community.transfers.rules_table import HopState
from linlian.community.transfers.tests.counter import Counter
from linlian.kernel.codec import replace


def test_only_the_recipient_confirms_and_to_the_last_fen(counter: Counter) -> None:
    _, hop = counter.paid(confirm=False)
    confirm = ConfirmReceipt(hop=hop, amount_minor=30_000)
    assert counter.refusal("bo", confirm) == "identity.not_delegate"
    assert counter.refusal("max", confirm) == "identity.not_delegate"
    assert counter.refusal("anna", replace(confirm, amount_minor=29_999)) == "transfers.wrong_sum"
    assert counter.do("anna", confirm).the(ReceiptConfirmed).basis is Basis.OWN_KEY
    assert counter.refusal("anna", confirm) == "transfers.wrong_state"
    assert counter.refusal("anna", replace(confirm, hop=bytes(16))) == "transfers.unknown_hop"


def test_an_organisation_that_receives_confirms_by_its_people(counter: Counter) -> None:
    counter.recipient("harmony's kitchen", organisation=organisation_id("harmony"))
    cycle, lines = counter.payable("harmony's kitchen")
    (payment,) = counter.approved(cycle, *lines)
    hop = counter.pay(cycle, payment)
    counter.do("clerk", ConfirmReceipt(hop=hop, amount_minor=30_000))


def test_somebody_without_a_key_says_so_on_the_telephone(counter: Counter) -> None:
    _, hop = counter.paid("grandmother", confirm=False)
    call = RecordCall(hop=hop, recording=content("call"))
    assert counter.refusal("anna", ConfirmReceipt(hop=hop, amount_minor=30_000)) == "transfers.not_yours"
    for name, code in (
        ("max", "transfers.not_outside"),
        ("ada", "transfers.not_outside"),
        ("anna", "identity.role_missing"),
    ):
        assert counter.refusal(name, call) == code
    told = counter.do("desk", call).the(ReceiptConfirmed)
    assert (told.basis, told.evidence) == (Basis.CALLBACK, content("call"))


def test_paper_counts_once_two_organisations_saw_it(counter: Counter) -> None:
    _, hop = counter.paid("grandmother", confirm=False)
    paper = AttestReceipt(hop=hop, paper=content("sheet"))
    assert not [event for event in counter.do("desk", paper).events if isinstance(event, ReceiptConfirmed)]
    assert counter.refusal("desk", paper) == "transfers.same_organisation"
    counter.do("clerk", AttestReceipt(hop=hop, paper=content("another sheet")))
    counter.do("desk", paper)
    assert counter.do("clerk", paper).the(ReceiptConfirmed).basis is Basis.WITNESSED_PAPER


def test_who_passed_the_money_on_is_no_witness_of_it(counter: Counter) -> None:
    cycle, lines = counter.payable("grandmother")
    (payment,) = counter.approved(cycle, *lines)
    hop = counter.pay(cycle, payment, "teller", counter.through(cycle, 30_000))
    assert counter.refusal("teller", RecordCall(hop=hop, recording=content("call"))) == "transfers.not_outside"
    counter.do("clerk", RecordCall(hop=hop, recording=content("call")))


def test_a_banks_line_is_a_basis_of_its_own_and_confirms_nothing(counter: Counter) -> None:
    _, hop = counter.paid(confirm=False)
    counter.do("max", counter.booking())
    matched = counter.do("max", MatchLine(fund=counter.fund, mark=mark("line 1"), hop=hop)).the(LineMatched)
    assert matched.basis is Basis.BANK_LINE
    assert (counter.hop(hop).state, counter.books()[3]) == (HopState.BANKED, 0)
    counter.do("anna", ConfirmReceipt(hop=hop, amount_minor=30_000))
    assert counter.hop(hop).basis == Basis.OWN_KEY


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"amount_minor": 0}, "kernel.malformed"),
        ({"currency": "USD"}, "funds.other_currency"),
        ({"booked_at": 0}, "transfers.not_a_time"),
        ({"booked_at": 29_347_920_000_000}, "transfers.not_a_time"),
        ({"fund": bytes(16)}, "funds.unknown_fund"),
    ],
)
def test_what_is_no_line_is_refused(counter: Counter, change: dict[str, Any], code: str) -> None:
    assert counter.refusal("max", counter.booking(**change)) == code


def test_the_same_file_twice_changes_nothing(counter: Counter) -> None:
    counter.do("max", counter.booking())
    assert counter.refusal("max", counter.booking()) == "transfers.line_twice"
    assert counter.refusal("ada", counter.booking(2)) == "funds.not_yours"


def test_a_line_is_matched_once_and_with_the_same_sum(counter: Counter) -> None:
    gift = counter.receive(30_000)
    _, hop = counter.paid()
    for number, incoming in ((1, True), (2, False), (3, False), (4, True)):
        counter.do("max", counter.booking(number, incoming=incoming))
    match = MatchLine(fund=counter.fund, mark=mark("line 1"), gift=gift)
    assert counter.refusal("max", replace(match, hop=hop)) == "transfers.name_one"
    assert counter.refusal("max", replace(match, mark=mark("line 9"))) == "transfers.unknown_line"
    assert counter.refusal("max", replace(match, mark=mark("line 2"))) == "transfers.does_not_match"
    counter.do("max", match)
    assert counter.refusal("max", match) == "transfers.matched_already"
    assert counter.refusal("max", replace(match, mark=mark("line 4"))) == "transfers.matched_already"
    counter.do("max", MatchLine(fund=counter.fund, mark=mark("line 2"), hop=hop))
    assert counter.hop(hop).state is HopState.CONFIRMED, "it was confirmed already"


def test_what_never_moved_is_matched_with_nothing(counter: Counter) -> None:
    _, hop = counter.paid(confirm=False)
    counter.do("max", FailHop(hop=hop, reason="account_closed"))
    counter.do("max", counter.booking())
    match = MatchLine(fund=counter.fund, mark=mark("line 1"), hop=hop)
    assert counter.refusal("max", match) == "transfers.matched_already"
    promised = counter.promise(30_000)
    assert counter.refusal("max", replace(match, hop=None, gift=promised)) == "transfers.matched_already"
