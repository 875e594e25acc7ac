"""One connection to PostgreSQL: rows in and out, and the server's errors as ours.

Rules
- A statement is prepared when it is first met and then costs one round trip.
- Rows go in as one statement for a whole table, a column an array: what a flush costs in round trips does not grow.
- The server decides by the columns what kind a parameter is of; texts travel, so that no driver rounds or guesses.
- A connection that was cut, or left in the middle of something, is broken: it is closed and never used again.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import pg8000.native  # type: ignore[import-untyped]
import scramp  # type: ignore[import-untyped]
from pg8000.exceptions import DatabaseError, InterfaceError  # type: ignore[import-untyped]

from linlian.readmodel.database import POSTGRES, conflict
from linlian.readmodel.errors import ReadModelError
from linlian.readmodel.postgres_address import Address
from linlian.readmodel.view import Table, Value

CONNECT_S = 5.0
STATEMENTS = 256
"""How many prepared statements a connection keeps."""

ROWS_AT_ONCE = 10_000
_NAMED = re.compile(r"(?<![:\w]):([a-z_]+)")

_CODES = {
    "08": "readmodel.unreachable",
    "57P": "readmodel.unreachable",  # it shuts down or is not up yet
    "28": "readmodel.not_admitted",
    "3D": "readmodel.no_database",
    "42501": "readmodel.not_permitted",
    "53100": "readmodel.disk_full",
    "53": "readmodel.unreachable",  # no memory or no connections left
    "58": "readmodel.unwritable",
    "25006": "readmodel.unwritable",
    "XX": "readmodel.damaged",
    "23505": "readmodel.row_twice",
    "55P03": "readmodel.locked",
    "40": "readmodel.locked",
    "57014": "readmodel.too_slow",
    "25P": "readmodel.too_slow",
}
"""The server's SQLSTATE, by its longest beginning; whatever is not listed is wrong SQL."""


class PostgresLink:
    """Implements `database.Link`. Raises ReadModelError, as everything here does."""

    def __init__(self, address: Address, password: str, settings: Mapping[str, str]):
        """Connect; `settings` are the server's, for this session."""
        self.broken = False
        self._prepared: dict[str, tuple[Any, ...]] = {}
        where: dict[str, Any] = {"host": address.host, "port": address.port, "ssl_context": address.tls_context()}
        if address.socket is not None:
            where = {"host": None, "unix_sock": address.socket, "ssl_context": False}
        try:
            with telling():
                self._connection = pg8000.native.Connection(
                    address.user,
                    database=address.database,
                    password=password,
                    timeout=CONNECT_S,
                    application_name="linlian",
                    startup_params=dict(settings),
                    **where,
                )
        except scramp.ScramException as error:
            raise ReadModelError("readmodel.not_admitted", reason=str(error)) from error
        _watch(self._connection._usock)  # noqa: SLF001 – the driver has no other way

    def run(self, sql: str) -> list[list[Any]]:
        """A statement without parameters, or several."""
        with self._telling():
            return self._connection.execute_simple(sql).rows or []

    def plain(self, sql: str) -> None:
        """One statement as it stands, without parameters; of several, none is carried out."""
        self._execute(sql, [])

    def ask(
        self, sql: str, parameters: Mapping[str, Value], most: int | None = None
    ) -> tuple[tuple[str, ...], Sequence[Sequence[Any]]]:
        sql, order = numbered(sql)
        columns, rows = self._execute(sql, [as_text(parameters[name]) for name in order])
        return tuple(column["name"] for column in columns), rows[:most]

    def under(self, table: Table[Any], prefix: Sequence[Value]) -> Sequence[Sequence[Any]]:
        key = table.names[: table.key_size]
        conditions = [f"{name} = ${place}" for place, name in enumerate(key[: len(prefix)], 1)]
        matching = f" WHERE {' AND '.join(conditions)}" if prefix else ""
        sql = f"SELECT {', '.join(table.names)} FROM {table.name}{matching} ORDER BY {', '.join(key)}"
        return self._execute(sql, [as_text(value) for value in prefix])[1]

    def insert(self, table: Table[Any], rows: Sequence[tuple[Value, ...]]) -> None:
        self._put(table, f"INSERT INTO {table.name} ({', '.join(table.names)}) SELECT * FROM {_given(table)}", rows)

    def upsert(self, table: Table[Any], rows: Sequence[tuple[Value, ...]]) -> None:
        sql = f"INSERT INTO {table.name} ({', '.join(table.names)}) SELECT * FROM {_given(table)}{conflict(table)}"
        self._put(table, sql, rows)

    def delete(self, table: Table[Any], keys: Sequence[tuple[Value, ...]]) -> None:
        names = table.names[: table.key_size]
        matching = " AND ".join(f"{table.name}.{name} = given.{name}" for name in names)
        given = f"{_given(table, table.key_size)} AS given ({', '.join(names)})"
        self._put(table, f"DELETE FROM {table.name} USING {given} WHERE {matching}", keys)

    def close(self) -> None:
        """Close; nothing is said if the server is gone already."""
        self.broken = True
        with suppress(InterfaceError, OSError):
            self._connection.close()

    def _put(self, table: Table[Any], sql: str, rows: Sequence[tuple[Value, ...]]) -> None:
        for start in range(0, len(rows), ROWS_AT_ONCE):
            columns = zip(*rows[start : start + ROWS_AT_ONCE], strict=True)
            kinds = [column.kind for column in table.columns]
            self._execute(sql, [as_array(kind, values) for kind, values in zip(kinds, columns, strict=False)])

    def _execute(self, sql: str, texts: Sequence[str]) -> tuple[Sequence[Any], list[list[Any]]]:
        with self._telling():
            known = self._prepared.get(sql)
            if known is None:
                if len(self._prepared) >= STATEMENTS:
                    self._connection.close_prepared_statement(self._prepared.pop(next(iter(self._prepared)))[0])
                known = self._prepared[sql] = self._connection.prepare_statement(sql, ())
            name, columns, readers = known
            return columns or (), self._connection.execute_named(name, texts, columns, readers, sql).rows or []

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            with telling():
                yield
        except ReadModelError as error:
            self.broken = self.broken or error.code == "readmodel.unreachable"
            raise
        except BaseException:
            self.broken = True  # the answer may still be under way
            raise


