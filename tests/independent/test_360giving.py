"""The grants of a fund by the official schema of 360Giving 1.4, the whole package; whatever sums there are."""

from __future__ import annotations

import json
from typing import Any

import pytest

from linlian.community.funds import views as funds_views
from linlian.community.identity.tests.village import organisation_id
from linlian.community.identity.views import views as identity_views
from linlian.community.programmes import views as plans
from linlian.community.transfers import views as ask
from linlian.community.transfers.exchange import Names, amount_of, package
from linlian.community.transfers.rules_receipts import ConfirmReceipt
from linlian.community.transfers.tests.counter import Counter
from linlian.testing.rows import reading
from tests.independent.schema_360 import validator

NAMES = Names("The charity", {"money": "money"}, "not named", "what was decided")


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    """Five people and a kitchen; one of them has it, two more are on a list too short to be told of."""
    counter = Counter()
    counter.recipient("kitchen", organisation=organisation_id("harmony"))
    names = ("anna", "bo", "cai", "aunt", "uncle", "kitchen")
    cycle, lines = counter.payable(*names, amount_minor=20_050)
    counter.payable("bo", "cai")
    payment, *_ = counter.approved(cycle, *lines)
    counter.do("anna", ConfirmReceipt(hop=counter.pay(cycle, payment), amount_minor=20_050))
    with reading(counter.town.blocks, identity_views, funds_views.views, plans.views, ask.views) as db:
        fund = funds_views.fund(db, counter.fund)
        assert fund is not None
        return package(fund, ask.published_awards(db, counter.fund), NAMES, counter.town.time)


def test_the_package_is_valid_by_the_official_schema(told: dict[str, Any]) -> None:
    assert [error.message for error in validator().iter_errors(told)] == []


def test_it_says_what_was_decided_and_what_has_come(told: dict[str, Any]) -> None:
    assert len(told["grants"]) == 6, "the short list is not told"
    assert {grant["amountAwarded"] for grant in told["grants"]} == {200.5}
    assert [grant["amountDisbursed"] for grant in told["grants"] if "amountDisbursed" in grant] == [200.5]
    assert sum("recipientOrganization" in grant for grant in told["grants"]) == 1
    assert len({grant["id"] for grant in told["grants"]}) == 6


@pytest.mark.parametrize("wrong", ["amountAwarded", "awardDate", "recipientIndividual", "fundingOrganization"])
def test_the_schema_finds_what_is_missing(told: dict[str, Any], wrong: str) -> None:
    one = next(grant for grant in told["grants"] if "recipientIndividual" in grant)
    less = {name: value for name, value in one.items() if name != wrong}
    assert list(validator().iter_errors({**told, "grants": [less]}))


@pytest.mark.parametrize(("minor", "said"), [(1, "0.01"), (10, "0.1"), (100, "1"), (999_999_999_999, "9999999999.99")])
def test_sums_keep_their_hundredths(minor: int, said: str) -> None:
    assert json.dumps(amount_of(minor)) == said
