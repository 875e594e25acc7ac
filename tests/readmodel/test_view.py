"""Declaring tables, handlers and queries; what is read from a query's signature."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, NamedTuple

import pytest

from linlian.kernel.codec import Id, Label
from linlian.kernel.contract import Contract, Event
from linlian.readmodel.errors import ReadModelError
from linlian.readmodel.stream import in_order
from linlian.readmodel.view import Limit, Reads, View, where
from tests.readmodel.lending_views import LoanRow, open_loans, views


class Colour(StrEnum):
    RED = "red"
    GREEN = "green"


class Good(NamedTuple):
    number: int
    colour: Colour
    name: Label


class Nullable(NamedTuple):
    number: int
    share: float


class Reserved(NamedTuple):
    number: int
    order: int


class Capital(NamedTuple):
    number: int
    dueAt: int  # noqa: N815


class Foreign(Event):
    number: Label


def test_a_table_is_named_after_its_business_and_an_enumeration_is_text() -> None:
    table = View(Contract("parking")).table("bay", Good, key=2, indexes=("colour, name",))
    assert table.name == "parking_bay"
    assert table.columns == (("number", int), ("colour", str), ("name", str))
    assert table.indexes == (("colour", "name"),)


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        (Nullable, {}),
        (Reserved, {}),
        (Capital, {}),
        (Good, {"key": 0}),
        (Good, {"key": 4}),
        (Good, {"indexes": ("color",)}),
    ],
)
def test_a_table_outside_the_vocabulary_is_refused(kind: Any, arguments: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        View(Contract("parking")).table("bay", kind, **arguments)


def test_a_handler_of_an_event_that_is_not_known_here_is_refused() -> None:
    with pytest.raises(TypeError, match="Foreign is no event"):
        views.on(Foreign)


def test_an_event_without_rows_is_noticed_unless_it_is_left_out() -> None:
    empty = View(views.contract)
    assert empty.unheard() == list(views.contract.events)
    empty.leave_out(*views.contract.events.values())
    assert empty.unheard() == views.unheard() == []


def test_a_view_comes_after_those_it_needs() -> None:
    needing = View(Contract("parking"), needs=(views,))
    assert [view.name for view in in_order((views, needing))] == ["ledger", "lending", "parking"]
    with pytest.raises(TypeError, match="lending"):
        in_order((needing, views))


def test_a_query_says_what_it_takes_and_gives() -> None:
    query = views.queries["lending.open_loans"]
    assert query.function is open_loans
    assert query.about == "Loans that are not returned, the oldest first."
    assert [(p.name, p.kind, p.required, p.default) for p in query.parameters.values()] == [
        ("member", bytes, False, None),
        ("since", int, False, 0),
        ("overdue", bool, False, None),
        ("limit", int, False, 100),
    ]
    assert query.columns == (
        ("loan", bytes),
        ("tool", bytes),
        ("member", bytes),
        ("lent_at", int),
        ("overdue", bool),
    )
    assert query.many
    assert query.row is LoanRow
    single = views.queries["lending.tool"]
    assert (single.many, single.parameters["tool"].required) == (False, True)


def test_an_enumeration_is_offered_as_choices() -> None:
    coloured = View(Contract("parking"))

    @coloured.query
    def bays(db: Reads, colour: Colour | None = None) -> list[Good]:
        """Bays."""
        return []

    query = coloured.queries["parking.bays"]
    assert query.parameters["colour"].choices == ("red", "green")
    assert query.read({"colour": "red"}) == {"colour": Colour.RED}
    with pytest.raises(ReadModelError, match=r"wrong_parameter.*blue"):
        query.read({"colour": "blue"})


def no_words(db: Reads) -> list[Good]:
    return []


def no_rows(db: Reads) -> list[int]:
    """Numbers."""
    return []


def nothing_said(db: Reads):  # type: ignore[no-untyped-def]
    """Something."""


@pytest.mark.parametrize("function", [no_words, no_rows, nothing_said])
def test_a_query_that_says_too_little_is_refused(function: Any) -> None:
    with pytest.raises(TypeError, match="parking"):
        View(Contract("parking")).query(function)


def test_text_becomes_typed_values() -> None:
    query = views.queries["lending.open_loans"]
    typed = query.read({"member": "00" * 16, "since": "17", "overdue": "true", "limit": "5"})
    assert typed == {"member": bytes(16), "since": 17, "overdue": True, "limit": 5}


@pytest.mark.parametrize(
    "texts",
    [
        {"limit": "0"},
        {"limit": "1001"},
        {"limit": "many"},
        {"limit": "1.5"},
        {"since": "-1"},
        {"member": "00"},
        {"member": "zz" * 16},
        {"overdue": "perhaps"},
        {"colour": "red"},
    ],
)
def test_a_wrong_parameter_is_told_by_its_name(texts: dict[str, str]) -> None:
    with pytest.raises(ReadModelError, match="wrong_parameter") as told:
        views.queries["lending.open_loans"].read(texts)
    assert next(iter(texts)) in str(told.value.facts["reason"])


def test_values_are_checked_before_they_are_asked_for() -> None:
    with pytest.raises(ReadModelError, match=r"wrong_parameter.*limit"):
        views.queries["lending.open_loans"].ask(None, {"limit": 0})
    with pytest.raises(ReadModelError, match=r"wrong_parameter.*tool"):
        views.queries["lending.tool"].ask(None, {})


def test_conditions_are_joined() -> None:
    assert where() == ""
    assert where(state=None) == ""
    assert where("NOT imported", state="x", place=None) == " WHERE NOT imported AND state = :state"


def test_identifiers_have_bounds() -> None:
    @(other := View(Contract("parking"))).query
    def bays(db: Reads, bay: Id, limit: Limit = 1) -> list[Good]:
        """Bays."""
        return []

    assert other.queries["parking.bays"].read({"bay": "ab" * 16}) == {"bay": b"\xab" * 16}
