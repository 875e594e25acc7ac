"""What both databases do alike: what a handler writes and reads, transactions, one picture, reading only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linlian.readmodel.database import Database
from linlian.readmodel.errors import ReadModelError, RebuildNeeded
from linlian.readmodel.view import Rows, View
from tests.conftest import NewHome
from tests.readmodel.lending_views import LoanRow, StepRow, ToolRow, loans, steps, tools, views

A, B = b"a" * 16, b"b" * 16


@pytest.fixture
def database(new_home: NewHome) -> Iterator[Database]:
    database = new_home().open([views])
    yield database
    database.close()


def stored(database: Database, table: str) -> list[tuple[Any, ...]]:
    return database.plain(f"SELECT * FROM {table}")[1]


def test_rows_are_there_once_the_transaction_ends(database: Database) -> None:
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


def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    with database.writing() as rows:
        rows.put(tools, ToolRow(A, B, 1, lent=True))
    with pytest.raises(ZeroDivisionError), database.writing() as rows:
        play(rows, {}, [("put", A, 1), ("under", A, 0), ("fail", A, 0)])
    assert stored(database, "lending_loan") == []
    with database.writing() as rows:
        assert rows.the(tools, A).times == 1


def test_a_row_that_must_be_there_is_named(database: Database) -> None:
    with pytest.raises(ReadModelError) as told, database.writing() as rows:
        rows.the(loans, A)
    assert told.value.code == "readmodel.no_row"
    assert told.value.facts == {"table": "lending_loan", "key": A.hex()}


def test_a_row_is_changed_field_by_field(database: Database) -> None:
    with database.writing() as rows:
        rows.put(tools, ToolRow(A, B, 1, lent=True))
        assert rows.change(tools, A, times=2, lent=False) == ToolRow(A, B, 2, lent=False)
        assert rows.the(tools, A).times == 2
    with pytest.raises(ValueError, match="colour"), database.writing() as rows:
        rows.change(tools, A, colour="red")
    assert stored(database, "lending_tool") == [(A, B, 2, 0)]


def test_adding_a_row_twice_is_an_error(database: Database) -> None:
    step = StepRow(A, 1, 0, 0, "lent", 5)
    with database.writing() as rows:
        rows.add(steps, step)
    with pytest.raises(ReadModelError, match=r"readmodel\.row_twice"), database.writing() as rows:
        rows.add(steps, step)
    assert stored(database, "lending_step") == [step]


def test_rows_under_a_key_come_in_order(database: Database) -> None:
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
@settings(max_examples=30)
def test_rows_behave_like_a_dictionary(new_home: NewHome, todo: list[Change]) -> None:
    """Whatever the order of writes, reads, commits and failures, what is read is what was last committed or written."""
    database = new_home().open([views])
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


def test_a_reader_sees_one_picture_and_changes_nothing(database: Database) -> None:
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


words = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
values = st.tuples(st.binary(max_size=20), words, st.integers(-(2**63), 2**63 - 1), st.booleans())


class AnyRow(NamedTuple):
    key: bytes
    text: str
    number: int
    flag: bool


any_views = View(views.contract)
any_rows = any_views.table("any", AnyRow, key=2)


@given(st.lists(values.map(AnyRow._make), max_size=20, unique_by=lambda row: row[:2]))
@settings(max_examples=30)
def test_every_value_comes_back_as_it_was(new_home: NewHome, given_rows: list[AnyRow]) -> None:
    """Bytes, text, numbers and truth, in the key and beside it, alone and many at once, and as parameters."""
    database = new_home().open([any_views])
    with database.writing() as rows:
        for row in given_rows[::2]:
            rows.add(any_rows, row)
        for row in given_rows[1::2]:
            rows.put(any_rows, row)
    in_order = sorted(given_rows, key=lambda row: (row.key, row.text.encode()))
    with database.reading() as db:
        assert db.all(AnyRow, "SELECT * FROM lending_any ORDER BY key, text") == in_order
        for row in given_rows:
            sql = """SELECT * FROM lending_any
                WHERE key = :key AND text = :text AND number = :number AND flag = :flag"""
            assert db.one(AnyRow, sql, **row._asdict()) == row
    with database.writing() as rows:
        for row in given_rows:
            assert rows.get(any_rows, row.key, row.text) == row
            rows.delete(any_rows, row.key, row.text)
    assert stored(database, "lending_any") == []
    database.close()


def test_a_query_must_give_the_columns_it_promises(database: Database) -> None:
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
def test_plain_sql_only_reads(database: Database, sql: str) -> None:
    with pytest.raises(ReadModelError):
        database.plain(sql)
    assert database.plain("SELECT 1 AS one, 'x' AS two") == (["one", "two"], [(1, "x")])


def test_plain_sql_gives_no_more_rows_than_asked_for(database: Database) -> None:
    many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100) SELECT i FROM n"
    assert database.plain(many, limit=7)[1] == [(number,) for number in range(1, 8)]


def test_changed_views_ask_for_a_rebuild(new_home: NewHome) -> None:
    home = new_home()
    home.open([views]).close()
    home.open([views]).close()
    changed = View(views.contract)
    changed.table("tool", ToolRow, indexes=("owner, times",))
    with pytest.raises(RebuildNeeded) as told:
        home.open([changed])
    assert told.value.facts == {"why": "views_changed"}
