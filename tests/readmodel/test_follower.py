"""Following a ledger: nothing left out, nothing twice, wherever it was interrupted; and rebuilding the same rows."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from linlian.kernel.block import Block, Header
from linlian.readmodel import rebuild as rebuilding
from linlian.readmodel.database import Home
from linlian.readmodel.errors import ReadModelError, RebuildNeeded
from linlian.readmodel.follower import Follower
from linlian.readmodel.rebuild import fill, rebuild
from linlian.readmodel.sqlite import SqliteDatabase, SqliteHome, SqliteLink
from linlian.readmodel.view import View
from linlian.store.memory import MemoryStore
from tests.conftest import NewHome
from tests.engine.ledgers import Clock, create, open_ledger
from tests.readmodel.lending_views import contents, database_file, views
from tests.store.lending import Town


@dataclass
class Feed:
    """Committed blocks of a town, given out as a ledger does; ends where it is closed."""

    blocks: list[Block]
    open: bool = False
    changed: threading.Condition = field(default_factory=threading.Condition)

    @property
    def chain(self) -> str:
        return self.blocks[0].header.chain

    @property
    def head(self) -> Header:
        return self.blocks[-1].header

    def follow(self, start: int) -> Iterator[Block]:
        while True:
            with self.changed:
                while self.open and start >= len(self.blocks):
                    self.changed.wait()
            if start >= len(self.blocks):
                return
            yield self.blocks[start]
            start += 1

    def give(self, blocks: Iterable[Block]) -> None:
        for block in blocks:
            with self.changed:
                self.blocks.append(block)
                self.changed.notify_all()

    def close(self) -> None:
        with self.changed:
            self.open = False
            self.changed.notify_all()


@pytest.fixture(scope="module")
def town() -> Town:
    town = Town(members=5)
    town.live(60)
    return town


def rows_of(blocks: list[Block], home: Home) -> dict[str, list[tuple[Any, ...]]]:
    rebuild(blocks, len(blocks) - 1, home, [views])
    database = home.open([views])
    found = contents(database)
    database.close()
    return found


def follow_all(feed: Feed, home: Home) -> dict[str, list[tuple[Any, ...]]]:
    """Follow a feed that ends, and give what is in the tables then."""
    follower = Follower(feed, home.open([views]))
    follower.wait_for(feed.head.height)
    follower.close()
    database = home.open([views])
    found = contents(database)
    database.close()
    return found


def test_the_town_has_every_kind_of_row(town: Town, new_home: NewHome) -> None:
    found = rows_of(town.blocks, new_home())
    assert all(found.values()), [name for name, rows in found.items() if not rows]
    assert len(found["ledger_block"]) == len(town.blocks)
    assert len(found["ledger_item"]) == sum(len(block.items) for block in town.blocks)
    receipts = [receipt for block in town.blocks for receipt in block.receipts]
    assert len(found["ledger_entry"]) == sum(len(receipt.entries) for receipt in receipts)
    assert len(found["ledger_subject"]) == sum(len(named) for receipt in receipts for named in receipt.subjects)
    assert {row[10] for row in found["ledger_item"]} == {"accepted", "refused", "broken"}
    assert {row[5] for row in found["ledger_item"]} == {"transaction", "timer", "genesis"}


def test_rebuilt_rows_are_the_rows_of_one_who_followed_from_the_first_block(town: Town, new_home: NewHome) -> None:
    home = new_home()
    feed = Feed(town.blocks[:1], open=True)
    follower = Follower(feed, home.open([views]))
    for block in town.blocks[1:]:
        feed.give([block])
        follower.wait_for(block.header.height)
    feed.close()
    follower.close()
    database = home.open([views])
    assert contents(database) == rows_of(town.blocks, new_home())
    database.close()


def test_one_who_is_behind_takes_many_blocks_at_a_time(town: Town, tmp_path: Path) -> None:
    taken = []

    class Counted(SqliteDatabase):
        def writing(self) -> Any:
            taken.append(1)
            return super().writing()

    follower = Follower(Feed(town.blocks), Counted(database_file(tmp_path), [views]))
    follower.wait_for(town.blocks[-1].header.height)
    follower.close()
    assert len(taken) == 1


def test_it_goes_on_where_it_stopped(town: Town, new_home: NewHome) -> None:
    home = new_home()
    for upto in (1, 2, 30, len(town.blocks)):
        follow_all(Feed(town.blocks[:upto]), home)
    assert follow_all(Feed(town.blocks), home) == rows_of(town.blocks, new_home())


class FailingDisk:
    """A cursor whose database fails at the n-th statement."""

    def __init__(self, cursor: Any, statements: int):
        self._cursor = cursor
        self._left = statements

    def __getattr__(self, name: str) -> Any:
        if name.startswith("execute"):
            self._left -= 1
            if self._left < 0:
                raise sqlite3.OperationalError("disk I/O error")
        return getattr(self._cursor, name)


def test_cut_off_anywhere_it_comes_to_the_same_rows(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk fails at one statement after another: rows and position go back together."""
    monkeypatch.setattr("linlian.readmodel.follower.BATCH_ITEMS", 8)
    blocks = town.blocks[:12]
    whole = rows_of(blocks, SqliteHome(tmp_path / "rebuilt.sqlite"))
    cuts = 0
    while follow_until_the_disk_fails(blocks, cuts * 3, tmp_path / f"cut{cuts}"):
        assert follow_all(Feed(blocks), SqliteHome(database_file(tmp_path / f"cut{cuts}"))) == whole
        cuts += 1
    assert cuts > 12


