"""Whatever is changed in a ledger, the audit says so, and where: blocks.

The editor of these tests knows our program: he makes checksums good.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from concurrent.futures import wait
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from linlian.kernel.block import SUBJECT_PREFIX, Receipt
from linlian.kernel.entropy import ENTROPIES, ENTROPY_KEY
from linlian.kernel.errors import LedgerDamaged
from linlian.kernel.transaction import open_transaction
from linlian.store.audit import audit, audit_file
from linlian.store.audit_block import BlockCheck, check_block, signing_keys
from linlian.store.audit_workers import Checks
from linlian.store.blocks import compress
from linlian.store.protocol import StoreError
from linlian.store.sqlite import SqliteStore
from tests.store.ledgers import anchor, assert_finding, loaded, overwrite, overwrite_block, raw, stored_block
from tests.store.lending import RULEBOOK, AddTool, Town, random_id

HEIGHT = 33
"""A block in the middle, with runs, refusals and deletions."""


# What is sound.


@pytest.mark.parametrize("replay", [None, RULEBOOK], ids=["by write-sets", "by execution"])
def test_a_sound_ledger_is_found_sound(path: Path, town: Town, replay: Any) -> None:
    report = audit_file(path, replay=replay, anchor=anchor(town, 60))
    assert report.finding is None
    assert report.head == town.blocks[-1].header
    assert report.chain == town.state.chain
    assert report.vouched_until == 60
    assert report.runs == sum(block.runs for block in town.blocks)
    assert report.transactions == sum(len(block.items) - block.runs for block in town.blocks)
    assert report.entries == sum(len(receipt.entries) for block in town.blocks for receipt in block.receipts)
    assert report.replayed == (len(town.blocks) if replay else 0)


def test_a_ledger_is_sound_at_every_height(tmp_path: Path, town: Town, request: pytest.FixtureRequest) -> None:
    request.getfixturevalue("monkeypatch").setattr("linlian.store.chunks.ROWS_A_ROUND", 1 << 10)
    with closing(SqliteStore(tmp_path / "ledger.sqlite")) as store:
        store.create(town.document, town.founding)
        for block in town.blocks[1:]:
            store.commit(block)
            if block.header.height % 8 == 0 or block.header.height > 74:
                report = audit(store)
                assert report.finding is None
                assert report.head == block.header


def test_worker_processes_find_the_same(path: Path, town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("linlian.store.audit._SMALL_LEDGER_ITEMS", 0)
    monkeypatch.setattr("linlian.store.audit_workers._BATCH_ITEMS", 20)
    told: list[tuple[int, int]] = []
    report = audit_file(path, processes=3, progress=lambda done, of: told.append((done, of)))
    assert report.finding is None
    assert report.entries == audit_file(path, processes=1).entries
    assert told[-1][0] == told[-1][1] == report.transactions + report.runs
    for height in (20, 21, 26, 40):
        edit_receipts(path, height)
    assert_finding(audit_file(path, processes=3), "receipts", 20, "store.receipts_root_differs")
    with raw(path) as db:
        db.execute("DELETE FROM block WHERE height = 22")
    # The missing block is met first, by the caller, while the edited one is still with a worker.
    assert_finding(audit_file(path, processes=3), "receipts", 20, "store.receipts_root_differs")


def test_of_several_findings_of_workers_the_first_counts(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("linlian.store.audit_workers._BATCH_ITEMS", 1)
    with raw(path) as db:
        # Without the keys of their signers, none of these blocks is right.
        blocks = [BlockCheck(stored_block(db, height)[0], bytes(32), {}, {}, True) for height in (20, 21, 22)]
    with Checks(processes=2) as checks:
        checks.submit(blocks[0], items=1)
        checks.submit(blocks[1], items=1)
        wait(checks._waiting)
        with pytest.raises(LedgerDamaged, match=r"height=20"):
            checks.submit(blocks[2], items=1)
        checks.finish()


@pytest.mark.parametrize("lie", [b"", bytes(51)], ids=["left out", "chosen"])
def test_an_entropy_that_does_not_follow_from_the_nonces_is_found(path: Path, town: Town, lie: bytes) -> None:
    """Also where header and state root are made to agree with it: the block itself says what it must leave."""
    with raw(path) as db:
        row, block = stored_block(db, HEIGHT)
    rows = {key: value for before in town.blocks[:HEIGHT] for key, value in before.writes}
    check = BlockCheck(row, ENTROPIES.decode(rows[ENTROPY_KEY][16:]).value, signing_keys(block, rows.get), rows, True)
    assert check_block(check) == sum(len(receipt.entries) for receipt in block.receipts)
    block.writes = [(key, lie if key == ENTROPY_KEY else value) for key, value in block.writes]
    with pytest.raises(LedgerDamaged, match=rf"store\.entropy_differs part=writes height={HEIGHT}"):
        check_block(dataclasses.replace(check, stored=row._replace(body=compress(block.encode_body()))))


def test_an_audit_leaves_a_node_at_work_alone(path: Path, town: Town) -> None:
    with closing(SqliteStore(path)) as store:
        town_too = Town(members=5)
        town_too.state, town_too.time, town_too.keys = loaded(store, town), town.time, town.keys
        further = iter([town_too.block([town_too.sign(0, AddTool(tool=random_id(n)))]).block for n in range(60)])
        told = []

        def go_on(done: int, _of: int) -> None:
            told.append(done)
            block = next(further, None)
            if block is not None:
                store.commit(block)

        report = audit(store, progress=go_on)
        assert report.finding is None
        assert report.head == town.blocks[-1].header
        assert audit(store).finding is None


def test_what_is_not_about_the_ledger_is_raised(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"store\.missing"):
        audit_file(tmp_path / "nothing.sqlite")


def test_an_empty_store_is_no_ledger(tmp_path: Path) -> None:
    SqliteStore(tmp_path / "ledger.sqlite").close()
    assert_finding(audit_file(tmp_path / "ledger.sqlite"), "genesis", None, "store.genesis_count")


# Blocks.


def test_a_removed_block_is_missed(path: Path) -> None:
    with raw(path) as db:
        db.execute("DELETE FROM header WHERE height = ?", (HEIGHT,))
        db.execute("DELETE FROM block WHERE height = ?", (HEIGHT,))
    assert_finding(audit_file(path), "block", HEIGHT, "store.block_missing")


@pytest.mark.parametrize("table", ["header", "block"])
def test_half_a_removed_block_is_missed(path: Path, table: str) -> None:
    with raw(path) as db:
        db.execute(f"DELETE FROM {table} WHERE height = ?", (HEIGHT,))
    assert_finding(audit_file(path), "block", HEIGHT, "store.block_missing")


def test_two_swapped_blocks_are_found(path: Path) -> None:
    with raw(path) as db:
        (one, _), (other, _) = stored_block(db, HEIGHT), stored_block(db, HEIGHT + 1)
        overwrite(db, other._replace(height=one.height, first_item=one.first_item))
        overwrite(db, one._replace(height=other.height, first_item=other.first_item))
    assert_finding(audit_file(path), "header", HEIGHT)


def test_two_swapped_blocks_with_renumbered_headers_are_found(path: Path) -> None:
    with raw(path) as db:
        (one, first), (other, second) = stored_block(db, HEIGHT), stored_block(db, HEIGHT + 1)
        second.header, first.header = (
            replace(first.header, receipts_root=second.header.receipts_root, count=second.header.count),
            replace(second.header, receipts_root=first.header.receipts_root, count=first.header.count),
        )
        overwrite_block(db, one._replace(ids=other.ids), second)
        overwrite_block(db, other._replace(ids=one.ids, first_item=one.first_item + len(second.items)), first)
    assert_finding(audit_file(path), "receipts", HEIGHT)


def test_a_changed_time_is_found_by_the_next_header(path: Path) -> None:
    with raw(path) as db:
        row, block = stored_block(db, HEIGHT)
        block.header = replace(block.header, time=block.header.time + 1)
        overwrite_block(db, row, block)
    assert_finding(audit_file(path), "header", HEIGHT, "store.header_not_committed", next=HEIGHT + 1)


@pytest.mark.parametrize("field", ["chain", "release", "time", "log_root", "receipts_root", "state_root", "count"])
def test_no_field_of_a_header_can_change(path: Path, field: str) -> None:
    with raw(path) as db:
        row, block = stored_block(db, HEIGHT)
        value = getattr(block.header, field)
        block.header = replace(block.header, **{field: value - 1 if isinstance(value, int) else value[::-1]})
        overwrite_block(db, row, block)
    finding = audit_file(path).finding
    assert finding is not None
    assert finding.facts["height"] in (HEIGHT - 1, HEIGHT)


def edit_receipts(path: Path, height: int) -> None:
    """Exchange the receipts of a block's last two items."""
    with raw(path) as db:
        row, block = stored_block(db, height)
        block.receipts[-2:] = reversed(block.receipts[-2:])
        overwrite_block(db, row, block)


