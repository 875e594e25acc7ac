"""What may not stand in code that every node must compute alike: the kernel, and a business without its edges.

No clock, randomness, disk, network or thread; no float; no order that a set or a hash chose; nothing that hangs on
a table of the Python at hand (Unicode classes, case, locale). And nowhere in the product is an error caught blindly.

    >>> faults("community.repairs.rules", "share = cents / 3")
    ['community.repairs.rules:1: true division makes a float: use // or divmod']
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator

import pytest

from tests.architecture.source import in_consensus, product

PURE_MODULES = {
    "__future__", "abc", "base64", "binascii", "bisect", "collections", "contextlib", "dataclasses", "enum",
    "functools", "heapq", "itertools", "operator", "struct", "types", "typing",
}  # fmt: skip
"""Of the standard library, what neither looks outside nor differs between machines. `math` is floats."""
HASHING = {"hashlib", "hmac"}
"""Open to the kernel. A business has no bytes to hash: it commits to content through the kernel's words."""

BANNED_CALLS = {
    "float": "floats differ: count in whole units",
    "complex": "floats differ: count in whole units",
    "round": "it rounds floats: use // or divmod",
    "open": "rules see no disk",
    "print": "rules speak through events and refusals",
    "input": "rules see nobody",
    "hash": "it is seeded anew in each process: use linlian.kernel.crypto",
    "id": "it is an address in memory",
    "eval": "rules are read, not made",
    "exec": "rules are read, not made",
    "compile": "rules are read, not made",
    "__import__": "import at the top of the file",
    "globals": "what a handler does follows from the context alone",
    "breakpoint": "rules see nobody",
}
UNICODE_METHODS = {
    "lower", "upper", "casefold", "title", "capitalize", "swapcase", "islower", "isupper", "istitle", "isdigit",
    "isdecimal", "isnumeric", "isalpha", "isalnum", "isspace", "isprintable", "isidentifier", "splitlines",
}  # fmt: skip
BARE_METHODS = {"strip", "lstrip", "rstrip", "split", "rsplit"}
"""Without an argument these go by what this Python's Unicode calls white space."""

ORDER_FREE = {"sorted", "set", "frozenset", "len", "min", "max", "any", "all", "sum"}
"""What gives the same result in whatever order it is fed."""
ORDERED = {"list", "tuple", "iter", "enumerate", "map", "filter", "zip", "dict", "next", "reversed", "bytes"}

ONE_BROAD_HANDLER = "kernel.transition"
"""A bug met inside a block must give every node the same constant `broken` receipt; this is the one place for it."""


def faults(module: str, text: str) -> list[str]:
    """Each line of a module in consensus that could make two nodes disagree, with what to write instead."""
    tree = ast.parse(text)
    found = [
        (getattr(node, "lineno", 0), why)
        for node in ast.walk(tree)
        for check in (_import_faults, _value_faults, _call_faults)
        for why in check(module, node)
    ]
    found += [(line, "a set has no order: sort it, or keep a dict or tuple") for line in unordered_uses(tree)]
    return [f"{module}:{line}: {why}" for line, why in sorted(set(found))]


def _import_faults(module: str, node: ast.AST) -> Iterator[str]:
    names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
    names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
    for top in (name.split(".")[0] for name in names):
        if top in HASHING and not module.startswith("kernel."):
            yield f"import of {top}: the kernel hashes, a business names what it means"
        elif top in sys.stdlib_module_names and top not in PURE_MODULES | HASHING:
            yield f"import of {top}: outside what all nodes share; time and chance come with the context or not at all"


def _value_faults(_: str, node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, float | complex):
        yield "a float: count in whole units"
    elif isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div):
        yield "true division makes a float: use // or divmod"
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow) and not isinstance(node.right, ast.Constant):
        yield "a negative exponent makes a float: use a literal exponent, or 1 << n"
    elif isinstance(node, ast.Global):
        yield "global state is not in the state root: keep a row"


