"""Money that flows, in browsers: promised, received, planned, approved by two, passed on, confirmed, asked about."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from linlian.community.repairs.tests.scene import found_whole_scene
from linlian.community.transfers.tests.followed import Followed, follow
from tests.site.acting import act, form_of, sign
from tests.site.town import DESK, PHONE, Site, open_site


@pytest.fixture
def money(tmp_path: Path, browser: Browser) -> Iterator[tuple[Followed, Site]]:
    """A fund that has lived for a while."""
    scene = found_whole_scene()
    lived = follow(scene, days=0)
    with open_site(tmp_path, browser, scene) as site:
        yield lived, site
        assert site.faults == []


def sign_first(page: Page, command: str) -> None:
    """Sign the first of several forms of a command, and wait until the page moves on."""
    with page.expect_navigation():
        sign(page, page.locator(f"form[data-command='{command}']").first)


@pytest.mark.timeout(180)
def test_a_gift_is_promised_received_and_seen_by_everybody(money: tuple[Followed, Site]) -> None:
    lived, site = money
    path = f"{site.url}/funds/{lived.fund.hex()}"
    anna = site.enter("anna", PHONE, "zh-CN")
    anna.goto(path)
    act(anna, "funds.give", amount_minor="12.50")
    clerk = site.enter("clerk", DESK, "en-GB")
    clerk.goto(path)
    expect(clerk.locator("main")).to_contain_text("¥12.50")
    sign_first(clerk, "funds.receive_gift")
    everybody = site.page(site.context(PHONE, "en-GB"))
    everybody.goto(path)
    expect(everybody.locator("main")).to_contain_text("¥10,012.50 came in")
    anna.goto(f"{site.url}/me/money")
    expect(anna.locator("main")).to_contain_text("¥12.50")


@pytest.mark.timeout(180)
def test_a_payment_is_passed_on_confirmed_and_asked_about(money: tuple[Followed, Site]) -> None:
    lived, site = money
    cook = site.enter("swift_officer", DESK, "zh-CN")
    cook.goto(f"{site.url}/me/money")
    sign_first(cook, "transfers.send_money")
    anna = site.enter("anna", PHONE, "en-GB")
    anna.goto(f"{site.url}/me/money")
    sign_first(anna, "transfers.confirm_receipt")
    expect(anna.locator("main")).to_contain_text("own key")
    supervisor = site.enter("supervisor", DESK, "en-GB")
    supervisor.goto(f"{site.url}/funds/{lived.fund.hex()}")
    act(supervisor, "funds.ask_question", answer_by="2026-01-05T10:00", words="Who cooks on Sundays?")
    clerk = site.enter("clerk", DESK, "zh-CN")
    clerk.goto(f"{site.url}/funds/{lived.fund.hex()}")
    expect(clerk.locator("form[data-command='funds.answer_question']")).to_have_count(2)
    everybody = site.page(site.context(DESK, "en-GB"))
    everybody.goto(f"{site.url}/programmes/{lived.meals.hex()}")
    expect(everybody.locator("main")).to_contain_text("¥1,680.00 of it confirmed by recipients")
    assert "Sundays" not in everybody.content()


@pytest.mark.timeout(180)
def test_a_round_is_opened_by_one_and_a_programme_approved_by_two(money: tuple[Followed, Site]) -> None:
    lived, site = money
    clerk = site.enter("clerk", DESK, "en-GB")
    clerk.goto(f"{site.url}/funds/{lived.fund.hex()}")
    act(
        clerk,
        "programmes.draft_programme",
        code="lamps",
        budget_minor="2500",
        starts="2026-01-02T08:00",
        until="2026-03-01T08:00",
        notice_days="0",
        purpose="Lamps for the stairs",
    )
    for name in ("owners_officer", "committee"):
        officer = site.enter(name, PHONE, "zh-CN")
        officer.goto(f"{site.url}/funds/{lived.fund.hex()}")
        officer.click("text=lamps")
        with officer.expect_navigation():
            sign(officer, form_of(officer, "programmes.approve_programme"))
    clerk.goto(f"{site.url}/funds/{lived.fund.hex()}")
    clerk.click("text=lamps")
    act(
        clerk,
        "programmes.draft_cycle",
        ceiling_minor="1000",
        starts="2026-01-02T08:00",
        until="2026-02-01T08:00",
    )
    expect(clerk.locator("main")).to_contain_text("Round 1")
