"""Decisions are numbered, no number twice, and all of one form: context, options, choice, consequences."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.architecture.source import ROOT

FOLDER = ROOT / "docs" / "decisions"
PARTS = ("Context", "Options", "Choice", "Consequences")
LINES_MAX = 30
PAGES = sorted(path for path in FOLDER.glob("*.md") if path.name != "README.md")


def page_faults(name: str, text: str) -> list[str]:
    """What keeps a page from the form of docs/decisions/README.md."""
    number = name.partition("-")[0]
    found = [] if text.startswith(f"# {number} ") else [f"begin with '# {number} The choice, as a sentence'"]
    parts = tuple(re.findall(r"^([A-Z][a-z]+):", text, re.MULTILINE))
    if parts != PARTS:
        found.append(f"its parts are {', '.join(parts) or 'none'}; they shall be {', '.join(PARTS)}, each 'Part: …'")
    lines = len(text.splitlines())
    return found + [f"{lines} lines; a page is half a page, at most {LINES_MAX}"] * (lines > LINES_MAX)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_decision_has_the_form(page: Path) -> None:
    found = page_faults(page.name, page.read_text(encoding="utf-8"))
    assert not found, f"{page.name}: " + "; ".join(found)


def test_no_two_decisions_have_one_number() -> None:
    """Gaps may be: work that goes on side by side takes numbers from ranges."""
    numbers = [page.name.partition("-")[0] for page in PAGES]
    assert len(numbers) == len({*numbers}), "give the new page the next number"


def test_a_page_of_another_form_is_found() -> None:
    good = "# 0007 It is so\n\nContext: a\n\nOptions:\n- b\n\nChoice: c\n\nConsequences: d\n"
    assert page_faults("0007-it-is-so.md", good) == []
    assert page_faults("0008-it-is-so.md", good)
    assert page_faults("0007-it-is-so.md", good.replace("Choice: c\n\n", ""))
    assert page_faults("0007-it-is-so.md", good.replace("Context:", "**Context.**"))
    assert page_faults("0007-it-is-so.md", good + "e\n" * LINES_MAX)
