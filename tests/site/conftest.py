from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.site.founder import Beginning, begin
from tests.site.lived_in import PUBLIC, LivedIn, lived_in
from tests.site.town import Site, browser_path, open_browser, open_site


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests here, ended before others begin."""
    if browser_path() is None:
        if os.environ.get("CI") == "true":
            pytest.fail("there is no Chromium here; `make browser` installs it")
        pytest.skip("there is no Chromium on this machine: install it, or run `make browser`")
    with open_browser() as opened:
        yield opened


@pytest.fixture
def site(tmp_path: Path, browser: Browser) -> Iterator[Site]:
    """A site with everybody in place; what its pages complained about fails the test."""
    with open_site(tmp_path, browser) as opened:
        yield opened
        assert opened.faults == []


@pytest.fixture
def beginning(tmp_path: Path, browser: Browser) -> Iterator[Beginning]:
    """`linlian up` in an empty folder; what its pages complained about fails the test."""
    with begin(tmp_path, browser) as found:
        yield found


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[tuple[LivedIn, Site]]:
    """The scene after some weeks, for tests that read it and do not mind each other; faults fail the last of them."""
    folder = tmp_path_factory.mktemp("lived-in")
    (folder / "public.toml").write_text(PUBLIC, encoding="utf-8")
    scene = lived_in()
    with open_site(folder, browser, scene.scene) as opened:
        yield scene, opened
        assert opened.faults == []
