"""The dishonest administrator, in a browser, on a real demo: each deed has its own verdict, and nothing is left."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from linlian.node.forgery.workshop import FOLDER, RUNNING_MAX, WAITING_MAX
from tests.site.demo import LINLIAN, Served, serve_demo
from tests.site.test_axe import violations
from tests.site.town import DESK, PHONE

MINUTE_MS = 60_000
OURS = {"Sec-Fetch-Site": "same-origin"}
CLUMSY = {
    "delete": ("store.count_differs", "false", "true"),
    "backdate": ("store.time_falls", "true", "false"),
    "remove": ("store.block_missing", "false", "true"),
    "swap": ("store.header_not_committed", "false", "true"),
    "cut": ("store.state_differs", "false", "false"),
    "state": ("store.state_differs", "true", "true"),
}
"""Deed → what verify finds; whether the copy agrees with her receipt of the dispute, and with that of the work."""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    here = tmp_path_factory.mktemp("demo")
    with serve_demo(here, houses=3) as served:
        yield served
    assert served.faults == []
    assert not (here / ".linlian" / FOLDER).exists(), "a stopped node leaves no copies"


def do(page: Page, url: str, deed: str, *, clever: bool = False) -> None:
    page.goto(f"{url}/demo/administrator")
    page.check(f"[name=deed][value={deed}]")
    if clever:
        page.check("#clever")
    page.click("#deed button")


def expect_verdict(page: Page, code: str) -> None:
    expect(page.locator("#verdict")).to_have_attribute("data-code", code, timeout=MINUTE_MS)
    expect(page.locator("#take")).to_be_visible(timeout=MINUTE_MS)


def agreeing(page: Page) -> tuple[str | None, str | None]:
    """Whether the copy still says what her two receipts say."""
    held = [page.locator(f"[data-holds={name}]") for name in ("dispute", "done")]
    first, second = (each.get_attribute("data-agrees") for each in held)
    return first, second


@pytest.mark.timeout(300)
@pytest.mark.parametrize("deed", CLUMSY)
def test_a_deed_breaks_the_seal_and_says_where(demo: Served, browser: Browser, deed: str) -> None:
    code, dispute, done = CLUMSY[deed]
    page = demo.page(browser)
    do(page, demo.url, deed)
    expect_verdict(page, code)
    expect(page.locator("#verdict .seal.broken")).to_be_visible()
    assert agreeing(page) == (dispute, done)
    expect(page.locator("#verdict")).to_contain_text("What changed")
    expect(page.locator("[data-witnesses]")).to_have_attribute("data-witnesses", "0")
    expect(page.locator(".course > li.no")).to_have_count(2)
    page.context.close()


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("deed", "dispute", "done"), [("delete", "false", "false"), ("cut", "false", "false")])
def test_from_a_ledger_computed_anew_nobody_can_tell_but_her_receipts_can(
    demo: Served, browser: Browser, deed: str, dispute: str, done: str
) -> None:
    page = demo.page(browser, PHONE, "zh-CN")
    do(page, demo.url, deed, clever=True)
    expect_verdict(page, "consistent")
    expect(page.locator(".course > li.no")).to_have_count(0)
    assert agreeing(page) == (dispute, done)
    page.context.close()


def test_what_people_signed_later_cannot_be_moved_to_an_earlier_day(demo: Served, browser: Browser) -> None:
    page = demo.page(browser)
    do(page, demo.url, "backdate", clever=True)
    expect_verdict(page, "kernel.early")
    page.context.close()


def test_what_follows_from_nothing_cannot_be_computed_anew(demo: Served, browser: Browser) -> None:
    page = demo.page(browser)
    page.goto(f"{demo.url}/demo/administrator")
    for deed, able in (("remove", False), ("state", False), ("cut", True)):
        page.check(f"[name=deed][value={deed}]")
        assert page.locator("#clever").is_enabled() is able
    page.context.close()


@pytest.mark.timeout(300)
def test_it_ends_with_a_receipt_that_holds_without_a_server(demo: Served, browser: Browser, tmp_path: Path) -> None:
    page = demo.page(browser)
    do(page, demo.url, "remove")
    expect_verdict(page, "store.block_missing")
    with page.expect_download() as download:
        page.click("#file")
    receipt = tmp_path / "dispute.receipt"
    download.value.save_as(receipt)
    page.goto(f"{demo.url}/verify")
    page.wait_for_load_state("networkidle")
    page.context.set_offline(True)
    page.set_input_files("#proof-file", str(receipt))
    expect(page.locator("[data-verdict]")).to_have_attribute("data-verdict", "good")
    page.context.close()


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("viewport", "locale"), [(PHONE, "zh-CN"), (DESK, "en-GB")], ids=["phone-zh", "desk-en"])
def test_axe_finds_nothing_and_the_keyboard_is_enough(
    demo: Served, browser: Browser, viewport: ViewportSize, locale: str
) -> None:
    page = demo.page(browser, viewport, locale)
    page.goto(f"{demo.url}/demo")
    assert violations(page) == []
    page.goto(f"{demo.url}/demo/administrator")
    assert violations(page) == []
    page.focus("[name=deed]:checked")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect_verdict(page, "store.block_missing")
    assert violations(page) == []
    page.context.close()


@pytest.mark.timeout(300)
def test_many_visitors_are_bounded_and_no_copy_stays(demo: Served) -> None:
    wanted = {"deed": "remove", "case": demo.disputed(), "dispute_until": 1, "done_until": 1, "clever": False}
    with httpx.Client(base_url=demo.url, headers=OURS, timeout=60) as client:
        _until_quiet(demo)
        answers = [client.post("/demo/deeds", json=wanted) for _ in range(RUNNING_MAX + WAITING_MAX + 3)]
        fine = [answer.json()["number"] for answer in answers if answer.status_code == 201]
        late = [answer for answer in answers if answer.status_code == 503]
        assert len(fine) + len(late) == len(answers)
        assert len(late) >= 1
        assert late[0].json()["code"] == "forgery.too_many"
        assert int(late[0].headers["retry-after"]) > 0
        assert len(demo.copies) <= RUNNING_MAX
        for number in fine:
            _until(partial(_over, client, number))
    _until_quiet(demo)
    assert demo.copies == []


def test_what_is_no_deed_and_no_visitor_of_ours_is_refused(demo: Served) -> None:
    wanted = {"deed": "remove", "case": demo.disputed(), "dispute_until": 1, "done_until": 1}
    with httpx.Client(base_url=demo.url, timeout=60) as client:
        for change, code in (
            ({"deed": "burn"}, "forgery.no_such_deed"),
            ({"deed": "swap", "clever": True}, "forgery.no_such_deed"),
            ({"case": "00" * 16}, "forgery.nothing_disputed"),
            ({"done_until": -1}, "kernel.wrong_fields"),
        ):
            answer = client.post("/demo/deeds", json=wanted | change, headers=OURS)
            assert answer.json()["code"] == code
        assert client.post("/demo/deeds", json=wanted).json()["code"] == "web.cross_site"
        assert client.get("/demo/deeds/unknown", headers=OURS).json()["code"] == "forgery.no_such_course"


def test_the_real_ledger_is_as_it_was(demo: Served) -> None:
    done = subprocess.run([*LINLIAN, "verify", ".linlian"], cwd=demo.here, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done


def _over(client: httpx.Client, number: str) -> bool:
    told = client.get(f"/demo/deeds/{number}").json()["told"]
    return bool(told) and told[-1]["step"] == "over"


def _until(fine: Callable[[], bool]) -> None:
    until = time.monotonic() + 120
    while not fine():
        assert time.monotonic() < until
        time.sleep(0.1)


def _until_quiet(demo: Served) -> None:
    """Until nobody's copy is there any more."""
    _until(lambda: not demo.copies)
