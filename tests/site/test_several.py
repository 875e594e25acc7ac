"""Four organisations' nodes, made from a community that one operator kept: each with a site, all with one ledger."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from linlian import node
from linlian.engine.cometbft.process import find_binary
from linlian.kernel.errors import LinlianError
from linlian.node.network import NodeStatus, network_status
from linlian.settings import Settings
from tests.cli.shell import Shell
from tests.site.acting import act, fill, sign
from tests.site.demo import serve_demo
from tests.site.town import DESK, PHONE

CODES = ("street-office", "heshun", "owners", "mingjing-audit")
PORT = 28431 + 300 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
"""Of each worker's own: the tests of a file may be shared out."""
SECONDS = 20.0

pytestmark = pytest.mark.timeout(300)


@dataclass
class Several:
    """The network's folder, and a browser that goes to whichever node."""

    root: Path
    browser: Browser
    old: Path

    def url(self, code: str) -> str:
        return f"http://127.0.0.1:{PORT + CODES.index(code)}"

    def enter(self, code: str, who: str, viewport: ViewportSize, locale: str = "en-GB") -> Page:
        """Become somebody at a node: the browser makes a key, which the whole network then knows."""
        page = self.browser.new_context(viewport=viewport, locale=locale).new_page()
        page.goto(f"{self.url(code)}/enter")
        page.click(f"[data-guest={who}]")
        page.wait_for_url(lambda url: not url.endswith(("/enter", "/mine")))
        return page

    def agreed(self) -> list[NodeStatus]:
        """All nodes at one height, once they are; with one root."""
        until = time.monotonic() + SECONDS
        while True:
            found = network_status(self.root)
            if len({(status.height, status.state_root) for status in found}) == 1:
                return found
            assert time.monotonic() < until, found
            time.sleep(0.1)


def come_to(page: Page, url: str, title: str) -> None:
    """Open a page that another node has just made possible, again if this one is a moment behind."""
    until = time.monotonic() + SECONDS
    page.goto(url)
    while title not in page.title():
        assert time.monotonic() < until, page.locator("main").inner_text()
        page.wait_for_timeout(200)
        page.goto(url)


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Several]:
    """A small demo, handed over to four of its organisations."""
    try:
        find_binary()
    except LinlianError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"{error}: make cometbft builds it")
    here = tmp_path_factory.mktemp("several")
    with serve_demo(here, houses=3):
        pass
    root, old = here / "network", here / ".linlian"
    node.make_network_from(root, old, CODES, PORT)
    try:
        node.start_network(root, (), lambda _: None)
        yield Several(root, browser, old)
    finally:
        node.stop_network(root, ())
        shutil.rmtree(root, ignore_errors=True)


def test_a_repair_goes_from_node_to_node(several: Several) -> None:
    resident = several.enter("owners", "resident", PHONE)
    dispatcher = several.enter("heshun", "dispatcher", DESK)
    supervisor = several.enter("street-office", "street-supervisor", DESK)
    resident.goto(f"{several.url('owners')}/report")
    resident.locator("form[data-command='repairs.report_repair'] [name=place]").first.check()
    form = fill(resident, "repairs.report_repair", category="water.leak")
    sign(resident, form)
    resident.wait_for_url(re.compile("/repairs/[0-9a-f]{32}"), timeout=SECONDS * 1000)
    case = resident.url.partition("/repairs/")[2][:32]
    several.agreed()
    for page, code in ((dispatcher, "heshun"), (supervisor, "street-office")):
        come_to(page, f"{several.url(code)}/repairs/{case}", "Water leak")
    act(dispatcher, "repairs.triage_repair")
    expect(resident.locator(".timeline > li")).to_have_count(2, timeout=SECONDS * 1000)
    assert len(several.agreed()) == len(CODES)


def test_what_was_sealed_at_one_node_is_read_at_another(several: Several) -> None:
    """The words rest at the owners' node; the company's dispatcher reads them at the company's, where nothing stays."""
    resident = several.enter("owners", "resident", PHONE, "zh-CN")
    resident.goto(f"{several.url('owners')}/report")
    resident.locator("form[data-command='repairs.report_repair'] [name=place]").first.check()
    sign(resident, fill(resident, "repairs.report_repair", category="door.lock", words="门锁转不动"))
    resident.wait_for_url(re.compile("/repairs/[0-9a-f]{32}"), timeout=SECONDS * 1000)
    case = resident.url.partition("/repairs/")[2][:32]
    several.agreed()
    kept = {code: contents_of(several.root / code) for code in CODES}
    dispatcher = several.enter("heshun", "dispatcher", DESK, "zh-CN")
    come_to(dispatcher, f"{several.url('heshun')}/repairs/{case}/sealed", "")
    form = dispatcher.locator("form[data-command='openings.open_content']").first
    form.locator("[name=contents]").first.check()
    form.locator("[name=purpose]").first.check()
    with dispatcher.expect_navigation(url="**/openings/*"):
        sign(dispatcher, form)
    expect(dispatcher.locator("[data-content] .words")).to_have_text("门锁转不动", timeout=SECONDS * 1000)
    assert {code: contents_of(several.root / code) for code in CODES} == kept


def contents_of(folder: Path) -> set[Path]:
    """What rests in the vault of a node."""
    return {path for shelf in ("sealed", "openings") for path in (folder / "contents" / shelf).rglob("*")}


def test_each_site_says_who_keeps_the_ledger_and_shows_the_same_root(several: Several) -> None:
    roots = {status.state_root for status in several.agreed()}
    for code in CODES:
        page = several.browser.new_context(viewport=PHONE, locale="zh-CN").new_page()
        page.goto(f"{several.url(code)}/keepers")
        for other in CODES:
            expect(page.locator("main")).to_contain_text(other)
        assert page.locator("main").inner_text().count("25%") == len(CODES)
        (root,) = roots
        expect(page.locator("main")).to_contain_text(root)
        assert httpx.get(f"{several.url(code)}/api/v1/node").json()["engine"] == "cometbft"


def test_the_status_of_a_node_says_who_signs_with_it(several: Several) -> None:
    shell = Shell(several.root / "owners")
    assert [one["power"] for one in shell.json("status")["validators"]] == [10] * len(CODES)
    said = shell.fine("status")
    assert "4 validators sign together" in said
    assert "Operator key" not in said


def test_the_old_folder_adds_nothing_any_more(several: Several) -> None:
    with pytest.raises(LinlianError, match=r"node\.succeeded"):
        node.open_node(Settings(folder=several.old))


def test_a_node_that_is_killed_comes_back_and_nothing_was_lost(several: Several) -> None:
    before = several.agreed()[0].height
    node.break_node(several.root, "mingjing-audit", "kill")
    desk = several.enter("heshun", "desk", DESK)
    assert desk.url.startswith(several.url("heshun"))
    node.start_network(several.root, ("mingjing-audit",), lambda _: None)
    assert several.agreed()[0].height > before
