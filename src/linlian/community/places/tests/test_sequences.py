"""Whatever is built, granted and ended, in whatever order: the invariants hold, and no right outlives its occupancy.

A sequence is drawn as numbers: what is tried, by whom, about whom, and two numbers that say where and when.
"""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from linlian.community import places
from linlian.community.identity import NOBODY, OrganisationKind, Role
from linlian.community.identity.tests.village import DAY_MS, Village, content, found_village
from linlian.community.places import Capacity, PlaceKind, PlaceStatus, Right
from linlian.community.places.rules import MoveToCell, RegisterPlace, RetirePlace
from linlian.community.places.rules import places as place_rows
from linlian.community.places.rules_occupancy import (
    GUARDED,
    OWNERS,
    RIGHTS_OF,
    ChangePresence,
    EndOccupancy,
    GrantOccupancy,
    occupancies,
    rolls,
)
from linlian.community.places.rules_shares import ChangeShare
from linlian.community.places.rules_signing import (
    AcceptOccupancy,
    CloseRoll,
    CountersignOccupancy,
    CountersignRoll,
    OpenRoll,
)
from linlian.kernel.contract import Command, Refused, compose

SHARES = ((0, 0), (0, 0), (1, 2), (1, 3), (1, 1))
RESIDENTS = ("anna", "bo", "cai", "dan", "eve", "fay")


class Estate:
    """A community, a building and a flat to begin with, which Anna owns."""

    def __init__(self) -> None:
        self.village: Village = found_village(
            places.contract, street=OrganisationKind.GOVERNMENT, harmony=OrganisationKind.PROPERTY_COMPANY
        )
        self.village.hire("harmony", "clerk", Role.CLERK, Role.DESK)
        for name in RESIDENTS:
            self.village.settle(name, invited_by="clerk")
        for kind in (PlaceKind.COMMUNITY, PlaceKind.BUILDING, PlaceKind.DWELLING):
            parent = self.standing(PlaceKind.COMMUNITY, PlaceKind.BUILDING)
            self.attempt("clerk", RegisterPlace(kind=kind, parent=parent[-1] if parent else None))

    def attempt(self, name: str, command: Command) -> None:
        try:
            self.village.do(name, command)
        except Refused:
            return

    def standing(self, *kinds: PlaceKind) -> list[bytes]:
        """The places in use of these kinds, the innermost last."""
        rows = [(key, row) for key, row in self.village.town.rows(place_rows) if row.status is PlaceStatus.IN_USE]
        rows.sort(key=lambda pair: len(pair[1].path))
        return [key for key, row in rows if row.kind in kinds]

    def home(self, number: int) -> bytes:
        """Some dwelling, or now and then a building."""
        kind = PlaceKind.DWELLING if number % 5 else PlaceKind.BUILDING
        found = self.standing(kind) or [bytes(16)]
        return found[number % len(found)]

    def roll(self, number: int) -> bytes:
        """Some roll, if there is one."""
        found = [key for key, _ in self.village.town.rows(rolls)] or [bytes(16)]
        return found[number % len(found)]

    def when(self, number: int) -> int:
        """Not said, or some days before or after now."""
        return self.village.town.time + (number % 9 - 3) * DAY_MS if number % 3 else 0


def _grant(estate: Estate, name: str, a: int, b: int) -> Command:
    capacity = list(Capacity)[b % 6]
    rights = RIGHTS_OF[capacity][: 1 + a % 5] if a % 4 else RIGHTS_OF[capacity]
    where, who, starts = estate.home(a), estate.village.id(name), estate.when(a)
    until = (starts or estate.village.town.time) + b * DAY_MS if b % 2 else 0
    parts, whole = SHARES[(a + b) % len(SHARES)] if capacity in OWNERS else (0, 0)
    roll = estate.roll(b) if a % 5 == 0 and name != "clerk" else None
    return GrantOccupancy(
        place=where,
        account=who,
        capacity=capacity,
        rights=rights,
        starts=starts,
        until=until,
        absent=b % 7 == 0,
        parts=parts,
        whole=whole,
        roll=roll,
    )


def _family(estate: Estate, name: str, a: int, b: int) -> Command:
    hosts = [key[1:17] for key, row in estate.village.town.rows(occupancies) if Right.INVITE in row.rights]
    where, who = hosts[a % len(hosts)] if hosts else estate.home(a), estate.village.id(name)
    rights = (Right.SEE, Right.CONFIRM)[b % 2 :]
    until = estate.village.town.time + b * DAY_MS if b % 3 else 0
    return GrantOccupancy(place=where, account=who, capacity=Capacity.FAMILY, rights=rights, until=until)


def _end(estate: Estate, name: str, a: int, b: int) -> Command:
    return EndOccupancy(place=estate.home(a), account=estate.village.id(name), until=estate.when(b))


def _accept(estate: Estate, _: str, a: int, _b: int) -> Command:
    return AcceptOccupancy(place=estate.home(a))


