"""The pictures that README shows, from a demo made for them: `make readme-pictures`."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.site.demo import Served, serve_demo
from tests.site.town import DESK, PHONE, open_browser

QUALITY = 80
"""Of a JPEG: some 100 kB each."""


def main(folder: Path) -> int:
    """Take them. Returns 0."""
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as home, open_browser() as browser, serve_demo(Path(home)) as demo:
        front = demo.page(browser)
        front.goto(demo.url)
        _take(front, folder / "front.jpg")
        resident = _enter(demo, browser, "resident", PHONE, "zh-CN")
        _take(resident, folder / "home.jpg")
        board = _enter(demo, browser, "dispatcher", DESK, "en-GB")
        board.goto(f"{demo.url}/board")
        _take(board, folder / "board.jpg")
        _take(_forged(demo, browser), folder / "administrator.jpg")
        assert demo.faults == []
    return 0


def _enter(demo: Served, browser: Browser, guest: str, viewport: ViewportSize, locale: str) -> Page:
    page = demo.page(browser, viewport, locale)
    page.goto(f"{demo.url}/enter")
    page.click(f"[data-guest={guest}]")
    page.wait_for_url(lambda url: not url.endswith("/enter"))
    return page


def _forged(demo: Served, browser: Browser) -> Page:
    """The administrator's page when the copy is judged."""
    page = demo.page(browser)
    page.goto(f"{demo.url}/demo/administrator")
    page.check("[name=deed][value=delete]")
    page.click("#deed button")
    expect(page.locator("#take")).to_be_visible(timeout=120_000)
    return page


def _take(page: Page, path: Path) -> None:
    page.evaluate("scrollTo(0, 0)")
    page.screenshot(path=path, type="jpeg", quality=QUALITY)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
