"""A long list in pages: the rows after a row, found by the list's own order.

    page = query.page(db, {"state": "done", "limit": 50})
    page = query.page(db, {"state": "done", "limit": 50}, after=page.next)     # until page.next is ""

Rules
- A query is paged as it stands. Its SQL ends in `ORDER BY a, b DESC LIMIT :limit`, by columns that it gives and that
  tell any two rows apart; the pages after the first are what stands behind the last row's values in that order.
- So a row that comes or goes elsewhere moves no other: walking all pages gives every row that stays in its place
  once. A row whose place in the order changes meanwhile may be met again or missed, as on paper.
- A cursor says after which row, and for which question. It holds nothing that the page itself did not show, and opens
  nothing: it is not signed, but what was not given out for this very question is refused (`readmodel.wrong_cursor`).
"""

from __future__ import annotations

import binascii
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, NamedTuple, Protocol, TypeVar

from linlian.kernel import codec
from linlian.kernel.errors import LinlianError
from linlian.readmodel.errors import ReadModelError

R = TypeVar("R", bound=tuple[Any, ...])

CURSOR_CHARS_MAX = 4_096
MARK_BYTES = 8
_TAIL = re.compile(r"\sORDER\s+BY\s+([\w.,\s]+?)\s+LIMIT\s+:limit\s*$")
_TERM = re.compile(r"(?:\w+\.)?(\w+)(?:\s+(ASC|DESC))?")


class Page(NamedTuple):
    """Some rows of a list, and the cursor for those behind them: "" where there are none."""

    rows: list[tuple[Any, ...]]
    next: str


class Order(NamedTuple):
    """The columns by which a list is ordered, and which of them run downwards."""

    columns: tuple[str, ...]
    down: tuple[bool, ...]

    def __str__(self) -> str:
        terms = zip(self.columns, self.down, strict=True)
        return ", ".join(f"{name} DESC" if down else name for name, down in terms)

    def behind(self) -> str:
        """The condition that a row stands behind the values `:after_<column>`."""
        marks = [f":after_{name}" for name in self.columns]
        if len({*self.down}) == 1:
            names = ", ".join(self.columns)
            return f"({names}) {'<' if self.down[0] else '>'} ({', '.join(marks)})"
        first, mark, rest = self.columns[0], marks[0], Order(self.columns[1:], self.down[1:])
        than = "<" if self.down[0] else ">"
        return f"{first} {than}= {mark} AND ({first} {than} {mark} OR {rest.behind()})"


class Reads(Protocol):
    """What is needed of a database; see `view.Reads`."""

    def all(self, kind: type[R], sql: str, /, **parameters: Any) -> list[R]: ...
    def one(self, kind: type[R], sql: str, /, **parameters: Any) -> R | None: ...


@dataclass
class PagingReads:
    """Stands between a query and the database: hands the list's SQL on as the question for one page of it."""

    db: Reads
    row: type[Any]
    columns: Mapping[str, type[Any]]
    question: bytes
    after: str
    order: Order | None = None

    def one(self, kind: type[R], sql: str, /, **parameters: Any) -> R | None:
        """As the database has it."""
        return self.db.one(kind, sql, **parameters)

    def all(self, kind: type[R], sql: str, /, **parameters: Any) -> list[R]:
        """The list itself from the cursor on; other rows as the database has them."""
        tail = _TAIL.search(sql) if kind is self.row and self.order is None else None
        if tail is None:
            return self.db.all(kind, sql, **parameters)
        self.order = order = order_of(tail[1], kind)
        if not self.after:
            return self.db.all(kind, sql, **parameters)
        values = read_cursor(self.after, self.question, order, [self.columns[name] for name in order.columns])
        paged = f"SELECT * FROM ({sql[: tail.start()]}) AS paged WHERE {order.behind()} ORDER BY {order} LIMIT :limit"
        given = {f"after_{name}": value for name, value in zip(order.columns, values, strict=True)}
        return self.db.all(kind, paged, **parameters, **given)

    def cursor(self, row: tuple[Any, ...]) -> str:
        """The cursor that stands for this row of the list."""
        assert self.order is not None, "a list has been asked for"
        return write_cursor(self.question, self.order, [getattr(row, name) for name in self.order.columns])


def order_of(text: str, row: type[Any]) -> Order:
    """The order that stands behind ORDER BY. Raises TypeError where it is not one by columns of the row."""
    columns, down = [], []
    for part in text.split(","):
        term = _TERM.fullmatch(part.strip())
        if term is None or term[1] not in row._fields:
            raise TypeError(f"order by columns that {row.__name__} gives, so that it can be paged: {part.strip()}")
        columns.append(term[1])
        down.append(term[2] == "DESC")
    return Order(tuple(columns), tuple(down))


def question_of(name: str, values: Mapping[str, Any]) -> bytes:
    """What a cursor is good for: the query, and its parameters but for the page's length."""
    asked = sorted((key, value) for key, value in values.items() if key != "limit" and value is not None)
    plain = [[key, str(value) if isinstance(value, str) else value] for key, value in asked]
    return codec.encode_plain([name, plain])


def write_cursor(question: bytes, order: Order, values: Sequence[Any]) -> str:
    """Values of the columns of an order, led by a mark of the question, as text for an address."""
    told = codec.encode_plain([str(value) if isinstance(value, str) else value for value in values])
    return urlsafe_b64encode(_mark(question, order) + told).decode().rstrip("=")


def read_cursor(text: str, question: bytes, order: Order, kinds: Sequence[type[Any]]) -> list[Any]:
    """The values, of these types, that a cursor holds. Raises ReadModelError (`readmodel.wrong_cursor`)."""
    try:
        if len(text) > CURSOR_CHARS_MAX or not text.isascii():
            raise ValueError(text[:20])
        data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        values = codec.decode_plain(data[MARK_BYTES:])
    except (ValueError, binascii.Error, LinlianError) as error:
        raise ReadModelError("readmodel.wrong_cursor") from error
    fits = isinstance(values, list) and [type(value) for value in values] == list(kinds)
    if not fits or data[:MARK_BYTES] != _mark(question, order) or write_cursor(question, order, values) != text:
        raise ReadModelError("readmodel.wrong_cursor")
    return list(values)


def _mark(question: bytes, order: Order) -> bytes:
    return sha256(question + str(order).encode()).digest()[:MARK_BYTES]
