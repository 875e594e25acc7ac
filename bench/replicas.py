"""A hundred thousand repairs from the demo's: its blocks, and copies of them with other cases at earlier times.

The demo is a real ledger of invented people: every kind of case goes its way through the rules. What came after its
first report is copied as often as need be; in each copy every identifier that was new there is another one, and every
time is earlier. So places and people stay, and each has more repairs behind them. No copy passes the
rules again: what is measured here are rows, not the ledger.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from linlian.demo.making import make
from linlian.kernel import codec
from linlian.kernel.block import Block, Receipt
from linlian.settings import Settings
from linlian.store.sqlite import SqliteStore

ID_BYTES = 16
EPOCH_MS = 10**12
"""An integer beyond it is a time."""

REACH_MS = 15 * 365 * 86_400_000
"""How far back the earliest copy may lie; where it is too near for all of them, they overlap."""

REPORTED = "repairs.repair_reported"


@dataclass(frozen=True)
class Pattern:
    """The demo's blocks before the first report and from it on, and the identifiers that are new in those."""

    before: list[Block]
    after: list[Block]
    new: frozenset[bytes]
    requests: int
    span_ms: int


def demo_pattern(folder: Path) -> Pattern:
    """Make a demo, and take its blocks apart."""
    make(Settings(folder=folder), "spruce", "en")
    store = SqliteStore(folder / "ledger.sqlite", read_only=True)
    try:
        blocks = list(store.blocks())
    finally:
        store.close()
    first = next(place for place, block in enumerate(blocks) if REPORTED in types_in(block))
    before, after = blocks[:first], blocks[first:]
    known = {part for block in before for value in values_in(block) for part in ids_in(value)}
    found = {part for block in after for value in values_in(block) for part in ids_in(value)}
    requests = sum(types_in(block).count(REPORTED) for block in after)
    span_ms = after[-1].header.time - before[0].header.time + 1
    return Pattern(before, after, frozenset(found - known), requests, span_ms)


def many(pattern: Pattern, requests: int) -> tuple[Iterator[Block], int]:
    """Blocks in which so many requests are reported, at least, and how many blocks those are."""
    copies = -(-requests // pattern.requests)
    return _blocks(pattern, copies), len(pattern.before) + copies * len(pattern.after)


def _blocks(pattern: Pattern, copies: int) -> Iterator[Block]:
    height, step_ms = 0, min(pattern.span_ms, REACH_MS // copies)
    for block in pattern.before:
        yield moved(block, height, -copies * step_ms, {})
        height += 1
    for copy in reversed(range(copies)):
        names = {old: sha256(copy.to_bytes(4, "big") + old).digest()[:ID_BYTES] for old in pattern.new}
        for block in pattern.after:
            yield moved(block, height, -copy * step_ms, names if copy else {})
            height += 1


def moved(block: Block, height: int, by_ms: int, names: dict[bytes, bytes]) -> Block:
    """The block at another height and time, with other identifiers."""

    def change(value: Any) -> Any:
        if isinstance(value, list):
            return [change(part) for part in value]
        if isinstance(value, dict):
            return {key: change(part) for key, part in value.items()}
        if isinstance(value, bytes):
            return names.get(value, value)
        return value + by_ms if type(value) is int and value > EPOCH_MS else value

    header = msgspec.structs.replace(block.header, height=height, time=block.header.time + by_ms)
    items = [_item(item, index < block.runs, change) for index, item in enumerate(block.items)]
    receipts = [
        Receipt(
            receipt.outcome,
            tuple(codec.encode_plain(change(codec.decode_plain_trusted(entry))) for entry in receipt.entries),
            tuple(tuple(names.get(part, part) for part in named) for named in receipt.subjects),
        )
        for receipt in block.receipts
    ]
    return Block(header, block.runs, items, receipts, [])


def _item(item: bytes, is_run: bool, change: Callable[[Any], Any]) -> bytes:
    plain = codec.decode_plain_trusted(item)
    if is_run:
        return codec.encode_plain(change(plain))
    body = codec.encode_plain(change(codec.decode_plain_trusted(plain[0])))
    return codec.encode_plain([body, *plain[1:]])


def types_in(block: Block) -> list[str]:
    """The types of a block's entries, in order."""
    return [codec.decode_plain_trusted(entry)[1] for receipt in block.receipts for entry in receipt.entries]


def values_in(block: Block) -> Iterator[Any]:
    """What stands in a block's entries and signed bodies."""
    for receipt in block.receipts:
        yield from (codec.decode_plain_trusted(entry)[3] for entry in receipt.entries)
    for item in block.items[block.runs :]:
        yield codec.decode_plain_trusted(codec.decode_plain_trusted(item)[0])


def ids_in(value: Any) -> Iterator[bytes]:
    """The identifiers in a value."""
    parts: Sequence[Any] = (
        list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else [value]
    )
    for part in parts:
        if isinstance(part, dict | list):
            yield from ids_in(part)
        elif isinstance(part, bytes) and len(part) == ID_BYTES:
            yield part