def _call_faults(_: str, node: ast.AST) -> Iterator[str]:
    if not isinstance(node, ast.Call):
        return
    match node.func:
        case ast.Name(id=name) if name in BANNED_CALLS:
            yield f"{name}(): {BANNED_CALLS[name]}"
        case ast.Name(id="int") if node.args and not isinstance(node.args[0], ast.Constant):
            yield "int() of text goes by this Python's Unicode: take numbers as numbers, bytes by int.from_bytes"
        case ast.Attribute(attr=name) if name in UNICODE_METHODS and _is_call_of_value(node.func):
            yield f".{name}() goes by this Python's Unicode: compare exact text, or list what is allowed"
        case ast.Attribute(attr=name) if name in BARE_METHODS and not node.args and not node.keywords:
            yield f".{name}() goes by this Python's white space: name the characters"


def _is_call_of_value(function: ast.expr) -> bool:
    """Whether a method is called on a value; `Module.title(...)` of a class of ours has a capital."""
    assert isinstance(function, ast.Attribute)
    return not (isinstance(function.value, ast.Name) and function.value.id[:1].isupper())


def unordered_uses(tree: ast.Module) -> list[int]:
    """Lines where the order of a set gets out: loops, comprehensions, list(), join(), pop(), unpacking."""
    attributes = {
        target.attr
        for node in ast.walk(tree)
        for target, is_set in _assignments(node, set(), set())
        if is_set and isinstance(target, ast.Attribute)
    }
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    inside = {part for function in functions for part in ast.walk(function)}
    shared = {name for node in tree.body if node not in inside for name in _set_names(node, attributes)}
    lines = {use.lineno for use in _order_uses(tree, shared, attributes) if use not in inside}
    for function in functions:
        names = shared | _set_names(function, attributes)
        lines |= {use.lineno for use in _order_uses(function, names, attributes)}
    return sorted(lines)


def _set_names(scope: ast.AST, attributes: set[str]) -> set[str]:
    """Names that are given a set somewhere in a function or statement."""
    names: set[str] = set()
    for node in ast.walk(scope):
        if isinstance(node, ast.arg) and node.annotation and _is_set_type(node.annotation):
            names.add(node.arg)
        for target, is_set in _assignments(node, names, attributes):
            if is_set and isinstance(target, ast.Name):
                names.add(target.id)
    return names


def _assignments(node: ast.AST, names: set[str], attributes: set[str]) -> Iterator[tuple[ast.expr, bool]]:
    if isinstance(node, ast.AnnAssign):
        value = node.value is not None and _is_set(node.value, names, attributes)
        yield node.target, value or _is_set_type(node.annotation)
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            yield target, _is_set(node.value, names, attributes)


def _is_set_type(annotation: ast.expr) -> bool:
    return ast.unparse(annotation).split("[")[0].split(".")[-1] in {"set", "frozenset", "Set", "AbstractSet"}


def _is_set(value: ast.expr, names: set[str], attributes: set[str]) -> bool:
    match value:
        case ast.Set() | ast.SetComp() | ast.Call(func=ast.Name(id="set" | "frozenset")):
            return True
        case ast.Name(id=name):
            return name in names
        case ast.Attribute(attr=name):
            return name in attributes
        case ast.BinOp(left=left, op=ast.BitOr() | ast.BitAnd() | ast.BitXor() | ast.Sub(), right=right):
            return any(_is_set(side, names, attributes) or _is_keys(side) for side in (left, right))
        case ast.IfExp(body=body, orelse=other):
            return _is_set(body, names, attributes) or _is_set(other, names, attributes)
        case ast.Call(func=ast.Attribute(attr="union" | "intersection" | "difference" | "symmetric_difference")):
            return True
    return False


