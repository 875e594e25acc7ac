"""Who opens, confirms and runs a fund; what comes in, and what goes back to whoever gave it."""

from __future__ import annotations

from typing import Any

import pytest

from linlian.community.funds import rules_money
from linlian.community.funds.rules import MINOR_MAX, Access
from linlian.community.funds.rules_founding import (
    ChangeManagers,
    CloseFund,
    ConfirmFund,
    DeclareInterest,
    FundOpened,
    GrantAccess,
)
from linlian.community.funds.rules_income import (
    ApproveRefund,
    DeclineGift,
    DeclineRefund,
    EnterRefund,
    ReceiveGift,
    RefundApproved,
)
from linlian.community.funds.rules_table import FundState
from linlian.community.funds.tests.treasury import LIMIT, Treasury
from linlian.community.identity import Role
from linlian.community.identity.rules_accounts import ChangeRoles, CloseAccount
from linlian.community.identity.tests.village import DAY_MS, content, organisation_id


def test_a_fund_begins_once_its_approving_body_says_so(treasury: Treasury) -> None:
    fund = treasury.open(confirm=False)
    assert treasury.row(fund).state is FundState.PROPOSED
    assert treasury.refusal("max", treasury.income(fund=fund)) == "funds.fund_not_open"
    for name, code in (("max", "identity.role_missing"), ("charity", "funds.not_yours"), ("rita", "funds.not_yours")):
        assert treasury.refusal(name, ConfirmFund(fund=fund)) == code
    treasury.do("owners", ConfirmFund(fund=fund))
    assert treasury.row(fund).state is FundState.OPEN
    assert treasury.refusal("ada", ConfirmFund(fund=fund)) == "funds.wrong_state"
    assert treasury.refusal("ada", ConfirmFund(fund=bytes(16))) == "funds.unknown_fund"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"regulator": "charity"}, "funds.own_regulator"),
        ({"regulator": "owners"}, "funds.own_regulator"),
        ({"regulator": "harmony"}, "funds.own_regulator"),
        ({"approver": "nowhere"}, "funds.unknown_organisation"),
        ({"managers": ("max", "max")}, "funds.manager_twice"),
        ({"managers": ("max", "ada")}, "funds.no_manager_of_ours"),
        ({"managers": ("anna",)}, "funds.no_manager_of_ours"),
        ({"purses": ("general", "general")}, "funds.purse_twice"),
        ({"purses": ("",)}, "funds.purse_twice"),
        ({"code": ""}, "funds.purse_twice"),
        ({"currency": "yuan"}, "kernel.malformed"),
        ({"currency": "cny"}, "kernel.malformed"),
        ({"currency": "JPY"}, "funds.no_hundredths"),
        ({"limit_minor": -1}, "kernel.malformed"),
    ],
)
def test_what_is_no_fund_is_refused(treasury: Treasury, change: dict[str, Any], code: str) -> None:
    for name in ("regulator", "approver"):
        if name in change:
            change = {**change, name: organisation_id(change[name])}
    if "managers" in change:
        change = {**change, "managers": tuple(treasury.id(name) for name in change["managers"])}
    assert treasury.refusal("charity", treasury.opening(**change)) == code


def test_a_fund_may_approve_for_itself_but_not_by_its_managers(treasury: Treasury) -> None:
    """Nothing assumes a charity: the committee may hold its own fund, and the same person never does both."""
    own = treasury.opening(managers=(treasury.id("ada"),), approver=organisation_id("owners"))
    fund = treasury.do("owners", own).the(FundOpened).fund
    assert treasury.refusal("ada", ConfirmFund(fund=fund)) == "funds.manager_approves"
    assert treasury.refusal("owners", ConfirmFund(fund=fund)) == "funds.own_entry"
    treasury.do("ben", ConfirmFund(fund=fund))


def test_managers_change_in_the_middle_and_what_they_entered_stays(treasury: Treasury) -> None:
    gift = treasury.promise()
    refund = treasury.refund(treasury.receive(), 1_000)
    assert treasury.refusal("mia", ChangeManagers(fund=treasury.fund, managers=(treasury.id("mia"),))) != ""
    treasury.do("ben", ChangeManagers(fund=treasury.fund, managers=(treasury.id("mia"),)))
    assert treasury.refusal("max", ReceiveGift(gift=gift, amount_minor=50_000)) == "funds.not_yours"
    treasury.do("mia", ReceiveGift(gift=gift, amount_minor=50_000))
    treasury.do("ada", ApproveRefund(refund=refund))


def test_a_manager_who_left_the_organisation_is_none(treasury: Treasury) -> None:
    treasury.do("charity", ChangeRoles(account=treasury.id("max"), roles=(Role.DESK,)))
    treasury.receive()
    treasury.do("charity", CloseAccount(account=treasury.id("max")))
    assert treasury.refusal("max", treasury.income()).startswith(("identity.", "kernel."))


def test_an_interest_once_declared_bars_from_approving(treasury: Treasury) -> None:
    refund = treasury.refund(treasury.receive(), 1_000)
    treasury.do("rita", DeclareInterest(fund=treasury.fund, account=treasury.id("ada")))
    assert treasury.refusal("ada", ApproveRefund(refund=refund)) == "funds.interested"
    again = DeclareInterest(fund=treasury.fund, account=treasury.id("ada"))
    assert treasury.refusal("max", again) == "funds.declared_already"
    assert treasury.refusal("ben", again) == "funds.not_yours"
    assert treasury.refusal("max", DeclareInterest(fund=treasury.fund)) == "funds.name_one"
    treasury.do("max", DeclareInterest(fund=treasury.fund, mark=bytes(32)))
    treasury.do("ben", ApproveRefund(refund=refund))


