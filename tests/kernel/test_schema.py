"""What a record may be made of: bounded fields of the ledger's vocabulary, and subjects where they can be chained."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

import pytest

from linlian.kernel import codec
from linlian.kernel.codec import Blob, Content, Count, Fields, Id, Int, Label, Meta, Row, Subject
from linlian.kernel.contract import Contract, Event

PlotId = Annotated[Id, Subject("plot")]


class State(StrEnum):
    DRY = "dry"


class Whole(Fields):
    id: Id
    state: State
    litres: Int = 0
    label: Label = ""
    note: Blob = b""
    shared: bool = False
    sort: Literal["", "herbs"] = ""
    ids: Annotated[tuple[Id, ...], Meta(max_length=3)] = ()
    photo: Content | None = None


class WholeRow(Row, tag=7):
    id: Id
    state: State
    litres: Count
    ids: Annotated[tuple[Id, ...], Meta(max_length=3)]
    photo: Content


class Unbounded(Fields):
    text: str


class Endless(Fields):
    ids: tuple[Id, ...]


class Weighed(Fields):
    kilograms: float


class Choice(Fields):
    either: Count | Blob


class HalfBounded(Fields):
    litres: Annotated[int, Meta(ge=0)]


class Inside(Fields):
    bed: Unbounded


class Mapped(Fields):
    beds: dict[str, Count]


class FullDefault(Fields):
    litres: Count = 5


class Chosen(Fields):
    state: State = State.DRY


class TooWide(Fields):
    litres: Annotated[int, Meta(ge=0, le=2**53)]


class Listed(Fields):
    ids: list[Id]


class Holed(Fields):
    ids: Annotated[tuple[Id | None, ...], Meta(max_length=3)]


class Nothing(Fields):
    id: Id | None


class NothingInARow(Row):
    id: Id | None = None


@pytest.mark.parametrize("kind", [Content, Whole, WholeRow])
def test_the_vocabulary_is_enough_for_a_record(kind: type[Any]) -> None:
    codec.check_schema(kind)


OUTSIDE: list[type[Any]] = [Unbounded, Endless, Weighed, Choice, HalfBounded, Inside, Mapped, FullDefault]
OUTSIDE += [TooWide, Listed, Holed, Nothing, NothingInARow]


@pytest.mark.parametrize("kind", OUTSIDE)
def test_a_record_keeps_to_the_vocabulary(kind: type[Any]) -> None:
    with pytest.raises(TypeError):
        codec.check_schema(kind)


REMEDIES: dict[type[Any], str] = {
    Unbounded: "Unbounded.text: .* has no bound: write Label, .* is a Content",
    Endless: "Endless.ids: .* has no bound: write Annotated",
    Weighed: "Weighed.kilograms: .* count in whole units",
    HalfBounded: "HalfBounded.litres: .* has no bounds: write Count",
    Mapped: "Mapped.beds: .* is no bool, bounded int",
    FullDefault: "FullDefault.litres: 5 as a default is left out of the bytes.* without it",
    Chosen: "Chosen.state: .*dry.* as a default is left out of the bytes.* without it",
    Nothing: "Nothing.id: null is never written.* `= None`",
    NothingInARow: "NothingInARow.id: null is never written.* in a Row write an empty value",
}


@pytest.mark.parametrize("kind", REMEDIES, ids=lambda kind: kind.__name__)
def test_whoever_writes_another_is_told_what_to_write(kind: type[Any]) -> None:
    with pytest.raises(TypeError, match=REMEDIES[kind]):
        codec.check_schema(kind)


class Shared(Event):
    plot: PlotId
    lender: Annotated[Id, Subject("gardener")] | None = None
    borrowers: Annotated[tuple[Annotated[Id, Subject("gardener")], ...], Meta(max_length=3)] = ()


def test_subjects_come_from_types() -> None:
    assert codec.subject_fields(Shared) == (("plot", False), ("lender", False), ("borrowers", True))
    assert codec.subject_kinds(Shared) == {"plot": "plot", "lender": "gardener", "borrowers": "gardener"}


class Inner(Fields):
    plot: PlotId


class Hidden(Event):
    beds: Annotated[tuple[Inner, ...], Meta(max_length=2)]


class Named(Event):
    plot: Annotated[Label, Subject("plot")]


class Long(Event):
    plot: Annotated[bytes, Meta(max_length=65), Subject("plot")]


class Fits(Event):
    plot: Annotated[bytes, Meta(max_length=64), Subject("plot")]


@pytest.mark.parametrize("kind", [Hidden, Named, Long])
def test_a_subject_stands_in_the_event_itself_and_is_short(kind: type[Event]) -> None:
    with pytest.raises(TypeError, match="subject"):
        Contract("garden").event(kind)


@pytest.mark.parametrize("kind", [Shared, Fits])
def test_a_subject_that_can_be_chained_is_taken(kind: type[Event]) -> None:
    assert Contract("garden").event(kind) is kind
