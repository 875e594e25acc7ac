"""Who may do what where and when: what neighbours ask of occupancies.

Rules
- A right counts at a place and at everything in it, from `starts` (included) to `until` (excluded; 0 is open), and
  never for a time before it was written down: a date put back gives nobody a past.
- A guarded right counts once the occupancy is signed and accepted (`rules_occupancy.counts`).
- Who is absent confirms only while nobody lives there who may: whoever lives there knows whether it is repaired.
- A matter (a case, say) began at some time. Who might see it then sees it for good, and nobody who came later does;
  to act in it one must belong there both then and now.
"""

from __future__ import annotations

from typing import NamedTuple

from linlian.community.places.rules import areas, handover_of, places, require_place
from linlian.community.places.rules_occupancy import (
    GUARDED,
    OWNERS,
    Capacity,
    Occupancy,
    Right,
    counts,
    occupancy,
    present,
)
from linlian.kernel.contract import Reader


class Owner(NamedTuple):
    """`parts` of `whole`; 0 of 0 holds jointly what the others' shares leave. `counted`: signed and accepted."""

    account: bytes
    parts: int
    whole: int
    counted: bool


class UnitFacts(NamedTuple):
    """`handover` is a day (20150630; 0 is not known), `area` the commitment to the sealed area (b"" is none)."""

    handover: int
    area: bytes


def may(reader: Reader, account: bytes, place: bytes, right: Right, time: int) -> bool:
    """Whether an account has a right at a place at a time: by an occupancy of it, or of a place that holds it."""
    found = places.get(reader, place)
    if found is None:
        return False
    for where in (place, *reversed(found.path)):
        row = occupancy(reader, account, where)
        if row is None or not has_right(reader, account, row, right, time):
            continue
        if right is not Right.CONFIRM or not row.absent:
            return True
        if not any(_somebody_there(reader, at, time) for at in dict.fromkeys((place, where))):
            return True
    return False


def may_in_matter(reader: Reader, account: bytes, place: bytes, right: Right, began: int, time: int) -> bool:
    """Whether an account may do something, at `time`, about what began at a place at `began`.

    Seeing outlasts the stay; everything else needs a right now and an occupancy then. A right that was signed
    between then and now counts: it was written down before the matter began.
    """
    found = places.get(reader, place)
    if found is None:
        return False
    rows = [occupancy(reader, account, where) for where in (place, *found.path)]
    if right is Right.SEE:
        return any(_saw(row, began) for row in rows if row is not None)
    belonged = any(_belonged(row, right, began) for row in rows if row is not None)
    return belonged and may(reader, account, place, right, time)


def household(reader: Reader, place: bytes, time: int) -> tuple[bytes, ...]:
    """Who lives at this very place at a time, signed or not; at most 64. Agents and the absent do not."""
    return tuple(account for account, row in present(reader, place) if _lives_there(row, time))


def owners(reader: Reader, place: bytes, time: int) -> tuple[Owner, ...]:
    """The owners and co-owners of this very place at a time, with their shares."""
    return tuple(
        Owner(account, row.parts, row.whole, counts(reader, account, row, time))
        for account, row in present(reader, place)
        if row.capacity in OWNERS and row.covers(time)
    )


def unit(reader: Reader, place: bytes) -> UnitFacts:
    """When a place was handed over, and what commits to its area. Refused: `places.unknown`, `places.retired`."""
    area = areas.get(reader, place)
    return UnitFacts(handover_of(reader, require_place(reader, place)), area.commitment if area is not None else b"")


def has_right(reader: Reader, account: bytes, row: Occupancy, right: Right, time: int) -> bool:
    """Whether one occupancy gives a right at a time, whoever else is there."""
    if row.ended or right not in row.rights or not row.covers(time) or time < row.granted_at:
        return False
    return right not in GUARDED or counts(reader, account, row, time)


def _belonged(row: Occupancy, right: Right, time: int) -> bool:
    return not row.ended and right in row.rights and row.since <= time and row.covers(time)


def _saw(row: Occupancy, time: int) -> bool:
    now = Right.SEE in row.rights and row.since <= time and row.covers(time)
    return now or any(stay.since <= time < stay.until for stay in row.past)


def _lives_there(row: Occupancy, time: int) -> bool:
    return row.capacity is not Capacity.AGENT and not row.absent and row.covers(time)


def _somebody_there(reader: Reader, place: bytes, time: int) -> bool:
    """Whether somebody lives at a place who may confirm."""
    return any(
        _lives_there(row, time) and has_right(reader, account, row, Right.CONFIRM, time)
        for account, row in present(reader, place)
    )