def test_an_edited_receipt_is_found(path: Path) -> None:
    edit_receipts(path, HEIGHT)
    assert_finding(audit_file(path), "receipts", HEIGHT, "store.receipts_root_differs")


def test_a_transaction_put_between_is_found(path: Path, town: Town) -> None:
    with raw(path) as db:
        row, block = stored_block(db, HEIGHT)
        block.items.append(town.sign(0, AddTool(tool=random_id("more"))))
        overwrite_block(db, row, block)
    assert_finding(audit_file(path), "block", HEIGHT, "store.count_differs")


def test_a_transaction_exchanged_for_another_is_found(path: Path, town: Town) -> None:
    with raw(path) as db:
        row, block = stored_block(db, HEIGHT)
        late = block.header.time + 1 - town.time
        town_then = Town(members=5)
        town_then.state, town_then.time = town.state, town.time + late
        item = town_then.sign(0, AddTool(tool=random_id("other")))
        block.items[-1] = item
        identifier = open_transaction(item, town.state.chain).id
        overwrite_block(db, row._replace(ids=row.ids[:-32] + identifier), block)
    finding = audit_file(path).finding
    assert finding is not None
    assert finding.facts["height"] == HEIGHT
    assert finding.code in ("kernel.wrong_signature", "kernel.not_signers_key", "kernel.key_not_in_force")


