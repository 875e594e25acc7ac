"""The SQLite file: who may open it, what a start makes of it, and what becomes of a commit that fails."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from linlian.kernel.block import Block
from linlian.kernel.limits import ORDINARY_WORK
from linlian.kernel.state import State
from linlian.store import chunks, index, schema
from linlian.store import sqlite as sqlite_module
from linlian.store.audit import audit_file
from linlian.store.blocks import read_block
from linlian.store.protocol import StoreError
from linlian.store.sqlite import SqliteStore
from tests.store.ledgers import lay_down, loaded, raw, same_state, sqlite_file
from tests.store.lending import Town

ROOT = Path(__file__).parents[2]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite"


@pytest.mark.usefixtures("rounds")
def test_a_start_at_any_height_finds_all_there_was(path: Path, town: Town) -> None:
    with closing(SqliteStore(path)) as store:
        store.create(town.document, town.founding)
    for height in range(1, len(town.blocks), 3):
        with closing(SqliteStore(path)) as store:
            for block in town.blocks[height : height + 3]:
                store.commit(block)
        with closing(SqliteStore(path)) as store:
            assert loaded(store, town).root == block.header.state_root
            assert store.find(town.blocks[height // 2].item_id(0)) == (height // 2, 0)


@pytest.mark.usefixtures("rounds")
def test_a_file_is_the_same_however_often_it_was_opened(tmp_path: Path, town: Town) -> None:
    once, often = sqlite_file(tmp_path / "once.sqlite", town), tmp_path / "often.sqlite"
    store = SqliteStore(often)
    store.create(town.document, town.founding)
    for block in town.blocks[1:]:
        if block.header.height % 3 == 0:
            store.close()
            store = SqliteStore(often)
        store.commit(block)
    store.close()
    with raw(once) as one, raw(often) as other:
        for table in ("header", "item", "entry"):
            assert (
                one.execute(f"SELECT * FROM {table}").fetchall() == other.execute(f"SELECT * FROM {table}").fetchall()
            )


def test_only_one_process_may_write(path: Path, town: Town) -> None:
    with closing(SqliteStore(path)) as store:
        lay_down(store, town)
        with pytest.raises(StoreError) as caught:
            SqliteStore(path)
        assert caught.value.code == "store.locked"
        assert caught.value.facts["process"] == str(os.getpid())
        with closing(SqliteStore(path, read_only=True)) as reader:
            assert reader.head() == store.head()
    SqliteStore(path).close()


def test_another_program_that_holds_the_file_is_told_of(path: Path, town: Town) -> None:
    with closing(SqliteStore(path)) as store, closing(sqlite3.connect(path)) as other:
        store.create(town.document, town.founding)
        store._db.execute("PRAGMA busy_timeout=50")
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match=r"store\.locked"):
            store.commit(town.blocks[1])
        other.rollback()
        store.commit(town.blocks[1])


def test_a_reader_sees_commits_as_they_come(path: Path, town: Town) -> None:
    with closing(SqliteStore(path)) as store:
        store.create(town.document, town.founding)
        with closing(SqliteStore(path, read_only=True)) as reader:
            for block in town.blocks[1:40]:
                store.commit(block)
                assert reader.head() == block.header
                assert reader.find(block.item_id(0)) == (block.header.height, 0)
            assert loaded(reader, town).root == town.blocks[39].header.state_root
            with pytest.raises(StoreError, match=r"store\.not_permitted"):
                reader.commit(town.blocks[40])


def test_other_threads_see_whole_blocks_while_one_commits(path: Path, town: Town) -> None:
    wrong: list[str] = []
    done = threading.Event()
    with closing(SqliteStore(path)) as store:
        store.create(town.document, town.founding)

        def read() -> None:
            while not done.is_set():
                head = store.head()
                block = store.block(head.height) if head else None
                if head is None or block is None or store.find(block.item_id(0)) != (head.height, 0):
                    wrong.append(f"at {head}")

        threads = [threading.Thread(target=read) for _ in range(2)]
        for thread in threads:
            thread.start()
        for block in town.blocks[1:]:
            store.commit(block)
        done.set()
        for thread in threads:
            thread.join()
    assert not wrong


def test_many_threads_may_read_at_once(path: Path, town: Town) -> None:
    sqlite_file(path, town)
    with closing(SqliteStore(path)) as store, ThreadPoolExecutor(8) as threads:
        heights = [height % len(town.blocks) for height in range(2_000)]
        assert list(threads.map(store.block, heights)) == [town.blocks[height] for height in heights]


def test_a_backup_is_of_one_moment_while_commits_go_on(path: Path, town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_module, "_BACKUP_PAGES", 3)
    waiting = iter(town.blocks[41:])
    with closing(SqliteStore(path)) as store:
        store.create(town.document, town.founding)
        for block in town.blocks[1:41]:
            store.commit(block)

        def go_on(_done: int, _of: int) -> None:
            block = next(waiting, None)
            if block is not None:
                store.commit(block)

        store.backup(path.with_name("copy.sqlite"), go_on)
        head = store.head()
        assert head is not None
        assert head.height > 50
    with closing(SqliteStore(path.with_name("copy.sqlite"))) as copy:
        assert list(copy.blocks()) == town.blocks[:41]
        assert loaded(copy, town).root == town.blocks[40].header.state_root
        copy.commit(town.blocks[41])


def test_a_backup_that_fails_leaves_nothing_behind(path: Path, town: Town) -> None:
    sqlite_file(path, town)
    with closing(SqliteStore(path)) as store:
        with pytest.raises(StoreError, match=r"store\.(failed|not_permitted)"):
            store.backup(path.parent / "missing" / "copy.sqlite")

        def give_up(_done: int, _of: int) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            store.backup(path.with_name("copy.sqlite"), give_up)
    assert not list(path.parent.glob("copy*"))


# What is no ledger of ours.


def test_a_newer_schema_is_left_alone(path: Path, town: Town) -> None:
    sqlite_file(path, town)
    with raw(path) as db:
        db.execute(f"PRAGMA user_version={schema.SCHEMA_VERSION + 1}")
    before = path.read_bytes()
    for read_only in (False, True):
        with pytest.raises(StoreError, match=r"store\.newer.*version=4"):
            SqliteStore(path, read_only=read_only)
    assert path.read_bytes() == before


def test_another_database_is_left_alone(path: Path) -> None:
    with raw(path) as db:
        db.execute("CREATE TABLE recipes (name TEXT)")
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"store\.not_a_ledger"):
        SqliteStore(path)
    assert path.read_bytes() == before


def test_what_is_no_database_is_told_as_damaged(path: Path, town: Town) -> None:
    sqlite_file(path, town)
    whole = path.read_bytes()
    for content in (b"not a database at all, but long enough to have a header" * 20, whole[:50], whole[100:]):
        path.write_bytes(content)
        with pytest.raises(StoreError) as caught:
            SqliteStore(path)
        assert caught.value.code == "store.damaged"
        assert path.read_bytes() == content


def test_a_file_cut_short_is_told_as_damaged(path: Path, town: Town) -> None:
    sqlite_file(path, town)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(StoreError, match=r"store\.damaged"), closing(SqliteStore(path)) as store:
        loaded(store, town)


def test_a_reader_makes_no_file(path: Path) -> None:
    with pytest.raises(StoreError, match=r"store\.missing"):
        SqliteStore(path, read_only=True)
    assert not list(path.parent.iterdir())


def test_a_place_that_cannot_be_is_told(tmp_path: Path) -> None:
    for path in (tmp_path / "missing" / "ledger.sqlite", tmp_path):
        with pytest.raises(StoreError, match=r"store\.not_permitted"):
            SqliteStore(path)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
@pytest.mark.parametrize("read_only", [False, True])
def test_a_file_of_somebody_else_is_told(path: Path, town: Town, read_only: bool) -> None:
    sqlite_file(path, town)
    path.chmod(0o600)
    program = (
        "import os, sys; from pathlib import Path; from linlian.store.sqlite import SqliteStore\n"
        "from linlian.store.protocol import StoreError\n"
        "os.chdir(sys.argv[1]); os.setuid(65534)\n"
        f"try: SqliteStore(Path('ledger.sqlite'), read_only={read_only})\n"
        "except StoreError as error: print(error.code)\n"
    )
    for folder in (path.parent, path.parent.parent):
        folder.chmod(0o755)
    said = subprocess.run(
        [sys.executable, "-c", program, str(path.parent)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.strip() == "store.not_permitted", said


# Commits that fail.


def test_a_full_file_keeps_what_it_has_and_goes_on_when_there_is_room(path: Path, town: Town) -> None:
    with closing(SqliteStore(path)) as store:
        store.create(town.document, town.founding)
        for block in town.blocks[1:30]:
            store.commit(block)
        (pages,) = store._db.execute("PRAGMA page_count").fetchone()
        store._db.execute(f"PRAGMA max_page_count={pages + 3}")
        with pytest.raises(StoreError, match=r"store\.full"):
            _commit_all(store, town.blocks[30:])
        head = store.head()
        assert head is not None
        assert 29 <= head.height < town.state.height
        assert loaded(store, town).root == head.state_root
        store._db.execute("PRAGMA max_page_count=1000000")
        for block in town.blocks[head.height + 1 :]:
            store.commit(block)
        assert same_state(loaded(store, town), town.state)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of half a megabyte."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    command = [str(mount), "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(folder)]
    if mount is None or os.getuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("no small disk can be mounted here: that takes root and mount(8)")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_loses_nothing_that_was_committed(small_disk: Path, town: Town) -> None:
    path = small_disk / "ledger.sqlite"
    with closing(SqliteStore(path)) as store:
        store.create(town.document, town.founding)
        with pytest.raises(StoreError, match=r"store\.full"):
            _commit_all(store, town.blocks[1:])
        head = store.head()
        assert head is not None
        with pytest.raises(StoreError, match=r"store\.full"):
            store.commit(town.blocks[head.height + 1])
    with closing(SqliteStore(path)) as store:
        assert store.head() == head
        assert loaded(store, town).root == head.state_root
    for file in small_disk.glob("ledger.sqlite*"):
        shutil.copy(file, small_disk.parent)
    with closing(SqliteStore(small_disk.parent / "ledger.sqlite")) as store:
        for block in town.blocks[head.height + 1 :]:
            store.commit(block)
        assert same_state(loaded(store, town), town.state)


def test_a_ledger_on_a_medium_that_cannot_be_written_is_read(small_disk: Path, ledger_file: Path, town: Town) -> None:
    path = Path(shutil.copy(ledger_file, small_disk / "ledger.sqlite"))
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with closing(SqliteStore(path, read_only=True)) as store:
        assert same_state(loaded(store, town), town.state)
    assert audit_file(path).finding is None
    with pytest.raises(StoreError, match=r"store\.not_permitted"):
        SqliteStore(path)


def test_a_commit_that_fails_half_way_leaves_no_trace(path: Path, town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "ROWS_A_ROUND", 1 << 10)
    with closing(SqliteStore(path)) as store:
        store.create(town.document, town.founding)
        for block in town.blocks[1:]:
            with monkeypatch.context() as failing:
                failing.setattr(index, "write_index", _fail)
                with pytest.raises(OSError, match="pulled out"):
                    store.commit(block)
            assert store.block(block.header.height) is None
            assert store.find(block.item_id(0)) is None
            store.commit(block)
        assert same_state(loaded(store, town), town.state)


def _commit_all(store: SqliteStore, blocks: list[Block]) -> None:
    for block in blocks:
        store.commit(block)


def _fail(*_: object) -> None:
    raise OSError("the disk was pulled out")


# Damage that a start meets; `test_damage` asks the audit about the rest.


def test_a_damaged_block_is_never_an_answer(path: Path, town: Town) -> None:
    sqlite_file(path, town)
    with raw(path) as db:
        db.execute("UPDATE block SET body = zeroblob(length(body)) WHERE height = 40")
    with closing(SqliteStore(path)) as store:
        assert store.block(39) == town.blocks[39]
        with pytest.raises(StoreError, match=r"store\.damaged part=block height=40"):
            store.block(40)


def test_a_column_of_another_type_is_never_an_answer(ledger_file: Path) -> None:
    """SQLite's strict tables refuse it; a damaged page does not ask."""
    with raw(ledger_file) as whole, closing(sqlite3.connect(":memory:")) as loose:
        loose.execute("CREATE TABLE header AS SELECT 1 height, 2 first_item, 3 chunks_written, 4 runs, 5 bytes")
        loose.execute("CREATE TABLE block AS SELECT 1 height, 2 checksum, 3 ids, 4 body")
        rows = [
            list(whole.execute(f"SELECT * FROM {table} WHERE height = 40").fetchone()) for table in ("header", "block")
        ]
        for table, column in ((0, 1), (0, 4), (1, 1), (1, 2), (1, 3)):
            changed = [list(row) for row in rows]
            changed[table][column] = None
            loose.execute("DELETE FROM header")
            loose.execute("DELETE FROM block")
            loose.execute("INSERT INTO header VALUES (?, ?, ?, ?, ?)", changed[0])
            loose.execute("INSERT INTO block VALUES (?, ?, ?, ?)", changed[1])
            with pytest.raises(StoreError, match=r"store\.damaged part=block height=40"):
                read_block(loose, 40)


@pytest.mark.parametrize(
    ("statement", "part"),
    [
        ("UPDATE header SET bytes = zeroblob(300) WHERE height = 5", "log"),
        ("DELETE FROM header WHERE height = 6", "log"),
        ("DELETE FROM state WHERE chunk % 2 = 0", "state"),
        ("UPDATE state SET rows = (SELECT max(rows) FROM state)", "state"),
        ("UPDATE state SET rows = zeroblob(40)", "state"),
    ],
)
def test_a_start_compares_roots(ledger_file: Path, path: Path, town: Town, statement: str, part: str) -> None:
    shutil.copy(ledger_file, path)
    with raw(path) as db:
        db.execute(statement)
    with closing(SqliteStore(path)) as store:
        with pytest.raises(StoreError) as caught:
            store.load(State(town.state.chain, ORDINARY_WORK))
        assert caught.value.code == "store.damaged"
        assert caught.value.facts["part"] == part
