"""A second device of one's own: it makes a key, the first one signs for it, and nothing secret travels."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.site.town import DESK, Site


def test_a_new_device_is_signed_for_by_the_one_that_is_here(site: Site) -> None:
    old, new = site.enter("anna"), site.page(site.context(DESK, "en-GB"))
    new.goto(f"{site.url}/enter")
    new.click("#new-device")
    shown = new.locator("#new-device-shown")
    expect(shown.locator("svg.qr").first).to_be_visible()
    link, letters = shown.locator("a").first.get_attribute("href") or "", shown.locator(".letters").inner_text()
    old.goto(link)
    old.fill("#letters", letters.lower())
    old.click("#add-device button")
    old.locator("dialog[open] button[value=yes]").click()
    expect(old.locator("#told .yes")).to_be_visible()
    new.wait_for_url("**/home")
    assert new.locator("html").get_attribute("data-account") == site.community.scene.account("anna").hex()
    assert new.locator("html").get_attribute("data-key") != old.locator("html").get_attribute("data-key")


@pytest.mark.parametrize("link", ["", "#ed25519.00", "#rsa." + "00" * 32])
def test_a_link_without_a_key_adds_nothing(site: Site, link: str) -> None:
    page = site.enter("anna")
    page.goto(f"{site.url}/me/device{link}")
    page.fill("#letters", "ABCDEF")
    page.click("#add-device button")
    expect(page.locator("#told")).to_contain_text("site.no_device")


def test_letters_of_another_device_add_nothing(site: Site) -> None:
    """Somebody sends their own link: what one's own device shows does not fit it."""
    page = site.enter("anna")
    page.goto(f"{site.url}/me/device#ed25519.{'07' * 32}")
    page.fill("#letters", "ABCDEF")
    page.click("#add-device button")
    expect(page.locator("#told")).to_contain_text("site.other_letters")
    expect(page.locator("dialog")).to_have_count(0)
