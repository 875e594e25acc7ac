"""What the side table does not know yet, read back from the ledger and the vault: doors by their sealed names, people
by the documents of their rolls. Whatever was brought in elsewhere, or by hand, is found so too.

Rules
- Looking is a command of the importer's (`openings.open_content`, for registration), on the record like anybody's. So
  what is remembered is not looked into again, and without an importer nothing is: it is counted, and said.
- Content that cannot be opened here, or that is no door, is passed over: then its row of a list counts as new.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from linlian.imports.lists.doors import Door
from linlian.imports.lists.houses import Houses
from linlian.imports.lists.people import People
from linlian.imports.lists.side import Entry, Side
from linlian.imports.problems import RowRejected
from linlian.imports.requests import Target
from linlian.imports.running import hand_in
from linlian.imports.signing import Importer, Signer
from linlian.kernel import codec
from linlian.kernel.errors import LinlianError

UNITS = ("dwelling", "shop", "parking_bay")
OPEN = "openings.open_content"
PURPOSE = "registration"
BATCH = 200


class Forgotten(NamedTuple):
    """What the ledger has since the last look and the side table does not: units' sealed names, rolls' documents."""

    head: int
    names: dict[bytes, dict[str, bytes]]
    documents: dict[bytes, dict[str, bytes]]

    @property
    def many(self) -> int:
        return len(self.names) + len(self.documents)


def recover(target: Target, side: Side, houses: Houses, people: People, importer: Importer) -> None:
    """Look into all of it, and remember it. Raises ImportFailed."""
    lost = forgotten(target, side)
    doors = {}
    for place, told in _opened(target, lost.names, importer):
        try:
            doors[place] = Door.read(told.get("name", "")).key, told.get("area", "")
        except RowRejected:
            continue
    houses.remember(doors)
    for _, told in _opened(target, lost.documents, importer):
        people.remember(told.get("document", ""))
    side.put([(side.hash("height"), Entry(lost.head.to_bytes(8, "big")))])


def forgotten(target: Target, side: Side) -> Forgotten:
    """Go through the blocks since the last time. Raises ImportFailed."""
    entry, head = side.get(side.hash("height")), target.ledger.head.height
    start = int.from_bytes(entry.id, "big") + 1 if entry is not None else 0
    known = side.ids()
    found = Forgotten(head, {}, {})
    for kind, fields in _entries(target, start, head):
        if kind in ("places.place_registered", "places.details_sealed") and fields["place"] not in known:
            _note(fields, found.names)
        elif kind == "places.roll_closed" and fields["roll"] not in known:
            found.documents[fields["roll"]] = {"document": fields["document"]["commitment"]}
    return found


def _entries(target: Target, start: int, head: int) -> Iterator[tuple[str, dict[str, Any]]]:
    if start > head:
        return
    for block in target.ledger.follow(start):
        for receipt in block.receipts:
            for _, kind, _, fields in map(codec.decode_plain_trusted, receipt.entries):
                yield kind, fields
        if block.header.height >= head:
            return


def _note(fields: Mapping[str, Any], names: dict[bytes, dict[str, bytes]]) -> None:
    """The commitments to a unit's name and area; what is sealed later counts."""
    if fields.get("kind", "dwelling") in UNITS:
        told = {name: fields[name]["commitment"] for name in ("name", "area") if name in fields}
        if told:
            names[fields["place"]] = {**names.get(fields["place"], {}), **told}


def _opened(
    target: Target, matters: Mapping[bytes, Mapping[str, bytes]], importer: Importer
) -> Iterator[tuple[bytes, dict[str, str]]]:
    """(matter, its texts by field) for each that the importer may look into here."""
    signer = Signer(target.ledger.chain, importer)
    waiting = list(matters.items())
    for start in range(0, len(waiting), BATCH):
        part = waiting[start : start + BATCH]
        for (matter, told), reading in zip(part, _look(target, signer, part), strict=True):
            yield matter, _texts(target, importer, told, reading) if reading else {}


def _look(target: Target, signer: Signer, part: Sequence[tuple[bytes, Mapping[str, bytes]]]) -> list[bytes]:
    """Ask to look, one command a matter; the ids of the accepted ones, b"" for each that was refused."""
    ledger = target.ledger
    fields = [{"contents": sorted(told.values()), "purpose": PURPOSE} for _, told in part]
    raws = [signer.transaction(OPEN, each, ledger.clock()) for each in fields]
    readings = []
    for answer in hand_in(ledger, raws):
        try:
            final = answer.result()
            readings.append(final.item_id if final.outcome == "accepted" else b"")
        except LinlianError:
            readings.append(b"")
    return readings


def _texts(target: Target, importer: Importer, told: Mapping[str, bytes], reading: bytes) -> dict[str, str]:
    """The texts of what was asked for, as far as they can be opened here."""
    found = {}
    for field, commitment in told.items():
        try:
            plain = target.sealer.open(target.ledger, reading, importer.account, commitment)
            found[field] = plain.decode()
        except (LinlianError, UnicodeDecodeError):
            continue
    return found
