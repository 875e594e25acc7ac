"""What every store does, asked of each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from linlian.kernel.block import SUBJECT_PREFIX
from linlian.kernel.limits import ORDINARY_WORK
from linlian.kernel.state import State
from linlian.kernel.transition import apply_block
from linlian.store.memory import MemoryStore
from linlian.store.protocol import Position, Store, StoreError
from linlian.store.sqlite import SqliteStore
from tests.store.ledgers import lay_down, loaded, same_state
from tests.store.lending import RULEBOOK, Town

pytestmark = pytest.mark.usefixtures("rounds")

Open = Callable[[], Store]


@pytest.fixture(params=["memory", "sqlite"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    store: Store = MemoryStore() if request.param == "memory" else SqliteStore(tmp_path / "ledger.sqlite")
    with closing(store):
        yield store


@pytest.fixture
def store(empty: Store, town: Town) -> Store:
    lay_down(empty, town)
    return empty


def test_an_empty_store_holds_nothing(empty: Store, town: Town) -> None:
    assert empty.genesis() is None
    assert empty.head() is None
    assert empty.block(0) is None
    assert list(empty.headers()) == []
    with pytest.raises(StoreError, match=r"store\.empty"):
        empty.load(State(town.state.chain, ORDINARY_WORK))
    with pytest.raises(StoreError, match=r"store\.empty"):
        empty.commit(town.blocks[1])


def test_a_ledger_begins_once(store: Store, town: Town) -> None:
    assert store.genesis() == town.document
    with pytest.raises(StoreError, match=r"store\.not_empty"):
        store.create(town.document, town.founding)


def test_a_ledger_begins_with_block_0_of_its_genesis(empty: Store, town: Town) -> None:
    with pytest.raises(StoreError, match=r"store\.not_next"):
        empty.create(town.document, town.blocks[1])
    with pytest.raises(StoreError, match=r"store\.not_next"):
        empty.create(Town(members=2).document, town.founding)
    assert empty.genesis() is None


def test_only_the_next_block_is_taken(store: Store, town: Town) -> None:
    height = town.state.height
    for block in (town.blocks[height], town.blocks[0]):
        with pytest.raises(StoreError, match=rf"store\.not_next.*expected={height + 1}"):
            store.commit(block)
    head = store.head()
    assert head is not None
    assert head.height == height


def test_blocks_come_back_as_they_were_committed(store: Store, town: Town) -> None:
    assert list(store.blocks()) == town.blocks
    assert list(store.headers()) == [block.header for block in town.blocks]
    assert store.head() == town.blocks[-1].header
    assert store.header(7) == town.blocks[7].header
    assert list(store.blocks(70)) == town.blocks[70:]
    assert list(store.headers(70)) == [block.header for block in town.blocks[70:]]
    beyond = len(town.blocks)
    assert store.block(beyond) is None
    assert store.header(beyond) is None
    assert list(store.blocks(beyond)) == []


def test_a_loaded_state_goes_on_like_the_one_that_was_committed(store: Store, town: Town) -> None:
    first, second = loaded(store, town), loaded(store, town)
    assert same_state(first, town.state)
    for state in (first, second):
        assert apply_block(state, RULEBOOK, town.time + 60_000, []) is not None
    assert first.root == second.root
    assert same_state(first, second)


def test_a_state_is_loaded_at_every_height(empty: Store, town: Town) -> None:
    empty.create(town.document, town.founding)
    for block in town.blocks[1:]:
        empty.commit(block)
        if block.header.height % 9 == 0 or block.header.height > 75:
            assert loaded(empty, town).root == block.header.state_root


def test_loading_tells_its_progress(store: Store, town: Town) -> None:
    told: list[tuple[int, int]] = []
    store.load(State(town.state.chain, ORDINARY_WORK), lambda done, of: told.append((done, of)))
    assert told
    assert told[-1][0] == told[-1][1]
    assert told == sorted(told)


def test_a_state_of_another_chain_is_not_filled(store: Store) -> None:
    with pytest.raises(StoreError, match=r"store\.other_chain"):
        store.load(State("elsewhere-" + "0" * 32, ORDINARY_WORK))


def test_every_item_is_found_by_its_id(store: Store, town: Town) -> None:
    for block in town.blocks:
        for index in range(len(block.items)):
            assert store.find(block.item_id(index)) == (block.header.height, index)


def test_an_id_that_only_begins_alike_is_not_found(store: Store, town: Town) -> None:
    for block in (town.blocks[3], town.blocks[-1]):
        identifier = block.item_id(len(block.items) - 1)
        assert store.find(identifier[:31] + bytes([identifier[31] ^ 1])) is None
        assert store.find(identifier[:8]) is None


def test_a_history_is_whole_and_in_order(store: Store, town: Town) -> None:
    histories: dict[bytes, list[Position]] = {}
    for block in town.blocks:
        for receipt, body in enumerate(block.receipts):
            for event, subjects in enumerate(body.subjects):
                for subject in subjects:
                    numbered = histories.setdefault(subject, [])
                    numbered.append(Position(len(numbered) + 1, block.header.height, receipt, event))
    assert len(histories) == sum(key.startswith(SUBJECT_PREFIX) for key in town.state.rows)
    assert max(map(len, histories.values())) > 30
    for subject, positions in histories.items():
        assert list(store.positions(subject)) == positions
        assert list(store.positions(subject, len(positions) // 2 + 1)) == positions[len(positions) // 2 :]
    assert list(store.positions(bytes(16))) == []


def test_a_backup_is_a_ledger_of_its_own(store: Store, town: Town, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    store.backup(tmp_path / "copy.sqlite", lambda done, of: told.append((done, of)))
    assert told[-1][0] == told[-1][1]
    with closing(SqliteStore(tmp_path / "copy.sqlite")) as copy:
        assert list(copy.blocks()) == town.blocks
        assert same_state(loaded(copy, town), town.state)
    with pytest.raises(StoreError, match=r"store\.target_exists"):
        store.backup(tmp_path / "copy.sqlite")
    assert sorted(path.name for path in tmp_path.glob("copy*")) == ["copy.sqlite", "copy.sqlite.lock"]


def test_a_closed_store_says_so(store: Store) -> None:
    store.close()
    for call in (store.head, store.genesis, lambda: store.block(0), lambda: list(store.positions(bytes(16)))):
        with pytest.raises(StoreError, match=r"store\.closed"):
            call()
