"""What a proof file need not show: the same file with less in it, which proves as much of what is left.

    withhold(history, {0, 3})       # entries 0 and 3 by their digests alone

Rules
- Nothing is made up: what is withheld leaves its digest, and the checker counts and says it.
- Anybody who holds a file can do it; it needs no key and no ledger.
"""

from __future__ import annotations

from collections.abc import Collection

from linlian.kernel.block import PLACE_BYTES, placed_digest
from linlian.kernel.codec import replace
from linlian.kernel.proof import HistoryFile


def withhold(file: HistoryFile, numbers: Collection[int]) -> HistoryFile:
    """The same history with the entries of these numbers (from 0) withheld, besides those that are already."""
    entries: list[bytes] = []
    places: list[bytes] = []
    withheld: list[bytes] = []
    starts, hidden = iter(range(0, len(file.places), PLACE_BYTES)), iter(file.withheld)
    for number, entry in enumerate(file.entries):
        if not entry:
            withheld.append(next(hidden))
            entries.append(b"")
            continue
        start = next(starts)
        place = file.places[start : start + PLACE_BYTES]
        if number in numbers:
            withheld.append(placed_digest(place, entry))
            entries.append(b"")
        else:
            places.append(place)
            entries.append(entry)
    return replace(file, entries=tuple(entries), places=b"".join(places), withheld=tuple(withheld))
