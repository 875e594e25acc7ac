"""Rows in SQLite: what a handler writes and reads, transactions, readers, and files that cannot be used."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linlian.readmodel.database import SQLITE
from linlian.readmodel.errors import ReadModelError, RebuildNeeded
from linlian.readmodel.fingerprint import filling
from linlian.readmodel.sqlite import SqliteDatabase
from linlian.readmodel.view import Rows, View
from tests.readmodel import lending_views
from tests.readmodel.lending_views import LoanRow, StepRow, ToolRow, database_file, loans, steps, tools, views

A, B = b"a" * 16, b"b" * 16


@pytest.fixture
def database(tmp_path: Path) -> Iterator[SqliteDatabase]:
    database = SqliteDatabase(database_file(tmp_path), [views])
    yield database
    database.close()


def stored(database: SqliteDatabase, table: str) -> list[tuple[Any, ...]]:
    return database.plain(f"SELECT * FROM {table}")[1]


def test_rows_are_there_once_the_transaction_ends(database: SqliteDatabase) -> None:
    row = ToolRow(A, B, 1, lent=True)
    with database.writing() as rows:
        rows.put(tools, row)
        assert rows.get(tools, A) == row
        assert stored(database, "lending_tool") == []
    assert stored(database, "lending_tool") == [(A, B, 1, 1)]
    with database.reading() as db:
        (found,) = db.all(ToolRow, "SELECT * FROM lending_tool")
        assert found == row
        assert found.lent is True


def test_a_transaction_that_fails_leaves_nothing(database: SqliteDatabase) -> None:
    with database.writing() as rows:
        rows.put(tools, ToolRow(A, B, 1, lent=True))
    with pytest.raises(ZeroDivisionError), database.writing() as rows:
        play(rows, {}, [("put", A, 1), ("under", A, 0), ("fail", A, 0)])
    assert stored(database, "lending_loan") == []
    with database.writing() as rows:
        assert rows.the(tools, A).times == 1


def test_a_row_that_must_be_there_is_named(database: SqliteDatabase) -> None:
    with pytest.raises(ReadModelError) as told, database.writing() as rows:
        rows.the(loans, A)
    assert told.value.code == "readmodel.no_row"
    assert told.value.facts == {"table": "lending_loan", "key": A.hex()}


def test_a_row_is_changed_field_by_field(database: SqliteDatabase) -> None:
    with database.writing() as rows:
        rows.put(tools, ToolRow(A, B, 1, lent=True))
        assert rows.change(tools, A, times=2, lent=False) == ToolRow(A, B, 2, lent=False)
        assert rows.the(tools, A).times == 2
    with pytest.raises(ValueError, match="colour"), database.writing() as rows:
        rows.change(tools, A, colour="red")
    assert stored(database, "lending_tool") == [(A, B, 2, 0)]


def test_adding_a_row_twice_is_an_error(database: SqliteDatabase) -> None:
    step = StepRow(A, 1, 0, 0, "lent", 5)
    with database.writing() as rows:
        rows.add(steps, step)
    with pytest.raises(ReadModelError, match=r"readmodel\.row_twice"), database.writing() as rows:
        rows.add(steps, step)
    assert stored(database, "lending_step") == [step]


def test_rows_under_a_key_come_in_order(database: SqliteDatabase) -> None:
    with database.writing() as rows:
        made = [StepRow(key, height, 0, 0, "x", 1) for key in (B, A) for height in (3, 1, 2)]
        for step in made:
            rows.add(steps, step)
        assert [step.height for step in rows.under(steps, A)] == [1, 2, 3]
        assert rows.under(steps) == sorted(made)
        assert rows.get(steps, A, 1, 0, 0) == made[4]


Change = tuple[str, bytes, int]
changes = st.lists(
    st.tuples(
        st.sampled_from(["put", "delete", "read", "under", "end", "fail"]), st.sampled_from([A, B]), st.integers(0, 9)
    ),
    max_size=30,
)


@given(changes)
@settings(max_examples=60, deadline=None)
def test_rows_behave_like_a_dictionary(tmp_path_factory: pytest.TempPathFactory, todo: list[Change]) -> None:
    """Whatever the order of writes, reads, commits and failures, what is read is what was last committed or written."""
    folder = tmp_path_factory.mktemp("rows")
    database = SqliteDatabase(database_file(folder), [views])
    kept: dict[bytes, LoanRow] = {}
    while todo:
        length = next((n for n, step in enumerate(todo) if step[0] in ("end", "fail")), len(todo) - 1) + 1
        part, todo = todo[:length], todo[length:]
        now = dict(kept)
        try:
            with database.writing() as rows:
                play(rows, now, part)
        except ZeroDivisionError:
            continue
        kept = now
    assert {row[0]: row for row in stored(database, "lending_loan")} == kept
    database.close()
    shutil.rmtree(folder)


def play(rows: Rows, now: dict[bytes, LoanRow], part: list[Change]) -> None:
    for what, key, number in part:
        if what == "put":
            now[key] = LoanRow(key, A, B, number, overdue=number > 5)
            rows.put(loans, now[key])
        elif what == "delete":
            now.pop(key, None)
            rows.delete(loans, key)
        elif what == "under":
            assert rows.under(loans) == [now[known] for known in sorted(now)]
        elif what == "fail":
            raise ZeroDivisionError
        assert rows.get(loans, key) == now.get(key)


def test_a_reader_sees_one_picture_and_changes_nothing(database: SqliteDatabase) -> None:
    with database.reading() as db:
        assert db.all(ToolRow, "SELECT * FROM lending_tool") == []
        with database.writing() as rows:
            rows.put(tools, ToolRow(A, B, 1, lent=True))
        assert db.all(ToolRow, "SELECT * FROM lending_tool") == []
    with database.reading() as db:
        assert len(db.all(ToolRow, "SELECT * FROM lending_tool")) == 1
    with pytest.raises(ReadModelError, match=r"readmodel\.unwritable"), database.reading() as db:
        db.all(ToolRow, "DELETE FROM lending_tool RETURNING *")
    assert len(stored(database, "lending_tool")) == 1


def test_a_query_must_give_the_columns_it_promises(database: SqliteDatabase) -> None:
    with pytest.raises(TypeError, match="ToolRow"), database.reading() as db:
        db.all(ToolRow, "SELECT tool, owner, lent, times FROM lending_tool")
    with pytest.raises(TypeError, match="null"), database.reading() as db:
        db.all(ToolRow, "SELECT NULL AS tool, '' AS owner, 0 AS times, 0 AS lent")


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM lending_tool",
        "DROP TABLE lending_tool",
        "PRAGMA journal_mode = DELETE",
        "ATTACH 'other.sqlite' AS other",
        "SELECT * FROM nothing",
        "not SQL",
        "SELECT 1; SELECT 2",
    ],
)
def test_plain_sql_only_reads(database: SqliteDatabase, sql: str) -> None:
    with pytest.raises(ReadModelError):
        database.plain(sql)
    assert database.plain("SELECT 1 AS one, 'x' AS two") == (["one", "two"], [(1, "x")])


def test_plain_sql_gives_no_more_rows_than_asked_for(database: SqliteDatabase) -> None:
    many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100) SELECT i FROM n"
    assert database.plain(many, limit=7)[1] == [(number,) for number in range(1, 8)]


def test_the_other_dialects_parameters_are_put_in() -> None:
    other = SQLITE.__class__(SQLITE.types, "%s", r"%(\1)s", "")
    assert other.query("a = :a AND b::text = :b_c") == "a = %(a)s AND b::text = %(b_c)s"
    assert other.upsert(tools).endswith("ON CONFLICT (tool) DO UPDATE SET owner = excluded.owner, "
                                        "times = excluded.times, lent = excluded.lent")  # fmt: skip


def test_changed_views_ask_for_a_rebuild(tmp_path: Path) -> None:
    path = database_file(tmp_path)
    SqliteDatabase(path, [views]).close()
    SqliteDatabase(path, [views]).close()
    changed = View(views.contract)
    changed.table("tool", ToolRow, indexes=("owner, times",))
    with pytest.raises(RebuildNeeded) as told:
        SqliteDatabase(path, [changed])
    assert told.value.facts == {"why": "views_changed"}


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
