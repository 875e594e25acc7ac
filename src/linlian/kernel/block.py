"""Header, receipt and block.

Rules
- The ledger's log is an RFC 6962 tree over headers; header h holds the log's root over headers 0…h−1, so whoever
  vouches for one header vouches for all before it, and for their state and times.
- A block's receipts form an RFC 6962 tree of their own. A leaf commits to the transaction as received, to the
  outcome, and to each entry by its digest, so that one entry can be shown and its neighbours withheld.
- An *entry* is one event or one refusal, blinded by 16 salt bytes: `[salt, type, occurred_at, fields]`.
- Items of a block are its *runs* (founding commands and due timers, made by the rules themselves) and then its
  transactions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Any, Literal, TypeAlias

from linlian.kernel import codec, merkle
from linlian.kernel.codec import Count, Hash, Label, Meta, Millis, Row
from linlian.kernel.crypto import ENTRY, SUBJECT_HEAD, SUBJECT_LINK, TIMER_RUN
from linlian.kernel.transaction import open_transaction

Outcome: TypeAlias = Literal["accepted", "refused", "broken"]

REFUSED = "kernel.refused"
"""The entry type of a refusal; its fields are code, command, facts and whom it is about."""

PLACE_BYTES = 14

SUBJECT_PREFIX = b"\x0ekernel.subject"
"""What the full key of a subject's row begins with: the table `kernel.subject`, whose rows are count and head."""


class Header(Row):
    """What a block commits to. `log_root` covers headers 0…height−1; `count` is the number of receipts."""

    chain: Label
    height: Count
    time: Millis
    log_root: Hash
    receipts_root: Hash
    state_root: Hash
    release: Count
    release_hash: Hash
    count: Count

    def leaf(self) -> bytes:
        """The header's leaf hash in the log."""
        return merkle.leaf_hash(codec.encode(self))


class Receipt(Row):
    """What happened to one item: its outcome, its entries (encoded, in order), and the subjects of each entry."""

    outcome: Outcome
    entries: Annotated[tuple[bytes, ...], Meta(max_length=1024)]
    subjects: Annotated[tuple[tuple[bytes, ...], ...], Meta(max_length=1024)]


class Run(Row):
    """An internal command started by the rules: at genesis or by a timer (of this name and record)."""

    source: Literal["genesis", "timer"]
    command: Label
    fields: dict[str, Any]
    name: Label
    record: Annotated[bytes, Meta(max_length=256)]
    nonce: Annotated[bytes, Meta(min_length=16, max_length=16)]


@dataclass(slots=True)
class Block:
    """A sealed block: header, items in order (the first `runs` are runs), receipts, and the write-set.

    `writes` holds (full key, row) in key order; an empty row is a deletion. It is the durable log of the state.
    """

    header: Header
    runs: int
    items: list[bytes]
    receipts: list[Receipt]
    writes: list[tuple[bytes, bytes]]

    def item_id(self, index: int) -> bytes:
        """The id of the item at `index`, 32 bytes."""
        chain, item = self.header.chain, self.items[index]
        if index < self.runs:
            return run_id(chain, self.header.height, index, item)
        return open_transaction(item, chain).id

    def encode_body(self) -> bytes:
        """Everything but the header, as one canonical array [runs, items, receipts, writes]."""
        receipts = [
            [receipt.outcome, list(receipt.entries), [list(named) for named in receipt.subjects]]
            for receipt in self.receipts
        ]
        return codec.encode_plain([self.runs, self.items, receipts, [list(pair) for pair in self.writes]])

    @classmethod
    def decode(cls, header: Header, body: bytes) -> Block:
        """The block again from its header and encoded body. Raises EncodingInvalid."""
        runs, items, receipts, writes = codec.typed(_BODY, codec.decode_plain_trusted(body))
        return cls(header, runs, items, [Receipt(*receipt) for receipt in receipts], writes)


_BODY: Any = tuple[
    int, list[bytes], list[tuple[Outcome, tuple[bytes, ...], tuple[tuple[bytes, ...], ...]]], list[tuple[bytes, bytes]]
]


def entry_place(height: int, receipt: int, event: int) -> bytes:
    """u64 height ‖ u32 receipt index ‖ u16 event index: 14 bytes that sort as the ledger does."""
    return height.to_bytes(8, "big") + receipt.to_bytes(4, "big") + event.to_bytes(2, "big")


def placed_digest(place: bytes, entry: bytes) -> bytes:
    """H(0x12 ‖ place ‖ entry bytes)."""
    return sha256(ENTRY + place + entry).digest()


def entry_digest(height: int, receipt: int, event: int, entry: bytes) -> bytes:
    """The digest of an entry at this place."""
    return placed_digest(entry_place(height, receipt, event), entry)


def subject_start(chain: str, subject: bytes) -> bytes:
    """head₀ = H(0x10 ‖ u8 len(chain) ‖ chain ‖ u8 len(subject) ‖ subject)."""
    named = len(chain).to_bytes(1, "big") + chain.encode() + len(subject).to_bytes(1, "big") + subject
    return sha256(SUBJECT_HEAD + named).digest()


def subject_link(head: bytes, position: int, digest: bytes) -> bytes:
    """headᵢ = H(0x11 ‖ headᵢ₋₁ ‖ u64 i ‖ dᵢ), i from 1."""
    return sha256(SUBJECT_LINK + head + position.to_bytes(8, "big") + digest).digest()


def run_id(chain: str, height: int, index: int, run: bytes) -> bytes:
    """H(0x18 ‖ u8 len(chain) ‖ chain ‖ u64 height ‖ u32 index ‖ run bytes)."""
    place = len(chain).to_bytes(1, "big") + chain.encode() + height.to_bytes(8, "big") + index.to_bytes(4, "big")
    return sha256(TIMER_RUN + place + run).digest()


def entry_digests(height: int, index: int, entries: Sequence[bytes]) -> list[bytes]:
    """The digest of each entry of one receipt."""
    return [entry_digest(height, index, number, entry) for number, entry in enumerate(entries)]


def receipt_leaf(item_id: bytes, item: bytes, outcome: Outcome, digests: list[bytes]) -> bytes:
    """The leaf hash of an item in the receipts tree."""
    return redacted_leaf(item_id, sha256(item).digest(), outcome, digests)


def redacted_leaf(item_id: bytes, item_hash: bytes, outcome: Outcome, digests: list[bytes]) -> bytes:
    """The same from hashes: of the array [1, item id, SHA-256 of the item's bytes, outcome, digests]."""
    return merkle.leaf_hash(codec.encode_plain([1, item_id, item_hash, outcome, digests]))