def test_access_is_granted_by_the_approving_body(treasury: Treasury) -> None:
    grant = GrantAccess(fund=treasury.fund, organisation=organisation_id("bank"), access=Access.AUDIT)
    assert treasury.refusal("max", grant) == "identity.role_missing"
    treasury.do("ada", grant)
    nobody = GrantAccess(fund=treasury.fund, organisation=bytes(16), access=Access.AUDIT)
    assert treasury.refusal("ada", nobody) == "funds.unknown_organisation"


def test_a_promise_is_no_money_until_it_arrives(treasury: Treasury) -> None:
    gift, other = treasury.promise(50_000), treasury.promise(7)
    assert treasury.balance() == 0
    assert treasury.refusal("dan", ReceiveGift(gift=gift, amount_minor=50_000)) == "funds.not_yours"
    assert treasury.refusal("max", ReceiveGift(gift=gift, amount_minor=49_999)) == "funds.wrong_sum"
    treasury.do("max", ReceiveGift(gift=gift, amount_minor=50_000))
    assert treasury.refusal("mia", ReceiveGift(gift=gift, amount_minor=50_000)) == "funds.wrong_state"
    treasury.do("max", DeclineGift(gift=other))
    assert (treasury.balance(), treasury.books()) == (50_000, (50_000, 0, 0, 0))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"amount_minor": 0}, "kernel.malformed"),
        ({"amount_minor": -1}, "kernel.malformed"),
        ({"amount_minor": MINOR_MAX + 1}, "kernel.malformed"),
        ({"currency": "USD"}, "funds.other_currency"),
        ({"purse": "holidays"}, "funds.unknown_purse"),
        ({"fund": bytes(16)}, "funds.unknown_fund"),
        ({"programme": bytes(16)}, "funds.unknown_programme"),
        ({"donor": bytes(16)}, "identity.unknown_account"),
    ],
)
def test_what_is_no_income_is_refused(treasury: Treasury, change: dict[str, Any], code: str) -> None:
    assert treasury.refusal("max", treasury.income(**change)) == code


def test_a_fund_takes_no_more_than_can_be_counted(treasury: Treasury, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules_money, "TOTAL_MAX", 60_000)
    treasury.receive(60_000)
    assert treasury.refusal("max", treasury.income(1)) == "funds.too_much"


def test_a_refund_is_approved_by_somebody_else_and_above_the_limit_by_two(treasury: Treasury) -> None:
    gift = treasury.receive(3 * LIMIT)
    small, large = treasury.refund(gift, LIMIT), treasury.refund(gift, LIMIT + 1)
    assert treasury.refusal("mia", ApproveRefund(refund=small)) == "identity.role_missing"
    assert treasury.refusal("rita", ApproveRefund(refund=small)) == "funds.not_yours"
    assert treasury.do("ada", ApproveRefund(refund=small)).the(RefundApproved).complete
    assert not treasury.do("ada", ApproveRefund(refund=large)).the(RefundApproved).complete
    assert treasury.balance() == 2 * LIMIT
    assert treasury.refusal("ada", ApproveRefund(refund=large)) == "funds.approved_already"
    assert treasury.do("ben", ApproveRefund(refund=large)).the(RefundApproved).complete
    assert treasury.refusal("owners", ApproveRefund(refund=large)) == "funds.wrong_state"
    assert treasury.balance() == LIMIT - 1


def test_no_more_goes_back_than_was_given_and_is_there(treasury: Treasury) -> None:
    gift, promised = treasury.receive(1_000), treasury.promise()
    assert treasury.refusal("max", EnterRefund(gift=gift, amount_minor=1_001)) == "funds.not_there"
    assert treasury.refusal("max", EnterRefund(gift=promised, amount_minor=1)) == "funds.not_received"
    twice = [treasury.refund(gift, 600), treasury.refund(gift, 600)]
    treasury.do("ada", ApproveRefund(refund=twice[0]))
    assert treasury.refusal("ada", ApproveRefund(refund=twice[1])) == "funds.not_there"
    treasury.do("ada", DeclineRefund(refund=twice[1]))
    assert treasury.refusal("ada", DeclineRefund(refund=bytes(16))) == "funds.unknown_refund"
    assert treasury.refusal("max", EnterRefund(gift=bytes(16), amount_minor=1)) == "funds.unknown_gift"


def test_a_fund_is_closed_when_it_is_empty(treasury: Treasury) -> None:
    gift = treasury.receive(1_000)
    assert treasury.refusal("ada", CloseFund(fund=treasury.fund)) == "funds.not_empty"
    treasury.do("ada", ApproveRefund(refund=treasury.refund(gift, 1_000)))
    treasury.do("ada", CloseFund(fund=treasury.fund))
    assert treasury.refusal("max", treasury.income()) == "funds.fund_not_open"


def test_what_is_written_is_sealed(treasury: Treasury) -> None:
    """No event of a fund holds a name, a number or a word of anybody."""
    assert treasury.row().bank == content("account 1").commitment
    assert treasury.later(1) == treasury.town.time + DAY_MS
