"""What goes wrong around the embedded engine: impatient senders, forged copies, stores that fail, and damaged marks."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from linlian.engine.embedded import EmbeddedLedger
from linlian.engine.verifier import Verifier
from linlian.engine.watermark import Watermark
from linlian.kernel.block import Block
from linlian.kernel.crypto import SoftwareKey
from linlian.kernel.errors import LinlianError, NodeMustStop, Rejected
from linlian.kernel.limits import TRANSACTION_BYTES_MAX
from linlian.kernel.proof import check_history
from linlian.store.memory import MemoryStore
from linlian.store.protocol import Notes, StoreError
from tests.engine.ledgers import ACCOUNT, START, Clock, Desk, VoteRules, create, notes, open_ledger

Running = tuple[EmbeddedLedger, Desk, Clock, "FaultyStore"]


class FaultyStore(MemoryStore):
    """Fails as it is told: `error` is raised by each commit, after the block is in if `too_late`."""

    def __init__(self) -> None:
        super().__init__()
        self.error: Exception | None = None
        self.too_late = False
        self.attempts = 0
        self.may_go_on = threading.Event()
        self.may_go_on.set()

    def commit(self, block: Block, notes: Notes | None = None) -> None:
        self.attempts += 1
        self.may_go_on.wait(10)
        if self.error is None or self.too_late:
            super().commit(block, notes)
        if self.error is not None:
            raise self.error


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    store = FaultyStore()
    create(store)
    clock = Clock()
    ledger, desk = open_ledger(store, tmp_path, clock)
    yield ledger, desk, clock, store
    ledger.close()


def test_a_sender_who_walks_away_stops_nobody(running: Running) -> None:
    ledger, desk, _, _ = running
    answers = ledger.submit_many([desk.note() for _ in range(3)])
    assert not answers[0].cancel()
    assert [answer.result(10).outcome for answer in answers] == ["accepted"] * 3
    assert ledger.submit(desk.note()).result(10).outcome == "accepted"


def test_many_unknown_keys_at_once_stop_nobody(running: Running) -> None:
    ledger, desk, clock, _ = running
    stranger = Desk(ledger.chain, clock, made=1000, key=SoftwareKey("ed25519", bytes(32)))
    answers = ledger.submit_many([stranger.note() for _ in range(40)])
    assert {str(answer.exception(10)).split()[0] for answer in answers} == {"kernel.key_not_in_force"}
    assert ledger.submit(desk.note()).result(10).outcome == "accepted"


@pytest.mark.parametrize("others", [0, 40])
def test_a_badly_signed_copy_does_not_push_out_the_true_one(running: Running, others: int) -> None:
    """Handed in together, the copy first; alone, and in a batch that the helper process checks."""
    ledger, desk, _, store = running
    store.may_go_on.clear()
    first = ledger.submit(desk.note())
    raw = desk.note()
    copy = raw[:-1] + bytes([raw[-1] ^ 1])
    forged, true, *rest = ledger.submit_many([copy, raw, *(desk.note() for _ in range(others))])
    store.may_go_on.set()
    assert str(forged.exception(10)) == "kernel.wrong_signature"
    assert [answer.result(10).outcome for answer in (first, true, *rest)] == ["accepted"] * (2 + others)


def test_what_is_too_large_is_told_at_once_and_never_waits_in_the_queue(running: Running) -> None:
    ledger, desk, _, _ = running
    large, fine = ledger.submit_many([bytes(TRANSACTION_BYTES_MAX + 1), desk.note()])
    assert large.done()
    with pytest.raises(Rejected, match=r"kernel\.transaction_too_large"):
        large.result()
    assert fine.result(10).outcome == "accepted"


def test_following_from_before_the_beginning_begins_there(running: Running) -> None:
    ledger, _, _, _ = running
    assert next(ledger.follow(-5)).header.height == 0


def test_a_commit_that_failed_after_its_last_word_is_no_failure(running: Running) -> None:
    ledger, desk, _, store = running
    store.error, store.too_late = StoreError("store.failed"), True
    final = ledger.submit(desk.note()).result(10)
    assert ledger.find(final.item_id) == final
    store.error = None
    assert ledger.submit(desk.note()).result(10).height == 2


def test_a_store_that_cannot_be_relied_on_stops_the_node(running: Running) -> None:
    ledger, desk, _, store = running
    store.error = StoreError("store.failed")
    with pytest.raises(StoreError, match=r"store\.failed"):
        ledger.submit(desk.note()).result(10)
    with pytest.raises(StoreError, match=r"store\.failed"):
        ledger.submit(desk.note())
    assert (ledger.head.height, store.attempts) == (0, 1)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_bug_in_the_store_leaves_nobody_waiting_and_nothing_behind(running: Running) -> None:
    ledger, desk, _, store = running
    store.error = RuntimeError("a bug")
    store.may_go_on.clear()
    answers = [ledger.submit(desk.note()) for _ in range(40)]
    store.may_go_on.set()
    assert {str(answer.exception(10)).split()[0] for answer in answers} == {"engine.failed"}
    assert ledger.head.height == 0
    assert check_history(ledger.prove_history(b"nobody"), {}).vouched.height == 0


def test_a_due_timer_does_not_hammer_a_full_disk(running: Running) -> None:
    ledger, desk, clock, store = running
    note = ledger.submit(desk.note("soon", forget_at=START + 5)).result(10).entries()[0][2]["note"]
    store.error, store.attempts = StoreError("store.full"), 0
    clock.now = START + 5
    with pytest.raises(StoreError, match=r"store\.full"):
        ledger.submit(desk.note()).result(10)
    time.sleep(0.3)
    assert store.attempts <= 2
    assert "store.full" in ledger.alarms
    store.error = None
    assert next(ledger.follow(2)).runs == 1
    assert notes.get(ledger, note) is None


def test_nobody_sees_a_block_before_it_is_durable(running: Running) -> None:
    ledger, desk, _, store = running
    store.may_go_on.clear()
    answer = ledger.submit(desk.note())
    seen: list[bytes | None] = []
    while not store.attempts:
        time.sleep(0.001)
    reader = threading.Thread(target=lambda: seen.append(ledger.read(b"anything")))
    reader.start()
    assert ledger.head.height == 0
    assert not seen
    store.may_go_on.set()
    assert answer.result(10).height == 1
    reader.join(10)
    assert seen == [None]


def test_when_the_helper_takes_no_batch_everybody_is_told(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(_: Verifier, checks: object) -> None:
        raise NodeMustStop("engine.verifier_died", exit_code=1)

    monkeypatch.setattr(Verifier, "ask", die)
    ledger, desk, _, _ = running
    answers = ledger.submit_many([desk.note() for _ in range(700)])
    assert {str(answer.exception(10)) for answer in answers} == {"engine.verifier_died exit_code=1"}


def test_a_helper_that_was_killed_is_named_and_the_ledger_closes(running: Running) -> None:
    ledger, desk, _, store = running
    assert [answer.exception(30) for answer in ledger.submit_many([desk.note() for _ in range(40)])] == [None] * 40
    assert ledger._verifier is not None
    ledger._verifier._process.kill()
    with pytest.raises(NodeMustStop, match=r"engine\.verifier_died"):
        ledger.submit_many([desk.note() for _ in range(40)])[0].result(30)
    ledger.close()
    with pytest.raises(StoreError, match=r"store\.closed"):
        store.head()


def test_histories_proved_while_blocks_are_made_are_complete(running: Running) -> None:
    ledger, desk, _, _ = running
    answers = [ledger.submit(desk.note("no"), record_refusal=True) for _ in range(150)]
    counts = [check_history(ledger.prove_history(ACCOUNT), {}).count for _ in range(40)]
    assert counts == sorted(counts)
    assert {answer.result(30).outcome for answer in answers} == {"refused"}
    assert check_history(ledger.prove_history(ACCOUNT), {}).count == 150


def test_a_running_node_stops_before_the_first_block_of_rules_that_it_does_not_have(running: Running) -> None:
    ledger, desk, _, store = running
    ledger.submit(desk.sign(VoteRules(source_hash=b"\x07" * 32, at_height=3))).result(10)
    assert ledger.submit(desk.note()).result(10).height == 2
    with pytest.raises(LinlianError, match=r"engine\.other_rules"):
        ledger.submit(desk.note()).result(10)
    assert {header.release_hash for header in store.headers()} == {bytes(32)}


@pytest.mark.parametrize("data", [b"", b"7", b"7 " + b"zz" * 32, b"7 " + b"00" * 31, b"-1 " + b"00" * 32, b"\xff\xfe"])
def test_a_damaged_watermark_is_named(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "watermark").write_bytes(data)
    with pytest.raises(LinlianError, match=r"engine\.watermark_damaged"):
        Watermark(tmp_path / "watermark")


def test_nothing_is_signed_when_the_watermark_cannot_be_written(tmp_path: Path) -> None:
    store = MemoryStore()
    create(store)
    folder = tmp_path / "gone"
    folder.mkdir()
    ledger, _ = open_ledger(store, folder, Clock())
    folder.rmdir()
    with pytest.raises(LinlianError, match=r"engine\.watermark_unwritable"):
        ledger.prove_history(b"nobody")
    folder.mkdir()
    assert check_history(ledger.prove_history(b"nobody"), {}).count == 0
    ledger.close()
