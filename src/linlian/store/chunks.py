"""State rows at rest: 2^14 chunks by path, written in turn, so that a random update costs no page of its own.

Rules
- A chunk holds the rows whose paths begin with the same 14 bits (seven digits of the state's tree), as one
  compressed canonical array [key, row, key, row, …] in key order.
- Every block writes the chunks whose turn it is, and of these only those that have changed: as many of the 2^14 as
  the block writes rows, in proportion to `ROWS_A_ROUND`, and at least four. `header.chunks_written` counts their turns.
- So chunk n holds the state of the last block that had its turn in (chunks_written before, after], modulo 2^14; what
  is newer stands in the write-sets of the blocks after that one, and in `DirtyRows` while a ledger is in use.

Measured at 1M keys, 500 transactions a block, 5.8 rows each: one row of SQLite for each row of state writes 22.0 kB a
transaction in slices of 1/32 and 7.7 kB in slices of 1/128, and stores 151 bytes a row; chunks in 128 turns write
5.0 kB, in 256 turns 3.2 kB, and store 86 bytes a row.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any, Final

from linlian.kernel import codec
from linlian.kernel.errors import EncodingInvalid
from linlian.kernel.stateproof import paths_of
from linlian.store.blocks import compress, decompress
from linlian.store.protocol import Progress, StoreError

CHUNKS: Final = 1 << 14
ROWS_A_ROUND: Final = 1 << 19
"""Written rows in which every chunk has its turn once: what a start has to lay over the stored chunks, at most."""
TURNS_MIN: Final = 4
"""So a round has at most 4,096 blocks, and a start reads no more of them than that."""

CHUNK_BYTES_MAX: Final = 1 << 28

Chunk = dict[bytes, bytes]


def chunk_of(path: bytes) -> int:
    """The number of the chunk that holds the row at this path."""
    return (path[0] << 8 | path[1]) >> 2


def turns_of(rows: int) -> int:
    """How many chunks have their turn in a block that writes this many rows."""
    return min(max(TURNS_MIN, rows * CHUNKS // ROWS_A_ROUND), CHUNKS)


def encode_chunk(rows: Chunk) -> bytes:
    """[key, row, key, row, …] in key order."""
    flat: list[bytes] = []
    for key in sorted(rows):
        flat += (key, rows[key])
    return codec.encode_plain(flat)


def decode_chunk(data: bytes) -> Chunk:
    """Raises EncodingInvalid if the bytes are not those of a chunk."""
    flat: Any = codec.decode_plain_trusted(data)
    if not isinstance(flat, list) or len(flat) % 2:
        raise EncodingInvalid("store.not_a_chunk")
    try:
        return dict(zip(flat[::2], flat[1::2], strict=True))
    except TypeError as error:
        raise EncodingInvalid("store.not_a_chunk") from error


class DirtyRows:
    """Rows that are newer than their chunk in the table, by chunk; an empty row is a deletion."""

    def __init__(self, chain: str) -> None:
        self.chain = chain
        self._chunks: list[Chunk] = [{} for _ in range(CHUNKS)]

    def add(self, writes: Iterable[tuple[bytes, bytes]]) -> None:
        """Note a block's writes."""
        chunks, pairs = self._chunks, list(writes)
        for path, (key, row) in zip(paths_of(self.chain, (key for key, _ in pairs)), pairs, strict=True):
            chunks[(path[0] << 8 | path[1]) >> 2][key] = row

    def take_turns(self, start: int, end: int) -> Iterator[tuple[int, Chunk]]:
        """Hand out, and forget, what is dirty in the chunks whose turns are start … end − 1."""
        for turn in range(max(start, end - CHUNKS), end):
            number = turn % CHUNKS
            chunk = self._chunks[number]
            if chunk:
                self._chunks[number] = {}
                yield number, chunk

    def over(self, number: int, stored: Chunk) -> Chunk:
        """The chunk as of the last block, given what the table holds."""
        newer = self._chunks[number]
        return merge(stored, newer) if newer else stored


def merge(stored: Chunk, newer: Chunk) -> Chunk:
    """The chunk after these writes. Changes and returns `stored`."""
    stored.update(newer)
    for key, row in newer.items():
        if not row:
            stored.pop(key, None)
    return stored


def write_chunks(db: sqlite3.Connection, dirty: Iterator[tuple[int, Chunk]]) -> None:
    """Bring chunks of the table up to date; one that becomes empty goes."""
    for number, newer in dirty:
        rows = merge(read_chunk(db, number), newer)
        if rows:
            db.execute(
                "INSERT INTO state VALUES (?, ?) ON CONFLICT DO UPDATE SET rows = excluded.rows",
                (number, compress(encode_chunk(rows))),
            )
        else:
            db.execute("DELETE FROM state WHERE chunk = ?", (number,))


def read_chunk(db: sqlite3.Connection, number: int) -> Chunk:
    """A chunk as the table holds it. Raises StoreError (`store.damaged`)."""
    found = db.execute("SELECT rows FROM state WHERE chunk = ?", (number,)).fetchone()
    if found is None:
        return {}
    try:
        return decode_chunk(decompress(found[0], CHUNK_BYTES_MAX))
    except (EncodingInvalid, TypeError) as error:
        raise StoreError("store.damaged", part="state", chunk=number, reason=str(error)[:200]) from error


def all_rows(
    db: sqlite3.Connection, dirty: DirtyRows, progress: Progress | None
) -> Iterator[tuple[bytes, bytes, bytes]]:
    """(path, key, row) of the whole state in path order."""
    for number in range(CHUNKS):
        rows = dirty.over(number, read_chunk(db, number))
        yield from sorted(zip(paths_of(dirty.chain, rows), rows.keys(), rows.values(), strict=True))
        if progress is not None and number % 256 == 255:
            progress(number + 1, CHUNKS)