def _sign(estate: Estate, name: str, a: int, _b: int) -> Command:
    return CountersignOccupancy(place=estate.home(a), account=estate.village.id(name))


def _share(estate: Estate, name: str, a: int, b: int) -> Command:
    parts, whole = SHARES[b % len(SHARES)]
    return ChangeShare(place=estate.home(a), account=estate.village.id(name), parts=parts, whole=whole)


def _presence(estate: Estate, name: str, a: int, b: int) -> Command:
    return ChangePresence(place=estate.home(a), account=estate.village.id(name), absent=b % 2 == 0)


def _open(_estate: Estate, _: str, _a: int, _b: int) -> Command:
    return OpenRoll()


def _close(estate: Estate, _: str, a: int, _b: int) -> Command:
    return CloseRoll(roll=estate.roll(a), document=content("list"))


def _sign_roll(estate: Estate, _: str, a: int, _b: int) -> Command:
    roll = estate.roll(a)
    row = estate.village.town.get(rolls, roll)
    entries = row.entries if row is not None else 0
    return CountersignRoll(roll=roll, entries=entries, document=content("list").commitment)


def _register(estate: Estate, _: str, a: int, b: int) -> Command:
    kind = (PlaceKind.BUILDING, PlaceKind.FLOOR, PlaceKind.DWELLING, PlaceKind.DWELLING)[a % 4]
    holders = estate.standing(PlaceKind.COMMUNITY, PlaceKind.BUILDING, PlaceKind.FLOOR) or [bytes(16)]
    number = b % 4 if kind is not PlaceKind.DWELLING else 0
    return RegisterPlace(kind=kind, parent=holders[b % len(holders)], number=number)


def _retire(estate: Estate, _: str, a: int, _b: int) -> Command:
    found = estate.standing(*PlaceKind)[1:] or [bytes(16)]
    return RetirePlace(place=found[-1 - a % len(found)])


def _move(estate: Estate, _: str, a: int, b: int) -> Command:
    return MoveToCell(place=estate.home(a), cell=f"cell-{b}")


TRIES: list[tuple[str, Callable[[Estate, str, int, int], Command]]] = [
    *[("clerk", _grant)] * 3,
    *[("resident", _family)] * 3,
    *[("clerk", _end), ("resident", _end)] * 2,
    *[("resident", _accept)] * 3,
    *[("street", _sign), ("resident", _sign), ("resident", _share), ("street", _share), ("resident", _presence)],
    *[("clerk", _open), ("clerk", _close), ("street", _sign_roll)],
    *[("clerk", _register), ("clerk", _retire), ("clerk", _move)],
]
PEOPLE, NUMBERS = st.integers(0, 11), st.integers(0, 40)
STEP = st.tuples(st.integers(0, len(TRIES)), PEOPLE, PEOPLE, NUMBERS, NUMBERS)


@settings(max_examples=40, deadline=None)
@given(st.lists(STEP, min_size=40, max_size=80))
def test_whatever_is_tried_no_right_outlives_its_occupancy(steps: list[tuple[int, int, int, int, int]]) -> None:
    estate = Estate()
    for what, who, whom, a, b in steps:
        if what == len(TRIES):
            estate.village.town.advance(hours=12 * (a % 8))
        else:
            usual, make = TRIES[what]
            name = usual if usual != "resident" and who else RESIDENTS[who % 6]
            estate.attempt(name, make(estate, RESIDENTS[whom % 6], a, b))
        estate.village.town.check_invariants()
        check_rights(estate)


def check_rights(estate: Estate) -> None:
    """Who has a right now has an occupancy that is not over, there or above; who left has none of that place's own."""
    town, state = estate.village.town, estate.village.town.state
    present = {
        (key[1:17], key[18:34])
        for key, row in town.rows(occupancies)
        if not row.ended and row.starts <= town.time and (row.until == 0 or town.time < row.until)
    }
    for where, row in town.rows(place_rows):
        for name in RESIDENTS:
            account = estate.village.id(name)
            belongs = any((place, account) in present for place in (where, *row.path))
            allowed = any(places.may(state, account, where, right, town.time) for right in Right)
            assert belongs or not allowed
            for right in GUARDED:
                if places.may(state, account, where, right, town.time):
                    assert any(_is_signed(estate, place, account) for place in (where, *row.path))


def _is_signed(estate: Estate, place: bytes, account: bytes) -> bool:
    """By the street office, an owner or the host, alone or with a roll; and accepted, but for guests."""
    row = estate.village.town.get(occupancies, compose(place, account))
    if row is None:
        return False
    roll = estate.village.town.get(rolls, row.roll)
    signed = row.signed_by not in (NOBODY, estate.village.id("clerk")) or (roll is not None and roll.signed_at > 0)
    return signed and (row.accepted_at > 0 or row.host != NOBODY)
