"""A regulator watches: each step of a fund stands on their page within a second of its signature in another browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from linlian.community.funds.rules import Source
from linlian.community.funds.rules_income import RecordIncome
from linlian.community.repairs.tests.scene import content, found_whole_scene
from linlian.community.transfers.tests.followed import Followed, follow
from tests.site.acting import act, fill, sign
from tests.site.town import DESK, PHONE, Site, open_site

SECOND_MS = 1000
BURST = 20
WATCH = """() => {
  globalThis.seen = {};
  const look = () => {
    for (const row of document.querySelectorAll("tr[data-step]"))
      globalThis.seen[row.id] ??= [row.dataset.step, Date.now()];
  };
  look();
  globalThis.before = Object.keys(globalThis.seen);
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true });
}"""
SIGNS = """() => document.addEventListener("click", (event) => {
  if (event.target.closest("dialog button[value=yes]")) sessionStorage.setItem("signed", String(Date.now()));
}, true)"""


@pytest.fixture
def money(tmp_path: Path, browser: Browser) -> Iterator[tuple[Followed, Site]]:
    scene = found_whole_scene()
    lived = follow(scene, days=0)
    with open_site(tmp_path, browser, scene) as site:
        yield lived, site
        assert site.faults == []


def watching(site: Site, page: Page, path: str = "/watch") -> Page:
    """The page open and listening, noting when each line came."""
    with page.expect_response(lambda answer: "/api/v1/events" in answer.url):
        page.goto(site.url + path)
    page.evaluate(WATCH)
    return page


def until(page: Page, script: str, told: Any) -> Any:
    """What a script says once it says anything; asked from outside, for the page's policy lets nothing be evaluated."""
    for _ in range(1000):
        said = page.evaluate(script, told)
        if said:
            return said
        page.wait_for_timeout(10)
    raise AssertionError(script)


def took(watcher: Page, actor: Page, step: str, deed: Callable[[], None]) -> int:
    """Milliseconds from the click that signs to the line on the watcher's page; both browsers are of one machine."""
    before = watcher.evaluate("Object.keys(globalThis.seen).length")
    actor.evaluate(SIGNS)
    deed()
    new = "([step, before]) => Object.values(globalThis.seen).slice(before).find(([name]) => name === step)"
    came = until(watcher, new, [step, before])[1]
    return int(came) - int(actor.evaluate("sessionStorage.getItem('signed')"))


def signing_first(page: Page, command: str) -> Callable[[], None]:
    def deed() -> None:
        with page.expect_navigation():
            sign(page, page.locator(f"form[data-command='{command}']").first)

    return deed


@pytest.mark.timeout(240)
def test_each_step_is_there_within_a_second(money: tuple[Followed, Site]) -> None:
    """A manager's, an intermediary's and a recipient's: on the regulator's page, and on everybody's."""
    lived, site = money
    regulator = watching(site, site.enter("supervisor", DESK, "en-GB"))
    everybody = watching(site, site.page(site.context(PHONE, "zh-CN")))
    clerk, cook, anna = site.enter("clerk", DESK), site.enter("swift_officer", DESK), site.enter("anna", PHONE)
    clerk.goto(f"{site.url}/funds/{lived.fund.hex()}")
    figures = {}

    def step(name: str, actor: Page, deed: Callable[[], None]) -> None:
        figures[name] = took(regulator, actor, name, deed)

    step("funds.gift_received", clerk, signing_first(clerk, "funds.receive_gift"))
    step("programmes.programme_drafted", clerk, lambda: act(clerk, "programmes.draft_programme", **LAMPS))
    clerk.goto(f"{site.url}/programmes/{lived.meals.hex()}")
    step("programmes.cycle_drafted", clerk, lambda: act(clerk, "programmes.draft_cycle", **ROUND))
    cook.goto(f"{site.url}/me/money")
    step("transfers.money_sent", cook, signing_first(cook, "transfers.send_money"))
    anna.goto(f"{site.url}/me/money")
    step("transfers.receipt_confirmed", anna, signing_first(anna, "transfers.confirm_receipt"))
    print("from signature to line, ms:", figures)
    assert max(figures.values()) < SECOND_MS, figures
    expect(regulator.locator("tr[data-step]").first).to_contain_text("Recipient has it")
    expect(regulator.locator("tr[data-step]").first).to_contain_text("own key")
    expect(everybody.locator("tr[data-step]").first).to_contain_text("受助对象收到")
    expect(everybody.locator("main")).not_to_contain_text("本人密钥")


