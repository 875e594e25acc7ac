"""The ledger's own rows agree with the ledger: ids, signers, times, outcomes, refusals, histories."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from linlian.kernel import codec
from linlian.kernel.contract import SYSTEM
from linlian.kernel.transaction import open_transaction
from linlian.readmodel import stream
from linlian.readmodel.rebuild import rebuild
from linlian.readmodel.view import Reads
from linlian.store.memory import MemoryStore
from tests.conftest import NewHome
from tests.engine.ledgers import ACCOUNT, START, Clock, WriteNote, create, open_ledger
from tests.readmodel.lending_views import views
from tests.store.lending import Town


@dataclass
class Seen:
    """A town, its rows, and the store that says what is right."""

    town: Town
    db: Reads
    store: MemoryStore


@pytest.fixture(scope="module")
def seen(new_home: NewHome) -> Iterator[Seen]:
    town, store = Town(members=4), MemoryStore()
    town.live(40)
    store.create(town.document, town.founding)
    for block in town.blocks[1:]:
        store.commit(block)
    home = new_home()
    rebuild(store.blocks(), 40, home, [views])
    database = home.open([views])
    with database.reading() as db:
        yield Seen(town, db, store)
    database.close()


def test_every_item_is_found_by_its_id(seen: Seen) -> None:
    for block in seen.town.blocks:
        for index, receipt in enumerate(block.receipts):
            row = stream.item(seen.db, block.item_id(index))
            assert row is not None
            assert seen.store.find(row.item_id) == (row.height, row.receipt) == (block.header.height, index)
            assert (row.time, row.outcome) == (block.header.time, receipt.outcome)
            assert (row.source == "transaction") == (index >= block.runs)


def test_an_item_says_who_signed_what(seen: Seen) -> None:
    for block in seen.town.blocks:
        for index in range(block.runs, len(block.items)):
            opened = open_transaction(block.items[index], block.header.chain)
            row = stream.item(seen.db, opened.id)
            assert row is not None
            assert (row.signer, row.key_id, row.command) == (opened.body.signer, opened.key_id, opened.body.command)
            assert row.offline == opened.body.offline
    runs = seen.db.all(stream.ItemRow, "SELECT * FROM ledger_item WHERE source <> 'transaction' ORDER BY height")
    assert {(row.signer, row.key_id) for row in runs} == {(SYSTEM, bytes(32))}
    assert [row.command for row in runs if row.source == "genesis"] == ["lending.found"]
    assert {row.command for row in runs if row.source == "timer"} >= {"lending.mark_overdue", "kernel.forget_offline"}


def test_what_an_account_asked_for_comes_latest_first(seen: Seen) -> None:
    rows = stream.items_of(seen.db, seen.town.accounts[1], limit=1000)
    assert rows == sorted(rows, key=lambda row: (-row.height, -row.receipt))
    assert {row.signer for row in rows} == {seen.town.accounts[1]}
    late = stream.items_of(seen.db, seen.town.accounts[1], since=rows[4].time, limit=1000)
    assert late == [row for row in rows if row.time >= rows[4].time]


def test_a_history_is_the_ledgers_history(seen: Seen) -> None:
    """Every subject, entry by entry, numbered as the ledger numbers them."""
    subjects = {named for block in seen.town.blocks for r in block.receipts for some in r.subjects for named in some}
    assert len(subjects) > 20
    for subject in sorted(subjects):
        rows = stream.history(seen.db, subject, limit=1000)
        positions = list(seen.store.positions(subject))
        assert [(row.number, row.height, row.receipt, row.event) for row in rows] == positions
        for row in rows:
            receipt = seen.town.blocks[row.height].receipts[row.receipt]
            _, name, occurred_at, fields = codec.decode_plain(receipt.entries[row.event])
            assert (row.type, row.occurred_at, row.outcome) == (name, occurred_at, receipt.outcome)
            assert json.loads(row.fields) == json.loads(stream.to_json(fields))
        assert stream.history(seen.db, subject, after=1, limit=2) == rows[1:3]


def test_refusals_are_kept_with_their_facts(seen: Seen) -> None:
    rows = stream.recent_refusals(seen.db, limit=1000)
    refused = [(block, r) for block in seen.town.blocks for r in block.receipts if r.outcome == "refused"]
    assert len(rows) == len(refused) > 5
    assert {row.code for row in rows} >= {"lending.already_lent", "lending.unknown_tool"}
    only = stream.recent_refusals(seen.db, code="lending.already_lent", limit=1000)
    assert only == [row for row in rows if row.code == "lending.already_lent"]


def test_outcomes_add_up(seen: Seen) -> None:
    counts = stream.outcomes(seen.db)
    assert sum(row.items for row in counts) == sum(len(block.items) for block in seen.town.blocks)
    assert any(row.outcome == "broken" and row.command == "lending.break_tool" for row in counts)


def test_blocks_come_latest_first_page_by_page(seen: Seen) -> None:
    first = stream.recent_blocks(seen.db, limit=3)
    assert [row.height for row in first] == [40, 39, 38]
    assert [row.height for row in stream.recent_blocks(seen.db, before=38, limit=2)] == [37, 36]
    assert first[0].header_hash == seen.town.blocks[40].header.leaf()


def test_the_time_is_that_of_the_last_block_unless_it_is_given(seen: Seen) -> None:
    assert stream.time_of(seen.db, 0) == seen.town.blocks[-1].header.time
    assert stream.time_of(seen.db, 17) == 17


def test_a_claimed_time_stands_beside_the_committed_one(tmp_path: Path, new_home: NewHome) -> None:
    store, claimed = MemoryStore(), START - 3_600_000
    create(store)
    ledger, desk = open_ledger(store, tmp_path, Clock())
    answers = [ledger.submit(desk.note()), ledger.submit(desk.sign(WriteNote(label="late"), occurred_at=claimed))]
    subjects = [answer.result(10).receipt.subjects[0][0] for answer in answers]
    home = new_home()
    rebuild(store.blocks(), ledger.head.height, home, [])
    ledger.close()
    database = home.open([])
    with database.reading() as db:
        told = [(row.time, row.occurred_at) for subject in subjects for row in stream.history(db, subject)]
        signed = [(row.time, row.occurred_at) for row in stream.items_of(db, ACCOUNT)]
    database.close()
    assert told == signed[::-1] == [(START, START), (START, claimed)]
