"""What the side table does not know yet, read back from the ledger and the vault: doors by their sealed names, people
by the documents of their rolls. Whatever was brought in elsewhere, or by hand, is found so too.

Content that cannot be opened here, or that is no door, is passed over: then its row of a list counts as new.
"""

from __future__ import annotations

from typing import Any

from linlian.imports.lists.doors import Door
from linlian.imports.lists.houses import Houses
from linlian.imports.lists.people import People
from linlian.imports.lists.side import Entry, Side
from linlian.imports.problems import RowRejected
from linlian.imports.requests import Target
from linlian.kernel import codec
from linlian.kernel.codec import Content
from linlian.kernel.errors import LinlianError

UNITS = ("dwelling", "shop", "parking_bay")


def recover(target: Target, side: Side, houses: Houses, people: People) -> None:
    """Go through the blocks since the last time. Raises ImportFailed."""
    key = side.hash("height")
    entry, head = side.get(key), target.ledger.head.height
    start = int.from_bytes(entry.id, "big") + 1 if entry is not None else 0
    names: dict[bytes, tuple[str, str]] = {}
    if start > head:
        return
    for block in target.ledger.follow(start):
        for receipt in block.receipts:
            for _, kind, _, fields in map(codec.decode_plain_trusted, receipt.entries):
                if kind in ("places.place_registered", "places.details_sealed"):
                    _name(target, fields, names)
                elif kind == "places.roll_closed":
                    people.remember(_opened(target, fields["document"]))
        if block.header.height >= head:
            break
    doors = {}
    for place, (name, area) in names.items():
        try:
            doors[place] = Door.read(name).key, area
        except RowRejected:
            continue
    houses.remember(doors)
    side.put([(key, Entry(head.to_bytes(8, "big")))])


def _name(target: Target, fields: dict[str, Any], names: dict[bytes, tuple[str, str]]) -> None:
    """The door's name and area, as far as they were sealed; what is sealed later counts."""
    place = fields["place"]
    if fields.get("kind", "dwelling") not in UNITS:
        return
    name, area = names.get(place, ("", ""))
    if "name" in fields:
        name = _opened(target, fields["name"])
    if "area" in fields:
        area = _opened(target, fields["area"])
    names[place] = name, area


def _opened(target: Target, content: dict[str, bytes]) -> str:
    """The text of sealed content; "" if it cannot be opened here."""
    try:
        return target.sealer.get(codec.typed(Content, content)).decode()
    except (LinlianError, UnicodeDecodeError):
        return ""
