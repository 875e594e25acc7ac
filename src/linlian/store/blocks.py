"""Blocks at rest: a header row, and a block row that its checksum ties to it.

Rules
- A stored block is decoded only after its checksum; an accident on the disk is `store.damaged` with the height.
- `ids` are the ids of the block's transactions, runs left out: a start fills the replay guard from them, and a lookup
  compares with them, without opening a transaction.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Final, NamedTuple

import zstandard

from linlian.kernel import codec
from linlian.kernel.block import Block, Header
from linlian.kernel.errors import EncodingInvalid
from linlian.kernel.limits import VALIDITY_MS_MAX
from linlian.kernel.merkle import HASH_BYTES
from linlian.store.protocol import StoreError

BODY_BYTES_MAX: Final = 1 << 30
"""Block 0 of a ledger that goes on from another holds all of its rows."""

_SELECT = (
    "SELECT height, first_item, chunks_written, runs, bytes, checksum, ids, body"
    " FROM header JOIN block USING (height) WHERE height = ?"
)

_COLUMNS = [int, int, int, int, bytes, bytes, bytes, bytes]


class _Zstd(threading.local):
    """The library's contexts let other threads run while they work, and must not be shared between them."""

    def __init__(self) -> None:
        self.compressor = zstandard.ZstdCompressor(level=3)
        self.decompressor = zstandard.ZstdDecompressor()


_zstd = _Zstd()


class StoredBlock(NamedTuple):
    """The two rows of a block. `first_item` counts the items before it, `chunks_written` the turns up to it."""

    height: int
    first_item: int
    chunks_written: int
    runs: int
    header: bytes
    checksum: bytes
    ids: bytes
    body: bytes

    @classmethod
    def of(cls, block: Block, ids: Sequence[bytes], first_item: int, chunks_written: int) -> StoredBlock:
        """Encode a sealed block; `ids` are those of all its items."""
        header, body = codec.encode(block.header), compress(block.encode_body())
        signed = b"".join(ids[block.runs :])
        row = cls(block.header.height, first_item, chunks_written, block.runs, header, b"", signed, body)
        return row._replace(checksum=row.compute_checksum())

    def compute_checksum(self) -> bytes:
        """8 bytes over everything else in the two rows."""
        numbers = (self.height, self.first_item, self.chunks_written, self.runs, len(self.header), len(self.ids))
        digest = sha256(b"".join(number.to_bytes(8, "big", signed=True) for number in numbers))
        for part in (self.header, self.ids, self.body):
            digest.update(part)
        return digest.digest()[:8]

    def transaction_ids(self) -> list[bytes]:
        """The ids of the transactions, in order."""
        return [self.ids[at : at + HASH_BYTES] for at in range(0, len(self.ids), HASH_BYTES)]

    def decode(self) -> Block:
        """Raises StoreError (`store.damaged`)."""
        body = self._checked_body()
        try:
            return Block.decode(decode_header(self.height, self.header), body)
        except EncodingInvalid as error:
            raise StoreError("store.damaged", part="block", height=self.height, reason=error.code) from error

    def writes(self) -> list[tuple[bytes, bytes]]:
        """The write-set alone, in half the time. Raises StoreError (`store.damaged`)."""
        _, _, _, writes = codec.decode_plain_trusted(self._checked_body())
        return [(key, row) for key, row in writes]

    def _checked_body(self) -> bytes:
        if self.compute_checksum() != self.checksum:
            raise StoreError("store.damaged", part="block", height=self.height, reason="checksum")
        try:
            return decompress(self.body, BODY_BYTES_MAX)
        except EncodingInvalid as error:
            raise StoreError("store.damaged", part="block", height=self.height, reason=error.code) from error


def decode_header(height: int, data: bytes) -> Header:
    """Raises StoreError (`store.damaged`)."""
    try:
        header = codec.decode(Header, data)
    except (EncodingInvalid, TypeError) as error:
        raise StoreError("store.damaged", part="header", height=height, reason=str(error)[:200]) from error
    if header.height != height:
        raise StoreError("store.damaged", part="header", height=height, found=header.height)
    return header


def write_block(db: sqlite3.Connection, row: StoredBlock) -> None:
    """Insert both rows."""
    db.execute("INSERT INTO header VALUES (?, ?, ?, ?, ?)", row[:5])
    db.execute("INSERT INTO block VALUES (?, ?, ?, ?)", (row.height, *row[5:]))


def read_block(db: sqlite3.Connection, height: int) -> StoredBlock | None:
    """Raises StoreError (`store.damaged`) if a column holds something else than its type."""
    row = db.execute(_SELECT, (height,)).fetchone()
    if row is not None and [type(part) for part in row] != _COLUMNS:
        raise StoreError("store.damaged", part="block", height=height, reason="type of a column")
    return None if row is None else StoredBlock(*row)


def read_header(db: sqlite3.Connection, height: int | None = None) -> Header | None:
    """The header at a height, or (None) the last one."""
    if height is None:
        row = db.execute("SELECT height, bytes FROM header ORDER BY height DESC LIMIT 1").fetchone()
    else:
        row = db.execute("SELECT height, bytes FROM header WHERE height = ?", (height,)).fetchone()
    return None if row is None else decode_header(*row)


def recent_ids(db: sqlite3.Connection, head: Header, first_kept: int) -> Iterator[tuple[int, list[bytes]]]:
    """(time, transaction ids) of each kept block that the replay guard still holds at the head, oldest first."""
    first = max(head.height, first_kept)
    while first > first_kept:
        header = read_header(db, first - 1)
        if header is None or header.time + VALIDITY_MS_MAX < head.time:
            break
        first -= 1
    for height in range(first, head.height + 1):
        row = read_block(db, height)
        if row is None:
            raise StoreError("store.damaged", part="block", height=height)
        yield decode_header(height, row.header).time, row.transaction_ids()


def compress(data: bytes) -> bytes:
    """One zstd frame (RFC 8878) that tells its content's size."""
    return _zstd.compressor.compress(data)


def decompress(data: bytes, size_max: int) -> bytes:
    """The content of exactly one frame. Raises EncodingInvalid."""
    try:
        size = zstandard.frame_content_size(data)
        if not 0 <= size <= size_max:
            raise EncodingInvalid("store.not_decompressible", reason=f"content size {size}")
        return _zstd.decompressor.decompress(data, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise EncodingInvalid("store.not_decompressible", reason=str(error)[:200]) from error
