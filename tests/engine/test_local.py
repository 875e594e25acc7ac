"""A running node's ledger, reached through its socket: the same answers as from the ledger itself."""

from __future__ import annotations

import socket
import stat
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from linlian.engine.door import LocalDoor
from linlian.engine.embedded import EmbeddedLedger
from linlian.engine.local import LocalLedger
from linlian.kernel import codec
from linlian.kernel.entropy import ENTROPY_KEY
from linlian.kernel.errors import Busy, EncodingInvalid, LinlianError, Refused, Rejected
from linlian.kernel.keys import KEYS
from linlian.kernel.proof import check_history, check_receipt
from linlian.store.memory import MemoryStore
from tests.engine.ledgers import ACCOUNT, WRITER, Clock, Desk, WriteNote, create, open_ledger


@dataclass
class Running:
    """A node with its door, and a caller."""

    ledger: EmbeddedLedger
    door: LocalDoor
    caller: LocalLedger
    desk: Desk
    socket: Path


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Running]:
    store = MemoryStore()
    create(store)
    ledger, desk = open_ledger(store, tmp_path, Clock())
    path = tmp_path / "node.socket"
    door = LocalDoor(ledger, path)
    caller = LocalLedger(path)
    yield Running(ledger, door, caller, desk, path)
    caller.close()
    door.close()
    ledger.close()


def test_a_caller_sees_the_same_ledger(node: Running) -> None:
    final = node.caller.submit(node.desk.note("hello")).result()
    assert final == node.ledger.find(final.item_id)
    assert node.caller.find(final.item_id) == final
    assert node.caller.chain == node.ledger.chain
    assert node.caller.head == node.ledger.head
    assert node.caller.clock() == node.ledger.clock()
    key = KEYS.key(WRITER.key_id)
    assert node.caller.read(key) == node.ledger.read(key)
    assert node.caller.read(KEYS.key(bytes(32))) is None
    assert node.caller.find(bytes(32)) is None


def test_proofs_come_through_whole(node: Running) -> None:
    final = node.caller.submit(node.desk.note("proved")).result()
    assert check_receipt(node.caller.prove_receipt(final.item_id), {}).outcome == "accepted"
    (note,) = final.receipt.subjects[0]
    assert check_history(node.caller.prove_history(note), {}).count == 1
    assert node.caller.prove_state(b"nothing").row == b""
    for hand_out in (node.caller.prove_state, node.caller.read):
        with pytest.raises(LinlianError, match=r"kernel\.not_shown"):
            hand_out(ENTROPY_KEY)
    with pytest.raises(LookupError):
        node.caller.prove_receipt(bytes(32))


def test_every_no_arrives_as_what_it_was(node: Running) -> None:
    with pytest.raises(Refused, match=r"notes\.no") as refused:
        node.caller.submit(node.desk.note("no")).result()
    assert refused.value.about == (ACCOUNT,)
    with pytest.raises(Rejected, match=r"kernel\.malformed"):
        node.caller.submit(b"junk").result()
    recorded = node.caller.submit(node.desk.note("no"), record_refusal=True).result()
    assert recorded.outcome == "refused"


def test_trying_out_leaves_no_trace(node: Running) -> None:
    head, good = node.ledger.head, node.desk.note("hello")
    for ledger in (node.ledger, node.caller):
        assert ledger.try_out(good) is None
        refused = ledger.try_out(node.desk.note("no"))
        assert (type(refused), refused and refused.code) == (Refused, "notes.no")
        broken = ledger.try_out(node.desk.note("bug"))
        assert broken is not None
        assert broken.code == "kernel.broken"
        for raw in (b"nonsense", node.desk.sign(WriteNote(label="late"), valid_until=1)):
            with pytest.raises(Rejected):
                ledger.try_out(raw)
    assert node.ledger.head == head
    assert node.caller.submit(good).result().height == head.height + 1


def test_each_of_many_has_an_answer_of_its_own(node: Running) -> None:
    raws = [node.desk.note("no" if number % 3 == 0 else f"n{number}") for number in range(60)]
    answers = node.caller.submit_many(raws)
    said = [answer.exception() is None for answer in answers]
    assert said == [number % 3 != 0 for number in range(60)]
    assert node.caller.submit_many([]) == []


