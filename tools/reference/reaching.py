"""What a handler may be refused with and whom it asks for, read from its source and that of all that it calls.

    reach(finish_repair)  →  Reach(codes=("repairs.unknown_case", …), steps=(STEPS["finish_repair"],), …)

Rules
- Names are looked up in the module that the function stands in, so what is followed is what would be called.
- What a kit refuses with a business's code (a table's `require`, a step's `moved`, any `refused="…"`) is that code.
- A refusal that is caught on the way counts for nothing. What stands under a condition *may* happen and is listed;
  whether a role is always asked for or only then is kept apart.
- `kernel.contract` is not followed: what its tables and context refuse can meet any command and is said once.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from types import FunctionType, MethodType
from typing import Any, TypeAlias

from linlian.community import identity
from linlian.kernel.contract import Table
from linlian.kernel.steps import Steps

Asked: TypeAlias = tuple[tuple[str, ...], tuple[str, ...]]
"""Roles, and the kinds of organisation that can give them; no kinds: of any."""

_UNKNOWN = object()
_NOT_FOLLOWED = ("linlian.kernel.contract", "linlian.kernel.codec", "linlian.kernel.crypto")


@dataclass(slots=True)
class Reach:
    """In the order in which they are met, each once.

    codes       refusal codes
    roles       (roles, kinds of organisation) that are always asked for; `sometimes` those that depend
    steps       rows of a table of who may do what in which state (`name`, `by`, `cells`), and whose table it is
    scopes      what a delegate must be allowed, where delegates may sign
    acts        whether the signer's account must be able to act, whatever else is asked
    """

    codes: dict[str, None] = field(default_factory=dict)
    roles: dict[Asked, None] = field(default_factory=dict)
    sometimes: dict[Asked, None] = field(default_factory=dict)
    steps: list[tuple[Any, str]] = field(default_factory=list)
    scopes: dict[str, None] = field(default_factory=dict)
    acts: bool = False


def reach(function: FunctionType) -> Reach:
    """Everything that a handler reaches."""
    found = Reach()
    _Walk(found, set()).function(function, certain=True)
    return found


class _Walk:
    """One walk through the functions."""

    def __init__(self, found: Reach, seen: set[tuple[FunctionType, bool]]) -> None:
        self.found = found
        self._seen = seen

    def function(self, function: FunctionType, certain: bool) -> None:
        if (function, certain) in self._seen or (function, True) in self._seen:
            return
        self._seen.add((function, certain))
        body = _body(function)
        for part, sure in _parts(body, certain):
            self._part(function, part, sure)

    def _part(self, function: FunctionType, part: ast.AST, certain: bool) -> None:
        if isinstance(part, ast.Raise) and isinstance(part.exc, ast.Call):
            self._refusal(part.exc)
        elif isinstance(part, ast.Call):
            self._call(function, part, certain)
        elif isinstance(part, ast.Name | ast.Attribute):
            for known in _functions(_resolve(function, part)):
                self.function(known, certain)
        elif isinstance(part, ast.Subscript):
            row = _value(function, part)
            if hasattr(row, "cells") and hasattr(row, "by"):
                self._step(row, function.__module__.split(".")[2])

    def _refusal(self, call: ast.Call) -> None:
        if ast.unparse(call.func).endswith("Refused") and call.args:
            for part in ast.walk(call.args[0]):
                if isinstance(part, ast.Constant) and isinstance(part.value, str) and "." in part.value:
                    self.found.codes[part.value] = None

    def _call(self, function: FunctionType, call: ast.Call, certain: bool) -> None:
        called = _resolve(function, call.func)
        self._kit(function, call, called)
        if called is identity.acting:
            self.found.acts |= certain
        if called is identity.stands_for:
            self._scope(function, call.args[-1])
        if called not in (identity.require_role, identity.require_office):
            return
        values = [_value(function, argument) for argument in call.args[1:]]
        if _UNKNOWN in values:
            return
        kinds: tuple[Any, ...] = values.pop(0) if called is identity.require_office else ()
        roles = _flat(zip(call.args[-len(values) :], values, strict=True))
        asked: Asked = (tuple(map(str, roles)), tuple(map(str, kinds)))
        if certain:
            self.found.acts = True
        (self.found.roles if certain else self.found.sometimes)[asked] = None

    def _kit(self, function: FunctionType, call: ast.Call, called: Any) -> None:
        """A kit refuses with a code that the business gave it: once for all, or in the call."""
        given = [word.value for word in call.keywords if word.arg == "refused"]
        self.found.codes.update({str(value.value): None for value in given if isinstance(value, ast.Constant)})
        kit = called.__self__ if isinstance(called, MethodType) else None
        if isinstance(kit, Table | Steps) and called.__name__ in ("require", "cell", "moved"):
            self.found.codes[kit.refused] = None
        name = _value(function, call.args[0]) if isinstance(kit, Steps) and call.args else ""
        if isinstance(kit, Steps) and name in kit:
            self._step(kit[name], kit.refused.partition(".")[0])

    def _step(self, row: Any, owner: str) -> None:
        if all(row is not known for known, _ in self.found.steps):
            self.found.steps.append((row, owner))

    def _scope(self, function: FunctionType, argument: ast.expr) -> None:
        scope = _value(function, argument)
        if scope is not _UNKNOWN:
            self.found.scopes[str(scope)] = None


def _flat(values: Iterable[tuple[ast.expr, Any]]) -> Iterator[Any]:
    for argument, value in values:
        if isinstance(argument, ast.Starred):
            yield from value
        else:
            yield value


@cache
def _body(function: FunctionType) -> list[ast.stmt]:
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    assert isinstance(definition, ast.FunctionDef), f"{function.__qualname__} is no plain function"
    return definition.body


def _parts(statements: list[ast.stmt], certain: bool) -> Iterator[tuple[ast.AST, bool]]:
    """Every node that can be reached, and whether it always is. After a return under a condition nothing is sure."""
    for statement in statements:
        if isinstance(statement, ast.If | ast.While):
            yield from _nodes(statement.test, certain)
            yield from _parts(statement.body, certain=False)
            yield from _parts(statement.orelse, certain=False)
        elif isinstance(statement, ast.For):
            yield from _nodes(statement.iter, certain)
            yield from _parts(statement.body, certain=False)
        elif isinstance(statement, ast.Try):
            caught = any("Refused" in ast.unparse(handler.type) for handler in statement.handlers if handler.type)
            yield from () if caught else _parts(statement.body, certain)
            for handler in statement.handlers:
                yield from _parts(handler.body, certain=False)
        else:
            yield from _nodes(statement, certain)
        if isinstance(statement, ast.If | ast.For | ast.Try) and _leaves_early(statement):
            certain = False


def _nodes(node: ast.AST, certain: bool) -> Iterator[tuple[ast.AST, bool]]:
    """A node and what is in it. Of `a or b` and `a if t else b` only the first to be looked at is sure."""
    yield node, certain
    sure: list[ast.expr] = []
    if isinstance(node, ast.BoolOp):
        sure = node.values[:1]
    elif isinstance(node, ast.IfExp):
        sure = [node.test]
    for child in ast.iter_child_nodes(node):
        loose = isinstance(node, ast.BoolOp | ast.IfExp) and child not in sure
        yield from _nodes(child, certain and not loose)


def _leaves_early(statement: ast.stmt) -> bool:
    return any(isinstance(part, ast.Return) for part in ast.walk(statement))


def _resolve(function: FunctionType, node: ast.AST) -> Any:
    """What a name or an attribute of one stands for in the function's module; _UNKNOWN for what is local."""
    if isinstance(node, ast.Name):
        local = node.id in function.__code__.co_varnames
        return _UNKNOWN if local else function.__globals__.get(node.id, _UNKNOWN)
    if isinstance(node, ast.Attribute):
        owner = _resolve(function, node.value)
        return _UNKNOWN if owner is _UNKNOWN else getattr(owner, node.attr, _UNKNOWN)
    return _UNKNOWN


def _value(function: FunctionType, node: ast.AST) -> Any:
    """The value of an argument made of names, attributes, constants and lookups; _UNKNOWN for anything else."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Starred):
        return _value(function, node.value)
    if isinstance(node, ast.Tuple):
        values = tuple(_value(function, part) for part in node.elts)
        return _UNKNOWN if _UNKNOWN in values else values
    if isinstance(node, ast.Subscript):
        owner, key = _value(function, node.value), _value(function, node.slice)
        return owner.get(key, _UNKNOWN) if isinstance(owner, dict) and isinstance(key, str) else _UNKNOWN
    return _resolve(function, node)


def _functions(value: Any) -> Iterator[FunctionType]:
    """The functions of ours that a name stands for: itself, a method's, those that a table of functions holds."""
    if isinstance(value, MethodType):
        value = value.__func__
    if isinstance(value, FunctionType):
        if value.__module__.startswith("linlian.") and value.__module__ not in _NOT_FOLLOWED:
            yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _functions(inner)
