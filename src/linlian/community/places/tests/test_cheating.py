"""A company that holds every key of its staff, and of any account it makes, tries to speak for a household.

Each try ends with the same question: has anybody the right to confirm (or pay, or invite) whom nobody independent
vouched for?
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from linlian.community import delegations, places
from linlian.community.delegations.rules import ProposeDelegation
from linlian.community.identity import OrganisationKind, Role, Scope
from linlian.community.identity.tests.village import DAY_MS, content, found_village
from linlian.community.places import Capacity, PlaceKind, Right
from linlian.community.places.rules import PlaceRegistered, RegisterPlace
from linlian.community.places.rules_occupancy import (
    GUARDED,
    RIGHTS_OF,
    ChangePresence,
    GrantOccupancy,
)
from linlian.community.places.rules_shares import ChangeShare
from linlian.community.places.rules_signing import (
    AcceptOccupancy,
    CloseRoll,
    CountersignOccupancy,
    CountersignRoll,
    OpenRoll,
    RollOpened,
)
from linlian.community.places.tests.house import House, found_house
from linlian.kernel.contract import Refused, replace


@pytest.fixture
def house() -> House:
    """With a puppet: a resident's account that the company made, whose key it holds."""
    found = found_house()
    found.village.hire("harmony", "boss", Role.OFFICER, Role.CLERK, Role.DESK)
    found.village.settle("puppet", invited_by="clerk")
    return found


def check_powerless(house: House, name: str = "puppet", place: str = "flat") -> None:
    held = [right for right in GUARDED if house.may(name, right, place)]
    assert not held, f"{name} may {held}"
    house.village.town.check_invariants()


@pytest.mark.parametrize("capacity", list(Capacity))
def test_an_invented_occupant_accepts_and_still_speaks_for_nobody(house: House, capacity: Capacity) -> None:
    house.do("clerk", house.grant("puppet", capacity))
    house.do("puppet", AcceptOccupancy(place=house.places["flat"]))
    assert house.may("puppet", Right.REPORT)
    check_powerless(house)


@pytest.mark.parametrize("who", ["clerk", "boss", "harmony"])
def test_no_office_of_the_company_countersigns(house: House, who: str) -> None:
    house.do("clerk", house.grant("puppet"))
    sign = CountersignOccupancy(place=house.places["flat"], account=house.id("puppet"))
    assert house.refusal(who, sign) == "places.not_independent"
    assert house.refusal("puppet", sign) == "places.not_independent"
    check_powerless(house)


def test_one_puppet_does_not_sign_for_another(house: House) -> None:
    """The first owner of an empty flat is signed by an office, or owns nothing that counts."""
    house.village.settle("second puppet", invited_by="clerk")
    house.build("empty", PlaceKind.DWELLING, "floor")
    for name, capacity in (("puppet", Capacity.OWNER), ("second puppet", Capacity.TENANT)):
        house.do("clerk", house.grant(name, capacity, place="empty"))
        house.do(name, AcceptOccupancy(place=house.places["empty"]))
    sign = CountersignOccupancy(place=house.places["empty"], account=house.id("second puppet"))
    assert house.refusal("puppet", sign) == "places.not_independent"
    assert house.refusal("puppet", house.family("kim", place="empty")) == "places.may_not_invite"
    for name in ("puppet", "second puppet"):
        check_powerless(house, name, "empty")


def test_a_true_neighbour_does_not_sign_for_a_puppet_next_door(house: House) -> None:
    house.do("clerk", house.grant("puppet", place="other"))
    sign = CountersignOccupancy(place=house.places["other"], account=house.id("puppet"))
    assert house.refusal("anna", sign) == "places.not_independent", "she owns the flat beside"
    assert house.refusal("tom", sign) == "places.not_independent", "he rents, and is no owner"
    check_powerless(house, place="other")


def test_a_puppet_in_the_house_above_reaches_no_flat_in_it(house: House) -> None:
    house.do("clerk", house.grant("puppet", Capacity.OWNER, place="building"))
    house.do("puppet", AcceptOccupancy(place=house.places["building"]))
    check_powerless(house)
    sign = CountersignOccupancy(place=house.places["flat"], account=house.id("kim"))
    house.do("clerk", house.grant("kim"))
    assert house.refusal("puppet", sign) == "places.not_independent"


