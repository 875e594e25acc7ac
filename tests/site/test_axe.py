"""axe finds nothing on any page, for anybody, light or dark, in either language; what is clicked can be focused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.site.lived_in import LivedIn
from tests.site.town import DESK, PHONE, Site
from tests.site.walk import OUTSIDER, PATHS, READERS, pattern_of, patterns, walk

AXE = Path(__file__).parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
LOOKS = (
    *((reader, PHONE, "zh-CN", "light", "") for reader in READERS),
    *((reader, DESK, "en-GB", "dark", "") for reader in READERS),
    ("anna", PHONE, "en-GB", "light", "large"),
)


MOUSE_ONLY = """() => Array.from(document.querySelectorAll('body *'))
  .filter(each => getComputedStyle(each).cursor === 'pointer' && each.checkVisibility({contentVisibilityAuto: true}))
  .filter(each => !each.closest('a[href], button, input, select, textarea, summary, label, [tabindex="0"]'))
  .concat(Array.from(document.querySelectorAll('a:not([href]), [tabindex]:not([tabindex="0"]):not([tabindex="-1"])')))
  .map(each => 'keyboard: ' + each.outerHTML.slice(0, 200))"""
"""What looks as if it could be clicked and has no place in the order of Tab, or a place out of turn."""


def violations(page: Page) -> list[str]:
    """What axe finds, each with the first element that it found it on."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: dict[str, Any] = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{each['id']}: {node['html'][:200]} {node['failureSummary']}"
        for each in found["violations"]
        for node in each["nodes"][:3]
    ]


def test_the_walk_passes_by_every_page() -> None:
    assert {pattern_of(path) for paths in PATHS.values() for path in paths.values()} == patterns()


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("reader", "viewport", "locale", "theme", "text"), LOOKS)
def test_axe_finds_nothing(
    lived: tuple[LivedIn, Site], reader: str, viewport: Any, locale: str, theme: str, text: str
) -> None:
    scene, site = lived
    page = (
        site.page(site.context(viewport, locale, color_scheme=theme))
        if reader == OUTSIDER
        else site.enter(reader, viewport, locale, color_scheme=theme)
    )
    page.context.add_cookies([{"name": "linlian_text", "value": text, "url": site.url}])
    found = []
    for place in walk(scene, site.community.node.ledger.head.height):
        if place.reader == reader:
            page.goto(site.url + place.path)
            found += [f"{place.path} {told}" for told in (*violations(page), *page.evaluate(MOUSE_ONLY))]
    page.context.close()
    assert not found, "\n".join(found)
