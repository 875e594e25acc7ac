"""Every link from one document to another leads somewhere: the file is there, and so is the heading it names."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from tests.architecture.source import ROOT

LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^()\s]+)\)")
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
PLACES = ("docs/**/*.md", "src/**/*.md", "changes/*.md", "*.md")


def documents() -> list[Path]:
    """Every page of ours; what a tool brings along is not."""
    return sorted({path for place in PLACES for path in ROOT.glob(place)})


def link_faults(page: Path, text: str) -> list[str]:
    """Relative links of a page that lead nowhere."""
    found = []
    for target in LINK.findall(FENCED.sub("", text)):
        name, _, heading = target.partition("#")
        if ":" in name or "…" in name:  # somebody else's page, or the bounds of a type: [Seed](0…64)
            continue
        path = (page.parent / name).resolve() if name else page
        if not path.exists():
            found.append(f"{target}: there is no such file")
        elif heading and path.suffix == ".md" and heading not in headings(path):
            found.append(f"{target}: there is no such heading")
    return found


@cache
def headings(page: Path) -> frozenset[str]:
    """The names by which the headings of a page can be linked to."""
    lines = re.findall(r"^#+ +(.+)$", FENCED.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return frozenset(re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-") for line in lines)


def test_every_link_leads_somewhere() -> None:
    pages = documents()
    assert len(pages) > 30
    found = [
        f"{page.relative_to(ROOT)}: {fault}"
        for page in pages
        for fault in link_faults(page, page.read_text(encoding="utf-8"))
    ]
    assert not found, "\n".join(found)


def test_a_link_that_leads_nowhere_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A new operator's key\n", encoding="utf-8")
    assert link_faults(page, "[here](#a-new-operators-key) [there](page.md) [out](https://example.org/x)") == []
    assert link_faults(page, "```\n[in code](gone.md)\n```\n") == []
    assert len(link_faults(page, "[a](gone.md) [b](#gone) [c](page.md#gone)")) == 3
