"""The table of who may take which step: as the README tells it, and as the handlers ask it."""

from __future__ import annotations

import re
from pathlib import Path

from linlian.community.programmes.rules_table import STEPS, TABLE

FOLDER = Path(__file__).parents[1]


def test_the_readme_shows_the_table() -> None:
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    shown = re.findall(r"^\| `(\w+)` \| ([\w, ]+) \| ([\w, ]+) \| (\w+) \|$", text, re.MULTILINE)
    assert shown == [(name, ", ".join(states), ", ".join(by), to.value) for name, states, by, to in TABLE]


def test_every_step_is_asked_for_somewhere() -> None:
    rules = "".join(path.read_text(encoding="utf-8") for path in FOLDER.glob("rules_*.py") if "table" not in path.name)
    assert [name for name in STEPS if f'"{name}"' not in rules] == []


def test_who_may_is_a_rule_before_what_may() -> None:
    """Every step is for somebody, and every state it is taken from leads somewhere."""
    for step in STEPS.values():
        assert step.by
        assert all(cell.by == step.by for cell in step.cells.values())