def test_a_resident_without_a_key_gives_the_companys_man_no_rights(house: House) -> None:
    """The grandmother is true, the delegate and the witness are the company's. The entry is unsigned, so it is void."""
    village = found_village(
        places.contract,
        delegations.contract,
        street=OrganisationKind.GOVERNMENT,
        harmony=OrganisationKind.PROPERTY_COMPANY,
    )
    village.hire("harmony", "clerk", Role.CLERK, Role.DESK)
    village.settle_without_key("grandmother", registered_by="clerk")
    for name in ("man", "witness"):
        village.settle(name, invited_by="clerk")
    community = village.do("clerk", RegisterPlace(kind=PlaceKind.COMMUNITY)).the(PlaceRegistered).place
    building = village.do("clerk", RegisterPlace(kind=PlaceKind.BUILDING, parent=community)).the(PlaceRegistered).place
    flat = village.do("clerk", RegisterPlace(kind=PlaceKind.DWELLING, parent=building)).the(PlaceRegistered).place
    owner, rights = Capacity.OWNER, RIGHTS_OF[Capacity.OWNER]
    principal = village.id("grandmother")
    village.do("clerk", GrantOccupancy(place=flat, account=principal, capacity=owner, rights=rights))
    proposal = ProposeDelegation(
        principal=principal,
        delegate=village.id("man"),
        scopes=(Scope.CONFIRM,),
        until=village.town.time + DAY_MS,
        witness=village.id("witness"),
    )
    with pytest.raises(Refused) as no:
        village.do("clerk", proposal)
    assert no.value.code == "delegations.witness_not_independent"
    for name in ("grandmother", "man", "witness"):
        assert not places.may(village.town.state, village.id(name), flat, Right.CONFIRM, village.town.time)
    village.do("street", CountersignOccupancy(place=flat, account=principal))
    assert places.may(village.town.state, principal, flat, Right.CONFIRM, village.town.time), "the papers stand in"


def test_the_true_owner_is_not_ended_changed_or_called_absent_by_the_company(house: House) -> None:
    flat, anna = house.places["flat"], house.id("anna")
    for who in ("clerk", "boss"):
        assert house.refusal(who, house.end("anna")) == "places.signed_for"
        assert house.refusal(who, house.end("anna", house.now + DAY_MS)) == "places.signed_for"
        assert house.refusal(who, ChangePresence(place=flat, account=anna, absent=True)) == "places.signed_for"
        assert house.refusal(who, ChangeShare(place=flat, account=anna, parts=1, whole=100)) == "places.signed_for"
    assert house.may("anna", Right.CONFIRM)
    house.do("street_clerk", house.end("anna"))
    assert not house.may("anna", Right.CONFIRM)


def test_what_nobody_signed_the_clerk_may_mend(house: House) -> None:
    house.do("clerk", house.grant("kim", Capacity.CO_OWNER))
    house.do("clerk", ChangePresence(place=house.places["flat"], account=house.id("kim"), absent=True))
    house.do("clerk", ChangeShare(place=house.places["flat"], account=house.id("kim"), parts=1, whole=3))
    house.do("clerk", house.end("kim"))
    house.village.town.check_invariants()


def test_a_date_put_back_gives_nobody_a_past(house: House) -> None:
    """Not even if an office signs the entry later: what began before it was written down is not theirs."""
    state, flat, began = house.village.town.state, house.places["flat"], house.now
    house.village.town.advance(days=3)
    house.do("clerk", house.grant("puppet", starts=began - 30 * DAY_MS))
    written = house.now
    house.sign("puppet")
    house.village.town.advance(days=1)
    for right in Right:
        assert not places.may_in_matter(state, house.id("puppet"), flat, right, began, house.now)
        assert not places.may(state, house.id("puppet"), flat, right, began)
    assert places.may_in_matter(state, house.id("puppet"), flat, Right.CONFIRM, written + 1, house.now)


def test_an_entry_counts_from_its_signature_and_not_before(house: House) -> None:
    state, flat = house.village.town.state, house.places["flat"]
    house.do("clerk", house.grant("kim"))
    house.do("kim", AcceptOccupancy(place=flat))
    house.village.town.advance(days=2)
    house.do("street_clerk", CountersignOccupancy(place=flat, account=house.id("kim")))
    signed = house.now
    assert not places.may(state, house.id("kim"), flat, Right.PAY, signed - 2)
    house.village.town.advance(days=1)
    assert places.may(state, house.id("kim"), flat, Right.PAY, house.now)


def test_a_signature_without_the_persons_own_yes_does_not_count(house: House) -> None:
    """Nobody is made a payer unasked."""
    house.do("clerk", house.grant("kim"))
    house.do("street_clerk", CountersignOccupancy(place=house.places["flat"], account=house.id("kim")))
    check_powerless(house, "kim")
    house.do("kim", AcceptOccupancy(place=house.places["flat"]))
    assert house.may("kim", Right.PAY)
    assert house.refusal("kim", AcceptOccupancy(place=house.places["flat"])) == "places.already_accepted"


