"""Who may see, approve and confirm what, at which time: a former tenant, an absent owner, relatives, a successor.

Olga owns the flat and lives elsewhere; Abe looks after it for her. Tom rents it from day 0 until day 20, with three
relatives: Ada may see, Ben may see and confirm, Cy may see, pay and confirm. Sue rents it from day 25 on.
"""

from __future__ import annotations

import pytest

from linlian.community import places
from linlian.community.identity.tests.village import DAY_MS
from linlian.community.places import Capacity, Right
from linlian.community.places.rules_occupancy import ChangePresence, EndOccupancy
from linlian.community.places.tests.house import House, found_house

ASKED = {"S": Right.SEE, "P": Right.PAY, "C": Right.CONFIRM}
DAYS = (5, 22, 30)
"""Tom lives there; nobody does; Sue lives there. On each day something begins."""

#         asked on day:  5      22            30
#         begun on day:  5      5      22     5      22     30
TABLE = """
    olga                 SP-    SPC    SPC    SP-    SP-    SP-
    abe                  SP-    SP-    SP-    SP-    SP-    SP-
    tom                  SPC    S--    ---    S--    ---    ---
    ada                  S--    S--    ---    S--    ---    ---
    ben                  S-C    S--    ---    S--    ---    ---
    cy                   SPC    S--    ---    S--    ---    ---
    sue                  ---    ---    ---    ---    ---    SPC
    lee                  ---    ---    ---    ---    ---    ---
    anna                 ---    ---    ---    ---    ---    ---
    clerk                ---    ---    ---    ---    ---    ---
    street_clerk         ---    ---    ---    ---    ---    ---
"""
WHO = [line.split()[0] for line in TABLE.split("\n") if line.strip()]


def let_flat() -> House:
    """The other flat, without its present tenant."""
    house = found_house()
    house.do("tom", house.end("tom", place="other"))
    for name in ("olga", "abe", "ada", "ben", "cy", "sue"):
        house.village.settle(name, invited_by="clerk")
    house.do("clerk", house.grant("olga", Capacity.OWNER, place="other", absent=True))
    house.do("clerk", house.grant("abe", Capacity.AGENT, place="other"))
    house.do("clerk", house.grant("tom", place="other", until=house.now + 20 * DAY_MS))
    for name in ("olga", "abe", "tom"):
        house.sign(name, "other")
    until = house.now + 20 * DAY_MS - 10
    house.do("tom", house.family("ada", Right.SEE, place="other", until=until))
    house.do("tom", house.family("ben", Right.SEE, Right.CONFIRM, place="other", until=until))
    house.do("tom", house.family("cy", Right.SEE, Right.PAY, Right.CONFIRM, place="other", until=until))
    return house


@pytest.fixture(scope="module")
def answers() -> dict[str, list[str]]:
    """What each may, in the order of the table's columns."""
    house = let_flat()
    moved_in = house.now
    found: dict[str, list[str]] = {name: [] for name in WHO}
    begun: list[int] = []
    for day in DAYS:
        if day == 30:
            house.village.town.advance(ms=moved_in + 25 * DAY_MS - house.now)
            house.do("clerk", house.grant("sue", place="other"))
            house.sign("sue", "other")
        house.village.town.advance(ms=moved_in + day * DAY_MS - house.now)
        begun.append(house.now)
        state, place = house.village.town.state, house.places["other"]
        for name in WHO:
            for began in begun:
                said = (
                    letter if places.may_in_matter(state, house.id(name), place, right, began, house.now) else "-"
                    for letter, right in ASKED.items()
                )
                found[name].append("".join(said))
    house.village.town.check_invariants()
    return found


@pytest.mark.parametrize("line", [line for line in TABLE.split("\n") if line.strip()], ids=WHO)
def test_who_may_see_approve_and_confirm(answers: dict[str, list[str]], line: str) -> None:
    name, *expected = line.split()
    assert answers[name] == expected


def test_the_household_is_who_lives_there_and_the_owners_are_who_owns() -> None:
    house = let_flat()
    state, place = house.village.town.state, house.places["other"]

    def living() -> set[str]:
        known = {account: name for name, account in ((name, house.id(name)) for name in WHO)}
        return {known[account] for account in places.household(state, place, house.now)}

    assert living() == {"tom", "ada", "ben", "cy"}
    (owner,) = places.owners(state, place, house.now)
    assert owner == (house.id("olga"), 0, 0, True)
    house.village.town.advance(days=21)
    assert living() == set()
    house.do("olga", ChangePresence(place=place, account=house.id("olga"), absent=False))
    assert living() == {"olga"}


def test_an_owner_who_is_back_confirms_beside_the_tenant() -> None:
    house = let_flat()
    assert not house.may("olga", Right.CONFIRM, "other")
    house.do("olga", ChangePresence(place=house.places["other"], account=house.id("olga"), absent=False))
    assert house.may("olga", Right.CONFIRM, "other")
    assert house.may("tom", Right.CONFIRM, "other")


def test_a_tenant_who_comes_back_has_both_times_and_not_what_lay_between() -> None:
    house = let_flat()
    state, place, tom = house.village.town.state, house.places["other"], house.id("tom")
    first = house.now
    house.village.town.advance(days=21)
    between = house.now
    house.village.town.advance(days=1)
    house.do("clerk", house.grant("tom", place="other"))
    house.village.town.advance(days=1)
    seen = [places.may_in_matter(state, tom, place, Right.SEE, began, house.now) for began in (first, between)]
    assert seen == [True, False]
    assert places.may_in_matter(state, tom, place, Right.SEE, house.now, house.now)
    house.village.town.check_invariants()


def test_of_many_stays_the_last_eight_are_kept() -> None:
    house = let_flat()
    state, place, tom = house.village.town.state, house.places["other"], house.id("tom")
    house.do("tom", house.end("tom", place="other"))
    times = []
    for _ in range(9):
        house.do("clerk", house.grant("tom", place="other"))
        house.village.town.advance(days=1)
        times.append(house.now)
        house.village.town.advance(days=1)
        house.do("tom", house.end("tom", place="other"))
    house.do("clerk", house.grant("tom", place="other"))
    seen = [places.may_in_matter(state, tom, place, Right.SEE, time, house.now) for time in times]
    assert seen == [False] + [True] * 8
    house.village.town.check_invariants()


def test_an_owner_ends_a_tenancy_and_no_other_owners_part() -> None:
    house = let_flat()
    house.do("clerk", house.grant("kim", Capacity.CO_OWNER, place="other"))
    house.sign("kim", "other")
    assert house.refusal("olga", house.end("kim", place="other")) == "identity.role_missing"
    house.do("olga", house.end("tom", place="other"))
    assert not house.may("tom", Right.REPORT, "other")


def test_who_moves_out_before_they_moved_in_is_asked_again() -> None:
    house = let_flat()
    leave = EndOccupancy(place=house.places["other"], account=house.id("tom"), until=house.now - DAY_MS)
    assert house.refusal("tom", leave) == "places.out_before_in"
