"""Shares of ownership are exact, and never come to more than the whole at any time."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linlian.community import places
from linlian.community.identity.tests.village import DAY_MS
from linlian.community.places import Capacity
from linlian.community.places.rules_shares import ChangeShare, add, lowest
from linlian.community.places.tests.house import House, found_house
from linlian.kernel.contract import Refused

NAMES = ("ann", "ben", "cat", "dan")


@pytest.fixture
def house() -> House:
    found = found_house()
    for name in NAMES:
        found.village.settle(name, invited_by="clerk")
    return found


def own(house: House, name: str, parts: int, whole: int, **more: int) -> None:
    grant = house.grant(name, Capacity.CO_OWNER, place="other", parts=parts, whole=whole, **more)
    house.do("clerk", grant)


FITTING = [
    ("thirds", ((1, 3), (1, 3), (1, 3))),
    ("percents as certificates have them", ((3333, 10_000), (3333, 10_000), (3334, 10_000))),
    ("a share, and a couple for the rest", ((1, 2), (0, 0), (0, 0))),
    ("a couple", ((0, 0), (0, 0))),
    ("a millionth is left", ((999_999, 1_000_000), (0, 0))),
]
TOO_MUCH = [
    ("two halves and a bit", ((1, 2), (1, 2), (1, 1_000_000)), "places.shares_above_whole"),
    ("two thirds and a half", ((2, 3), (1, 2)), "places.shares_above_whole"),
    ("all, and all again", ((1, 1), (1, 1)), "places.shares_above_whole"),
    ("nothing left for a couple", ((1, 2), (1, 2), (0, 0)), "places.nothing_left_to_hold_jointly"),
    ("a couple, and then all", ((0, 0), (1, 1)), "places.nothing_left_to_hold_jointly"),
    ("more than all at once", ((4, 3),), "places.no_share"),
    ("nothing of something", ((0, 3),), "places.no_share"),
]


@pytest.mark.parametrize(("case", "shares"), FITTING, ids=[case for case, _ in FITTING])
def test_shares_that_fit(house: House, case: str, shares: tuple[tuple[int, int], ...]) -> None:
    for name, (parts, whole) in zip(NAMES, shares, strict=False):
        own(house, name, parts, whole)
    found = places.owners(house.village.town.state, house.places["other"], house.now)
    assert tuple((owner.parts, owner.whole) for owner in found) == shares, case
    house.village.town.check_invariants()


@pytest.mark.parametrize(("case", "shares", "code"), TOO_MUCH, ids=[case for case, *_ in TOO_MUCH])
def test_shares_that_do_not_fit(house: House, case: str, shares: tuple[tuple[int, int], ...], code: str) -> None:
    *fitting, last = zip(NAMES, shares, strict=False)
    for name, (parts, whole) in fitting:
        own(house, name, parts, whole)
    with pytest.raises(Refused) as no:
        own(house, last[0], *last[1])
    assert no.value.code == code, case
    house.village.town.check_invariants()


def test_the_refusal_says_who_must_give_up_how_much(house: House) -> None:
    own(house, "ann", 1, 2)
    own(house, "ben", 1, 3)
    with pytest.raises(Refused) as no:
        own(house, "cat", 1, 3)
    facts = no.value.facts
    assert (facts["asked"], facts["free"], facts["excess"]) == ("1/3", "1/6", "1/6")
    heads = [house.id(name)[:4].hex() for name in ("ann", "ben")]
    assert facts["holders"] == f"{heads[0]}… 1/2; {heads[1]}… 1/3"
    assert {house.id("ann"), house.id("ben"), house.places["other"]} <= {*no.value.about}


def test_a_seller_owns_until_the_day_from_which_the_buyer_does(house: House) -> None:
    day = house.now + 30 * DAY_MS
    own(house, "ann", 1, 1, until=day)
    own(house, "ben", 1, 1, starts=day)
    with pytest.raises(Refused) as no:
        own(house, "cat", 1, 4, starts=day - 1)
    assert no.value.code == "places.shares_above_whole"
    house.village.town.check_invariants()
    house.village.town.advance(days=31)
    (owner,) = places.owners(house.village.town.state, house.places["other"], house.now)
    assert owner.account == house.id("ben")


def test_an_owner_gives_up_a_part_and_takes_none_alone(house: House) -> None:
    own(house, "ann", 1, 1)
    house.sign("ann", "other")
    other, ann = house.places["other"], house.id("ann")
    more = ChangeShare(place=other, account=ann, parts=1, whole=1)
    house.do("ann", ChangeShare(place=other, account=ann, parts=2, whole=3))
    assert house.refusal("ann", more) == "identity.role_missing"
    own(house, "ben", 1, 3)
    assert house.refusal("street_clerk", more) == "places.shares_above_whole"
    house.do("street_clerk", ChangeShare(place=other, account=ann, parts=1, whole=3))
    house.village.town.check_invariants()


def test_a_tenant_owns_nothing(house: House) -> None:
    grant = house.grant("kim", Capacity.TENANT, parts=1, whole=2)
    assert house.refusal("clerk", grant) == "places.share_is_an_owners"


FRACTIONS = st.tuples(st.integers(0, 1_000_000), st.integers(1, 1_000_000))


@given(FRACTIONS, FRACTIONS)
def test_sums_are_those_of_an_independent_library(one: tuple[int, int], other: tuple[int, int]) -> None:
    expected = Fraction(*one) + Fraction(*other)
    assert Fraction(*add(one, other)) == expected
    assert lowest(*one) == (Fraction(*one).numerator, Fraction(*one).denominator)
