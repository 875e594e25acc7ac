"""Programmes, cycles and their lists: what is planned within what, who approves, and who is refused."""

from __future__ import annotations

from typing import Any

import pytest

from linlian.community.funds.rules_alerts import DeadlineMet, DeadlineMissed
from linlian.community.funds.rules_founding import DeclareInterest
from linlian.community.funds.rules_income import ReceiveGift
from linlian.community.funds.rules_table import AlertKind
from linlian.community.funds.tests.treasury import LIMIT
from linlian.community.identity.tests.village import content, organisation_id
from linlian.community.programmes.rules import Form
from linlian.community.programmes.rules_cycles import (
    ApproveCycle,
    CancelCycle,
    CycleEnded,
    DraftCycle,
    EndCycle,
    ReviewCycle,
    SendBackCycle,
    SubmitCycle,
)
from linlian.community.programmes.rules_entitling import (
    EntitlementExpired,
    RegisterRecipient,
    WithdrawEntitlement,
)
from linlian.community.programmes.rules_reporting import AccountFor, FileReport, ProgrammeAccounted
from linlian.community.programmes.rules_running import (
    ApproveProgramme,
    CancelProgramme,
    EndProgramme,
    ProgrammeEnded,
)
from linlian.community.programmes.rules_table import CycleState, EntitlementState, ProgrammeState
from linlian.community.programmes.tests.rounds import Rounds, mark
from linlian.kernel.codec import replace

DAYS_1900 = 0
YEAR_2900 = 29_347_920_000_000


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"budget_minor": 0}, "kernel.malformed"),
        ({"currency": "GBP"}, "funds.other_currency"),
        ({"purse": "cars"}, "funds.unknown_purse"),
        ({"until": DAYS_1900}, "programmes.not_a_time"),
        ({"until": YEAR_2900}, "programmes.not_a_time"),
        ({"starts": YEAR_2900}, "programmes.not_a_time"),
        ({"notice_days": 61}, "kernel.malformed"),
        ({"fund": bytes(16)}, "funds.unknown_fund"),
    ],
)
def test_what_is_no_programme_is_refused(rounds: Rounds, change: dict[str, Any], code: str) -> None:
    assert rounds.refusal("max", rounds.plan(**change)) == code


def test_a_programme_runs_once_others_approved_its_very_budget(rounds: Rounds) -> None:
    programme = rounds.draft(budget_minor=LIMIT + 1)
    approval = ApproveProgramme(programme=programme, budget_minor=LIMIT + 1)
    wrong = ApproveProgramme(programme=programme, budget_minor=LIMIT)
    assert rounds.refusal("max", approval) == "identity.role_missing"
    assert rounds.refusal("ada", wrong) == "programmes.wrong_sum"
    rounds.do("ada", approval)
    assert rounds.of(programme).state is ProgrammeState.DRAFTED
    assert rounds.refusal("ada", approval) == "funds.approved_already"
    rounds.do("ben", approval)
    assert rounds.of(programme).state is ProgrammeState.RUNNING
    assert rounds.refusal("owners", approval) == "programmes.wrong_state"


def test_money_is_given_for_a_programme_while_it_runs(rounds: Rounds) -> None:
    drafted = rounds.draft()
    assert rounds.refusal("max", rounds.income(programme=drafted)) == "funds.unknown_programme"
    gift = rounds.promise(5_000, programme=rounds.programme)
    rounds.do("max", ReceiveGift(gift=gift, amount_minor=5_000))
    assert (rounds.pot(rounds.programme).own_minor, rounds.balance()) == (5_000, 0)
    assert rounds.refusal("max", rounds.income(programme=rounds.programme, purse="meals")) == "funds.other_fund"
    rounds.do("max", EndProgramme(programme=rounds.programme))
    assert rounds.refusal("max", rounds.income(programme=rounds.programme)) == "funds.not_running"
    rounds.do("max", CancelProgramme(programme=drafted))


def test_cycles_stay_within_the_budget(rounds: Rounds) -> None:
    cycle = rounds.cycle(ceiling_minor=900_000)
    more = DraftCycle(programme=rounds.programme, ceiling_minor=100_001, starts=rounds.town.time, until=rounds.later(5))
    assert rounds.refusal("max", more) == "programmes.over_budget"
    rounds.do("max", CancelCycle(cycle=cycle))
    rounds.cycle(ceiling_minor=1_000_000)


