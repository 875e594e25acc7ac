"""Every action without a mouse: where the focus is shows, it goes everywhere and is kept nowhere."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from linlian.community.repairs.rules_steps import State
from tests.site.acting import form_of, home_of
from tests.site.lived_in import LivedIn
from tests.site.town import DESK, PHONE, Site

FOCUS = """() => {
  const at = document.activeElement, style = getComputedStyle(at);
  const ring = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
  return {tag: at.tagName, said: at.outerHTML.slice(0, 120), ring, svg: at instanceof SVGElement};
}"""
REACHABLE = """() => Array.from(document.querySelectorAll(
    'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]'))
  .filter(each => each.checkVisibility({contentVisibilityAuto: true}) && !each.disabled
    && !(each.type === 'radio' && each !== document.querySelector(`[type=radio][name="${each.name}"]`)))
  .map(each => each.outerHTML.slice(0, 120))"""


def walk_by_tab(page: Page) -> list[str]:
    """Press Tab until the page is left; what had the focus. Fails where it does not show."""
    reached: list[str] = []
    for _ in range(400):
        page.keyboard.press("Tab")
        focus = page.evaluate(FOCUS)
        if focus["tag"] == "BODY" or (reached and focus["said"] == reached[0]):
            return reached
        assert focus["ring"] or focus["svg"], f"no ring: {focus['said']}"
        reached.append(focus["said"])
    raise AssertionError(f"the focus does not come out again: {reached[-4:]}")


@pytest.mark.timeout(120)
def test_tab_reaches_everything_and_leaves_again(lived: tuple[LivedIn, Site]) -> None:
    scene, site = lived
    case = scene.cases[State.DONE].hex()
    anna, dispatcher = site.enter("anna"), site.enter("dispatcher", DESK)
    for page, path in ((anna, "/"), (anna, "/report"), (anna, f"/repairs/{case}"), (dispatcher, "/repairs")):
        page.goto(site.url + path)
        missed = {*page.evaluate(REACHABLE)} - {*walk_by_tab(page)}
        assert not missed, f"{path}: {sorted(missed)}"


def test_the_first_tab_offers_to_skip_to_the_content(lived: tuple[LivedIn, Site]) -> None:
    _, site = lived
    page = site.page(site.context(PHONE))
    page.goto(site.url)
    page.keyboard.press("Tab")
    skip = page.locator(".skip")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_lists_are_gone_through_with_j_k_and_enter_and_filtered_with_a_slash(lived: tuple[LivedIn, Site]) -> None:
    _, site = lived
    page = site.enter("dispatcher", DESK)
    page.goto(f"{site.url}/repairs")
    lines = page.locator("[data-list] a")
    for key, line in (("j", 0), ("j", 1), ("j", 2), ("k", 1)):
        page.keyboard.press(key)
        expect(lines.nth(line)).to_be_focused()
    page.keyboard.press("/")
    expect(page.locator("[data-filter]")).to_be_focused()
    page.keyboard.press("j")  # typed into the filter, where it chooses and does not move
    expect(page.locator("[data-filter]")).to_be_focused()
    lines.nth(1).focus()
    goal = lines.nth(1).get_attribute("href")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{goal}")


def test_the_sheet_takes_the_focus_to_its_sentence_and_gives_it_back(lived: tuple[LivedIn, Site]) -> None:
    scene, site = lived
    page = site.enter("anna")
    page.goto(f"{site.url}/repairs/{scene.cases[State.DONE].hex()}")
    button = form_of(page, "repairs.confirm_repair").locator("button")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator("dialog h2")).to_be_focused()
    page.keyboard.press("Enter")  # held down for too long: nothing is signed unread
    expect(page.locator("dialog")).to_be_visible()
    for _ in range(6):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement === document.body || !!document.activeElement.closest('dialog')")
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)
    expect(button).to_be_focused()


def test_a_report_is_made_without_a_mouse(site: Site) -> None:
    page = site.enter("anna")
    page.goto(f"{site.url}/report")
    form = form_of(page, "repairs.report_repair")
    place, category = form.locator("[name=place]").first, form.locator("[name=category]").first
    home = home_of(page)
    place.focus()
    if place.get_attribute("type") == "radio":
        page.keyboard.press("Space")
    elif place.evaluate("control => control.tagName") == "SELECT":
        page.keyboard.press("ArrowDown")
        assert place.input_value() == home
    category.focus()
    page.keyboard.press("ArrowDown")
    form.locator("[name=words]").focus()
    page.keyboard.type("厨房水管漏水")
    form.locator("button[type=submit]").focus()
    page.keyboard.press("Enter")
    expect(page.locator("dialog h2")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/repairs/*")
