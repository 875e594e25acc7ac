"""How events become rows, and what may be asked of them: the words in which a business's `views.py` is written.

Rules
- Rows follow from committed blocks and from nothing else, so that they can be thrown away and rebuilt.
- A handler reaches rows by their key only; what it costs does not grow with the table.
- A row's fields are bytes, int, str and bool, never null: what is absent is empty (b"", 0, ""). Times are milliseconds.
- A query is SQL that SQLite and PostgreSQL both run, with `:name` parameters; it has a total order and no clock. Where
  it needs the time, `now` is a parameter, and 0 stands for the time of the last block.
- A list that can be long ends in `ORDER BY … LIMIT :limit`, by columns that it gives: then it can be read in pages
  (`paging`). An index leads to its rows in that order, or a test says so.

    views = View(contract, needs=(places_views,))

    class Lending(NamedTuple):
        bay: bytes
        since: int

    lendings = views.table("lending", Lending, indexes=("since",))      # parking_lending; its key is the first field

    @views.on(BayLent)
    def lent(db: Rows, event: BayLent, fact: Fact) -> None:
        db.put(lendings, Lending(event.bay, fact.time))

    @views.query(seen_by=EVERYBODY)
    def lent_bays(db: Reads, since: Millis = 0, limit: Limit = 100) -> list[Lending]:
        '''Bays that are lent, the latest first.'''
        return db.all(Lending, "SELECT * FROM parking_lending WHERE since >= :since"
                               " ORDER BY since DESC, bay LIMIT :limit", since=since, limit=limit)

Who may ask through the edges is `seen_by` (see `audience`); without it nobody may but whoever runs the node.
What a query takes (names, types, bounds, defaults) and gives (columns) is read from its signature: verbs, routes and
pages are derived from `views.queries["parking.lent_bays"]`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Generic, NamedTuple, Protocol, TypeAlias, TypeVar, get_type_hints, overload

from linlian.kernel.codec import Blob, Count, Hash, Id, Label, Meta, Millis
from linlian.kernel.contract import Contract, Event
from linlian.readmodel.audience import NOBODY, Audience
from linlian.readmodel.query import Query, base_of

Value: TypeAlias = bytes | int | str | bool
R = TypeVar("R", bound=tuple[Any, ...])
E = TypeVar("E", bound=Event)
Q = TypeVar("Q", bound=Callable[..., Any])

LIMIT_MAX = 1_000
Limit = Annotated[int, Meta(ge=1, le=LIMIT_MAX)]
"""How many rows a query returns at most."""

NAME_CHARS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_")
RESERVED = {
    "all", "analyse", "analyze", "and", "any", "array", "as", "asc", "between", "both", "case", "cast", "check",
    "collate", "column", "commit", "constraint", "create", "default", "desc", "distinct", "do", "drop", "else",
    "end", "except", "exists", "false", "fetch", "for", "foreign", "from", "grant", "group", "having", "in",
    "index", "initially", "insert", "intersect", "into", "is", "join", "lateral", "leading", "left", "like",
    "limit", "not", "null", "offset", "on", "only", "or", "order", "placing", "primary", "references",
    "returning", "right", "select", "set", "some", "symmetric", "table", "then", "to", "trailing",
    "transaction", "true", "union", "unique", "update", "user", "using", "values", "variadic", "when", "where",
    "window", "with",
}  # fmt: skip
"""What SQLite or PostgreSQL (Appendix C) would read as a word of its own."""


class Column(NamedTuple):
    """A column by name and kind: bytes, int, str or bool."""

    name: str
    kind: type[Value]


@dataclass(frozen=True, eq=False)
class Table(Generic[R]):
    """A SQL table of one record type. Its key is the first `key_size` columns; indexes are lists of columns."""

    name: str
    kind: type[R]
    columns: tuple[Column, ...]
    key_size: int
    indexes: tuple[tuple[str, ...], ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Its columns' names, in order."""
        return tuple(column.name for column in self.columns)


class Fact(NamedTuple):
    """Where an event stands and how it came about; `type` is its wire name. Times are milliseconds since the epoch.

    `time` is when it was committed, `occurred_at` when it is claimed to have happened (equal if nothing was claimed).
    `source` is transaction, timer or genesis; a timer and genesis act as SYSTEM, without a key. `offline`: the
    command was made without a network and may have waited for three days.
    """

    type: str
    height: int
    receipt: int
    event: int
    item_id: bytes
    command: str
    source: str
    signer: bytes
    key_id: bytes
    time: int
    occurred_at: int
    offline: bool


class Rows(Protocol):
    """What a handler is given: rows by key, within the transaction that also saves the position."""

    def get(self, table: Table[R], *key: Value) -> R | None:
        """The row, or None."""

    def the(self, table: Table[R], *key: Value) -> R:
        """The row, which must be there. Raises ReadModelError (`readmodel.no_row`): the view has a bug."""

    def under(self, table: Table[R], *prefix: Value) -> list[R]:
        """All rows whose key begins with `prefix`, in key order."""

    def put(self, table: Table[R], row: R) -> None:
        """Insert or replace."""

    def add(self, table: Table[R], row: R) -> None:
        """Insert a row that is never changed. A key that is taken is an error of the database."""

    def change(self, table: Table[R], *key: Value, **changes: Value) -> R:
        """Put some other values into the row, which must be there; the row as it is now. Raises as `the`."""

    def delete(self, table: Table[R], *key: Value) -> None:
        """Delete; no error if there is none."""


