"""What an address says comes back on a page as text or not at all, whichever page and whichever parameter."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from linlian.node import source
from linlian.web.app import PAGES
from tests.site.lived_in import lived_in
from tests.site.walk import pattern_of, walk
from tests.web.community import open_community

PAYLOAD = "\"'><script>globalThis.ran=1</script>"
ANYWAY = ("after", "then", "nothing_of_ours")


def test_no_page_repeats_markup_from_its_address(tmp_path: Path) -> None:
    specs = {spec.path: spec for pages in (*PAGES, *source.pages()) for spec in pages.pages.values()}
    lived = lived_in()
    asked = 0
    with open_community(tmp_path, lived.scene) as community:
        for place in walk(lived, community.node.ledger.head.height):
            spec = specs.get(pattern_of(place.path))
            named = [part.name for part in spec.parameters if part.place == "query"] if spec else []
            for name in (*named, *ANYWAY):
                path = f"{place.path.partition('?')[0]}?{name}={quote(PAYLOAD)}"
                answer = community.caller(place.reader).ask("GET", path, headers={"Accept": "text/html"})
                assert answer.status_code < 500, path
                assert "<script>globalThis" not in answer.text, path
                assert "\"'>" not in answer.text, path
                asked += 1
    assert asked > 150