def follow_until_the_disk_fails(blocks: list[Block], statements: int, folder: Path) -> bool:
    """Whether it failed before the rows were complete."""
    folder.mkdir()
    database = SqliteDatabase(database_file(folder), [views])
    writer: Any = database._writer
    writer._link = SqliteLink(FailingDisk(writer._link.cursor, statements))  # type: ignore[arg-type]
    follower = Follower(Feed(blocks), database)
    follower.close()
    if follower.failure is None:
        return False
    assert follower.failure.facts["reason"] == "disk I/O error"
    assert follower.height < len(blocks) - 1
    return True


def test_a_bug_in_a_view_stops_the_follower_and_is_told(town: Town, new_home: NewHome) -> None:
    home = new_home()
    broken = View(views.contract)
    broken.tables = views.tables
    broken.handlers = [entry for entry in views.handlers if entry[0] != "lending.tool_added"]
    follower = Follower(Feed(town.blocks), home.open([broken]))
    with pytest.raises(ReadModelError, match=r"readmodel\.no_row table=lending_tool"):
        follower.wait_for(town.blocks[-1].header.height)
    assert follower.failure is not None
    follower.close()


def test_waiting_ends(new_home: NewHome, town: Town) -> None:
    home = new_home()
    feed = Feed(town.blocks[:3], open=True)
    follower = Follower(feed, home.open([views]))
    follower.wait_for(2)
    with pytest.raises(ReadModelError, match=r"readmodel\.behind height=3 reached=2"):
        follower.wait_for(3, timeout_s=0.05)
    feed.close()
    follower.close()


def test_rows_of_another_ledger_are_refused(town: Town, new_home: NewHome) -> None:
    home = new_home()
    follow_all(Feed(town.blocks[:20]), home)
    other_chain, other_history = Town(name="elsewhere"), Town(members=5)
    other_chain.live(30)
    other_history.live(5)
    other_history.live(25, transactions=3)
    for blocks, why in (
        (other_chain.blocks, "another_ledger"),
        (other_history.blocks, "another_ledger"),
        (town.blocks[:10], "ahead_of_ledger"),
    ):
        database = home.open([views])
        with pytest.raises(RebuildNeeded) as told:
            Follower(Feed(blocks), database)
        assert told.value.facts == {"why": why}
        database.close()


def test_it_follows_a_running_ledger_to_its_end(tmp_path: Path, new_home: NewHome) -> None:
    home = new_home()
    store = MemoryStore()
    create(store)
    ledger, desk = open_ledger(store, tmp_path, Clock())
    follower = Follower(ledger, home.open([]))
    final = ledger.submit(desk.note("hello")).result(10)
    follower.wait_for(final.height)
    for answer in ledger.submit_many([desk.note(f"n{number}") for number in range(50)]):
        final = answer.result(10)
    ledger.submit(desk.note("no"), record_refusal=True).result(10)
    ledger.close()
    follower.close()
    database = home.open([])
    assert database.plain("SELECT COUNT(*) FROM ledger_entry WHERE type = 'notes.note_written'")[1] == [(51,)]
    assert database.plain("SELECT code, facts FROM ledger_refusal")[1] == [("notes.no", "{}")]
    database.close()


def test_a_rebuild_that_is_interrupted_leaves_the_old_rows(town: Town, new_home: NewHome) -> None:
    home = new_home()
    follow_all(Feed(town.blocks[:20]), home)

    def interrupted() -> Iterator[Block]:
        yield from town.blocks[:10]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rebuild(interrupted(), 19, home, [views])
    with pytest.raises(ReadModelError, match=r"readmodel\.behind"):
        rebuild(town.blocks[:10], 19, home, [views])
    database = home.open([views])
    assert database.position().height == 19
    database.close()


