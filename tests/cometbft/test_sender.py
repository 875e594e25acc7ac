"""What a sender is told is true, whatever the engine does with an envelope."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any

import pytest

from linlian.engine.batch import Submission
from linlian.engine.cometbft.application import Application
from linlian.engine.cometbft.envelope import TRANSACTIONS_MAX, open_envelope, seal_envelope
from linlian.engine.cometbft.rpc import Rpc
from linlian.engine.cometbft.sender import UNDECIDED_MS, Sender
from linlian.engine.ledger import Final
from linlian.kernel.errors import Busy, LinlianError, Rejected
from linlian.kernel.genesis import chain_id
from linlian.store.memory import MemoryStore
from tests.engine import ledgers
from tests.engine.ledgers import START, Clock, Desk

VALIDATOR = ledgers.OPERATOR.public_key
SECONDS = 10.0


class Engine(Rpc):
    """Takes envelopes, or says what it is told to say."""

    def __init__(self) -> None:
        super().__init__("")
        self.taken: list[bytes] = []
        self.no: LinlianError | None = None

    def broadcast(self, tx: bytes) -> None:
        if self.no is not None:
            raise self.no
        if tx not in self.taken:
            self.taken.append(tx)


class Node:
    """An application with a sender, and somebody who decides which blocks there are."""

    def __init__(self) -> None:
        self.clock = Clock(START)
        document = ledgers.write_genesis((VALIDATOR,))
        self.app = Application(MemoryStore(), ledgers.RULEBOOK, self.clock, document)
        self.app.init_chain(chain_id(document), document, {VALIDATOR: 10})
        self.engine = Engine()
        self.sender = Sender(self.app, self.engine)
        self.desk = Desk(chain_id(document), self.clock)

    def hand_in(self, raw: bytes) -> Future[Final]:
        submission = Submission(raw, False)
        self.sender.submit([submission])
        return submission.answer

    def block(self, txs: list[bytes], at: int) -> None:
        height = self.app.position.height + 1
        self.app.finalize(txs, height, at, height.to_bytes(32, "big"))
        self.sender.committed(self.app.commit())

    def wait_for(self, count: int) -> list[bytes]:
        until = time.monotonic() + SECONDS
        while len(self.engine.taken) < count:
            assert time.monotonic() < until
            time.sleep(0.01)
        return self.engine.taken


@pytest.fixture
def node() -> Iterator[Node]:
    made = Node()
    yield made
    made.sender.close()


def code_of(answer: Future[Any]) -> str:
    with pytest.raises(LinlianError) as no:
        answer.result(SECONDS)
    return no.value.code


def test_what_others_may_have_is_not_called_too_late_by_this_nodes_clock(node: Node) -> None:
    answer = node.hand_in(node.desk.note("cut-off"))
    (envelope,) = node.wait_for(1)
    node.engine.no = Rejected("engine.not_taken", reason="kernel.expired")
    node.clock.now = START + 60_000  # its time is over by the clock, not by any block
    time.sleep(4)  # it is handed in again, and not taken
    assert not answer.done()
    node.block([envelope], START + 59_000)
    assert answer.result(SECONDS).outcome == "accepted"


def test_what_no_block_takes_is_sent_again_in_other_bytes(node: Node) -> None:
    answer = node.hand_in(node.desk.note("a-peer-lagged-and-refused-it"))
    first, second = node.wait_for(2)
    assert first != second
    assert open_envelope(first) == open_envelope(second)
    node.block([second, first], START + 1_000)
    assert answer.result(SECONDS).outcome == "accepted"


def test_what_no_block_held_in_time_is_too_late_or_undecided(node: Node) -> None:
    unknown = node.hand_in(node.desk.note("nobody-knows"))
    node.wait_for(1)
    node.clock.now = START + 60_000 + UNDECIDED_MS
    assert code_of(unknown) == "engine.undecided"
    node.clock.now = START
    late = node.hand_in(node.desk.note("late"))
    node.wait_for(2)
    node.block([envelope_of_another(node)], START + 60_000)
    assert code_of(late) == "kernel.expired"


def envelope_of_another(node: Node) -> bytes:
    """Something of somebody else's, so that the block has a time."""
    return seal_envelope(bytes(16), [node.desk.sign(ledgers.WriteNote(label="other"), valid_until=START + 120_000)])


def test_a_node_is_well_though_others_have_filled_the_mempool(node: Node) -> None:
    for number in range(21):
        raws = [node.desk.note("of-another") for _ in range(TRANSACTIONS_MAX)]
        node.sender.checked(seal_envelope(number.to_bytes(16, "big"), raws))
    with pytest.raises(Busy):
        node.sender.submit([Submission(node.desk.note("one-more"), False)])
    node.sender.submit([])  # how a node asks whether it is well