@contextmanager
def telling() -> Iterator[None]:
    """Turn the driver's errors into ours."""
    try:
        yield
    except DatabaseError as error:
        told = error.args[0]
        raise ReadModelError(code_of(told.get("C", "")), reason=told.get("M", "")) from error
    except (InterfaceError, OSError) as error:
        raise ReadModelError("readmodel.unreachable", reason=str(error.__cause__ or error)) from error


def _watch(connection: socket.socket) -> None:
    """From here on a slow statement is the server's to stop, and a dead network is noticed within two minutes."""
    connection.settimeout(None)
    if connection.family != socket.AF_UNIX:
        for name, value in (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 4)):
            if hasattr(socket, name):
                connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def code_of(state: str) -> str:
    """Our code for a SQLSTATE."""
    return next((_CODES[state[:size]] for size in (5, 3, 2) if state[:size] in _CODES), "readmodel.wrong_sql")


def numbered(sql: str) -> tuple[str, list[str]]:
    """A query with `:name` parameters as the server wants it, and the names in the order of their numbers."""
    order: dict[str, int] = {}
    text = _NAMED.sub(lambda found: f"${order.setdefault(found[1], len(order) + 1)}", sql)
    return text, list(order)


def as_text(value: Value) -> str:
    """A value as the server reads it; a word of an enumeration is its text."""
    return _TEXTS[str if isinstance(value, str) else type(value)](value)


def as_array(kind: type[Value], values: Sequence[Any]) -> str:
    """A column of values as the server reads an array."""
    return f"{{{','.join(map(_ELEMENTS[kind], values))}}}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


_TEXTS: dict[type[Value], Callable[[Any], str]] = {
    bytes: lambda value: f"\\x{value.hex()}",
    int: str,
    bool: lambda value: "t" if value else "f",
    str: str,
}
_ELEMENTS: dict[type[Value], Callable[[Any], str]] = {
    **_TEXTS,
    bytes: lambda value: f'"\\\\x{value.hex()}"',
    str: _quoted,
}


def _given(table: Table[Any], size: int | None = None) -> str:
    """Arrays for the first `size` columns, or for all, as rows."""
    kinds = [POSTGRES.types[column.kind].partition(" ")[0] for column in table.columns[:size]]
    return f"unnest({', '.join(f'${place}::{kind}[]' for place, kind in enumerate(kinds, 1))})"
