"""A ledger that begins at a snapshot: it goes on like one that has every block, and says what it does not have."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from linlian.engine.feed import BlockFeed
from linlian.kernel import codec
from linlian.kernel.block import SUBJECT_PREFIX, Block
from linlian.kernel.entropy import current_entropy
from linlian.kernel.errors import LinlianError
from linlian.kernel.merkle import check_inclusion
from linlian.kernel.state import State
from linlian.store.audit import audit_file
from linlian.store.memory import MemoryStore
from linlian.store.protocol import StoreError
from linlian.store.snapshot import read_snapshot, write_snapshot
from linlian.store.sqlite import SqliteStore
from tests.store.ledgers import loaded, raw, same_state
from tests.store.lending import Town, random_id

HEIGHT = 50


def whole(town: Town, height: int) -> MemoryStore:
    store = MemoryStore()
    store.create(town.document, town.founding)
    for block in town.blocks[1 : height + 1]:
        store.commit(block)
    return store


@pytest.fixture(scope="module")
def snapshot(town: Town, tmp_path_factory: pytest.TempPathFactory) -> Path:
    store, folder = whole(town, HEIGHT), tmp_path_factory.mktemp("snapshots") / "50"
    write_snapshot(loaded(store, town), store, folder)
    return folder


@pytest.fixture
def begun(town: Town, snapshot: Path, tmp_path: Path) -> Path:
    """A file that holds nothing but the snapshot."""
    path = tmp_path / "later.sqlite"
    with closing(SqliteStore(path)) as store:
        store.begin(town.document, read_snapshot(snapshot, town.blocks[HEIGHT].header))
    return path


def test_it_stands_where_the_snapshot_stands(begun: Path, town: Town) -> None:
    with closing(SqliteStore(begun)) as store:
        assert store.head() == store.header(HEIGHT) == town.blocks[HEIGHT].header
        assert store.genesis() == town.document
        assert same_state(loaded(store, town), loaded(whole(town, HEIGHT), town))
        assert store.block(HEIGHT) is None
        assert store.header(HEIGHT - 1) is None
        assert list(store.headers(HEIGHT)) == [town.blocks[HEIGHT].header]


@pytest.mark.usefixtures("rounds")
def test_it_goes_on_like_one_that_has_every_block(begun: Path, town: Town) -> None:
    """Closed and opened after every block, as if it had stopped there."""
    for block in town.blocks[HEIGHT + 1 :]:
        with closing(SqliteStore(begun)) as store:
            store.commit(block)
            if block.header.height % 10 == 0:
                state = loaded(store, town)
                assert same_state(state, loaded(whole(town, block.header.height), town))
                assert current_entropy(state) == current_entropy(loaded(whole(town, block.header.height), town))
    with closing(SqliteStore(begun)) as store:
        assert [block.header for block in store.blocks(HEIGHT + 1)] == [b.header for b in town.blocks[HEIGHT + 1 :]]


@pytest.mark.usefixtures("rounds")
def test_what_came_later_is_found_and_what_came_before_is_not(begun: Path, town: Town) -> None:
    full = whole(town, len(town.blocks) - 1)
    with closing(SqliteStore(begun)) as store:
        for block in town.blocks[HEIGHT + 1 :]:
            store.commit(block)
        for block in town.blocks:
            for index in range(len(block.items)):
                expected = (block.header.height, index) if block.header.height > HEIGHT else None
                assert store.find(block.item_id(index)) == expected
        for subject in {
            key[len(SUBJECT_PREFIX) :] for key in loaded(full, town).rows if key.startswith(SUBJECT_PREFIX)
        }:
            later = [position for position in full.positions(subject) if position.height > HEIGHT]
            assert list(store.positions(subject)) == later


def test_later_headers_are_proved_in_the_whole_log(begun: Path, town: Town) -> None:
    with closing(SqliteStore(begun)) as store:
        for block in town.blocks[HEIGHT + 1 :]:
            store.commit(block)
        log = loaded(store, town).log
        full = loaded(whole(town, len(town.blocks) - 1), town).log
        assert (len(log), log.root()) == (len(full), full.root())
        for height in range(HEIGHT, len(log)):
            leaf = town.blocks[height].header.leaf()
            check_inclusion(leaf, height, len(log), log.inclusion_proof(height), full.root())


def test_its_copy_begins_where_it_begins(begun: Path, town: Town, tmp_path: Path) -> None:
    with closing(SqliteStore(begun)) as store:
        store.commit(town.blocks[HEIGHT + 1])
        store.backup(tmp_path / "copy.sqlite")
        expected = loaded(store, town)
    with closing(SqliteStore(tmp_path / "copy.sqlite")) as copy:
        assert same_state(loaded(copy, town), expected)
        copy.commit(town.blocks[HEIGHT + 2])


def test_a_transaction_from_before_does_not_come_again(begun: Path, town: Town) -> None:
    with closing(SqliteStore(begun)) as store:
        guard = loaded(store, town).guard
    recent = [
        block for block in town.blocks[: HEIGHT + 1] if block.header.time + 120_000 >= town.blocks[HEIGHT].header.time
    ]
    ids = [block.item_id(index) for block in recent for index in range(block.runs, len(block.items))]
    assert ids
    assert all(identifier in guard for identifier in ids)


def test_it_begins_once_and_with_its_own_genesis(begun: Path, town: Town, snapshot: Path, tmp_path: Path) -> None:
    state = read_snapshot(snapshot, town.blocks[HEIGHT].header)
    with closing(SqliteStore(begun)) as store:
        with pytest.raises(StoreError, match=r"store\.not_empty"):
            store.begin(town.document, state)
        with pytest.raises(StoreError, match=r"store\.not_empty"):
            store.create(town.document, town.founding)
        for wrong in (town.blocks[HEIGHT], town.blocks[HEIGHT + 2]):
            with pytest.raises(StoreError, match=r"store\.not_next"):
                store.commit(wrong)
    with closing(SqliteStore(tmp_path / "other.sqlite")) as store:
        with pytest.raises(StoreError, match=r"store\.other_chain"):
            store.begin(Town(members=2).document, state)
        assert store.genesis() is None


def test_an_audit_says_that_it_needs_the_blocks_before(begun: Path) -> None:
    with pytest.raises(StoreError, match=rf"store\.begins_later height={HEIGHT}"):
        audit_file(begun)


@pytest.mark.parametrize(
    "edit",
    [
        "UPDATE beginning SET document = x'00'",
        "UPDATE beginning SET document = substr(document, 2)",
        "DELETE FROM state WHERE chunk = (SELECT max(chunk) FROM state)",
        "DELETE FROM beginning",
    ],
)
def test_a_damaged_beginning_is_told(begun: Path, town: Town, edit: str) -> None:
    with raw(begun) as db:
        db.execute(edit)
    with closing(SqliteStore(begun)) as store, pytest.raises(StoreError, match=r"store\.(damaged|empty)"):
        store.load(State(town.state.chain, town.state.work))


def test_another_header_in_the_beginning_leads_to_no_state(begun: Path, town: Town) -> None:
    """The rows are held against the header at every start, and the header against the next one."""
    with raw(begun) as db:
        (document,) = db.execute("SELECT document FROM beginning").fetchone()
        changed = codec.decode_plain(document)
        changed["header"][6] = random_id()[:16] * 2
        db.execute("UPDATE beginning SET document = ?", (codec.encode_plain(changed),))
    with closing(SqliteStore(begun)) as store, pytest.raises(StoreError, match=r"store\.damaged"):
        store.load(State(town.state.chain, town.state.work))


def test_a_block_that_is_no_successor_is_seen_at_the_next_start(begun: Path, town: Town) -> None:
    lie = town.blocks[HEIGHT + 1]
    forged = Block(codec.replace(lie.header, log_root=bytes(32)), lie.runs, lie.items, lie.receipts, lie.writes)
    with closing(SqliteStore(begun)) as store:
        store.commit(forged)
    with closing(SqliteStore(begun)) as store, pytest.raises(StoreError, match=r"store\.damaged"):
        loaded(store, town)


def test_whoever_follows_from_before_the_snapshot_is_told(begun: Path, town: Town) -> None:
    with closing(SqliteStore(begun)) as store:
        assert store.begins_at() == town.blocks[HEIGHT].header
        store.commit(town.blocks[HEIGHT + 1])
        feed = BlockFeed(store, town.blocks[HEIGHT + 1].header)
        assert next(feed.follow(HEIGHT + 1)) == town.blocks[HEIGHT + 1]
        with pytest.raises(LinlianError, match=r"engine\.not_kept_here"):
            next(feed.follow(0))


def test_it_passes_on_no_snapshot_while_newcomers_would_lack_blocks(begun: Path, town: Town, tmp_path: Path) -> None:
    with closing(SqliteStore(begun)) as store:
        state = loaded(store, town)
        with pytest.raises(StoreError, match=r"store\.begins_later"):
            write_snapshot(state, store, tmp_path / "another")
