"""Every flow in WeChat's built-in browser, at a telephone's size, in Chinese: joining, reporting, answering, checking a
receipt, another device, and the way back after everything was erased.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from linlian.community.repairs.rules_steps import State
from linlian.community.repairs.tests.scene import found_scene
from tests.site.acting import act, home_of, sign
from tests.site.people import open_people_site
from tests.site.test_axe import violations
from tests.site.test_basement import wipe
from tests.site.test_people import invitation
from tests.site.test_story import suite_of_last
from tests.site.town import DESK, PLAIN, Site, open_site, photograph
from tests.site.wechat import wechat

LACKING = """async () => [
    typeof PublicKeyCredential, typeof navigator.serviceWorker, typeof navigator.credentials, window.open("/"),
    await crypto.subtle.generateKey({name: "Ed25519"}, false, ["sign"]).then(() => "made", error => error.name),
]"""


def come(site: Site, name: str) -> Page:
    """Somebody of the scene comes in by WeChat, with a key that it makes."""
    page = site.page(wechat(site))
    page.goto(f"{site.url}/enter")
    page.click(f"[data-guest={name}]")
    page.wait_for_url(lambda url: not url.endswith(("/enter", "/mine")))
    return page


def link_shown(page: Page, which: str = "a") -> tuple[str, str]:
    """What a new device shows: its link and its letters."""
    page.click("#new-device")
    shown = page.locator("#new-device-shown")
    expect(shown.locator("svg.qr").first).to_be_visible()
    return shown.locator(which).first.get_attribute("href") or "", shown.locator(".letters").inner_text()


def sign_for(page: Page, link: str, letters: str) -> None:
    """The device that is here signs for the one that shows the link."""
    page.goto(link)
    page.fill("#letters", letters)
    page.click("#add-device button")
    page.locator("dialog[open] button[value=yes]").click()
    expect(page.locator("#told .yes")).to_be_visible()


def test_this_browser_is_as_poor_as_it_says(site: Site) -> None:
    page = site.page(wechat(site))
    page.goto(f"{site.url}/")
    found: Any = page.evaluate(LACKING)
    assert found == ["undefined", "undefined", "undefined", None, "NotSupportedError"]


@pytest.mark.timeout(180)
def test_a_repair_from_report_to_yes_and_its_receipt_checked_without_a_file(site: Site, tmp_path: Path) -> None:
    photo = str(photograph(tmp_path / "leak.png"))
    anna = come(site, "anna")
    anna.goto(f"{site.url}/report")
    act(anna, "repairs.report_repair", place=home_of(anna), category="water.leak", words="厨房漏水", photos=photo)
    case = anna.url
    assert suite_of_last(site, "anna") == "p256"
    desk, dispatcher = site.enter("desk", DESK), site.enter("dispatcher", DESK)
    desk.goto(case)
    act(desk, "repairs.triage_repair")
    dispatcher.goto(case)
    act(dispatcher, "repairs.assign_repair", executor=site.community.scene.account("repairer").hex())
    repairer = come(site, "repairer")
    repairer.goto(case)
    act(repairer, "repairs.accept_repair")
    for answer in ("repairs.dispute_repair", "repairs.confirm_repair"):
        repairer.goto(case)
        act(repairer, "repairs.arrive_on_site")
        act(repairer, "repairs.diagnose_repair", cause="seal_failed")
        act(repairer, "repairs.finish_repair", proofs=photo)
        anna.goto(case)
        act(anna, answer, **({"words": "还在滴"} if answer.endswith("dispute_repair") else {}))
    check_in_the_page(anna)


def check_in_the_page(page: Page) -> None:
    """WeChat saves no file and says so; the page fetches the receipt, checks it, and gives it as text."""
    first = page.locator(".timeline > li").first
    first.locator("a[download]").first.click()
    expect(page.locator("#no-downloads")).to_contain_text("微信")
    first.locator("a[href^='/verify#']").click()
    verdict = page.locator("[data-verdict]")
    expect(verdict).to_have_attribute("data-verdict", "good")
    assert violations(page) == []
    text = page.locator("#receipt-text").input_value()
    assert len(text) > 200
    page.context.set_offline(True)
    page.locator("#as-text > summary").click()
    page.fill("#proof-text", text[:-8])
    page.locator("#check-text").click()
    expect(verdict).to_have_attribute("data-verdict", "wrong")
    page.fill("#proof-text", text)
    page.locator("#check-text").click()
    expect(verdict).to_have_attribute("data-verdict", "good")
    page.context.set_offline(False)


@pytest.mark.timeout(120)
def test_somebody_joins_by_a_link_that_was_made_in_wechat(tmp_path: Path, browser: Browser) -> None:
    with open_people_site(tmp_path, browser) as site:
        helper = come(site, "helper")
        helper.goto(f"{site.url}/household")
        helper.locator("details:has(form[data-invites]) > summary").click()
        form = helper.locator("form[data-invites]")
        for right in ("report", "see"):
            form.locator(f"[name=rights][value={right}]").check()
        sign(helper, form)
        link = invitation(helper)
        newcomer = site.page(wechat(site))
        newcomer.goto(link)
        newcomer.click("#join")
        newcomer.wait_for_url(lambda url: not url.partition("#")[0].endswith(("/join", "/mine")))
        newcomer.goto(f"{site.url}/household")
        expect(newcomer.locator("html")).not_to_have_attribute("data-account", "")
        expect(newcomer.locator(".persons > li").first).to_be_visible()
        assert site.faults == []


def test_a_second_device_with_both_sides_in_wechat(site: Site) -> None:
    old, new = come(site, "anna"), site.page(wechat(site))
    new.goto(f"{site.url}/enter")
    link, letters = link_shown(new)
    assert "#p256." in link
    sign_for(old, link, letters)
    new.wait_for_url("**/home")
    assert new.locator("html").get_attribute("data-account") == site.community.scene.account("anna").hex()
    old.goto(f"{site.url}/me")
    expect(old.locator("#passkey")).to_be_hidden()


@pytest.mark.timeout(120)
def test_erased_in_the_middle_of_a_case_it_is_back_by_another_device(tmp_path: Path, browser: Browser) -> None:
    scene = found_scene()
    case = scene.in_state(State.DONE)
    with open_site(tmp_path, browser, scene) as site:
        other, phone = come(site, "anna"), come(site, "anna")
        phone.goto(f"{site.url}/repairs/{case.hex()}")
        wipe(phone)
        began = time.monotonic()
        phone.reload()
        phone.locator("a[href^='/enter']").first.click()
        sign_for(other, *link_shown(phone))
        phone.wait_for_url(lambda url: "/enter" not in url)
        phone.goto(f"{site.url}/repairs/{case.hex()}")
        act(phone, "repairs.confirm_repair")
        took = time.monotonic() - began
        print(f"back in WeChat by another device, and confirmed: {took:.1f} s")
        assert took < 60
        assert site.faults == []


@pytest.mark.timeout(120)
def test_with_nothing_left_the_desk_begins_the_way_back_within_a_minute(site: Site) -> None:
    phone = come(site, "anna")
    wipe(phone)
    began = time.monotonic()
    phone.goto(f"{site.url}/enter")
    phone.click("#new-device")
    phone.locator("#new-device-shown summary").click()
    link, letters = link_shown(phone, "details a")
    desk = site.enter("desk", DESK)
    desk.goto(link)
    form = desk.locator("form[data-command='council.open_recovery']")
    expect(form.locator(".message")).to_contain_text(letters)
    form.locator("[name=account]").fill(site.community.scene.account("anna").hex())
    with desk.expect_navigation():
        sign(desk, form)
    took = time.monotonic() - began
    print(f"the desk has begun the recovery for the key that WeChat made: {took:.1f} s")
    assert took < 60
    public_key = link.rpartition(".")[2]
    anna = site.community.scene.account("anna").hex()
    expect(desk.locator(f"a[href='/recoveries/{anna}']")).to_be_visible()
    assert len(bytes.fromhex(public_key)) == 33, "a compressed point of P-256"


def test_an_address_without_encryption_is_explained_before_anybody_types(site: Site) -> None:
    page = site.page(wechat(site))
    plain = f"http://{PLAIN}:{site.community.client.base_url.port}"
    page.goto(f"{plain}/enter")
    expect(page.locator("#insecure")).to_contain_text("https")
    expect(page.locator("#new-device")).to_be_disabled()
    site.faults[:] = [fault for fault in site.faults if not fault.startswith(f"left the origin: {plain}")]
