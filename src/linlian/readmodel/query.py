"""A query as the edges know it: what it takes, within which bounds, and which columns it gives.

query = views.queries["repairs.open_requests"]
query.parameters["limit"]                      # Parameter(name="limit", kind=int, required=False, default=100, …)
query.columns                                  # (("case_id", bytes), ("state", str), …)
query.ask(db, query.read({"state": "done"}))   # from text, as a command line or an address has it
query.ask(db, {"state": "done", "limit": 5})   # from typed values, as JSON has them (bytes as bytes)
query.page(db, {"limit": 5}, after=cursor)     # five more rows, and the cursor for those behind them
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import msgspec

from linlian.readmodel.audience import NOBODY, Audience, Reader
from linlian.readmodel.errors import ReadModelError
from linlian.readmodel.paging import Page, PagingReads, question_of


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter: `kind` is bytes, int, str or bool; `choices` are all its values where they are few."""

    name: str
    kind: type[Any]
    annotation: Any
    required: bool
    default: Any
    choices: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Query:
    """`many`: it gives a list of rows; else one row or none. `about` is the first sentence of its docstring.

    `seen_by` says who may ask through the edges; whoever holds the node's folder may ask everything.
    """

    name: str
    about: str
    function: Callable[..., Any]
    parameters: Mapping[str, Parameter]
    row: type[tuple[Any, ...]]
    columns: tuple[tuple[str, type[Any]], ...]
    many: bool
    seen_by: Audience
    _checked: type[msgspec.Struct]

    @classmethod
    def of(cls, name: str, function: Callable[..., Any], seen_by: Audience = NOBODY) -> Query:
        """Read a query from its function's signature. Raises TypeError where it does not say enough."""
        hints = get_type_hints(function, include_extras=True)
        row, many = _result(name, hints.pop("return", None))
        taken = list(inspect.signature(function).parameters.values())[1:]
        parameters = {part.name: _parameter(part, hints[part.name]) for part in taken}
        if not function.__doc__:
            raise TypeError(f"{name} needs a docstring: what it gives, and in which order")
        columns = tuple((column, base_of(hint)) for column, hint in get_type_hints(row, include_extras=True).items())
        fields = [
            (part.name, part.annotation) if part.required else (part.name, part.annotation, part.default)
            for part in parameters.values()
        ]
        checked = msgspec.defstruct(name, fields, forbid_unknown_fields=True, kw_only=True)
        about = " ".join(function.__doc__.split("\n\n", maxsplit=1)[0].split())
        return cls(name, about, function, parameters, row, columns, many, seen_by, checked)

    def ask(self, db: Any, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Check the values and ask. Raises ReadModelError (`readmodel.wrong_parameter`)."""
        checked = self._convert(values, strict=True)
        found = self.function(db, **{name: getattr(checked, name) for name in self.parameters})
        return found if self.many else [] if found is None else [found]

    def check_reader(self, db: Any, reader: Reader, values: Mapping[str, Any]) -> None:
        """Raise ReadModelError (`readmodel.not_for_you`) unless this reader may see what it gives for these values."""
        checked = self._convert(values, strict=True)
        asked = {name: getattr(checked, name) for name in self.parameters}
        if not self.seen_by.sees(db, reader, asked):
            raise ReadModelError("readmodel.not_for_you", query=self.name)

    @property
    def paged(self) -> bool:
        """Whether it gives a list that can be long, and so is given in pages."""
        return self.many and "limit" in self.parameters

    def page(self, db: Any, values: Mapping[str, Any], after: str = "") -> Page:
        """The first `limit` rows, or those behind a cursor. What is not `paged` comes whole.

        Raises ReadModelError: as `ask`, and `readmodel.wrong_cursor` for one that was not given out for this question.
        """
        if not self.paged:
            if after:
                raise ReadModelError("readmodel.wrong_cursor", query=self.name)
            return Page(self.ask(db, values), "")
        checked = self._convert(values, strict=True)
        given = {name: getattr(checked, name) for name in self.parameters}
        limit = given["limit"]
        paging = PagingReads(db, self.row, dict(self.columns), question_of(self.name, given), after)
        rows = self.function(paging, **{**given, "limit": limit + 1})
        if paging.order is None:
            raise TypeError(f"{self.name}: its SQL does not end in ORDER BY columns LIMIT :limit")
        return Page(rows[:limit], paging.cursor(rows[limit - 1]) if len(rows) > limit else "")

    def read(self, texts: Mapping[str, str]) -> dict[str, Any]:
        """Typed values from text, some or all: numbers in digits, bytes in hex. Raises ReadModelError as `ask`."""
        return {name: self._read(name, text) for name, text in texts.items()}

    def _read(self, name: str, text: str) -> Any:
        known = self.parameters.get(name)
        if known is None:
            raise ReadModelError("readmodel.wrong_parameter", query=self.name, reason=f"unknown parameter {name}")
        plain = self._bytes(name, text) if known.kind is bytes else text
        try:
            return msgspec.convert(plain, known.annotation, strict=False, builtin_types=(bytes,))
        except msgspec.ValidationError as error:
            reason = f"{error} - at `$.{name}`"[:200]
            raise ReadModelError("readmodel.wrong_parameter", query=self.name, reason=reason) from error

    def _bytes(self, name: str, text: str) -> bytes:
        try:
            return bytes.fromhex(text)
        except ValueError as error:
            reason = f"Expected hex digits - at `$.{name}`"
            raise ReadModelError("readmodel.wrong_parameter", query=self.name, reason=reason) from error

    def _convert(self, values: Mapping[str, Any], strict: bool) -> msgspec.Struct:
        try:
            return msgspec.convert(dict(values), self._checked, strict=strict, builtin_types=(bytes,))
        except msgspec.ValidationError as error:
            raise ReadModelError("readmodel.wrong_parameter", query=self.name, reason=str(error)[:200]) from error


def base_of(annotation: Any) -> type[Any]:
    """The type beneath bounds and `| None`; of an enumeration, str."""
    if get_origin(annotation) is Annotated:
        return base_of(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        (one,) = [part for part in get_args(annotation) if part is not NoneType]
        return base_of(one)
    if isinstance(annotation, type):
        return str if issubclass(annotation, Enum) and issubclass(annotation, str) else annotation
    return object


def _parameter(part: inspect.Parameter, annotation: Any) -> Parameter:
    required = part.default is inspect.Parameter.empty
    default = None if required else part.default
    return Parameter(part.name, base_of(annotation), annotation, required, default, _choices(annotation))


def _choices(annotation: Any) -> tuple[str, ...]:
    if isinstance(annotation, type):
        return tuple(str(member.value) for member in annotation) if issubclass(annotation, Enum) else ()
    return tuple(value for part in get_args(annotation) for value in _choices(part))


def _result(name: str, annotation: Any) -> tuple[type[tuple[Any, ...]], bool]:
    """(row type, whether many) of `list[Row]` or `Row | None`."""
    many = get_origin(annotation) is list
    parts = [part for part in get_args(annotation) if part is not NoneType]
    row = parts[0] if len(parts) == 1 else None
    if not (isinstance(row, type) and issubclass(row, tuple) and hasattr(row, "_fields")):
        raise TypeError(f"{name} must return list[Row] or Row | None, Row being a NamedTuple")
    return row, many
