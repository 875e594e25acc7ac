"""The page of limits: every bound that the source names, its value, and why, in the source's own words.

A limit is a constant of a module: all of `kernel.limits`, elsewhere a public name that ends as bounds do, and the spans
of time in the rules of a business. What it is for is the text that stands beneath it in the source.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import linlian
from linlian import node
from linlian.kernel.limits import ORDINARY_WORK
from tools.reference.markdown import code, table

HOME = "kernel.limits"
ENDINGS = ("_MAX", "_MIN")
TOO_WIDE = ("cli", "demo", "imports", "testing", "words", "node")
"""Rooms whose constants are habits and no limits."""
ALSO = ("engine.embedded.BATCH_TRANSACTIONS", "engine.embedded.QUEUE_TRANSACTIONS", "engine.embedded.BATCH_BYTES")
"""Limits whose names do not say so."""


class Limit(NamedTuple):
    """`module` without "linlian."."""

    module: str
    name: str
    value: int
    about: str


def limits_page() -> str:
    """The whole page, as Markdown."""
    found = list(_limits())
    work = {name: getattr(ORDINARY_WORK, name) for name in ORDINARY_WORK.__struct_fields__}
    lines = [
        "# Limits · 上限",
        "",
        "Every bound that the source names. 源码中写明的各种上限。",
        "",
        "## The ledger · 账本",
        "",
        "Properties of the format; each has a test that goes one over. 属于格式；每个都有越过一步的测试。",
        "",
        *table(
            ("limit", "value", ""),
            ((code(one.name), shown(one.name, one.value), one.about) for one in found if one.module == HOME),
        ),
        "## One command · 一个命令",
        "",
        "Written into genesis; beyond it, `kernel.too_much`. 写在创世文件里；超过即 `kernel.too_much`。",
        "",
        *table(("limit", "value"), ((code(name), shown(name.upper(), value)) for name, value in work.items())),
    ]
    for room in dict.fromkeys(_room(one.module) for one in found if one.module != HOME):
        rows = [
            (code(one.name), shown(one.name, one.value), code(one.module), one.about)
            for one in found
            if one.module != HOME and _room(one.module) == room
        ]
        lines += [f"## {room}", "", *table(("limit", "value", "where", ""), rows)]
    return "\n".join(lines)


def shown(name: str, value: int) -> str:
    """A value as people read it: spans in days, hours and seconds, sizes in binary units, powers as powers."""
    if "_MS" in name:
        for unit, size in (("days", 86_400_000), ("hours", 3_600_000), ("minutes", 60_000), ("s", 1_000)):
            if value % size == 0 and value >= size:
                return f"{value // size} {unit}"
        return f"{value} ms"
    if "_BYTES" in name or name == "BYTES_MAX":
        for unit, size in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
            if value % size == 0:
                return f"{value // size} {unit}"
        return f"{value} bytes"
    return "2⁵³ − 1" if value == 2**53 - 1 else f"{value:,}"


def _limits() -> Iterator[Limit]:
    package = Path(linlian.__file__).parent
    for path in sorted(package.rglob("*.py"), key=lambda path: path.relative_to(package).as_posix()):
        parts = path.relative_to(package).with_suffix("").parts
        unlisted = parts[0] == "community" and parts[1] not in ("__init__", *node.businesses())
        if "tests" in parts or parts[0] in TOO_WIDE or unlisted:
            continue
        module = ".".join(parts).removesuffix(".__init__")
        yield from _of_module(module, path.read_text(encoding="utf-8"))


def _of_module(module: str, text: str) -> Iterator[Limit]:
    body = ast.parse(text).body
    for number, statement in enumerate(body):
        name = _assigned(statement)
        if not name or not _is_limit(module, name):
            continue
        value = getattr(import_module(f"linlian.{module}"), name)
        if isinstance(value, int):
            following = body[number + 1] if number + 1 < len(body) else None
            yield Limit(module, name, value, _text(following))


def _is_limit(module: str, name: str) -> bool:
    if f"{module}.{name}" in ALSO:
        return True
    if module == HOME or name.endswith(ENDINGS):
        return name.isupper() and not name.startswith("_")
    return module.startswith("community.") and name.endswith("_MS") and name not in ("DAY_MS", "MINUTE_MS")


def _assigned(statement: ast.stmt) -> str:
    if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
        return statement.targets[0].id
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        return statement.target.id
    return ""


def _text(statement: ast.stmt | None) -> str:
    """The string that stands beneath a constant and tells about it."""
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return " ".join(str(statement.value.value).split())
    return ""


def _room(module: str) -> str:
    parts = module.split(".")
    return parts[1] if parts[0] == "community" else parts[0]
