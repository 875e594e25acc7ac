"""Documents that a machine can hold against the code: the READMEs of the businesses, and the list of verbs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib import import_module

import pytest

from tests.architecture.source import COMMUNITY, PACKAGE, ROOT, businesses

CHAPTERS = ("concepts", "state", "commands", "events")


def readme_faults(text: str, commands: Iterable[str], events: Iterable[str]) -> list[str]:
    """Chapters that are missing, and commands and events that a reader would not find."""
    headings = re.findall(r"^## +(\w+)", text, re.MULTILINE)
    named = set(re.findall(r"`([a-z0-9_.]+)`", text))
    found = [f"chapter '## {name.title()}' is missing" for name in CHAPTERS if name not in map(str.lower, headings)]
    found += [
        f"command `{name}` is missing: say who gives it and when it is refused"
        for name in commands
        if name not in named
    ]
    found += [f"event `{name}` is missing" for name in events if name not in named]
    return found


@pytest.mark.parametrize("business", [folder.name for folder in businesses()])
def test_a_business_explains_itself(business: str) -> None:
    path = COMMUNITY / business / "README.md"
    assert path.exists(), f"{path.relative_to(COMMUNITY)} is missing"
    contract = import_module(f"linlian.community.{business}").contract
    found = readme_faults(path.read_text(encoding="utf-8"), contract.commands, contract.events)
    assert not found, f"{business}/README.md:\n" + "\n".join(found)


def test_a_gap_in_a_readme_is_found() -> None:
    whole = "## Concepts\n## State\n## Commands\n`parking.lend_bay`\n## Events\n`parking.bay_lent`\n"
    names = (["parking.lend_bay"], ["parking.bay_lent"])
    assert readme_faults(whole, *names) == []
    for line in whole.splitlines():
        assert readme_faults(whole.replace(line, ""), *names), line


def test_contributing_names_every_verb() -> None:
    verbs = re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    told = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    missing = [verb for verb in verbs if f"make {verb}" not in told]
    assert len(verbs) > 8
    assert not missing, f"CONTRIBUTING.md does not say what these do: {', '.join(missing)}"


def test_the_map_names_every_room() -> None:
    told = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rooms = {path.relative_to(PACKAGE).parts[0].removesuffix(".py") for path in PACKAGE.rglob("*.py")}
    missing = sorted(room for room in rooms if room != "__init__" and room not in told)
    assert not missing, f"docs/architecture.md does not say what these are for: {', '.join(missing)}"
