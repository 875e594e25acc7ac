"""A house for tests: a village of an office, a company and a committee, with two flats, and people by name.

house.do("clerk", house.grant("kim"))       # written down by the company
house.sign("kim")                           # accepted, and countersigned by the street office
house.may("kim", Right.CONFIRM)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from linlian.community import places
from linlian.community.identity import OrganisationKind, Role
from linlian.community.identity.tests.village import DAY_MS, Village, content, found_village
from linlian.community.places import Capacity, PlaceKind, Right
from linlian.community.places.rules import Place, PlaceRegistered, RegisterPlace
from linlian.community.places.rules_occupancy import RIGHTS_OF, EndOccupancy, GrantOccupancy
from linlian.community.places.rules_signing import AcceptOccupancy, CountersignOccupancy
from linlian.kernel.contract import Command

ALL = tuple(Right)
LIVING = (Right.REPORT, Right.SEE, Right.CONFIRM)


@dataclass
class House:
    """A village with a house in it: places by name, and shortcuts."""

    village: Village
    places: dict[str, bytes]

    @property
    def now(self) -> int:
        return self.village.town.time

    def id(self, name: str) -> bytes:
        return self.village.id(name)

    def do(self, name: str, command: Command) -> Any:
        return self.village.do(name, command)

    def refusal(self, name: str, command: Command) -> str:
        return self.village.refusal(name, command)

    def row(self, name: str) -> Place:
        found = places.place(self.village.town.state, self.places[name])
        assert found is not None
        return found

    def place(self, kind: PlaceKind, parent: str = "", **more: Any) -> RegisterPlace:
        return RegisterPlace(kind=kind, parent=self.places[parent] if parent else None, **more)

    def build(self, called: str, kind: PlaceKind, parent: str = "", **more: Any) -> None:
        self.places[called] = self.do("clerk", self.place(kind, parent, **more)).the(PlaceRegistered).place

    def grant(
        self, account: str, capacity: Capacity = Capacity.TENANT, *rights: Right, place: str = "flat", **more: Any
    ) -> GrantOccupancy:
        rights = rights or RIGHTS_OF[capacity]
        where, who = self.places[place], self.id(account)
        return GrantOccupancy(place=where, account=who, capacity=capacity, rights=rights, **more)

    def sign(self, account: str, place: str = "flat") -> None:
        """They accept with their own key, and the street office countersigns."""
        self.do(account, AcceptOccupancy(place=self.places[place]))
        self.do("street_clerk", CountersignOccupancy(place=self.places[place], account=self.id(account)))

    def family(self, account: str, *rights: Right, place: str = "flat", **more: int) -> GrantOccupancy:
        return self.grant(account, Capacity.FAMILY, *(rights or LIVING), place=place, **more)

    def end(self, account: str, until: int = 0, place: str = "flat") -> EndOccupancy:
        return EndOccupancy(place=self.places[place], account=self.id(account), until=until)

    def may(self, account: str, right: Right = Right.REPORT, place: str = "flat") -> bool:
        return places.may(self.village.town.state, self.id(account), self.places[place], right, self.now)


def found_house() -> House:
    """Community, building 3, section 2, floors, two flats, a lift; Anna owns the flat, Tom rents the other."""
    village = found_village(
        places.contract,
        street=OrganisationKind.GOVERNMENT,
        harmony=OrganisationKind.PROPERTY_COMPANY,
        owners=OrganisationKind.OWNERS_COMMITTEE,
    )
    village.hire("harmony", "clerk", Role.CLERK, Role.DESK)
    village.hire("street", "street_clerk", Role.CLERK)
    for name in ("anna", "tom", "kim", "lee"):
        village.settle(name, invited_by="clerk")
    found = House(village, {})
    found.build("community", PlaceKind.COMMUNITY, cell="110101001001001")
    found.build("building", PlaceKind.BUILDING, "community", number=3)
    found.build("section", PlaceKind.SECTION, "building", number=2)
    found.build("floor", PlaceKind.FLOOR, "section", number=5)
    found.build("cellar", PlaceKind.FLOOR, "section", number=-1)
    found.build("flat", PlaceKind.DWELLING, "floor", name=content("501"))
    found.build("other", PlaceKind.DWELLING, "floor")
    found.build("shaft", PlaceKind.LIFT_SHAFT, "section")
    found.build("lift", PlaceKind.LIFT, "shaft", code="31105001002023070001")
    found.do("clerk", found.grant("anna", Capacity.OWNER))
    found.do("clerk", found.grant("tom", place="other", until=found.now + 10 * DAY_MS))
    found.sign("anna")
    found.sign("tom", "other")
    return found
