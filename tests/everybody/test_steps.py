"""Every table of steps there is: told by the README of its business line by line, and asked by its handlers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from linlian import community
from linlian.community import BUSINESSES
from linlian.kernel.steps import Steps, Then

COMMUNITY = Path(community.__file__).parent
LINE = re.compile(r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
IN_WORDS = re.compile(r"\*[^*]+\*")
"""How a README writes what is no state: *as it is*, *the state before*."""


class Kept(NamedTuple):
    """The tables of one business, with its folder."""

    folder: Path
    tables: list[Steps[Any, Any]]


def kept() -> Iterator[Kept]:
    for contract in BUSINESSES:
        folder = COMMUNITY / contract.name
        modules = [import_module(f"linlian.community.{contract.name}.{path.stem}") for path in _rules(folder)]
        found = {id(value): value for module in modules for value in vars(module).values() if isinstance(value, Steps)}
        own = [table for table in found.values() if table.refused.startswith(f"{contract.name}.")]
        if own:
            yield Kept(folder, own)


def _rules(folder: Path) -> list[Path]:
    return sorted(folder.glob("rules*.py"))


EACH = pytest.mark.parametrize("business", list(kept()), ids=lambda business: business.folder.name)


def test_there_are_tables() -> None:
    assert {"repairs", "quotes", "appointments", "funds"} <= {each.folder.name for each in kept()}


@EACH
def test_the_readme_shows_every_line(business: Kept) -> None:
    shown = LINE.findall((business.folder / "README.md").read_text(encoding="utf-8"))
    lines = [line for table in business.tables for line in table.lines]
    written = [(name, ", ".join(states), ", ".join(by), to) for name, states, by, to in lines]
    assert [line[:3] for line in shown] == [line[:3] for line in written]
    for (name, *_, told), (*_, to) in zip(shown, written, strict=True):
        assert IN_WORDS.fullmatch(told) if to is None or isinstance(to, Then) else told == to.value, name


@EACH
def test_every_step_is_for_somebody_and_asked_for_somewhere(business: Kept) -> None:
    rules = "".join(path.read_text(encoding="utf-8") for path in _rules(business.folder))
    written = [name for table in business.tables for name, *_ in table.lines]
    steps = [step for table in business.tables for step in table.values()]
    assert [step.name for step in steps if rules.count(f'"{step.name}"') <= written.count(step.name)] == []
    assert all(cell.by for step in steps for cell in step.cells.values())
