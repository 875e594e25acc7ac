"""What fills the tables, as 32 bytes: when it differs from what is stored, the rows are made anew.

It covers the tables and indexes, which events go where, and the source of the handlers and of what stands beside
them. Queries are left out: a new question needs no new rows.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator, Sequence
from hashlib import sha256
from importlib import import_module

from linlian.readmodel.database import POSITION, SQLITE
from linlian.readmodel.view import View

_OWN = ("linlian.readmodel.projection", "linlian.readmodel.stream")


def fingerprint(views: Sequence[View]) -> bytes:
    """SHA-256 over the parts, each led by its length."""
    digest = sha256()
    for part in _parts(views):
        data = part.encode()
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.digest()


def _parts(views: Sequence[View]) -> Iterator[str]:
    modules = dict.fromkeys(_OWN)
    yield SQLITE.create_table(POSITION)
    for view in views:
        for table in view.tables.values():
            yield SQLITE.create_table(table)
            yield from SQLITE.create_indexes(table)
        for event, _, handler in view.handlers:
            yield f"{event} {handler.__qualname__}"
            modules[handler.__module__] = None
    for module in modules:
        yield from filling(inspect.getsource(import_module(module)))


def filling(source: str) -> Iterator[str]:
    """The statements of a module that decide about rows: not its docstring, its imports and its queries."""
    lines = source.splitlines()
    for node in ast.parse(source).body:
        marks = node.decorator_list if isinstance(node, ast.FunctionDef) else []
        called = [mark.func if isinstance(mark, ast.Call) else mark for mark in marks]
        asked = any(isinstance(mark, ast.Attribute) and mark.attr == "query" for mark in called)
        told = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if not (asked or told or isinstance(node, ast.Import | ast.ImportFrom)):
            start = min([node.lineno, *(mark.lineno for mark in marks)])
            yield "\n".join(lines[start - 1 : node.end_lineno])
