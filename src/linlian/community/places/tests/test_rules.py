"""Places: what stands in what, and who may do what where, and until when."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from linlian.community import identity, places
from linlian.community.identity.rules_accounts import CloseAccount, DeviceRegistered, RegisterDevice
from linlian.community.identity.rules_invitations import InviteResident
from linlian.community.identity.tests.village import DAY_MS, content
from linlian.community.places import Capacity, PlaceKind, PlaceStatus, Right
from linlian.community.places.rules import (
    STANDS_IN,
    UNITS,
    MoveToCell,
    Place,
    RegisterPlace,
    RetirePlace,
    SealDetails,
)
from linlian.community.places.rules_occupancy import (
    OccupancyEnded,
    OccupancyEnding,
)
from linlian.community.places.tests.house import ALL, LIVING, House, found_house
from linlian.kernel.contract import Command, replace


@pytest.fixture
def house() -> House:
    return found_house()


def test_a_place_lies_in_the_cell_of_what_holds_it(house: House) -> None:
    state = house.village.town.state
    assert {places.cell_of(state, house.row(name)) for name in house.places} == {"110101001001001"}
    house.do("clerk", MoveToCell(place=house.places["section"], cell="110101001001002"))
    assert places.cell_of(state, house.row("lift")) == "110101001001002"
    assert places.cell_of(state, house.row("building")) == "110101001001001"
    house.do("street_clerk", MoveToCell(place=house.places["section"]))
    assert places.cell_of(state, house.row("lift")) == "110101001001001"


@pytest.mark.parametrize("kind", list(PlaceKind))
def test_a_kind_stands_in_the_kinds_of_the_table_and_in_no_other(house: House, kind: PlaceKind) -> None:
    for name in list(house.places):
        holder = house.row(name).kind
        command = RegisterPlace(kind=kind, parent=house.places[name], number=0)
        if holder in STANDS_IN[kind]:
            house.do("clerk", command)
        else:
            assert house.refusal("clerk", command) == "places.wrong_holder", f"{kind} in {holder}"
    house.village.town.check_invariants()


def test_nothing_can_stand_in_itself() -> None:
    """So no path is longer than the table is deep."""

    def depth(kind: PlaceKind, above: tuple[PlaceKind, ...]) -> int:
        assert kind not in above
        return max((depth(holder, (*above, kind)) for holder in STANDS_IN[kind]), default=0) + 1

    assert max(depth(kind, ()) for kind in PlaceKind) <= 8


def test_only_units_are_not_common() -> None:
    common = [kind for kind in PlaceKind if places.is_common(Place(kind, PlaceStatus.IN_USE, (), 0, "", "", 0))]
    assert [kind for kind in PlaceKind if kind not in common] == list(UNITS)


def test_a_number_is_free_again_once_its_place_is_retired(house: House) -> None:
    cellar = RegisterPlace(kind=PlaceKind.FLOOR, parent=house.places["section"], number=-1)
    assert house.refusal("clerk", cellar) == "places.number_taken"
    house.do("clerk", RetirePlace(place=house.places["cellar"]))
    house.do("clerk", cellar)
    house.village.town.check_invariants()


def test_a_house_is_torn_down_from_the_inside(house: House) -> None:
    assert house.refusal("clerk", RetirePlace(place=house.places["shaft"])) == "places.holds_places"
    for name in ("lift", "shaft", "cellar"):
        house.do("clerk", RetirePlace(place=house.places[name]))
    assert house.refusal("clerk", RetirePlace(place=house.places["flat"])) == "places.occupied"
    house.do("anna", house.end("anna"))
    house.do("tom", house.end("tom", place="other"))
    for name in ("flat", "other", "floor", "section", "building", "community"):
        house.do("clerk", RetirePlace(place=house.places[name]))
    house.village.town.check_invariants()


RIGHTS_WHERE = [
    ("anna", Right.REPORT, "flat", True),
    ("anna", Right.INVITE, "flat", True),
    ("anna", Right.REPORT, "other", False),
    ("anna", Right.SEE, "floor", False),
    ("anna", Right.REPORT, "lift", False),
    ("tom", Right.CONFIRM, "other", True),
    ("tom", Right.CONFIRM, "flat", False),
    ("kim", Right.SEE, "flat", True),
    ("kim", Right.SEE, "other", True),
    ("kim", Right.SEE, "lift", True),
    ("kim", Right.CONFIRM, "lift", False),
    ("kim", Right.SEE, "community", False),
    ("lee", Right.SEE, "flat", False),
]


@pytest.mark.parametrize(("who", "right", "where", "expected"), RIGHTS_WHERE)
def test_a_right_holds_at_a_place_and_in_all_it_holds(
    house: House, who: str, right: Right, where: str, expected: bool
) -> None:
    house.do("clerk", house.grant("kim", Capacity.AGENT, Right.SEE, place="building"))
    assert house.may(who, right, where) is expected


def test_nobody_has_rights_where_there_is_no_place(house: House) -> None:
    assert not places.may(house.village.town.state, house.id("anna"), bytes(16), Right.SEE, house.now)


def test_an_occupancy_begins_and_ends_to_the_millisecond(house: House) -> None:
    start = house.now + DAY_MS
    house.do("clerk", house.grant("kim", starts=start, until=start + DAY_MS))
    answers = []
    for at in (start - 1, start, start + DAY_MS - 1, start + DAY_MS):
        house.village.town.advance(ms=at - house.now)
        answers.append(house.may("kim"))
    assert answers == [False, True, True, False]
    house.village.town.check_invariants()


def test_a_right_does_not_wait_for_the_timer_that_ends_it(house: House) -> None:
    state, tom, other = house.village.town.state, house.id("tom"), house.places["other"]
    row = places.occupancy(state, tom, other)
    assert row is not None
    assert places.may(state, tom, other, Right.SEE, row.until - 1)
    assert not places.may(state, tom, other, Right.SEE, row.until)


def test_whoever_was_to_come_may_be_told_not_to(house: House) -> None:
    start = house.now + DAY_MS
    house.do("clerk", house.grant("kim", starts=start))
    outcome = house.do("kim", house.end("kim"))
    assert outcome.the(OccupancyEnded).until == start
    house.do("clerk", house.grant("kim", starts=start))
    house.village.town.check_invariants()


def test_what_was_agreed_to_end_ends_by_itself(house: House) -> None:
    events = house.village.town.advance(days=11)
    assert [type(event) for event in events] == [OccupancyEnded]
    assert places.household(house.village.town.state, house.places["other"], house.now) == ()
    assert house.refusal("tom", house.end("tom", place="other")) == "places.no_occupant"
    house.do("clerk", house.grant("kim", place="other"))
    assert not house.may("tom", place="other")


def test_family_leaves_with_whoever_invited_them(house: House) -> None:
    house.do("anna", house.family("kim"))
    house.do("anna", house.family("lee", Right.SEE, starts=house.now + DAY_MS))
    leaving = house.do("anna", house.end("anna", house.now + 5 * DAY_MS))
    assert leaving.the(OccupancyEnding).until == house.now + 5 * DAY_MS - 1
    house.village.town.advance(days=4)
    assert [house.may(name, Right.SEE) for name in ("anna", "kim", "lee")] == [True, True, True]
    events = house.village.town.advance(days=2)
    assert [event.account for event in events if isinstance(event, OccupancyEnded)] == [
        house.id(name) for name in ("anna", "kim", "lee")
    ]
    assert [house.may(name, Right.SEE) for name in ("anna", "kim", "lee")] == [False, False, False]
    house.village.town.check_invariants()


def test_family_may_leave_first_and_come_again(house: House) -> None:
    for _ in range(9):
        house.do("anna", house.family("kim"))
        house.do("kim", house.end("kim"))
    house.do("anna", house.family("kim"))
    house.do("anna", house.end("kim", house.now))
    assert not house.may("kim")
    house.village.town.check_invariants()


def test_a_household_has_eight_guests_at_most(house: House) -> None:
    for number in range(8):
        name = f"cousin {number}"
        house.village.settle(name, invited_by="clerk")
        house.do("anna", house.family(name))
    assert house.refusal("anna", house.family("kim")) == "places.too_many_guests"
    household = identity.household_of(house.village.town.state, house.id("anna"))
    assert household == tuple(house.id(f"cousin {number}") for number in range(8)), "they hear of each other's recovery"
    events = house.do("anna", house.end("anna")).events
    assert sum(isinstance(event, OccupancyEnded) for event in events) == 9
    assert identity.household_of(house.village.town.state, house.id("anna")) == ()
    house.village.town.check_invariants()


def test_whoever_is_invited_may_be_given_a_home_before_they_accept(house: House) -> None:
    house.village.invite("clerk", "new", InviteResident(**house.village.key_of("once new")))
    house.do("clerk", house.grant("new"))
    house.village.accept("new")
    assert house.may("new")


Make = Callable[[House], Command]
K = PlaceKind


def name_flat(house: House) -> SealDetails:
    return SealDetails(place=house.places["flat"], name=content("502"))


REFUSED: list[tuple[str, str, Make, str]] = [
    ("a resident builds", "anna", lambda h: h.place(K.COMMUNITY), "identity.role_missing"),
    ("a committee builds", "owners", lambda h: h.place(K.COMMUNITY), "identity.role_missing"),
    ("nowhere", "clerk", lambda h: h.place(K.BUILDING), "places.needs_holder"),
    ("in nothing", "clerk", lambda _: RegisterPlace(kind=K.BUILDING, parent=bytes(16)), "places.unknown"),
    ("a door number", "clerk", lambda h: h.place(K.DWELLING, "floor", number=501), "places.unit_stays_random"),
    ("a door code", "clerk", lambda h: h.place(K.SHOP, "floor", code="3-2-501"), "places.unit_stays_random"),
    ("building 3 twice", "clerk", lambda h: h.place(K.BUILDING, "community", number=3), "places.number_taken"),
    ("in what is gone", "clerk", lambda h: h.place(K.DWELLING, "ruin"), "places.retired"),
    ("an owner's name for it", "anna", name_flat, "identity.role_missing"),
    ("living in the lift", "clerk", lambda h: h.grant("kim", place="lift"), "places.not_occupiable"),
    ("an owner twice", "clerk", lambda h: h.grant("anna"), "places.already_occupant"),
    ("no rights", "clerk", lambda h: replace(h.grant("kim"), rights=()), "places.rights_invalid"),
    ("a right twice", "clerk", lambda h: h.family("kim", Right.SEE, Right.SEE), "places.rights_invalid"),
    ("an agent confirms", "clerk", lambda h: h.grant("kim", Capacity.AGENT, *LIVING), "places.right_not_of_capacity"),
    ("family with a key to all", "clerk", lambda h: h.family("kim", *ALL), "places.right_not_of_capacity"),
    ("out before in", "clerk", lambda h: h.grant("kim", starts=h.now + 9, until=h.now + 8), "places.out_before_in"),
    ("over already", "clerk", lambda h: h.grant("kim", starts=h.now - 9, until=h.now - 8), "places.already_over"),
    ("housed by an officer", "street", lambda h: h.grant("kim"), "identity.role_missing"),
    ("a clerk's own home", "clerk", lambda h: h.grant("clerk"), "places.own_entry"),
    ("an absent tenant", "clerk", lambda h: h.grant("kim", absent=True), "places.must_live_there"),
    ("a lift's area", "clerk", lambda h: h.place(K.LIFT, "shaft", area=content("1")), "places.no_unit"),
    ("no such day", "clerk", lambda h: h.place(K.SHOP, "floor", handover=2015_02_29), "places.no_such_day"),
    ("handed over in no month", "clerk", lambda h: h.place(K.SHOP, "floor", handover=2015_13_01), "places.no_such_day"),
    ("a stranger invites", "lee", lambda h: h.family("kim"), "places.may_not_invite"),
    ("family invites", "kin", lambda h: h.family("kim"), "places.may_not_invite"),
    ("an owner lets", "anna", lambda h: h.grant("kim", Capacity.TENANT), "places.family_only"),
    ("more than one's own", "lodger", lambda h: h.family("kim", Right.PAY, place="other"), "places.more_than_own"),
    ("longer than oneself", "tom", lambda h: h.family("kim", place="other"), "places.longer_than_host"),
    ("before oneself", "anna", lambda h: h.family("kim", starts=1), "places.longer_than_host"),
    ("a closed account", "clerk", lambda h: h.grant("gone"), "places.account_not_open"),
    ("nobody moves out", "clerk", lambda h: h.end("kim"), "places.no_occupant"),
    ("a neighbour ends it", "tom", lambda h: h.end("anna"), "identity.role_missing"),
    ("out before she came", "anna", lambda h: h.end("anna", 1), "places.out_before_in"),
    ("later than agreed", "tom", lambda h: h.end("tom", h.now + 11 * DAY_MS, "other"), "places.later_than_agreed"),
]


@pytest.mark.parametrize(("case", "who", "make", "code"), REFUSED, ids=[case for case, *_ in REFUSED])
def test_it_is_refused(house: House, case: str, who: str, make: Make, code: str) -> None:
    for name in ("kin", "lodger", "gone"):
        house.village.settle(name, invited_by="clerk")
    house.do("gone", CloseAccount(account=house.id("gone")))
    house.do("anna", house.family("kin"))
    house.do("clerk", house.grant("lodger", Capacity.TENANT, Right.SEE, Right.INVITE, place="other"))
    house.sign("lodger", "other")
    house.build("ruin", K.FLOOR, "section", number=99)
    house.do("clerk", RetirePlace(place=house.places["ruin"]))
    assert house.refusal(who, make(house)) == code, case
    house.village.town.check_invariants()


def test_a_device_lives_nowhere(house: House) -> None:
    registered = house.do("clerk", RegisterDevice(code="pump-7", **house.village.key_of("pump")))
    grant = replace(house.grant("kim"), account=registered.the(DeviceRegistered).account)
    assert house.refusal("clerk", grant) == "places.account_not_open"