def test_the_owner_of_a_home_signs_for_whom_the_clerk_wrote_down(house: House) -> None:
    house.do("clerk", house.grant("kim"))
    house.do("anna", CountersignOccupancy(place=house.places["flat"], account=house.id("kim")))
    house.do("kim", AcceptOccupancy(place=house.places["flat"]))
    assert house.may("kim", Right.CONFIRM)
    sign = CountersignOccupancy(place=house.places["flat"], account=house.id("kim"))
    assert house.refusal("street_clerk", sign) == "places.already_signed"


def test_what_an_independent_office_writes_down_is_signed_in_itself(house: House) -> None:
    house.do("street_clerk", house.grant("kim"))
    check_powerless(house, "kim")
    house.do("kim", AcceptOccupancy(place=house.places["flat"]))
    assert house.may("kim", Right.CONFIRM)
    assert house.refusal("clerk", house.end("kim")) == "places.signed_for"


ROLL_TRIES: list[tuple[str, str, Callable[[CountersignRoll], CountersignRoll], str]] = [
    ("the company signs", "boss", lambda sign: sign, "places.not_independent"),
    ("a resident signs", "anna", lambda sign: sign, "places.not_independent"),
    ("one more was added unseen", "street_clerk", lambda sign: replace(sign, entries=1), "places.another_list"),
    ("another list was shown", "street_clerk", lambda s: replace(s, document=bytes(32)), "places.another_list"),
    ("no such roll", "street_clerk", lambda sign: replace(sign, roll=bytes(16)), "places.unknown_roll"),
]


@pytest.mark.parametrize(("case", "who", "change", "code"), ROLL_TRIES, ids=[case for case, *_ in ROLL_TRIES])
def test_a_roll_is_signed_by_who_saw_it(
    house: House, case: str, who: str, change: Callable[[CountersignRoll], CountersignRoll], code: str
) -> None:
    roll = house.do("clerk", OpenRoll()).the(RollOpened).roll
    for name in ("kim", "lee"):
        house.do("clerk", house.grant(name, roll=roll))
    house.do("clerk", CloseRoll(roll=roll, document=content("the list")))
    sign = CountersignRoll(roll=roll, entries=2, document=content("the list").commitment)
    assert house.refusal(who, change(sign)) == code, case
    check_powerless(house, "kim")


def test_one_signature_covers_a_closed_roll_and_nothing_else(house: House) -> None:
    roll = house.do("clerk", OpenRoll()).the(RollOpened).roll
    for name in ("kim", "lee"):
        house.do("clerk", house.grant(name, roll=roll))
        house.do(name, AcceptOccupancy(place=house.places["flat"]))
    sign = CountersignRoll(roll=roll, entries=2, document=content("the list").commitment)
    assert house.refusal("street_clerk", sign) == "places.roll_open"
    house.do("clerk", CloseRoll(roll=roll, document=content("the list")))
    assert house.refusal("clerk", house.grant("puppet", roll=roll)) == "places.roll_closed"
    assert house.refusal("clerk", CloseRoll(roll=roll, document=content("another"))) == "places.roll_closed"
    assert house.refusal("street_clerk", house.grant("puppet", roll=roll)) == "places.not_your_roll"
    assert house.refusal("anna", house.family("puppet", roll=roll)) == "places.not_your_roll"
    house.do("street_clerk", house.end("lee"))
    house.do("street_clerk", sign)
    assert house.may("kim", Right.CONFIRM)
    assert not house.may("lee", Right.REPORT), "what was struck off stays off"
    assert house.refusal("street_clerk", sign) == "places.already_signed"
    assert house.refusal("clerk", house.end("kim")) == "places.signed_for"
    house.do("clerk", house.grant("lee"))
    house.do("lee", AcceptOccupancy(place=house.places["flat"]))
    check_powerless(house, "lee")


def test_an_office_does_not_sign_the_roll_that_it_made_itself(house: House) -> None:
    house.village.hire("owners", "member", Role.COMMITTEE_MEMBER)
    roll = house.do("street_clerk", OpenRoll()).the(RollOpened).roll
    house.do("street_clerk", CloseRoll(roll=roll, document=content("empty")))
    sign = CountersignRoll(roll=roll, entries=0, document=content("empty").commitment)
    assert house.refusal("street_clerk", sign) == "places.not_independent"
    house.do("member", sign)