def income(fund: bytes, amount_minor: int) -> RecordIncome:
    return RecordIncome(
        fund=fund,
        source=Source.INTEREST,
        amount_minor=amount_minor,
        currency="CNY",
        purse="general",
        particulars=content("interest"),
    )


LAMPS = {
    "code": "lamps",
    "budget_minor": "2500",
    "starts": "2026-01-02T08:00",
    "until": "2026-03-01T08:00",
    "notice_days": "0",
    "purpose": "Lamps for the stairs",
}
ROUND = {"ceiling_minor": "500", "starts": "2026-01-02T08:00", "until": "2026-02-01T08:00"}


@pytest.mark.timeout(240)
def test_steps_without_a_pause_are_there_all_the_same(money: tuple[Followed, Site]) -> None:
    """Where one follows another many times a second the page does not wait for the end."""
    lived, site = money
    regulator = watching(site, site.enter("supervisor", DESK, "en-GB"), "/watch?kind=income")
    community = site.community
    began = []
    for number in range(BURST):
        began.append(regulator.evaluate("Date.now()"))
        assert community.caller("clerk").do(income(lived.fund, 100_000 + number)).status_code == 201
        regulator.wait_for_timeout(100)
    until(regulator, f"() => Object.keys(seen).length >= before.length + {BURST}", None)
    came = sorted(
        at
        for _, at in regulator.evaluate(
            "Object.entries(seen).filter(([id]) => !before.includes(id)).map(([, told]) => told)"
        )
    )
    waited = [at - since for at, since in zip(came, began, strict=True)]
    print("from handing in to line, ms:", waited)
    assert max(waited) < SECOND_MS, waited


@pytest.mark.timeout(180)
def test_what_is_final_before_the_page_listens_is_not_missed(money: tuple[Followed, Site]) -> None:
    """Between the page and its stream there is a moment: a step of that moment comes all the same."""
    lived, site = money
    page = site.page(site.context(DESK, "en-GB"))

    def meanwhile(route: Route) -> None:
        assert site.community.caller("clerk").do(income(lived.fund, 123_400)).status_code == 201
        route.continue_()

    page.route("**/api/v1/events*", meanwhile, times=1)
    page.goto(f"{site.url}/watch?kind=income")
    expect(page.locator("tr[data-step]").first).to_contain_text("¥1,234.00")


@pytest.mark.timeout(180)
def test_a_step_is_asked_about_and_the_answer_is_awaited(money: tuple[Followed, Site]) -> None:
    lived, site = money
    regulator = site.enter("supervisor", DESK, "en-GB")
    regulator.goto(f"{site.url}/watch?kind=hop")
    regulator.locator("tr[data-step='transfers.money_sent']").first.get_by_text("Ask about it").click()
    regulator.wait_for_url("**/watch?**about=*")
    form = fill(regulator, "funds.ask_question", answer_by="2026-01-05T10:00", words="Whose meal was it?")
    with regulator.expect_navigation():
        sign(regulator, form)
    expect(regulator.locator("#asked")).to_contain_text("about record")
    clerk = site.enter("clerk", DESK, "zh-CN")
    clerk.goto(f"{site.url}/watch?fund={lived.fund.hex()}")
    answer = clerk.locator("#asked form[data-command='funds.answer_question']")
    waiting = answer.count()
    assert waiting == 2
    clerk.locator("#asked details summary").first.click()
    answer.first.locator("textarea").fill("那是安娜家的")
    with clerk.expect_navigation():
        sign(clerk, answer.first)
    expect(answer).to_have_count(1)
    regulator.goto(f"{site.url}/watch?kind=question")
    expect(regulator.locator("tr[data-step]").first).to_contain_text("Fund answered")
    assert "安娜" not in regulator.content()
