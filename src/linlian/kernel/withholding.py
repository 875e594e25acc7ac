"""What a proof file need not show: the same file with less in it, which proves as much of what is left.

    withhold(history, {0, 3})       # entries 0 and 3 by their digests alone
    redact(receipt)                 # for an outsider: that there was something, when, and with what outcome

Rules
- A redacted receipt shows no transaction, so neither signer, key, command, fields nor nonce, and no entry that it is
  not told to show. Two of them say nothing of whether they are about one home or one person. They do tell their times.
- Nothing is made up: what is withheld leaves its digest, and the checker counts and says it.
- Anybody who holds a file can do it; it needs no key and no ledger.
"""

from __future__ import annotations

from collections.abc import Collection

from linlian.kernel.block import PLACE_BYTES, entry_digest, placed_digest, run_id
from linlian.kernel.codec import replace
from linlian.kernel.crypto import sha256
from linlian.kernel.proof import HistoryFile, ReceiptFile, RedactedFile
from linlian.kernel.transaction import open_transaction


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


def redact(file: ReceiptFile, show: Collection[int] = ()) -> RedactedFile:
    """The receipt of the same item for an outsider, with the entries of these numbers (from 0) and no others.

    Whoever shows an entry must know that its fields may be seen: they name subjects.
    """
    height, index, hidden = file.header.height, file.index, iter(file.withheld)
    entries: list[bytes] = []
    withheld: list[bytes] = []
    for number, entry in enumerate(file.entries):
        digest = entry_digest(height, index, number, entry) if entry else next(hidden)
        shown = entry if number in show else b""
        entries.append(shown)
        if not shown:
            withheld.append(digest)
    item_id = run_id(file.chain, height, index, file.item) if file.run else open_transaction(file.item, file.chain).id
    return RedactedFile(
        format="linlian/redacted/1",
        chain=file.chain,
        item_id=item_id,
        item_hash=sha256(file.item),
        index=index,
        outcome=file.outcome,
        header=file.header,
        anchor=file.anchor,
        entries=tuple(entries),
        withheld=tuple(withheld),
        receipt_path=file.receipt_path,
        header_path=file.header_path,
    )
