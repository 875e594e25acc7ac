"""Whatever is changed in a ledger, the audit says so, and where: the end.

The editor of these tests knows our program: he makes checksums good, and at the end of a ledger,
where no header follows, every root as well.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest
from msgspec.structs import replace

from linlian.kernel import codec
from linlian.kernel.block import Block, Run, entry_digests, receipt_leaf
from linlian.kernel.crypto import SoftwareKey
from linlian.kernel.merkle import tree_root
from linlian.kernel.state import State
from linlian.kernel.timers import TimerIndex
from linlian.kernel.transaction import open_transaction
from linlian.kernel.transition import OpenBlock, apply_block
from linlian.store.audit import audit_file
from linlian.store.sqlite import SqliteStore
from tests.store.ledgers import anchor, assert_finding, loaded, overwrite_block, raw, stored_block
from tests.store.lending import RULEBOOK, AddTool, LendTool, Town, random_id


def append(
    path: Path, town: Town, item: bytes, at: int | None = None, spoil: Callable[[State], None] | None = None
) -> int:
    """Append a block that holds one transaction, checked by nobody; returns its height."""
    with closing(SqliteStore(path)) as store:
        state = loaded(store, town)
        if spoil is not None:
            spoil(state)
        applied = apply_block(state, RULEBOOK, at or state.time + 1, [open_transaction(item, state.chain)])
        assert applied is not None
        store.commit(applied.block)
        return applied.block.header.height


def forged(town: Town, how: str) -> bytes:
    """A transaction that no honest node would have admitted into the next block."""
    tool = AddTool(tool=random_id("forged"))
    match how:
        case "kernel.wrong_signature":
            item = town.sign(0, tool)
            return item[:-1] + bytes([item[-1] ^ 1])
        case "kernel.key_not_in_force":
            return town.sign(0, tool, key=SoftwareKey("ed25519", bytes(32)))
        case "kernel.not_signers_key":
            return town.sign(0, tool, key=town.keys[1])
        case "kernel.repeated":
            return town.blocks[-1].items[-1]
        case _:
            raise AssertionError(how)


@pytest.mark.parametrize(
    "how", ["kernel.wrong_signature", "kernel.key_not_in_force", "kernel.not_signers_key", "kernel.repeated"]
)
def test_a_forged_transaction_at_the_end_is_found(path: Path, town: Town, how: str) -> None:
    height = append(path, town, forged(town, how))
    assert_finding(audit_file(path), "transaction", height, how, receipt=stored_runs(path, height))


def stored_runs(path: Path, height: int) -> int:
    with raw(path) as db:
        return stored_block(db, height)[0].runs


def test_an_offline_transaction_is_known_again_after_days(path: Path, town: Town) -> None:
    hours = 3_600_000
    offline, other = (
        town.sign(1, AddTool(tool=random_id("offline", number)), offline=True, lasts_ms=70 * hours)
        for number in range(2)
    )
    append(path, town, offline, town.time + 1)
    append(path, town, other, town.time + 60 * hours)
    with closing(SqliteStore(path)) as store:
        assert open_transaction(offline, town.state.chain).id not in loaded(store, town).guard
    height = append(path, town, offline, town.time + 60 * hours + 1)
    assert_finding(audit_file(path), "transaction", height, "kernel.repeated")


def edit_last(path: Path, change: Callable[[Block], None]) -> int:
    """Change the last block, and make its receipts root good; returns its height."""
    with raw(path) as db:
        (height,) = db.execute("SELECT max(height) FROM header").fetchone()
        row, block = stored_block(db, height)
        change(block)
        leaves = [
            receipt_leaf(block.item_id(at), item, receipt.outcome, entry_digests(height, at, receipt.entries))
            for at, (item, receipt) in enumerate(zip(block.items, block.receipts, strict=True))
        ]
        block.header = replace(block.header, receipts_root=tree_root(leaves))
        overwrite_block(db, row, block)
    return int(height)


def _accept_refusal(block: Block) -> None:
    at = next(at for at, receipt in enumerate(block.receipts) if receipt.outcome == "refused")
    block.receipts[at] = replace(block.receipts[at], outcome="accepted")


def _name_too_many(block: Block) -> None:
    block.receipts[0] = replace(block.receipts[0], subjects=(*block.receipts[0].subjects, ()))


def _garble_entry(block: Block) -> None:
    entry = codec.encode_plain([bytes(15), "lending.tool_added", 0, {}])
    block.receipts[0] = replace(block.receipts[0], entries=(entry, *block.receipts[0].entries[1:]))


def _append_to_entry(block: Block) -> None:
    entries = block.receipts[0].entries
    block.receipts[0] = replace(block.receipts[0], entries=(entries[0] + b"\x00", *entries[1:]))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (_accept_refusal, "store.outcome_differs"),
        (_name_too_many, "store.subjects_differ"),
        (_garble_entry, "store.entry_malformed"),
        (_append_to_entry, "kernel.not_decodable"),
    ],
)
def test_receipts_of_the_last_block_make_sense(path: Path, change: Callable[[Block], None], code: str) -> None:
    height = edit_last(path, change)
    assert_finding(audit_file(path), "receipts", height, code)


def test_another_release_in_the_last_header_is_found(path: Path) -> None:
    def change(block: Block) -> None:
        block.header = replace(block.header, release=2)

    height = edit_last(path, change)
    assert_finding(audit_file(path), "header", height, "store.release_differs")


@pytest.mark.parametrize("limit", ["BLOCK_TRANSACTIONS_MAX", "BLOCK_BYTES_MAX", "BLOCK_TIMERS_MAX"])
def test_a_block_beyond_the_limits_is_found(
    path: Path, town: Town, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    """The ledger stays as it is and the limit is lowered: a real block of four megabytes would say no more."""
    monkeypatch.setattr(f"linlian.store.audit_block.{limit}", 1)
    beyond = next(block for block in town.blocks[1:] if limit != "BLOCK_TIMERS_MAX" or block.runs > 1)
    assert_finding(audit_file(path), "block", beyond.header.height, "store.block_too_large")


@pytest.mark.parametrize(("after_ms", "code"), [(61_000, "kernel.expired"), (-1, "store.time_falls")])
def test_a_block_at_the_wrong_time_is_found(path: Path, town: Town, after_ms: int, code: str) -> None:
    def fall(state: State) -> None:
        assert state.header is not None
        state.header = replace(state.header, time=0)

    height = append(path, town, town.sign(0, AddTool(tool=random_id("late"))), town.time + after_ms, fall)
    finding = audit_file(path).finding
    assert finding is not None
    assert (finding.code, finding.facts["height"]) == (code, height)


def test_a_run_that_nobody_scheduled_is_found(path: Path, town: Town) -> None:
    tool = codec.as_plain(AddTool(tool=random_id("forged")))
    with closing(SqliteStore(path)) as store:
        state = loaded(store, town)
        block = OpenBlock.after(state, RULEBOOK, state.time + 1)
        due = block.runs
        block.run(Run("timer", "lending.add_tool", tool, "lending.add", b"", bytes(16)))
        store.commit(block.seal(state).block)
    assert_finding(audit_file(path), "run", len(town.blocks), "store.run_differs", receipt=due)


def test_a_due_timer_that_was_passed_over_is_found(path: Path, town: Town) -> None:
    def forget(state: State) -> None:
        assert state.timers.due(town.time + 50_000)
        state.timers = TimerIndex()

    height = append(path, town, town.sign(0, AddTool(tool=random_id("late"))), town.time + 50_000, forget)
    assert_finding(audit_file(path), "run", height, "store.timer_not_run")


def test_only_execution_finds_a_state_that_the_rules_do_not_lead_to(path: Path, town: Town) -> None:
    with closing(SqliteStore(path)) as store:
        state = loaded(store, town)
        applied = apply_block(state, RULEBOOK, state.time + 1, [open_transaction(_lending(town, state), state.chain)])
        assert applied is not None
        state.rollback()
        block = applied.block
        at = next(at for at, (key, row) in enumerate(block.writes) if key.startswith(b"\x0elending.member") and row)
        block.writes[at] = (block.writes[at][0], block.writes[at][1][:-1] + b"\x00")
        state.stage(block.writes)
        store.commit(
            Block(replace(block.header, state_root=state.root), block.runs, block.items, block.receipts, block.writes)
        )
    assert audit_file(path).finding is None
    assert_finding(audit_file(path, replay=RULEBOOK), "replay", len(town.blocks), "store.replay_differs", what="writes")


def _lending(town: Town, state: State) -> bytes:
    free = next(key for key, row in state.rows.items() if key.startswith(b"\x0clending.tool") and row[-2:-1] == b"\x40")
    return town.sign(0, LendTool(tool=free[13:], lasts_ms=10**6))


def test_a_tail_cut_off_is_told_against_an_anchor(path: Path, town: Town) -> None:
    shorter = path.with_name("shorter.sqlite")
    with closing(SqliteStore(shorter)) as store:
        store.create(town.document, town.founding)
        for block in town.blocks[1:61]:
            store.commit(block)
    report = audit_file(shorter)
    assert report.finding is None
    assert report.vouched_until is None
    assert_finding(audit_file(shorter, anchor=anchor(town, 80)), "end", 61, "store.truncated", anchor_height=80)
    assert audit_file(shorter, anchor=anchor(town, 60)).vouched_until == 60


def test_a_tail_rewritten_is_told_against_an_anchor(path: Path, town: Town) -> None:
    height = append(path, town, town.sign(0, AddTool(tool=random_id("honest"))))
    with raw(path) as db:
        row, block = stored_block(db, height)
        block.header = replace(block.header, time=block.header.time + 1)
        overwrite_block(db, row, block)
        known = (height, sha256(row.header).digest())
    assert audit_file(path).finding is None
    assert_finding(audit_file(path, anchor=known), "header", height, "store.anchor_differs")


def test_a_clumsily_cut_tail_is_found_without_an_anchor(path: Path, town: Town) -> None:
    with raw(path) as db:
        db.execute("DELETE FROM header WHERE height > 70")
        db.execute("DELETE FROM block WHERE height > 70")
    finding = audit_file(path).finding
    assert finding is not None
    assert finding.facts["part"] in ("state", "item index", "entry index")