def test_a_list_is_approved_as_it_was_closed(rounds: Rounds) -> None:
    cycle = rounds.cycle()
    assert rounds.refusal("max", SubmitCycle(cycle=cycle)) == "programmes.empty_cycle"
    line = rounds.entitle(cycle)
    assert rounds.refusal("ada", rounds.approval(cycle)) == "programmes.wrong_state"
    rounds.submit(cycle)
    assert rounds.refusal("max", rounds.entry(cycle, "bo")) == "programmes.list_closed"
    assert rounds.refusal("max", WithdrawEntitlement(entitlement=line)) == "programmes.list_closed"
    wrong = ApproveCycle(cycle=cycle, entitlements=2, entitled_minor=30_000)
    assert rounds.refusal("ada", wrong) == "programmes.wrong_sum"
    rounds.do("ben", SendBackCycle(cycle=cycle, words=content("one is missing")))
    rounds.entitle(cycle, "bo", 80_000)
    rounds.submit(cycle)
    rounds.do("ada", rounds.approval(cycle))
    assert rounds.round(cycle).state is CycleState.SUBMITTED, "above the limit one is not enough"
    assert rounds.refusal("ada", rounds.approval(cycle)) == "funds.approved_already"
    rounds.do("ben", rounds.approval(cycle))
    assert rounds.round(cycle).state is CycleState.PAYABLE
    assert rounds.refusal("owners", rounds.approval(cycle)) == "programmes.wrong_state", "approved twice"
    assert rounds.refusal("max", CancelCycle(cycle=cycle)) == "programmes.wrong_state"


def test_a_list_that_was_sent_back_has_no_approvals(rounds: Rounds) -> None:
    cycle = rounds.cycle()
    rounds.entitle(cycle, amount_minor=LIMIT + 1)
    rounds.submit(cycle)
    rounds.do("ada", rounds.approval(cycle))
    rounds.do("ben", SendBackCycle(cycle=cycle, words=content("no")))
    rounds.submit(cycle)
    rounds.do("ben", rounds.approval(cycle))
    assert rounds.round(cycle).state is CycleState.SUBMITTED


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"amount_minor": 500_001}, "programmes.over_ceiling"),
        ({"amount_minor": 0}, "kernel.malformed"),
        ({"currency": "EUR"}, "funds.other_currency"),
        ({"recipient": bytes(16)}, "programmes.unknown_recipient"),
        ({"cycle": bytes(16)}, "programmes.unknown_cycle"),
        ({"until": YEAR_2900}, "programmes.not_a_time"),
        ({"until": DAYS_1900}, "programmes.not_a_time"),
        ({"quantity": 3, "unit": "meal"}, "programmes.quantity_missing"),
        ({"form": Form.GOODS}, "programmes.quantity_missing"),
    ],
)
def test_what_is_no_entitlement_is_refused(rounds: Rounds, change: dict[str, Any], code: str) -> None:
    assert rounds.refusal("max", replace(rounds.entry(rounds.cycle()), **change)) == code


def test_nobody_is_on_a_list_twice_under_any_spelling(rounds: Rounds) -> None:
    cycle = rounds.cycle()
    line = rounds.entitle(cycle)
    assert rounds.refusal("max", rounds.entry(cycle)) == "programmes.listed_twice"
    again = RegisterRecipient(fund=rounds.fund, mark=mark("anna"), particulars=content("Ana"))
    assert rounds.refusal("max", again) == "funds.recipient_twice"
    other = RegisterRecipient(
        fund=rounds.fund, mark=mark("somebody"), particulars=content("Anna A."), account=rounds.id("anna")
    )
    assert rounds.refusal("max", other) == "funds.recipient_twice"
    rounds.do("max", WithdrawEntitlement(entitlement=line))
    rounds.entitle(cycle)


@pytest.mark.parametrize(
    ("account", "organisation", "code"),
    [
        ("max", None, "programmes.works_for_the_fund"),
        ("charity", None, "programmes.works_for_the_fund"),
        ("ada", None, "programmes.works_for_the_fund"),
        (None, "charity", "funds.interested"),
        ("cai", None, "funds.interested"),
        (None, "bank", "funds.interested"),
        ("anna", "bank", "programmes.name_one"),
    ],
)
def test_who_has_an_interest_is_no_recipient(
    rounds: Rounds, account: str | None, organisation: str | None, code: str
) -> None:
    rounds.do("max", DeclareInterest(fund=rounds.fund, account=rounds.id("cai")))
    rounds.do("rita", DeclareInterest(fund=rounds.fund, organisation=organisation_id("bank")))
    rounds.do("rita", DeclareInterest(fund=rounds.fund, mark=mark("max's sister")))
    command = RegisterRecipient(
        fund=rounds.fund,
        mark=mark("x"),
        particulars=content("x"),
        account=None if account is None else rounds.id(account),
        organisation=None if organisation is None else organisation_id(organisation),
    )
    assert rounds.refusal("max", command) == code
    sister = RegisterRecipient(fund=rounds.fund, mark=mark("max's sister"), particulars=content("x"))
    assert rounds.refusal("max", sister) == "funds.interested"
    assert rounds.refusal("anna", sister) == "funds.not_yours"