def test_busy_is_said_at_once(node: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    def is_busy(*_: object, **__: object) -> object:
        raise Busy(70)

    monkeypatch.setattr(node.ledger, "submit_many", is_busy)
    with pytest.raises(Busy) as busy:
        node.caller.submit_many([b"anything"])
    assert busy.value.retry_after_ms == 70


def test_several_threads_of_a_caller_do_not_mix_their_answers(node: Running) -> None:
    raws = [[node.desk.note(f"t{thread}-{number}") for number in range(20)] for thread in range(4)]
    labels: dict[int, list[str]] = {}

    def work(thread: int) -> None:
        answers = [node.caller.submit(raw).result() for raw in raws[thread]]
        labels[thread] = [answer.entries()[0][2]["label"] for answer in answers]

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert labels == {thread: [f"t{thread}-{number}" for number in range(20)] for thread in range(4)}


def test_blocks_are_followed_from_any_height_and_as_they_come(node: Running) -> None:
    for label in ("a", "b"):
        node.ledger.submit(node.desk.note(label)).result()
    blocks = node.caller.follow(1)
    assert [next(blocks).header.height, next(blocks).header.height] == [1, 2]
    node.ledger.submit(node.desk.note("c")).result()
    block = next(blocks)
    assert codec.encode(block.header) == codec.encode(node.ledger.head)
    blocks.close()  # type: ignore[attr-defined]


def test_the_door_closes_while_somebody_follows(node: Running) -> None:
    blocks = node.caller.follow(0)
    next(blocks)

    def close() -> None:
        node.door.close()
        node.ledger.close()

    closing = threading.Thread(target=close)
    closing.start()
    assert list(blocks) == []
    closing.join(timeout=10)
    assert not closing.is_alive()


def test_what_was_handed_in_is_answered_before_the_door_closes(node: Running) -> None:
    answers = node.caller.submit_many([node.desk.note(f"n{number}") for number in range(200)])
    node.door.close()
    assert all(answer.result(timeout=5).outcome == "accepted" for answer in answers)


def test_a_caller_learns_that_the_node_is_gone(node: Running) -> None:
    node.door.close()
    with pytest.raises(LinlianError, match=r"engine\.connection_lost"):
        node.caller.clock()
    with pytest.raises(LinlianError, match=r"engine\.nobody_there"):
        LocalLedger(node.socket)


def test_a_caller_who_does_not_read_holds_up_nobody(node: Running) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as deaf:
        deaf.connect(str(node.socket))
        for number in range(60):  # answers of half a megabyte: more than any socket holds
            raws = [node.desk.note(f"d{number}") for _ in range(40)]
            frame = codec.encode_plain([number + 1, "submit", raws, False])
            deaf.sendall(len(frame).to_bytes(4, "big") + frame)
        assert node.caller.submit(node.desk.note("quick")).result(timeout=10).outcome == "accepted"


def test_the_socket_is_for_its_owner_alone(node: Running) -> None:
    assert stat.S_IMODE(node.socket.resolve().stat().st_mode) == 0o600


def test_a_path_too_long_for_a_socket_works_all_the_same(tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 40)
    folder.mkdir()
    store = MemoryStore()
    create(store)
    ledger, desk = open_ledger(store, folder, Clock())
    door = LocalDoor(ledger, folder / "node.socket")
    caller = LocalLedger(folder / "node.socket")
    assert caller.submit(desk.note()).result().outcome == "accepted"
    elsewhere = (folder / "node.socket").resolve()
    caller.close()
    door.close()
    ledger.close()
    assert not elsewhere.exists()
    assert not elsewhere.parent.exists()
    assert not (folder / "node.socket").is_symlink()


def test_a_socket_left_by_a_killed_node_is_replaced(tmp_path: Path) -> None:
    left = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    left.bind(str(tmp_path / "node.socket"))
    left.close()
    with pytest.raises(LinlianError, match=r"engine\.nobody_there"):
        LocalLedger(tmp_path / "node.socket")
    store = MemoryStore()
    create(store)
    ledger, _ = open_ledger(store, tmp_path, Clock())
    door = LocalDoor(ledger, tmp_path / "node.socket")
    LocalLedger(tmp_path / "node.socket").close()
    door.close()
    ledger.close()


@pytest.mark.parametrize("raws", [[5], [[]], [{}], "no list", [b"fine", 1]])
def test_what_is_no_list_of_bytes_harms_nobody(node: Running, raws: object) -> None:
    with pytest.raises(EncodingInvalid, match=r"kernel\.wrong_fields"):
        node.caller._call("submit", raws, False)
    assert node.caller.submit(node.desk.note("still-here")).result().outcome == "accepted"


def test_a_callers_answers_cannot_be_cancelled(node: Running) -> None:
    answers = node.caller.submit_many([node.desk.note() for _ in range(3)])
    answers[0].cancel()
    assert [answer.result(10).outcome for answer in answers] == ["accepted"] * 3
