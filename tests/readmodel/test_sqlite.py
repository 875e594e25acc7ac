"""Rows in SQLite: files that cannot be used, and what counts as another read model."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from linlian.readmodel.errors import ReadModelError, RebuildNeeded
from linlian.readmodel.fingerprint import filling
from linlian.readmodel.sqlite import SqliteDatabase
from tests.readmodel import lending_views
from tests.readmodel.lending_views import database_file, views


@pytest.fixture
def database(tmp_path: Path) -> Iterator[SqliteDatabase]:
    database = SqliteDatabase(database_file(tmp_path), [views])
    yield database
    database.close()


def test_a_changed_handler_counts_and_a_changed_question_does_not() -> None:
    source = Path(lending_views.__file__).read_text(encoding="utf-8")
    was = list(filling(source))
    assert list(filling(source.replace("The oldest first", "In some order").replace("ORDER BY member", ""))) == was
    assert list(filling(source.replace('"""Rows of the lending', '"""Lines of the lending'))) == was
    assert list(filling(source.replace("tool.times + 1", "tool.times + 2"))) != was
    assert list(filling(source.replace("@views.on(ToolLent)", "@views.on(ToolAdded)"))) != was


def test_a_file_that_is_something_else_is_told_apart(tmp_path: Path) -> None:
    path = database_file(tmp_path)
    path.write_bytes(b"no database at all, and long enough to be looked at " * 100)
    with pytest.raises(RebuildNeeded, match="why=damaged"):
        SqliteDatabase(path, [views])
    path.unlink()
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE bookmarks (id INTEGER)")
    other.close()
    with pytest.raises(RebuildNeeded, match="not_a_read_model"):
        SqliteDatabase(path, [views])


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ReadModelError, match=r"readmodel\.unwritable"):
        SqliteDatabase(tmp_path / "nowhere" / "readmodel.sqlite", [lending_views.views])


def test_a_second_writer_is_told_to_wait(
    database: SqliteDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("linlian.readmodel.sqlite.BUSY_MS", 50)
    second = SqliteDatabase(database_file(tmp_path), [views])
    with database.writing(), pytest.raises(ReadModelError, match=r"readmodel\.locked"), second.writing():
        pass
    second.close()
