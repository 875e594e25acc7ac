"""The application answers in whatever order the engine may call. What stands here was found by the simulation."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest

from linlian.engine.cometbft.answering import answer_query
from linlian.engine.cometbft.application import Application
from linlian.engine.cometbft.envelope import NONCE_BYTES, seal_envelope
from linlian.engine.cometbft.messages import Request, Response
from linlian.engine.cometbft.records import Draft
from linlian.kernel.block import Block
from linlian.kernel.errors import NodeMustStop
from linlian.kernel.genesis import chain_id
from linlian.store.memory import MemoryStore
from linlian.store.protocol import Notes, StoreError
from tests.engine import ledgers
from tests.engine.ledgers import RULEBOOK, START, Clock, Desk

DOCUMENT = ledgers.write_genesis()


class Doubtful(MemoryStore):
    """Says no after its last word, as often as it is told to."""

    failures = 0

    def _fail(self) -> None:
        if self.failures:
            self.failures -= 1
            raise StoreError("store.failed", path="memory", reason="after the last word")

    def create(self, document: bytes, block: Block) -> None:
        super().create(document, block)
        self._fail()

    def commit(self, block: Block, notes: Notes | None = None) -> None:
        super().commit(block, notes)
        self._fail()


class Counting(Application):
    executions = 0

    def _execute(self, txs: Sequence[bytes], height: int, time: int) -> Draft:
        self.executions += 1
        return super()._execute(txs, height, time)


@pytest.fixture
def store() -> Doubtful:
    return Doubtful()


@pytest.fixture
def app(store: Doubtful) -> Counting:
    app = Counting(store, RULEBOOK, Clock(), DOCUMENT)
    app.init_chain(chain_id(DOCUMENT), DOCUMENT, {})
    return app


@pytest.fixture
def tx() -> bytes:
    return envelope("hello")


def envelope(label: str) -> bytes:
    return seal_envelope(bytes(NONCE_BYTES), [Desk(chain_id(DOCUMENT), Clock()).note(label)])


def test_a_block_is_executed_once(app: Counting, tx: bytes) -> None:
    app.process([tx], 1, START, b"one")
    assert app.ahead() == 1
    app.info()
    app.finalize([tx], 1, START, b"one")
    assert app.executions == 1
    assert app.commit().height == 1


def test_info_may_be_asked_at_any_time(app: Counting, tx: bytes) -> None:
    """Anybody may ask it, at the engine's `abci_info`."""
    app.finalize([tx], 1, START, b"one")
    assert app.info().height == 0
    assert app.commit().height == 1
    assert app.info().height == 1


def test_a_query_does_not_wait_for_the_commit(app: Counting, tx: bytes) -> None:
    """One thread answers both: it would wait for itself."""
    app.finalize([tx], 1, START, b"one")
    request, response = Request(), Response()
    request.query.path, request.query.data = "/store/linlian/key", b"state"
    asking = threading.Thread(target=answer_query, args=(app, request.query, response.query), daemon=True)
    asking.start()
    asking.join(5)
    assert not asking.is_alive()
    app.commit()


def test_an_engine_that_begins_anew_may_come_to_another_proposal(app: Counting, tx: bytes) -> None:
    first = app.finalize([tx], 1, START, b"one")
    app.info()
    other = envelope("other")
    assert app.process([other], 1, START, b"two")
    app.ahead()
    second = app.finalize([other], 1, START, b"two")
    assert second.app_hash != first.app_hash
    assert app.commit().ids != []
    with pytest.raises(NodeMustStop, match=r"engine\.nothing_to_commit"):
        app.commit()


def test_a_store_that_fails_after_its_last_word_has_stored_the_block(app: Counting, store: Doubtful, tx: bytes) -> None:
    app.finalize([tx], 1, START, b"one")
    store.failures = 1
    assert app.commit().height == 1
    assert store.head() == app.head
    app.finalize([], 2, START, b"two")
    assert app.commit().height == 2


def test_a_chain_whose_first_write_was_doubtful_begins_all_the_same(store: Doubtful) -> None:
    app = Application(store, RULEBOOK, Clock(), DOCUMENT)
    store.failures = 1
    with pytest.raises(StoreError, match=r"store\.failed"):
        app.init_chain(chain_id(DOCUMENT), DOCUMENT, {})
    assert len(app.init_chain(chain_id(DOCUMENT), DOCUMENT, {})) == 32
    assert app.begun


def test_an_engine_that_lost_its_first_block_founds_the_chain_again(app: Counting, tx: bytes) -> None:
    """It asks for the chain's validators as they were: what an unfinished block made of the state is taken back."""
    root = app.position.app_hash
    app.finalize([tx], 1, START, b"one")
    assert app.init_chain(chain_id(DOCUMENT), DOCUMENT, {}) == root
    assert app.head.height == 0


def test_readers_need_not_wait_for_an_engine_that_is_away(app: Counting, tx: bytes) -> None:
    app.finalize([tx], 1, START, b"one")
    app.abandon()
    with app.standing:
        assert app.head.height == 0
    app.finalize([tx], 1, START, b"one")
    assert app.commit().height == 1
