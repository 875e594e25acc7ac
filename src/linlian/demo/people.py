"""Who lives at Spruce Court. All of them are invented.

Rules
- One account, one person, one context: a repairer who lived here would have a second account for the home.
- Everybody has a key for the story ("repairer", "b2s1f12u3-1"). The people in `staff.AT_HAND` keep their signing keys
  in the folder under that name when the story is over; all other keys are gone with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from linlian.community.places import Capacity, Right
from linlian.community.places.rules_occupancy import RIGHTS_OF
from linlian.demo.grounds import BAYS_A_HOUSE, SHOPS
from linlian.demo.names import names
from linlian.demo.staff import STAFF
from linlian.demo.text import Text


class Resident(NamedTuple):
    """Belongs to a place from one of the first days on, or from `since`, until `until` (seconds; 0: for good).

    `host` is who invited them into their own home; "" if the desk did. `keyless`: has no telephone. `absent`: lives
    elsewhere.
    """

    key: str
    home: str
    name: Text
    capacity: Capacity
    host: str = ""
    keyless: bool = False
    absent: bool = False
    since: int = 0
    until: int = 0

    @property
    def stays(self) -> bool:
        """Whether they have a key, and are there all the time: who answers must belong there then as now."""
        return not (self.keyless or self.since or self.until or self.absent)

    @property
    def rights(self) -> tuple[Right, ...]:
        """All of the capacity's; who was invited cannot have the right to invite."""
        return tuple(right for right in RIGHTS_OF[self.capacity] if not self.host or right is not Right.INVITE)

    def is_there(self, at: int) -> bool:
        return self.since <= at and (self.until == 0 or at < self.until)


_C = Capacity

FAMILY_HOME, TENANT_HOME, GRANDMOTHER_HOME, HELPER_HOME = "b2s1f12u3", "b3s2f5u2", "b1s1f3u1", "b1s1f3u2"
TENANT_LEAVES_DAY, TENANT_COMES_DAY = 277, 284
DAY = 24 * 3600


def residents(dwellings: list[str], houses: int, chance: Random) -> list[Resident]:
    """Everybody who belongs to a dwelling, a shop or a bay, in the course of the story."""
    known = names(chance, [*(staff.name for staff in STAFF), *(person.name for person in OURS)])
    found: list[Resident] = []
    for home in dwellings:
        found += _OURS[home] if home in _OURS else _household(home, known, chance)
    found += [Resident(f"shop{n}-1", f"shop{n}", next(known), _C.COMPANY) for n in range(1, SHOPS + 1)]
    owners = [person for person in found if person.capacity is _C.OWNER and not person.keyless]
    bays = [f"bay{n}" for n in range(1, houses * BAYS_A_HOUSE + 1)]
    found += [
        owner._replace(home=bay, capacity=_C.OWNER, host="")
        for bay, owner in zip(bays, chance.sample(owners, len(bays) * 3 // 4), strict=False)
    ]
    return found


def _household(home: str, known: Iterator[Text], chance: Random) -> Iterator[Resident]:
    """Nobody, one person, a couple, a family of three or four, or tenants."""
    sort = chance.choices(("empty", "one", "two", "family", "old", "tenants"), (4, 14, 30, 29, 9, 14))[0]
    first = f"{home}-1"
    if sort == "empty":
        return
    yield Resident(first, home, next(known), _C.TENANT if sort == "tenants" else _C.OWNER, keyless=sort == "old")
    if sort in ("two", "family"):
        yield Resident(f"{home}-2", home, next(known), _C.CO_OWNER)
    if sort in ("family", "tenants"):
        for number in range(3, 3 + chance.choice((1, 1, 2))):
            yield Resident(f"{home}-{number}", home, next(known), _C.FAMILY, host=first)
    if sort == "old" and chance.random() < 0.4:
        yield Resident(f"{home}-2", home, next(known), _C.CO_OWNER, keyless=True)


_OURS: dict[str, tuple[Resident, ...]] = {
    FAMILY_HOME: (
        Resident("resident", FAMILY_HOME, Text("林美", "Lin Mei"), _C.OWNER),
        Resident("husband", FAMILY_HOME, Text("陈浩", "Chen Hao"), _C.CO_OWNER),
        Resident("daughter", FAMILY_HOME, Text("陈雨桐", "Chen Yutong"), _C.FAMILY, host="resident"),
    ),
    TENANT_HOME: (
        Resident("landlord", TENANT_HOME, Text("段立", "Duan Li"), _C.OWNER, absent=True),
        Resident("tenant", TENANT_HOME, Text("高阳", "Gao Yang"), _C.TENANT, until=TENANT_LEAVES_DAY * DAY),
        Resident("next-tenant", TENANT_HOME, Text("白露", "Bai Lu"), _C.TENANT, since=TENANT_COMES_DAY * DAY),
    ),
    GRANDMOTHER_HOME: (
        Resident("grandmother", GRANDMOTHER_HOME, Text("吴桂英", "Wu Guiying"), _C.OWNER, keyless=True),
    ),
    HELPER_HOME: (Resident("helper", HELPER_HOME, Text("梁静怡", "Liang Jingyi"), _C.OWNER),),
}

OURS = tuple(person for household in _OURS.values() for person in household)
"""The residents whom the story knows by name."""