class Reads(Protocol):
    """What a query is given: a consistent picture of the database, which it cannot change."""

    def all(self, kind: type[R], sql: str, /, **parameters: Value | None) -> list[R]:
        """The result's rows. A parameter that is None is left out, as `where` leaves it out.

        Raises TypeError if the columns are not the fields of `kind`, in order.
        """

    def one(self, kind: type[R], sql: str, /, **parameters: Value | None) -> R | None:
        """The first row of the result, or None."""


class View:
    """The read model of one business: its tables, what each event does to them, and its queries."""

    def __init__(self, contract: Contract, needs: tuple[View, ...] = ()):
        self.name = contract.name
        self.needs = needs
        self.tables: dict[str, Table[Any]] = {}
        self.handlers: list[tuple[str, type[Event], Callable[[Rows, Any, Fact], None]]] = []
        self.left_out: list[type[Event]] = []
        self.queries: dict[str, Query] = {}
        self.contract = contract

    def table(self, name: str, kind: type[R], key: int = 1, indexes: tuple[str, ...] = ()) -> Table[R]:
        """Declare `<business>_<name>`. Its key is the first `key` fields; an index is "state, reported_at"."""
        columns = columns_of(kind)
        names = [column.name for column in columns]
        lists = tuple(tuple(part.strip() for part in index.split(",")) for index in indexes)
        table = Table(f"{self.name}_{name}", kind, columns, key, lists)
        if table.name in self.tables:
            raise TypeError(f"{table.name} is declared twice")
        if not 0 < key <= len(columns):
            raise TypeError(f"{table.name}: a key of {key} columns")
        for column in (part for index in lists for part in index):
            if column not in names:
                raise TypeError(f"{table.name}: an index names {column}, which is no column")
        self.tables[table.name] = table
        return table

    def on(self, kind: type[E]) -> Callable[[Callable[[Rows, E, Fact], None]], Callable[[Rows, E, Fact], None]]:
        """Declare what an event of this business, or of one it needs, does to the rows."""
        contracts = (self.contract, *(need.contract for need in self.needs))
        names = [name for contract in contracts for name, known in contract.events.items() if known is kind]
        if not names:
            raise TypeError(f"{self.name}: {kind.__name__} is no event of it nor of a view it needs")

        def declare(handler: Callable[[Rows, E, Fact], None]) -> Callable[[Rows, E, Fact], None]:
            self.handlers.append((names[0], kind, handler))
            return handler

        return declare

    def leave_out(self, *kinds: type[Event]) -> None:
        """Say that these events of this business make no rows of its own; `unheard` then no longer names them."""
        self.left_out.extend(kinds)

    def unheard(self) -> list[str]:
        """The events of this business that nothing is done with, though nobody said so."""
        known = [kind for _, kind, _ in self.handlers] + self.left_out
        return [name for name, kind in self.contract.events.items() if kind not in known]

    @overload
    def query(self, function: Q, /) -> Q: ...
    @overload
    def query(self, /, *, seen_by: Audience) -> Callable[[Q], Q]: ...
    def query(self, function: Q | None = None, /, *, seen_by: Audience = NOBODY) -> Q | Callable[[Q], Q]:
        """Declare something that may be asked, under the function's name (`repairs.open_requests`), and by whom.

        Bare, nobody may ask it but whoever runs the node.
        """

        def declare(declared: Q) -> Q:
            query = Query.of(f"{self.name}.{declared.__name__}", declared, seen_by)
            self.queries[query.name] = query
            return declared

        return declare if function is None else declare(function)


@cache
def columns_of(kind: type[tuple[Any, ...]]) -> tuple[Column, ...]:
    """The columns of a NamedTuple. Raises TypeError for a name or a type outside the vocabulary."""
    columns = []
    for name, annotation in get_type_hints(kind, include_extras=True).items():
        base = base_of(annotation)
        if base not in (bytes, int, str, bool):
            raise TypeError(f"{kind.__name__}.{name}: a column is bytes, int, str or bool, not {annotation!r}")
        if name in RESERVED or not set(name) <= NAME_CHARS or not name[0].isalpha():
            raise TypeError(f"{kind.__name__}.{name}: SQL would need quotes around this name, take another")
        columns.append(Column(name, base))
    return tuple(columns)


def where(*conditions: str, **equal: Value | None) -> str:
    """A WHERE clause of conditions and of `column = :column` for each argument that is not None.

    >>> where("NOT imported", state="closed", place=None)
    ' WHERE NOT imported AND state = :state'
    """
    parts = [*conditions, *(f"{name} = :{name}" for name, value in equal.items() if value is not None)]
    return f" WHERE {' AND '.join(parts)}" if parts else ""


__all__ = [
    "Blob",
    "Column",
    "Count",
    "Fact",
    "Hash",
    "Id",
    "Label",
    "Limit",
    "Meta",
    "Millis",
    "Reads",
    "Rows",
    "Table",
    "Value",
    "View",
    "columns_of",
    "where",
]
