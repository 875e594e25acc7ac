"""The desks in a real browser: a call taken down by keyboard alone, a recorded call-back, targets of 44 px."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from linlian.community.repairs.rules_terms import Category
from tests.site.town import DESK, PHONE, Site
from tests.web.test_desks import report, told, work_until_done


def go_to(page: Page, selector: str) -> None:
    """Press Tab until the focus is there."""
    target = page.locator(selector).first
    for _ in range(80):
        if target.evaluate("control => control === document.activeElement"):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"the keyboard does not get to {selector}")


@pytest.mark.timeout(120)
@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_a_call_is_taken_down_by_keyboard_alone(site: Site, locale: str) -> None:
    desk = site.enter("desk", DESK, locale)
    desk.goto(f"{site.url}/desk")
    expect(desk.locator("#building")).to_be_focused()
    desk.keyboard.type("0")
    with desk.expect_navigation():
        desk.keyboard.press("Enter")
    go_to(desk, "form[data-command] [name=place]")
    desk.keyboard.press("Space")
    go_to(desk, "form[data-command] [name=category]")
    desk.keyboard.press("ArrowDown")
    go_to(desk, "form[data-command] [name=caller]")
    desk.keyboard.type("王阿姨 139 0000 0000")
    go_to(desk, "form[data-command] button[type=submit]")
    desk.keyboard.press("Enter")
    expect(desk.locator("dialog[open] button[value=yes]")).to_be_focused()
    with desk.expect_navigation():
        desk.keyboard.press("Enter")
    expect(desk.locator(".message.yes .letters")).to_be_visible()
    assert "王阿姨" not in desk.content()
    today = told(site.community.caller("desk"), "/desk")["today"]
    assert [card["reported_as"] for card in today] == ["desk"]


@pytest.mark.timeout(120)
def test_a_call_back_is_recorded_and_sends_it_back(site: Site, tmp_path: Path) -> None:
    scene = site.community.scene
    case_id = report(site.community, Category.PESTS, "desk", principal=scene.account("grandmother"))
    work_until_done(site.community, case_id)
    call = tmp_path / "call.ogg"
    call.write_bytes(b"OggS" + bytes(2000))
    desk = site.enter("street_desk", DESK, "en-GB")
    desk.goto(f"{site.url}/callbacks")
    details = desk.locator("details", has_text="not repaired")
    details.locator("summary").click()
    details.locator("input[type=file]").set_input_files(str(call))
    details.locator("button[type=submit]").click()
    with desk.expect_navigation():
        desk.locator("dialog[open] button[value=yes]").click()
    expect(desk.locator(".empty")).to_be_visible()
    assert told(site.community.caller("desk"), f"/repairs/{case_id.hex()}")["case"]["state"] == "disputed"


@pytest.mark.timeout(120)
def test_windows_of_a_building_are_targets_and_nothing_moves_the_page_sideways(site: Site) -> None:
    report(site.community, Category.WATER_LEAK)
    building = told(site.community.caller(), "/")["buildings"][0]["building"]
    page = site.enter("dispatcher", PHONE)
    for path in (f"/buildings/{building}", "/statistics", "/network", "/board?view=table", "/callbacks"):
        page.goto(f"{site.url}{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path
    page.goto(f"{site.url}/buildings/{building}")
    box = page.locator(".elevation a").first.bounding_box()
    assert box is not None
    assert box["width"] >= 44
    assert box["height"] >= 44
    page.locator(".elevation a").first.click()
    expect(page.locator("#open tbody tr")).to_have_count(1)