def _is_keys(value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr == "keys"


def _order_uses(scope: ast.AST, names: set[str], attributes: set[str]) -> Iterator[ast.expr]:
    forgiven: set[ast.AST] = set()
    for node in ast.walk(scope):
        match node:
            case ast.Call(func=ast.Name(id=name), args=arguments) if name in ORDER_FREE:
                forgiven |= {
                    g for a in arguments if isinstance(a, ast.GeneratorExp | ast.ListComp) for g in a.generators
                }
            case ast.SetComp(generators=generators):
                forgiven |= {*generators}
        used: list[ast.expr] = []
        match node:
            case ast.For(iter=source):
                used = [source]
            case ast.comprehension(iter=source) if node not in forgiven:
                used = [source]
            case ast.Starred(value=source) | ast.YieldFrom(value=source):
                used = [source]
            case ast.Call(func=ast.Name(id=name), args=arguments) if name in ORDERED:
                used = arguments
            case ast.Call(func=ast.Attribute(attr="join" | "extend" | "fromkeys"), args=arguments):
                used = arguments
            case ast.Call(func=ast.Attribute(value=source, attr="pop"), args=[]):
                used = [source]
        yield from (source for source in used if _is_set(source, names, attributes))


def blind_handlers(text: str) -> list[int]:
    """Lines that catch every error there is. One that cleans up and ends in a bare `raise` lets it out again."""
    found = []
    for node in ast.walk(ast.parse(text)):
        caught: list[ast.expr] = []
        if isinstance(node, ast.ExceptHandler):
            if isinstance(node.body[-1], ast.Raise) and node.body[-1].exc is None:
                continue
            if node.type is None:
                found.append(node.lineno)
            else:
                caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in {"suppress", "contextlib.suppress"}:
            caught = node.args
        found += [n.lineno for n in caught if ast.unparse(n) in {"Exception", "BaseException", "builtins.Exception"}]
    return found


def test_nothing_in_consensus_can_differ_between_nodes() -> None:
    found = [fault for s in product() if in_consensus(s.module) for fault in faults(s.module, s.text)]
    assert not found, "\n".join(found)


def test_no_error_is_caught_blindly() -> None:
    found = []
    for source in product():
        lines = blind_handlers(source.text)
        if source.module == ONE_BROAD_HANDLER and len(lines) == 1:
            continue
        found += [f"{source.path}:{line}: catch the errors you can name and let the others out" for line in lines]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "text",
    [
        "import time",
        "from datetime import datetime",
        "import random, secrets",
        "from os import path",
        "import re",
        "import math",
        "import decimal",
        "import hashlib",
        "half = 0.5",
        "third = cents / 3",
        "cents /= 3",
        "share = float(cents)",
        "power = 2 ** exponent",
        "seed = hash(name)",
        "where = id(row)",
        "open('notes')",
        "n = int(text)",
        "same = name.lower() == other",
        "digits = code.isdigit()",
        "words = text.split()",
        "name = text.strip()",
        "def f():\n    global count",
        "for x in {1, 2}: pass",
        "for x in set(names): pass",
        "rows = [x for x in {y for y in names}]",
        "def f(names: set[str]):\n    return list(names)",
        "def f():\n    seen = set()\n    return tuple(seen)",
        "def f(a, b):\n    for x in a.keys() - b: pass",
        "text = ','.join({'a', 'b'})",
        "first = next(iter({1, 2}))",
        "known = {1, 2}\ndef f():\n    return [x for x in known]",
        "class A:\n    def f(self):\n        self.seen = set()\n        for x in self.seen: pass",
        "seen: set[int] = set()\nlast = seen.pop()",
        "row = [*{1, 2}]",
    ],
)
def test_what_could_differ_is_found(text: str) -> None:
    assert faults("community.repairs.rules", text)


@pytest.mark.parametrize(
    "text",
    [
        "from dataclasses import dataclass",
        "third, left = divmod(cents, 3)",
        "n = int.from_bytes(key, 'big') ** 2",
        "parts = code.split('.')",
        "name = request.title",
        "for x in sorted({2, 1}): pass",
        "known = 3 in {1, 2, 3}",
        "total = sum(x for x in {1, 2})",
        "def f():\n    seen = set()\n    seen.add(1)\n    return 1 in seen\ndef g(seen):\n    for x in seen: pass",
        "rows = list({'a': 1})",
        "waiting = [1]\nlast = waiting.pop()",
    ],
)
def test_what_is_the_same_everywhere_passes(text: str) -> None:
    assert faults("community.repairs.rules", text) == []


def test_hashing_is_for_the_kernel_alone() -> None:
    assert faults("kernel.merkle", "import hashlib") == []
    assert faults("community.repairs.rules", "import hashlib")


@pytest.mark.parametrize("what", ["except:", "except Exception:", "except (KeyError, BaseException) as e:"])
def test_a_blind_handler_is_found(what: str) -> None:
    assert blind_handlers(f"try:\n    f()\n{what}\n    pass") == [3]
    assert blind_handlers("with suppress(Exception):\n    f()") == [1]
    assert blind_handlers("try:\n    f()\nexcept (KeyError, ValueError):\n    pass") == []
