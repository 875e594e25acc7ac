"""Where things stand: an item by its id, the entries of a subject by their numbers. All of it follows from blocks.

Rules
- An index row leads with its *epoch*: the number of items before its block, divided by 2^16. So a batch of new rows
  goes into few neighbouring pages although ids are random, and stays as cheap however long the ledger grows; a
  lookup asks each epoch once.
- An item is found by the first 8 bytes of its id; whoever looks compares the whole id with the block's.
- A place is height · 2^12 + receipt index.
- Rows wait in memory and are written in sorted batches: with each block those whose key (id, subject) begins with
  the five bits of its height modulo 32. So pages are written once in 32 blocks, and no block bears it all.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Sequence
from itertools import chain
from typing import Final

from linlian.kernel import codec
from linlian.kernel.block import SUBJECT_PREFIX, Block
from linlian.kernel.limits import BLOCK_TIMERS_MAX, BLOCK_TRANSACTIONS_MAX
from linlian.kernel.transaction import transaction_id
from linlian.store.protocol import Position, StoreError

SLOTS: Final = 32
EPOCH_ITEMS: Final = 1 << 16
PREFIX_BYTES: Final = 8
_RECEIPT_BITS: Final = 12
assert BLOCK_TRANSACTIONS_MAX + BLOCK_TIMERS_MAX <= 1 << _RECEIPT_BITS

ItemRow = tuple[int, bytes, int]
"""epoch, prefix of the id, place"""
EntryRow = tuple[int, bytes, int, int, int]
"""epoch, subject, number, place, event"""

_FIND = (
    "WITH RECURSIVE e (n) AS (SELECT ?1 UNION ALL SELECT n - 1 FROM e WHERE n > 0)"
    " SELECT place FROM e CROSS JOIN item ON epoch = n WHERE prefix = ?2"
)
_POSITIONS = (
    "WITH RECURSIVE e (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM e WHERE n < ?1)"
    " SELECT number, place, event FROM e CROSS JOIN entry ON epoch = n"
    " WHERE subject = ?2 AND number >= ?3 ORDER BY number LIMIT ?4"
)


def slot_of(key: bytes) -> int:
    """The height, modulo 32, at which rows of this id or subject are written."""
    return key[0] >> 3 if key else 0


def is_written(key: bytes, height: int, head: int) -> bool:
    """Whether the row that the block at `height` made for this key is in the table when the block at `head` is."""
    return height <= head - (head - slot_of(key)) % SLOTS


def item_ids(block: Block) -> list[bytes]:
    """The ids of a sealed block's items, in order."""
    name, runs = block.header.chain, block.runs
    return [block.item_id(index) for index in range(runs)] + [
        transaction_id(name, codec.decode_plain_trusted(item)[0]) for item in block.items[runs:]
    ]


def item_rows(height: int, epoch: int, ids: Sequence[bytes]) -> list[ItemRow]:
    first = height << _RECEIPT_BITS
    return [(epoch, identifier[:PREFIX_BYTES], first + receipt) for receipt, identifier in enumerate(ids)]


def entry_rows(block: Block, epoch: int) -> list[EntryRow]:
    """The block's entries by subject, each history in order. A subject's last number stands in the block's write-set.

    Raises KeyError if an entry names a subject that the write-set does not hold.
    """
    first, prefix = block.header.height << _RECEIPT_BITS, len(SUBJECT_PREFIX)
    last = {
        key[prefix:]: int.from_bytes(row[16:24], "big") for key, row in block.writes if key.startswith(SUBJECT_PREFIX)
    }
    named = Counter(chain.from_iterable(chain.from_iterable(receipt.subjects for receipt in block.receipts)))
    number = {subject: last[subject] - entries for subject, entries in named.items()}
    rows: list[EntryRow] = []
    for place, receipt in enumerate(block.receipts, first):
        for event, subjects in enumerate(receipt.subjects):
            for subject in subjects:
                number[subject] += 1
                rows.append((epoch, subject, number[subject], place, event))
    return rows


def split_place(place: int) -> tuple[int, int]:
    """(height, receipt index). Raises StoreError (`store.damaged`) for a damaged column, which can hold anything."""
    if type(place) is not int:
        raise StoreError("store.damaged", part="index", reason="type of a column")
    return place >> _RECEIPT_BITS, place & ((1 << _RECEIPT_BITS) - 1)


class WaitingIndex:
    """The index rows that are not yet in the tables, by slot, in the order in which they came."""

    def __init__(self) -> None:
        self._items: list[list[ItemRow]] = [[] for _ in range(SLOTS)]
        self._entries: list[list[EntryRow]] = [[] for _ in range(SLOTS)]

    def add(self, block: Block, ids: Sequence[bytes], first_item: int) -> None:
        """Note a block. Raises KeyError if an entry names a subject that the write-set does not hold."""
        epoch = first_item // EPOCH_ITEMS
        for item in item_rows(block.header.height, epoch, ids):
            self._items[slot_of(item[1])].append(item)
        for entry in entry_rows(block, epoch):
            self._entries[slot_of(entry[1])].append(entry)

    def find(self, item_id: bytes) -> list[int]:
        """Places of the items whose ids begin like this one."""
        wanted = item_id[:PREFIX_BYTES]
        return [place for _, prefix, place in self._items[slot_of(wanted)] if prefix == wanted]

    def positions(self, wanted: bytes, start: int) -> list[Position]:
        return [
            Position(number, *split_place(place), event)
            for _, subject, number, place, event in self._entries[slot_of(wanted)]
            if subject == wanted and number >= start
        ]

    def take_turn(self, height: int) -> tuple[list[ItemRow], list[EntryRow]]:
        """Hand out, and forget, the rows that are written with the block at this height, sorted."""
        slot = height % SLOTS
        items, self._items[slot] = sorted(self._items[slot]), []
        entries, self._entries[slot] = sorted(self._entries[slot]), []
        return items, entries


def write_index(db: sqlite3.Connection, items: Sequence[ItemRow], entries: Sequence[EntryRow]) -> None:
    db.executemany("INSERT INTO item VALUES (?, ?, ?)", items)
    db.executemany("INSERT INTO entry VALUES (?, ?, ?, ?, ?)", entries)


def stored_places(db: sqlite3.Connection, item_id: bytes, items: int) -> list[int]:
    """Places in the table of the items whose ids begin like this one; `items` is the ledger's number of items."""
    found = db.execute(_FIND, (items // EPOCH_ITEMS, item_id[:PREFIX_BYTES]))
    return [place for (place,) in found]


def stored_positions(db: sqlite3.Connection, subject: bytes, start: int, items: int, most: int) -> list[Position]:
    """At most `most` positions in the table, from entry `start` on, in order."""
    found = db.execute(_POSITIONS, (items // EPOCH_ITEMS, subject, start, most))
    return [Position(number, *split_place(place), event) for number, place, event in found]
