"""The rows of places are the state of places: what holds what, which cell it lies in, who belongs where and when."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from linlian.community.identity import NOBODY, OrganisationKind, Role
from linlian.community.identity.tests.village import DAY_MS, Village, content, found_village
from linlian.community.identity.views import views as identity_views
from linlian.community.places import (
    Capacity,
    PlaceKind,
    Right,
    cell_of,
    contract,
    household,
    is_common,
    owners,
)
from linlian.community.places import rules as state
from linlian.community.places import views as ask
from linlian.community.places.rules import MoveToCell, PlaceRegistered, RegisterPlace, RetirePlace, SealDetails
from linlian.community.places.rules_occupancy import EndOccupancy, GrantOccupancy, occupancies, rolls, signing_time
from linlian.community.places.rules_signing import CloseRoll, CountersignRoll, OpenRoll, RollOpened
from linlian.community.places.tests.test_sequences import RESIDENTS, STEP, TRIES, Estate
from linlian.testing.rows import reading, table_rows


def check_rows(village: Village) -> None:
    """Every place, its holders and its cell, and every present or last occupancy, as the state has them."""
    town = village.town
    with reading(town.blocks, identity_views, ask.views) as db:
        found = {row.place: row for row in table_rows(db, ask.places)}
        kept = dict(town.rows(state.places))
        assert found.keys() == kept.keys()
        for key, place in kept.items():
            row = found[key]
            assert (row.kind, row.status, row.number, row.code) == (place.kind, place.status, place.number, place.code)
            assert row.handover == place.handover
            assert (row.cell, row.since, row.is_common) == (place.cell, place.since, is_common(place))
            assert (row.parent or NOBODY) == place.parent
            assert [above.place for above in ask.path(db, key)] == [*place.path, key]
            lies_in = ask.cell(db, key)
            assert (lies_in.cell if lies_in else "") == cell_of(town.state, place)
        last = {(row.place, row.account): row for row in table_rows(db, ask.occupancies)}
        present = dict(town.rows(occupancies))
        assert last.keys() == {(key[1:17], key[18:34]) for key in present}
        for key, occupancy in present.items():
            row = last[key[1:17], key[18:34]]
            assert (row.capacity, row.starts, row.until) == (occupancy.capacity, occupancy.starts, occupancy.until)
            assert (row.has_ended, row.host or NOBODY) == (occupancy.ended, occupancy.host)
            assert (row.parts, row.whole, row.is_absent) == (occupancy.parts, occupancy.whole, occupancy.absent)
            assert (row.accepted_at, row.roll or NOBODY) == (occupancy.accepted_at, occupancy.roll)
            assert row.signed_at == signing_time(town.state, occupancy)
            assert row.rights == ",".join(occupancy.rights)
        listed = {row.roll: row for row in table_rows(db, ask.rolls)}
        kept_rolls = dict(town.rows(rolls))
        assert listed.keys() == kept_rolls.keys()
        for key, roll in kept_rolls.items():
            row = listed[key]
            assert (row.entries, row.signed_at, row.closed_at > 0) == (roll.entries, roll.signed_at, roll.closed)
        for flat in {key[1:17] for key in present}:
            living = tuple(row.account for row in ask.household(db, flat))
            assert {*living} == {*household(town.state, flat, town.time)}
            owning = {row.account for row in ask.owners(db, flat)}
            assert owning == {owner.account for owner in owners(town.state, flat, town.time)}


@settings(max_examples=20, deadline=None)
@given(st.lists(STEP, min_size=40, max_size=80))
def test_rows_are_the_state_whatever_is_tried(steps: list[tuple[int, int, int, int, int]]) -> None:
    estate = Estate()
    for what, who, whom, a, b in steps:
        if what == len(TRIES):
            estate.village.town.advance(hours=12 * (a % 8))
        else:
            usual, make = TRIES[what]
            name = usual if usual != "resident" and who else RESIDENTS[who % 6]
            estate.attempt(name, make(estate, RESIDENTS[whom % 6], a, b))
    check_rows(estate.village)


def test_a_house_is_read_from_the_outside_in_and_floor_by_floor() -> None:
    village = found_village(contract, harmony=OrganisationKind.PROPERTY_COMPANY)
    village.hire("harmony", "clerk", Role.CLERK)
    community = register(village, PlaceKind.COMMUNITY)
    building = register(village, PlaceKind.BUILDING, community, number=7, cell="a-cell")
    floors = [register(village, PlaceKind.FLOOR, building, number=number) for number in (2, -1, 1)]
    flats = [register(village, PlaceKind.DWELLING, floor) for floor in floors for _ in range(2)]
    village.do("clerk", SealDetails(place=flats[0], name=content("701")))
    village.do("clerk", MoveToCell(place=floors[0], cell="other"))
    village.do("clerk", RetirePlace(place=flats[5]))
    with reading(village.town.blocks, identity_views, ask.views) as db:
        assert [row.place for row in ask.children(db)] == [community]
        assert [row.number for row in ask.children(db, building)] == [-1, 1, 2]
        assert ask.children(db, building, kind=PlaceKind.DWELLING) == []
        everything = ask.tree(db, community)
        assert len(everything) == 11
        assert [row.depth for row in everything] == sorted(row.depth for row in everything)
        assert {row.place for row in ask.tree(db, building, kind=PlaceKind.DWELLING)} == set(flats)
        assert [ask.cell(db, flat) for flat in (flats[0], flats[2])] == [(flats[0], "other"), (flats[2], "a-cell")]
        assert ask.cell(db, community) is None
        named, retired = ask.place(db, flats[0]), ask.place(db, flats[5])
    assert named is not None
    assert named.name == content("701").commitment
    assert retired is not None
    assert retired.status == "retired"


def register(village: Village, kind: PlaceKind, parent: bytes | None = None, number: int = 0, cell: str = "") -> bytes:
    command = RegisterPlace(kind=kind, parent=parent, number=number, cell=cell)
    place = village.do("clerk", command).the(PlaceRegistered).place
    assert isinstance(place, bytes)
    return place


def test_who_belongs_to_a_place_is_asked_for_a_time() -> None:
    """A tenant who left and came back, and an owner all along."""
    village = found_village(contract, harmony=OrganisationKind.PROPERTY_COMPANY)
    village.hire("harmony", "clerk", Role.CLERK, Role.DESK)
    for name in ("owner", "tenant"):
        village.settle(name, invited_by="clerk")
    community = register(village, PlaceKind.COMMUNITY)
    flat = register(village, PlaceKind.DWELLING, register(village, PlaceKind.BUILDING, community))
    town, owner, tenant = village.town, village.id("owner"), village.id("tenant")
    grant(village, flat, owner, Capacity.OWNER)
    moved_in = town.time
    grant(village, flat, tenant, Capacity.TENANT)
    town.advance(days=10)
    village.do("clerk", EndOccupancy(place=flat, account=tenant))
    moved_out = town.time
    town.advance(days=10)
    grant(village, flat, tenant, Capacity.TENANT)
    town.advance(days=1)
    with reading(town.blocks, identity_views, ask.views) as db:

        def there(now: int) -> set[bytes]:
            return {row.account for row in ask.occupants(db, flat, now=now)}

        assert there(moved_in) == {owner}
        assert there(moved_in + 1) == there(moved_out - 1) == there(0) == {owner, tenant}
        assert there(moved_out) == there(moved_out + 5 * DAY_MS) == {owner}
        assert [row.account for row in ask.occupants(db, flat, former=True)] == [owner, tenant, tenant]
        assert [row.place for row in ask.places_of(db, tenant)] == [flat]
        assert ask.places_of(db, tenant, now=moved_out) == []
        assert len(ask.places_of(db, tenant, former=True)) == 2
    check_rows(village)


def grant(village: Village, place: bytes, account: bytes, capacity: Capacity) -> None:
    rights = (Right.REPORT, Right.SEE)
    village.do("clerk", GrantOccupancy(place=place, account=account, capacity=capacity, rights=rights))


def test_a_roll_is_seen_waiting_and_its_people_signed_once_it_is() -> None:
    village = found_village(contract, street=OrganisationKind.GOVERNMENT, harmony=OrganisationKind.PROPERTY_COMPANY)
    village.hire("harmony", "clerk", Role.CLERK, Role.DESK)
    building = register(village, PlaceKind.BUILDING, register(village, PlaceKind.COMMUNITY))
    flat = register(village, PlaceKind.DWELLING, building)
    roll = village.do("clerk", OpenRoll()).the(RollOpened).roll
    for name in ("one", "two", "three"):
        village.settle(name, invited_by="clerk")
        on = roll if name != "three" else None
        rights = (Right.SEE,)
        account = village.id(name)
        grant = GrantOccupancy(place=flat, account=account, capacity=Capacity.TENANT, rights=rights, roll=on)
        village.do("clerk", grant)
    village.do("clerk", CloseRoll(roll=roll, document=content("list")))
    with reading(village.town.blocks, identity_views, ask.views) as db:
        assert [row.account for row in ask.unsigned(db)] == [village.id("three")]
        (waiting,) = ask.waiting_rolls(db)
        assert (waiting.roll, waiting.entries) == (roll, 2)
        assert waiting.document == content("list").commitment
        assert {row.signed_at for row in ask.on_roll(db, roll)} == {0}
    village.do("street", CountersignRoll(roll=roll, entries=2, document=waiting.document))
    with reading(village.town.blocks, identity_views, ask.views) as db:
        assert ask.waiting_rolls(db) == []
        assert {row.signed_by for row in ask.on_roll(db, roll)} == {village.id("street")}
        assert len(ask.on_roll(db, roll)) == 2