def test_a_rebuild_shows_how_far_it_is(town: Town, new_home: NewHome, monkeypatch: pytest.MonkeyPatch) -> None:
    home = new_home()
    monkeypatch.setattr(rebuilding, "BATCH_ITEMS", 40)
    shown: list[tuple[int, int]] = []
    rebuild(town.blocks, 60, home, [views], lambda done, of: shown.append((done, of)))
    assert shown[-1] == (61, 61)
    assert len(shown) > 3
    assert shown == sorted(shown)


def test_a_database_in_use_is_not_replaced(town: Town, tmp_path: Path) -> None:
    home = SqliteHome(database_file(tmp_path))
    follow_all(Feed(town.blocks[:20]), home)
    database = SqliteDatabase(database_file(tmp_path), [views])
    with pytest.raises(ReadModelError, match=r"readmodel\.locked"):
        rebuild(town.blocks, 60, home, [views])
    assert database.position().height == 19
    database.close()
    rebuild(town.blocks, 60, home, [views])


def test_a_log_left_by_a_crash_does_not_get_into_the_rebuilt_rows(town: Town, tmp_path: Path) -> None:
    """The machine stops while the old rows' write-ahead log is full; a copy of the files is what it leaves."""
    whole = rows_of(town.blocks, SqliteHome(tmp_path / "whole.sqlite"))
    live = tmp_path / "live"
    live.mkdir()
    database = SqliteDatabase(database_file(live), [views])
    rebuilding.fill(database, town.blocks[:30], 29)
    crashed = tmp_path / "crashed"
    shutil.copytree(live, crashed)
    database.close()
    assert database_file(crashed).with_name("readmodel.sqlite-wal").stat().st_size > 0
    rebuild(town.blocks, 60, SqliteHome(database_file(crashed)), [views])
    database = SqliteDatabase(database_file(crashed), [views])
    assert contents(database) == whole
    database.close()


def test_a_damaged_database_is_rebuilt(town: Town, tmp_path: Path) -> None:
    home = SqliteHome(database_file(tmp_path))
    follow_all(Feed(town.blocks), home)
    database_file(tmp_path).write_bytes(b"\x00" * 10_000)
    with pytest.raises(RebuildNeeded, match="why=damaged"):
        SqliteDatabase(database_file(tmp_path), [views])
    rebuild(town.blocks, 60, home, [views])
    with sqlite3.connect(database_file(tmp_path)) as plain:
        assert plain.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    plain.close()


def test_indexes_are_there_after_a_rebuild(town: Town, tmp_path: Path) -> None:
    home = SqliteHome(database_file(tmp_path))
    names = "SELECT name FROM sqlite_master WHERE type = 'index' AND name LIKE '%_by_%' ORDER BY name"
    follow_all(Feed(list(islice(town.blocks, 5))), home)
    rebuilt = tmp_path / "rebuilt"
    rebuilt.mkdir()
    rebuild(town.blocks, 60, SqliteHome(database_file(rebuilt)), [views])
    found = []
    for folder in (tmp_path, rebuilt):
        database = SqliteDatabase(database_file(folder), [views])
        found.append(database.plain(names)[1])
        database.close()
    assert found[0] == found[1]
    assert ("lending_loan_by_member_lent_at",) in found[0]


def test_behind_a_snapshot_businesses_have_no_rows_and_it_says_so(town: Town, new_home: NewHome) -> None:
    home, behind = new_home(), town.blocks[20].header
    with home.anew([views]) as database:
        fill(database, town.blocks[21:41], 40, behind=behind)
    follower = Follower(Feed(town.blocks), home.open([views]), behind)
    follower.wait_for(town.blocks[-1].header.height)
    assert follower.trouble is not None
    assert follower.trouble.code == "readmodel.begins_later"
    follower.close()
    database = home.open([views])
    found = contents(database)
    database.close()
    assert len(found["ledger_block"]) == len(town.blocks) - 21
    of_businesses = {name: rows for name, rows in found.items() if not name.startswith(("ledger_", "readmodel_"))}
    assert of_businesses
    assert not any(of_businesses.values())


def test_behind_another_snapshot_rows_are_made_anew(town: Town, new_home: NewHome) -> None:
    home = new_home()
    with home.anew([views]) as database:
        fill(database, (), 20, behind=town.blocks[20].header)
    with closing(home.open([views])) as database, pytest.raises(RebuildNeeded, match="another_ledger"):
        Follower(Feed(town.blocks), database, town.blocks[21].header)