def test_a_subject_left_out_of_a_history_is_found(path: Path) -> None:
    with raw(path) as db:
        row, block = stored_block(db, HEIGHT)
        at = next(at for at, receipt in enumerate(block.receipts) if receipt.subjects and receipt.subjects[0])
        receipt = block.receipts[at]
        block.receipts[at] = Receipt(receipt.outcome, receipt.entries, (receipt.subjects[0][1:], *receipt.subjects[1:]))
        overwrite_block(db, row, block)
    finding = audit_file(path).finding
    assert_finding(audit_file(path), "histories", HEIGHT, "store.history_differs")
    assert finding is not None
    assert finding.facts["subject"] == receipt.subjects[0][0]


def edit_write(path: Path, wanted: Callable[[bytes], bool], change: Callable[[bytes], bytes]) -> bytes:
    with raw(path) as db:
        row, block = stored_block(db, HEIGHT)
        at = next(at for at, (key, value) in enumerate(block.writes) if value and wanted(key))
        key, value = block.writes[at]
        block.writes[at] = (key, change(value))
        overwrite_block(db, row, block)
    return key


def test_an_edited_write_is_found(path: Path) -> None:
    edit_write(path, lambda key: b"lending.tool" in key, lambda row: row[:-1] + bytes([row[-1] ^ 1]))
    assert_finding(audit_file(path), "state", HEIGHT, "store.state_root_differs")


def test_an_edited_history_row_is_found(path: Path) -> None:
    edit_write(path, lambda key: key.startswith(SUBJECT_PREFIX), lambda row: row[:-1] + bytes([row[-1] ^ 1]))
    assert_finding(audit_file(path), "histories", HEIGHT, "store.history_differs")


def test_a_write_that_is_no_record_is_found(path: Path) -> None:
    edit_write(path, lambda key: b"kernel.timer" in key, lambda row: row[:16] + b"\x01")
    assert_finding(audit_file(path), "writes", HEIGHT)


def test_writes_out_of_order_are_found(path: Path) -> None:
    with raw(path) as db:
        row, block = stored_block(db, HEIGHT)
        block.writes.reverse()
        overwrite_block(db, row, block)
    assert_finding(audit_file(path), "writes", HEIGHT, "store.writes_disordered")


@pytest.mark.parametrize(
    ("column", "value", "part"),
    [
        ("first_item", "first_item + 1", "header"),
        ("runs", "runs + 1", "block"),
        ("chunks_written", "chunks_written - 1000", "header"),
    ],
)
def test_numbers_beside_a_header_are_checked(path: Path, column: str, value: str, part: str) -> None:
    with raw(path) as db:
        db.execute(f"UPDATE header SET {column} = {value} WHERE height = ?", (HEIGHT,))
    assert_finding(audit_file(path), "block", HEIGHT, "store.checksum_differs")
    with raw(path) as db:
        overwrite(db, stored_block(db, HEIGHT)[0])
    assert_finding(audit_file(path), part, HEIGHT)


def test_wrong_ids_are_found(path: Path) -> None:
    with raw(path) as db:
        row, _ = stored_block(db, HEIGHT)
        overwrite(db, row._replace(ids=row.ids[:-1] + bytes([row.ids[-1] ^ 1])))
    assert_finding(audit_file(path), "ids", HEIGHT, "store.ids_differ")


def test_a_second_way_to_encode_a_block_is_found(path: Path) -> None:
    with raw(path) as db:
        row, block = stored_block(db, HEIGHT)
        body = block.encode_body()
        assert body[:2] == bytes([0x84, block.runs])
        overwrite(db, row._replace(body=compress(bytes([0x84, 0x18, block.runs]) + body[2:])))
    assert_finding(audit_file(path), "block", HEIGHT, "kernel.not_canonical")