def test_a_recipient_is_not_declared_afterwards_to_be_rid_of_them(rounds: Rounds) -> None:
    rounds.recipient("anna")
    declared = DeclareInterest(fund=rounds.fund, account=rounds.id("anna"))
    assert rounds.refusal("max", declared) == "funds.receives_already"


def test_goods_have_a_quantity_and_a_value(rounds: Rounds) -> None:
    line = rounds.entitle(rounds.cycle(), form=Form.SERVICE, quantity=20, unit="meal")
    assert (rounds.line(line).quantity, rounds.line(line).unit) == (20, "meal")


def test_what_nobody_was_paid_expires(rounds: Rounds) -> None:
    _, (line,) = rounds.payable("anna")
    events = rounds.town.advance(days=41)
    assert [event.left_minor for event in events if isinstance(event, EntitlementExpired)] == [30_000]
    assert rounds.line(line).state is EntitlementState.EXPIRED


def test_a_cycle_ends_with_its_time_or_before(rounds: Rounds) -> None:
    cycle, _ = rounds.payable("anna")
    other, _ = rounds.payable("bo")
    rounds.do("max", EndCycle(cycle=other))
    events = rounds.town.advance(days=51)
    assert [event.cycle for event in events if isinstance(event, CycleEnded)] == [cycle]
    assert rounds.round(cycle).state is CycleState.OVER


def test_an_emergency_is_approved_by_one_and_looked_at_afterwards(rounds: Rounds) -> None:
    programme = rounds.start(emergency=True, notice_days=7)
    cycle = rounds.cycle(programme)
    rounds.entitle(cycle, amount_minor=3 * LIMIT)
    rounds.submit(cycle)
    rounds.do("ada", rounds.approval(cycle))
    assert rounds.round(cycle).state is CycleState.PAYABLE
    review = ReviewCycle(cycle=cycle, sound=True, words=content("they had no roof"))
    assert rounds.refusal("ada", review) == "funds.own_entry"
    assert rounds.refusal("max", review) == "identity.role_missing"
    missed = [event.kind for event in rounds.town.advance(days=31) if isinstance(event, DeadlineMissed)]
    assert missed.count(AlertKind.REVIEW_DUE) == 1
    assert missed.count(AlertKind.REPORT_DUE) == 6, "every five days"
    rounds.do("rita", review)
    assert rounds.refusal("ben", review) == "programmes.nothing_to_review"
    usual, _ = rounds.payable("bo")
    assert rounds.refusal("ben", ReviewCycle(cycle=usual, sound=True, words=content("x"))) == (
        "programmes.nothing_to_review"
    )


def test_a_long_programme_reports_every_three_months(rounds: Rounds) -> None:
    long = rounds.start(until=rounds.later(300))
    missed = [event for event in rounds.town.advance(days=90) if isinstance(event, DeadlineMissed)]
    assert [(event.kind, event.record) for event in missed] == [(AlertKind.REPORT_DUE, long)]
    report = FileReport(programme=long, document=content("report"))
    assert rounds.refusal("ada", report) == "funds.not_yours"
    assert rounds.do("mia", report).the(DeadlineMet).record == long
    assert not [event for event in rounds.town.advance(days=80) if getattr(event, "programme", b"") == long]


def test_the_full_account_is_due_within_three_months_of_the_end(rounds: Rounds) -> None:
    (ended,) = [event for event in rounds.town.advance(days=101) if isinstance(event, ProgrammeEnded)]
    assert ended.programme == rounds.programme
    assert rounds.refusal("max", FileReport(programme=rounds.programme, document=content("r"))) == (
        "programmes.not_running"
    )
    (missed,) = rounds.town.advance(days=90)
    assert isinstance(missed, DeadlineMissed)
    assert missed.kind is AlertKind.ACCOUNT_DUE
    account = AccountFor(programme=rounds.programme, document=content("account"))
    done = rounds.do("max", account)
    assert done.the(ProgrammeAccounted).under_way_minor == 0
    assert done.the(DeadlineMet).kind is AlertKind.ACCOUNT_DUE
    assert rounds.refusal("max", account) == "programmes.wrong_state"
