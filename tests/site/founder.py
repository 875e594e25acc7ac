"""A node started in an empty folder, and people who begin a community there: what the tests of a beginning share.

with begin(tmp_path, browser) as beginning:
    officer = beginning.page(PHONE, "zh-CN")
    prepare(beginning, officer)
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, ViewportSize, expect

from tests.imports.untidy import Row, Untidy
from tests.site.town import _is_fault


@dataclass
class Beginning:
    """A node that was started in an empty folder, and the browsers of those who come."""

    browser: Browser
    folder: Path
    url: str
    code: str
    told: dict[str, str]
    """All that the terminal said."""
    faults: list[str] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)

    def page(self, viewport: ViewportSize, locale: str) -> Page:
        """Somebody's own browser; what its pages complain about is a fault, and so is a request to another host."""
        context = self.browser.new_context(viewport=viewport, locale=locale, ignore_https_errors=True)
        context.set_default_timeout(20_000)
        context.add_init_script("window.print = () => {}")
        self.contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        page.on("console", lambda told: self.faults.append(told.text) if _is_fault(told.type, told.text) else None)
        page.on(
            "request",
            lambda asked: None if asked.url.startswith((self.url, "data:", "blob:")) else self.faults.append(asked.url),
        )
        return page

    def wait_until_open(self) -> None:
        """Until the node answers where the founding page was."""
        until = time.monotonic() + 30
        while time.monotonic() < until:
            try:
                if httpx.get(f"{self.url}/api/v1/node").status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        pytest.fail("the node did not open")


@contextmanager
def begin(folder: Path, browser: Browser, *options: str, http: str = "127.0.0.1:0") -> Iterator[Beginning]:
    """`linlian up` in a folder where there is nothing."""
    settings = {"LINLIAN_HTTP": http, "LANG": "en_GB.UTF-8"}
    command = [sys.executable, "-m", "linlian.cli.start", "--json", "--folder", str(folder / "node"), "up", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, **settings})
    assert process.stdout is not None
    try:
        told = json.loads(process.stdout.readline())
        told |= json.loads(process.stdout.readline()) if "--phone" in options else {}
        address = told["address"].replace("127.0.0.1", "localhost")
        found = Beginning(browser, folder / "node", address, told["code"], told)
        yield found
        for context in found.contexts:
            context.close()
        assert found.faults == []
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 0
        process.stdout.close()


def found_community(beginning: Beginning, page: Page, code: str = "") -> None:
    """Fill in the one page and press its button."""
    page.goto(f"{beginning.url}/#{code}")
    page.fill("#zh", "云杉里")
    page.fill("#en", "Spruce Court")
    page.fill("#name", "spruce")
    page.fill("#desk", "010-5555 0100")
    page.check("[name=kind][value=property_company]")
    page.fill("#organisation", "harmony")
    page.click("#founding button[type=submit]")


def sign_sheet(page: Page) -> None:
    page.locator("dialog[open] button[value=yes]").click()


def done(page: Page, name: str) -> Locator:
    """A step of the page of first steps, once it is done."""
    return page.locator(f"[data-step={name}][data-done]")


def prepare(beginning: Beginning, page: Page) -> None:
    """The first officer's community, with the clerk's and the desk's work on the same shoulders."""
    found_community(beginning, page, beginning.code)
    page.wait_for_url("**/begin")
    page.click("[data-step=work] button")
    with page.expect_navigation():
        sign_sheet(page)
    expect(done(page, "work")).to_be_visible()


def bring_in(beginning: Beginning, page: Page, what: str, file: Path, letters: str = "home") -> None:
    """Choose a file in which every row is understood, sign, and wait until all of it is in."""
    page.goto(f"{beginning.url}/lists/{what}")
    page.set_input_files("#file", str(file))
    expect(page.locator("#bring")).to_be_visible()
    if what == "people":
        page.check(f"[name=letters][value={letters}]")
    page.click("#go")
    sign_sheet(page)
    expect(page.locator("#ended .yes")).to_be_visible(timeout=180_000)


def small_lists(folder: Path) -> tuple[Path, Path]:
    """Three homes with four people; two of them own a home together."""
    houses, people = folder / "houses.xlsx", folder / "people.xlsx"
    doors = ("1-1-101", "1-1-102", "1-1-201")
    Untidy({"表": [Row(["清册", ""]), Row([""]), Row(["房号", "面积"]), *(Row([d, 80]) for d in doors)]}).write(houses)
    told = [
        ("1-1-101", "赵一", "业主"),
        ("1-1-101", "钱二", "共有人"),
        ("1-1-102", "孙三", "业主"),
        ("1-1-201", "李四", "租户"),
    ]
    rows = [Row([door, name, capacity]) for door, name, capacity in told]
    Untidy({"表": [Row(["名册", "", ""]), Row([""]), Row(["房屋", "姓名", "身份"]), *rows]}).write(people)
    return houses, people


def show_letters(page: Page) -> None:
    page.click("#bundles button")
    expect(page.locator(".letter").first).to_be_visible()
