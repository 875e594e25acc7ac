"""What holds over all places and occupancies, whatever was tried."""

from __future__ import annotations

from linlian.community.identity import NOBODY
from linlian.community.places.rules import (
    NUMBERED_ONCE,
    STANDS_IN,
    UNITS,
    PlaceStatus,
    areas,
    contract,
    number_key,
    numbers,
    places,
)
from linlian.community.places.rules_occupancy import (
    OWNERS,
    RIGHTS_OF,
    Occupancy,
    Right,
    households,
    occupancies,
    rolls,
)
from linlian.community.places.rules_shares import FOREVER, add
from linlian.kernel.contract import Rows


@contract.invariant
def places_stand_where_they_can(rows: Rows) -> None:
    """Every place stands in one that can hold it, in use as long as it is, and is counted there."""
    known = dict(rows(places))
    children: dict[bytes, int] = {}
    for key, row in known.items():
        if row.path:
            holder = known[row.parent]
            assert row.path[:-1] == holder.path, f"the path of {key.hex()}"
            assert holder.kind in STANDS_IN[row.kind], f"{row.kind} in {holder.kind}"
            if row.status is PlaceStatus.IN_USE:
                assert holder.status is PlaceStatus.IN_USE, f"{key.hex()} stands in a retired place"
                children[row.parent] = children.get(row.parent, 0) + 1
        assert row.kind not in UNITS or not (row.number or row.code), "a unit carries nothing but its random id"
    for key, row in known.items():
        assert row.children == children.get(key, 0), f"children of {key.hex()}"
    assert all(known[key].kind in UNITS for key, _ in rows(areas)), "only units have an area"


@contract.invariant
def numbers_are_given_once(rows: Rows) -> None:
    """Buildings, sections and floors in use are found under their number."""
    numbered = sorted(
        (number_key(row.path, row.kind, row.number), key)
        for key, row in rows(places)
        if row.kind in NUMBERED_ONCE and row.status is PlaceStatus.IN_USE
    )
    assert numbered == [(key, row.place) for key, row in rows(numbers)]


@contract.invariant
def occupancies_are_whole(rows: Rows) -> None:
    """Households are who has not left; rights fit the capacity; guests fit their host; nobody left before they came."""
    known = {(key[1:17], key[18:34]): row for key, row in rows(occupancies)}
    entries: dict[bytes, int] = {}
    for (place, account), row in known.items():
        assert all(right in RIGHTS_OF[row.capacity] for right in row.rights)
        assert row.until == 0 or row.starts <= row.until, "out before in"
        entries[row.roll] = entries.get(row.roll, 0) + 1
        if row.ended:
            assert not row.guests, "whoever was invited has left too"
            continue
        for guest in row.guests:
            assert known[place, guest].host == account
        if row.host != NOBODY:
            host = known[place, row.host]
            assert account in host.guests
            assert Right.INVITE not in row.rights
            assert all(right in host.rights for right in row.rights), "no more than the host's own"
    there = {(place, account) for place, row in rows(households) for account in row.accounts}
    assert there == {key for key, row in known.items() if not row.ended}
    for key, roll in rows(rolls):
        assert entries.get(key, 0) <= roll.entries, "nothing is put on a roll without being counted"
        assert roll.closed or roll.signed_by == NOBODY, "only a closed roll is signed"


@contract.invariant
def nobody_owns_more_than_all(rows: Rows) -> None:
    """At no time from now on do the shares of a place come to more than the whole."""
    owning: dict[bytes, list[Occupancy]] = {}
    for key, row in rows(occupancies):
        if not row.ended and row.capacity in OWNERS:
            owning.setdefault(key[1:17], []).append(row)
    for place, held in owning.items():
        for time in [row.starts for row in held]:
            total = (0, 1)
            for row in held:
                if row.starts <= time < (row.until or FOREVER):
                    total = add(total, (row.parts, row.whole or 1))
            assert total[0] <= total[1], f"shares of {place.hex()}"
