"""Walking a list page by page: no gap and no repeat, also while rows come and go."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linlian.kernel.codec import Id, Millis
from linlian.readmodel.database import Database
from linlian.readmodel.errors import ReadModelError
from linlian.readmodel.paging import Order, order_of, read_cursor, write_cursor
from linlian.readmodel.query import Query
from linlian.readmodel.view import Limit, Reads, View, where
from tests.conftest import NewHome
from tests.readmodel.lending_views import LoanRow, loans, views
from tests.store.lending import contract

MEMBERS = (b"m" * 16, b"n" * 16, b"\xff" * 16)
mixed = View(contract)
OPEN_LOANS = views.queries["lending.open_loans"]


class Told(NamedTuple):
    member: bytes
    overdue: bool
    lent_at: int
    loan: bytes


class Counted(NamedTuple):
    member: bytes
    overdue: bool
    number: int


@mixed.query
def downwards(db: Reads, limit: Limit = 10) -> list[LoanRow]:
    """Loans, the latest first."""
    return db.all(LoanRow, "SELECT * FROM lending_loan ORDER BY lent_at DESC, loan DESC LIMIT :limit", limit=limit)


@mixed.query
def up_and_down(db: Reads, member: Id | None = None, limit: Limit = 10) -> list[Told]:
    """Loans by member, those overdue first, the latest on top."""
    sql = f"""
        SELECT l.member, l.overdue, l.lent_at, l.loan FROM lending_loan AS l{where(member=member)}
        ORDER BY l.member, l.overdue DESC, l.lent_at DESC, l.loan LIMIT :limit"""
    return db.all(Told, sql, member=member, limit=limit)


@mixed.query
def counted(db: Reads, since: Millis = 0, limit: Limit = 10) -> list[Counted]:
    """How many loans there are of each kind, the most first."""
    sql = """
        SELECT member, overdue, COUNT(*) AS number FROM lending_loan WHERE lent_at >= :since
        GROUP BY member, overdue ORDER BY number DESC, member, overdue LIMIT :limit"""
    return db.all(Counted, sql, since=since, limit=limit)


LISTS = [OPEN_LOANS, *mixed.queries.values()]


@pytest.fixture(scope="module")
def database(new_home: NewHome) -> Iterator[Database]:
    database = new_home().open([views])
    yield database
    database.close()


def loan(number: int, at: int, member: int, overdue: bool) -> LoanRow:
    return LoanRow(number.to_bytes(16, "big"), b"t" * 16, MEMBERS[member], at, overdue)


some_loans = st.lists(
    st.builds(loan, st.integers(0, 400), st.integers(0, 5), st.integers(0, 2), st.booleans()),
    max_size=40,
    unique_by=lambda row: row.loan,
)


def put(database: Database, rows: list[LoanRow]) -> None:
    """These rows and no others."""
    with database.reading() as db:
        there = db.all(LoanRow, "SELECT * FROM lending_loan")
    with database.writing() as db:
        for row in there:
            db.delete(loans, row.loan)
        for row in rows:
            db.put(loans, row)


def walk(database: Database, query: Query, limit: int, **values: Any) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = []
    after = ""
    while True:
        with database.reading() as db:
            page = query.page(db, {**values, "limit": limit}, after)
        assert len(page.rows) <= limit
        found += page.rows
        if not page.next:
            return found
        assert len(page.rows) == limit
        after = page.next


@pytest.mark.parametrize("query", LISTS, ids=lambda query: query.name)
@given(rows=some_loans, limit=st.integers(1, 12))
@settings(max_examples=25)
def test_all_pages_are_the_whole_list(database: Database, query: Query, rows: list[LoanRow], limit: int) -> None:
    put(database, rows)
    with database.reading() as db:
        whole = query.ask(db, {"limit": 1000})
    assert walk(database, query, limit) == whole
    if "member" in query.parameters:
        with database.reading() as db:
            some = query.ask(db, {"member": MEMBERS[0], "limit": 1000})
        assert walk(database, query, limit, member=MEMBERS[0]) == some


@pytest.mark.parametrize("query", [OPEN_LOANS, *list(mixed.queries.values())[:2]], ids=lambda query: query.name)
@given(rows=some_loans, come=some_loans, go=st.sets(st.integers(0, 40)), limit=st.integers(1, 5))
@settings(max_examples=25)
def test_rows_that_stay_are_met_once_while_others_come_and_go(
    database: Database, query: Query, rows: list[LoanRow], come: list[LoanRow], go: set[int], limit: int
) -> None:
    """Between one page and the next some rows are written and some deleted."""
    put(database, rows)
    there = {row.loan for row in rows}
    leaving = [row.loan for place, row in enumerate(rows) if place in go]
    coming = [row for row in come if row.loan not in there]
    met: list[bytes] = []
    after, first = "", True
    while after or first:
        with database.reading() as db:
            page = query.page(db, {"limit": limit}, after)
        met += [getattr(row, "loan") for row in page.rows]  # noqa: B009 – of two row types
        after, first = page.next, False
        with database.writing() as written:
            if coming:
                written.put(loans, coming.pop())
            if leaving:
                written.delete(loans, leaving.pop())
    assert len(met) == len({*met})
    stayed = {row.loan for place, row in enumerate(rows) if place not in go}
    assert stayed <= {*met}


def test_a_page_that_ends_with_the_list_has_no_next(database: Database) -> None:
    put(database, [loan(number, 1, 0, overdue=False) for number in range(4)])
    with database.reading() as db:
        assert OPEN_LOANS.page(db, {"limit": 4}).next == ""
        assert OPEN_LOANS.page(db, {"limit": 3}).next
        assert OPEN_LOANS.page(db, {"limit": 1000}).next == ""
        first = OPEN_LOANS.page(db, {"limit": 3})
        assert len(OPEN_LOANS.page(db, {"limit": 1}, first.next).rows) == 1, "pages may be of different length"


def test_what_cannot_be_long_comes_whole(database: Database) -> None:
    put(database, [loan(1, 1, 0, overdue=False)])
    single, short = views.queries["lending.tool"], views.queries["lending.loans_by_member"]
    assert (OPEN_LOANS.paged, single.paged, short.paged) == (True, False, False)
    with database.reading() as db:
        assert single.page(db, {"tool": b"t" * 16}) == ([], "")
        assert short.page(db, {}) == ([(MEMBERS[0], 1, 0)], "")
        with pytest.raises(ReadModelError, match=r"readmodel\.wrong_cursor"):
            short.page(db, {}, after="AAAA")


def test_a_cursor_is_good_for_its_own_question_only(database: Database) -> None:
    put(database, [loan(number, number, number % 2, overdue=False) for number in range(10)])
    with database.reading() as db:
        cursor = OPEN_LOANS.page(db, {"limit": 3}).next
        assert OPEN_LOANS.page(db, {"limit": 2, "since": 0}, cursor).rows[0].lent_at == 3  # type: ignore[attr-defined]
        for query, values in (
            (OPEN_LOANS, {"since": 1}),
            (OPEN_LOANS, {"member": MEMBERS[0]}),
            (OPEN_LOANS, {"overdue": False}),
            (mixed.queries["lending.downwards"], {}),
        ):
            with pytest.raises(ReadModelError, match=r"readmodel\.wrong_cursor"):
                query.page(db, values, cursor)


@given(text=st.text(max_size=60) | st.binary(max_size=60).map(lambda data: urlsafe_b64encode(data).decode()))
def test_text_that_is_no_cursor_is_refused(text: str) -> None:
    order = Order(("lent_at", "loan"), (False, False))
    with pytest.raises(ReadModelError, match=r"readmodel\.wrong_cursor"):
        read_cursor(text, b"question", order, [int, bytes])


@given(at=st.integers(-(2**53) + 1, 2**53 - 1), name=st.binary(max_size=40), place=st.integers(0, 200))
def test_a_changed_cursor_is_refused_or_is_another_place(at: int, name: bytes, place: int) -> None:
    """Nothing but canonical text is read: each cursor has one spelling."""
    order = Order(("lent_at", "loan"), (False, True))
    text = write_cursor(b"question", order, [at, name])
    assert read_cursor(text, b"question", order, [int, bytes]) == [at, name]
    data = bytearray(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    data[place % len(data)] ^= 1
    changed = urlsafe_b64encode(data).decode().rstrip("=")
    with suppress(ReadModelError):
        assert read_cursor(changed, b"question", order, [int, bytes]) != [at, name]
    for other in (text + "=", text + "A", f" {text}", text[:-1], "A" * 5000):
        with pytest.raises(ReadModelError, match=r"readmodel\.wrong_cursor"):
            read_cursor(other, b"question", order, [int, bytes])
    with pytest.raises(ReadModelError, match=r"readmodel\.wrong_cursor"):
        read_cursor(text, b"question", order, [bytes, int])


def test_an_order_is_read_from_its_sql() -> None:
    order = order_of("l.lent_at DESC,\n  loan ASC", LoanRow)
    assert (order.columns, order.down) == (("lent_at", "loan"), (True, False))
    assert str(order) == "lent_at DESC, loan"
    assert order.behind() == "lent_at <= :after_lent_at AND (lent_at < :after_lent_at OR (loan) > (:after_loan))"
    assert Order(("a", "b"), (True, True)).behind() == "(a, b) < (:after_a, :after_b)"
    for wrong in ("number", "lent_at + 1", "lent_at NULLS FIRST", ""):
        with pytest.raises(TypeError, match="so that it can be paged"):
            order_of(wrong, LoanRow)


def test_a_list_without_an_order_at_its_end_is_a_bug(database: Database) -> None:
    @(unordered := View(contract)).query
    def any_loans(db: Reads, limit: Limit = 10) -> list[LoanRow]:
        """Loans."""
        return db.all(LoanRow, "SELECT * FROM lending_loan LIMIT :limit", limit=limit)

    with database.reading() as db, pytest.raises(TypeError, match="ORDER BY"):
        unordered.queries["lending.any_loans"].page(db, {})
