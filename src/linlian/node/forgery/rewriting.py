"""The clever administrator: after the deed everything is computed again, so that the ledger follows from itself.

The blocks from the deed on are made once more by the rules in force, from the very transactions that people signed, in
the same order and at the same times; what the rules refuse now is dropped, as if it had never been handed in. Headers,
roots, histories, state and indexes come out consistent, and the audit finds nothing. What cannot be had again are the
headers in the receipts that people hold.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence

from linlian.kernel.block import Block
from linlian.kernel.errors import Rejected
from linlian.kernel.genesis import open_genesis
from linlian.kernel.rulebook import Rulebook
from linlian.kernel.state import State
from linlian.kernel.stateproof import paths_of
from linlian.kernel.transaction import Transaction, open_transaction
from linlian.kernel.transition import OpenBlock, check_transaction
from linlian.node.forgery.deeds import TWO_DAYS_MS, Deed, Target
from linlian.store import index
from linlian.store.audit_region import load_at
from linlian.store.blocks import StoredBlock, compress, read_block, write_block
from linlian.store.chunks import CHUNKS, chunk_of, encode_chunk, turns_of

CLEVER = (Deed.DELETE, Deed.BACKDATE, Deed.CUT)
"""What can be tried so. A block or a row of the state by itself follows from nothing, so nothing can be computed."""

Tell = Callable[[int, int], None]


def rewrite(db: sqlite3.Connection, rules: Rulebook, deed: Deed, target: Target, tell: Tell) -> int:
    """Change the copy; returns the lowest height that is another now. Raises Rejected where signatures forbid it."""
    place = target.done if deed is Deed.BACKDATE else target.dispute
    chain, document, head = db.execute(
        "SELECT chain, document, (SELECT max(height) FROM header) FROM genesis"
    ).fetchone()
    state = State(chain, open_genesis(document).work)
    items = load_at(db, state, place.height - 1)
    made: list[tuple[Block, list[bytes]]] = []
    for height in range(place.height, place.height if deed is Deed.CUT else head + 1):
        stored = read_block(db, height)
        assert stored is not None, "the copy was whole before the deed"
        again = _again(state, rules, stored.decode(), deed, target)
        if again is not None:
            made.append(again)
        tell(height - place.height + 1, head - place.height + 1)
    _replace_blocks(db, place.height, items, made)
    return place.height


def _again(state: State, rules: Rulebook, block: Block, deed: Deed, target: Target) -> tuple[Block, list[bytes]] | None:
    """A block once more; None if nothing is left in it. Raises Rejected (`kernel.early`) for what was signed later."""
    height, time = block.header.height, block.header.time
    is_backdated = deed is Deed.BACKDATE and height == target.done.height
    time -= TWO_DAYS_MS if is_backdated else 0
    draft = OpenBlock.after(state, rules, time)
    for receipt in range(block.runs, len(block.items)):
        if deed is Deed.DELETE and (height, receipt) == target.dispute:
            continue
        transaction = open_transaction(block.items[receipt], state.chain)
        try:
            check_transaction(state, rules, transaction, time)
        except Rejected:
            if is_backdated:
                raise
            continue
        _take(draft, transaction, recorded=block.receipts[receipt].outcome != "accepted")
    return _sealed(draft, state)


def _take(draft: OpenBlock, transaction: Transaction, *, recorded: bool) -> None:
    """What was accepted stays if it still is; a refusal on the record stays what it is."""
    if recorded:
        draft.apply_transaction(transaction)
    else:
        draft.try_transaction(transaction)


def _sealed(draft: OpenBlock, state: State) -> tuple[Block, list[bytes]] | None:
    if not draft.items:
        return None
    applied = draft.seal(state)
    return applied.block, applied.ids


def _replace_blocks(db: sqlite3.Connection, first: int, items: int, made: Sequence[tuple[Block, list[bytes]]]) -> None:
    """Put the new blocks in the place of the old, and the tables as they would be had nothing else ever been there."""
    for table in ("header", "block"):
        db.execute(f"DELETE FROM {table} WHERE height >= ?", (first,))
    (turns,) = db.execute("SELECT chunks_written FROM header WHERE height = ?", (first - 1,)).fetchone()
    for block, ids in made:
        turns += turns_of(len(block.writes))
        write_block(db, StoredBlock.of(block, ids, items, turns))
        items += len(ids)
    head = first - 1 + len(made)
    _write_state(db, head)
    _write_index(db, max(0, first - index.SLOTS), head)


def _write_state(db: sqlite3.Connection, head: int) -> None:
    """Each chunk as of its last turn."""
    (chain,) = db.execute("SELECT chain FROM genesis").fetchone()
    written = [-1] * CHUNKS
    before = 0
    for height, turns in db.execute("SELECT height, chunks_written FROM header ORDER BY height"):
        for turn in range(max(before, turns - CHUNKS), turns):
            written[turn % CHUNKS] = height
        before = turns
    chunks: list[dict[bytes, bytes]] = [{} for _ in range(CHUNKS)]
    places: dict[bytes, int] = {}
    for height in range(head + 1):
        stored = read_block(db, height)
        assert stored is not None, "heights follow one another"
        writes = stored.writes()
        new = [key for key, _ in writes if key not in places]
        places.update(zip(new, map(chunk_of, paths_of(chain, new)), strict=True))
        for key, row in writes:
            number = places[key]
            if height <= written[number]:
                chunks[number][key] = row
    kept = ({key: row for key, row in chunk.items() if row} for chunk in chunks)
    db.execute("DELETE FROM state")
    db.executemany(
        "INSERT INTO state VALUES (?, ?)",
        ((number, compress(encode_chunk(chunk))) for number, chunk in enumerate(kept) if chunk),
    )


def _write_index(db: sqlite3.Connection, first: int, head: int) -> None:
    """The index rows of the last blocks, those whose turn it was."""
    for table in ("item", "entry"):
        db.execute(f"DELETE FROM {table} WHERE place >= ?", (index.item_rows(first, 0, [b""])[0][2],))
    for height in range(first, head + 1):
        stored = read_block(db, height)
        assert stored is not None, "heights follow one another"
        block, epoch = stored.decode(), stored.first_item // index.EPOCH_ITEMS
        items = index.item_rows(height, epoch, index.item_ids(block))
        entries = index.entry_rows(block, epoch)
        index.write_index(
            db,
            [row for row in items if index.is_written(row[1], height, head)],
            [row for row in entries if index.is_written(row[1], height, head)],
        )
