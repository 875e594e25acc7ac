"""The explorer: blocks and what stands in them, for everybody who wants to see that there is a ledger and how it grows.

Outsiders get headers, counts and leaf hashes; nothing of what was said, or of whom. Auditors get every entry as a
sentence. (A party finds theirs on the page of the case.)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from linlian.kernel import codec
from linlian.kernel.block import Block, Run, entry_digest, receipt_leaf
from linlian.kernel.codec import Count, decode_plain
from linlian.kernel.transaction import open_any_chain
from linlian.web.ask import Ask
from linlian.web.errors import WebError
from linlian.web.pages import ANY, Page, Pages, Place

pages = Pages("web")
SHOWN = 20
RECEIPTS_SHOWN = 50
"""Blocks of a list, receipts of a block: a block of an import has thousands."""


@dataclass(frozen=True)
class BlockLine:
    """A block in the list: when, how much, and its header's hash."""

    height: int
    time: int
    count: int
    leaf: bytes


@dataclass(frozen=True)
class BlocksPage(Page):
    """The latest blocks, the youngest first; `older` is the height to go on from, -1 at the beginning."""

    blocks: list[BlockLine]
    older: int


@dataclass(frozen=True)
class ReceiptLine:
    """One item of a block: its leaf's hash, and for those who may see it what it was and what it led to."""

    leaf: bytes
    item_id: bytes
    command: str
    outcome: str
    entries: list[tuple[str, dict[str, object]]]


@dataclass(frozen=True)
class BlockPage(Page):
    """One block: its header, field by field, and `count` receipts, of which some stand here, beginning with the one
    numbered `first`. `open` says whether the reader sees what was said."""

    height: int
    time: int
    log_root: bytes
    receipts_root: bytes
    state_root: bytes
    release: int
    leaf: bytes
    count: int
    first: int
    receipts: list[ReceiptLine]
    open: bool
    last: int


@pages.page("/explorer")
def explorer(ask: Ask, before: Count = 0) -> BlocksPage:
    end = min(before or ask.head.height + 1, ask.head.height + 1)
    start = max(0, end - SHOWN)
    headers = [block.header for block in islice(_from(ask, start), end - start)]
    lines = [BlockLine(header.height, header.time, header.count, header.leaf()) for header in headers]
    return BlocksPage(lines[::-1], start if start > 0 else -1, live=() if before else (ANY,))


@pages.page("/explorer/{height}")
def block(ask: Ask, height: Count, first: Count = 0) -> BlockPage:
    if height > ask.head.height:
        raise WebError("web.nothing_there")
    found = next(_from(ask, height))
    header = found.header
    return BlockPage(
        height,
        header.time,
        header.log_root,
        header.receipts_root,
        header.state_root,
        header.release,
        header.leaf(),
        header.count,
        first,
        _receipts(ask, found, first),
        ask.reader.audits,
        ask.head.height,
    )


pages.way("/explorer", "explorer", Place.TOP, lambda _reader: True)


def _from(ask: Ask, height: int) -> Iterator[Block]:
    return iter(ask.house.ledger.follow(height))


def _receipts(ask: Ask, found: Block, first: int) -> list[ReceiptLine]:
    """Some of the block's receipts; for those who audit, with what was done and what came of it."""
    height, lines = found.header.height, []
    for index, receipt in islice(enumerate(found.receipts), first, first + RECEIPTS_SHOWN):
        digests = [entry_digest(height, index, number, entry) for number, entry in enumerate(receipt.entries)]
        item_id = found.item_id(index)
        leaf = receipt_leaf(item_id, found.items[index], receipt.outcome, digests)
        if not ask.reader.audits:
            lines.append(ReceiptLine(leaf, b"", "", "", []))
            continue
        entries = [(str(entry[1]), dict(entry[3])) for entry in map(decode_plain, receipt.entries)]
        lines.append(ReceiptLine(leaf, item_id, _command(found, index), receipt.outcome, entries))
    return lines


def _command(found: Block, index: int) -> str:
    """The wire name of what an item asked for, a timer's run included."""
    if index < found.runs:
        return codec.typed(Run, decode_plain(found.items[index])).command
    return open_any_chain(found.items[index]).body.command
