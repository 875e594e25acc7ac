"""No page loads or draws without bound: three times as long lists take no more, and none takes more than a page may.

`make thousandfold` asks the same of lists a thousand times as long.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.large.bounds import beyond, grown
from tests.large.pages import behind, crowd, walked

TIMES = (220, 660)
"""With as many, the longest list that a page asks for (a thousand rows) is longer than it asks."""


@pytest.mark.timeout(400)
def test_no_page_takes_more_because_its_lists_are_longer(tmp_path: Path) -> None:
    found, further = [], []
    for times in TIMES:
        folder = tmp_path / str(times)
        folder.mkdir()
        with crowd(folder, times) as many:
            assert many.rows > 2_000 * times
            found.append(list(walked(many)))
            further = list(behind(many))
    few, more = found
    assert beyond(more) == []
    assert grown(few, more) == []
    assert {"/escalations", "/tickets", "/joined", "/me/repairs"} <= {way.partition("?")[0] for _, way, _ in further}
    alike = "/prices"  # a copy of a price is the same price
    same = [(place.path, way) for place, way, same in further if same and place.path != alike]
    assert same == [], "a way further down leads nowhere new"
