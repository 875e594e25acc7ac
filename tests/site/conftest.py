from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.site.town import Site, browser_path, open_site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A site with everybody in place; what its pages complained about fails the test."""
    if browser_path() is None:
        if os.environ.get("CI") == "true":
            pytest.fail("there is no Chromium here; `make browser` installs it")
        pytest.skip("there is no Chromium on this machine: install it, or run `make browser`")
    with open_site(tmp_path) as opened:
        yield opened
        assert opened.faults == []
