"""The embedded engine: answers, refusals, back-pressure, timers, time, and stopping."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from linlian.engine import embedded
from linlian.engine.embedded import EmbeddedLedger
from linlian.engine.verifier import Verifier
from linlian.kernel import crypto
from linlian.kernel.block import Block
from linlian.kernel.entropy import ENTROPY_KEY
from linlian.kernel.errors import Busy, LinlianError, NodeMustStop, Refused, Rejected
from linlian.kernel.proof import check_history, check_receipt, check_state
from linlian.store.memory import MemoryStore
from linlian.store.protocol import Notes, StoreError
from linlian.store.sqlite import SqliteStore
from tests.engine.ledgers import (
    ACCOUNT,
    OPERATOR,
    START,
    WRITER,
    Clock,
    Desk,
    EndKey,
    WriteNote,
    create,
    notes,
    open_ledger,
)

Running = tuple[EmbeddedLedger, Desk, Clock]


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    store = MemoryStore()
    create(store)
    clock = Clock()
    ledger, desk = open_ledger(store, tmp_path, clock)
    yield ledger, desk, clock
    ledger.close()


def test_an_accepted_transaction_is_found_again(running: Running) -> None:
    ledger, desk, _ = running
    final = ledger.submit(desk.note("hello")).result(10)
    assert final.outcome == "accepted"
    assert final.entries()[0][0] == "notes.note_written"
    assert ledger.find(final.item_id) == final
    assert (final.height, ledger.head.height) == (1, 1)


def test_a_refusal_leaves_no_trace_unless_it_is_asked_for(running: Running) -> None:
    ledger, desk, _ = running
    with pytest.raises(Refused, match=r"notes\.no"):
        ledger.submit(desk.note("no")).result(10)
    assert ledger.head.height == 0
    final = ledger.submit(desk.note("no"), record_refusal=True).result(10)
    assert final.outcome == "refused"
    assert final.entries()[0][2]["code"] == "notes.no"
    history = check_history(ledger.prove_history(ACCOUNT), {})
    assert [name for _, name, _, _ in history.entries] == ["kernel.refused"]


def test_a_refused_offline_transaction_is_used_up(running: Running) -> None:
    ledger, desk, clock = running
    raw = desk.sign(WriteNote(label="no"), offline=True, valid_until=START + 72 * 3_600_000)
    final = ledger.submit(raw).result(10)
    assert final.outcome == "refused"
    clock.now = START + 48 * 3_600_000
    with pytest.raises(Rejected, match=r"kernel\.repeated"):
        ledger.submit(raw).result(10)


def test_a_bug_never_enters_a_block_and_raises_an_alarm(running: Running) -> None:
    ledger, desk, _ = running
    with pytest.raises(Refused, match=r"kernel\.broken"):
        ledger.submit(desk.note("bug")).result(10)
    assert ledger.head.height == 0
    assert "KeyError" in ledger.alarms[0]


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("kernel.wrong_chain", {"chain": "elsewhere-00"}),
        ("kernel.unknown_command", {"command": "notes.burn_note"}),
        ("kernel.unknown_command", {"command": "notes.forget_note"}),
        ("kernel.expired", {"valid_until": START}),
        ("kernel.early", {"valid_until": START + 120_001}),
        ("kernel.claim_ahead", {"occurred_at": START + 120_001}),
        ("kernel.malformed", {"fields": {"label": "x", "colour": "red"}}),
        ("kernel.not_signers_key", {"signer": bytes(15) + b"\x02"}),
    ],
)
def test_what_may_not_enter_is_rejected_with_its_code(running: Running, code: str, changes: dict[str, object]) -> None:
    ledger, desk, _ = running
    with pytest.raises(Rejected) as caught:
        ledger.submit(desk.sign(WriteNote(label="x"), **changes)).result(10)
    assert caught.value.code == code
    assert ledger.head.height == 0


def test_a_transaction_comes_in_once(running: Running) -> None:
    ledger, desk, _ = running
    raw = desk.note()
    ledger.submit(raw).result(10)
    with pytest.raises(Rejected, match=r"kernel\.repeated"):
        ledger.submit(raw).result(10)
    twice = desk.note()
    first, second = ledger.submit_many([twice, twice])
    outcomes = [future.exception(10) for future in (first, second)]
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NoneType", "Rejected"]


def test_a_wrong_signature_and_an_ended_key_are_rejected(running: Running) -> None:
    ledger, desk, clock = running
    forged = Desk(ledger.chain, clock, made=1000, key=crypto.SoftwareKey("ed25519", bytes(32)))
    with pytest.raises(Rejected, match=r"kernel\.key_not_in_force"):
        ledger.submit(forged.note()).result(10)
    raw = bytearray(desk.note())
    raw[-1] ^= 1
    with pytest.raises(Rejected, match=r"kernel\.wrong_signature"):
        ledger.submit(bytes(raw)).result(10)
    ledger.submit(desk.sign(EndKey(key=WRITER.key_id))).result(10)
    with pytest.raises(Rejected, match=r"kernel\.key_not_in_force"):
        ledger.submit(desk.note()).result(10)


def test_a_large_batch_is_checked_by_the_helper_process(running: Running) -> None:
    ledger, desk, _ = running
    raws = [desk.note(f"n{number}") for number in range(1200)]
    spoiled = bytearray(raws[700])
    spoiled[-1] ^= 1
    raws[700] = bytes(spoiled)
    answers = ledger.submit_many(raws)
    errors = [answer.exception(60) for answer in answers]
    assert [number for number, error in enumerate(errors) if error is not None] == [700]
    assert str(errors[700]) == "kernel.wrong_signature"
    assert ledger.head.height >= 3


def test_a_full_queue_says_when_to_come_back(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger, desk, _ = running
    monkeypatch.setattr(embedded, "QUEUE_TRANSACTIONS", 10)
    with pytest.raises(Busy) as caught:
        ledger.submit_many([desk.note() for _ in range(11)])
    assert caught.value.retry_after_ms >= 20
    assert all(answer.result(10) for answer in ledger.submit_many([desk.note() for _ in range(10)]))


def test_a_timer_fires_when_nobody_submits_anything(running: Running) -> None:
    ledger, desk, clock = running
    final = ledger.submit(desk.note("soon", forget_at=START + 30)).result(10)
    note = final.entries()[0][2]["note"]
    clock.now = START + 31
    blocks = ledger.follow(2)
    block = next(blocks)
    assert (block.header.time, block.runs) == (START + 31, 1)
    assert notes.get(ledger, note) is None
    assert [entry[1] for entry in check_history(ledger.prove_history(note), {}).entries] == [
        "notes.note_written",
        "notes.note_forgotten",
    ]


def test_header_time_never_falls(running: Running) -> None:
    ledger, desk, clock = running
    clock.now = START + 10_000
    ledger.submit(desk.note()).result(10)
    clock.now = START
    final = ledger.submit(desk.note()).result(10)
    assert final.time == START + 10_000


def test_a_node_with_a_clock_behind_its_last_block_does_not_start(tmp_path: Path) -> None:
    store = MemoryStore()
    create(store)
    with pytest.raises(LinlianError, match=r"engine\.clock_behind"):
        open_ledger(store, tmp_path, Clock(START - 1))


def test_a_block_that_cannot_be_stored_is_taken_back(tmp_path: Path) -> None:
    class FullStore(MemoryStore):
        full = False

        def commit(self, block: Block, notes: Notes | None = None) -> None:
            if self.full:
                raise StoreError("store.full")
            super().commit(block, notes)

    store = FullStore()
    create(store)
    ledger, desk = open_ledger(store, tmp_path, Clock())
    store.full = True
    raw = desk.note()
    with pytest.raises(StoreError, match=r"store\.full"):
        ledger.submit(raw).result(10)
    assert ledger.head.height == 0
    store.full = False
    assert ledger.submit(raw).result(10).height == 1
    ledger.close()


def test_receipts_histories_and_states_check_offline(running: Running) -> None:
    ledger, desk, _ = running
    final = ledger.submit(desk.note("proof")).result(10)
    for _ in range(5):
        ledger.submit(desk.note()).result(10)
    trust = {f"linlian/{ledger.chain}/operator": [OPERATOR.public_key]}
    verdict = check_receipt(ledger.prove_receipt(final.item_id), trust)
    assert (verdict.signer, verdict.command, verdict.outcome) == (ACCOUNT, "notes.write_note", "accepted")
    assert [signer.public_key for signer in verdict.vouched.trusted] == [OPERATOR.public_key]
    note = final.entries()[0][2]["note"]
    value, _ = check_state(ledger.prove_state(notes.key(note)), trust)
    assert value is not None
    assert notes.decode(value).label == "proof"
    absent, _ = check_state(ledger.prove_state(notes.key(bytes(16))), trust)
    assert absent is None
    assert check_history(ledger.prove_history(b"nobody"), trust).count == 0
    for hand_out in (ledger.prove_state, ledger.read):
        with pytest.raises(LinlianError, match=r"kernel\.not_shown"):
            hand_out(ENTROPY_KEY)


def test_it_goes_on_where_it_stopped(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "ledger.sqlite")
    create(store)
    clock = Clock()
    ledger, desk = open_ledger(store, tmp_path, clock)
    raw = desk.note()
    final = ledger.submit(raw).result(10)
    ledger.prove_receipt(final.item_id)
    head = ledger.head
    ledger.close()
    again, desk = open_ledger(SqliteStore(tmp_path / "ledger.sqlite"), tmp_path, clock)
    assert again.head == head
    with pytest.raises(Rejected, match=r"kernel\.repeated"):
        again.submit(raw).result(10)
    again.close()


def test_a_ledger_below_its_watermark_signs_nothing(tmp_path: Path) -> None:
    store = MemoryStore()
    create(store)
    ledger, desk = open_ledger(store, tmp_path, Clock())
    final = ledger.submit(desk.note()).result(10)
    ledger.prove_receipt(final.item_id)
    ledger.close()
    older = MemoryStore()
    create(older)
    with pytest.raises(LinlianError, match=r"engine\.below_watermark"):
        open_ledger(older, tmp_path, Clock())


def test_a_closed_ledger_says_so(running: Running, tmp_path: Path) -> None:
    store = MemoryStore()
    create(store)
    ledger, desk = open_ledger(store, tmp_path / "..", Clock())
    ledger.close()
    with pytest.raises(LinlianError, match=r"engine\.closed"):
        ledger.submit(desk.note())


def test_when_the_helper_process_dies_everybody_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(_: Verifier) -> list[bool]:
        raise NodeMustStop("engine.verifier_died", exit_code=1)

    monkeypatch.setattr(Verifier, "answer", die)
    store = MemoryStore()
    create(store)
    ledger, desk = open_ledger(store, tmp_path, Clock())
    answers = ledger.submit_many([desk.note() for _ in range(700)])
    assert {str(answer.exception(10)) for answer in answers} == {"engine.verifier_died exit_code=1"}
    with pytest.raises(NodeMustStop, match=r"engine\.verifier_died"):
        ledger.submit(desk.note())
    ledger.close()
