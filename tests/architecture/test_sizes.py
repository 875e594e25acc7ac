"""A file fits in a head, a function on a screen, a business in an afternoon."""

from __future__ import annotations

import ast

from tests.architecture.source import COMMUNITY, ROOT, all_python, businesses

FILE_LINES_MAX = 399
FUNCTION_LINES_MAX = 70
RULES_LINES_MAX = 1_500
"""A business is judged by its rules: they are what somebody must hold in their head to change one of them. Prose,
imports and tables are looked up, and do not count."""


def long_file(text: str) -> list[str]:
    lines = len(text.splitlines())
    return [f"{lines} lines, at most {FILE_LINES_MAX}: find the second idea in it and give it a file"] * (
        lines > FILE_LINES_MAX
    )


def long_functions(text: str) -> list[str]:
    """Functions with more lines than fit a screen; decorators do not count, the docstring does."""
    return [
        f"line {node.lineno}: {node.name} has {lines} lines, at most {FUNCTION_LINES_MAX}: name its steps"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > FUNCTION_LINES_MAX
    ]


def lines_of_code(text: str) -> int:
    """Lines that are neither empty, prose or import, nor part of a module's tables and enumerations."""
    tree = ast.parse(text)
    skipped = {number for number, line in enumerate(text.splitlines(), 1) if not line.strip() or line.strip()[0] == "#"}
    looked_up = [node for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign) or _is_enumeration(node)]
    prose = [node for node in ast.walk(tree) if isinstance(node, ast.Expr) and _is_text(node.value)]
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    for node in (*looked_up, *prose, *imports):
        skipped.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return len(text.splitlines()) - len(skipped)


def _is_enumeration(node: ast.stmt) -> bool:
    return isinstance(node, ast.ClassDef) and any("Enum" in ast.unparse(base) for base in node.bases)


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def test_files_and_functions_are_short() -> None:
    found = []
    for path in all_python():
        text = path.read_text(encoding="utf-8")
        found += [f"{path.relative_to(ROOT)}: {why}" for why in long_file(text) + long_functions(text)]
    assert not found, "\n".join(found)


def test_a_business_is_small() -> None:
    for folder in businesses():
        lines = sum(lines_of_code(path.read_text(encoding="utf-8")) for path in folder.glob("rules*.py"))
        assert lines <= RULES_LINES_MAX, (
            f"{folder.relative_to(COMMUNITY)}: {lines} lines of rules, at most {RULES_LINES_MAX}: it is two businesses"
        )


def test_what_is_read_counts_and_what_is_looked_up_does_not() -> None:
    assert lines_of_code('"""Prose."""\n\nimport os\n\nTABLE = {\n    1: 2,\n}\n') == 0
    assert lines_of_code("class State(StrEnum):\n    OPEN = 'open'\n") == 0
    assert lines_of_code('def f():\n    """Prose."""\n    # why\n    return {\n        1: 2,\n    }\n') == 4
    assert lines_of_code("class Case(Row):\n    state: State\n") == 2


def test_one_line_too_many_is_found() -> None:
    assert not long_file("x = 1\n" * FILE_LINES_MAX)
    assert long_file("x = 1\n" * (FILE_LINES_MAX + 1))
    assert not long_functions("def f():\n" + "    x = 1\n" * (FUNCTION_LINES_MAX - 1))
    assert long_functions("def f():\n" + "    x = 1\n" * FUNCTION_LINES_MAX)
