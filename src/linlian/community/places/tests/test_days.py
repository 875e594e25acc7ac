"""Days of handover: where they are inherited from, and when they begin, by another library's calendar."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from linlian.community import places
from linlian.community.identity.tests.village import content
from linlian.community.places import PlaceKind, day_start
from linlian.community.places.rules import SealDetails, SetHandover
from linlian.community.places.rules_days import check_day
from linlian.community.places.tests.house import found_house
from linlian.kernel.contract import Refused

CHINA = timezone(timedelta(hours=8))


@given(st.dates(date(1900, 1, 1), date(9999, 12, 31)))
def test_a_day_begins_at_midnight_in_china(day: date) -> None:
    number = day.year * 1_00_00 + day.month * 1_00 + day.day
    check_day(number)
    assert day_start(number) == int(datetime(day.year, day.month, day.day, tzinfo=CHINA).timestamp()) * 1000


@given(st.integers(0, 9999_99_99))
def test_a_day_is_one_of_the_calendar(number: int) -> None:
    try:
        date(number // 1_00_00, number // 1_00 % 1_00, number % 1_00)
        is_day = number >= 1900_01_01
    except ValueError:
        is_day = number == 0
    try:
        check_day(number)
    except Refused:
        assert not is_day
    else:
        assert is_day


def test_five_years_from_a_leap_day_end_on_the_first_of_march() -> None:
    assert day_start(2016_02_29 + 5_0000) == day_start(2021_03_01)


def test_a_unit_has_the_handover_of_its_building_or_its_own() -> None:
    house = found_house()
    state, flat = house.village.town.state, house.places["flat"]
    assert places.unit(state, flat) == (0, b"")
    house.do("clerk", SetHandover(place=house.places["building"], handover=2015_06_30))
    assert places.unit(state, flat).handover == 2015_06_30
    house.do("street_clerk", SetHandover(place=flat, handover=2016_01_15))
    assert places.unit(state, flat).handover == 2016_01_15
    assert places.unit(state, house.places["other"]).handover == 2015_06_30
    house.do("clerk", SealDetails(place=flat, name=content("501"), area=content("8937")))
    assert places.unit(state, flat).area == content("8937").commitment
    house.build("shop", PlaceKind.SHOP, "building", area=content("12000"), handover=2015_07_01)
    assert places.unit(state, house.places["shop"]) == (2015_07_01, content("12000").commitment)
    house.village.town.check_invariants()
